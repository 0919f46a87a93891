package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/ui/session"
)

// secondData is the page on which a second step is set up.
type secondData struct {
	journey
	session.Account
	Draft       session.AppDraft
	Picture     qrPicture
	Drafted     bool
	CanPasskeys bool
	Must        bool // the organisation requires it of this person
}

// setUpSecond shows how a second step is set up: an app, or a passkey.
func (p *Pages) setUpSecond(c echo.Context) error {
	v, err := p.secondView(c, journey{Next: localPath(c.QueryParam("next"), "/account")})
	if err != nil {
		return err
	}
	return p.render(c, http.StatusOK, v)
}

func (p *Pages) secondView(c echo.Context, j journey) (*View, error) {
	ctx, id := c.Request().Context(), me(c).ID
	d := secondData{journey: j, CanPasskeys: p.cfg.Sessions.Passkeys(), Must: visit(c).Lacks()}
	var err error
	if d.Account, err = p.cfg.Sessions.Account(ctx, id); err != nil {
		return nil, err
	}
	switch d.Draft, err = p.cfg.Sessions.Draft(ctx, id); {
	case err == nil:
		d.Drafted = true
		d.Picture, err = qrOf(d.Draft.URI)
	case errors.Is(err, incident.ErrNotFound):
		err = nil
	}
	v := p.view(c, "second-step", d)
	v.set("passkey", "name", browser(c.Request().UserAgent()))
	return v, err
}

// secondRefused shows the setting up again with what is wrong.
func (p *Pages) secondRefused(c echo.Context, name string, values url.Values, err error) error {
	v, viewErr := p.secondView(c, carried(values))
	if viewErr != nil {
		return viewErr
	}
	kept := url.Values{"name": values["name"]}
	status, err := v.refused(name, kept, proofRefusal(err))
	if err != nil {
		return err
	}
	return p.render(c, status, v)
}

// draftApp begins with an app: it makes its secret.
func (p *Pages) draftApp(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	if err := p.cfg.Sessions.DraftApp(c.Request().Context(), me(c).ID); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/account/second?next="+url.QueryEscape(carried(values).Next)+"#app")
}

// confirmApp takes the app into use once it shows a right code.
func (p *Pages) confirmApp(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	codes, err := p.cfg.Sessions.ConfirmApp(c.Request().Context(), me(c).ID, values.Get("code"))
	if err != nil {
		return p.secondRefused(c, "app", values, err)
	}
	return p.stepAdded(c, codes, carried(values))
}

// newPasskey gives a browser the question with which it makes a passkey.
func (p *Pages) newPasskey(c echo.Context) error {
	options, err := p.cfg.Sessions.AskNewPasskey(c.Request().Context(), me(c).ID)
	if err != nil {
		return proofRefusal(err)
	}
	return c.JSONBlob(http.StatusOK, options)
}

func (p *Pages) addPasskey(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	codes, err := p.cfg.Sessions.AddPasskey(c.Request().Context(), me(c).ID, values.Get("name"), []byte(values.Get("answer")))
	if err != nil {
		if errors.Is(err, session.ErrPasskey) {
			err = refuse("", "passkey-not-made")
		}
		return p.secondRefused(c, "passkey", values, err)
	}
	return p.stepAdded(c, codes, carried(values))
}

// recoveryData are fresh recovery codes: this answer is the only place where
// they stand.
type recoveryData struct {
	journey
	Codes []string
}

// stepAdded shows the recovery codes that came with a first second step, or
// leads on.
func (p *Pages) stepAdded(c echo.Context, codes []string, j journey) error {
	if err := p.cfg.Sessions.EndOthers(c.Request().Context(), me(c).ID, p.token(c)); err != nil {
		return err
	}
	if len(codes) == 0 {
		return c.Redirect(http.StatusSeeOther, "/account?done=factor-added")
	}
	return p.show(c, "recovery", recoveryData{j, codes})
}

func (p *Pages) newRecovery(c echo.Context) error {
	codes, err := p.cfg.Sessions.NewRecovery(c.Request().Context(), me(c).ID)
	if err != nil {
		return p.accountRefused(c, "recovery", url.Values{}, err)
	}
	return p.stepAdded(c, codes, journey{Next: "/account"})
}

