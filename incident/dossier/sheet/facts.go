package sheet

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"meldklok/incident/risk"
)

// facts reads what the register says of the breach into the facts of the score,
// as far as its words are ours; the rest is kept as it was.
func (l *reader) facts() {
	f := &l.line.Row.Facts
	if text := l.cells["people"]; !nothing(text) {
		low, high, ok := people(text)
		if !ok {
			l.note("people")
		} else {
			f.PeopleMin, f.PeopleMax = low, high
		}
	}
	l.data()
	for _, column := range []struct{ field, fact string }{{"cause", "incident"}, {"groups", "groups"}} {
		text := l.cells[column.field]
		if nothing(text) {
			continue
		}
		values, all := options(column.fact, text)
		if !all {
			l.note(column.field)
		}
		if len(values) == 0 {
			continue
		}
		if column.fact == "incident" {
			values = values[:1]
		}
		l.know(column.fact, values)
	}
}

// data reads which data it was about, the special categories apart.
func (l *reader) data() {
	text := l.cells["data"]
	if nothing(text) {
		return
	}
	f, all := data(text, l.c.short)
	if !all {
		l.note("data")
	}
	l.know("data", f.data)
	l.know("special", f.special)
}

// know fills a fact in; without values it stays unknown.
func (l *reader) know(fact string, values []string) {
	if len(values) == 0 {
		return
	}
	if with, err := risk.With(l.line.Row.Facts, fact, values...); err == nil {
		l.line.Row.Facts = with
	}
}

var figures = regexp.MustCompile(`\d{1,3}(?:[. ]\d{3})+|\d+`)

// people reads a number of people: one figure, or two with a word or a dash
// between. A point or a space between thousands is Dutch.
func people(text string) (low, high *int, ok bool) {
	var found []int
	for _, s := range figures.FindAllString(text, -1) {
		n, err := strconv.Atoi(strings.NewReplacer(".", "", " ", "").Replace(s))
		if err != nil || n > 1_000_000_000 {
			return nil, nil, false
		}
		found = append(found, n)
	}
	words := plain(figures.ReplaceAllString(text, ""))
	switch {
	case len(found) == 1 && slices.Contains([]string{"minimaal", "ten minste", "minstens", "meer dan", "at least", "more than", ">"}, words):
		return &found[0], nil, true
	case len(found) == 1:
		return &found[0], &found[0], true
	case len(found) == 2 && found[0] <= found[1]:
		return &found[0], &found[1], true
	}
	return nil, nil, false
}

// options finds the values of a fact whose label, in Dutch or English, is a part
// of the text between semicolons, commas or lines. all says that every part was
// known.
func options(fact, text string) (values []string, all bool) {
	q := question(fact)
	all = true
	for _, part := range parts(q, text) {
		v := value(q, part)
		if v == "" {
			all = false
			continue
		}
		values = adding(values, []string{v})
	}
	return values, all
}

// question finds a question by its fact; the callers name those that there are.
func question(fact string) risk.Question {
	i := slices.IndexFunc(risk.Questions(), func(q risk.Question) bool { return q.Field == fact })
	return risk.Questions()[i]
}

// value is the answer whose name or label the text is; empty: none.
func value(q risk.Question, text string) string {
	for _, o := range q.Options {
		if slices.Contains([]string{plain(o.Value), plain(o.Label.NL), plain(o.Label.EN)}, plain(text)) {
			return o.Value
		}
	}
	return ""
}

// parts cuts a text, unless the whole of it is one label with a comma in it.
func parts(q risk.Question, text string) []string {
	for _, o := range q.Options {
		if plain(text) == plain(o.Label.NL) || plain(text) == plain(o.Label.EN) {
			return []string{text}
		}
	}
	cut := func(r rune) bool { return r == ';' || r == '\n' }
	if !strings.ContainsAny(text, ";\n") {
		cut = func(r rune) bool { return r == ',' }
	}
	var out []string
	for _, p := range strings.FieldsFunc(text, cut) {
		if strings.TrimSpace(p) != "" {
			out = append(out, strings.TrimSpace(p))
		}
	}
	return out
}
