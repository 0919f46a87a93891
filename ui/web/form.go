package web

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"meldklok/incident"
	"meldklok/incident/risk"
	"meldklok/ui/locale"
)

// Form is a form that was refused: what was typed, and what is wrong with it.
type Form struct {
	Name     string
	Heading  string // of the summary above the form
	Values   url.Values
	Problems []Problem
}

// Problem is one thing that has to change, in a sentence.
type Problem struct {
	Field   string // name of the input; empty: about the whole form
	Label   string // of the input, for the summary
	Text    string
	Choices []Choice // for a local time that does not exist or exists twice
}

// Lead names the input in front of the sentence, in the summary.
func (p Problem) Lead() string {
	switch {
	case p.Label == "":
		return ""
	case strings.HasSuffix(p.Label, "?"):
		return p.Label + " "
	}
	return p.Label + ": "
}

// Choice is one of the instants a local time can mean.
type Choice struct{ Value, Label string }

// Option is one answer of a field.
type Option struct {
	Value, Label, Help string
	Chosen             bool
}

// Field is one input with everything a template needs to draw it.
type Field struct {
	ID, Name, Label, Help string
	Value, Error          string
	Options               []Option
	Choices               []Choice
	Exact, Asked          string // the instant behind a local time that was filled in for the person
	Auto, Type            string // autocomplete and type attributes
	Required, Optional    bool

	OptionalWord, ChoiceWord string
}

// Described names the elements that explain the input to a screen reader.
func (f Field) Described() string {
	var ids []string
	if f.Help != "" {
		ids = append(ids, f.ID+"-help")
	}
	if f.Error != "" {
		ids = append(ids, f.ID+"-error")
	}
	return strings.Join(ids, " ")
}

// problemsOf turns an error into sentences beside fields; ok is false for an
// error that no change of the form can heal.
func problemsOf(lang string, err error) (problems []Problem, ok bool) {
	if wrong := risk.FieldErrors(err); len(wrong) > 0 {
		for _, w := range wrong {
			problems = append(problems, Problem{Field: w.Field, Text: locale.T(lang, "refusal."+factProblem(w), nil)})
		}
		return problems, true
	}
	said := map[string]bool{}
	for _, part := range incident.Apart(err) {
		one, known := problemOf(lang, part)
		if !known || (one.Field != "" && said[one.Field]) {
			continue // what cannot be read is not missing as well
		}
		said[one.Field] = true
		problems = append(problems, one)
	}
	return problems, len(problems) > 0
}

// problemOf turns one refusal into a sentence.
func problemOf(lang string, err error) (p Problem, ok bool) {
	field := ""
	var named *fieldError
	if errors.As(err, &named) {
		field = named.field
	}
	var local *incident.LocalTimeError
	if errors.As(err, &local) {
		return localProblem(lang, field, local), true
	}
	var refusal *incident.Refusal
	if !errors.As(err, &refusal) {
		return p, false
	}
	if field == "" {
		field = refusal.Field
	}
	return Problem{Field: field, Text: refusalText(lang, refusal)}, true
}

func refusalText(lang string, r *incident.Refusal) string {
	if id := "refusal." + r.Code; locale.Has(id) {
		return locale.T(lang, id, inWords(lang, r.Args))
	}
	return locale.T(lang, "refusal.facts-other", nil)
}

// inWords writes the duties that a refusal names.
func inWords(lang string, args map[string]any) map[string]any {
	ids, ok := args["duties"].([]incident.DutyID)
	if !ok {
		return args
	}
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = locale.Duty(lang, "duty-short", id)
	}
	args = maps.Clone(args)
	args["duties"] = names
	return args
}

func localProblem(lang, field string, e *incident.LocalTimeError) Problem {
	id := "refusal.local-time-never"
	if e.Ambiguous {
		id = "refusal.local-time-twice"
	}
	p := Problem{Field: field, Text: locale.T(lang, id, nil)}
	for _, t := range []time.Time{e.First, e.Second} {
		p.Choices = append(p.Choices, Choice{Value: t.UTC().Format(time.RFC3339), Label: locale.When(lang, t)})
	}
	return p
}

