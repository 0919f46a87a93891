package incident

import (
	"slices"
	"strings"
	"time"

	"meldklok/incident/people"
	"meldklok/incident/risk"
)

// Act is who does something, when, under which rules.
type Act struct {
	By    Actor
	Now   time.Time // UTC
	Rules []Rule
	// Org is the organisation at that moment, for commands that ask who is who.
	// Nil: there is nobody. Commands must not change it.
	Org *Org
}

// people is who is who at the moment of the act.
func (a Act) people() people.Directory {
	if a.Org == nil {
		return nil
	}
	return a.Org.People
}

// Command is something a person may do to an incident. Decide is pure: it
// returns the entries that record it, or a *Refusal that says what to change,
// and never changes inc.
type Command interface {
	Decide(inc *Incident, act Act) ([]Body, error)
}

// ConfirmAwareness says when the organisation became aware. A start that
// differs from the provisional clock needs a written reason (DOMAIN 2.1). A
// processor's duty to tell the controller runs from the same moment.
type ConfirmAwareness struct {
	At     time.Time
	Reason string
}

// Decide implements Command.
func (c ConfirmAwareness) Decide(inc *Incident, act Act) ([]Body, error) {
	d := inc.Duty(DutyAP)
	switch {
	case d == nil:
		return nil, refuse("", "no-ap-duty")
	case !inc.Into.IsZero():
		return nil, refuse("", "merged")
	case c.At.IsZero():
		return nil, refuse("at", "required")
	case c.At.After(act.Now):
		return nil, refuse("at", "in-the-future")
	}
	moved := !sameMinute(c.At, d.Clock.Start)
	if moved && blank(c.Reason) {
		return nil, refuse("reason", "moved-needs-reason")
	}
	clock := Clock{Version: d.Clock.Version, Start: d.Clock.Start, Due: d.Clock.Due, Basis: ClockPerson}
	if moved {
		clock = d.restarted(c.At)
	}
	out := []Body{&ClockSet{Duty: DutyAP, Clock: clock, Reason: strings.TrimSpace(c.Reason)}}
	if told := inc.Duty(DutyController); moved && told != nil && told.Open() {
		out = append(out, &ClockSet{Duty: DutyController, Clock: told.restarted(c.At), Reason: strings.TrimSpace(c.Reason)})
	}
	return out, nil
}

// sameMinute compares what a form can hold: confirming the shown minute is not
// a move.
func sameMinute(a, b time.Time) bool {
	return a.Truncate(time.Minute).Equal(b.Truncate(time.Minute))
}

// Describe gives the incident a title and a summary for lists and the register.
type Describe struct{ Title, Summary string }

// Decide implements Command.
func (c Describe) Decide(*Incident, Act) ([]Body, error) {
	if blank(c.Title) {
		return nil, refuse("title", "required")
	}
	return []Body{&Described{Title: strings.TrimSpace(c.Title), Summary: strings.TrimSpace(c.Summary)}}, nil
}

// Assess records facts and what they score. When a waiver stood on a lower
// score, the duty comes back (promise 7: a score never silently lowers a duty,
// but it may revive one).
type Assess struct{ Facts risk.Facts }

// Decide implements Command.
func (c Assess) Decide(inc *Incident, act Act) ([]Body, error) {
	score := ScoreOf(risk.Assess(c.Facts))
	out := []Body{&Assessed{Facts: c.Facts, Score: score}}
	if d := inc.Duty(DutyAP); d != nil && d.Outcome == OutcomeWaived && score.Notify && (inc.Score == nil || !inc.Score.Notify) {
		out = append(out, &Decided{Decision: DecideReopen, Duty: DutyAP, Code: "new-facts", Reasons: score.Verdict()}, reopened(*d))
	}
	return out, nil
}

// ScoreOf keeps of an assessment what the log records.
func ScoreOf(a risk.Assessment) Score {
	s := Score{
		Severity: a.Severity, Band: string(a.Band),
		Notify: a.Verdict.NotifyAuthority, TellThem: a.Verdict.NotifySubjects,
		BestBand: string(a.Best.Band), WorstBand: string(a.Worst.Band),
	}
	for _, r := range a.Reasons {
		s.Reasons = append(s.Reasons, r.Code)
	}
	return s
}

