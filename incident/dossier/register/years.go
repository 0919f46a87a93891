package register

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"meldklok/incident"
	"meldklok/ui/locale"
)

// Year is the figures of one year of receipt (Amsterdam), without anything that
// leads to an incident or a person. Duplicates that were merged into another
// incident count once. JSON names are stable.
type Year struct {
	Year       int            `json:"year"`
	Incidents  int            `json:"incidents"`
	Breaches   int            `json:"breaches"`     // without those that turned out to be none
	Notified   int            `json:"notified"`     // to the AP
	Late       int            `json:"late"`         // notified late, or overdue now
	NotNeeded  int            `json:"not_notified"` // decided that it need not be
	Open       int            `json:"open"`
	PeopleTold int            `json:"people_told"`
	Causes     map[string]int `json:"causes"`   // stored values; "unknown" where none is recorded
	Verdicts   map[string]int `json:"verdicts"` // what the score proposed
	People     map[string]int `json:"people"`   // by band, see [Bands]
}

// Bands lists the bands of the number of people, by their upper bound where one
// is known.
func Bands() []string {
	return []string{"unknown", "0", "1", "2-10", "11-100", "101-1000", "1001-10000", "10001+"}
}

func band(r *Row) string {
	n := r.PeopleMax
	if n == nil {
		n = r.PeopleMin
	}
	switch {
	case n == nil:
		return "unknown"
	case *n <= 1:
		return strconv.Itoa(max(0, *n))
	case *n <= 10:
		return "2-10"
	case *n <= 100:
		return "11-100"
	case *n <= 1000:
		return "101-1000"
	case *n <= 10_000:
		return "1001-10000"
	}
	return "10001+"
}

// Years adds rows up by year.
type Years map[int]*Year

// Add counts a row.
func (y Years) Add(r *Row) {
	if !r.MergedInto.IsZero() {
		return
	}
	year := r.ReceivedAt.In(incident.Amsterdam()).Year()
	f := y[year]
	if f == nil {
		f = &Year{Year: year, Causes: map[string]int{}, Verdicts: map[string]int{}, People: map[string]int{}}
		y[year] = f
	}
	f.Incidents++
	if r.AP.Code != string(incident.DecideNotABreach) {
		f.Breaches++
	}
	switch {
	case !r.FiledAt.IsZero() || r.AP.Outcome == incident.OutcomeMet:
		f.Notified++
	case r.AP.Outcome == incident.OutcomeOpen:
		f.Open++
	case r.AP.Outcome != "":
		f.NotNeeded++
	}
	if r.Late {
		f.Late++
	}
	if r.People.Outcome == incident.OutcomeMet {
		f.PeopleTold++
	}
	f.Causes[orUnknown(string(r.Cause))]++
	f.Verdicts[orUnknown(r.Verdict)]++
	f.People[band(r)]++
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// Sorted lists the years, the latest first.
func (y Years) Sorted() []Year {
	out := make([]Year, 0, len(y))
	for _, n := range slices.Backward(slices.Sorted(maps.Keys(y))) {
		out = append(out, *y[n])
	}
	return out
}

// Figure is one line of the figures of a year, in words.
type Figure struct {
	Group, Name string
	Count       int
}

// Figures says a year in words: first the totals, then by cause, by proposal
// and by number of people, the most frequent first.
func (w *Words) Figures(y Year) []Figure {
	total := w.t("figures-total", nil)
	out := []Figure{}
	for _, f := range []struct {
		id string
		n  int
	}{
		{"incidents", y.Incidents}, {"breaches", y.Breaches}, {"notified", y.Notified}, {"late", y.Late},
		{"not-notified", y.NotNeeded}, {"open", y.Open}, {"people-told", y.PeopleTold},
	} {
		out = append(out, Figure{total, w.t("figures."+f.id, nil), f.n})
	}
	unknown := w.t("figures.unknown", nil)
	for _, v := range byCount(y.Causes) {
		out = append(out, Figure{w.Heading("cause"), either(v == "unknown", unknown, w.fact("incident", v)), y.Causes[v]})
	}
	for _, v := range byCount(y.Verdicts) {
		out = append(out, Figure{w.Heading("verdict"), either(v == "unknown", unknown, locale.Word(w.Lang, "verdict", v)), y.Verdicts[v]})
	}
	for _, v := range Bands() {
		if y.People[v] > 0 {
			out = append(out, Figure{w.Heading("people"), either(v == "unknown", unknown, v), y.People[v]})
		}
	}
	return out
}

func either(is bool, then, otherwise string) string {
	if is {
		return then
	}
	return otherwise
}

func byCount(m map[string]int) []string {
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		if m[a] != m[b] {
			return m[b] - m[a]
		}
		return slices.Compare([]byte(a), []byte(b))
	})
}

// WriteYears writes the figures as JSON or, for a spreadsheet, as CSV; any other
// format is a *Refusal.
func WriteYears(format string, out io.Writer, w *Words, years []Year) error {
	switch format {
	case "json":
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(map[string]any{"years": years}); err != nil {
			return fmt.Errorf("register: figures: %w", err)
		}
		return nil
	case "csv":
		return w.yearsCSV(out, years)
	}
	return &incident.Refusal{Field: "format", Code: "figures-format"}
}

func (w *Words) yearsCSV(out io.Writer, years []Year) error {
	if _, err := io.WriteString(out, byteOrderMark); err != nil {
		return fmt.Errorf("register: figures: %w", err)
	}
	c := csv.NewWriter(out)
	c.Comma, c.UseCRLF = ';', true
	lines := [][]string{{w.t("figures-year", nil), w.t("figures-group", nil), w.t("figures-name", nil), w.t("figures-count", nil)}}
	for _, y := range years {
		for _, f := range w.Figures(y) {
			lines = append(lines, []string{strconv.Itoa(y.Year), f.Group, spelled(f.Name), strconv.Itoa(f.Count)})
		}
	}
	if err := c.WriteAll(lines); err != nil {
		return fmt.Errorf("register: figures: %w", err)
	}
	return nil
}

// spelled keeps a spreadsheet from reading the band «2-10» as the second of
// October.
func spelled(name string) string {
	if slices.Contains(Bands(), name) {
		return strings.Replace(name, "-", " - ", 1)
	}
	return harmless(name)
}