// factProblem finds the catalogue's name for what is wrong with a fact.
func factProblem(e *risk.FieldError) string {
	for _, known := range []struct{ part, code string }{
		{"is required", "facts-required"},
		{"whole number", "facts-number"},
		{"must not be less", "facts-order"},
		{"cannot hold none", "facts-none"},
		{"text of at most", "facts-long"},
	} {
		if strings.Contains(e.Problem, known.part) {
			return known.code
		}
	}
	return "facts-other"
}

// fieldError says by which input a refusal was caused.
type fieldError struct {
	field string
	err   error
}

func (e *fieldError) Error() string { return e.field + ": " + e.err.Error() }
func (e *fieldError) Unwrap() error { return e.err }

// refuse makes a refusal of the pages' own.
func refuse(field, code string) error { return &incident.Refusal{Field: field, Code: code} }

// localLayout is how a browser writes a datetime-local input.
const localLayout = "2006-01-02T15:04"

// moment reads the input of a local time. The instant that was filled in, or
// chosen after a refusal, counts as long as the local time beside it was not
// changed. An empty input is the zero time.
func moment(values url.Values, field string) (time.Time, error) {
	typed := strings.TrimSpace(values.Get(field))
	if exact := values.Get(field + "_exact"); exact != "" && typed == values.Get(field+"_asked") {
		typed = exact
	}
	if typed == "" {
		return time.Time{}, nil
	}
	at, err := incident.ParseWhen(typed)
	if err != nil {
		return at, &fieldError{field, err}
	}
	return at, nil
}

var thousands = regexp.MustCompile(`^\d{1,3}(?:[., ]\d{3})+$`)

// plainFigures takes out what people put between thousands: 1.200 and 1 200 are 1200.
func plainFigures(s string) string {
	if s = strings.TrimSpace(s); thousands.MatchString(s) {
		return strings.NewReplacer(".", "", ",", "", " ", "").Replace(s)
	}
	return s
}

// wall writes an instant the way a datetime-local input wants it.
func wall(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(incident.Amsterdam()).Format(localLayout)
}

// ---- what templates call ----

// Set gives a field of a form its value before anybody typed.
func (v *View) set(form, name string, values ...string) { v.defaults[form+"."+name] = values }

// setMoment fills an instant into the input of a local time.
func (v *View) setMoment(form, name string, t time.Time) {
	v.set(form, name, wall(t))
	v.set(form, name+"_asked", wall(t))
	v.set(form, name+"_exact", t.UTC().Format(time.RFC3339))
}

// values returns what stands in a field: what was typed, else its default.
func (v *View) values(form, name string) []string {
	if v.Form.Name == form {
		return v.Form.Values[name]
	}
	return v.defaults[form+"."+name]
}

func (v *View) value(form, name string) string {
	if all := v.values(form, name); len(all) > 0 {
		return all[0]
	}
	return ""
}

// Untouched reports whether an input looks as it does to everybody: nothing is
// filled in, and the form was not refused.
func (v *View) Untouched(form, name string) bool {
	return v.Form.Name != form && len(v.defaults[form+"."+name]) == 0
}

// Begun reports whether something was typed into one of the inputs, or is wrong
// with one, so that it must not be folded away.
func (v *View) Begun(form string, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		wrong := func(p Problem) bool { return v.Form.Name == form && p.Field == name }
		return v.value(form, name) != "" || slices.ContainsFunc(v.Form.Problems, wrong)
	})
}

