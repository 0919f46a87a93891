package incident

import (
	"slices"
	"strings"
	"time"

	"meldklok/incident/people"
)

// Measure is something that is done, or was done, about the breach or against
// a repetition (GDPR art. 33(3)(d) and 33(5)). While it is planned it is a duty
// of its own, under [DutyMeasure] and its number, with a ladder.
type Measure struct {
	N       int       `json:"n"`
	What    string    `json:"what"`
	Owner   people.ID `json:"owner,omitempty"` // who sees to it; none for one that was taken at once
	Due     time.Time `json:"due,omitzero"`    // UTC; zero for one that was taken at once
	Set     time.Time `json:"set"`             // first recorded
	Outcome Outcome   `json:"outcome"`         // open, met, or waived: dropped
	Ended   time.Time `json:"ended,omitzero"`  // when it was taken, or dropped
	EndedBy Actor     `json:"ended_by,omitempty"`
	Note    string    `json:"note,omitempty"` // what was done, or why it was dropped
}

// ID names the duty of the measure.
func (m Measure) ID() DutyID { return DutyMeasure.Numbered(m.N) }

// MeasureSet: a measure was recorded, or changed; the whole of it is stated.
// Until when is a fact of its duty: DutyOpened, ClockSet.
type MeasureSet struct {
	noPersonal
	Measure int       `json:"measure"` // number within the incident, from 1
	What    string    `json:"what"`
	Owner   people.ID `json:"owner,omitempty"`
	Reason  string    `json:"reason,omitempty"` // for a change
}

// Kind implements Body.
func (MeasureSet) Kind() Kind { return "measure-set" }

// MeasureEnded: a measure was taken, or dropped with reasons.
type MeasureEnded struct {
	noPersonal
	Measure int       `json:"measure"`
	Outcome Outcome   `json:"outcome"` // met or waived
	At      time.Time `json:"at"`      // UTC
	Note    string    `json:"note,omitempty"`
}

// Kind implements Body.
func (MeasureEnded) Kind() Kind { return "measure-ended" }

// PlanMeasure records a measure that somebody will take by a day, or changes a
// planned one (N above 0), with reasons; what is left empty stays as it is.
type PlanMeasure struct {
	N      int
	What   string
	Owner  people.ID
	Due    time.Time
	Reason string
}

// Decide implements Command.
func (c PlanMeasure) Decide(inc *Incident, act Act) ([]Body, error) {
	if c.N != 0 {
		if !inc.openMeasure(c.N) {
			return nil, refuse("", "no-open-measure")
		}
		c = c.over(inc.Measures[c.N-1])
	}
	if err := c.check(inc, act); err != nil {
		return nil, err
	}
	set := &MeasureSet{Measure: c.N, What: strings.TrimSpace(c.What), Owner: c.Owner, Reason: strings.TrimSpace(c.Reason)}
	if c.N == 0 {
		set.Measure = len(inc.Measures) + 1
		return []Body{set, openMeasure(set.Measure, act.Now, c.Due)}, nil
	}
	out, d, m := []Body{set}, inc.Duty(DutyMeasure.Numbered(c.N)), inc.Measures[c.N-1]
	if !d.Clock.Due.Equal(c.Due) || m.Owner != c.Owner {
		// The ladder begins anew: a new owner, too, has to hear of it.
		clock := Clock{Version: d.Clock.Version + 1, Start: act.Now.UTC(), Due: c.Due.UTC(), Basis: ClockPerson}
		out = append(out, &ClockSet{Duty: d.ID(), Clock: clock, Reason: set.Reason})
	}
	return out, nil
}

// over fills what was left empty with what stands.
func (c PlanMeasure) over(m Measure) PlanMeasure {
	if blank(c.What) {
		c.What = m.What
	}
	if c.Owner == "" {
		c.Owner = m.Owner
	}
	if c.Due.IsZero() {
		c.Due = m.Due
	}
	return c
}

func (c PlanMeasure) check(inc *Incident, act Act) error {
	stays := c.N != 0 && c.Due.Equal(inc.Measures[c.N-1].Due)
	switch p, known := act.people().Find(c.Owner); {
	case !inc.Into.IsZero():
		return refuse("", "merged")
	case inc.Exercise:
		return refuse("", "exercise")
	case c.N == 0 && len(inc.Measures) >= MostDuties:
		return refuse("", "too-many-measures")
	case blank(c.What):
		return refuse("what", "required")
	case c.Owner == "":
		return refuse("owner", "choose-one")
	case !known || p.Inactive:
		return refuse("owner", "no-such-person")
	case !MaySee(p, inc):
		return refuse("owner", "owner-may-not-see")
	case c.Due.IsZero():
		return refuse("due", "required")
	case !c.Due.After(act.Now) && !stays:
		return refuse("due", "in-the-past")
	case c.N != 0 && blank(c.Reason):
		return refuse("reason", "required")
	}
	return nil
}

// openMeasure opens the duty of a measure: from now until a day.
func openMeasure(n int, from, due time.Time) *DutyOpened {
	return &DutyOpened{Duty: DutyMeasure.Numbered(n), Rule: MeasureRule, Clock: Clock{Version: 1, Start: from.UTC(), Due: due.UTC(), Basis: ClockPerson}}
}

