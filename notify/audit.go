package notify

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/notify/mailer"
)

const (
	// sweepLimit is how old the last full sweep may be before health is red.
	sweepLimit = 15 * time.Minute
	// inboxLimit is how long a delivery may be without an outcome.
	inboxLimit = time.Minute
	// lateLimit is how long a due row or a ready mail may wait.
	lateLimit = 5 * time.Minute
	// parkedLimit is how long a parked message may go unreviewed.
	parkedLimit = 4 * time.Hour
)

// auditState is what the audit remembers between turns.
type auditState struct {
	mu      sync.Mutex
	started time.Time // of the engine
	last    time.Time // last audit
	swept   time.Time // end of the last full sweep
	failing error     // why its last slice failed; nil: it did not
	broken  time.Time // last time something did not agree
	pended  uint64    // oldest delivery without an outcome, and
	seen    time.Time // since when it is the oldest
}

// auditTurn looks whether every promise is being kept, and publishes what it
// found. It cannot be switched off.
func (e *Engine) auditTurn(ctx context.Context) error {
	if err := e.tellOfParked(ctx); err != nil {
		return err
	}
	if err := e.digestTurn(ctx); err != nil {
		e.cfg.Log.Error("the weekly digest could not be made; it is tried again", "err", err)
	}
	if err := errors.Join(e.tellOfAlarms(ctx), e.sendProbes(ctx)); err != nil {
		e.cfg.Log.Error("administrators or a mailbox could not be written to; it is tried again", "err", err)
	}
	if err := errors.Join(e.sweepFailed(), e.forget(ctx)); err != nil {
		return err
	}
	h, err := e.examine(ctx)
	if err != nil {
		return err
	}
	e.health.Store(&h)
	if e.cfg.Audited != nil {
		e.cfg.Audited(h.Health)
	}
	return nil
}

// forget drops the text of mails that ended long ago, unless a brake keeps what
// they were about; the log keeps hash and reply.
func (e *Engine) forget(ctx context.Context) error {
	before, old := e.now().Add(-e.cfg.Keep), false
	err := e.cfg.Store.View(ctx, func(v incident.View) error {
		at, ok := v.OldestEnded()
		old = ok && at.Before(before)
		return nil
	})
	if err != nil || !old {
		return err
	}
	return e.cfg.Store.Update(ctx, func(tx incident.Tx) error {
		_, err := tx.ForgetMail(before, 20, func(m incident.Message) bool {
			return incident.KeptBack(tx, m.Owner.Ref) ||
				slices.ContainsFunc(m.Alerts, func(a incident.Alert) bool { return incident.KeptBack(tx, a.Ref) })
		})
		return err
	})
}

// examine makes the findings.
func (e *Engine) examine(ctx context.Context) (h examined, err error) {
	now, trials := e.now(), e.trials.Load()
	h = examined{Health: incident.Health{At: now, Turned: now}, trials: trials}
	e.begun(now)
	err = e.cfg.Store.View(ctx, func(v incident.View) error {
		c := v.Counters()
		org := v.Org()
		h.org = org.Entries
		h.OpenDuties, h.Queued, h.Pending, h.Parked, h.Head = c.OpenDuties, c.Queued, c.Pending, org.Parked, c.Head
		h.Findings = slices.Concat(e.duties(v, c, now), e.people(v, c, now), e.inbox(c, org, now), e.outbox(v, now))
		return nil
	})
	if err != nil {
		return h, err
	}
	h.Findings = append(h.Findings, e.roads(now)...)
	h.Findings = append(h.Findings, e.sweepFindings(now)...)
	h.Findings = append(h.Findings, e.damagedFindings(now)...)
	if e.cfg.Findings != nil {
		h.Findings = append(h.Findings, e.cfg.Findings(now)...)
	}
	e.audit.mu.Lock()
	defer e.audit.mu.Unlock()
	h.Swept = e.audit.swept
	return h, nil
}

func red(code string, args map[string]any) incident.Finding {
	return incident.Finding{Code: code, Level: incident.Red, Args: args}
}

func amber(code string, args map[string]any) incident.Finding {
	return incident.Finding{Code: code, Level: incident.Amber, Args: args}
}

// duties compares open duties with next-alert rows, and looks for rows that
// nobody takes up.
func (e *Engine) duties(v incident.View, c incident.Counters, now time.Time) (f []incident.Finding) {
	if c.OpenDuties != c.PlannedOpen {
		f = append(f, red("duties-without-alert", map[string]any{"open": c.OpenDuties, "planned": c.PlannedOpen}))
	}
	since, ok := e.waitingSince(v, now)
	if ok && v.Org().People.CanAlert() && now.Sub(since) > lateLimit+share {
		f = append(f, red("engine-late", map[string]any{"late": now.Sub(since)}))
	}
	return f
}

