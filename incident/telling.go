package incident

import (
	"slices"
	"strings"
	"time"
)

// Way is how somebody was told. Stored values.
type Way string

// The ways (GDPR art. 34(1) and 34(3)(c)).
const (
	WayLetter   Way = "letter"
	WayMail     Way = "mail"
	WayPhone    Way = "phone"
	WayPersonal Way = "personal" // face to face
	WayPortal   Way = "portal"   // a message in an account of theirs
	WayPublic   Way = "public"   // a public notice
)

// Ways lists the ways a person may choose from.
func Ways() []Way { return []Way{WayLetter, WayMail, WayPhone, WayPersonal, WayPortal, WayPublic} }

// Telling is one round of telling the people concerned, or the controller.
type Telling struct {
	Duty  DutyID    `json:"duty"` // people or controller
	At    time.Time `json:"at"`   // UTC
	Way   Way       `json:"way"`
	Count int       `json:"count,omitempty"` // how many were told; 0: unknown, as with a public notice
	Whom  string    `json:"whom,omitempty"`  // which group, or which organisation; no names of persons
	Text  string    `json:"text,omitempty"`  // what was said, or where it can be read
	Files []int     `json:"files,omitempty"` // attached to the incident
}

// Informed: people, or the controller, were told.
type Informed struct {
	noPersonal
	Telling Telling `json:"telling"`
}

// Kind implements Body.
func (Informed) Kind() Kind { return "informed" }

// Tell records one round of telling. There can be several; the duty is met when
// the officer says so, with the last round (Done) or later ([PeopleTold]).
type Tell struct {
	Telling
	Done bool
}

// Decide implements Command.
func (c Tell) Decide(inc *Incident, act Act) ([]Body, error) {
	t := c.Telling
	t.At, t.Whom, t.Text = utc(t.At), strings.TrimSpace(t.Whom), strings.TrimSpace(t.Text)
	d := inc.Duty(t.Duty)
	switch {
	case t.Duty != DutyPeople && t.Duty != DutyController:
		return nil, refuse("duty", "choose-one")
	case inc.Exercise:
		return nil, refuse("", "exercise")
	case !inc.Into.IsZero():
		return nil, refuse("", "merged")
	case c.Done && (d == nil || !d.Open()):
		return nil, refuse("done", "duty-not-open")
	case !slices.Contains(Ways(), t.Way):
		return nil, refuse("way", "choose-one")
	case t.At.IsZero():
		return nil, refuse("at", "required")
	case t.At.After(act.Now):
		return nil, refuse("at", "in-the-future")
	case inc.beforeBreach(t.At):
		return nil, refuse("at", "before-breach")
	case t.Count < 0:
		return nil, refuse("count", "facts-number")
	case t.Way == WayPublic && t.Text == "":
		return nil, refuse("text", "where-to-read")
	case t.Way != WayPublic && t.Count == 0 && t.Whom == "":
		return nil, refuse("count", "how-many-or-whom")
	}
	out := []Body{&Informed{Telling: t}}
	if c.Done {
		out = append(out, &Decided{Decision: DecideTold, Duty: t.Duty})
	}
	return out, nil
}

// PeopleTold records that the duty to tell the people (GDPR art. 34), or the
// controller (art. 33(2)), was met: everybody has been told.
type PeopleTold struct {
	Duty    DutyKind
	Reasons string // how, when, how many, as far as the rounds do not say it
}

// Decide implements Command.
func (c PeopleTold) Decide(inc *Incident, _ Act) ([]Body, error) {
	if c.Duty != DutyPeople && c.Duty != DutyController {
		return nil, refuse("duty", "choose-one")
	}
	if err := needOpen(inc, c.Duty); err != nil {
		return nil, err
	}
	rounds := slices.ContainsFunc(inc.Tellings, func(t Telling) bool { return t.Duty == c.Duty })
	if blank(c.Reasons) && !rounds {
		return nil, refuse("reasons", "required")
	}
	return []Body{&Decided{Decision: DecideTold, Duty: c.Duty, Reasons: strings.TrimSpace(c.Reasons)}}, nil
}

// MustTell records that the people concerned have to be told (GDPR art. 34) and
// opens that duty, or opens it again.
type MustTell struct{ Reasons string }

// Decide implements Command.
func (c MustTell) Decide(inc *Incident, act Act) ([]Body, error) {
	d := inc.Duty(DutyPeople)
	switch {
	case !inc.Into.IsZero():
		return nil, refuse("", "merged")
	case inc.Closed:
		return nil, refuse("", "already-closed")
	case d != nil && (d.Open() || d.Outcome == OutcomeMet):
		return nil, refuse("", "must-tell-already")
	}
	out := []Body{&Decided{Decision: DecideMustTell, Duty: DutyPeople, Reasons: strings.TrimSpace(c.Reasons)}}
	if d != nil {
		return append(out, reopened(*d)), nil
	}
	return appendDuty(out, DutyPeople, act.Now, ClockDecision, act)
}

// Told returns the rounds in which the people, or the controller, were told.
func (inc *Incident) Told(id DutyID) (rounds []Telling) {
	for _, t := range inc.Tellings {
		if t.Duty == id {
			rounds = append(rounds, t)
		}
	}
	return rounds
}
