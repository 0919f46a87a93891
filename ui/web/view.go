package web

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/incident/risk"
	"meldklok/ui/locale"
)

// View is what a template is rendered from.
type View struct {
	Lang    string
	Page    string // name of the template
	Title   string
	Here    string // path of the request, for the navigation
	Me      *people.Person
	Now     time.Time
	Banners []Banner
	Done    string // sentence about what was just done
	Form    Form   // the refused form, if there is one
	Data    any

	assets   assets
	defaults map[string][]string // values of fields by form.name
	nav      []NavGroup
	hidden   map[incident.Ref]bool // cases that the page must not name
}

// Banner is a sentence above a page that nobody should miss.
type Banner struct {
	Level incident.Level
	Text  string
	Link  string // where to act; may be empty
}

// view begins the view of a request.
func (p *Pages) view(c echo.Context, page string, data any) *View {
	v := &View{
		Lang: p.language(c), Page: page, Here: c.Request().URL.Path, Me: me(c), Now: p.now(),
		Data: data, assets: p.assets, defaults: map[string][]string{},
	}
	v.Title = v.T("page." + page)
	v.nav = navigation(v.Me)
	if id := "done." + c.QueryParam("done"); locale.Has(id) {
		v.Done = v.T(id)
	}
	if v.Me != nil {
		v.Banners = p.banners(c, v)
	}
	return v
}

// render writes a view with a status.
func (p *Pages) render(c echo.Context, status int, v *View) error {
	var buf bytes.Buffer
	if err := p.templates.execute(&buf, "base", v); err != nil {
		return err
	}
	return c.HTMLBlob(status, buf.Bytes())
}

// show renders a page that was asked for.
func (p *Pages) show(c echo.Context, page string, data any) error {
	return p.render(c, http.StatusOK, p.view(c, page, data))
}

// ---- what templates call ----

// T returns a sentence; kv are names and values of its arguments in turn.
func (v *View) T(id string, kv ...any) string {
	args := make(map[string]any, len(kv)/2)
	for i := 0; i+1 < len(kv); i += 2 {
		args[fmt.Sprint(kv[i])] = kv[i+1]
	}
	return locale.T(v.Lang, id, args)
}

// Word returns the word for a value of an enumeration.
func (v *View) Word(group string, value any) string {
	return locale.Word(v.Lang, group, fmt.Sprint(value))
}

// Duty returns the word for a duty, with its number if it has one.
func (v *View) Duty(group string, id incident.DutyID) string { return locale.Duty(v.Lang, group, id) }

// Rung returns the word for a rung of a ladder.
func (v *View) Rung(name string) string { return locale.Rung(v.Lang, name) }

// When writes an instant with its offset.
func (v *View) When(t time.Time) string { return locale.When(v.Lang, t) }

