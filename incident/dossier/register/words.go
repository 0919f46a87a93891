package register

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"meldklok/incident"
	"meldklok/incident/risk"
	"meldklok/ui/locale"
)

// Words turns stored values into words of one language. It is safe for
// concurrent use.
type Words struct {
	Lang   string
	labels map[string]map[string]string // of the facts: field, value
	names  map[string]string            // of the facts: field
}

// NewWords returns the words of a language.
func NewWords(lang string) *Words {
	w := &Words{Lang: locale.Pick(lang), labels: map[string]map[string]string{}, names: map[string]string{}}
	for _, q := range risk.Questions() {
		w.names[q.Field] = strings.TrimSuffix(q.Label.In(risk.Lang(w.Lang)), "?")
		options := map[string]string{}
		for _, o := range q.Options {
			options[o.Value] = o.Label.In(risk.Lang(w.Lang))
		}
		w.labels[q.Field] = options
	}
	return w
}

func (w *Words) t(id string, args map[string]any) string {
	return locale.T(w.Lang, "register."+id, args)
}

// Heading is how a column is called.
func (w *Words) Heading(column string) string { return w.t("column."+column, nil) }

// fact says one value of a field of the facts.
func (w *Words) fact(field, value string) string {
	if value == risk.Unknown {
		return w.t("perhaps-more", nil)
	}
	if label, ok := w.labels[field][value]; ok {
		return label
	}
	return value
}

// facts says all values of a field.
func facts[V ~string](w *Words, field string, values ...V) string {
	said := make([]string, 0, len(values))
	for _, v := range values {
		if v != "" {
			said = append(said, w.fact(field, string(v)))
		}
	}
	return strings.Join(said, "; ")
}

// fields says several fields, each with its question, in the order given.
func (w *Words) fields(order []string, values map[string][]string) string {
	var said []string
	for _, field := range order {
		if v := values[field]; len(v) > 0 {
			said = append(said, w.names[field]+": "+facts(w, field, v...))
		}
	}
	return strings.Join(said, "\n")
}

// people says how many people: one figure, or two bounds.
func (w *Words) people(low, high *int) string {
	switch {
	case low == nil && high == nil:
		return ""
	case low == nil:
		return w.t("people-most", map[string]any{"most": *high})
	case high == nil:
		return w.t("people-least", map[string]any{"least": *low})
	case *low == *high:
		return strconv.Itoa(*low)
	}
	return fmt.Sprintf("%d - %d", *low, *high)
}

// duty says how an obligation stands.
func (w *Words) duty(d Duty) string {
	if d.Outcome == "" {
		return ""
	}
	said := locale.Word(w.Lang, "outcome", d.Outcome)
	if id := "reason." + d.Code; d.Code != "" && locale.Has(id) {
		said += ": " + locale.T(w.Lang, id, nil)
	}
	return said
}

// hours says by how much something was late.
func (w *Words) hours(h float64) string {
	return locale.Span(w.Lang, time.Duration(h*float64(time.Hour)))
}

// Wall writes an instant as spreadsheets and people in the Netherlands read it:
// local time, without its offset. The zero time is empty.
func Wall(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(incident.Amsterdam()).Format("2006-01-02 15:04")
}
