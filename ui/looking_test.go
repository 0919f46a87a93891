package ui_test

import (
	"fmt"
	"html"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/incident/store"
)

// rows is everything that stands in the record but the access log ('J'), which
// looking may write, and the row of counters, which counts that too.
func (s *site) rows() map[string]string {
	s.t.Helper()
	rows := map[string]string{}
	err := s.engine.View(func(r store.Reader) error {
		for table := range store.Table(255) {
			r.Ascend(table, nil, func(k, v []byte) bool {
				if name := fmt.Sprintf("%c %x", table, k); table != 'J' && !(table == 'M' && string(k) == "counters") {
					rows[name] = string(v)
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return rows
}

var addresses = regexp.MustCompile(`(?:href|src|action|formaction)="(/[^"]*)"`)

// mostLooks is how many addresses one of them asks for: all routes, and what is
// found first on their pages.
const mostLooks = 280

// TestNothingIsWrittenByLooking (promise 10): a scanner that follows whatever it
// finds, with the session of every role, of a stranger, and with a link out of a
// mail, asks with GET and HEAD for every page, every link on it and the address of
// every form. Of all that stands in the record nothing changes, sessions, links and
// parked mail included; only who looked is noted.
func TestNothingIsWrittenByLooking(t *testing.T) {
	s, officer, ref := scene(t)
	visitors := map[string]*visitor{"a stranger": s.visitor(), string(people.Officer): s.signedIn(officer)}
	for _, role := range people.Roles() {
		if visitors[string(role)] == nil {
			visitors[string(role)] = s.signedIn(s.person(role))
		}
	}
	invited, err := s.sessions.Invite(t.Context(), incident.System, officer.ID)
	if err != nil {
		t.Fatal(err)
	}
	begin := append(s.walk(ref), "/", "/melden", "/melding", "/sign-in", "/link/"+invited, "/link/nobody", "/healthz", "/livez", "/readyz")
	for _, r := range s.routes() {
		if !r.Stream {
			begin = append(begin, strings.NewReplacer(":ref", ref.String(), ":n", "1", ":id", "p1", ":item", "5", ":action", "waive").Replace(r.Path)+"?reasons=x&code=spam")
		}
	}
	s.wait(20 * time.Minute) // what a session remembers of its last use is old by now
	before := s.rows()
	for _, who := range slices.Sorted(maps.Keys(visitors)) {
		v := visitors[who]
		asked, queue := map[string]bool{}, slices.Clone(begin)
		for len(queue) > 0 && len(asked) < mostLooks {
			path := html.UnescapeString(queue[0])
			if queue = queue[1:]; asked[path] || strings.HasPrefix(path, "/events") {
				continue
			}
			asked[path] = true
			page := v.get(path)
			if len(asked) < len(begin) {
				v.do(http.NewRequest(http.MethodHead, s.http.URL+path, nil))
			}
			if strings.HasPrefix(page.header.Get("Content-Type"), "text/html") {
				for _, found := range addresses.FindAllStringSubmatch(page.body, -1) {
					queue = append(queue, found[1])
				}
			}
		}
		after := s.rows()
		for row, value := range after {
			if was, there := before[row]; !there || was != value {
				t.Errorf("%s: looking wrote the row %s", who, row)
			}
		}
		for row := range before {
			if _, there := after[row]; !there {
				t.Errorf("%s: looking removed the row %s", who, row)
			}
		}
		t.Logf("%s: %d addresses", who, len(asked))
		before = after
	}
}
