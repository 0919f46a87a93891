package web

import (
	"errors"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/session"
)

// flowCookie binds a sign-in at the provider to the browser that began it, so
// that nobody can be signed in by a link (RFC 6749 section 10.12).
const (
	flowCookie = "flow"
	flowLasts  = 10 * time.Minute
)

// goData is the page that leads to the provider, or that takes its answer.
type goData struct {
	journey
	To, Provider string
	State, Code  string
}

// beginSSO leads to the provider. It is a page of its own and no redirect: a
// form may lead to this site only (the content security policy), and some
// browsers hold its redirects to that too.
func (p *Pages) beginSSO(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	if !p.asked.admit(addressOf(c)) {
		return session.ErrBusy
	}
	j, again := carried(values), me(c) != nil
	to, state, err := p.cfg.Sessions.BeginSSO(c.Request().Context(), j, again)
	if err != nil {
		p.cfg.Log.Warn("single sign-on cannot begin", "err", err)
		return p.signInRefused(c, p.proofPage(c), p.signInData(j), values, err)
	}
	p.setCookie(c, flowCookie, state, flowLasts)
	name, _ := p.cfg.Sessions.SSO()
	return p.show(c, "sso", goData{To: to, Provider: name})
}

// backFromSSO shows that the provider answered. Nothing changes on GET: the
// answer is taken by the form on this page, which sends itself.
func (p *Pages) backFromSSO(c echo.Context) error {
	return p.show(c, "sso-back", goData{State: c.QueryParam("state"), Code: c.QueryParam("code")})
}

func (p *Pages) finishSSO(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	in, carry, err := p.takeSSO(c, values)
	p.dropCookie(c, flowCookie)
	j, ok := carry.(journey)
	if !ok {
		j = journey{Next: "/"}
	}
	if err == nil && in.Token == "" { // somebody who was signed in is still there
		return p.show(c, "resume", resumeData{journey: j, Sure: true, lang: p.language(c)})
	}
	if err != nil {
		p.cfg.Log.Warn("single sign-on failed", "err", err)
		return p.signInRefused(c, p.proofPage(c), p.signInData(j), url.Values{}, err)
	}
	return p.letIn(c, in, j)
}

func (p *Pages) takeSSO(c echo.Context, values url.Values) (in session.Entered, carry any, err error) {
	cookie, err := c.Cookie(p.cookieName(flowCookie))
	if err != nil || cookie.Value == "" || values.Get("code") == "" || cookie.Value != values.Get("state") {
		return in, nil, session.ErrAgain
	}
	ctx := c.Request().Context()
	in, carry, err = p.cfg.Sessions.FinishSSO(ctx, cookie.Value, values.Get("code"), p.token(c), from(c), func(person people.Person) (people.ID, error) {
		return p.cfg.Service.SetPerson(ctx, incident.System, person)
	})
	var refusal *incident.Refusal
	if errors.As(err, &refusal) { // the provider's word about the person makes no sense here
		err = errors.Join(session.ErrStranger, err)
	}
	return in, carry, err
}

// proofPage is where somebody proves who they are: to come in, or once more.
func (p *Pages) proofPage(c echo.Context) string {
	if me(c) != nil {
		return "confirm"
	}
	return "sign-in"
}
