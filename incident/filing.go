package incident

import (
	"errors"
	"strings"
	"time"
)

// FilingKind is what kind of notification was sent to the AP. Stored values.
type FilingKind string

// The kinds.
const (
	FilingInitial    FilingKind = "initial"
	FilingFollowUp   FilingKind = "follow-up"
	FilingWithdrawal FilingKind = "withdrawal"
)

// Filing is one notification that was sent to the AP. The AP gives its number
// at once; there is no interface to ask for it later (DOMAIN 5.1).
type Filing struct {
	Kind        FilingKind `json:"kind"`
	Provisional bool       `json:"provisional,omitempty"` // to be completed: opens a follow-up duty
	Number      string     `json:"number,omitempty"`
	At          time.Time  `json:"at"` // when it was filed, UTC
	Channel     string     `json:"channel,omitempty"`
	Text        string     `json:"text,omitempty"`    // verbatim
	Delay       string     `json:"delay,omitempty"`   // reasons for delay, GDPR art. 33(1)
	WhyEarlier  string     `json:"earlier,omitempty"` // why it lies before our receipt
	Due         time.Time  `json:"due"`               // the deadline in force when it was recorded
	Filer       string     `json:"filer,omitempty"`   // the processor that filed for us; empty: we did. It stays our notification
	Files       []int      `json:"files,omitempty"`   // proof, attached to the incident
	Advice      int        `json:"advice,omitempty"`  // the FG's advice that it goes against,
	Against     string     `json:"against,omitempty"` // and why, unless a decision said so before
}

// Late reports by how much the filing missed a deadline; zero when in time.
func (f Filing) Late(due time.Time) time.Duration { return max(0, f.At.Sub(due)) }

// Filed: a notification was sent to the AP.
type Filed struct {
	noPersonal
	Filing Filing `json:"filing"`
}

// Kind implements Body.
func (Filed) Kind() Kind { return "filed" }

// FilingTry is an attempt to file that failed through no fault of ours. It ends
// no duty; it is part of the reasons for a delay (GDPR art. 33(1)).
type FilingTry struct {
	At    time.Time `json:"at"`              // UTC
	What  string    `json:"what"`            // what happened: the AP's site was down
	Files []int     `json:"files,omitempty"` // proof, attached to the incident
}

// FilingTried: somebody tried to file and could not.
type FilingTried struct {
	noPersonal
	Try FilingTry `json:"try"`
}

// Kind implements Body.
func (FilingTried) Kind() Kind { return "filing-tried" }

// DelayExplained: reasons for a delay were recorded after the filing, because
// the clock was corrected since.
type DelayExplained struct {
	noPersonal
	Reasons string `json:"reasons"`
}

// Kind implements Body.
func (DelayExplained) Kind() Kind { return "delay-explained" }

// File records a notification that was sent to the AP.
type File struct {
	Kind        FilingKind
	Provisional bool
	Number      string
	At          time.Time
	Channel     string
	Text        string
	Delay       string // reasons for delay; required when the first filing is late
	WhyEarlier  string // required when it lies before our receipt
	Filer       string // the processor that filed for us
	Files       []int
	Against     string // why, if the FG advised otherwise and no decision said so
}

// Decide implements Command.
func (c File) Decide(inc *Incident, act Act) ([]Body, error) {
	d := inc.Duty(DutyAP)
	if err := c.check(inc, d, act.Now); err != nil {
		return nil, err
	}
	f := Filing{
		Kind: c.Kind, Provisional: c.Provisional && c.Kind != FilingWithdrawal, Number: strings.TrimSpace(c.Number), At: c.At.UTC(),
		Channel: c.Channel, Text: c.Text, Delay: strings.TrimSpace(c.Delay), WhyEarlier: strings.TrimSpace(c.WhyEarlier), Due: d.Clock.Due,
		Filer: strings.TrimSpace(c.Filer), Files: c.Files,
	}
	if a, _ := inc.Counsel(); inc.FilesAgainst(c.Kind) {
		f.Advice, f.Against = a.N, strings.TrimSpace(c.Against)
	}
	out := []Body{&Filed{Filing: f}}
	if f.Kind == FilingInitial && f.Provisional {
		return appendDuty(out, DutyFollowUp, f.At, ClockFiling, act)
	}
	return out, nil
}