// WillNotify records the intention to notify. It ends no ladder: only the
// filing does. TellPeople opens the duty of GDPR art. 34 with its own target.
type WillNotify struct {
	Reasons    string
	Against    string // why, if the FG advised otherwise
	TellPeople bool
}

// Decide implements Command.
func (c WillNotify) Decide(inc *Incident, act Act) ([]Body, error) {
	if err := needOpen(inc, DutyAP); err != nil {
		return nil, err
	}
	out, err := inc.decided(&Decided{Decision: DecideNotify, Duty: DutyAP, Reasons: strings.TrimSpace(c.Reasons)}, c.Against)
	if err != nil {
		return nil, err
	}
	if c.TellPeople && inc.Duty(DutyPeople) == nil {
		return appendDuty(out, DutyPeople, act.Now, ClockDecision, act)
	}
	return out, nil
}

// NotABreach records what excludes that personal data were lost or unlawfully
// processed. Where that cannot reasonably be excluded it is a breach, so an
// empty answer is refused.
type NotABreach struct {
	Excludes string
	Against  string // why, if the FG advised otherwise
}

// Decide implements Command.
func (c NotABreach) Decide(inc *Incident, _ Act) ([]Body, error) {
	if len(inc.Undecided()) == 0 {
		return nil, refuse("", "duty-not-open")
	}
	return inc.decided(&Decided{Decision: DecideNotABreach, Reasons: strings.TrimSpace(c.Excludes)}, c.Against,
		required(c.Excludes, "reasons", "what-excludes-it"))
}

// NoReport sorts out what is no report of a leak at all: one click, reversible.
// A person's request (GDPR art. 15-22) gets the duty to answer it instead.
type NoReport struct {
	Code    string
	Against string // why, if the FG advised otherwise
}

// Decide implements Command.
func (c NoReport) Decide(inc *Incident, act Act) ([]Body, error) {
	switch {
	case !inc.Into.IsZero():
		return nil, refuse("", "merged")
	case inc.Is(DecideNoReport):
		return nil, refuse("", "already-no-report")
	case len(inc.Filings) > 0:
		return nil, refuse("", "already-filed")
	}
	var wrong error
	if !slices.Contains(NoReportCodes(), c.Code) {
		wrong = refuse("code", "choose-one")
	}
	out, err := inc.decided(&Decided{Decision: DecideNoReport, Code: c.Code}, c.Against, wrong)
	if err != nil || c.Code != NoReportRequest || inc.History || inc.Exercise {
		return out, err
	}
	return requestDuty(out, "", inc.Received, act)
}

// Reopen takes the incident up again. Duties that a decision had ended are open
// again under their old clock; another awareness is a decision of its own
// ([ConfirmAwareness]).
type Reopen struct{ Reasons string }

// Decide implements Command.
func (c Reopen) Decide(inc *Incident, _ Act) ([]Body, error) {
	switch {
	case blank(c.Reasons):
		return nil, refuse("reasons", "required")
	case !inc.Closed && inc.Into.IsZero() && !slices.ContainsFunc(inc.Duties, revivable):
		return nil, refuse("", "nothing-to-reopen")
	}
	out := []Body{&Decided{Decision: DecideReopen, Reasons: strings.TrimSpace(c.Reasons)}}
	for _, d := range inc.Duties {
		if revivable(d) {
			out = append(out, reopened(d))
		}
	}
	return out, nil
}

// revivable reports whether reopening brings the duty back. Not a measure that
// was dropped, and no controller to tell when we turned out to be no processor:
// these were decided for themselves.
func revivable(d Duty) bool {
	decided := (d.Kind == DutyMeasure && d.Outcome == OutcomeWaived) || d.Reason == NotDueNoProcessor
	return !d.Open() && d.Outcome != OutcomeMet && !decided
}

// reopened opens a duty again under its old period. The clock's version rises,
// so that its rungs are due anew.
func reopened(d Duty) *DutyOpened {
	clock := d.Clock
	clock.Version++
	return &DutyOpened{Duty: d.ID(), Rule: d.Rule, Hours: d.Hours, Fast: d.Fast, Clock: clock}
}

// EndDrill ends an exercise: everybody who was alerted is told that it is over.
type EndDrill struct{ Reasons string }

