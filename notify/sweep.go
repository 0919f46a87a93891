package notify

import (
	"context"
	"errors"
	"sync"
	"time"

	"meldklok/incident"
)

// The sweep re-derives every open duty from its log, slice by slice (promise
// 3). It runs beside the turns, so that nothing due waits for it, and a slice is
// bounded: what it costs does not grow with what exists. Any machine covers
// 180,000 duties before health turns red, one that re-derives a duty in 50 µs
// 360,000; with more, health says so by the age of the sweep.
const (
	// sweepLeast is how many duties a slice takes, however long that lasts, and
	// sweepTime how long it goes on with more: a fiftieth of the period.
	sweepLeast = 1000
	sweepTime  = 100 * time.Millisecond
	// sweepStep is how many duties one read transaction takes.
	sweepStep = 100
	// sweepRest is how far apart sweeps begin: what was covered seconds ago is
	// not looked at again.
	sweepRest = time.Minute
)

// Rederived is what re-deriving a slice of open duties found.
type Rederived struct {
	Next    incident.Ref   // where the next slice begins; zero: from the start
	Unsound int            // incidents whose indexes did not agree with the log and were repaired
	Damaged []incident.Ref // incidents whose log cannot be read
}

var errUnreadable = errors.New("its log cannot be read")

// sweepState is how far the sweep has come.
type sweepState struct {
	mu    sync.Mutex   // held during a slice
	begun time.Time    // when this sweep, or the last one, began
	after incident.Ref // its place; zero: between two
}

// Sweep re-derives the next slice of open duties from their logs. It does
// nothing while the last full sweep rests. While slices fail, so does the audit.
func (e *Engine) Sweep(ctx context.Context) error {
	s := &e.sweep
	s.mu.Lock()
	defer s.mu.Unlock()
	err := e.slice(ctx)
	a := &e.audit
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failing = err
	return err
}

// sweepFailed returns why the last slice failed; nil: it did not.
func (e *Engine) sweepFailed() error {
	e.audit.mu.Lock()
	defer e.audit.mu.Unlock()
	return e.audit.failing
}

func (e *Engine) slice(ctx context.Context) error {
	s := &e.sweep
	now := e.now()
	e.begun(now)
	if e.cfg.Rederive == nil {
		e.noteSweep(0, true)
		return nil
	}
	if s.after.IsZero() {
		if since := now.Sub(s.begun); !s.begun.IsZero() && since >= 0 && since < sweepRest {
			return nil
		}
		s.begun = now
	}
	// The machine's own clock bounds the work, whatever clock the engine goes by.
	start := time.Now()
	for done := 0; done < e.cfg.Slice && (done < sweepLeast || time.Since(start) < sweepTime); done += sweepStep {
		found, err := e.cfg.Rederive(ctx, s.after, min(e.cfg.Slice-done, sweepStep))
		if err != nil {
			return err
		}
		s.after = found.Next
		for _, ref := range found.Damaged {
			e.noteDamaged(ref, errUnreadable)
		}
		e.noteSweep(found.Unsound, found.Next.IsZero())
		if found.Next.IsZero() {
			break
		}
	}
	return nil
}

// noteSweep keeps for health what a step of the sweep found, and when the whole
// was covered.
func (e *Engine) noteSweep(unsound int, whole bool) {
	if unsound > 0 {
		e.cfg.Log.Error("indexes did not agree with the log; they were rebuilt from it", "incidents", unsound)
	}
	a := &e.audit
	a.mu.Lock()
	defer a.mu.Unlock()
	if unsound > 0 {
		a.broken = e.now()
	}
	if whole {
		a.swept = e.now()
	}
}

// begun notes when the engine began: a sweep is not too old before it could be
// made.
func (e *Engine) begun(now time.Time) {
	a := &e.audit
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.started.IsZero() {
		a.started = now
	}
}
