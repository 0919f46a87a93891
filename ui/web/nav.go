package web

import (
	"strings"

	"meldklok/incident/people"
)

// NavItem is one place in the navigation.
type NavItem struct {
	Path, ID string
}

// Current reports whether the item is the place of a path.
func (n NavItem) Current(path string) bool {
	return path == n.Path || (n.Path != "/" && strings.HasPrefix(path, n.Path+"/"))
}

// NavGroup is some places under one word; without an ID they stand by themselves.
type NavGroup struct {
	ID    string
	Items []NavItem
}

// Current reports whether the place of a path is in the group.
func (g NavGroup) Current(path string) bool {
	for _, n := range g.Items {
		if n.Current(path) {
			return true
		}
	}
	return false
}

// plainNav is up to how many places stand in one line without groups.
const plainNav = 6

// navigation lists the places that a person may go to: what is used all day in
// front, the rest in groups. A group of one is no group.
func navigation(p *people.Person) (groups []NavGroup) {
	all := 0
	for _, g := range []struct {
		id    string
		items []navChoice
	}{
		{"", []navChoice{
			{"/board", "nav.board", readers()}, {"/incidents", "nav.incidents", readers()}, {"/search", "nav.search", readers()},
			{"/register", "nav.register", readers()}, {"/parked", "nav.parked", readers()},
		}},
		{"nav.group.more", []navChoice{
			{"/requests", "nav.requests", deciders()}, {"/retention", "nav.retention", deciders()}, {"/management", "nav.management", overseers()},
		}},
		{"nav.group.mail", []navChoice{
			{"/mailbox", "nav.mailbox", healthSeen()}, {"/outbox", "nav.outbox", mailSeers()}, {"/health", "nav.health", healthSeen()},
		}},
		{"nav.group.admin", []navChoice{
			{"/people", "nav.people", keepers()}, {"/people/review", "nav.review", Only(people.Auditor)}, {"/settings", "nav.settings", accessSeers()},
		}},
	} {
		group := NavGroup{ID: g.id}
		for _, n := range g.items {
			if n.who.Admits(p) {
				group.Items = append(group.Items, NavItem{n.path, n.id})
			}
		}
		if all += len(group.Items); len(group.Items) > 0 {
			groups = append(groups, group)
		}
	}
	for i, g := range groups {
		if all <= plainNav || len(g.Items) == 1 {
			groups[i].ID = ""
		}
	}
	return groups
}

// navChoice is a place with who may go there.
type navChoice struct {
	path, id string
	who      Access
}

// Nav returns the navigation.
func (v *View) Nav() []NavGroup { return v.nav }

// Place is the word for where the reader is; empty where no link leads.
func (v *View) Place() string {
	for _, g := range v.nav {
		for _, n := range g.Items {
			if n.Current(v.Here) {
				return v.T(n.ID)
			}
		}
	}
	return ""
}
