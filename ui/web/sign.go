package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/session"
)

// signInData is the sign-in page: where to go afterwards, and a form that was
// being sent when the session ended.
type signInData struct {
	Next string
	Kept []keptField
	Path string // of the interrupted form
}

type keptField struct{ Name, Value string }

// Names of the inputs that carry an interrupted form through signing in.
const (
	keptPrefix = "kept."
	keptPath   = "kept-path"
)

func (p *Pages) signInForm(c echo.Context) error {
	next := localPath(c.QueryParam("next"), "/")
	if person, err := p.Identify(c); err == nil && person != nil {
		return c.Redirect(http.StatusSeeOther, next)
	}
	return p.show(c, "sign-in", signInData{Next: next})
}

// AskToSignIn answers somebody who has to sign in first. A link leads on to
// where it pointed; a form is kept and can be sent again.
func (p *Pages) AskToSignIn(c echo.Context) error {
	req := c.Request()
	if req.Method == http.MethodGet || req.Method == http.MethodHead {
		to := "/sign-in"
		if path := req.URL.RequestURI(); path != "/" {
			to += "?next=" + url.QueryEscape(path)
		}
		return c.Redirect(http.StatusSeeOther, to)
	}
	v := p.view(c, "sign-in", signInData{Path: req.URL.Path, Kept: keep(req)})
	return p.render(c, http.StatusUnauthorized, v)
}

// keep takes the fields out of an interrupted form. Files cannot be kept, and
// passwords must not be.
func keep(req *http.Request) (kept []keptField) {
	if err := req.ParseForm(); err != nil {
		return nil
	}
	for name, values := range req.PostForm {
		if name == "password" || name == "again" || name == "current" {
			continue
		}
		for _, value := range values {
			kept = append(kept, keptField{keptPrefix + name, value})
		}
	}
	slices.SortStableFunc(kept, func(a, b keptField) int { return strings.Compare(a.Name, b.Name) })
	return kept
}

func (p *Pages) signIn(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	data := signInData{Next: localPath(values.Get("next"), "/"), Path: localPath(values.Get(keptPath), "")}
	for _, name := range sortedKeys(values) {
		if strings.HasPrefix(name, keptPrefix) {
			for _, value := range values[name] {
				data.Kept = append(data.Kept, keptField{name, value})
			}
		}
	}
	token, _, err := p.cfg.Sessions.SignIn(c.Request().Context(), values.Get("email"), values.Get("password"), c.RealIP())
	status := http.StatusUnprocessableEntity
	switch {
	case errors.Is(err, session.ErrSignIn):
		err = refuse("", "sign-in-failed")
	case errors.Is(err, session.ErrBusy):
		err, status = refuse("", "too-many-tries"), http.StatusTooManyRequests
	}
	if err != nil {
		v := p.view(c, "sign-in", data)
		values.Del("password")
		if _, err := v.refused("sign-in", values, err); err != nil {
			return err
		}
		return p.render(c, status, v)
	}
	p.setCookie(c, "sid", token, sessionCookie)
	if data.Path != "" {
		return p.resume(c, data)
	}
	return c.Redirect(http.StatusSeeOther, data.Next)
}

// sessionCookie lasts as long as a session can: the record decides when it ends.
const sessionCookie = 7 * 24 * time.Hour

// resume shows the interrupted form again, ready to be sent.
func (p *Pages) resume(c echo.Context, data signInData) error {
	for i, f := range data.Kept {
		data.Kept[i].Name = strings.TrimPrefix(f.Name, keptPrefix)
	}
	return p.show(c, "resume", data)
}

func (p *Pages) signOut(c echo.Context) error {
	if token := p.token(c); token != "" {
		if err := p.cfg.Sessions.SignOut(c.Request().Context(), token); err != nil {
			return err
		}
	}
	p.dropCookie(c, "sid")
	return c.Redirect(http.StatusSeeOther, "/sign-in?done=signed-out")
}

// linkData is the page of a one-time link.
type linkData struct {
	First  bool
	Person people.Person
}

// linkForm shows what a link is for. It does not use the link up: mail scanners
// follow links (LESSONS 49).
func (p *Pages) linkForm(c echo.Context) error {
	data, err := p.lookLink(c)
	if err != nil {
		return err
	}
	return p.show(c, "link", data)
}

func (p *Pages) lookLink(c echo.Context) (data linkData, err error) {
	link, err := p.cfg.Sessions.Look(c.Request().Context(), c.Param("token"))
	if err != nil {
		return data, err
	}
	org, err := p.cfg.Service.Org(c.Request().Context())
	if err != nil {
		return data, err
	}
	data.First = link.First()
	data.Person, _ = org.People.Find(link.Person)
	return data, nil
}

func (p *Pages) takeLink(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	data, err := p.lookLink(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	if err = samePassword(values); err == nil {
		var id people.ID
		id, err = p.cfg.Sessions.Take(ctx, c.Param("token"), values.Get("password"), func() (people.ID, error) {
			return p.firstOfficer(c, values)
		})
		if err == nil {
			return p.welcome(c, id)
		}
	}
	v := p.view(c, "link", data)
	values.Del("password")
	values.Del("again")
	status, err := v.refused("link", values, err)
	if err != nil {
		return err
	}
	return p.render(c, status, v)
}

func samePassword(values url.Values) error {
	if values.Get("password") != values.Get("again") {
		return refuse("again", "password-differs")
	}
	return nil
}

// firstOfficer makes the person who keeps everything running at first. Should
// an earlier try have been cut off after this step, the person is there already
// and is used again.
func (p *Pages) firstOfficer(c echo.Context, values url.Values) (people.ID, error) {
	ctx := c.Request().Context()
	if strings.TrimSpace(values.Get("name")) == "" {
		return "", refuse("name", "required")
	}
	person := people.Person{
		Name: values.Get("name"), Email: values.Get("email"), Lang: values.Get("lang"),
		Roles: []people.Role{people.Officer, people.Admin},
	}
	org, err := p.cfg.Service.Org(ctx)
	if err != nil {
		return "", err
	}
	if known, ok := org.People.FindEmail(person.Email); ok {
		person.ID = known.ID
	}
	return p.cfg.Service.SetPerson(ctx, incident.System, person)
}

// welcome signs in whoever has just proved who they are.
func (p *Pages) welcome(c echo.Context, id people.ID) error {
	token, err := p.cfg.Sessions.Begin(c.Request().Context(), id)
	if err != nil {
		return err
	}
	p.setCookie(c, "sid", token, sessionCookie)
	return c.Redirect(http.StatusSeeOther, "/?done=welcome")
}
