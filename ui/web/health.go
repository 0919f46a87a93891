package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/ui/locale"
	"meldklok/ui/session"
)

// healthData is what the last audit found, explained.
type healthData struct {
	incident.Health
	Explained []explained
	Folder    string
	Backups   incident.Backups
}

type explained struct {
	incident.Finding
	Text, Todo string
	Place      *NavItem // where to act, for whom may go there
}

// placeOf is the page on which something can be done about a finding.
func placeOf(code string) (place navChoice, ok bool) {
	mailbox := navChoice{"/mailbox", "page.mailbox", healthSeen()}
	board := navChoice{"/board", "page.board", readers()}
	relays := navChoice{"/settings/relays", "page.relays", accessSeers()}
	list := navChoice{"/people", "page.people", keepers()}
	place, ok = map[string]navChoice{
		"nobody-to-alert": list, "nobody-behind": list, "person-unreachable": list,
		"no-relay": relays, "relay-trouble": relays, "bounces-unread": relays, "replies-unread": relays,
		"mail-waiting": {"/outbox", "page.outbox", mailSeers()}, "parked-unreviewed": {"/parked", "page.parked", readers()},
		"webhook-trouble": {"/settings/webhooks", "page.webhooks", accessSeers()}, "review-due": {"/people/review", "page.review", accessSeers()},
		"duties-without-alert": board, "engine-late": board, "index-repaired": board, "incident-damaged": board,
	}[code]
	if strings.HasPrefix(code, "mailbox-") || code == "probe-missing" {
		return mailbox, true
	}
	return place, ok
}

func (p *Pages) health(c echo.Context) error {
	org, err := p.cfg.Service.Org(c.Request().Context())
	if err != nil {
		return err
	}
	d := healthData{Health: p.cfg.Health(), Folder: p.cfg.MailNotice(), Backups: org.Backups}
	lang := p.language(c)
	for _, level := range []incident.Level{incident.Red, incident.Amber} {
		for _, f := range d.Findings {
			if f.Level == level {
				one := explained{Finding: f, Text: finding(lang, f), Todo: todo(lang, f)}
				if place, ok := placeOf(f.Code); ok && place.who.Admits(me(c)) {
					one.Place = &NavItem{place.path, place.id}
				}
				d.Explained = append(d.Explained, one)
			}
		}
	}
	return p.show(c, "health", d)
}

// release lets a restored record send again.
func (p *Pages) release(c echo.Context) error {
	if err := p.cfg.Service.Release(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/health?done=released")
}

// problemData explains a failed request.
type problemData struct {
	Status          int
	What, Todo      string
	Request, Detail string
}

// Problem answers a failed request with a page that says what to do.
func (p *Pages) Problem(c echo.Context, status int, cause error) error {
	if c.Request().Method == http.MethodHead {
		return c.NoContent(status)
	}
	if _, err := p.Identify(c); err != nil {
		c.Set(personKey, nil)
	}
	if gone := p.goneView(c, cause); gone != nil {
		return p.render(c, status, gone)
	}
	v := p.view(c, "problem", nil)
	id := problemID(status, cause)
	d := problemData{Status: status, What: v.T(id), Todo: v.T(id + ".todo"), Request: c.Response().Header().Get(echo.HeaderXRequestID)}
	if problems, ok := problemsOf(v.Lang, cause); ok && status == http.StatusUnprocessableEntity {
		d.Detail = problems[0].Text
	}
	v.Title, v.Data = d.What, d
	return p.render(c, status, v)
}

func problemID(status int, cause error) string {
	if errors.Is(cause, session.ErrLink) {
		return "problem.link"
	}
	known := map[int]string{
		http.StatusBadRequest: "problem.bad", http.StatusForbidden: "problem.forbidden",
		http.StatusNotFound: "problem.not-found", http.StatusMethodNotAllowed: "problem.not-found",
		http.StatusGone: "problem.gone", http.StatusRequestEntityTooLarge: "problem.too-large", http.StatusUnprocessableEntity: "problem.refused",
		http.StatusTooManyRequests: "problem.busy", http.StatusServiceUnavailable: "problem.unavailable",
	}
	if id, ok := known[status]; ok && locale.Has(id) {
		return id
	}
	return "problem.broken"
}
