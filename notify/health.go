package notify

import (
	"context"
	"slices"
	"time"

	"meldklok/incident"
)

// auditLimit is how old the last audit may be, beyond the period, before nobody
// may take its word any more.
const auditLimit = 5 * time.Minute

// examined is the result of an audit, and what it was made from: findings that
// rest on the organisation's own log, or on a relay that somebody tried, are
// asked anew when these went on.
type examined struct {
	incident.Health
	org    uint32 // entries of the organisation's log
	trials uint64
}

// Health returns the result of the last audit. When people, ladders, settings or
// relays were changed since, the findings are made anew: whoever has just mended
// something must not be told that it is still broken. That is no audit: the
// instants of the last turn and of the last sweep stay as they are, so that an
// engine that stands still shows; its silence is a finding too.
func (e *Engine) Health() incident.Health {
	h, since := e.found(), e.now().Sub(e.born)
	if !h.At.IsZero() {
		since = e.now().Sub(h.At)
	}
	if since > auditLimit+e.cfg.Period {
		h.Findings = slices.Concat([]incident.Finding{red("audit-old", map[string]any{"since": since})}, h.Findings)
	}
	return h
}

// found is what the last audit found, or what it would find by now.
func (e *Engine) found() incident.Health {
	last := e.health.Load()
	if last.At.IsZero() {
		return last.Health // starting: nothing was audited yet
	}
	ctx, same := context.Background(), true
	err := e.cfg.Store.View(ctx, func(v incident.View) error {
		same = v.Org().Entries == last.org && e.trials.Load() == last.trials
		return nil
	})
	if err != nil || same {
		return last.Health
	}
	h, err := e.examine(ctx)
	if err != nil {
		e.cfg.Log.Error("health could not be looked at anew; the last audit is shown", "err", err)
		return last.Health
	}
	h.At, h.Turned = last.At, last.Turned
	e.health.CompareAndSwap(last, &h) // an audit that ended meanwhile knows more
	return h.Health
}