// removeFactor takes one way of signing in away.
func (p *Pages) removeFactor(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	factor := incident.Factor(values.Get("factor"))
	if err := p.keepsSecond(c, factor); err != nil {
		return p.accountRefused(c, "factor", url.Values{}, err)
	}
	err = p.cfg.Sessions.RemoveFactor(c.Request().Context(), actor(c), me(c).ID, factor, values.Get("handle"))
	if err != nil {
		return p.accountRefused(c, "factor", url.Values{}, err)
	}
	return c.Redirect(http.StatusSeeOther, "/account?done=factor-removed")
}

// keepsSecond refuses to take the last second step away where one is required.
func (p *Pages) keepsSecond(c echo.Context, factor incident.Factor) error {
	account, err := p.cfg.Sessions.Account(c.Request().Context(), me(c).ID)
	if err != nil {
		return err
	}
	left := len(account.Passkeys)
	if !account.App.IsZero() {
		left++
	}
	if account.Demand == incident.DemandRequired && left == 1 && factor != incident.FactorPassword {
		return refuse("", "second-required")
	}
	return nil
}

// endSession ends one of the own sessions.
func (p *Pages) endSession(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	ctx, id := c.Request().Context(), me(c).ID
	list, err := p.cfg.Sessions.Sessions(ctx, id, p.token(c))
	if err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(s session.Session) bool { return s.Here && s.Handle == values.Get("handle") }) {
		return p.signOut(c)
	}
	if err := p.cfg.Sessions.EndSession(ctx, actor(c), id, values.Get("handle")); err != nil && !errors.Is(err, incident.ErrNotFound) {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/account?done=session-ended")
}

// signed is a list of sessions, and where one of them is ended.
type signed struct {
	List []session.Session
	End  string
}

// Signed gives a part of a template sessions, and where one of them is ended.
func (v *View) Signed(list []session.Session, end string) Each { return v.With(signed{list, end}) }

// AskToConfirm asks somebody who is signed in to prove to be there still, before
// a change that would be worth an open screen to somebody else.
func (p *Pages) AskToConfirm(c echo.Context) error {
	return p.render(c, http.StatusUnauthorized, p.view(c, "confirm", p.signInData(interrupted(c.Request()))))
}

// confirm takes that proof: a password, or a passkey's answer.
func (p *Pages) confirm(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	ctx, token := c.Request().Context(), p.token(c)
	if answer := values.Get("answer"); answer != "" {
		err = p.cfg.Sessions.ConfirmPasskey(ctx, token, []byte(answer))
	} else if err = p.cfg.Sessions.Confirm(ctx, token, values.Get("password"), from(c)); errors.Is(err, session.ErrSignIn) {
		err = refuse("password", "password-wrong")
	}
	j := carried(values)
	if err != nil {
		return p.signInRefused(c, "confirm", p.signInData(j), url.Values{}, err)
	}
	return p.show(c, "resume", resumeData{journey: j, Sure: true, lang: p.language(c)})
}

// AskForSecondStep leads somebody who must set up a second step first to the page
// for it. A form is kept.
func (p *Pages) AskForSecondStep(c echo.Context) error {
	j := interrupted(c.Request())
	if !j.Interrupted() {
		return c.Redirect(http.StatusSeeOther, "/account/second?next="+url.QueryEscape(j.Next))
	}
	return p.render(c, http.StatusForbidden, p.view(c, "resume", resumeData{journey: j, Lacks: true, lang: p.language(c)}))
}

// Sure handles a request of somebody whom its row admits, unless they have to
// set up a second step, or to prove to be there still, before it.
func (p *Pages) Sure(c echo.Context, r Route) error {
	signedIn := me(c) != nil && !r.Access.Open()
	switch {
	case signedIn && visit(c).Lacks() && !r.Setup:
		return p.AskForSecondStep(c)
	case signedIn && r.Fresh && !visit(c).Fresh:
		return p.AskToConfirm(c)
	}
	return r.Handle(c)
}
