package ui_test

import (
	"testing"

	"meldklok/incident/people"
)

func TestSmoke(t *testing.T) {
	s := newSite(t)
	ref := s.mailIn("Lijst naar verkeerde klant", "De lijst met 30 klanten ging naar de verkeerde persoon.")
	officer := s.person(people.Officer, people.Admin)
	s.mailIn("Ik ben er niet", "weg", "Auto-Submitted: auto-replied\r\n")
	v := s.signedIn(officer)
	for _, path := range []string{"/board", "/incidents", "/incidents/" + ref.String(), "/incidents/" + ref.String() + "/assess", "/incidents/new", "/parked", "/outbox", "/people", "/people/p1", "/health", "/management", "/account", "/melden", "/melding"} {
		v.get(path).want(200)
	}
	s.visitor().get("/sign-in").want(200)
}
