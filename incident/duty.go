package incident

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"meldklok/incident/people"
)

// DutyID names one duty of an incident: its kind, and where an incident can
// have several of a kind also a number, like "measure/3". Stored values.
type DutyID string

// DutyKind is a kind of obligation. It is at the same time the name of the one
// duty of that kind, hence one type for both. Stored values.
type DutyKind = DutyID

// The kinds.
const (
	DutyAP         DutyKind = "ap"         // notify the Autoriteit Persoonsgegevens, GDPR art. 33(1)
	DutyFollowUp   DutyKind = "follow-up"  // complete a provisional notification, GDPR art. 33(4)
	DutyPeople     DutyKind = "people"     // tell the people concerned, GDPR art. 34
	DutyController DutyKind = "controller" // as a processor, tell the controller, GDPR art. 33(2)
	DutyMeasure    DutyKind = "measure"    // do what was promised against a repetition, GDPR art. 33(3)(d); several, numbered
)

// MostDuties bounds how many duties of one kind an incident can have.
const MostDuties = 99

// Numbered returns the name of the n-th duty of the kind.
func (id DutyID) Numbered(n int) DutyID { return DutyID(fmt.Sprintf("%s/%d", id.Kind(), n)) }

// Kind returns the kind of the duty.
func (id DutyID) Kind() DutyKind {
	kind, _, _ := strings.Cut(string(id), "/")
	return DutyKind(kind)
}

// Number returns the number among the duties of the kind; 0 for the one of a
// kind of which there is only one.
func (id DutyID) Number() int {
	_, number, _ := strings.Cut(string(id), "/")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > MostDuties {
		return 0
	}
	return n
}

// DutyRequest is the duty to answer somebody who uses a right (GDPR art. 12(3)).
const DutyRequest DutyKind = "request"

// DutyKinds lists the kinds in the order in which a page shows them. The place
// of a kind in the list is part of stored index keys: append only.
func DutyKinds() []DutyKind {
	return []DutyKind{DutyAP, DutyFollowUp, DutyPeople, DutyController, DutyMeasure, DutyRequest}
}

// Outcome is how a duty stands. Only [OutcomeOpen] has a ladder. Stored values.
type Outcome string

// The outcomes.
const (
	OutcomeOpen    Outcome = "open"
	OutcomeMet     Outcome = "met"            // filed, told
	OutcomeWaived  Outcome = "waived"         // a person decided, with reasons, that it is not due
	OutcomeNotDue  Outcome = "does-not-apply" // processor, lead authority elsewhere, exemption, not a breach, no report
	OutcomeMovedTo Outcome = "moved"          // merged into another incident, whose ladder goes on
)

// Ended reports whether somebody decided the duty without doing it: such a
// decision can be taken back.
func (o Outcome) Ended() bool { return o != OutcomeOpen && o != OutcomeMet }

// Rule is dated data: the period of one kind of duty while the rule is in
// force. A duty keeps the rule it was opened under.
type Rule struct {
	ID     string    `json:"id"`
	Duty   DutyKind  `json:"duty"`
	Regime string    `json:"regime"`
	Hours  int       `json:"hours"`
	Months int       `json:"months,omitempty"` // calendar months; Hours is then 0
	Fast   bool      `json:"fast,omitempty"`   // a drill: minutes stand for hours
	Legal  bool      `json:"legal"`            // a figure of the law; otherwise a target of the organisation's own
	From   time.Time `json:"from"`             // in force from, UTC
	Until  time.Time `json:"until"`            // until, excluded; zero: no end known
	Source string    `json:"source"`
}

// Rules returns the rules that ship with the program. The figures without a
// law behind them are targets; «about four weeks» for completing a provisional
// notification is hearsay (DOMAIN 5.1), hence Legal is false.
func Rules() []Rule {
	gdpr := time.Date(2018, 5, 25, 0, 0, 0, 0, time.UTC)
	return []Rule{
		{ID: "gdpr-33-72h", Duty: DutyAP, Regime: "GDPR", Hours: 72, Legal: true, From: gdpr, Source: "GDPR art. 33(1)"},
		{ID: "gdpr-33-4-target", Duty: DutyFollowUp, Regime: "GDPR", Hours: 28 * 24, From: gdpr, Source: "GDPR art. 33(4): without undue further delay; own target"},
		{ID: "gdpr-34-target", Duty: DutyPeople, Regime: "GDPR", Hours: 72, From: gdpr, Source: "GDPR art. 34(1): without undue delay; own target"},
		{ID: DrillRule, Duty: DutyAP, Regime: RegimeDrill, Hours: 72, Source: "a drill: the law's period"},
		{ID: FastDrillRule, Duty: DutyAP, Regime: RegimeDrill, Hours: 72, Fast: true, Source: "a drill: minutes for hours"},
		{ID: "gdpr-12-3-month", Duty: DutyRequest, Regime: "GDPR", Months: 1, Legal: true, From: gdpr, Source: "GDPR art. 12(3): within one month of receipt"},
		{ID: "gdpr-33-2-target", Duty: DutyController, Regime: "GDPR", Hours: 24, From: gdpr, Source: "GDPR art. 33(2): without undue delay; own target"},
	}
}

// The rules of a drill: an exercise through the true path that counts for
// nothing. A fast one lasts 72 minutes; the clock of a real incident is never
// scaled.
const (
	RegimeDrill   = "drill"
	DrillRule     = "drill-72h"
	FastDrillRule = "drill-72m"
)

// The rules whose period is not the program's to know.
const (
	ContractRule = "contract" // hours that a contract with the controller gives
	MeasureRule  = "measure"  // a day that people agreed on for one measure
)

