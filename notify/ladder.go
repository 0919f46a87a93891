package notify

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// Base says from where a rung's instant is counted. Stored values.
type Base string

// The bases.
const (
	AfterStart  Base = "after-start"  // Offset after the clock's start
	BeforeDue   Base = "before-due"   // Offset before the deadline
	OfficeHours Base = "office-hours" // the last working afternoon before a deadline outside office hours
	AfterDue    Base = "after-due"    // at the deadline and, with Every, again and again

	afterMove Base = "after-move" // when the deadline moves; not of a ladder, always there
)

// Rung is one step of a ladder: when, and who.
type Rung struct {
	Name       string
	Rank       int // urgency: a higher one says what a lower one would have said
	Base       Base
	Offset     time.Duration
	Every      time.Duration // repeated, for AfterDue
	For        time.Duration // how long it is repeated; 0: until a decision
	To         []people.Role
	Persons    []people.ID // told beside the roles
	Owner      bool        // told beside them: who sees to this duty, as the owner of a measure
	UnlessSeen bool
}

// Ladder is the rungs of one kind of duty.
type Ladder []Rung

// Ladders are the ladders by kind of duty.
type Ladders map[incident.DutyKind]Ladder

// Defaults returns the ladders that ship with the program (DESIGN section 6).
func Defaults() Ladders {
	officers := []people.Role{people.Officer}
	deputies := append(slices.Clone(officers), people.Deputy)
	withFG := append(slices.Clone(deputies), people.FG)
	everyone := append(slices.Clone(withFG), people.Management)
	const day = 24 * time.Hour
	return Ladders{
		incident.DutyAP: {
			{Name: "reported", Rank: 10, Base: AfterStart, To: officers},
			{Name: "unseen", Rank: 20, Base: AfterStart, Offset: 4 * time.Hour, To: deputies, UnlessSeen: true},
			{Name: "day-1", Rank: 30, Base: BeforeDue, Offset: 48 * time.Hour, To: officers},
			{Name: "day-2", Rank: 40, Base: BeforeDue, Offset: 24 * time.Hour, To: withFG},
			{Name: "last-office-hours", Rank: 45, Base: OfficeHours, To: deputies},
			{Name: "half-day", Rank: 50, Base: BeforeDue, Offset: 12 * time.Hour, To: everyone},
			{Name: "six", Rank: 60, Base: BeforeDue, Offset: 6 * time.Hour, To: everyone},
			{Name: "three", Rank: 70, Base: BeforeDue, Offset: 3 * time.Hour, To: everyone},
			{Name: "one", Rank: 80, Base: BeforeDue, Offset: time.Hour, To: everyone},
			{Name: "overdue", Rank: 100, Base: AfterDue, Every: 4 * time.Hour, For: day, To: everyone},
			{Name: "overdue", Rank: 200, Base: AfterDue, Offset: day + 12*time.Hour, Every: 12 * time.Hour, To: everyone},
		},
		incident.DutyFollowUp: {
			{Name: "opened", Rank: 10, Base: AfterStart, To: officers},
			{Name: "week", Rank: 30, Base: BeforeDue, Offset: 7 * day, To: officers},
			{Name: "day-2", Rank: 40, Base: BeforeDue, Offset: day, To: deputies},
			{Name: "overdue", Rank: 100, Base: AfterDue, Every: day, To: withFG},
		},
		incident.DutyPeople: {
			{Name: "opened", Rank: 10, Base: AfterStart, To: officers},
			{Name: "day-2", Rank: 40, Base: BeforeDue, Offset: day, To: deputies},
			{Name: "six", Rank: 60, Base: BeforeDue, Offset: 6 * time.Hour, To: withFG},
			{Name: "overdue", Rank: 100, Base: AfterDue, Every: 12 * time.Hour, To: everyone},
		},
		incident.DutyRequest: {
			{Name: "opened", Rank: 10, Base: AfterStart, To: officers},
			{Name: "fortnight", Rank: 20, Base: BeforeDue, Offset: 14 * day, To: officers},
			{Name: "week", Rank: 30, Base: BeforeDue, Offset: 7 * day, To: deputies},
			{Name: "two-days", Rank: 40, Base: BeforeDue, Offset: 2 * day, To: withFG},
			{Name: "overdue", Rank: 100, Base: AfterDue, Every: day, To: everyone},
		},
		incident.DutyController: {
			{Name: "opened", Rank: 10, Base: AfterStart, To: officers},
			{Name: "half-day", Rank: 50, Base: BeforeDue, Offset: 12 * time.Hour, To: deputies},
			{Name: "three", Rank: 70, Base: BeforeDue, Offset: 3 * time.Hour, To: withFG},
			{Name: "overdue", Rank: 100, Base: AfterDue, Every: 4 * time.Hour, To: everyone},
		},
		incident.DutyMeasure: {
			{Name: "opened", Rank: 10, Base: AfterStart, Owner: true},
			{Name: "days-3", Rank: 30, Base: BeforeDue, Offset: 3 * day, To: officers, Owner: true},
			{Name: "overdue", Rank: 100, Base: AfterDue, Every: 7 * day, To: officers, Owner: true},
		},
	}
}

