package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/session"
)

// peopleData is everybody, and a form for one more.
type peopleData struct {
	People []personRow
	Roles  []string
}

type personRow struct {
	people.Person
	CanSignIn bool
	Away      *people.Absence // now or soon
	Stand     string          // who replaces them
}

func (p *Pages) people(c echo.Context) error {
	data, err := p.peopleData(c)
	if err != nil {
		return err
	}
	v := p.view(c, "people", data)
	v.set("person", "lang", "nl")
	return p.render(c, http.StatusOK, v)
}

func (p *Pages) peopleData(c echo.Context) (d peopleData, err error) {
	ctx, now := c.Request().Context(), p.now()
	org, err := p.cfg.Service.Org(ctx)
	if err != nil {
		return d, err
	}
	can, err := p.cfg.Sessions.CanSignIn(ctx)
	if err != nil {
		return d, err
	}
	d.Roles = strs(people.Roles())
	for _, person := range org.People {
		row := personRow{Person: person, CanSignIn: can[person.ID]}
		for _, a := range person.Absences {
			if a.Until.After(now) && (row.Away == nil || a.From.Before(row.Away.From)) {
				row.Away, row.Stand = &a, nameOf(org.People, a.Replacement)
			}
		}
		d.People = append(d.People, row)
	}
	slices.SortStableFunc(d.People, func(a, b personRow) int {
		if a.Inactive != b.Inactive {
			return map[bool]int{true: 1, false: -1}[a.Inactive]
		}
		return 0
	})
	return d, nil
}

// personOf reads a form about a person on top of what is known.
func personOf(known people.Person, values url.Values) people.Person {
	known.Name, known.Email, known.Lang = values.Get("name"), values.Get("email"), values.Get("lang")
	known.Inactive = values.Get("inactive") == "yes"
	known.Refused = "" // whoever saves an address vouches for it; a new refusal comes back by itself
	known.Roles = nil
	for _, s := range values["role"] {
		if r, ok := people.ParseRole(s); ok {
			known.Roles = append(known.Roles, r)
		}
	}
	return known
}

func (p *Pages) addPerson(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	id, err := p.cfg.Service.SetPerson(c.Request().Context(), actor(c), personOf(people.Person{}, values))
	if err == nil {
		return c.Redirect(http.StatusSeeOther, "/people/"+string(id)+"?done=person-added")
	}
	data, dataErr := p.peopleData(c)
	if dataErr != nil {
		return dataErr
	}
	v := p.view(c, "people", data)
	status, err := v.refused("person", values, err)
	if err != nil {
		return err
	}
	return p.render(c, status, v)
}

// personData is one person.
type personData struct {
	session.Account
	Person   people.Person
	Roles    []string
	Sessions []session.Session
	Others   []people.Person
	Names    map[people.ID]string
	Link     string // a fresh one-time link, shown once
}

func (p *Pages) person(c echo.Context) error {
	v, err := p.personView(c)
	if err != nil {
		return err
	}
	return p.render(c, http.StatusOK, v)
}

func (p *Pages) personView(c echo.Context) (*View, error) {
	ctx := c.Request().Context()
	org, err := p.cfg.Service.Org(ctx)
	if err != nil {
		return nil, err
	}
	person, ok := org.People.Find(people.ID(c.Param("id")))
	if !ok {
		return nil, fmt.Errorf("web: person: %w", incident.ErrNotFound)
	}
	d := personData{Person: person, Roles: strs(people.Roles()), Names: map[people.ID]string{}}
	if d.Account, err = p.cfg.Sessions.Account(ctx, person.ID); err != nil {
		return nil, err
	}
	if d.Sessions, err = p.cfg.Sessions.Sessions(ctx, person.ID, p.token(c)); err != nil {
		return nil, err
	}
	for _, other := range org.People {
		d.Names[other.ID] = nameOf(org.People, other.ID)
		if other.ID != person.ID && !other.Inactive {
			d.Others = append(d.Others, other)
		}
	}
	v := p.view(c, "person", d)
	v.Title = nameOf(org.People, person.ID)
	v.set("person", "name", person.Name)
	v.set("person", "email", person.Email)
	v.set("person", "lang", person.Lang)
	v.set("person", "role", strs(person.Roles)...)
	if person.Inactive {
		v.set("person", "inactive", "yes")
	}
	return v, nil
}

