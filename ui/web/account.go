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

// accountData is how somebody signs in, and where.
type accountData struct {
	session.Account
	Sessions    []session.Session
	CanPasskeys bool
}

func (p *Pages) account(c echo.Context) error {
	v, err := p.accountView(c)
	if err != nil {
		return err
	}
	return p.render(c, http.StatusOK, v)
}

func (p *Pages) accountView(c echo.Context) (*View, error) {
	ctx, person := c.Request().Context(), me(c)
	d := accountData{CanPasskeys: p.cfg.Sessions.Passkeys()}
	var err error
	if d.Account, err = p.cfg.Sessions.Account(ctx, person.ID); err != nil {
		return nil, err
	}
	if d.Sessions, err = p.cfg.Sessions.Sessions(ctx, person.ID, p.token(c)); err != nil {
		return nil, err
	}
	v := p.view(c, "account", d)
	v.set("language", "lang", v.Me.Lang)
	v.set("passkey", "name", browser(c.Request().UserAgent()))
	return v, nil
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
		if err := p.cfg.Sessions.SignOutEverywhere(c.Request().Context(), actor(c), me(c).ID); err != nil {
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
	return p.accountRefused(c, action, url.Values{}, err)
}

// accountRefused shows the account again with what is wrong.
func (p *Pages) accountRefused(c echo.Context, form string, values url.Values, err error) error {
	v, viewErr := p.accountView(c)
	if viewErr != nil {
		return viewErr
	}
	status, err := v.refused(form, values, err)
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
// take an account over. It ends every session, and begins a new one here. Who
// signs in without a password sets a first one after proving to be there.
func (p *Pages) changePassword(c echo.Context, values url.Values) error {
	if err := samePassword(values); err != nil {
		return err
	}
	ctx, person := c.Request().Context(), me(c)
	account, err := p.cfg.Sessions.Account(ctx, person.ID)
	if err != nil {
		return err
	}
	switch {
	case account.HasPassword:
		err = p.cfg.Sessions.Confirm(ctx, p.token(c), values.Get("current"), from(c))
	case !visit(c).Fresh:
		err = refuse("", "sign-in-again")
	}
	switch {
	case errors.Is(err, session.ErrSignIn):
		return refuse("current", "password-wrong")
	case errors.Is(err, session.ErrBusy):
		return refuse("current", "too-many-tries")
	case err != nil:
		return err
	}
	if err := p.cfg.Sessions.SetPassword(ctx, actor(c), person.ID, values.Get("password")); err != nil {
		return err
	}
	token, err := p.cfg.Sessions.BeginFrom(ctx, person.ID, from(c))
	if err != nil {
		return err
	}
	p.setCookie(c, "sid", token, sessionCookie)
	return nil
}
