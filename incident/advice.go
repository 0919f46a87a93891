package incident

import (
	"errors"
	"slices"
	"strings"
	"time"

	"meldklok/incident/people"
)

// Lean is what the FG's advice comes to. Stored values.
type Lean string

// The leans.
const (
	LeanNotify    Lean = "notify"     // notify the AP
	LeanNotNotify Lean = "not-notify" // no need to notify the AP
	LeanOther     Lean = "other"      // about something else, or open
)

// Leans lists what an advice can come to.
func Leans() []Lean { return []Lean{LeanNotify, LeanNotNotify, LeanOther} }

// Advised: the FG gave advice (GDPR art. 39(1)(a)). It stands beside the
// decision and is never edited; another advice comes after it.
type Advised struct {
	noPersonal
	Advice int    `json:"advice"` // number within the incident, from 1
	Lean   Lean   `json:"lean"`
	Text   string `json:"text"`
}

// Kind implements Body.
func (Advised) Kind() Kind { return "advised" }

// Advice is one advice of the FG as it stands on the page.
type Advice struct {
	N    int       `json:"n"`
	Lean Lean      `json:"lean"`
	Text string    `json:"text"`
	At   time.Time `json:"at"`
	By   Actor     `json:"by"`
}

// Advise records an advice. Only an FG may: it is worth what their independence
// is worth (GDPR art. 38(3)).
type Advise struct {
	Lean Lean
	Text string
}

// Decide implements Command.
func (c Advise) Decide(inc *Incident, act Act) ([]Body, error) {
	id, _ := act.By.Person()
	p, ok := act.people().Find(id)
	switch {
	case !ok || p.Inactive || !p.Has(people.FG):
		return nil, refuse("", "only-the-fg-advises")
	case !slices.Contains(Leans(), c.Lean):
		return nil, refuse("lean", "choose-one")
	case blank(c.Text):
		return nil, refuse("text", "required")
	}
	return []Body{&Advised{Advice: len(inc.Advice) + 1, Lean: c.Lean, Text: strings.TrimSpace(c.Text)}}, nil
}

func (inc *Incident) applyAdvised(e Entry, b *Advised) {
	inc.Advice = append(inc.Advice, Advice{N: b.Advice, Lean: b.Lean, Text: b.Text, At: e.At, By: e.By})
}

// Counsel returns the advice in force on notifying the AP: the last one that
// says yes or no.
func (inc *Incident) Counsel() (Advice, bool) {
	for _, a := range slices.Backward(inc.Advice) {
		if a.Lean != LeanOther {
			return a, true
		}
	}
	return Advice{}, false
}

// Against reports whether a decision about a duty goes against the advice in
// force.
func (inc *Incident) Against(d Decision, duty DutyID) bool {
	a, ok := inc.Counsel()
	if !ok || (duty != "" && duty != DutyAP) {
		return false
	}
	return departs(a, d)
}

// departs reports whether a decision is the opposite of what an advice leans to.
func departs(a Advice, d Decision) bool {
	switch d {
	case DecideNotify:
		return a.Lean == LeanNotNotify
	case DecideWaive, DecideNotABreach, DecideDoesNotApply, DecideNoReport:
		return a.Lean == LeanNotify
	}
	return false
}

// FilesAgainst reports whether a filing of a kind goes against the advice in
// force for the first time: why a decision departed from it is asked once, not
// again of the filing that carries the decision out.
func (inc *Incident) FilesAgainst(kind FilingKind) bool {
	a, ok := inc.Counsel()
	if !ok {
		return false
	}
	explained := slices.ContainsFunc(inc.Decisions, func(d Decided) bool { return d.Advice == a.N }) ||
		slices.ContainsFunc(inc.Filings, func(f Filing) bool { return f.Advice == a.N })
	switch kind {
	case FilingInitial:
		return !explained && departs(a, DecideNotify)
	case FilingWithdrawal:
		return !explained && departs(a, DecideWaive)
	}
	return false
}

// decided completes a decision with the advice in force. One that goes against
// it says why: whoever asks later wants to know both. Wrong is what else has to
// change, so that all of it is said at once.
func (inc *Incident) decided(d *Decided, whyNot string, wrong ...error) ([]Body, error) {
	if inc.Against(d.Decision, d.Duty) {
		if blank(whyNot) {
			wrong = append(wrong, refuse("against", "why-not-advice"))
		}
		a, _ := inc.Counsel()
		d.Advice, d.Against = a.N, strings.TrimSpace(whyNot)
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return []Body{d}, nil
}

// required refuses a text that is missing from a field.
func required(text, field, code string) error {
	if blank(text) {
		return refuse(field, code)
	}
	return nil
}

// SettingFGDecides names the setting of the organisation by which the FG may
// decide too; its value is a JSON boolean.
const SettingFGDecides = "fg-may-decide"

// FGDecides reports whether the organisation lets the FG decide. Without saying
// so it does not: tasks of the FG must not lead to a conflict of interests
// (GDPR art. 38(6)).
func (o *Org) FGDecides() bool { return o != nil && o.Settings[SettingFGDecides] == "true" }

// MayDecide reports whether a person may decide about incidents.
func MayDecide(p people.Person, o *Org) bool {
	return p.Has(people.Officer, people.Deputy) || (p.Has(people.FG) && o.FGDecides())
}
