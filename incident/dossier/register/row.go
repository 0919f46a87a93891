package register

import (
	"slices"
	"time"

	"meldklok/incident"
	"meldklok/incident/risk"
)

// Row is one incident in the register. Its JSON names are stable, its values
// are the stored ones, its times are UTC; a time or figure that is unknown is
// absent.
type Row struct {
	Reference    incident.Ref       `json:"reference"`
	OwnReference string             `json:"own_reference,omitempty"` // in the register it was imported from
	Imported     bool               `json:"imported,omitempty"`
	Title        string             `json:"title,omitempty"`
	Summary      string             `json:"summary,omitempty"`
	Status       incident.Status    `json:"status"`
	Channels     []incident.Channel `json:"channels,omitempty"` // by which doors it was reported

	// When.
	OccurredFrom  time.Time           `json:"occurred_from,omitzero"`
	OccurredUntil time.Time           `json:"occurred_until,omitzero"`
	Ongoing       bool                `json:"ongoing,omitempty"`
	KnownAt       time.Time           `json:"known_at,omitzero"` // when somebody of ours says they knew
	ReceivedAt    time.Time           `json:"received_at"`
	AwareAt       time.Time           `json:"aware_at,omitzero"` // start of the clock
	AwareBasis    incident.ClockBasis `json:"aware_basis,omitempty"`
	AwareReason   string              `json:"aware_reason,omitempty"`

	// Facts, effects, measures: GDPR art. 33(5).
	Nature     []risk.Breach       `json:"nature,omitempty"`
	Cause      risk.Incident       `json:"cause,omitempty"`
	Intent     risk.Intent         `json:"intent,omitempty"`
	Data       []risk.Data         `json:"data,omitempty"`
	Special    []risk.Special      `json:"special,omitempty"`
	Groups     []risk.Group        `json:"groups,omitempty"`
	PeopleMin  *int                `json:"people_min,omitempty"`
	PeopleMax  *int                `json:"people_max,omitempty"`
	Effects    map[string][]string `json:"effects,omitempty"` // by field of the facts
	EffectsSay string              `json:"effects_text,omitempty"`
	Protection map[string][]string `json:"protection,omitempty"`
	Measures   map[string][]string `json:"measures,omitempty"`
	MeasureSay []string            `json:"measures_text,omitempty"`
	Actions    []Action            `json:"actions,omitempty"` // measures with an owner and a day

	// What was found and decided.
	Severity  *float64  `json:"severity,omitempty"`
	Band      string    `json:"band,omitempty"`
	Verdict   string    `json:"verdict,omitempty"`
	ByMachine bool      `json:"provisional,omitempty"` // no person has confirmed the score
	DecidedBy string    `json:"decided_by,omitempty"`
	DecidedAt time.Time `json:"decided_at,omitzero"`

	AP          Duty               `json:"ap"`
	DueAt       time.Time          `json:"due_at,omitzero"`
	FiledAt     time.Time          `json:"filed_at,omitzero"` // the first filing; frozen
	FiledNumber string             `json:"filed_number,omitempty"`
	Late        bool               `json:"late"`
	LateHours   float64            `json:"late_hours,omitempty"`           // under the clock then in force
	LateNow     float64            `json:"late_hours_corrected,omitempty"` // under the clock in force today, where it was moved since
	Delay       string             `json:"reasons_for_delay,omitempty"`    // GDPR art. 33(1)
	Withdrawn   bool               `json:"withdrawn,omitempty"`
	Tries       int                `json:"tries,omitempty"` // to file, in vain
	People      Duty               `json:"people"`
	PeopleCount int                `json:"people_told,omitempty"` // as far as rounds of telling were counted
	Ways        []incident.Way     `json:"told_by,omitempty"`
	Controller  Duty               `json:"controller"`
	Role        incident.ChainRole `json:"role,omitempty"` // in the chain; absent: nobody recorded it
	Party       string             `json:"party,omitempty"`
	Advice      []string           `json:"fg_advice,omitempty"`

	MergedInto incident.Ref   `json:"merged_into,omitzero"`
	Merged     []incident.Ref `json:"merged,omitempty"`
	Entries    uint32         `json:"entries"` // length of its log
	ChangedAt  time.Time      `json:"changed_at"`
}