func (p *Pages) changePerson(c echo.Context) error {
	return p.setPerson(c, "person", func(known people.Person, values url.Values) (people.Person, error) {
		next := personOf(known, values)
		return next, p.keepsAdmin(c, next)
	})
}

// keepsAdmin refuses a change after which no administrator could sign in.
func (p *Pages) keepsAdmin(c echo.Context, next people.Person) error {
	if next.Has(people.Admin) && !next.Inactive {
		return nil
	}
	ctx := c.Request().Context()
	org, err := p.cfg.Service.Org(ctx)
	if err != nil {
		return err
	}
	can, err := p.cfg.Sessions.CanSignIn(ctx)
	if err != nil {
		return err
	}
	for _, other := range org.People {
		if other.ID != next.ID && other.Has(people.Admin) && !other.Inactive && can[other.ID] {
			return nil
		}
	}
	return refuse("role", "last-admin")
}

// setPerson carries out a change of the person in the path.
func (p *Pages) setPerson(c echo.Context, name string, change func(people.Person, url.Values) (people.Person, error)) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	v, err := p.personView(c)
	if err != nil {
		return err
	}
	known := v.Data.(personData).Person
	known.Absences = slices.Clone(known.Absences)
	next, err := change(known, values)
	if err == nil {
		_, err = p.cfg.Service.SetPerson(c.Request().Context(), actor(c), next)
	}
	if err == nil {
		return c.Redirect(http.StatusSeeOther, "/people/"+c.Param("id")+"?done="+name+"-changed")
	}
	status, err := v.refused(name, values, err)
	if err != nil {
		return err
	}
	return p.render(c, status, v)
}

// absence adds an absence, or removes the one whose number is given.
func (p *Pages) absence(c echo.Context) error {
	return p.setPerson(c, "absence", func(known people.Person, values url.Values) (people.Person, error) {
		if drop := values.Get("drop"); drop != "" {
			known.Absences = slices.DeleteFunc(known.Absences, func(a people.Absence) bool { return wall(a.From) == drop })
			return known, nil
		}
		from, err := moment(values, "from")
		if err != nil {
			return known, err
		}
		until, err := moment(values, "until")
		if err != nil {
			return known, err
		}
		switch {
		case from.IsZero():
			return known, refuse("from", "required")
		case until.IsZero():
			return known, refuse("until", "required")
		case !until.After(from):
			return known, refuse("until", "absence-order")
		}
		known.Absences = append(known.Absences, people.Absence{From: from, Until: until, Replacement: people.ID(values.Get("replacement"))})
		return known, nil
	})
}

// invite makes a one-time link and shows it once: the answer to the POST is the
// only place where it stands.
func (p *Pages) invite(c echo.Context) error {
	v, err := p.personView(c)
	if err != nil {
		return err
	}
	token, err := p.cfg.Sessions.Invite(c.Request().Context(), actor(c), people.ID(c.Param("id")))
	if err != nil {
		return err
	}
	d := v.Data.(personData)
	d.Link = p.link("link", token)
	v.Data = d
	return p.render(c, http.StatusOK, v)
}

func (p *Pages) signOutPerson(c echo.Context) error {
	id := people.ID(c.Param("id"))
	if err := p.cfg.Sessions.SignOutEverywhere(c.Request().Context(), actor(c), id); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/people/"+url.PathEscape(string(id))+"?done=signed-out-everywhere")
}

// endPersonSession ends one session of somebody: the laptop that was stolen, not
// the telephone they answer the alert with.
func (p *Pages) endPersonSession(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	id := people.ID(c.Param("id"))
	err = p.cfg.Sessions.EndSession(c.Request().Context(), actor(c), id, values.Get("handle"))
	if err != nil && !errors.Is(err, incident.ErrNotFound) { // it may have ended by itself
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/people/"+url.PathEscape(string(id))+"?done=session-ended")
}

// disableFactors takes the second step of somebody who lost it away. Whoever
// uses it must know the person: it is recorded who did it.
func (p *Pages) disableFactors(c echo.Context) error {
	id := people.ID(c.Param("id"))
	if err := p.cfg.Sessions.DisableFactors(c.Request().Context(), actor(c), id); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/people/"+url.PathEscape(string(id))+"?done=factors-disabled")
}
