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
	"meldklok/ui/session"
)

// signInData is the sign-in page, and that of the second step.
type signInData struct {
	journey
	Passkeys bool
	SSO      bool
	Provider string // name of the single sign-on; may be empty
	Step     string // names the second step under way
}

func (p *Pages) signInData(j journey) signInData {
	d := signInData{journey: j, Passkeys: p.cfg.Sessions.Passkeys()}
	d.Provider, d.SSO = p.cfg.Sessions.SSO()
	return d
}

func (p *Pages) signInForm(c echo.Context) error {
	next := localPath(c.QueryParam("next"), "/")
	if person, err := p.Identify(c); err == nil && person != nil {
		return c.Redirect(http.StatusSeeOther, next)
	}
	return p.show(c, "sign-in", p.signInData(journey{Next: next}))
}

// AskToSignIn answers somebody who has to sign in first. A link leads on to
// where it pointed; a form is kept and can be sent again.
func (p *Pages) AskToSignIn(c echo.Context) error {
	j := interrupted(c.Request())
	if !j.Interrupted() {
		to := "/sign-in"
		if j.Next != "/" {
			to += "?next=" + url.QueryEscape(j.Next)
		}
		return c.Redirect(http.StatusSeeOther, to)
	}
	return p.render(c, http.StatusUnauthorized, p.view(c, "sign-in", p.signInData(j)))
}

// from is where a request comes from.
func from(c echo.Context) session.From {
	return session.From{Address: addressOf(c), Browser: browser(c.Request().UserAgent())}
}

func (p *Pages) signIn(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	data := p.signInData(carried(values))
	in, err := p.cfg.Sessions.SignIn(c.Request().Context(), values.Get("email"), values.Get("password"), from(c))
	if err != nil {
		values.Del("password")
		return p.signInRefused(c, "sign-in", data, values, err)
	}
	if in.Second != "" {
		data.Step = in.Second
		return p.show(c, "second", data)
	}
	return p.letIn(c, in, data.journey)
}

// letIn lets somebody in who has proved who they are.
func (p *Pages) letIn(c echo.Context, in session.Entered, j journey) error {
	p.setCookie(c, "sid", in.Token, sessionCookie)
	c.Set(personKey, &in.Person)
	return p.resume(c, j)
}

// secondStep takes the code that follows a password.
func (p *Pages) secondStep(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	data := p.signInData(carried(values))
	data.Step = values.Get("step")
	in, err := p.cfg.Sessions.Second(c.Request().Context(), data.Step, values.Get("code"), from(c))
	values.Del("code")
	switch {
	case err == nil:
		return p.letIn(c, in, data.journey)
	case errors.Is(err, session.ErrAgain):
		return p.signInRefused(c, "sign-in", data, values, err)
	}
	return p.signInRefused(c, "second", data, values, err)
}

// signInRefused shows a step of signing in again, with what is wrong. What was
// interrupted travels on.
func (p *Pages) signInRefused(c echo.Context, page string, data any, values url.Values, err error) error {
	v := p.view(c, page, data)
	status := http.StatusUnprocessableEntity
	if errors.Is(err, session.ErrBusy) {
		status = http.StatusTooManyRequests
	}
	if _, err := v.refused(page, values, proofRefusal(err)); err != nil {
		return err
	}
	return p.render(c, status, v)
}

// proofRefusal says in a refusal why somebody did not prove who they are.
// Whatever else went wrong stays an error.
func proofRefusal(err error) error {
	for _, known := range []struct {
		err   error
		field string
		code  string
	}{
		{session.ErrSignIn, "", "sign-in-failed"},
		{session.ErrBusy, "", "too-many-tries"},
		{session.ErrPaused, "code", "codes-paused"},
		{session.ErrCode, "code", "code-wrong"},
		{session.ErrAgain, "", "sign-in-again"},
		{session.ErrPasskey, "", "passkey-unknown"},
		{session.ErrStranger, "", "sso-stranger"},
		{session.ErrProvider, "", "sso-provider"},
	} {
		if errors.Is(err, known.err) && !errors.Is(err, incident.ErrUnavailable) {
			return &incident.Refusal{Field: known.field, Code: known.code}
		}
	}
	return err
}

// sessionCookie lasts as long as a session can: the record decides when it ends.
const sessionCookie = 7 * 24 * time.Hour

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

// welcome signs in whoever took a link. Somebody with a second step still needs
// it: a link replaces a forgotten password and nothing more.
func (p *Pages) welcome(c echo.Context, id people.ID) error {
	ctx := c.Request().Context()
	account, err := p.cfg.Sessions.Account(ctx, id)
	if err != nil {
		return err
	}
	if account.Strong() {
		return c.Redirect(http.StatusSeeOther, "/sign-in?done=password-set")
	}
	token, err := p.cfg.Sessions.BeginFrom(ctx, id, from(c))
	if err != nil {
		return err
	}
	p.setCookie(c, "sid", token, sessionCookie)
	return c.Redirect(http.StatusSeeOther, "/?done=welcome")
}