// Action is one measure that somebody was to take.
type Action struct {
	What    string           `json:"what"`
	Outcome incident.Outcome `json:"outcome"`
	Due     time.Time        `json:"due,omitzero"`
	Ended   time.Time        `json:"ended,omitzero"`
	Note    string           `json:"note,omitempty"`
}

// Duty is how one obligation ended, and why.
type Duty struct {
	Outcome incident.Outcome `json:"outcome,omitempty"`
	Code    string           `json:"code,omitempty"`    // reason code
	Reasons string           `json:"reasons,omitempty"` // in words
	At      time.Time        `json:"at,omitzero"`
}

// InRegister reports whether the incident belongs in the register.
func InRegister(inc *incident.Incident) bool { return inRegister(inc.Status()) }

func inRegister(s incident.Status) bool {
	switch s {
	case incident.StatusExercise, incident.StatusNoReport, incident.StatusHistory:
		return false
	}
	return true
}

// RowOf makes the row of an incident as it stands at now. name says who an
// actor is.
func RowOf(inc *incident.Incident, name func(incident.Actor) string, now time.Time) Row {
	r := Row{
		Reference: inc.Ref, Title: inc.Title, Summary: inc.Summary, Status: inc.Status(),
		OccurredFrom: inc.Period.From, OccurredUntil: inc.Period.Until, Ongoing: inc.Period.Ongoing, KnownAt: inc.Known, ReceivedAt: inc.Received, MergedInto: inc.Into, Merged: inc.Merged,
		Entries: inc.Entries, ChangedAt: inc.LastAt,
	}
	for _, report := range inc.Reports {
		if !slices.Contains(r.Channels, report.Channel) {
			r.Channels = append(r.Channels, report.Channel)
		}
	}
	r.clock(inc)
	r.facts(inc)
	r.decisions(inc, name)
	r.filings(inc, now)
	r.around(inc)
	r.imported(inc)
	return r
}

// imported takes over what only the register of before knew.
func (r *Row) imported(inc *incident.Incident) {
	b := inc.Imported
	if b == nil {
		return
	}
	r.Imported, r.OwnReference = true, b.OwnReference
	r.EffectsSay = b.Effects
	if b.Measures != "" {
		r.MeasureSay = append([]string{b.Measures}, r.MeasureSay...)
	}
	if r.AwareAt.IsZero() {
		r.AwareAt = b.Aware
	}
	if r.AP.Outcome == "" {
		r.AP.Outcome = b.APOutcome
	}
	if r.People.Outcome == "" {
		r.People = Duty{Outcome: b.PeopleOutcome, At: b.PeopleTold, Reasons: r.People.Reasons}
	}
	if r.Verdict == "" {
		r.Band = b.Severity
	}
}

func (r *Row) clock(inc *incident.Incident) {
	if d := inc.Duty(incident.DutyAP); d != nil {
		r.AwareAt, r.AwareBasis, r.DueAt = d.Clock.Start, d.Clock.Basis, d.Clock.Due
	}
	if inc.Aware != nil {
		r.AwareReason = inc.Aware.Reason
	}
}

func (r *Row) facts(inc *incident.Incident) {
	f := inc.Facts
	r.Nature, r.Cause, r.Intent = f.Breach, f.Incident, f.Intent
	r.Data, r.Special, r.Groups, r.PeopleMin, r.PeopleMax = f.Data, f.Special, f.Groups, f.PeopleMin, f.PeopleMax
	r.Effects, r.Protection, r.Measures = pick(f, effectFields()), pick(f, protectionFields()), pick(f, measureFields())
	if f.LaterMeasuresReason != "" {
		r.MeasureSay = append(r.MeasureSay, f.LaterMeasuresReason)
	}
	if s := inc.Score; s != nil {
		severity := s.Severity
		r.Severity, r.Band, r.Verdict, r.ByMachine = &severity, s.Band, s.Verdict(), inc.ByMachine
	}
}

