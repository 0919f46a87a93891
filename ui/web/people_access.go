package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/session"
)

// reviewData is who may see what.
type reviewData struct {
	People []reviewRow
	Last   *incident.AccessReview
	By     string // who did the last review
	Due    time.Time
	Late   bool
	May    bool // the reader may record a review
}

type reviewRow struct {
	people.Person
	session.Account
	Quiet bool // has not signed in for half a year
}

// quietAfter is how long without signing in deserves a look at a review.
const quietAfter = 180 * 24 * time.Hour

func (p *Pages) review(c echo.Context) error {
	v, err := p.reviewView(c)
	if err != nil {
		return err
	}
	return p.render(c, http.StatusOK, v)
}

func (p *Pages) reviewView(c echo.Context) (*View, error) {
	ctx, now := c.Request().Context(), p.now()
	org, err := p.cfg.Service.Org(ctx)
	if err != nil {
		return nil, err
	}
	accounts, err := p.cfg.Sessions.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	d := reviewData{Last: org.Review, Due: org.ReviewDue(), May: keepers().Admits(me(c))}
	d.Late = !d.Due.IsZero() && !now.Before(d.Due)
	if d.Last != nil {
		if id, ok := d.Last.By.Person(); ok {
			d.By = nameOf(org.People, id)
		}
	}
	for _, person := range org.People {
		if !person.Inactive {
			a := accounts[person.ID]
			d.People = append(d.People, reviewRow{person, a, !a.LastIn.IsZero() && now.Sub(a.LastIn) > quietAfter})
		}
	}
	return p.view(c, "review", d), nil
}

// recordReview records that the list was looked through.
func (p *Pages) recordReview(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	if err = p.sureOf(values); err == nil {
		err = p.cfg.Service.ReviewAccess(c.Request().Context(), actor(c), values.Get("remarks"))
	}
	if err == nil {
		return c.Redirect(http.StatusSeeOther, "/people/review?done=reviewed-access")
	}
	v, viewErr := p.reviewView(c)
	if viewErr != nil {
		return viewErr
	}
	status, err := v.refused("review", values, err)
	if err != nil {
		return err
	}
	return p.render(c, status, v)
}

// sureOf refuses a review that nobody vouches for.
func (p *Pages) sureOf(values url.Values) error {
	if values.Get("looked") != "yes" {
		return refuse("looked", "review-looked")
	}
	return nil
}

// accountLogData is what happened to accounts.
type accountLogData struct {
	Rows  []accountRow
	Older uint32
}

type accountRow struct {
	At          time.Time
	Who, By     string
	Event       *incident.AccountEvent
	Review      *incident.AccessReviewed
	Token       *incident.TokenSet
	Interesting bool // failures, or somebody else's hand
}

const accountRows = 100

func (p *Pages) accountLog(c echo.Context) error {
	before, err := strconv.ParseUint(c.QueryParam("before"), 10, 32)
	if err != nil {
		before = 0 // from the end
	}
	ctx := c.Request().Context()
	entries, older, err := p.cfg.Service.AccountLog(ctx, uint32(before), accountRows)
	if err != nil {
		return err
	}
	org, err := p.cfg.Service.Org(ctx)
	if err != nil {
		return err
	}
	d := accountLogData{Older: older}
	for _, e := range entries {
		row := accountRow{At: e.At}
		by, person := e.By.Person()
		if person {
			row.By = nameOf(org.People, by)
		}
		switch b := e.Body.(type) {
		case *incident.AccountEvent:
			row.Event, row.Who = b, nameOf(org.People, b.Person)
			row.Interesting = b.Failures > 0 || by != b.Person
			if by == b.Person {
				row.By = ""
			}
		case *incident.AccessReviewed:
			row.Review = b
		case *incident.TokenSet:
			row.Token, row.By = b, actorName(p.view(c, "sign-ins", nil), org.People, e.By)
		}
		d.Rows = append(d.Rows, row)
	}
	return p.show(c, "sign-ins", d)
}

// signInRules shows what is asked of accounts.
func (p *Pages) signInRules(c echo.Context) error {
	v, err := p.rulesView(c)
	if err != nil {
		return err
	}
	return p.render(c, http.StatusOK, v)
}

// rulesData lists the roles, each with the people it concerns.
type rulesData struct {
	Roles    []string
	Demands  []string
	Provider string
	SSO      bool
	Changes  []version
}

func (p *Pages) rulesView(c echo.Context) (*View, error) {
	org, err := p.cfg.Service.Org(c.Request().Context())
	if err != nil {
		return nil, err
	}
	d := rulesData{Roles: strs(people.Roles()), Demands: strs(incident.Demands())}
	d.Provider, d.SSO = p.cfg.Sessions.SSO()
	v := p.view(c, "sign-in-rules", nil)
	if d.Changes, err = p.history(c, v, incident.SettingSignIn); err != nil {
		return nil, err
	}
	v.Data = d
	rules := org.SignInRules()
	for _, role := range people.Roles() {
		demand := rules.Second[role]
		if demand == "" {
			demand = incident.DemandOff
		}
		v.set("rules", "second-"+string(role), string(demand))
	}
	v.set("rules", "review", strconv.Itoa(rules.ReviewMonths))
	return v, nil
}

func (p *Pages) setSignInRules(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	rules := incident.SignInRules{Second: map[people.Role]incident.Demand{}}
	for _, role := range people.Roles() {
		rules.Second[role] = incident.Demand(values.Get("second-" + string(role)))
	}
	if rules.ReviewMonths, err = strconv.Atoi(strings.TrimSpace(values.Get("review"))); err != nil {
		rules.ReviewMonths = 0 // refused, with the bounds
	}
	if err = p.keepsOut(c, rules); err == nil {
		err = p.cfg.Service.SetSignInRules(c.Request().Context(), actor(c), rules)
	}
	if err == nil {
		return c.Redirect(http.StatusSeeOther, "/people/rules?done=rules-changed")
	}
	v, viewErr := p.rulesView(c)
	if viewErr != nil {
		return viewErr
	}
	status, err := v.refused("rules", values, err)
	if err != nil {
		return err
	}
	return p.render(c, status, v)
}

// keepsOut refuses rules under which whoever sets them would be sent away at
// once: they set up their own second step first.
func (p *Pages) keepsOut(c echo.Context, rules incident.SignInRules) error {
	account, err := p.cfg.Sessions.Account(c.Request().Context(), me(c).ID)
	if err != nil {
		return err
	}
	if rules.Demand(*me(c)) == incident.DemandRequired && !account.Strong() && visit(c).By != incident.FactorSSO {
		required := slices.IndexFunc(me(c).Roles, func(r people.Role) bool { return rules.Second[r] == incident.DemandRequired })
		return refuse("second-"+string(me(c).Roles[required]), "second-own-first")
	}
	return nil
}
