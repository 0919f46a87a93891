package sheet

import (
	"errors"
	"slices"
	"strings"
	"time"

	"meldklok/incident"
	"meldklok/incident/risk"
)

// Options is how a person wants a file read.
type Options struct {
	Mapping Mapping
	Order   Order
}

// Line is one row of a file as an incident, with what stands in its way.
type Line struct {
	Row      incident.ImportRow
	Problems []Problem // any of them keeps the row out
	Notes    []Problem // what was not understood and is only kept as it was
}

// Problem is what is wrong with one cell. Code is in the catalogue
// ("refusal.<code>").
type Problem struct {
	Field string
	Code  string
	Text  string // of the cell
	// First and Second are the choice when a local time does not exist or
	// exists twice; zero otherwise.
	First, Second time.Time
}

// Result is a whole file.
type Result struct {
	Lines    []Line
	AskOrder bool // days stand in it whose order only a person can say
}

// Convert reads every row under a mapping. It decides nothing that the row does
// not say: what it cannot read is a problem of the line, or a note when the cell
// is kept as it was and nothing hangs on it.
func Convert(t Table, o Options) (out Result) {
	c := converter{t: t, o: o, dates: dates{order: o.Order, told: o.Order != Auto, serials: t.Serials, from1904: t.From1904}, short: shorthand()}
	if o.Order == Auto {
		c.dates.order, c.dates.conflict = c.seen()
	}
	for i, cells := range t.Rows {
		line := c.line(t.Lines[i], cells)
		out.AskOrder = out.AskOrder || slices.ContainsFunc(line.Problems, func(p Problem) bool { return p.Code == "import-ambiguous" })
		out.Lines = append(out.Lines, line)
	}
	return out
}

type converter struct {
	t     Table
	o     Options
	dates dates
	short map[string]found
}

// seen looks at every day of the file for one that shows the order.
func (c converter) seen() (o Order, conflict bool) {
	var e evidence
	for i, field := range c.o.Mapping {
		if slices.Contains(dateFields(), field) {
			for _, row := range c.t.Rows {
				e.see(strings.TrimSpace(row[i]))
			}
		}
	}
	return e.order(), e.dmy && e.mdy
}

func dateFields() []string {
	return []string{"occurred-from", "occurred-until", "received", "aware", "closed", "filed", "told-at"}
}

// line reads one row.
func (c converter) line(number int, cells []string) Line {
	l := reader{c: c, cells: map[string]string{}}
	r := &l.line.Row
	r.Line = number
	for i, text := range cells {
		text = strings.TrimPrefix(text, "'") // how an export made a formula harmless
		r.Cells = append(r.Cells, incident.ImportCell{Heading: c.t.Headings[i], Text: text})
		if field := c.o.Mapping[i]; field != "" {
			l.cells[field] = text
		}
	}
	r.OwnReference, r.Title, r.Summary = l.cells["own-reference"], l.cells["title"], l.cells["summary"]
	r.OccurredFrom, r.OccurredUntil = l.moment("occurred-from"), l.moment("occurred-until")
	r.Received, r.Aware = l.moment("received"), l.moment("aware")
	r.FiledAt, r.PeopleTold = l.moment("filed"), l.moment("told-at")
	r.Number, r.Reasons, r.Delay = l.cells["filed-number"], l.cells["reasons"], l.cells["delay"]
	r.ToldReasons, r.Effects, r.Measures, r.Severity = l.cells["told-reasons"], l.cells["effects"], l.cells["measures"], l.cells["severity"]
	r.Filed, r.Told = l.answer("filed-yes"), l.answer("told-yes")
	if !r.FiledAt.At.IsZero() || (r.Number != "" && r.Filed == "") {
		r.Filed = risk.Yes
	}
	if !r.PeopleTold.At.IsZero() {
		r.Told = risk.Yes
	}
	l.facts()
	l.closed()
	return l.line
}

// reader reads the cells of one row.
type reader struct {
	c     converter
	cells map[string]string // by field
	line  Line
}

func (l *reader) problem(field, code string) {
	l.line.Problems = append(l.line.Problems, Problem{Field: field, Code: code, Text: l.cells[field]})
}

func (l *reader) note(field string) {
	l.line.Notes = append(l.line.Notes, Problem{Field: field, Code: "import-not-understood", Text: l.cells[field]})
}

func (l *reader) moment(field string) incident.Moment {
	text := l.cells[field]
	if nothing(text) {
		return incident.Moment{}
	}
	m, err := l.c.dates.parse(text)
	var local *incident.LocalTimeError
	switch {
	case errors.As(err, &local):
		code := "local-time-never"
		if local.Ambiguous {
			code = "local-time-twice"
		}
		l.line.Problems = append(l.line.Problems, Problem{Field: field, Code: code, Text: text, First: local.First, Second: local.Second})
	case errors.Is(err, errAmbiguous):
		l.problem(field, "import-ambiguous")
	case err != nil:
		l.problem(field, "import-no-date")
	}
	return m
}

// nothing reports whether a cell says that there is nothing to say.
func nothing(s string) bool {
	return slices.Contains([]string{"", "-", "n v t", "nvt", "n a", "na", "onbekend", "unknown", "geen", "none", "?"}, plain(s)) || s == "-"
}

// answer reads yes or no; a word that is neither is a problem, for the register
// turns on it.
func (l *reader) answer(field string) risk.Answer {
	text := plain(l.cells[field])
	first, _, _ := strings.Cut(text, " ")
	switch {
	case slices.Contains([]string{"onbekend", "unknown", ""}, text):
		return ""
	case strings.HasPrefix(text, "niet nodig"), strings.HasPrefix(text, "niet van toepassing"), strings.HasPrefix(text, "not needed"), strings.HasPrefix(text, "does not apply"),
		slices.Contains([]string{"nee", "neen", "n", "no", "niet", "not", "false", "onwaar", "0", "nvt"}, first), text == "n v t", text == "n a":
		return risk.No
	case slices.Contains([]string{"ja", "j", "yes", "y", "true", "waar", "1", "x", "gemeld", "voldaan", "met", "notified", "geinformeerd", "told", "informed"}, first):
		return risk.Yes
	case strings.HasPrefix(text, "loopt"), first == "open":
		return ""
	}
	l.problem(field, "import-yes-no")
	return ""
}

// closed decides whether the incident is over: by its day, by its status, or,
// when the file has neither column, by saying whether it was notified.
func (l *reader) closed() {
	r := &l.line.Row
	status, hasStatus := l.cells["status"]
	day, hasDay := l.cells["closed"]
	if hasDay && !nothing(day) {
		switch word := plain(day); {
		case slices.Contains([]string{"ja", "yes", "x", "gesloten", "closed"}, word):
			r.IsClosed = true
		case slices.Contains([]string{"nee", "no", "open"}, word):
		default:
			r.Closed = l.moment("closed")
			r.IsClosed = !r.Closed.At.IsZero()
		}
	}
	word := plain(status)
	begins := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return word == w || strings.HasPrefix(word, w+" ") })
	}
	switch {
	case !hasStatus && !hasDay:
		r.IsClosed = r.Filed != ""
	case !hasStatus || word == "":
	case begins("gesloten", "afgesloten", "afgehandeld", "afgerond", "gereed", "klaar", "closed", "done", "completed", "resolved", "samengevoegd", "merged"):
		r.IsClosed = true
	case begins("open", "nieuw", "in behandeling", "loopt", "lopend", "besloten", "new", "in progress", "ongoing", "decided", "pending"):
	default:
		l.problem("status", "import-status")
	}
}