// Machine writes an instant for the datetime attribute.
func (v *View) Machine(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Left writes how much time is left until an instant.
func (v *View) Left(t time.Time) string { return locale.Left(v.Lang, t.Sub(v.Now)) }

// Month writes the month of an instant.
func (v *View) Month(t time.Time) string { return locale.Month(v.Lang, t) }

// Clock writes the time of day of an instant.
func (v *View) Clock(t time.Time) string { return locale.Clock(t) }

// Ago writes how long ago an instant was.
func (v *View) Ago(t time.Time) string { return locale.Ago(v.Lang, v.Now.Sub(t)) }

// Span writes a length of time.
func (v *View) Span(d time.Duration) string { return locale.Span(v.Lang, d) }

// Say returns a text of the risk room.
func (v *View) Say(t risk.Text) string { return t.In(risk.Lang(v.Lang)) }

// Cited says what a reason of the risk room rests on.
func (v *View) Cited(r risk.Reason) string { return r.Cited(risk.Lang(v.Lang)) }

// Asset returns the path of an embedded file.
func (v *View) Asset(name string) string { return v.assets.path(name) }

// Can reports whether the person has one of the roles.
func (v *View) Can(roles ...string) bool {
	for _, r := range roles {
		if v.Me != nil && v.Me.Has(people.Role(r)) {
			return true
		}
	}
	return false
}

// Other returns the other language, for the switch.
func (v *View) Other() string {
	if v.Lang == locale.English {
		return locale.Dutch
	}
	return locale.English
}

// Languages lists the languages of the product.
func (v *View) Languages() []string { return locale.Languages() }

// Wall writes an instant the way an input of a local time wants it.
func (v *View) Wall(t time.Time) string { return wall(t) }

// Bytes writes a size.
func (v *View) Bytes(n any) string {
	var size float64
	switch n := n.(type) {
	case int:
		size = float64(n)
	case int64:
		size = float64(n)
	}
	switch {
	case size < 1000:
		return fmt.Sprintf("%.0f B", size)
	case size < 1e6:
		return v.point(fmt.Sprintf("%.1f kB", size/1e3))
	}
	return v.point(fmt.Sprintf("%.1f MB", size/1e6))
}

// StateTag is the colour of how a mail ended. One that was kept in a folder did
// not leave, which is no green.
func (v *View) StateTag(s incident.DeliveryState) string {
	switch {
	case s.Lost():
		return "late"
	case s == incident.Kept:
		return "new"
	case s.Reached():
		return "open"
	}
	return ""
}

// Decimal writes a number with two decimals.
func (v *View) Decimal(f float64) string { return v.point(fmt.Sprintf("%.2f", f)) }

// point puts the language's own sign between whole and part.
func (v *View) point(s string) string {
	if v.Lang == locale.Dutch {
		return strings.Replace(s, ".", ",", 1)
	}
	return s
}

// Each is a view with one thing of a list, for a part that needs both.
type Each struct {
	View *View
	Item any
}

// With gives a part of a template one thing beside the view.
func (v *View) With(item any) Each { return Each{v, item} }

// banners are the sentences that stand above every page of somebody who is
// signed in.
func (p *Pages) banners(c echo.Context, v *View) []Banner {
	var out []Banner
	health := p.cfg.Health()
	link := ""
	if healthSeen().Admits(v.Me) {
		link = "/health"
	}
	folder := p.cfg.MailNotice()
	org, err := p.cfg.Service.Org(c.Request().Context())
	// Whether there is somebody to alert is asked now: the first officer should
	// not be told by an audit of a minute ago that there is nobody.
	if err == nil && !org.People.CanAlert() {
		out = append(out, Banner{Level: incident.Red, Text: v.T("health.nobody-to-alert"), Link: link})
	}
	for _, f := range health.Findings {
		known := f.Code == "nobody-to-alert" || (f.Code == "no-relay" && folder != "")
		if f.Level == incident.Red && !known {
			out = append(out, Banner{Level: incident.Red, Text: finding(v.Lang, f), Link: link})
		}
	}
	if folder != "" {
		out = append(out, Banner{Level: incident.Red, Text: v.NoRelay(folder), Link: link})
	}
	return out
}

// NoRelay says that no mail leaves; where it is kept is for administrators only.
func (v *View) NoRelay(folder string) string {
	if Only(people.Admin).Admits(v.Me) {
		return v.T("banner.no-relay", "folder", folder)
	}
	return v.T("banner.no-relay-plain")
}

// finding says a finding of the audit in a sentence, also one that the
// catalogue does not know.
func finding(lang string, f incident.Finding) string {
	if id := "health." + f.Code; locale.Has(id) {
		return locale.T(lang, id, f.Args)
	}
	return locale.T(lang, "health.unknown", map[string]any{"code": f.Code})
}

// todo says what to do about a finding.
func todo(lang string, f incident.Finding) string {
	if id := "health." + f.Code + ".todo"; locale.Has(id) {
		return locale.T(lang, id, f.Args)
	}
	return locale.T(lang, "health.unknown.todo", nil)
}