// Step is one rung of one duty at its instant.
type Step struct {
	Rung
	Name string    // of the rung; a repeated one tells how late it is: overdue+8h
	Rank int       //
	At   time.Time // UTC
}

// behind reports whether an earlier firing has said what this step would say.
func (s Step) behind(d incident.Duty) bool {
	return !d.FiredAt.IsZero() && !s.At.After(d.FiredAt) && s.Rank <= d.FiredRank
}

// Passed returns the steps of an open duty that are due at now and that no
// earlier firing has covered, in order of time. More than one means that some
// were missed: the engine collapses them into one mail.
func (p Planner) Passed(inc *incident.Incident, d incident.Duty, now time.Time) []Step {
	var passed []Step
	for s := range p.Ladders[d.Kind].steps(inc, d) {
		due := !p.planned(s).After(now)
		if !due && s.endless() {
			break
		}
		if due && !s.behind(d) {
			passed = append(passed, s)
		}
	}
	slices.SortStableFunc(passed, func(a, b Step) int { return a.At.Compare(b.At) })
	return coverMove(passed)
}

// rungMoved is the rung of a deadline that moved.
const rungMoved = "moved"

// moved is the step that tells those who were alerted that the deadline has
// moved, so that what stands in their agenda moves with it.
func moved(d incident.Duty) (s Step, ok bool) {
	r := Rung{Name: rungMoved, Base: afterMove, Persons: d.Alerted}
	return Step{Rung: r, Name: r.Name, At: d.MovedAt}, !d.MovedAt.IsZero() && len(d.Alerted) > 0
}

// coverMove leaves out the step of a moved deadline when another one has passed
// as well: that one tells the new deadline to the same persons.
func coverMove(passed []Step) []Step {
	i := slices.IndexFunc(passed, func(s Step) bool { return s.Base == afterMove })
	if i < 0 || len(passed) == 1 {
		return passed
	}
	persons := passed[i].Persons
	passed = slices.Delete(passed, i, i+1)
	last := &passed[len(passed)-1]
	last.Persons = slices.Concat(last.Persons, persons)
	return passed
}

// Next returns the earliest step that no firing has covered. There always is
// one: a checked ladder never ends.
func (l Ladder) Next(inc *incident.Incident, d incident.Duty) (next Step, ok bool) {
	for s := range l.steps(inc, d) {
		if s.behind(d) {
			continue
		}
		if !ok || s.At.Before(next.At) {
			next, ok = s, true
		}
		if s.endless() {
			break
		}
	}
	return next, ok
}

// steps yields every step of a duty; a rung that repeats without end comes
// last and has to be broken off by the caller. Repetitions that lie behind are
// jumped over, so that a duty that is a year late costs no more than a new one.
func (l Ladder) steps(inc *incident.Incident, d incident.Duty) func(yield func(Step) bool) {
	return func(yield func(Step) bool) {
		if s, ok := moved(d); ok && !yield(s) {
			return
		}
		for _, endless := range []bool{false, true} {
			for _, r := range l {
				if r.endless() != endless {
					continue
				}
				if !r.each(inc, d, yield) {
					return
				}
			}
		}
	}
}

// endless reports whether the rung repeats until a decision.
func (r Rung) endless() bool { return r.Base == AfterDue && r.Every > 0 && r.For == 0 }

// each yields the steps of one rung.
func (r Rung) each(inc *incident.Incident, d incident.Duty, yield func(Step) bool) bool {
	step := Step{Rung: r, Name: r.Name, Rank: r.Rank}
	switch r.Base {
	case AfterStart:
		if r.UnlessSeen && !inc.SeenAt.IsZero() {
			return true
		}
		step.At = d.Clock.Start.Add(d.Scaled(r.Offset))
		return !step.At.Before(d.Clock.Due) || yield(step)
	case BeforeDue:
		step.At = d.Clock.Due.Add(-d.Scaled(r.Offset))
		return step.At.Before(d.Clock.Start) || yield(step)
	case OfficeHours:
		at, ok := lastAfternoon(d.Clock.Due)
		step.At = at
		return !ok || d.Fast || at.Before(d.Clock.Start) || yield(step)
	}
	return r.repeat(d, step, yield)
}

