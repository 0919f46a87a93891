package register

import (
	"strconv"
	"strings"
	"time"

	"meldklok/incident"
	"meldklok/ui/locale"
)

// Cell is one value of one row. Text is what people read; a column of times or
// figures also has its value, by which it sorts and which a spreadsheet keeps.
type Cell struct {
	Text   string
	At     time.Time
	Number *float64
}

// Column is one column of the register. IDs are stable: they are part of
// addresses and of the headings of JSON statistics.
type Column struct {
	ID    string
	Width float64 // in a spreadsheet, in characters
	cell  func(w *Words, r *Row) Cell
}

// Cell returns the value of the column.
func (c Column) Cell(w *Words, r *Row) Cell { return c.cell(w, r) }

func text(say func(w *Words, r *Row) string) func(*Words, *Row) Cell {
	return func(w *Words, r *Row) Cell { return Cell{Text: say(w, r)} }
}

func when(at func(r *Row) time.Time) func(*Words, *Row) Cell {
	return func(_ *Words, r *Row) Cell { t := at(r); return Cell{Text: Wall(t), At: t} }
}

func figure(n func(r *Row) *float64, say func(w *Words, f float64) string) func(*Words, *Row) Cell {
	return func(w *Words, r *Row) Cell {
		v := n(r)
		if v == nil {
			return Cell{}
		}
		return Cell{Text: say(w, *v), Number: v}
	}
}

// Columns lists the columns in the order in which every form of the register
// shows them: first what the incident is, then the facts, the effects and the
// measures (GDPR art. 33(5)), then what was decided and why.
func Columns() []Column {
	return []Column{
		{"reference", 12, text(func(_ *Words, r *Row) string { return r.Reference.String() })},
		{"own-reference", 14, text(func(_ *Words, r *Row) string { return r.OwnReference })},
		{"status", 16, text(func(w *Words, r *Row) string { return w.status(r) })},
		{"title", 36, text(func(_ *Words, r *Row) string { return r.Title })},
		{"summary", 48, text(func(_ *Words, r *Row) string { return r.Summary })},
		{"channel", 16, text(func(w *Words, r *Row) string { return w.channels(r) })},
		{"occurred-from", 17, when(func(r *Row) time.Time { return r.OccurredFrom })},
		{"occurred-until", 17, when(func(r *Row) time.Time { return r.OccurredUntil })},
		{"known", 17, when(func(r *Row) time.Time { return r.KnownAt })},
		{"received", 17, when(func(r *Row) time.Time { return r.ReceivedAt })},
		{"aware", 17, when(func(r *Row) time.Time { return r.AwareAt })},
		{"aware-reason", 30, text(func(w *Words, r *Row) string { return w.aware(r) })},
		{"nature", 24, text(func(w *Words, r *Row) string { return facts(w, "breach", r.Nature...) })},
		{"cause", 28, text(func(w *Words, r *Row) string { return facts(w, "incident", r.Cause) })},
		{"intent", 14, text(func(w *Words, r *Row) string { return facts(w, "intent", r.Intent) })},
		{"data", 30, text(func(w *Words, r *Row) string { return facts(w, "data", r.Data...) })},
		{"special", 24, text(func(w *Words, r *Row) string { return facts(w, "special", r.Special...) })},
		{"groups", 24, text(func(w *Words, r *Row) string { return facts(w, "groups", r.Groups...) })},
		{"people", 14, howMany},
		{"effects", 44, text(func(w *Words, r *Row) string {
			return lines(r.EffectsSay, w.fields(effectFields(), r.Effects))
		})},
		{"protection", 30, text(func(w *Words, r *Row) string { return w.fields(protectionFields(), r.Protection) })},
		{"measures", 44, text(func(w *Words, r *Row) string {
			return lines(w.fields(measureFields(), r.Measures), strings.Join(r.MeasureSay, "\n"), w.actions(r))
		})},
		{"severity", 10, figure(func(r *Row) *float64 { return r.Severity }, (*Words).decimal)},
		{"band", 12, text(func(w *Words, r *Row) string { return locale.Word(w.Lang, "band", r.Band) })},
		{"verdict", 24, text(func(w *Words, r *Row) string { return w.verdict(r) })},
		{"ap", 28, text(func(w *Words, r *Row) string { return w.duty(r.AP) })},
		{"ap-reasons", 44, text(func(_ *Words, r *Row) string { return r.AP.Reasons })},
		{"due", 17, when(func(r *Row) time.Time { return r.DueAt })},
		{"filed", 17, when(func(r *Row) time.Time { return r.FiledAt })},
		{"filed-number", 16, text(func(w *Words, r *Row) string { return w.filed(r) })},
		{"late", 16, late},
		{"delay", 36, text(func(_ *Words, r *Row) string { return r.Delay })},
		{"told", 28, text(func(w *Words, r *Row) string { return w.duty(r.People) })},
		{"told-at", 17, when(func(r *Row) time.Time { return r.People.At })},
		{"told-reasons", 44, text(func(w *Words, r *Row) string { return lines(w.tellings(r), r.People.Reasons) })},
		{"role", 24, text(func(w *Words, r *Row) string { return w.role(r) })},
		{"controller", 28, text(func(w *Words, r *Row) string {
			return lines(w.duty(r.Controller), r.Controller.Reasons)
		})},
		{"advice", 44, text(func(_ *Words, r *Row) string { return strings.Join(r.Advice, "\n") })},
		{"decided-by", 22, text(func(_ *Words, r *Row) string { return r.DecidedBy })},
		{"decided-at", 17, when(func(r *Row) time.Time { return r.DecidedAt })},
		{"merged", 16, text(func(w *Words, r *Row) string { return w.merged(r) })},
		{"changed", 17, when(func(r *Row) time.Time { return r.ChangedAt })},
	}
}

