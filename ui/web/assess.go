package web

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/risk"
)

// assessData is the questionnaire.
type assessData struct {
	Inc      *incident.Incident
	Headline string
}

type assessSection struct {
	Title string
	Quick []questionView // the three-minute set
	More  []questionView
	Open  bool // one of More has an answer or a problem
}

type questionView struct {
	Field
	Kind risk.Kind
}

func (p *Pages) assessForm(c echo.Context) error {
	v, err := p.assessView(c)
	if err != nil {
		return err
	}
	return p.render(c, http.StatusOK, v)
}

func (p *Pages) assessView(c echo.Context) (*View, error) {
	ref, err := ref(c)
	if err != nil {
		return nil, err
	}
	inc, entries, _, err := p.load(c.Request().Context(), ref)
	if err != nil {
		return nil, err
	}
	v := p.view(c, "assess", nil)
	for _, q := range risk.Questions() {
		v.set("assess", q.Field, risk.Values(inc.Facts, q.Field)...)
	}
	v.Data = assessData{Inc: inc, Headline: headline(inc, entries)}
	return v, nil
}

// Sections draws the questionnaire with what was answered or typed.
func (v *View) Sections() []assessSection {
	var sections []assessSection
	for _, s := range risk.Sections() {
		section := assessSection{Title: v.Say(s.Label)}
		for _, q := range risk.Questions() {
			if q.Section != s.Value {
				continue
			}
			view := questionView{Field: v.question(q), Kind: q.Kind}
			if q.Quick {
				section.Quick = append(section.Quick, view)
				continue
			}
			section.More = append(section.More, view)
			section.Open = section.Open || view.Error != "" || view.Value != "" || len(v.values("assess", q.Field)) > 0
		}
		sections = append(sections, section)
	}
	return sections
}

func (v *View) question(q risk.Question) Field {
	f := v.Field("assess", q.Field)
	f.Label, f.Help = v.Say(q.Label), v.Say(q.Help)
	chosen := map[string]bool{}
	for _, s := range v.values("assess", q.Field) {
		chosen[s] = true
	}
	if q.Kind == risk.One {
		f.Options = append(f.Options, Option{Label: v.T("assess.unknown"), Chosen: len(chosen) == 0 || chosen[""]})
	}
	for _, o := range q.Options {
		if o.Value == risk.Unknown {
			continue
		}
		f.Options = append(f.Options, Option{Value: o.Value, Label: v.Say(o.Label), Help: v.Say(o.Help), Chosen: chosen[o.Value]})
	}
	if q.Kind == risk.Many {
		f.Options = append(f.Options, Option{Value: risk.Unknown, Label: v.T("assess.perhaps-more"), Chosen: chosen[risk.Unknown]})
	}
	return f
}

// assess records the answers. Only fields of the questionnaire are read from
// the form, so that a stray one is no error of the person's.
func (p *Pages) assess(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	ref, err := ref(c)
	if err != nil {
		return err
	}
	facts, err := risk.FromValues(answers(values))
	if err == nil {
		_, err = p.cfg.Service.Do(c.Request().Context(), ref, actor(c), incident.Assess{Facts: facts})
	}
	if err == nil {
		return c.Redirect(http.StatusSeeOther, "/incidents/"+ref.String()+"?done=assess#score")
	}
	v, viewErr := p.assessView(c)
	if viewErr != nil {
		return viewErr
	}
	status, err := v.refused("assess", values, err)
	if err != nil {
		return err
	}
	return p.render(c, status, v)
}

func answers(values url.Values) map[string][]string {
	out := map[string][]string{}
	for _, q := range risk.Questions() {
		if given, ok := values[q.Field]; ok {
			out[q.Field] = asRead(q, given)
		}
	}
	return out
}

// asRead is what was typed in answer to a question, numbers as figures alone.
func asRead(q risk.Question, given []string) []string {
	if q.Kind != risk.Number {
		return given
	}
	out := make([]string, len(given))
	for i, s := range given {
		out[i] = plainFigures(s)
	}
	return out
}

// questionLabel names a problem's question in the summary above the form.
func (v *View) questionLabel(field string) string {
	for _, q := range risk.Questions() {
		if q.Field == field {
			return v.Say(q.Label)
		}
	}
	return ""
}
