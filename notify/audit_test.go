package notify

import (
	"context"
	"iter"
	"slices"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// auditNow is when the audits of these tests are made.
var auditNow = time.Date(2026, 10, 23, 14, 30, 0, 0, time.UTC)

// record is as much of one as an audit looks at.
type record struct {
	incident.View
	org     *incident.Org
	planned time.Time
	due     int
	waiting time.Time
	ready   []incident.Message
}

// Due are rows that were due hours ago, of incidents that are numbered from 1.
func (r record) Due(time.Time) iter.Seq2[incident.Planned, error] {
	return func(yield func(incident.Planned, error) bool) {
		for n := range uint32(r.due) {
			row := incident.Planned{At: auditNow.Add(-3 * time.Hour), Ref: incident.Ref{Year: 2026, Number: n + 1}, What: incident.WhatDuty(incident.DutyAP)}
			if !yield(row, nil) {
				return
			}
		}
	}
}

func (r record) Org() *incident.Org             { return r.org }
func (r record) NextPlanned() (time.Time, bool) { return r.planned, !r.planned.IsZero() }
func (r record) NextWaiting() (time.Time, bool) { return r.waiting, !r.waiting.IsZero() }
func (r record) Ready(func(uint64) bool) iter.Seq2[incident.Message, error] {
	return func(yield func(incident.Message, error) bool) {
		for _, m := range r.ready {
			if !yield(m, nil) {
				return
			}
		}
	}
}

// TestAuditLimits: what the whole program cannot be brought to in a test, or only
// by breaking its files: each finding appears right behind its limit.
func TestAuditLimits(t *testing.T) {
	ago := func(d time.Duration) time.Time { return auditNow.Add(-d) }
	staffed := func() *incident.Org {
		return &incident.Org{People: people.Directory{{ID: "p1", Email: "a@example.org", Roles: []people.Role{people.Officer}}, {ID: "p2", Email: "b@example.org", Roles: []people.Role{people.Management}}}}
	}
	for _, row := range []struct {
		why  string
		set  func(*record, *incident.Counters, *auditState)
		want []string
	}{
		{"all is well", func(*record, *incident.Counters, *auditState) {}, nil},
		{"a duty without a row", func(_ *record, c *incident.Counters, _ *auditState) { c.OpenDuties = 1 }, []string{"duties-without-alert"}},
		{"a row without a duty", func(_ *record, c *incident.Counters, _ *auditState) { c.PlannedOpen = 1 }, []string{"duties-without-alert"}},
		{"a row that waits for company in a flood", func(r *record, _ *incident.Counters, _ *auditState) { r.planned = ago(lateLimit + share) }, nil},
		{"a row that nobody takes up", func(r *record, _ *incident.Counters, _ *auditState) { r.planned = ago(lateLimit + share + time.Second) }, []string{"engine-late"}},
		{"the same with nobody there", func(r *record, _ *incident.Counters, _ *auditState) {
			r.planned, r.org.People = ago(time.Hour), nil
		}, []string{"nobody-to-alert"}},
		{"one person alone", func(r *record, _ *incident.Counters, _ *auditState) { r.org.People = r.org.People[:1] }, []string{"nobody-behind"}},
		{"a person whose mail is refused", func(r *record, _ *incident.Counters, _ *auditState) { r.org.People[0].Refused = "550 5.1.1" }, []string{"person-unreachable"}},
		{"a delivery of a minute ago", func(_ *record, c *incident.Counters, a *auditState) {
			c.OldestPended, a.pended, a.seen = 7, 7, ago(inboxLimit)
		}, nil},
		{"a delivery without an outcome", func(_ *record, c *incident.Counters, a *auditState) {
			c.OldestPended, a.pended, a.seen = 7, 7, ago(inboxLimit+time.Second)
		}, []string{"inbox-stuck"}},
		{"the one behind it", func(_ *record, c *incident.Counters, a *auditState) {
			c.OldestPended, a.pended, a.seen = 8, 7, ago(time.Hour)
		}, nil},
		{"parked for four hours", func(r *record, _ *incident.Counters, _ *auditState) { r.org.Parked, r.org.Oldest = 1, ago(parkedLimit) }, nil},
		{"parked for longer", func(r *record, _ *incident.Counters, _ *auditState) {
			r.org.Parked, r.org.Oldest = 1, ago(parkedLimit+time.Second)
		}, []string{"parked-unreviewed"}},
		{"a mail that is tried again in a while", func(r *record, _ *incident.Counters, _ *auditState) {
			r.ready = []incident.Message{{Queued: ago(time.Hour), Next: ago(lateLimit)}}
		}, nil},
		{"a mail that does not leave", func(r *record, _ *incident.Counters, _ *auditState) {
			r.ready = []incident.Message{{Queued: ago(time.Hour), Next: ago(lateLimit + time.Second)}}
		}, []string{"mail-waiting"}},
		{"a mail whose pause is over for long", func(r *record, _ *incident.Counters, _ *auditState) {
			r.waiting = ago(lateLimit + time.Second)
		}, []string{"mail-waiting"}},
		{"the same while sending is held", func(r *record, _ *incident.Counters, _ *auditState) {
			r.ready, r.org.Backups.Held = []incident.Message{{Queued: ago(time.Hour)}}, true
		}, nil},
		{"started a quarter of an hour ago", func(_ *record, _ *incident.Counters, a *auditState) {
			a.started, a.swept = ago(sweepLimit), time.Time{}
		}, nil},
		{"not swept for longer", func(_ *record, _ *incident.Counters, a *auditState) {
			a.started, a.swept = ago(time.Hour), ago(sweepLimit+time.Second)
		}, []string{"sweep-old"}},
		{"an index did not agree this morning", func(_ *record, _ *incident.Counters, a *auditState) { a.broken = ago(8 * time.Hour) }, []string{"index-repaired"}},
		{"yesterday", func(_ *record, _ *incident.Counters, a *auditState) { a.broken = ago(24 * time.Hour) }, nil},
	} {
		v, c := record{org: staffed()}, incident.Counters{}
		e := New(Config{Now: func() time.Time { return auditNow }})
		e.audit.started, e.audit.swept = ago(time.Hour), ago(time.Minute)
		row.set(&v, &c, &e.audit)
		var got []string
		for _, f := range slices.Concat(e.duties(v, c, auditNow), e.people(v, c, auditNow), e.inbox(c, v.org, auditNow), e.outbox(v, auditNow), e.sweepFindings(auditNow)) {
			got = append(got, f.Code)
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: %v, want %v", row.why, got, row.want)
		}
	}
}

// quiet is a store in which nothing happens.
type quiet struct{ incident.Store }

func (quiet) View(_ context.Context, fn func(incident.View) error) error {
	return fn(record{org: &incident.Org{}})
}

// TestSilenceIsAFinding: an audit whose word is old is not believed any more,
// nor is an engine that has not made its first one.
func TestSilenceIsAFinding(t *testing.T) {
	now := auditNow
	e := New(Config{Store: quiet{}, Now: func() time.Time { return now }, Period: time.Minute})
	if f := e.Health().Findings; len(f) != 1 || f[0].Code != "starting" {
		t.Errorf("before the first audit: %v", f)
	}
	silent := func() bool {
		return slices.ContainsFunc(e.Health().Findings, func(f incident.Finding) bool { return f.Code == "audit-old" && f.Level == incident.Red })
	}
	for _, row := range []struct {
		why  string
		set  func()
		want bool
	}{
		{"just started", func() {}, false},
		{"no audit for five minutes", func() { now = now.Add(auditLimit + time.Minute) }, false},
		{"no audit for longer", func() { now = now.Add(time.Second) }, true},
		{"the first audit", func() { e.health.Store(&examined{Health: incident.Health{At: now}}) }, false},
		{"the next ones do not come", func() { now = now.Add(auditLimit + 2*time.Minute) }, true},
		{"our clock went back", func() { now = now.Add(-time.Hour) }, false},
	} {
		if row.set(); silent() != row.want {
			t.Errorf("%s: silent %v, want %v", row.why, !row.want, row.want)
		}
	}
}

// TestHeldRowsAreNotLate: a report that was received hours before we heard of it, and
// whose first alert waits for company, is no fault of the engine; one that nobody
// takes up when that is over, or that was never held, is.
func TestHeldRowsAreNotLate(t *testing.T) {
	for _, row := range []struct {
		why   string
		due   int
		until time.Duration // from now
		late  bool
	}{
		{"held", 1, share, false},
		{"held until a moment ago", 1, -time.Minute, false},
		{"held until long ago", 1, -time.Hour, true},
		{"held, and behind it one that is not", 2, share, true},
	} {
		e := &Engine{}
		e.queue.held = map[rowID]time.Time{{incident.Ref{Year: 2026, Number: 1}, incident.WhatDuty(incident.DutyAP)}: auditNow.Add(row.until)}
		r := record{due: row.due, planned: auditNow.Add(-3 * time.Hour)}
		since, ok := e.waitingSince(r, auditNow)
		if late := ok && auditNow.Sub(since) > lateLimit+share; late != row.late {
			t.Errorf("%s: since %s, late %v", row.why, since, late)
		}
	}
}
