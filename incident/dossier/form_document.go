package dossier

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"meldklok/incident/risk"
	"meldklok/ui/locale"
)

// dateText writes a day that a person chose, in both languages; what is no day
// stands for itself.
func dateText(day string) risk.Text {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return risk.Text{NL: day, EN: day}
	}
	return shortDate(t.Add(12 * time.Hour)) // noon: the same day in Amsterdam
}

// shortDate writes the local day of an instant without the day of the week.
func shortDate(t time.Time) risk.Text {
	_, nl, _ := strings.Cut(locale.Date(locale.Dutch, t), " ")
	_, en, _ := strings.Cut(locale.Date(locale.English, t), " ")
	return risk.Text{NL: nl, EN: en}
}

// document is the form with its answers as a paper: what is missing first, then
// every question in the form's order. Labels stand as the form has them, in
// Dutch; for an English reader the translation stands beside.
func (f *Filled) document(c Case, lang string) *document {
	in := func(t risk.Text) string { return t.In(risk.Lang(lang)) }
	t := func(id string, kv ...any) string { return in(both(id, kv...)) }
	d := &document{
		Lang: lang, Title: in(f.Form.Title), At: c.Now, Footer: t("dossier.foot", "ref", f.Ref.String(), "at", c.Now),
		About: []pair{
			{t("dossier.about.ref"), f.Ref.String()},
			{t("dossier.about.made"), locale.When(lang, c.Now)},
			{t("dossier.about.list"), f.Form.Date},
			{t("dossier.about.address"), f.Form.Address},
		},
		Draft: in(f.Form.Draft),
	}
	if d.Draft != "" {
		d.Footer = t("dossier.draft") + " · " + d.Footer
	}
	d.exercise(c)
	if due := c.apDue(); !due.IsZero() {
		d.About = append(d.About, pair{t("dossier.about.due"), locale.When(lang, due)})
	}
	d.Blocks = f.warnings(lang)
	for _, s := range f.Sections {
		if len(s.Answers) == 0 {
			continue
		}
		d.Blocks = append(d.Blocks, block{Kind: blockHeading, Text: s.No + ". " + in(s.Label)})
		for _, a := range s.Answers {
			d.Blocks = append(d.Blocks, a.block(f.Form, lang))
		}
	}
	return d
}

// warnings are what stands on top: personal data that must not go out, what is
// missing, what to look at on the form.
func (f *Filled) warnings(lang string) (blocks []block) {
	t := func(id string, kv ...any) string { return both(id, kv...).In(risk.Lang(lang)) }
	add := func(bad bool, id string, items []string, kv ...any) {
		if len(items) > 0 {
			blocks = append(blocks, block{Kind: blockNote, Bad: bad, Text: t(id, append(kv, "n", len(items))...), Items: items})
		}
	}
	var flags, missing []string
	var check set // two questions may share a number that nobody knows
	for _, x := range f.Flags {
		flags = append(flags, x.Number+": "+x.Say(lang))
	}
	for _, a := range f.Missing() {
		missing = append(missing, a.Number()+" "+a.Label.In(risk.Lang(lang)))
	}
	for _, a := range f.ToCheck() {
		check.add(true, a.Number()+" "+a.Unsure.In(risk.Lang(lang)))
	}
	add(true, "dossier.flags", flags)
	add(true, "dossier.missing", missing)
	add(false, "dossier.check", check, "date", f.Form.Date)
	return blocks
}

// Say names what was found, masked.
func (x Flag) Say(lang string) string {
	text := both("dossier.flag." + x.What).In(risk.Lang(lang))
	if x.What == FlagReporter {
		return text
	}
	return text + " (" + x.Masked + ")"
}

func (a Answered) block(f *Form, lang string) block {
	in := func(t risk.Text) string { return t.In(risk.Lang(lang)) }
	b := block{Kind: blockAnswer, Number: a.Number(), Text: a.Label.NL, State: a.State, Word: both("dossier.state." + string(a.State)).In(risk.Lang(lang)), Note: in(a.Note)}
	if lang != locale.Dutch {
		b.Other = a.Label.EN
	}
	for _, l := range a.Lines {
		line := l.NL
		if lang != locale.Dutch && l.EN != l.NL {
			line += " (" + l.EN + ")"
		}
		b.Items = append(b.Items, line)
	}
	if a.State == Check {
		b.Note = both("dossier.check-on-form", "date", f.Date).In(risk.Lang(lang)) + " " + in(a.Unsure)
	}
	return b
}

// jsonForm is a form with its answers for other programs. The names are stable.
type jsonForm struct {
	Form      string         `json:"form"`
	ListDate  string         `json:"list_date"`
	Draft     bool           `json:"draft"`
	Exercise  bool           `json:"exercise,omitempty"` // a drill: never to be filed
	Notice    string         `json:"notice,omitempty"`
	Source    string         `json:"source"`
	Reference string         `json:"reference"`
	MadeAt    time.Time      `json:"made_at"`
	Answers   []jsonAnswer   `json:"answers"`
	Fields    map[string]any `json:"fields,omitempty"` // of the EDPB template, named as its schema does
	Flags     []string       `json:"flags,omitempty"`  // questions whose answer holds personal data
}

type jsonAnswer struct {
	Question string   `json:"question"`
	Number   string   `json:"number"`
	State    State    `json:"state"`
	Values   []string `json:"values,omitempty"` // stored values of options
	Text     string   `json:"text,omitempty"`   // as it is copied into the form
}

func (f *Filled) writeJSON(w io.Writer, c Case) error {
	out := jsonForm{
		Form: f.Form.ID, ListDate: f.Form.Date, Draft: f.Form.Draft != (risk.Text{}), Notice: f.Form.Draft.EN,
		Exercise: c.Incident.Exercise, Source: f.Form.Source, Reference: f.Ref.String(), MadeAt: c.Now,
	}
	for _, a := range f.All() {
		out.Answers = append(out.Answers, jsonAnswer{Question: a.ID, Number: a.Number(), State: a.State, Values: a.Keys, Text: a.Copy()})
	}
	if f.Form.ID == FormEDPB {
		out.Fields = f.edpbFields()
	}
	for _, x := range f.Flags {
		out.Flags = append(out.Flags, x.Question)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(out); err != nil {
		return fmt.Errorf("json: %w", err)
	}
	return nil
}

// edpbFields are the answers under the names of the template's schema:
// «field_48». A choice is its letter, several are a list, numbers are numbers.
// What nobody knows is left out.
func (f *Filled) edpbFields() map[string]any {
	fields := map[string]any{}
	for _, a := range f.All() {
		if len(a.Lines) == 0 || (len(a.Options) > 0 && len(a.Keys) == 0) {
			continue // words alone are no choice; they stand in the answers
		}
		name := "field_" + a.ID
		switch {
		case a.Kind == KindMany && len(a.Keys) > 0:
			fields[name] = a.Keys
		case len(a.Keys) == 1:
			fields[name] = a.Keys[0]
			if a.Keys[0] == "true" || a.Keys[0] == "false" {
				fields[name] = a.Keys[0] == "true"
			}
		default:
			fields[name] = a.Copy()
			if n, err := strconv.Atoi(a.Copy()); err == nil && (a.ID == "68" || a.ID == "73") {
				fields[name] = n
			}
		}
	}
	return fields
}
