package notify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"meldklok/incident"
	"meldklok/incident/people"
)

// share is how long a flood of new reports waits for company after a person
// was alerted of one (DESIGN section 5).
const share = 5 * time.Minute

// scanLimit bounds how many held rows one turn passes over.
const scanLimit = 50_000

// queueState is what the queue remembers between turns. Losing it costs an
// extra mail, never one too few.
type queueState struct {
	mu       sync.Mutex
	reported map[people.ID]time.Time // last mail about a new report
	held     map[rowID]time.Time     // rows that wait for company, until when
	receipts *rate.Limiter
	senders  map[string]*rate.Limiter // by keyed hash of the address
}

// toldLately reports whether anybody was told of a new report so recently that
// the next one waits for company. What is older is forgotten.
func (q *queueState) toldLately(now time.Time) bool {
	maps.DeleteFunc(q.reported, func(_ people.ID, at time.Time) bool { return at.After(now) || !now.Before(at.Add(share)) })
	return len(q.reported) > 0
}

type rowID struct {
	ref  incident.Ref
	what incident.What
}

func (q *queueState) init() {
	q.reported, q.held = map[people.ID]time.Time{}, map[rowID]time.Time{}
	q.receipts = rate.NewLimiter(rate.Every(time.Second), 500)
	q.senders = map[string]*rate.Limiter{}
}

// wakeWaiting makes mails ready whose back-off is over.
func (e *Engine) wakeWaiting(ctx context.Context) error {
	for {
		now, waiting := e.cfg.Now(), false
		err := e.cfg.Store.View(ctx, func(v incident.View) error {
			at, ok := v.NextWaiting()
			back := at.After(now.Add(longestBackoff + backLimit)) // our clock went back: nobody has to wait for it
			waiting = ok && (back || !at.After(now))
			if back {
				now = at
			}
			return nil
		})
		if err != nil || !waiting {
			return err
		}
		woken := 0
		err = e.cfg.Store.Update(ctx, func(tx incident.Tx) error {
			woken, err = tx.Wake(now)
			return err
		})
		if err != nil || woken == 0 {
			return err
		}
	}
}

// queueDue queues everything that is due, batch by batch.
func (e *Engine) queueDue(ctx context.Context) error {
	for {
		rows, err := e.dueRows(ctx)
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := e.step("before-queue"); err != nil {
			return err
		}
		if err := e.queueRows(ctx, rows); err != nil {
			return err
		}
		e.tellSender() // the first leave while the others are being queued
		if err := e.step("after-queue"); err != nil {
			return err
		}
	}
}

// dueRows picks the next batch. While there is nobody to alert, alerts are kept
// where they are: their rows stay due, and health is red.
func (e *Engine) dueRows(ctx context.Context) (rows []incident.Planned, err error) {
	now := e.cfg.Now()
	e.queue.mu.Lock()
	defer e.queue.mu.Unlock()
	err = e.cfg.Store.View(ctx, func(v incident.View) error {
		nobody := !v.Org().People.CanAlert()
		scanned := 0
		for row, err := range v.Due(now) {
			if err != nil {
				return err
			}
			if scanned++; scanned > scanLimit {
				break
			}
			if nobody && row.What != incident.WhatReceipt && row.What != incident.WhatQuestion {
				continue
			}
			if e.rowIsAside(row, now) || e.holds(v, row, now) {
				continue
			}
			if rows = append(rows, row); len(rows) == e.cfg.Batch {
				break
			}
		}
		return nil
	})
	return rows, err
}

