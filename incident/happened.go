package incident

import (
	"strings"
	"time"
)

// Period is when the breach itself took place, as far as is known: not when
// anybody heard of it. UTC.
type Period struct {
	From    time.Time `json:"from,omitzero"`
	Until   time.Time `json:"until,omitzero"`
	Ongoing bool      `json:"ongoing,omitempty"`
	Found   time.Time `json:"found,omitzero"` // when somebody of ours, or of our processor, noticed it
}

// Happened: a person recorded when the breach took place.
type Happened struct {
	noPersonal
	Period Period `json:"period"`
	Note   string `json:"note,omitempty"` // how sure, how it is known
}

// Kind implements Body.
func (Happened) Kind() Kind { return "happened" }

// SetPeriod records when the breach took place. It moves no clock: when we
// became aware is a decision of its own ([ConfirmAwareness]).
type SetPeriod struct {
	Period Period
	Note   string
}

// Decide implements Command.
func (c SetPeriod) Decide(inc *Incident, act Act) ([]Body, error) {
	p := Period{From: utc(c.Period.From), Until: utc(c.Period.Until), Ongoing: c.Period.Ongoing, Found: utc(c.Period.Found)}
	switch {
	case p.From.IsZero() && p.Until.IsZero() && p.Found.IsZero() && !p.Ongoing:
		return nil, refuse("from", "required")
	case p.From.After(act.Now):
		return nil, refuse("from", "in-the-future")
	case p.Until.After(act.Now):
		return nil, refuse("until", "in-the-future")
	case p.Found.After(act.Now):
		return nil, refuse("found", "in-the-future")
	case !p.Until.IsZero() && p.Until.Before(p.From):
		return nil, refuse("until", "ends-before-begin")
	case !p.Until.IsZero() && p.Ongoing:
		return nil, refuse("until", "ended-or-ongoing")
	case !p.Found.IsZero() && p.Found.Before(p.From):
		return nil, refuse("found", "before-breach")
	}
	return []Body{&Happened{Period: p, Note: strings.TrimSpace(c.Note)}}, nil
}

// utc keeps the zero time zero.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC()
}

// beforeBreach reports whether the instant lies before the breach began, so
// that nothing can have been done about it yet.
func (inc *Incident) beforeBreach(at time.Time) bool {
	return !inc.Period.From.IsZero() && at.Before(inc.Period.From.Truncate(time.Minute))
}
