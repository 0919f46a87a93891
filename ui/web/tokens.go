package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/ui/session"
)

// tokensData is the tokens of other tools.
type tokensData struct {
	Tokens []tokenRow
	Scopes []string
	Fresh  string // the text of a new token, shown once
	Name   string // of the new one
	API    string // address of the API
}

type tokenRow struct {
	session.Token
	Who   string // made it
	Valid bool
}

func (p *Pages) tokens(c echo.Context) error {
	v, err := p.tokensView(c)
	if err != nil {
		return err
	}
	return p.render(c, http.StatusOK, v)
}

func (p *Pages) tokensView(c echo.Context) (*View, error) {
	ctx := c.Request().Context()
	all, err := p.cfg.Sessions.Tokens(ctx)
	if err != nil {
		return nil, err
	}
	org, err := p.cfg.Service.Org(ctx)
	if err != nil {
		return nil, err
	}
	d := tokensData{Scopes: strs(incident.Scopes()), API: p.link("api", "v1")}
	v := p.view(c, "tokens", nil)
	for _, t := range all {
		d.Tokens = append(d.Tokens, tokenRow{t, actorName(v, org.People, t.By), t.Valid(p.now())})
	}
	v.Data = d
	v.set("token", "days", strconv.Itoa(session.TokenDays))
	return v, nil
}

// addToken makes a token and shows it once: the answer to the POST is the only
// place where it stands.
func (p *Pages) addToken(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	text, err := p.newToken(c, values)
	v, viewErr := p.tokensView(c)
	if viewErr != nil {
		return viewErr
	}
	if err != nil {
		status, err := v.refused("token", values, err)
		if err != nil {
			return err
		}
		return p.render(c, status, v)
	}
	d := v.Data.(tokensData)
	d.Fresh, d.Name = text, strings.TrimSpace(values.Get("name"))
	v.Data = d
	return p.render(c, http.StatusOK, v)
}

func (p *Pages) newToken(c echo.Context, values url.Values) (string, error) {
	var scopes []incident.Scope
	for _, s := range values["scope"] {
		scopes = append(scopes, incident.Scope(s))
	}
	days, err := strconv.Atoi(strings.TrimSpace(values.Get("days")))
	if err != nil {
		days = 0 // refused, with the bounds
	}
	return p.cfg.Sessions.NewToken(c.Request().Context(), actor(c), values.Get("name"), scopes, days)
}

func (p *Pages) revokeToken(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	if err := p.cfg.Sessions.RevokeToken(c.Request().Context(), actor(c), values.Get("name")); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/settings/tokens?done=token-revoked")
}
