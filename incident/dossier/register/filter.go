package register

import (
	"cmp"
	"strings"
	"time"

	"meldklok/incident"
)

// Filter says which rows are wanted. Zero values want everything.
type Filter struct {
	From, Until time.Time // received from (included) until (excluded), UTC
	Status      incident.Status
	Outcome     incident.Outcome // of the duty to notify the AP
	Verdict     string
	Late        string // "yes" or "no"
	Query       string // every word must stand in one of the columns
}

// Year sets the period to one year of receipt in Amsterdam.
func (f *Filter) Year(year int) {
	f.From = time.Date(year, 1, 1, 0, 0, 0, 0, incident.Amsterdam()).UTC()
	f.Until = time.Date(year+1, 1, 1, 0, 0, 0, 0, incident.Amsterdam()).UTC()
}

// Before is where a walk from the newest reference down may begin: references
// follow the year of receipt. A reply or a merge can move the receipt of an
// incident, hence a year's margin.
func (f Filter) Before() incident.Ref {
	if f.Until.IsZero() {
		return incident.Ref{}
	}
	return incident.Ref{Year: uint16(f.Until.In(incident.Amsterdam()).Year() + 2)}
}

// Past reports whether an incident and all older ones lie before the period.
func (f Filter) Past(ref incident.Ref) bool {
	return !f.From.IsZero() && int(ref.Year) < f.From.In(incident.Amsterdam()).Year()-1
}

// Match reports whether a row is wanted.
func (f Filter) Match(w *Words, r *Row) bool {
	switch {
	case !f.From.IsZero() && r.ReceivedAt.Before(f.From),
		!f.Until.IsZero() && !r.ReceivedAt.Before(f.Until),
		f.Status != "" && r.Status != f.Status,
		f.Outcome != "" && r.AP.Outcome != f.Outcome,
		f.Verdict != "" && r.Verdict != f.Verdict,
		f.Late == "yes" && !r.Late,
		f.Late == "no" && r.Late:
		return false
	}
	return f.Query == "" || found(w, r, f.Query)
}

// found looks for every word of a query in the columns as they are read.
func found(w *Words, r *Row, query string) bool {
	var all strings.Builder
	for _, c := range Columns() {
		all.WriteString(strings.ToLower(c.Cell(w, r).Text))
		all.WriteByte('\n')
	}
	for word := range strings.FieldsSeq(strings.ToLower(query)) {
		if !strings.Contains(all.String(), word) {
			return false
		}
	}
	return true
}

// compareCells orders by the value of a column; down turns it round. Those
// without a value come last either way.
func compareCells(x, y Cell, down bool) int {
	if x.Text == "" || y.Text == "" {
		return cmp.Compare(len(y.Text), len(x.Text))
	}
	if down {
		return compare(y, x)
	}
	return compare(x, y)
}

func compare(x, y Cell) int {
	switch {
	case x.Number != nil && y.Number != nil:
		return cmp.Compare(*x.Number, *y.Number)
	case !x.At.IsZero():
		return x.At.Compare(y.At)
	}
	return strings.Compare(strings.ToLower(x.Text), strings.ToLower(y.Text))
}
