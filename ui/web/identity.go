package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/locale"
	"meldklok/ui/session"
)

const (
	personKey = "person"
	visitKey  = "visit"
)

// Identify finds out who makes the request. It returns session.ErrNone for
// nobody we know.
func (p *Pages) Identify(c echo.Context) (*people.Person, error) {
	if person := me(c); person != nil {
		return person, nil
	}
	token := p.token(c)
	if token == "" {
		return nil, session.ErrNone
	}
	visit, err := p.cfg.Sessions.Visit(c.Request().Context(), token)
	if err != nil {
		return nil, err
	}
	person := visit.Person
	c.Set(personKey, &person)
	c.Set(visitKey, visit)
	if c.Request().Method == http.MethodPost {
		if err := p.cfg.Sessions.Keep(c.Request().Context(), token); err != nil && !errors.Is(err, incident.ErrUnavailable) {
			return nil, err
		}
	}
	return &person, nil
}

// me is who makes the request; nil for nobody we know.
func me(c echo.Context) *people.Person {
	p, _ := c.Get(personKey).(*people.Person)
	return p
}

// visit is the session of the request; empty for nobody we know.
func visit(c echo.Context) session.Visit {
	v, _ := c.Get(visitKey).(session.Visit)
	return v
}

// actor is me as the log knows me.
func actor(c echo.Context) incident.Actor { return incident.ByPerson(me(c).ID) }

// cookieName carries the __Host- prefix where a browser honours it: such a
// cookie cannot be set from another host or path.
func (p *Pages) cookieName(name string) string {
	if p.secure() {
		return "__Host-" + name
	}
	return name
}

func (p *Pages) token(c echo.Context) string {
	cookie, err := c.Cookie(p.cookieName("sid"))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// setCookie sets a cookie that scripts cannot read and that other sites cannot
// send along. Lax, so that a link in an alert mail finds its reader signed in.
func (p *Pages) setCookie(c echo.Context, name, value string, lasts time.Duration) {
	c.SetCookie(&http.Cookie{
		Name: p.cookieName(name), Value: value, Path: "/", MaxAge: int(lasts / time.Second),
		Secure: p.secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (p *Pages) dropCookie(c echo.Context, name string) { p.setCookie(c, name, "", -time.Second) }

// language is that of the person, else the one chosen by link or cookie, else
// the browser's, else Dutch.
func (p *Pages) language(c echo.Context) string {
	if person := me(c); person != nil {
		return locale.Pick(person.Lang)
	}
	if lang := c.QueryParam("lang"); lang != "" {
		return locale.Pick(lang)
	}
	if cookie, err := c.Cookie(p.cookieName("lang")); err == nil {
		return locale.Pick(cookie.Value)
	}
	return accepted(c.Request().Header.Get("Accept-Language"))
}

// accepted reads which of our languages a browser names first. Browsers list
// them by preference, so the weights need no reading.
func accepted(header string) string {
	for part := range strings.SplitSeq(header, ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if primary == locale.Dutch || primary == locale.English {
			return primary
		}
	}
	return locale.Dutch
}

// keepLanguage remembers the language that a link to an open page asked for, so
// that the answer to its form, and the receipt by mail, speak it too.
func (p *Pages) keepLanguage(c echo.Context) {
	if lang := c.QueryParam("lang"); lang != "" && me(c) == nil {
		p.setCookie(c, "lang", locale.Pick(lang), 365*24*time.Hour)
	}
}

// setLanguage keeps the language somebody chose for a year.
func (p *Pages) setLanguage(c echo.Context) error {
	p.setCookie(c, "lang", locale.Pick(c.FormValue("lang")), 365*24*time.Hour)
	return c.Redirect(http.StatusSeeOther, localPath(c.FormValue("next"), "/melden"))
}

// localPath accepts a path on this site and nothing else, so that a link to our
// sign-in page cannot lead elsewhere.
func localPath(path, fallback string) string {
	u, err := url.Parse(path)
	switch {
	case err != nil, u.Scheme != "", u.Host != "", u.User != nil:
		return fallback
	case !strings.HasPrefix(path, "/"), strings.HasPrefix(path, "//"), strings.ContainsAny(path, "\\\r\n\t"):
		return fallback
	}
	return path
}
