package sheet

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"meldklok/incident"
	"meldklok/ui/locale"
)

// Outcome says what became of a line. Stored nowhere.
type Outcome string

// The outcomes.
const (
	New     Outcome = "new"     // taken over, or on a dry run: would be
	Known   Outcome = "known"   // was taken over before, and reads the same
	Changed Outcome = "changed" // was taken over before, and reads otherwise now: nothing is done
	Refused Outcome = "refused"
)

// Did is a line with what became of it.
type Did struct {
	Line
	Outcome Outcome
	Ref     incident.Ref // zero on a dry run of a new one
}

// Total adds up.
type Total struct{ New, Known, Changed, Refused int }

// Add counts a line.
func (t *Total) Add(d Did) {
	switch d.Outcome {
	case New:
		t.New++
	case Known:
		t.Known++
	case Changed:
		t.Changed++
	case Refused:
		t.Refused++
	}
}

// Take imports a line, or on a dry run says what would become of it. The errors
// are the record's; what is wrong with the line is among its problems.
func Take(ctx context.Context, s *incident.Service, by incident.Actor, l Line, o incident.ImportOptions, dry bool) (d Did, err error) {
	d = Did{Line: l, Outcome: Refused}
	if len(l.Problems) > 0 {
		return d, nil
	}
	if err := l.Row.Check(o, s.Now().UTC()); err != nil {
		return d.refused(err)
	}
	var out incident.ImportOutcome
	if dry {
		out, err = s.FindImported(ctx, l.Row, o)
	} else {
		out, err = s.Import(ctx, by, l.Row, o)
	}
	if err != nil {
		return d.refused(err)
	}
	d.Ref, d.Outcome = out.Ref, New
	switch {
	case out.Changed:
		d.Outcome = Changed
	case out.Known:
		d.Outcome = Known
	}
	return d, nil
}

func (d Did) refused(err error) (Did, error) {
	var r *incident.Refusal
	if !errors.As(err, &r) {
		return d, err
	}
	d.Problems = append(d.Problems, Problem{Field: r.Field, Code: r.Code})
	return d, nil
}

// ---- in words ----

// Say names a field; a column without one is only kept.
func Say(lang, field string) string {
	if field == "" {
		return locale.T(lang, "import.kept", nil)
	}
	return locale.T(lang, "import-field."+field, nil)
}

// SayProblem says what is wrong with a cell.
func SayProblem(lang string, p Problem) string {
	said := locale.T(lang, "refusal."+p.Code, nil)
	if p.Field != "" && locale.Has("import-field."+p.Field) {
		said = Say(lang, p.Field) + ": " + said
	}
	if p.Text != "" {
		said += " (" + short(p.Text) + ")"
	}
	if !p.First.IsZero() {
		said += " " + locale.When(lang, p.First) + " / " + locale.When(lang, p.Second)
	}
	return said
}

// short keeps a cell from filling a screen.
func short(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:58]) + " …"
	}
	return s
}

// SayOutcome says what became of a line, or would.
func SayOutcome(lang string, d Did) string {
	id := "import.did-" + string(d.Outcome)
	if d.Outcome == New && d.Ref.IsZero() {
		id = "import.would"
	}
	return locale.T(lang, id, map[string]any{"ref": d.Ref})
}

// SayLine says a line of the report, with its problems below it.
func SayLine(lang string, d Did) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", locale.T(lang, "import.line", map[string]any{"line": d.Row.Line}), SayOutcome(lang, d))
	for _, p := range d.Problems {
		b.WriteString("\n    " + SayProblem(lang, p))
	}
	for _, p := range d.Notes {
		b.WriteString("\n    " + SayProblem(lang, p))
	}
	return b.String()
}

// SayTotal says how many lines became what.
func SayTotal(lang string, t Total, dry bool) string {
	id := "import.total"
	if dry {
		id = "import.total-dry"
	}
	return locale.T(lang, id, map[string]any{"new": t.New, "known": t.Known, "changed": t.Changed, "refused": t.Refused})
}
