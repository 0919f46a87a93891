package api

import (
	"fmt"
	"time"

	"meldklok/incident"
)

// Duties is the part of an incident about what has to be done and what was
// done: duties, filings, who was told, our role, measures, files.
type Duties struct {
	List     []Duty    `json:"duties" doc:"every obligation with its clock"`
	Filings  []Filing  `json:"filings" doc:"what was sent to the AP"`
	Tries    []Try     `json:"filing_tries" doc:"attempts to file that failed"`
	Tellings []Telling `json:"tellings" doc:"who was told"`
	Measures []Measure `json:"measures" doc:"what somebody promised to do"`
	Chain    *Chain    `json:"chain" doc:"our place among controllers and processors; null: nobody recorded it"`
	Period   *Period   `json:"period" doc:"when the breach itself happened; null: nobody recorded it"`
	Files    []File    `json:"files" doc:"files that people added"`
	Wants    []string  `json:"wants" doc:"what closing still needs: decision, telling, delay, measures"`
}

// Duty is one obligation with its clock.
type Duty struct {
	Duty    string     `json:"duty" doc:"ap, follow-up, people, controller, measure/1 …"`
	Rule    string     `json:"rule" doc:"under which period; contract: of a contract; measure: an agreed day"`
	StartAt time.Time  `json:"start_at" doc:"start of the clock in force"`
	DueAt   time.Time  `json:"due_at" doc:"the deadline"`
	Outcome string     `json:"outcome" doc:"open, met, waived, does-not-apply, moved"`
	Reason  string     `json:"reason" doc:"code of why it ended; empty while it is open"`
	EndedAt *time.Time `json:"ended_at" doc:"null while it is open"`
}

// Filing is what was sent to the AP.
type Filing struct {
	Kind        string    `json:"kind" doc:"initial, follow-up, withdrawal"`
	Provisional bool      `json:"provisional" doc:"to be completed"`
	Number      string    `json:"number" doc:"the AP's"`
	FiledAt     time.Time `json:"filed_at" doc:"when it was sent"`
	DueAt       time.Time `json:"due_at" doc:"the deadline in force when it was recorded"`
	Filer       string    `json:"filer" doc:"the processor that filed for us; empty: we did"`
	Files       []int     `json:"files" doc:"numbers of attached files"`
}

// Try is an attempt to file that failed.
type Try struct {
	TriedAt time.Time `json:"tried_at" doc:"when"`
	What    string    `json:"what" doc:"what went wrong, verbatim"`
	Files   []int     `json:"files" doc:"numbers of attached files"`
}

// Telling is one round of telling people, or the controller.
type Telling struct {
	Duty   string    `json:"duty" doc:"people or controller"`
	ToldAt time.Time `json:"told_at" doc:"when"`
	Way    string    `json:"way" doc:"letter, mail, phone, personal, portal, public"`
	Count  int       `json:"count" doc:"how many people; 0: unknown"`
	Whom   string    `json:"whom" doc:"which group or organisation"`
	Files  []int     `json:"files" doc:"numbers of attached files"`
}

// Measure is what somebody promised to do.
type Measure struct {
	Measure int        `json:"measure" doc:"its number in the incident"`
	What    string     `json:"what" doc:"what was promised"`
	Owner   string     `json:"owner" doc:"id of the person who sees to it; empty: taken at once"`
	DueAt   *time.Time `json:"due_at" doc:"null: taken at once"`
	Outcome string     `json:"outcome" doc:"open, met (taken), waived (dropped), moved, does-not-apply"`
	EndedAt *time.Time `json:"ended_at" doc:"null while it is open"`
	Note    string     `json:"note" doc:"what became of it, in words"`
}

// Chain is our place among controllers and processors.
type Chain struct {
	Role      string   `json:"role" doc:"controller, joint, processor, sub-processor"`
	Party     string   `json:"party" doc:"whom we work for, or the other joint controllers"`
	Leads     string   `json:"leads" doc:"joint controllers: who notifies, us or them"`
	Hours     int      `json:"hours" doc:"processor: what the contract gives; 0: our own target"`
	Supplier  string   `json:"supplier" doc:"the processor at whom it happened"`
	Countries []string `json:"countries" doc:"other countries where people are affected, in two letters"`
	Lead      string   `json:"lead" doc:"country of the lead authority; empty: the AP"`
}

// Period is when the breach itself happened.
type Period struct {
	From    *time.Time `json:"from" doc:"null: unknown"`
	Until   *time.Time `json:"until" doc:"null: unknown"`
	Ongoing bool       `json:"ongoing" doc:"it has not ended"`
	FoundAt *time.Time `json:"found_at" doc:"when somebody noticed it; null: unknown"`
}

// File is a file that somebody added.
type File struct {
	File    int       `json:"file" doc:"its number in the incident"`
	Size    int64     `json:"size" doc:"bytes"`
	SHA256  string    `json:"sha256" doc:"of the bytes, in hexadecimal"`
	AddedAt time.Time `json:"added_at" doc:"when"`
	By      string    `json:"by" doc:"who added it, as in by of the log"`
}

// known turns no time into null.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// some turns no list into an empty one.
func some[T any](list []T) []T { return append([]T{}, list...) }

// DutiesOf tells the duties of an incident.
func DutiesOf(inc *incident.Incident) Duties {
	s := Duties{
		List: []Duty{}, Filings: []Filing{}, Tries: []Try{}, Tellings: []Telling{},
		Measures: []Measure{}, Files: []File{}, Wants: []string{},
	}
	for _, d := range inc.Duties {
		s.List = append(s.List, Duty{string(d.ID()), d.Rule, d.Clock.Start.UTC(), d.Clock.Due.UTC(), string(d.Outcome), d.Reason, known(d.EndedAt)})
	}
	for _, f := range inc.Filings {
		s.Filings = append(s.Filings, Filing{string(f.Kind), f.Provisional, f.Number, f.At.UTC(), f.Due.UTC(), f.Filer, some(f.Files)})
	}
	for _, t := range inc.Tries {
		s.Tries = append(s.Tries, Try{t.At.UTC(), t.What, some(t.Files)})
	}
	for _, t := range inc.Tellings {
		s.Tellings = append(s.Tellings, Telling{string(t.Duty), t.At.UTC(), string(t.Way), t.Count, t.Whom, some(t.Files)})
	}
	for _, m := range inc.Measures {
		s.Measures = append(s.Measures, Measure{m.N, m.What, string(m.Owner), known(m.Due), string(m.Outcome), known(m.Ended), m.Note})
	}
	for _, f := range inc.Files {
		s.Files = append(s.Files, File{f.N, f.Size, fmt.Sprintf("%x", f.Hash), f.At.UTC(), string(f.By)})
	}
	for _, w := range inc.Wants() {
		s.Wants = append(s.Wants, string(w))
	}
	if c := inc.Chain; c != nil {
		s.Chain = &Chain{string(c.Role), c.Party, c.Leads, c.Hours, c.Supplier, some(c.Countries), c.Lead}
	}
	if p := inc.Period; p != (incident.Period{}) {
		s.Period = &Period{known(p.From), known(p.Until), p.Ongoing, known(p.Found)}
	}
	return s
}