func (r *Row) decisions(inc *incident.Incident, name func(incident.Actor) string) {
	r.AP, r.People, r.Controller = dutyOf(inc, incident.DutyAP), dutyOf(inc, incident.DutyPeople), dutyOf(inc, incident.DutyController)
	if d := inc.Duty(incident.DutyAP); d != nil && !d.Open() {
		r.DecidedBy, r.DecidedAt = name(d.EndedBy), d.EndedAt
	}
}

// dutyOf says how a duty ended and gives the reasons of the decision that
// stands: the last one about it since the incident was reopened.
func dutyOf(inc *incident.Incident, kind incident.DutyKind) (out Duty) {
	if d := inc.Duty(kind); d != nil {
		out.Outcome, out.Code, out.At = d.Outcome, d.Reason, d.EndedAt
	}
	for _, d := range inc.Decisions {
		if d.Decision == incident.DecideReopen {
			out.Reasons = ""
		}
		if about(d, kind) && d.Reasons != "" {
			out.Reasons = d.Reasons
		}
	}
	return out
}

// about reports whether a decision says something of a kind of duty.
func about(d incident.Decided, kind incident.DutyKind) bool {
	switch d.Decision {
	case incident.DecideNotABreach, incident.DecideMerge:
		return kind == incident.DutyAP
	case incident.DecideReopen, incident.DecideClose, incident.DecideNoReport:
		return false
	}
	return d.Duty == kind || (d.Duty == "" && kind == incident.DutyAP)
}

// around takes what stands around the decision: measures, rounds of telling,
// our place in the chain, the FG's advice.
func (r *Row) around(inc *incident.Incident) {
	for _, m := range inc.Measures {
		r.Actions = append(r.Actions, Action{What: m.What, Outcome: m.Outcome, Due: m.Due, Ended: m.Ended, Note: m.Note})
	}
	for _, t := range inc.Tellings {
		if t.Duty != incident.DutyPeople {
			continue
		}
		r.PeopleCount += t.Count
		if !slices.Contains(r.Ways, t.Way) {
			r.Ways = append(r.Ways, t.Way)
		}
	}
	if inc.Chain != nil {
		r.Role, r.Party = inc.Chain.Role, inc.Chain.Party
	}
	for _, a := range inc.Advice {
		r.Advice = append(r.Advice, a.Text)
	}
	r.Tries = len(inc.Tries)
	if inc.Delay != "" {
		r.Delay = lines(r.Delay, inc.Delay)
	}
}

func (r *Row) filings(inc *incident.Incident, now time.Time) {
	t := termOf(inc)
	r.late(t, now)
	if f, filed := inc.FirstFiling(); filed {
		r.FiledAt, r.FiledNumber, r.Delay = f.At, f.Number, f.Delay
		if r.AP.Outcome == "" {
			r.AP.Outcome = incident.OutcomeMet
		}
	}
	for _, f := range inc.Filings {
		r.Withdrawn = r.Withdrawn || f.Kind == incident.FilingWithdrawal
	}
}

// term is what decides whether the AP was told in time. Zero times are unknown.
type term struct {
	filed    time.Time // the first filing,
	filedDue time.Time // and the deadline then in force
	due      time.Time // the deadline in force today
	open     bool
}

func termOf(inc *incident.Incident) (t term) {
	if f, filed := inc.FirstFiling(); filed {
		t.filed, t.filedDue = f.At, f.Due
	}
	if d := inc.Duty(incident.DutyAP); d != nil {
		t.due, t.open = d.Clock.Due, d.Open()
	}
	return t
}

// late says by how much the AP was told too late, or is late by now.
func (r *Row) late(t term, now time.Time) {
	switch {
	case !t.filed.IsZero():
		r.LateHours = max(0, t.filed.Sub(t.filedDue)).Hours()
		if !t.due.IsZero() && !t.due.Equal(t.filedDue) {
			r.LateNow = max(0, t.filed.Sub(t.due)).Hours()
		}
		r.Late = r.LateHours > 0 || r.LateNow > 0
	case t.open && now.After(t.due):
		r.Late, r.LateHours = true, now.Sub(t.due).Hours()
	}
}
