package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/dossier"
	"meldklok/incident/risk"
)

// dossierData is a form of an authority with the answers of one case.
type dossierData struct {
	Inc      *incident.Incident
	Headline string
	Kind     dossier.Kind
	Filled   *dossier.Filled
	Due      *incident.Duty // the AP's clock
	Letters  []letterLink
	Decides  bool
}

// letterLink is one letter of a case, for the list on the page of the form.
type letterLink struct {
	Path, Letter, Lang string
	Edited             bool
}

// apForm and edpbForm show a form question by question, what is missing first.
func (p *Pages) apForm(c echo.Context) error   { return p.showForm(c, dossier.KindAP) }
func (p *Pages) edpbForm(c echo.Context) error { return p.showForm(c, dossier.KindEDPB) }

func (p *Pages) showForm(c echo.Context, kind dossier.Kind) error {
	v, err := p.formView(c, kind)
	if err != nil {
		return err
	}
	return p.render(c, http.StatusOK, v)
}

// dossierOf reads the case that a path names.
func (p *Pages) dossierOf(c echo.Context) (dossier.Case, error) {
	ref, err := ref(c)
	if err != nil {
		return dossier.Case{}, err
	}
	d, err := p.cfg.Service.Dossier(c.Request().Context(), ref)
	if err != nil {
		return dossier.Case{}, err
	}
	return dossier.NewCase(d, p.now()), nil
}

func (p *Pages) formView(c echo.Context, kind dossier.Kind) (*View, error) {
	of, err := p.dossierOf(c)
	if err != nil {
		return nil, err
	}
	form, _ := kind.Form()
	v := p.view(c, "dossier", nil)
	d := dossierData{
		Inc: of.Incident, Headline: headline(of.Incident, of.Entries), Kind: kind, Filled: form.Fill(of),
		Due: of.Incident.Duty(incident.DutyAP), Decides: deciders().Admits(v.Me),
	}
	for _, letter := range incident.LetterKinds() {
		for _, lang := range incident.LetterLanguages() {
			d.Letters = append(d.Letters, letterLink{
				Path: letterPath(of.Incident.Ref, letter, lang), Letter: string(letter), Lang: lang,
				Edited: !dossier.LetterOf(of, letter, lang).Edited.IsZero(),
			})
		}
	}
	v.Title = of.Incident.Ref.String() + " " + v.Say(form.Title)
	v.exercise(of.Incident)
	v.Data = d
	return v, nil
}

// exercise says above a page that the case is a drill.
func (v *View) exercise(inc *incident.Incident) {
	if inc.Exercise {
		v.Banners = append(v.Banners, Banner{Level: incident.Amber, Text: v.T("banner.exercise")})
	}
}

// answerAP and answerEDPB record answers to questions of a form.
func (p *Pages) answerAP(c echo.Context) error   { return p.fillIn(c, dossier.KindAP) }
func (p *Pages) answerEDPB(c echo.Context) error { return p.fillIn(c, dossier.KindEDPB) }

func (p *Pages) fillIn(c echo.Context, kind dossier.Kind) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	ref, err := ref(c)
	if err != nil {
		return err
	}
	list, _ := kind.Form()
	cmd, err := list.ReadAnswers(values, p.now())
	if err == nil {
		_, err = p.cfg.Service.Do(c.Request().Context(), ref, actor(c), cmd)
	}
	if err == nil {
		return c.Redirect(http.StatusSeeOther, c.Request().URL.Path+"?done=answered#q-"+cmd.Answers[0].Question)
	}
	v, viewErr := p.formView(c, kind)
	if viewErr != nil {
		return viewErr
	}
	status, err := v.refused("answer", values, err)
	if err != nil {
		return err
	}
	return p.render(c, status, v)
}

// ---- what the template calls ----

// questionInForm is what one question is drawn from.
type questionInForm struct {
	View   *View
	Page   dossierData
	Answer dossier.Answered
}