// TakeMeasure records that a measure was taken: a planned one, or (N is 0) one
// that was taken at once and needs no duty.
type TakeMeasure struct {
	N    int
	What string // of one that was taken at once
	At   time.Time
	Note string
}

// Decide implements Command.
func (c TakeMeasure) Decide(inc *Incident, act Act) ([]Body, error) {
	end := &MeasureEnded{Measure: c.N, Outcome: OutcomeMet, At: utc(c.At), Note: strings.TrimSpace(c.Note)}
	switch {
	case !inc.Into.IsZero():
		return nil, refuse("", "merged")
	case c.N != 0 && !inc.openMeasure(c.N):
		return nil, refuse("", "no-open-measure")
	case inc.Exercise:
		return nil, refuse("", "exercise")
	case c.N == 0 && blank(c.What):
		return nil, refuse("what", "required")
	case c.N == 0 && len(inc.Measures) >= MostDuties:
		return nil, refuse("", "too-many-measures")
	case c.At.IsZero():
		return nil, refuse("at", "required")
	case c.At.After(act.Now):
		return nil, refuse("at", "in-the-future")
	case inc.beforeBreach(c.At):
		return nil, refuse("at", "before-breach")
	}
	if c.N != 0 {
		return []Body{end}, nil
	}
	end.Measure = len(inc.Measures) + 1
	return []Body{&MeasureSet{Measure: end.Measure, What: strings.TrimSpace(c.What)}, end}, nil
}

// DropMeasure records that a planned measure will not be taken, and why.
type DropMeasure struct {
	N       int
	Reasons string
}

// Decide implements Command.
func (c DropMeasure) Decide(inc *Incident, act Act) ([]Body, error) {
	switch {
	case !inc.openMeasure(c.N):
		return nil, refuse("", "no-open-measure")
	case blank(c.Reasons):
		return nil, refuse("reasons", "required")
	}
	return []Body{&MeasureEnded{Measure: c.N, Outcome: OutcomeWaived, At: act.Now.UTC(), Note: strings.TrimSpace(c.Reasons)}}, nil
}

func (inc *Incident) openMeasure(n int) bool {
	d := inc.Duty(DutyMeasure.Numbered(n))
	return n > 0 && d != nil && d.Open()
}

// OpenMeasures returns the measures that are still to be taken.
func (inc *Incident) OpenMeasures() []Measure {
	return slices.DeleteFunc(slices.Clone(inc.Measures), func(m Measure) bool { return !inc.openMeasure(m.N) })
}

// Owner returns who sees to a duty beside those whose role it is: for a measure
// its owner, else nobody.
func (inc *Incident) Owner(id DutyID) people.ID {
	if n := id.Number(); id.Kind() == DutyMeasure && n > 0 && n <= len(inc.Measures) {
		return inc.Measures[n-1].Owner
	}
	return ""
}

func (inc *Incident) applyMeasureSet(e Entry, b *MeasureSet) {
	if b.Measure == len(inc.Measures)+1 {
		inc.Measures = append(inc.Measures, Measure{N: b.Measure, Set: e.At, Outcome: OutcomeOpen})
	}
	if b.Measure > 0 && b.Measure <= len(inc.Measures) {
		m := &inc.Measures[b.Measure-1]
		m.What, m.Owner = b.What, b.Owner
	}
}

func (inc *Incident) applyMeasureEnded(e Entry, b *MeasureEnded) {
	id := DutyMeasure.Numbered(b.Measure)
	inc.end(e, only(id), b.Outcome, "measure-"+string(b.Outcome), b.At)
	if b.Measure > 0 && b.Measure <= len(inc.Measures) {
		m := &inc.Measures[b.Measure-1]
		m.Outcome, m.Ended, m.EndedBy, m.Note = b.Outcome, b.At, e.By, b.Note
	}
}

// trackMeasure keeps a measure in step with its duty, which other entries open
// and end too: reopening, merging.
func (inc *Incident) trackMeasure(d Duty) {
	if d.Kind == DutyMeasure && d.N > 0 && d.N <= len(inc.Measures) {
		m := &inc.Measures[d.N-1]
		m.Due, m.Outcome, m.Ended, m.EndedBy = d.Clock.Due, d.Outcome, d.EndedAt, d.EndedBy
		if d.Open() {
			m.Note = ""
		}
	}
}

// moveMeasures takes the open measures of a duplicate along, so that a merge
// loses none.
func moveMeasures(dup, keep *Incident) (out []Body, err error) {
	for i, m := range dup.OpenMeasures() {
		n := len(keep.Measures) + i + 1
		if n > MostDuties {
			return nil, refuse("into", "too-many-measures")
		}
		clock := dup.Duty(m.ID()).Clock
		out = append(out, &MeasureSet{Measure: n, What: m.What, Owner: m.Owner, Reason: "merged " + dup.Ref.String()},
			openMeasure(n, clock.Start, clock.Due))
	}
	return out, nil
}
