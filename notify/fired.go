package notify

import (
	"time"

	"meldklok/incident"
)

// Fired is a batch of rungs that has been queued and is on disk, for whoever
// tells of them over another road than mail.
type Fired struct {
	At       time.Time     // UTC
	Head     incident.Head // of the chain, these rungs included
	MailDown bool          // every relay is in trouble
	Rungs    []FiredRung
}

// FiredRung is one rung of one incident. A handed-over rung counts again.
type FiredRung struct {
	Ref  incident.Ref
	Duty incident.DutyID
	Rung string
	Rank int       // of the ladder; 0 for a handed-over rung
	Due  time.Time // the deadline of the duty, UTC
}

// firedRung reads it from the entry and the state that followed from it; ok is
// false for what is no alert: a closing mail.
func firedRung(inc *incident.Incident, body *incident.Alerted) (f FiredRung, ok bool) {
	if inc == nil || inc.Duty(body.Duty) == nil || body.Rung == incident.RungClosed {
		return FiredRung{}, false
	}
	return FiredRung{inc.Ref, body.Duty, body.Rung, body.Rank, inc.Duty(body.Duty).Clock.Due}, true
}

// tellFired passes a batch on after its commit.
func (e *Engine) tellFired(b *batch) {
	if e.cfg.Alerted == nil || len(b.fired) == 0 {
		return
	}
	e.cfg.Alerted(Fired{At: b.now, Head: b.head, MailDown: e.mailDown(), Rungs: b.fired})
}

// mailDown reports whether every relay is in trouble.
func (e *Engine) mailDown() bool {
	e.send.mu.Lock()
	defer e.send.mu.Unlock()
	for _, r := range e.send.roads {
		if later(r.since, r.refusedAt).IsZero() {
			return false
		}
	}
	return true
}
