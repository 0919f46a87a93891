package web

import (
	"slices"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/people"
)

// sight is the record as the person behind the request may see it.
func (p *Pages) sight(c echo.Context) incident.Sight {
	if person := me(c); person != nil {
		return p.cfg.Service.Sight(*person)
	}
	return p.cfg.Service.Sight(people.Person{})
}

// Reach lets a request through only if the person may see the incident that
// its path names. To everybody else it does not exist. The guard asks this for
// every route with a reference, so that no page has to think of it.
func (p *Pages) Reach(c echo.Context) error {
	if c.Param("ref") == "" {
		return nil
	}
	ref, err := ref(c)
	if err != nil {
		return err
	}
	_, err = p.sight(c).Incident(c.Request().Context(), ref)
	return err
}

// knower is somebody who can be named in a restriction.
type knower struct {
	Person people.Person
	Chosen bool
}

// knowers lists who can be named in a restriction of the incident: everybody
// whose role lets them read cases, the FG left out, who sees all.
func knowers(all people.Directory, inc *incident.Incident, chosen []string) (list []knower) {
	for _, p := range all {
		if p.Inactive || p.Has(people.FG) || !p.Has(people.Officer, people.Deputy, people.Auditor) {
			continue
		}
		named := inc.Restriction != nil && slices.Contains(inc.Restriction.May, p.ID)
		list = append(list, knower{p, named || slices.Contains(chosen, string(p.ID))})
	}
	return list
}

// Knowers lists who can be named in a restriction, as the options of a field.
func (v *View) Knowers(d incidentData) Field {
	f := v.Field("restrict", "may")
	for _, k := range knowers(d.people, d.Inc, v.values("restrict", "may")) {
		f.Options = append(f.Options, Option{Value: string(k.Person.ID), Label: nameOf(d.people, k.Person.ID), Chosen: k.Chosen})
	}
	return f
}

// KnowerNames lists who is named in the restriction in force.
func (d incidentData) KnowerNames() []string { return namesOf(d.people, d.Inc.Restriction.May) }

func idsOf(values []string) []people.ID {
	ids := make([]people.ID, len(values))
	for i, s := range values {
		ids[i] = people.ID(s)
	}
	return ids
}

func restrictedLine(v *View, all people.Directory, b *incident.Restricted) string {
	if b.Lifted {
		return v.T("restricted.lifted")
	}
	return v.T("restricted.who", "who", namesOf(all, b.May))
}

func namesOf(all people.Directory, ids []people.ID) []string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = nameOf(all, id)
	}
	return names
}

// Actor is how somebody who acted is called on the page of a case.
func (v *View) Actor(d incidentData, by incident.Actor) string { return actorName(v, d.people, by) }
