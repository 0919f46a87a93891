package ui_test

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"meldklok/incident/people"
)

// TestTheNavigationStaysShort: whatever roles somebody has, few words stand in
// the line; every place is in it and in the menu of a phone, and the present one
// is marked in both, also inside a group.
func TestTheNavigationStaysShort(t *testing.T) {
	s := newSite(t)
	for _, row := range []struct {
		why    string
		roles  []people.Role
		words  int // in the line
		places int
	}{
		{"everything at once", []people.Role{people.Officer, people.Admin, people.Management, people.FG}, 8, 13},
		{"an officer", []people.Role{people.Officer}, 7, 11},
		{"an administrator: few enough without groups", []people.Role{people.Admin}, 5, 5},
		{"an auditor", []people.Role{people.Auditor}, 8, 11},
		{"management", []people.Role{people.Management}, 1, 1},
	} {
		v := s.signedIn(s.named(string(row.roles[0])+strconv.Itoa(row.words)+strconv.Itoa(row.places), row.roles...))
		page := v.get("/account").want(http.StatusOK).body
		line, menu := between(page, `<nav class="places"`, "</nav>"), between(page, `<nav class="menu"`, "</nav>")
		inGroups := 0
		for _, group := range strings.Split(line, "<details")[1:] {
			inGroups += strings.Count(group, "<a href=") - 1
			if i := strings.Index(group, "</details>"); i >= 0 {
				inGroups -= strings.Count(group[i:], "<a href=")
			}
		}
		if got := strings.Count(line, "<a href="); got != row.places || strings.Count(menu, "<a href=") != row.places {
			t.Errorf("%s: %d places in the line, %d in the menu, want %d", row.why, got, strings.Count(menu, "<a href="), row.places)
		}
		if got := strings.Count(line, "<a href=") - inGroups; got != row.words {
			t.Errorf("%s: %d words in the line, want %d", row.why, got, row.words)
		}
		for _, m := range regexp.MustCompile(`<a href="([^"]+)"`).FindAllStringSubmatch(menu, -1) {
			page := v.get(m[1]).want(http.StatusOK).body
			if n := strings.Count(page, `<a href="`+m[1]+`" aria-current="page"`); n != 2 {
				t.Errorf("%s: %s is marked %d times", row.why, m[1], n)
			}
			if group := strings.Count(page, `<summary class="here">`); group > 1 {
				t.Errorf("%s: %s marks %d groups", row.why, m[1], group)
			}
		}
	}
}

func between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	return s
}
