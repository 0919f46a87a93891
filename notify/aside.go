package notify

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"meldklok/incident"
)

// One incident that cannot be read, because its bytes on disk are damaged, must
// not keep the others from being alerted. What fails for one alone is put aside
// and tried again later; health is red meanwhile.
const (
	// asideFor is how long a row waits that failed by itself.
	asideFor = time.Minute
	// mailAside is how long a mail waits that failed by itself: perhaps it was
	// sent and only not recorded.
	mailAside = time.Hour
	// damagedFor is how long an incident is reported that failed once, and a mail
	// beyond the time that it waits.
	damagedFor = 15 * time.Minute
)

type asideState struct {
	mu      sync.Mutex
	rows    map[rowID]time.Time        // until when
	mails   map[uint64]time.Time       // until when
	damaged map[incident.Ref]time.Time // until when it is reported
}

// forAll reports whether an error is no single incident's fault, so that trying
// the next one helps nobody.
func forAll(err error) bool {
	return isStep(err) || errors.Is(err, incident.ErrUnavailable) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// noteDamaged keeps for health that an incident cannot be handled. One that was
// destroyed is not damaged; a mail about none is told of as one that waits.
func (e *Engine) noteDamaged(ref incident.Ref, err error) { e.noteDamagedFor(ref, err, damagedFor) }

func (e *Engine) noteDamagedFor(ref incident.Ref, err error, span time.Duration) {
	if errors.Is(err, incident.ErrNotFound) || ref.IsZero() {
		return
	}
	e.cfg.Log.Error("an incident cannot be handled; the others go on", "ref", ref.String(), "err", err)
	e.aside.mu.Lock()
	defer e.aside.mu.Unlock()
	if e.aside.damaged == nil {
		e.aside.damaged = map[incident.Ref]time.Time{}
	}
	e.aside.damaged[ref] = e.cfg.Now().Add(span)
}

// putRowAside lets the other rows pass for a while.
func (e *Engine) putRowAside(row incident.Planned, err error) {
	e.noteDamaged(row.Ref, err)
	e.aside.mu.Lock()
	defer e.aside.mu.Unlock()
	if e.aside.rows == nil {
		e.aside.rows = map[rowID]time.Time{}
	}
	e.aside.rows[rowID{row.Ref, row.What}] = e.cfg.Now().Add(asideFor)
}

// putMailAside lets the other mails pass for a while. Health is red for as long.
func (e *Engine) putMailAside(m incident.Message, err error, span time.Duration) {
	e.cfg.Log.Error("a mail cannot be handled; the others go on", "mail", m.ID, "err", err)
	for _, a := range m.Alerts {
		e.noteDamagedFor(a.Ref, err, span+damagedFor)
	}
	if len(m.Alerts) == 0 { // what it says cannot be read either
		e.noteDamagedFor(m.Owner.Ref, err, span+damagedFor)
	}
	e.aside.mu.Lock()
	defer e.aside.mu.Unlock()
	if e.aside.mails == nil {
		e.aside.mails = map[uint64]time.Time{}
	}
	e.aside.mails[m.ID] = e.cfg.Now().Add(span)
}

// rowIsAside reports whether a row still waits.
func (e *Engine) rowIsAside(row incident.Planned, now time.Time) bool {
	e.aside.mu.Lock()
	defer e.aside.mu.Unlock()
	return waits(e.aside.rows, rowID{row.Ref, row.What}, now, asideFor)
}

// mailIsAside reports whether a mail still waits.
func (e *Engine) mailIsAside(id uint64, now time.Time) bool {
	e.aside.mu.Lock()
	defer e.aside.mu.Unlock()
	return waits(e.aside.mails, id, now, mailAside)
}

// waits looks an instant up and forgets it once it is over; a clock that went
// back makes nobody wait longer than most.
func waits[K comparable](list map[K]time.Time, key K, now time.Time, most time.Duration) bool {
	until, ok := list[key]
	if ok && now.Before(until) && !until.After(now.Add(most)) {
		return true
	}
	delete(list, key)
	return false
}

func earlier(a, b incident.Ref) bool {
	return a.Year < b.Year || a.Year == b.Year && a.Number < b.Number
}

// damagedFindings names what cannot be handled.
func (e *Engine) damagedFindings(now time.Time) []incident.Finding {
	e.aside.mu.Lock()
	defer e.aside.mu.Unlock()
	maps.DeleteFunc(e.aside.damaged, func(_ incident.Ref, until time.Time) bool {
		return now.After(until) || until.After(now.Add(mailAside+damagedFor)) // our clock went back
	})
	if len(e.aside.damaged) == 0 {
		return nil
	}
	var first incident.Ref
	for ref := range e.aside.damaged {
		if first.IsZero() || earlier(ref, first) {
			first = ref
		}
	}
	return []incident.Finding{red("incident-damaged", map[string]any{"n": len(e.aside.damaged), "ref": first})}
}