// queueRows queues a batch; one by one, when it fails, so that a row that fails
// by itself keeps no other from being queued.
func (e *Engine) queueRows(ctx context.Context, rows []incident.Planned) error {
	err := e.queueBatch(ctx, rows)
	switch {
	case err == nil || forAll(err):
		return err
	case len(rows) == 1:
		e.putRowAside(rows[0], err)
		return nil
	}
	for i := range rows {
		if err := e.queueRows(ctx, rows[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

// holds reports whether a row waits for company: a fresh report, while those
// it concerns were told of another one a moment ago.
func (e *Engine) holds(v incident.View, row incident.Planned, now time.Time) bool {
	held := rowID{row.Ref, row.What}
	if until, ok := e.queue.held[held]; ok {
		if now.Before(until) && !until.After(now.Add(share)) {
			return true
		}
		delete(e.queue.held, held)
		return false
	}
	id, ok := row.What.Duty()
	if !ok || !e.queue.toldLately(now) {
		return false
	}
	inc, err := v.Incident(row.Ref)
	if err != nil || inc.Duty(id) == nil {
		return false
	}
	d := *inc.Duty(id)
	passed := e.cfg.Planner.Planner().Passed(inc, d, now)
	if len(passed) != 1 || passed[0].Base != AfterStart || passed[0].Offset != 0 || d.Left(now) <= d.Scaled(12*time.Hour) || inc.Exercise {
		return false
	}
	var until time.Time
	for _, p := range told(v.Org().People, inc, id, passed, now) {
		told, ok := e.queue.reported[p.ID]
		if !ok || told.After(now) || !now.Before(told.Add(share)) {
			return false
		}
		until = told.Add(share)
	}
	if until.IsZero() || len(e.queue.held) >= scanLimit {
		return false
	}
	e.queue.held[held] = until
	return true
}

// Gathering returns until when, UTC, the first alert about a new report waits for
// company; ok is false when none does. Somebody who opens the case meanwhile
// should not think that nobody is told.
func (e *Engine) Gathering(ref incident.Ref) (until time.Time, ok bool) {
	e.queue.mu.Lock()
	defer e.queue.mu.Unlock()
	for row, at := range e.queue.held {
		if row.ref == ref && (!ok || at.Before(until)) {
			until, ok = at.UTC(), true
		}
	}
	return until, ok
}

// queueBatch writes the mails, the entries and the next rows of a batch in one
// transaction.
func (e *Engine) queueBatch(ctx context.Context, rows []incident.Planned) error {
	var b *batch
	err := e.cfg.Store.Update(ctx, func(tx incident.Tx) error {
		b = &batch{e: e, tx: tx, now: e.cfg.Now().UTC(), mails: map[people.ID][]*pending{}}
		for _, row := range rows {
			if err := b.take(row); err != nil {
				return fmt.Errorf("queue %s: %w", row.Ref, err)
			}
		}
		return b.write()
	})
	if err != nil {
		return err
	}
	e.queue.mu.Lock()
	defer e.queue.mu.Unlock()
	for id := range b.reported {
		e.queue.reported[id] = b.now
	}
	e.tellFired(b)
	return nil
}

// batch is one transaction of the queue.
type batch struct {
	e        *Engine
	tx       incident.Tx
	now      time.Time
	entries  []*entry
	people   []people.Person // in the order in which they were met
	mails    map[people.ID][]*pending
	reported map[people.ID]bool
	unusable []incident.Message // to addresses that no mail can carry
	fired    []FiredRung        // what was queued, and
	head     incident.Head      // the chain's end after it
}

// entry is an Alerted entry in the making.
type entry struct {
	ref  incident.Ref
	body *incident.Alerted
}

// pending is a line for one person, and the entry that will name its mail.
type pending struct {
	line  line
	entry *entry
}

// take decides what a row asks for. A row that no longer asks for anything is
// planned anew by an empty entry.
func (b *batch) take(row incident.Planned) error {
	inc, err := b.tx.Incident(row.Ref)
	if err != nil {
		return err
	}
	id, isDuty := row.What.Duty()
	switch {
	case isDuty:
		return b.fire(inc, id)
	case row.What == incident.WhatReceipt:
		return b.receipts(inc)
	case row.What == incident.WhatQuestion:
		return b.questions(inc)
	case row.What == incident.WhatAnswer:
		return b.unread(inc)
	case row.What == incident.WhatHandover:
		return b.handover(inc)
	}
	if id, ok := (row.What - incident.WhatClosing).Duty(); ok {
		b.close(inc, id)
	}
	return nil
}

// fire collapses the steps of a duty that have passed into one alert of the
// highest, for the audiences of all.
func (b *batch) fire(inc *incident.Incident, id incident.DutyID) error {
	d := inc.Duty(id)
	passed := []Step(nil)
	if d != nil && d.Open() {
		passed = b.e.cfg.Planner.Planner().Passed(inc, *d, b.now)
	}
	if len(passed) == 0 {
		_, err := b.tx.Append(incident.Stream{Ref: inc.Ref}, b.act())
		return err
	}
	last := passed[len(passed)-1]
	body := &incident.Alerted{Duty: id, Version: d.Clock.Version, Rung: last.Name, Due: last.At}
	for _, s := range passed {
		body.Rank = max(body.Rank, s.Rank)
		if s.Name != last.Name && !slices.Contains(body.Missed, s.Name) {
			body.Missed = append(body.Missed, s.Name)
		}
	}
	body.Missed = named(body.Missed)
	e := &entry{inc.Ref, body}
	b.entries = append(b.entries, e)
	for _, p := range told(b.tx.Org().People, inc, id, passed, b.now) {
		missed := slices.Clone(body.Missed)
		for _, w := range d.Waiting {
			if w.Person == p.ID && !slices.Contains(missed, w.Rung) {
				missed = append(missed, w.Rung)
			}
		}
		b.add(p, &pending{line{inc: inc, duty: *d, rung: last.Name, due: last.At, missed: missed}, e})
		if last.Base == AfterStart && last.Offset == 0 {
			b.markReported(p.ID)
		}
	}
	return nil
}

// repeatsNamed is how many repetitions a mail after a long absence names.
const repeatsNamed = 5

// named keeps of the missed rungs every one of the ladder and, of those that
// repeat after the deadline, the last few.
func named(missed []string) (names []string) {
	repeats := 0
	for _, name := range slices.Backward(missed) {
		if strings.Contains(name, "+") {
			if repeats++; repeats > repeatsNamed {
				continue
			}
		}
		names = append(names, name)
	}
	slices.Reverse(names)
	return names
}

func (b *batch) markReported(id people.ID) {
	if b.reported == nil {
		b.reported = map[people.ID]bool{}
	}
	b.reported[id] = true
}

func (b *batch) add(p people.Person, line *pending) {
	if _, met := b.mails[p.ID]; !met {
		b.people = append(b.people, p)
	}
	b.mails[p.ID] = append(b.mails[p.ID], line)
}

// handover tells the next person of an alert that failed.
func (b *batch) handover(inc *incident.Incident) error {
	u, ok := inc.Unhanded()
	if !ok {
		_, err := b.tx.Append(incident.Stream{Ref: inc.Ref}, b.act())
		return err
	}
	d := inc.Duty(u.Duty)
	body := &incident.Alerted{Duty: u.Duty, Version: d.Clock.Version, Rung: u.Rung, Due: u.At, Instead: u.Person}
	e := &entry{inc.Ref, body}
	b.entries = append(b.entries, e)
	tried := slices.Clone(d.Alerted)
	for _, t := range inc.Trouble {
		tried = append(tried, t.Person)
	}
	next, ok := nextTold(b.tx.Org(), inc, tried, b.now)
	if !ok {
		body.Note = "nobody-left"
		return nil
	}
	b.add(next, &pending{line{inc: inc, duty: *d, rung: u.Rung, due: u.At, missed: []string{u.Rung}, handover: u.Person}, e})
	return nil
}

// close tells everybody who was alerted that it is over.
func (b *batch) close(inc *incident.Incident, id incident.DutyID) {
	d := inc.Duty(id)
	e := &entry{inc.Ref, &incident.Alerted{Duty: id, Version: d.Clock.Version, Rung: incident.RungClosed, Due: b.now}}
	b.entries = append(b.entries, e)
	for _, id := range d.Alerted {
		if p, ok := b.tx.Org().People.Find(id); ok && !p.Inactive {
			b.add(p, &pending{line{inc: inc, duty: *d, rung: incident.RungClosed, due: b.now, closing: true}, e})
		}
	}
}

// write composes the mails and appends the entries that name them.
func (b *batch) write() error {
	var drafts []*draft
	for _, p := range b.people {
		for _, group := range b.bundle(b.mails[p.ID]) {
			drafts = append(drafts, b.draft(p, group))
		}
	}
	b.compose(drafts)
	for _, l := range drafts {
		if err := b.post(l); err != nil {
			return err
		}
	}
	for _, e := range b.entries {
		inc, err := b.tx.Append(incident.Stream{Ref: e.ref}, b.act(), e.body)
		if err != nil {
			return err
		}
		if f, ok := firedRung(inc, e.body); ok {
			b.fired = append(b.fired, f)
		}
	}
	b.head = b.tx.Counters().Head
	return b.fail()
}

// fewClosings is how many closings still travel one by one, so that each takes
// its deadline out of the agenda. More than that is somebody tidying up.
const fewClosings = 3

// bundle groups one person's lines into mails: urgent ones alone, early ones
// together, closings together when there are many.
func (b *batch) bundle(lines []*pending) [][]*pending {
	var mails [][]*pending
	var early, closing []*pending
	for _, l := range lines {
		switch {
		case l.line.closing:
			closing = append(closing, l)
		case l.line.alone(b.now) || l.line.handover != "":
			mails = append(mails, []*pending{l})
		default:
			early = append(early, l)
		}
	}
	for len(closing) > 0 && len(closing) <= fewClosings {
		mails, closing = append(mails, closing[:1]), closing[1:]
	}
	for _, group := range [][]*pending{early, closing} {
		if len(group) > 0 {
			mails = append(mails, group)
		}
	}
	return mails
}

// fail records the alerts to persons whose address no mail can carry: the next
// person is told instead.
func (b *batch) fail() error {
	for _, m := range b.unusable {
		for _, a := range m.Alerts {
			_, err := b.tx.Append(incident.Stream{Ref: a.Ref}, b.act(), &incident.Delivery{
				Rung: a.Rung, Duty: a.Duty, Version: a.Version, Person: m.Person, Message: m.ID,
				State: incident.Failed, Reply: noteAddress,
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *batch) act() incident.Act { return incident.Act{By: incident.System, Now: b.now} }