// Decide implements Command.
func (c EndDrill) Decide(inc *Incident, _ Act) ([]Body, error) {
	switch {
	case !inc.Exercise:
		return nil, refuse("", "no-exercise")
	case inc.Closed:
		return nil, refuse("", "already-closed")
	}
	return []Body{&Decided{Decision: DecideDrillDone, Reasons: strings.TrimSpace(c.Reasons)}}, nil
}

// Seen says that somebody looked. It ends nothing but this rung's retries.
type Seen struct{}

// Decide implements Command.
func (Seen) Decide(inc *Incident, _ Act) ([]Body, error) {
	if len(inc.Unread.Reports) == 0 {
		if err := needAnyOpen(inc); err != nil {
			return nil, err
		}
	}
	return []Body{&SeenBy{}}, nil
}

// MergeDecision returns what merging dup into keep records in each: dup's
// duties move, and keep goes on under the earlier of the two clocks.
func MergeDecision(dup, keep *Incident, reasons string) (inDup, inKeep []Body, err error) {
	d, k := dup.Duty(DutyAP), keep.Duty(DutyAP)
	switch {
	case dup.Ref == keep.Ref:
		return nil, nil, refuse("into", "merge-into-itself")
	case dup.Exercise != keep.Exercise:
		return nil, nil, refuse("into", "exercise")
	case !dup.Into.IsZero():
		return nil, nil, refuse("", "merged")
	case dup.Duty(DutyRequest) != nil && dup.Duty(DutyRequest).Open():
		return nil, nil, refuse("", "request-open")
	case !keep.Into.IsZero():
		return nil, nil, refuse("into", "merge-into-merged")
	case len(dup.Filings) > 0:
		return nil, nil, refuse("", "already-filed")
	case opens(dup, keep):
		return nil, nil, refuse("into", "merge-restricted")
	case keep.Closed || k == nil || (!k.Open() && k.Outcome != OutcomeMet):
		return nil, nil, refuse("into", "merge-into-decided")
	}
	inDup = []Body{&Decided{Decision: DecideMerge, Into: keep.Ref, Reasons: strings.TrimSpace(reasons)}}
	inKeep = []Body{&MergedFrom{From: dup.Ref, Reports: len(dup.Reports)}}
	if d != nil && d.Open() && k.Open() && d.Clock.Start.Before(k.Clock.Start) {
		clock := d.Clock
		clock.Version, clock.Due = k.Clock.Version+1, k.DueFrom(clock.Start)
		inKeep = append(inKeep, &ClockSet{Duty: DutyAP, Clock: clock, Reason: "merged " + dup.Ref.String()})
	}
	moved, err := moveMeasures(dup, keep)
	return inDup, append(inKeep, moved...), err
}

// appendDuty adds the opening of a duty under the rule in force at its start.
// Outside the time of every rule (a machine whose clock is wrong) the first one
// serves: a report never stays without a clock.
func appendDuty(out []Body, kind DutyKind, start time.Time, basis ClockBasis, act Act) ([]Body, error) {
	rule, ok := RuleFor(act.Rules, kind, start)
	if i := slices.IndexFunc(act.Rules, func(r Rule) bool { return r.Duty == kind && r.Regime != RegimeDrill }); !ok && i >= 0 {
		rule, ok = act.Rules[i], true
	}
	if !ok {
		return nil, refuse("", "no-rule-in-force")
	}
	return append(out, openUnder(rule, start, basis)), nil
}

// openUnder opens the duty of a rule.
func openUnder(rule Rule, start time.Time, basis ClockBasis) *DutyOpened {
	start = start.UTC()
	return &DutyOpened{Duty: rule.Duty, Rule: rule.ID, Hours: rule.Hours, Fast: rule.Fast, Clock: Clock{
		Version: 1, Start: start, Due: rule.Due(start), Basis: basis,
	}}
}

func needOpen(inc *Incident, kind DutyKind) error {
	if d := inc.Duty(kind); d == nil || !d.Open() {
		return refuse("", "duty-not-open")
	}
	return nil
}

func needAnyOpen(inc *Incident) error {
	if !inc.AnyOpen() {
		return refuse("", "duty-not-open")
	}
	return nil
}

func orAP(kind DutyKind) DutyKind {
	if kind == "" {
		return DutyAP
	}
	return kind
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }
