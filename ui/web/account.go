package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/ui/locale"
	"meldklok/ui/session"
)

func (p *Pages) account(c echo.Context) error {
	return p.render(c, http.StatusOK, p.accountView(c))
}

func (p *Pages) accountView(c echo.Context) *View {
	v := p.view(c, "account", nil)
	v.set("language", "lang", v.Me.Lang)
	return v
}

// changeAccount lets people change what is theirs: language, password, and
// where they are signed in.
func (p *Pages) changeAccount(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	action := c.Param("action")
	switch action {
	case "language":
		err = p.changeLanguage(c, values)
	case "password":
		err = p.changePassword(c, values)
	case "sign-out":
		if err := p.cfg.Sessions.SignOutEverywhere(c.Request().Context(), me(c).ID); err != nil {
			return err
		}
		p.dropCookie(c, "sid")
		return c.Redirect(http.StatusSeeOther, "/sign-in?done=signed-out")
	default:
		return fmt.Errorf("web: account: %w", incident.ErrNotFound)
	}
	if err == nil {
		return c.Redirect(http.StatusSeeOther, "/account?done="+action+"-changed")
	}
	v := p.accountView(c)
	status, err := v.refused(action, url.Values{}, err)
	if err != nil {
		return err
	}
	return p.render(c, status, v)
}

func (p *Pages) changeLanguage(c echo.Context, values url.Values) error {
	person := *me(c)
	person.Lang = locale.Pick(values.Get("lang"))
	_, err := p.cfg.Service.SetPerson(c.Request().Context(), actor(c), person)
	return err
}

// changePassword asks for the present one: an open screen must not be enough to
// take an account over. It ends every session, and begins a new one here.
func (p *Pages) changePassword(c echo.Context, values url.Values) error {
	if err := samePassword(values); err != nil {
		return err
	}
	ctx, person := c.Request().Context(), me(c)
	token, _, err := p.cfg.Sessions.SignIn(ctx, person.Email, values.Get("current"), c.RealIP())
	switch {
	case errors.Is(err, session.ErrSignIn):
		return refuse("current", "password-wrong")
	case errors.Is(err, session.ErrBusy):
		return refuse("current", "too-many-tries")
	case err != nil:
		return err
	}
	if err := p.cfg.Sessions.SetPassword(ctx, person.ID, values.Get("password")); err != nil {
		return errors.Join(err, p.cfg.Sessions.SignOut(ctx, token))
	}
	if token, err = p.cfg.Sessions.Begin(ctx, person.ID); err != nil {
		return err
	}
	p.setCookie(c, "sid", token, sessionCookie)
	return nil
}
