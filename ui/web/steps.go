package web

import (
	"github.com/labstack/echo/v4"

	"meldklok/incident"
)

// beginData is what the board shows as long as nothing was ever reported: where
// colleagues report, and what is still to be set up.
type beginData struct {
	Form  string // address of the report form
	Steps []beginStep
}

// beginStep is one thing to set up, in the order in which it helps.
type beginStep struct {
	ID   string // of its sentence
	Path string
	Done bool
}

// firstSteps lists what is to be set up, for whoever may do it; nil once there is a
// case that the person may see.
func (p *Pages) firstSteps(c echo.Context, org *incident.Org) (*beginData, error) {
	any, err := p.sight(c).List(c.Request().Context(), incident.Ref{}, 1)
	if err != nil || len(any) > 0 {
		return nil, err
	}
	d := &beginData{Form: p.cfg.URL + "/melden"}
	for _, s := range []struct {
		beginStep
		who Access
	}{
		{beginStep{"begin.people", "/people", len(org.People) > 1}, keepers()},
		{beginStep{"begin.organisation", "/settings/organisation", incident.OrganisationOf(org).Name != ""}, keepers()},
		{beginStep{"begin.mail-out", "/settings/relays", p.cfg.MailNotice() == ""}, keepers()},
		{beginStep{"begin.mail-in", "/mailbox", len(p.cfg.Mailboxes(p.language(c))) > 0}, keepers()},
		{beginStep{"begin.register", "/register/import", false}, deciders()},
	} {
		if s.who.Admits(me(c)) {
			d.Steps = append(d.Steps, s.beginStep)
		}
	}
	return d, nil
}