func (r Rung) repeat(d incident.Duty, step Step, yield func(Step) bool) bool {
	n := 0
	if r.endless() && !d.FiredAt.IsZero() {
		n = max(0, int(d.FiredAt.Sub(d.Clock.Due.Add(d.Scaled(r.Offset)))/d.Scaled(r.Every)))
	}
	for ; ; n++ {
		late := r.Offset + time.Duration(n)*r.Every
		step.At, step.Rank, step.Name = d.Clock.Due.Add(d.Scaled(late)), r.Rank+n, r.Name
		if late > 0 {
			step.Name = fmt.Sprintf("%s+%dh", r.Name, int(late.Hours()))
		}
		if !yield(step) {
			return false
		}
		if r.Every == 0 || (r.For > 0 && late+r.Every > r.For) {
			return true
		}
	}
}

// Office hours for the rung that precedes a deadline outside them. They decide
// when somebody is reminded, never when a deadline falls.
const (
	officeOpens  = 9
	officeCloses = 17
	afternoon    = 15 // the hour of the reminder
)

// lastAfternoon returns the last working afternoon before a deadline that
// falls at night, in a weekend or on a holiday; ok is false for a deadline
// within office hours.
func lastAfternoon(due time.Time) (at time.Time, ok bool) {
	local := due.In(incident.Amsterdam())
	y, m, d := local.Date()
	if incident.WorkingDay(local) {
		if local.Hour() >= officeOpens && local.Hour() < officeCloses {
			return time.Time{}, false
		}
		if local.Hour() >= officeCloses {
			return time.Date(y, m, d, afternoon, 0, 0, 0, incident.Amsterdam()).UTC(), true
		}
	}
	for {
		d--
		day := time.Date(y, m, d, afternoon, 0, 0, 0, incident.Amsterdam())
		if incident.WorkingDay(day) {
			return day.UTC(), true
		}
	}
}

// audience is who a rung of any incident tells at the instant, when owner sees
// to the duty; empty only when nobody at all can be alerted.
func audience(all people.Directory, owner people.ID, steps []Step, at time.Time) (found []people.Person) {
	var roles []people.Role
	var named []people.ID
	for _, s := range steps {
		roles, named = append(roles, s.To...), append(named, s.Persons...)
		if s.Owner {
			named = append(named, owner)
		}
	}
	add := func(list []people.Person) {
		for _, p := range list {
			if !slices.ContainsFunc(found, func(q people.Person) bool { return q.ID == p.ID }) {
				found = append(found, p)
			}
		}
	}
	if add(all.Named(named, at)); len(roles) > 0 || len(found) == 0 {
		add(all.Audience(roles, at))
	}
	return found
}

// Live is a planner whose ladders can be exchanged while the program runs. The
// zero value has none; Set must be called first.
type Live struct{ current atomic.Pointer[Planner] }

// NewLive returns a live planner that begins with p.
func NewLive(p Planner) *Live {
	l := new(Live)
	l.Set(p)
	return l
}

// Set exchanges the ladders. What is planned already is planned anew by the
// audit, or at once by whoever sweeps the record.
func (l *Live) Set(p Planner) { l.current.Store(&p) }

// Planner returns the ladders in force.
func (l *Live) Planner() Planner { return *l.current.Load() }

// Plan implements incident.Planner.
func (l *Live) Plan(inc *incident.Incident) []incident.Planned { return l.Planner().Plan(inc) }

// Planner plans next-alert rows from the ladders. It implements
// incident.Planner.
type Planner struct {
	Ladders Ladders
	// Lead is how much before its instant a rung ahead of the deadline is
	// planned: the engine's period, so that a mail is early rather than late.
	Lead time.Duration
}

// Plan implements incident.Planner.
func (p Planner) Plan(inc *incident.Incident) (rows []incident.Planned) {
	for _, d := range inc.Duties {
		what := incident.WhatDuty(d.ID())
		switch {
		case d.Closing:
			rows = append(rows, incident.Planned{At: inc.LastAt, Ref: inc.Ref, What: incident.WhatClosing + what})
		case d.Open():
			if s, ok := p.Ladders[d.Kind].Next(inc, d); ok {
				rows = append(rows, incident.Planned{At: p.planned(s), Ref: inc.Ref, What: what})
			}
		}
	}
	if len(inc.Receipts) > 0 {
		rows = append(rows, incident.Planned{At: inc.LastAt, Ref: inc.Ref, What: incident.WhatReceipt})
	}
	if len(inc.Asking) > 0 {
		rows = append(rows, incident.Planned{At: inc.LastAt, Ref: inc.Ref, What: incident.WhatQuestion})
	}
	if at, ok := inc.UnreadDue(); ok {
		rows = append(rows, incident.Planned{At: at, Ref: inc.Ref, What: incident.WhatAnswer})
	}
	if _, ok := inc.Unhanded(); ok {
		rows = append(rows, incident.Planned{At: inc.LastAt, Ref: inc.Ref, What: incident.WhatHandover})
	}
	return rows
}

// planned is when the engine takes up a step: one ahead of the deadline a
// little early. One that says «too late» never comes before it is true.
func (p Planner) planned(s Step) time.Time {
	if s.Base == AfterDue {
		return s.At
	}
	return s.At.Add(-p.Lead)
}