// FindColumn returns the column with the ID.
func FindColumn(id string) (Column, bool) {
	for _, c := range Columns() {
		if c.ID == id {
			return c, true
		}
	}
	return Column{}, false
}

func lines(parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "\n")
}

// howMany sorts by the upper bound, and by the lower one where that is unknown.
func howMany(w *Words, r *Row) Cell {
	c := Cell{Text: w.people(r.PeopleMin, r.PeopleMax)}
	for _, n := range []*int{r.PeopleMin, r.PeopleMax} {
		if n != nil {
			f := float64(*n)
			c.Number = &f
		}
	}
	return c
}

func late(w *Words, r *Row) Cell {
	if !r.Late {
		return Cell{}
	}
	by := max(r.LateHours, r.LateNow)
	c := Cell{Text: w.hours(by), Number: &by}
	if r.LateHours == 0 {
		c.Text = w.t("late-corrected", map[string]any{"span": c.Text})
	}
	return c
}

func (w *Words) status(r *Row) string {
	said := locale.Word(w.Lang, "status", r.Status)
	if r.Imported {
		said += ", " + w.t("imported", nil)
	}
	return said
}

func (w *Words) channels(r *Row) string {
	var said []string
	for _, c := range r.Channels {
		if word := locale.Word(w.Lang, "channel", c); !strings.Contains(strings.Join(said, ", "), word) {
			said = append(said, word)
		}
	}
	return strings.Join(said, ", ")
}

// aware says on what the start of the clock rests.
func (w *Words) aware(r *Row) string {
	if r.AwareReason != "" || r.AwareBasis == "" {
		return r.AwareReason
	}
	return locale.Word(w.Lang, "clock", r.AwareBasis)
}

func (w *Words) verdict(r *Row) string {
	if r.Verdict == "" {
		return ""
	}
	said := locale.Word(w.Lang, "verdict", r.Verdict)
	if r.ByMachine {
		said += " (" + w.t("provisional", nil) + ")"
	}
	return said
}

func (w *Words) filed(r *Row) string {
	if r.Withdrawn {
		return strings.TrimSpace(r.FiledNumber + " (" + locale.T(w.Lang, "reason.withdrawn", nil) + ")")
	}
	return r.FiledNumber
}

func (w *Words) merged(r *Row) string {
	if !r.MergedInto.IsZero() {
		return w.t("merged-into", map[string]any{"ref": r.MergedInto})
	}
	refs := make([]string, len(r.Merged))
	for i, ref := range r.Merged {
		refs[i] = ref.String()
	}
	return strings.Join(refs, ", ")
}

func (w *Words) decimal(f float64) string {
	s := strconv.FormatFloat(f, 'f', 2, 64)
	if w.Lang == locale.Dutch {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// actions says each measure with how it stands.
func (w *Words) actions(r *Row) string {
	said := make([]string, len(r.Actions))
	for i, a := range r.Actions {
		said[i] = a.What + " (" + locale.Word(w.Lang, "outcome", a.Outcome)
		day := a.Ended
		if a.Outcome == incident.OutcomeOpen {
			day = a.Due
		}
		if !day.IsZero() {
			said[i] += ", " + Wall(day)[:len("2006-01-02")]
		}
		said[i] += ")"
		if a.Note != "" {
			said[i] += ": " + a.Note
		}
	}
	return strings.Join(said, "\n")
}

// tellings says how many people were told, and how.
func (w *Words) tellings(r *Row) string {
	if len(r.Ways) == 0 {
		return ""
	}
	ways := make([]string, len(r.Ways))
	for i, way := range r.Ways {
		ways[i] = locale.Word(w.Lang, "way", way)
	}
	said := locale.List(w.Lang, ways)
	if r.PeopleCount > 0 {
		said = w.t("told-count", map[string]any{"n": r.PeopleCount}) + ": " + said
	}
	return said
}

func (w *Words) role(r *Row) string {
	if r.Role == "" {
		return ""
	}
	return lines(locale.Word(w.Lang, "chain-role", r.Role), r.Party)
}
