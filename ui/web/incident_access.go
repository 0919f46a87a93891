package web

import (
	"context"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/people"
)

// mostLooks is how many looks the page lists.
const mostLooks = 500

// accessData is who looked at the personal compartments of a case.
type accessData struct {
	Ref   incident.Ref
	Looks []lookView
	Days  int // how long looks are kept
}

type lookView struct {
	incident.Access
	Who string
}

// accesses shows who looked at the personal compartments of a case.
func (p *Pages) accesses(c echo.Context) error {
	ref, err := ref(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	list, err := p.cfg.Service.Accesses(ctx, ref, mostLooks)
	if err != nil {
		return err
	}
	org, err := p.cfg.Service.Org(ctx)
	if err != nil {
		return err
	}
	v := p.view(c, "access", nil)
	v.Title = ref.String() + " " + v.Title
	d := accessData{Ref: ref, Days: int(incident.AccessKept.Hours() / 24)}
	if kept := p.cfg.Service.AccessKept; kept > 0 {
		d.Days = int(kept.Hours() / 24)
	}
	d.Looks = looksOf(v, org.People, list)
	v.Data = d
	return p.render(c, 200, v)
}

// looksOf names who looked.
func looksOf(v *View, all people.Directory, list []incident.Access) (views []lookView) {
	for _, a := range list {
		views = append(views, lookView{a, actorName(v, all, a.By)})
	}
	return views
}

// saw records a look at the page of a case. A record that cannot take it for
// now keeps nobody from the case: its clock runs.
func (p *Pages) saw(ctx context.Context, me *people.Person, inc *incident.Incident) {
	err := p.cfg.Service.Saw(ctx, incident.Access{Ref: inc.Ref, By: incident.ByPerson(me.ID), What: incident.AccessOpened})
	if err != nil {
		p.cfg.Log.Error("a look at a case could not be recorded", "err", err)
	}
}

// Attachment is the number of an attachment as people count.
func (l lookView) Attachment() int { return l.File + 1 }
