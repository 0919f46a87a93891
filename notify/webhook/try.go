package webhook

import (
	"context"
	"errors"
	"sync"
	"time"

	"meldklok/incident"
)

// Hooks returns how each receiver stands, for a page.
func (r *Road) Hooks() (all []incident.HookStatus) {
	for _, w := range r.workers {
		w.mu.Lock()
		s := w.status
		w.mu.Unlock()
		all = append(all, incident.HookStatus{
			Name: s.Name, Good: s.Good, Tried: s.Tried, Failures: s.Failures, Lost: s.Lost, Reason: s.Reason,
			Trouble: s.Trouble(), Beat: w.target.Format == Heartbeat,
		})
	}
	return all
}

// Try posts a test to every receiver once, side by side, and says what came of
// it. A heartbeat is left out: whoever watches it takes every ping for a sign of
// life. What waits in the queues and what was lost stays as it is.
func (r *Road) Try(ctx context.Context) []incident.HookTrial {
	var asked []*worker
	for _, w := range r.workers {
		if w.target.Format != Heartbeat {
			asked = append(asked, w)
		}
	}
	all := make([]incident.HookTrial, len(asked))
	var running sync.WaitGroup
	for n, w := range asked {
		running.Go(func() { all[n] = r.try(ctx, w) })
	}
	running.Wait()
	return all
}

func (r *Road) try(ctx context.Context, w *worker) incident.HookTrial {
	began := time.Now()
	err := r.attempt(ctx, w.target, Note{ID: newID(), Kind: KindTest, At: r.cfg.Now().UTC()})
	t := incident.HookTrial{Name: w.target.name, OK: err == nil, Took: time.Since(began)}
	var f *failure
	if errors.As(err, &f) {
		t.Reason = f.reason
	} else if err != nil {
		t.Reason = reasonForm
	}
	return t
}
