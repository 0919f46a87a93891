package notify

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// LadderError says why a ladder cannot stand: in English for a terminal, and as
// a refusal that names the field for a page.
type LadderError struct {
	Kind    incident.DutyKind // which ladder; empty: not known yet
	Rung    int               // which rung of it, from 0; -1: the ladder as a whole
	Refusal *incident.Refusal
	text    string
}

// Error implements error.
func (e *LadderError) Error() string { return "ladders: " + e.text }

// wrongRung makes the error about one field of a rung.
func wrongRung(field, code, text string, args ...any) *LadderError {
	return &LadderError{Refusal: &incident.Refusal{Field: field, Code: code}, text: fmt.Sprintf(text, args...)}
}

// wrongLadder makes the error about a ladder as a whole.
func wrongLadder(kind incident.DutyKind, code, text string, args ...any) *LadderError {
	e := wrongRung("", code, text, args...)
	e.Kind, e.Rung = kind, -1
	return e
}

// at says which rung an error is about.
func at(err error, kind incident.DutyKind, n int) error {
	var e *LadderError
	if errors.As(err, &e) {
		e.Kind, e.Rung = kind, n
	}
	return err
}

// mostRungs bounds a ladder, so that nobody is mailed without end by mistake.
const mostRungs = 40

// Check returns a *LadderError when a ladder would leave a duty without an alert
// after its deadline or a rung without an audience (promises 3 and 4).
func (ls Ladders) Check() error {
	for _, kind := range incident.DutyKinds() {
		l := ls[kind]
		switch {
		case !slices.ContainsFunc(l, Rung.endless):
			return wrongLadder(kind, "ladder-ends", "the ladder of %q ends after the deadline: it needs a rung that repeats until a decision", kind)
		case len(l) > mostRungs:
			return wrongLadder(kind, "ladder-long", "the ladder of %q has %d rungs; %d is the most", kind, len(l), mostRungs)
		}
		for n, r := range l {
			if err := r.check(kind); err != nil {
				return at(err, kind, n)
			}
		}
	}
	return nil
}

// check of one rung: what it says about itself must make sense.
func (r Rung) check(kind incident.DutyKind) error {
	switch {
	case r.Name == "" || strings.ContainsAny(r.Name, "+\r\n") || len(r.Name) > 40:
		return wrongRung("name", "ladder-name", "a rung of %q needs a name of its own", kind)
	case r.Name == incident.RungClosed || r.Name == incident.RungReceipt || r.Name == incident.RungQuestion || r.Name == incident.RungAnswer || r.Name == rungMoved:
		return wrongRung("name", "ladder-name", "a rung of %q needs a name of its own", kind)
	case !slices.Contains(Bases(), r.Base):
		return wrongRung("base", "choose-one", "the rung %q of %q: base %q is none of after-start, before-due, office-hours, after-due", r.Name, kind, r.Base)
	case r.Rank < 1:
		return wrongRung("name", "ladder-name", "the rung %q of %q needs a rank above 0: a more urgent rung has a higher one", r.Name, kind)
	case r.Every > 0 && (r.Base != AfterDue || r.Every < 10*time.Minute):
		return wrongRung("every", "ladder-every", "the rung %q of %q: only a rung after-due repeats, every 10m or more", r.Name, kind)
	case r.For > 0 && r.Every == 0:
		return wrongRung("every", "ladder-for", "the rung %q of %q: it says how long it repeats, and not how often", r.Name, kind)
	case r.Owner && kind != incident.DutyMeasure:
		return wrongRung("to", "ladder-owner", "the rung %q of %q: only a measure has an owner", r.Name, kind)
	case len(r.To)+len(r.Persons) == 0 && !r.Owner:
		return wrongRung("to", "ladder-nobody", "the rung %q of %q tells nobody", r.Name, kind)
	}
	for _, role := range r.To {
		if !slices.Contains(people.Roles(), role) || role == people.Auditor {
			return wrongRung("to", "choose-one", "the rung %q of %q: nobody is alerted as %q", r.Name, kind, role)
		}
	}
	return nil
}

// Bases lists from where a rung of a ladder can be counted.
func Bases() []Base { return []Base{AfterStart, BeforeDue, OfficeHours, AfterDue} }

// CheckPeople returns a *LadderError when a rung would tell only people who are
// not there, or who are absent at the instant without a replacement.
func (ls Ladders) CheckPeople(all people.Directory, now time.Time) error {
	for _, kind := range incident.DutyKinds() {
		if err := ls[kind].checkPeople(kind, all, now); err != nil {
			return err
		}
	}
	return nil
}

func (l Ladder) checkPeople(kind incident.DutyKind, all people.Directory, now time.Time) error {
	for n, r := range l {
		for _, id := range r.Persons {
			if p, ok := all.Find(id); !ok || p.Inactive {
				return at(wrongRung("persons", "ladder-gone", "the rung %q of %q names %q, who is not there", r.Name, kind, id), kind, n)
			}
		}
		if len(r.Persons)+len(r.To) > 0 && len(all.Named(r.Persons, now))+len(all.WithRole(r.To, now)) == 0 {
			return at(wrongRung("to", "ladder-nobody-today", "the rung %q of %q would tell nobody today: add a person with one of its roles, or a replacement for those who are away", r.Name, kind), kind, n)
		}
	}
	return nil
}