// Due returns the deadline of a period that begins at start, UTC. A month ends
// at the same time of the day on the same day of the month, Dutch time, or on
// its last day: never later than the law has it (Regulation 1182/71 art. 3(2)(c)
// lets the last day run out, and moves it past a weekend).
func (r Rule) Due(start time.Time) time.Time {
	if r.Months > 0 {
		return addMonths(start.In(Amsterdam()), r.Months).UTC()
	}
	return start.UTC().Add(period(r.Hours, r.Fast))
}

func period(hours int, fast bool) time.Duration {
	if fast {
		return time.Duration(hours) * time.Minute
	}
	return time.Duration(hours) * time.Hour
}

// RuleFor returns the rule in force at the instant for the kind of duty; ok is
// false when none is.
func RuleFor(rules []Rule, kind DutyKind, at time.Time) (r Rule, ok bool) {
	i := slices.IndexFunc(rules, func(r Rule) bool {
		return r.Duty == kind && r.Regime != RegimeDrill && !at.Before(r.From) && (r.Until.IsZero() || at.Before(r.Until))
	})
	if i < 0 {
		return Rule{}, false
	}
	return rules[i], true
}

// ClockBasis says why a clock starts when it does. Stored values.
type ClockBasis string

// The bases.
const (
	ClockReceipt  ClockBasis = "receipt"  // the earliest receipt in the organisation's mailbox or form; provisional
	ClockKnown    ClockBasis = "known"    // somebody of the organisation says they knew earlier; provisional
	ClockPerson   ClockBasis = "person"   // a named person confirmed or set it
	ClockDecision ClockBasis = "decision" // a decision started it (telling the people)
	ClockFiling   ClockBasis = "filing"   // a filing started it (follow-up)
)

// Clock is the period of one duty. Due is a recorded fact: it is computed once,
// when the clock is set, and never again.
type Clock struct {
	Version int        `json:"version"` // raised whenever Start changes
	Start   time.Time  `json:"start"`   // UTC
	Due     time.Time  `json:"due"`     // UTC
	Basis   ClockBasis `json:"basis"`
}

// Provisional reports whether no person has confirmed the clock yet.
func (c Clock) Provisional() bool { return c.Basis == ClockReceipt || c.Basis == ClockKnown }

// Duty is one obligation of an incident with its clock and with how far its
// ladder has come.
type Duty struct {
	Kind    DutyKind  `json:"kind"`
	N       int       `json:"n,omitempty"` // where an incident can have several of the kind
	Rule    string    `json:"rule"`
	Hours   int       `json:"hours"`
	Fast    bool      `json:"fast,omitempty"` // a drill: minutes stand for hours, also on the ladder
	Clock   Clock     `json:"clock"`
	Outcome Outcome   `json:"outcome"`
	Reason  string    `json:"reason,omitempty"`   // reason code of the outcome
	EndedAt time.Time `json:"ended_at,omitzero"`  // when the outcome came about (for a filing: when it was filed)
	EndedBy Actor     `json:"ended_by,omitempty"` // who

	// How far the ladder has come. See notify: a rung is behind us when its
	// instant is not after FiredAt and its rank not above FiredRank.
	FiredAt   time.Time   `json:"fired_at,omitzero"`
	FiredRank int         `json:"fired_rank,omitempty"`
	Alerted   []people.ID `json:"alerted,omitempty"` // everybody alerted since the duty was last opened
	Waiting   []Waiting   `json:"waiting,omitempty"` // for each person the latest alert that has not ended yet
	MovedAt   time.Time   `json:"moved_at,omitzero"` // when its deadline was last moved while it was open
	Closing   bool        `json:"closing,omitempty"` // the closing mail of an ended duty is still to be queued
}

// Waiting is an alert that is queued and has not ended: a later rung for the
// same person stands for it and names it.
type Waiting struct {
	Person  people.ID `json:"person"`
	Message uint64    `json:"message"`
	Rung    string    `json:"rung"`
	Version int       `json:"version"`
}

// Awaits reports whether the mail still carries the latest alert for the
// person, so that sending it makes sense.
func (d Duty) Awaits(message uint64) bool {
	return slices.ContainsFunc(d.Waiting, func(w Waiting) bool { return w.Message == message })
}

// DueFrom returns the deadline of a period that begins at start, UTC.
func (d Duty) DueFrom(start time.Time) time.Time { return start.UTC().Add(period(d.Hours, d.Fast)) }

// restarted returns the duty's clock after a named person has set another start.
func (d Duty) restarted(start time.Time) Clock {
	return Clock{Version: d.Clock.Version + 1, Start: start.UTC(), Due: d.DueFrom(start), Basis: ClockPerson}
}

// Scaled returns a span of a ladder in the duty's own time.
func (d Duty) Scaled(span time.Duration) time.Duration {
	if d.Fast {
		return span / 60
	}
	return span
}

// ID returns the name of the duty within its incident.
func (d Duty) ID() DutyID {
	if d.N == 0 {
		return d.Kind
	}
	return d.Kind.Numbered(d.N)
}

// Open reports whether the duty still has to be met.
func (d Duty) Open() bool { return d.Outcome == OutcomeOpen }

// Overdue reports whether the duty is open and its deadline is behind now. The
// deadline's own instant is still in time. It is derived, never stored.
func (d Duty) Overdue(now time.Time) bool { return d.Open() && now.After(d.Clock.Due) }

// Left is the time to the deadline; negative when it has passed.
func (d Duty) Left(now time.Time) time.Duration { return d.Clock.Due.Sub(now) }