// Field returns an input of a form. Flags: "required", "optional", a type
// attribute as "type=email", an autocomplete attribute as "auto=name".
func (v *View) Field(form, name string, flags ...string) Field {
	f := Field{
		ID: form + "-" + name, Name: name, Value: v.value(form, name),
		OptionalWord: v.T("field.optional"), ChoiceWord: v.T("field.which-time"),
		Label: v.fieldLabel(form, name), Help: v.either("field."+plainForm(form)+"."+plainName(name)+".help", ""),
		Exact: v.value(form, name+"_exact"), Asked: v.value(form, name+"_asked"),
	}
	for _, flag := range flags {
		key, value, _ := strings.Cut(flag, "=")
		switch key {
		case "required":
			f.Required = true
		case "optional":
			f.Optional = true
		case "type":
			f.Type = value
		case "auto":
			f.Auto = value
		}
	}
	if v.Form.Name == form {
		for _, problem := range v.Form.Problems {
			if problem.Field == name {
				f.Error, f.Choices = problem.Text, problem.Choices
				if len(f.Choices) > 0 {
					f.Exact, f.Asked = "", f.Value
				}
			}
		}
	}
	return f
}

// label is how the input of a form is called.
func (v *View) label(form, name string) string {
	if form == "assess" {
		return v.questionLabel(name)
	}
	label := v.fieldLabel(form, name)
	if _, n, ok := numbered(name); ok {
		return v.T("field.nth", "n", n+1, "label", label)
	}
	return label
}

// fieldLabel is how an input is called where it stands. One of several of its
// kind has a number in its name, which its label needs not.
func (v *View) fieldLabel(form, name string) string {
	name = plainName(name)
	return v.either("field."+plainForm(form)+"."+name, "field."+name)
}

func plainName(name string) string {
	if plain, _, ok := numbered(name); ok {
		return plain
	}
	return name
}

// either returns the first of two sentences that exists, or nothing.
func (v *View) either(id, fallback string) string {
	for _, id := range []string{id, fallback} {
		if locale.Has(id) {
			return v.T(id)
		}
	}
	return ""
}

// Choose returns a field with the values of an enumeration as options. The flag
// "first=id" puts a sentence in front that is no answer yet.
func (v *View) Choose(form, name, group string, values any, flags ...string) Field {
	f := v.Field(form, name, flags...)
	chosen := map[string]bool{}
	for _, s := range v.values(form, name) {
		chosen[s] = true
	}
	for _, flag := range flags {
		if id, ok := strings.CutPrefix(flag, "first="); ok {
			f.Options = append(f.Options, Option{Label: v.T(id)})
		}
	}
	for _, s := range texts(values) {
		f.Options = append(f.Options, Option{
			Value: s, Label: v.Word(group, s), Help: v.either(group+"."+s+".help", ""), Chosen: chosen[s],
		})
	}
	return f
}

// Refused returns the refusal of a form, or nil if it was not refused.
func (v *View) Refused(form string) *Form {
	if form == "" || v.Form.Name != form || len(v.Form.Problems) == 0 {
		return nil
	}
	return &v.Form
}

// Anchor is where a problem's field stands on the page.
func (f *Form) Anchor(p Problem) string {
	if p.Field == "" {
		return "form-" + f.Name
	}
	return f.Name + "-" + p.Field
}

// texts turns a list of some string type into strings.
func texts(values any) []string {
	switch list := values.(type) {
	case []string:
		return list
	case []incident.FilingKind:
		return strs(list)
	case []incident.DutyKind:
		return strs(list)
	case []incident.Right:
		return strs(list)
	}
	return nil
}

func strs[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

// refused puts a refusal into a view: it returns the status, or the error if it
// is no refusal.
func (v *View) refused(form string, values url.Values, err error) (int, error) {
	problems, ok := problemsOf(v.Lang, err)
	if !ok {
		return 0, err
	}
	for i, problem := range problems {
		problems[i].Label = v.label(form, problem.Field)
	}
	v.Form = Form{Name: form, Heading: v.T("form.problems", "n", len(problems)), Values: values, Problems: problems}
	return http.StatusUnprocessableEntity, nil
}