// check returns everything that has to change, each beside its field, joined
// (errors.Join); what no change of the form can heal comes alone.
func (c File) check(inc *Incident, d *Duty, now time.Time) error {
	first, filed := inc.FirstFiling()
	switch {
	case d == nil:
		return refuse("", "no-ap-duty")
	case inc.Exercise:
		return refuse("", "exercise")
	case !inc.Into.IsZero():
		return refuse("", "merged")
	case c.Kind != FilingInitial && c.Kind != FilingFollowUp && c.Kind != FilingWithdrawal:
		return refuse("kind", "choose-one")
	case c.Kind == FilingInitial && filed:
		return refuse("kind", "already-filed")
	case c.Kind == FilingInitial && !d.Open():
		return refuse("", "duty-not-open")
	case c.Kind != FilingInitial && !filed:
		return refuse("kind", "nothing-filed-yet")
	}
	wrong := []error{required(c.Number, "number", "required"), c.checkAt(inc, first, now), c.checkDelay(d, now)}
	if inc.FilesAgainst(c.Kind) {
		wrong = append(wrong, required(c.Against, "against", "why-not-advice"))
	}
	return errors.Join(wrong...)
}

func (c File) checkAt(inc *Incident, first Filing, now time.Time) error {
	switch {
	case c.At.IsZero():
		return refuse("at", "required")
	case c.At.After(now):
		return refuse("at", "in-the-future")
	case inc.beforeBreach(c.At):
		return refuse("at", "before-breach")
	case c.Kind != FilingInitial && c.At.Before(first.At):
		return refuse("at", "before-first-filing")
	case c.At.Before(inc.Received) && blank(c.WhyEarlier):
		return refuse("earlier", "before-receipt")
	}
	return nil
}

// checkDelay asks for the reasons of a late first filing. As long as nobody said
// when it was filed, one that is recorded after the deadline may be late: better
// to ask at once than after everything else is right.
func (c File) checkDelay(d *Duty, now time.Time) error {
	switch {
	case c.Kind != FilingInitial || !blank(c.Delay):
		return nil
	case c.At.IsZero() && now.After(d.Clock.Due):
		return refuse("delay", "late-perhaps")
	case c.At.After(d.Clock.Due):
		return refuse("delay", "late-needs-reasons")
	}
	return nil
}

// TryFiling records an attempt to file that failed: when, what happened, proof.
type TryFiling struct{ FilingTry }

// Decide implements Command.
func (c TryFiling) Decide(inc *Incident, act Act) ([]Body, error) {
	switch {
	case inc.Duty(DutyAP) == nil:
		return nil, refuse("", "no-ap-duty")
	case inc.Exercise:
		return nil, refuse("", "exercise")
	case !inc.Into.IsZero():
		return nil, refuse("", "merged")
	case c.At.IsZero():
		return nil, refuse("at", "required")
	case c.At.After(act.Now):
		return nil, refuse("at", "in-the-future")
	case inc.beforeBreach(c.At):
		return nil, refuse("at", "before-breach")
	case blank(c.What):
		return nil, refuse("what", "required")
	}
	return []Body{&FilingTried{Try: FilingTry{At: c.At.UTC(), What: strings.TrimSpace(c.What), Files: c.Files}}}, nil
}

// Lateness is by how much the first filing missed the deadline: that in force
// when it was recorded, and that of today's clock, which may have been
// corrected since (promise 2). Zero: in time.
type Lateness struct {
	Then, Now       time.Duration
	DueThen, DueNow time.Time // UTC
	Reasons         string    // for the delay, as far as anybody gave any
}

// Corrected reports whether the clock was moved after the filing.
func (l Lateness) Corrected() bool { return !l.DueThen.Equal(l.DueNow) }

// Unexplained reports whether it was late without a reason for the delay.
func (l Lateness) Unexplained() bool { return (l.Then > 0 || l.Now > 0) && l.Reasons == "" }

// Lateness returns by how much the first filing was late; ok is false when
// nothing was filed.
func (inc *Incident) Lateness() (l Lateness, ok bool) {
	f, ok := inc.FirstFiling()
	if !ok {
		return l, false
	}
	l = Lateness{DueThen: f.Due, DueNow: f.Due, Then: f.Late(f.Due), Reasons: f.Delay}
	if d := inc.Duty(DutyAP); d != nil {
		l.DueNow = d.Clock.Due
	}
	if inc.Delay != "" {
		l.Reasons = strings.TrimSpace(l.Reasons + "\n" + inc.Delay)
	}
	l.Now = f.Late(l.DueNow)
	return l, true
}
