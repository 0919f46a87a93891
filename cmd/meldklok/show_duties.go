package main

import (
	"fmt"
	"io"
	"time"

	"meldklok/incident"
	"meldklok/ui/locale"
)

// shownDuties is the part of `show --json` about what has to be done and what
// was done: duties, filings, who was told, our role, measures, files.
type shownDuties struct {
	Duties   []shownDuty    `json:"duties"`
	Filings  []shownFiling  `json:"filings"`
	Tries    []shownTry     `json:"filing_tries"`
	Tellings []shownTelling `json:"tellings"`
	Measures []shownMeasure `json:"measures"`
	Chain    *shownChain    `json:"chain"`
	Period   *shownPeriod   `json:"period"`
	Files    []shownFile    `json:"files"`
	Wants    []string       `json:"wants"`
}

type shownDuty struct {
	Duty    string     `json:"duty"`
	Rule    string     `json:"rule"`
	StartAt time.Time  `json:"start_at"`
	DueAt   time.Time  `json:"due_at"`
	Outcome string     `json:"outcome"`
	Reason  string     `json:"reason"`
	EndedAt *time.Time `json:"ended_at"`
}

type shownFiling struct {
	Kind        string    `json:"kind"`
	Provisional bool      `json:"provisional"`
	Number      string    `json:"number"`
	FiledAt     time.Time `json:"filed_at"`
	DueAt       time.Time `json:"due_at"`
	Filer       string    `json:"filer"`
	Files       []int     `json:"files"`
}

type shownTry struct {
	TriedAt time.Time `json:"tried_at"`
	What    string    `json:"what"`
	Files   []int     `json:"files"`
}

type shownTelling struct {
	Duty   string    `json:"duty"`
	ToldAt time.Time `json:"told_at"`
	Way    string    `json:"way"`
	Count  int       `json:"count"`
	Whom   string    `json:"whom"`
	Files  []int     `json:"files"`
}

type shownMeasure struct {
	Measure int        `json:"measure"`
	What    string     `json:"what"`
	Owner   string     `json:"owner"`
	DueAt   *time.Time `json:"due_at"`
	Outcome string     `json:"outcome"`
	EndedAt *time.Time `json:"ended_at"`
	Note    string     `json:"note"`
}

type shownChain struct {
	Role      string   `json:"role"`
	Party     string   `json:"party"`
	Leads     string   `json:"leads"`
	Hours     int      `json:"hours"`
	Supplier  string   `json:"supplier"`
	Countries []string `json:"countries"`
	Lead      string   `json:"lead"`
}

type shownPeriod struct {
	From    *time.Time `json:"from"`
	Until   *time.Time `json:"until"`
	Ongoing bool       `json:"ongoing"`
	FoundAt *time.Time `json:"found_at"`
}

type shownFile struct {
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

func dutiesOf(inc *incident.Incident) shownDuties {
	s := shownDuties{
		Duties: []shownDuty{}, Filings: []shownFiling{}, Tries: []shownTry{}, Tellings: []shownTelling{},
		Measures: []shownMeasure{}, Files: []shownFile{}, Wants: []string{},
	}
	for _, d := range inc.Duties {
		s.Duties = append(s.Duties, shownDuty{string(d.ID()), d.Rule, d.Clock.Start.UTC(), d.Clock.Due.UTC(), string(d.Outcome), d.Reason, known(d.EndedAt)})
	}
	for _, f := range inc.Filings {
		s.Filings = append(s.Filings, shownFiling{string(f.Kind), f.Provisional, f.Number, f.At.UTC(), f.Due.UTC(), f.Filer, some(f.Files)})
	}
	for _, t := range inc.Tries {
		s.Tries = append(s.Tries, shownTry{t.At.UTC(), t.What, some(t.Files)})
	}
	for _, t := range inc.Tellings {
		s.Tellings = append(s.Tellings, shownTelling{string(t.Duty), t.At.UTC(), string(t.Way), t.Count, t.Whom, some(t.Files)})
	}
	for _, m := range inc.Measures {
		s.Measures = append(s.Measures, shownMeasure{m.N, m.What, string(m.Owner), known(m.Due), string(m.Outcome), known(m.Ended), m.Note})
	}
	for _, f := range inc.Files {
		s.Files = append(s.Files, shownFile{f.N, f.Size, fmt.Sprintf("%x", f.Hash), f.At.UTC(), string(f.By)})
	}
	for _, w := range inc.Wants() {
		s.Wants = append(s.Wants, string(w))
	}
	if c := inc.Chain; c != nil {
		s.Chain = &shownChain{string(c.Role), c.Party, c.Leads, c.Hours, c.Supplier, some(c.Countries), c.Lead}
	}
	if p := inc.Period; p != (incident.Period{}) {
		s.Period = &shownPeriod{known(p.From), known(p.Until), p.Ongoing, known(p.Found)}
	}
	return s
}

// printDuties writes the duties for people.
func printDuties(w io.Writer, s shownDuties) {
	fmt.Fprintln(w, "\nduties")
	for _, d := range s.Duties {
		fmt.Fprintf(w, "  %-12s %-15s %s\n", d.Duty, d.Outcome, locale.When(locale.English, d.DueAt))
	}
	for _, m := range s.Measures {
		fmt.Fprintf(w, "  measure/%-4d %-15s %s\n", m.Measure, m.Outcome, m.What)
	}
}
