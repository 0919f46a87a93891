package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/ui/locale"
)

// textsData is the organisation's own sentences, and how they read.
type textsData struct {
	Previews []textPreview
	Shown    bool // a preview of what was typed, not of what is in force
	Changes  []version
}

// textPreview is what a reader of one language sees.
type textPreview struct {
	Lang    string
	Receipt []string
	Report  string
}

func (p *Pages) texts(c echo.Context) error {
	v, err := p.textsView(c)
	if err != nil {
		return err
	}
	return p.render(c, http.StatusOK, v)
}

func (p *Pages) textsView(c echo.Context) (*View, error) {
	org, err := p.cfg.Service.Org(c.Request().Context())
	if err != nil {
		return nil, err
	}
	v, t := p.view(c, "texts", nil), incident.TextsOf(org)
	for name, text := range map[string]string{"receipt_nl": t.Receipt.NL, "receipt_en": t.Receipt.EN, "report_nl": t.Report.NL, "report_en": t.Report.EN} {
		v.set("texts", name, text)
	}
	d := textsData{Previews: p.previews(t)}
	d.Changes, err = p.history(c, v, incident.SettingTexts)
	v.Data = d
	return v, err
}

func (p *Pages) previews(t incident.Texts) (all []textPreview) {
	for _, lang := range locale.Languages() {
		one := textPreview{Lang: lang, Report: t.Report.In(lang)}
		if p.cfg.ReceiptText != nil {
			one.Receipt = p.cfg.ReceiptText(lang, t.Receipt.In(lang), p.now())
		}
		all = append(all, one)
	}
	return all
}

func textsIn(values url.Values) incident.Texts {
	return incident.Texts{
		Receipt: incident.Words{NL: values.Get("receipt_nl"), EN: values.Get("receipt_en")},
		Report:  incident.Words{NL: values.Get("report_nl"), EN: values.Get("report_en")},
	}
}

// setTexts saves the texts, or shows how they would read.
func (p *Pages) setTexts(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	t, err := textsIn(values).Checked()
	if err == nil && values.Get("do") == "preview" {
		v, err := p.textsView(c)
		if err != nil {
			return err
		}
		d := v.Data.(textsData)
		d.Previews, d.Shown = p.previews(t), true
		v.Data, v.Form = d, Form{Name: "texts", Values: values}
		return p.render(c, http.StatusOK, v)
	}
	return p.set(c, saver{form: "texts", view: p.textsView, done: "/settings/texts?done=texts-set", save: func(c echo.Context) error {
		return p.cfg.Service.SetTexts(c.Request().Context(), actor(c), textsIn(values))
	}})
}

func textsInWords(v *View, t incident.Texts) string {
	n := 0
	for _, text := range []string{t.Receipt.NL, t.Receipt.EN, t.Report.NL, t.Report.EN} {
		if text != "" {
			n++
		}
	}
	if n == 0 {
		return v.T("settings.texts.none")
	}
	return v.T("settings.texts.value", "n", n)
}

// ownWords is the organisation's own sentence above the open form.
func (p *Pages) ownWords(c echo.Context) string {
	org, err := p.cfg.Service.Org(c.Request().Context())
	if err != nil {
		return "" // the form itself says what is wrong with the record
	}
	return incident.TextsOf(org).Report.In(p.language(c))
}

// organisationData is the form about who we are.
type organisationData struct {
	Sizes    []string
	Contacts []string
	Changes  []version
}

// organisationTexts pairs the inputs of the form with what they fill.
func organisationTexts(o *incident.Organisation) map[string]*string {
	all := map[string]*string{
		"name": &o.Name, "address": &o.Address, "postcode": &o.Postcode, "city": &o.City, "country": &o.Country, "kvk": &o.KvK,
		"fg_number": &o.FGNumber, "sector": &o.Sector, "size": &o.Size, "activity": &o.Activity, "website": &o.Website, "controllers": &o.Controllers,
	}
	for name, c := range map[string]*incident.Contact{"fg": &o.FG, "notifier": &o.Notifier, "contact": &o.Contact, "people_desk": &o.PeopleDesk} {
		all[name+"_name"], all[name+"_function"], all[name+"_email"], all[name+"_phone"] = &c.Name, &c.Function, &c.Email, &c.Phone
	}
	return all
}

func (p *Pages) organisation(c echo.Context) error {
	v, err := p.organisationView(c)
	if err != nil {
		return err
	}
	return p.render(c, http.StatusOK, v)
}

func (p *Pages) organisationView(c echo.Context) (*View, error) {
	o, err := p.cfg.Service.Organisation(c.Request().Context())
	if err != nil {
		return nil, err
	}
	v := p.view(c, "organisation", nil)
	for name, text := range organisationTexts(&o) {
		v.set("organisation", name, *text)
	}
	v.setTick("organisation", "public", o.Public)
	d := organisationData{Sizes: append([]string{""}, incident.OrganisationSizes()...), Contacts: []string{"fg", "notifier", "contact", "people_desk"}}
	d.Changes, err = p.history(c, v, incident.SettingOrganisation)
	v.Data = d
	return v, err
}

func (p *Pages) setOrganisation(c echo.Context) error {
	return p.set(c, saver{form: "organisation", view: p.organisationView, done: "/settings/organisation?done=organisation-set", save: func(c echo.Context) error {
		values := c.Request().PostForm
		var o incident.Organisation
		for name, text := range organisationTexts(&o) {
			*text = values.Get(name)
			if len(*text) > mostOrganisation {
				return refuse(name, "facts-long")
			}
		}
		o.Public = values.Get("public") == "yes"
		return p.cfg.Service.SetOrganisation(c.Request().Context(), actor(c), o)
	}})
}

// mostOrganisation bounds one text about the organisation, in bytes.
const mostOrganisation = 1000

func retentionInWords(v *View, org *incident.Org) string {
	periods, err := incident.RetentionOf(org)
	if err != nil {
		return v.T("settings.unknown")
	}
	var all []string
	for _, kind := range []incident.Keep{incident.KeepOriginals, incident.KeepRegister} {
		all = append(all, v.Word("keep", kind)+": "+v.term(periods[kind]))
	}
	return strings.Join(all, "; ")
}

// term writes a period in words.
func (v *View) term(t incident.Term) string {
	if t.Unit == 0 {
		return v.T("term.keep")
	}
	return v.T("term."+string(t.Unit), "n", t.N)
}
