// Package people says who is who: persons, their roles, language, absence and
// replacement, and so who an audience is. Who may sign in, and how, is none of
// its business (ui/session).
package people

import (
	"slices"
	"strings"
	"time"
)

// ID names a person for ever, also after they left. It carries no content.
type ID string

// Role is what a person is to an incident. Stored values: never rename one.
type Role string

// The roles (DESIGN, the table of persons; GDPR art. 37-39 for the FG).
const (
	Officer    Role = "officer"    // privacy officer: manages incidents, decides
	Deputy     Role = "deputy"     // stands in for the officer, decides
	FG         Role = "fg"         // functionaris gegevensbescherming: sees all, advises
	Management Role = "management" // is told in time; sees no case details
	Admin      Role = "admin"      // keeps the tool running
	Auditor    Role = "auditor"    // reads all, changes nothing, is not alerted
)

// Roles lists every role in the order in which a failed alert climbs.
func Roles() []Role { return []Role{Officer, Deputy, FG, Management, Admin, Auditor} }

// ParseRole reads a role as stored; ok is false for anything else.
func ParseRole(s string) (r Role, ok bool) {
	r = Role(strings.ToLower(strings.TrimSpace(s)))
	return r, slices.Contains(Roles(), r)
}

// Absence is a period in which somebody else is alerted instead.
type Absence struct {
	From        time.Time `json:"from"`  // included, UTC
	Until       time.Time `json:"until"` // excluded, UTC
	Replacement ID        `json:"replacement,omitempty"`
}

// Person is somebody of the organisation whom Meldklok alerts or admits.
type Person struct {
	ID       ID        `json:"id"`
	Email    string    `json:"email"`
	Name     string    `json:"name,omitempty"`
	Roles    []Role    `json:"roles"`
	Lang     string    `json:"lang"` // "nl" or "en"
	Inactive bool      `json:"inactive,omitempty"`
	Refused  string    `json:"refused,omitempty"` // the reply with which the address was last refused for good
	Absences []Absence `json:"absences,omitempty"`
	FromSSO  bool      `json:"from_sso,omitempty"` // made, and given roles, by the provider of single sign-on
}

// Has reports whether the person has one of the roles.
func (p Person) Has(roles ...Role) bool {
	return slices.ContainsFunc(roles, func(r Role) bool { return slices.Contains(p.Roles, r) })
}

// absentAt returns the absence in force at the instant, if any.
func (p Person) absentAt(at time.Time) (Absence, bool) {
	for _, a := range p.Absences {
		if !at.Before(a.From) && at.Before(a.Until) {
			return a, true
		}
	}
	return Absence{}, false
}

// Directory is everybody, in the order in which they were added.
type Directory []Person

// Find returns the person with the ID.
func (d Directory) Find(id ID) (Person, bool) {
	i := slices.IndexFunc(d, func(p Person) bool { return p.ID == id })
	if i < 0 {
		return Person{}, false
	}
	return d[i], true
}

// FindEmail returns the active person with the address, whatever its case.
func (d Directory) FindEmail(email string) (Person, bool) {
	i := slices.IndexFunc(d, func(p Person) bool { return !p.Inactive && strings.EqualFold(p.Email, strings.TrimSpace(email)) })
	if i < 0 {
		return Person{}, false
	}
	return d[i], true
}

// Audience returns who must be told at the instant: the active persons with one
// of the roles, an absent one exchanged for the replacement. When that leaves
// nobody, the audience falls through to the next roles (LESSONS 26), and at
// last to the absent themselves: somebody is always told if anybody can be. It
// is empty only when nobody at all can be alerted.
func (d Directory) Audience(roles []Role, at time.Time) []Person {
	if found := d.present(roles, at); len(found) > 0 {
		return found
	}
	for _, r := range alertable() {
		if found := d.present([]Role{r}, at); len(found) > 0 {
			return found
		}
	}
	return d.active(alertable())
}

// Named returns the persons themselves, an absent one exchanged for the
// replacement; those who left or have no stand-in are not among them.
func (d Directory) Named(ids []ID, at time.Time) (found []Person) {
	for _, id := range ids {
		if p, ok := d.Find(id); ok && !p.Inactive {
			if q, ok := d.standIn(p, at); ok {
				found = append(found, q)
			}
		}
	}
	return found
}

// Next returns the next person to try when alerts to those in tried have
// failed: first those of the on-call order, then role by role, as [Roles]
// orders them. ok is false when everybody who can be alerted has been tried.
func (d Directory) Next(onCall, tried []ID, at time.Time) (p Person, ok bool) {
	for _, found := range [][]Person{d.Named(onCall, at), d.inOrder(at), d.active(alertable())} {
		for _, p := range found {
			if !slices.Contains(tried, p.ID) {
				return p, true
			}
		}
	}
	return Person{}, false
}

// CanAlert reports whether there is anybody who can be alerted.
func (d Directory) CanAlert() bool { return len(d.active(alertable())) > 0 }

func alertable() []Role { return []Role{Officer, Deputy, FG, Management, Admin} }

// WithRole returns the active persons with one of the roles, an absent one
// exchanged for the replacement. Unlike [Directory.Audience] it falls through to
// nobody.
func (d Directory) WithRole(roles []Role, at time.Time) []Person { return d.present(roles, at) }

func (d Directory) inOrder(at time.Time) []Person {
	var all []Person
	for _, r := range alertable() {
		all = append(all, d.present([]Role{r}, at)...)
	}
	return all
}

func (d Directory) active(roles []Role) []Person {
	var found []Person
	for _, p := range d {
		if !p.Inactive && p.Has(roles...) {
			found = append(found, p)
		}
	}
	return found
}

// present resolves roles to persons, following replacements; a chain of
// replacements that ends in an absent person yields nobody.
func (d Directory) present(roles []Role, at time.Time) []Person {
	var found []Person
	for _, p := range d.active(roles) {
		if q, ok := d.standIn(p, at); ok && !slices.ContainsFunc(found, func(o Person) bool { return o.ID == q.ID }) {
			found = append(found, q)
		}
	}
	return found
}

func (d Directory) standIn(p Person, at time.Time) (Person, bool) {
	for range len(d) {
		away, absent := p.absentAt(at)
		if !absent {
			return p, true
		}
		next, ok := d.Find(away.Replacement)
		if !ok || next.Inactive {
			return Person{}, false
		}
		p = next
	}
	return Person{}, false
}