// Question puts together what one question is drawn from.
func (v *View) Question(d dossierData, a dossier.Answered) questionInForm {
	return questionInForm{View: v, Page: d, Answer: a}
}

// Processor reports whether somebody else has to notify: we process for them.
func (d dossierData) Processor() bool { return d.Inc.Chain != nil && d.Inc.Chain.Processor() }

// AnswerField is the input of a question: its options or its day. What was
// typed and refused stands in it again.
func (v *View) AnswerField(a dossier.Answered) Field {
	f := Field{ID: "answer-" + a.ID, Name: a.ID, Label: v.T("dossier.answer.choose")}
	chosen, typed := a.Given.Choices, v.answering(a)
	if len(chosen) == 0 {
		chosen = a.Keys // a proposal to confirm
	}
	if typed {
		chosen = v.Form.Values[a.ID]
		f.Error = v.problemOf(a.ID)
	}
	if a.Kind == dossier.KindDate {
		f.Label, f.Type, f.Value = v.T("dossier.answer.day"), "date", strings.Join(chosen, "")
		return f
	}
	for _, o := range a.Options {
		label := o.Label.NL
		if english := v.Say(o.Label); english != label {
			label += " (" + english + ")"
		}
		f.Options = append(f.Options, Option{Value: o.Value, Label: label, Chosen: slices.Contains(chosen, o.Value)})
	}
	return f
}

// AnswerText is the input of the words of an answer.
func (v *View) AnswerText(a dossier.Answered) Field {
	f := Field{ID: "answer-" + a.ID, Name: a.ID + ".text", Label: v.T("dossier.answer.text"), Value: a.Given.Text, OptionalWord: v.T("field.optional")}
	if a.Kind != dossier.KindText {
		f.ID, f.Label, f.Optional = f.ID+"-text", v.T("dossier.answer.more"), true
	} else if f.Value == "" && a.State == dossier.Derived {
		f.Value = a.Copy()
	}
	if v.answering(a) {
		f.Value = v.Form.Values.Get(a.ID + ".text")
		if a.Kind == dossier.KindText {
			f.Error = v.problemOf(a.ID)
		}
	}
	return f
}

// answering reports whether the refused form was about the question.
func (v *View) answering(a dossier.Answered) bool {
	_, typed := v.Form.Values[a.ID+".text"]
	return v.Form.Name == "answer" && typed
}

// AnswerOpen reports whether the form of a question stands open.
func (v *View) AnswerOpen(a dossier.Answered) bool { return v.answering(a) }

func (v *View) problemOf(field string) string {
	for _, problem := range v.Form.Problems {
		if problem.Field == field {
			return problem.Text
		}
	}
	return ""
}

// FillAt is where a missing answer is filled in, if not beside the question; a
// path, or nothing.
func (v *View) FillAt(inc *incident.Incident, where string) string {
	base := "/incidents/" + inc.Ref.String()
	if field, ok := strings.CutPrefix(where, "assess:"); ok {
		return base + "/assess#assess-" + field
	}
	if where == "" {
		return ""
	}
	if where == "organisation" {
		if keepers().Admits(v.Me) {
			return "/settings/organisation"
		}
		return ""
	}
	return base + "#do-" + where
}

// FillWord says where a missing answer is filled in.
func (v *View) FillWord(where string) string {
	switch action, _, _ := strings.Cut(where, ":"); action {
	case "":
		return ""
	case "organisation":
		if keepers().Admits(v.Me) {
			return v.T("dossier.fill.at", "what", v.T("page.organisation"))
		}
		return v.T("dossier.fill.organisation")
	default:
		return v.T("dossier.fill.at", "what", v.T("do."+action))
	}
}

// Translation is a label in the reader's language, empty when the form's own
// language is the reader's.
func (v *View) Translation(t risk.Text) string {
	if s := v.Say(t); s != t.NL {
		return s
	}
	return ""
}

// FlagWord says what an answer holds that must not go out.
func (v *View) FlagWord(f dossier.Flag) string { return f.Say(v.Lang) }