// waitingSince returns since when the row that has waited longest could have been
// taken up. What we hold for company could not before that is over, however long
// ago the report was received: a mailbox may have been out of reach for hours.
func (e *Engine) waitingSince(v incident.View, now time.Time) (since time.Time, ok bool) {
	e.queue.mu.Lock()
	defer e.queue.mu.Unlock()
	if len(e.queue.held) == 0 {
		return v.NextPlanned()
	}
	for row, err := range v.Due(now) {
		if err != nil {
			return v.NextPlanned()
		}
		until, held := e.queue.held[rowID{row.Ref, row.What}]
		if from := later(row.At, until); !ok || from.Before(since) {
			since, ok = from, true
		}
		if !held {
			break // those behind it are due later
		}
	}
	return since, ok
}

// people looks whether there is somebody to alert who can be reached.
func (e *Engine) people(v incident.View, c incident.Counters, now time.Time) (f []incident.Finding) {
	all := v.Org().People
	if !all.CanAlert() {
		f = append(f, red("nobody-to-alert", map[string]any{"n": c.OpenDuties}))
	}
	if all.CanAlert() && len(all.WithRole(behind(), now)) < 2 {
		f = append(f, amber("nobody-behind", nil))
	}
	refused := 0
	for _, p := range all {
		if p.Refused != "" && !p.Inactive {
			refused++
		}
	}
	if refused > 0 {
		f = append(f, red("person-unreachable", map[string]any{"n": refused}))
	}
	return f
}

// behind are the roles that a ladder climbs to. With one person in them a
// holiday or an illness stops every alert, and the AP takes neither for an
// excuse (LESSONS 22).
func behind() []people.Role {
	return []people.Role{people.Officer, people.Deputy, people.FG, people.Management}
}

// inbox looks for deliveries without an outcome, and for parked mail that
// nobody reviews.
func (e *Engine) inbox(c incident.Counters, org *incident.Org, now time.Time) (f []incident.Finding) {
	a := &e.audit
	a.mu.Lock()
	defer a.mu.Unlock()
	if c.OldestPended != a.pended {
		a.pended, a.seen = c.OldestPended, now
	}
	if a.pended != 0 && now.Sub(a.seen) > inboxLimit {
		f = append(f, red("inbox-stuck", map[string]any{"n": c.Pending}))
	}
	if org.Parked > 0 && now.Sub(org.Oldest) > parkedLimit {
		f = append(f, amber("parked-unreviewed", map[string]any{"n": org.Parked}))
	}
	return f
}

// outbox looks for a mail that should have gone long ago. While sending is held
// that has a finding of its own.
func (e *Engine) outbox(v incident.View, now time.Time) []incident.Finding {
	if v.Org().Backups.Held {
		return nil
	}
	waits := time.Duration(0)
	for m, err := range v.Ready(nil) {
		if err != nil { // damaged: it never leaves
			waits = lateLimit
			continue
		}
		if now.Sub(later(m.Queued, m.Next)) > lateLimit {
			waits = now.Sub(m.Queued)
		}
		break
	}
	if at, ok := v.NextWaiting(); ok && now.Sub(at) > lateLimit { // damaged too, or it would be ready
		waits = max(waits, now.Sub(at))
	}
	if waits == 0 {
		return nil
	}
	return []incident.Finding{red("mail-waiting", map[string]any{"since": waits})}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// roads looks for relays in trouble, and for a clock that is wrong.
func (e *Engine) roads(now time.Time) (f []incident.Finding) {
	e.send.mu.Lock()
	defer e.send.mu.Unlock()
	for _, r := range e.send.roads {
		since := later(r.since, r.refusedAt)
		if since.IsZero() {
			continue
		}
		f = append(f, red("relay-trouble", map[string]any{"relay": r.transport.Name(), "reason": string(r.reason), "since": now.Sub(since)}))
	}
	if off := e.peers.off().Abs(); off > clockLimit {
		f = append(f, red("clock-wrong", map[string]any{"off": off}))
	}
	return f
}

// sweepFindings tells when the sweep is too old, or has found something.
func (e *Engine) sweepFindings(now time.Time) (f []incident.Finding) {
	a := &e.audit
	a.mu.Lock()
	defer a.mu.Unlock()
	if now.Sub(later(a.started, a.swept)) > sweepLimit {
		f = append(f, red("sweep-old", map[string]any{"since": now.Sub(later(a.started, a.swept))}))
	}
	if !a.broken.IsZero() && now.Sub(a.broken) < 24*time.Hour {
		f = append(f, red("index-repaired", nil))
	}
	return f
}

// tellOfParked alerts the officers of parked mail that nobody has reviewed for
// four hours, and again every day.
func (e *Engine) tellOfParked(ctx context.Context) error {
	const again = 24 * time.Hour
	now := e.now()
	var org *incident.Org
	if err := e.cfg.Store.View(ctx, func(v incident.View) error { org = v.Org(); return nil }); err != nil {
		return err
	}
	if org.Parked == 0 || now.Sub(org.Oldest) < parkedLimit || now.Sub(org.LastTold[incident.TroubleParked]) < again || !org.People.CanAlert() {
		return nil
	}
	return e.cfg.Store.Update(ctx, func(tx incident.Tx) error {
		head := tx.Counters().Head
		return e.tellOutside(tx, incident.TroubleParked, now, []people.Role{people.Officer}, now, func(p people.Person, id uint64) mailer.Mail {
			return e.cfg.Writer.parkedMail(p, id, org.Parked, head, now)
		})
	})
}
