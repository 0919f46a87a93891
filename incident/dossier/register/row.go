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
	Reference    incident.Ref       `json:"reference" doc:"of the incident, such as 2026-0042"`
	OwnReference string             `json:"own_reference,omitempty" doc:"in the register it was imported from"`
	Imported     bool               `json:"imported,omitempty" doc:"taken over from another register"`
	Title        string             `json:"title,omitempty" doc:"in a few words"`
	Summary      string             `json:"summary,omitempty" doc:"what happened"`
	Status       incident.Status    `json:"status" doc:"as in the list of incidents"`
	Channels     []incident.Channel `json:"channels,omitempty" doc:"doors by which it was reported"`

	// When.
	OccurredFrom  time.Time           `json:"occurred_from,omitzero" doc:"beginning of the breach"`
	OccurredUntil time.Time           `json:"occurred_until,omitzero" doc:"end of the breach"`
	Ongoing       bool                `json:"ongoing,omitempty" doc:"the breach has not ended"`
	KnownAt       time.Time           `json:"known_at,omitzero" doc:"when somebody of ours says they knew"`
	ReceivedAt    time.Time           `json:"received_at" doc:"earliest receipt"`
	AwareAt       time.Time           `json:"aware_at,omitzero" doc:"start of the clock in force"`
	AwareBasis    incident.ClockBasis `json:"aware_basis,omitempty" doc:"what that start rests on"`
	AwareReason   string              `json:"aware_reason,omitempty" doc:"why, in words"`

	// Facts, effects, measures: GDPR art. 33(5).
	Nature     []risk.Breach       `json:"nature,omitempty" doc:"confidentiality, integrity, availability"`
	Cause      risk.Incident       `json:"cause,omitempty" doc:"what kind of incident"`
	Intent     risk.Intent         `json:"intent,omitempty" doc:"whether somebody meant it"`
	Data       []risk.Data         `json:"data,omitempty" doc:"kinds of personal data"`
	Special    []risk.Special      `json:"special,omitempty" doc:"special categories of data"`
	Groups     []risk.Group        `json:"groups,omitempty" doc:"whose data"`
	PeopleMin  *int                `json:"people_min,omitempty" doc:"how many people at least"`
	PeopleMax  *int                `json:"people_max,omitempty" doc:"how many people at most"`
	Effects    map[string][]string `json:"effects,omitempty" doc:"values by field of the facts"`
	EffectsSay string              `json:"effects_text,omitempty" doc:"effects, in words"`
	Protection map[string][]string `json:"protection,omitempty" doc:"values by field of the facts"`
	Measures   map[string][]string `json:"measures,omitempty" doc:"values by field of the facts"`
	MeasureSay []string            `json:"measures_text,omitempty" doc:"measures, in words"`
	Actions    []Action            `json:"actions,omitempty" doc:"measures with an owner and a day"`

	// What was found and decided.
	Severity  *float64  `json:"severity,omitempty" doc:"ENISA severity of the assessment in force"`
	Band      string    `json:"band,omitempty" doc:"low, medium, high, very-high"`
	Verdict   string    `json:"verdict,omitempty" doc:"register, notify, notify-and-tell"`
	ByMachine bool      `json:"provisional,omitempty" doc:"no person has confirmed the score"`
	DecidedBy string    `json:"decided_by,omitempty" doc:"who ended the duty to notify the AP"`
	DecidedAt time.Time `json:"decided_at,omitzero" doc:"when"`

	AP          Duty               `json:"ap" doc:"the duty to notify the AP"`
	DueAt       time.Time          `json:"due_at,omitzero" doc:"its deadline"`
	FiledAt     time.Time          `json:"filed_at,omitzero" doc:"of the first filing; frozen"`
	FiledNumber string             `json:"filed_number,omitempty" doc:"the AP's"`
	Late        bool               `json:"late" doc:"the first filing came after its deadline, or none has come by now"`
	LateHours   float64            `json:"late_hours,omitempty" doc:"under the deadline then in force"`
	LateNow     float64            `json:"late_hours_corrected,omitempty" doc:"under the one in force today, where it was moved since"`
	Delay       string             `json:"reasons_for_delay,omitempty" doc:"GDPR art. 33(1)"`
	Withdrawn   bool               `json:"withdrawn,omitempty" doc:"the notification was withdrawn"`
	Tries       int                `json:"tries,omitempty" doc:"to file, in vain"`
	People      Duty               `json:"people" doc:"the duty to tell the people concerned"`
	PeopleCount int                `json:"people_told,omitempty" doc:"as far as rounds of telling were counted"`
	Ways        []incident.Way     `json:"told_by,omitempty" doc:"ways by which people were told"`
	Controller  Duty               `json:"controller" doc:"the duty to tell the controller, as a processor"`
	Role        incident.ChainRole `json:"role,omitempty" doc:"in the chain of processing; left out: nobody recorded it"`
	Party       string             `json:"party,omitempty" doc:"the other one in it"`
	Advice      []string           `json:"fg_advice,omitempty" doc:"advice of the FG, oldest first"`

	MergedInto incident.Ref   `json:"merged_into,omitzero" doc:"the incident in which it goes on"`
	Merged     []incident.Ref `json:"merged,omitempty" doc:"incidents that go on in this one"`
	Entries    uint32         `json:"entries" doc:"length of its log"`
	ChangedAt  time.Time      `json:"changed_at" doc:"of the last entry"`
}

// Action is one measure that somebody was to take.
type Action struct {
	What    string           `json:"what" doc:"what was promised"`
	Outcome incident.Outcome `json:"outcome" doc:"open, met (taken), waived (dropped), moved, does-not-apply"`
	Due     time.Time        `json:"due,omitzero" doc:"the agreed day"`
	Ended   time.Time        `json:"ended,omitzero" doc:"when it was taken or dropped"`
	Note    string           `json:"note,omitempty" doc:"what became of it"`
}

// Duty is how one obligation ended, and why.
type Duty struct {
	Outcome incident.Outcome `json:"outcome,omitempty" doc:"open, met, waived, does-not-apply, moved; left out: no such duty"`
	Code    string           `json:"code,omitempty" doc:"of the reason"`
	Reasons string           `json:"reasons,omitempty" doc:"in words"`
	At      time.Time        `json:"at,omitzero" doc:"when it ended"`
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
