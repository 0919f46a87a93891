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
	for _, column := range []struct{ field, fact string }{{"cause", "incident"}, {"data", "data"}, {"groups", "groups"}} {
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
		if with, err := risk.With(*f, column.fact, values...); err == nil {
			*f = with
		}
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
	i := slices.IndexFunc(risk.Questions(), func(q risk.Question) bool { return q.Field == fact })
	q := risk.Questions()[i]
	all = true
	for _, part := range parts(q, text) {
		value := ""
		for _, o := range q.Options {
			if slices.Contains([]string{plain(o.Value), plain(o.Label.NL), plain(o.Label.EN)}, plain(part)) {
				value = o.Value
			}
		}
		switch {
		case value == "":
			all = false
		case !slices.Contains(values, value):
			values = append(values, value)
		}
	}
	return values, all
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
