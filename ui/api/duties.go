package api

import (
	"fmt"
	"time"

	"meldklok/incident"
)

// Duties is the part of an incident about what has to be done and what was
// done: duties, filings, who was told, our role, measures, files.
type Duties struct {
	List     []Duty    `json:"duties"`
	Filings  []Filing  `json:"filings"`
	Tries    []Try     `json:"filing_tries"`
	Tellings []Telling `json:"tellings"`
	Measures []Measure `json:"measures"`
	Chain    *Chain    `json:"chain"`
	Period   *Period   `json:"period"`
	Files    []File    `json:"files"`
	Wants    []string  `json:"wants"`
}

// Duty is one obligation with its clock.
type Duty struct {
	Duty    string     `json:"duty"`
	Rule    string     `json:"rule"`
	StartAt time.Time  `json:"start_at"`
	DueAt   time.Time  `json:"due_at"`
	Outcome string     `json:"outcome"`
	Reason  string     `json:"reason"`
	EndedAt *time.Time `json:"ended_at"`
}

// Filing is what was sent to the AP.
type Filing struct {
	Kind        string    `json:"kind"`
	Provisional bool      `json:"provisional"`
	Number      string    `json:"number"`
	FiledAt     time.Time `json:"filed_at"`
	DueAt       time.Time `json:"due_at"`
	Filer       string    `json:"filer"`
	Files       []int     `json:"files"`
}

// Try is an attempt to file that failed.
type Try struct {
	TriedAt time.Time `json:"tried_at"`
	What    string    `json:"what"`
	Files   []int     `json:"files"`
}

// Telling is one round of telling people, or the controller.
type Telling struct {
	Duty   string    `json:"duty"`
	ToldAt time.Time `json:"told_at"`
	Way    string    `json:"way"`
	Count  int       `json:"count"`
	Whom   string    `json:"whom"`
	Files  []int     `json:"files"`
}

// Measure is what somebody promised to do.
type Measure struct {
	Measure int        `json:"measure"`
	What    string     `json:"what"`
	Owner   string     `json:"owner"`
	DueAt   *time.Time `json:"due_at"`
	Outcome string     `json:"outcome"`
	EndedAt *time.Time `json:"ended_at"`
	Note    string     `json:"note"`
}

// Chain is our place among controllers and processors.
type Chain struct {
	Role      string   `json:"role"`
	Party     string   `json:"party"`
	Leads     string   `json:"leads"`
	Hours     int      `json:"hours"`
	Supplier  string   `json:"supplier"`
	Countries []string `json:"countries"`
	Lead      string   `json:"lead"`
}

// Period is when the breach itself happened.
type Period struct {
	From    *time.Time `json:"from"`
	Until   *time.Time `json:"until"`
	Ongoing bool       `json:"ongoing"`
	FoundAt *time.Time `json:"found_at"`
}

// File is a file that somebody added.
type File struct {
	File    int       `json:"file"`
	Size    int64     `json:"size"`
	SHA256  string    `json:"sha256"`
	AddedAt time.Time `json:"added_at"`
	By      string    `json:"by"`
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
