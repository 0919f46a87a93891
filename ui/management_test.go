package ui_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/incident/risk"
)

// TestManagementSeesCausesAndPace: counts and medians, restricted incidents
// among them, and not a word of a case.
func TestManagementSeesCausesAndPace(t *testing.T) {
	s := newSite(t)
	officer := s.named("Eigenaar", people.Officer)
	one, two := s.mailIn("Geheime lijst", "De lijst ging naar de verkeerde persoon."), s.mailIn("Geheime laptop", "Gestolen laptop.")
	s.wait(5 * time.Hour)
	s.do(one, officer, incident.ConfirmAwareness{At: start().Add(2 * time.Hour), Reason: "Toen gelezen"},
		incident.File{Kind: incident.FilingInitial, Number: "1", At: start().Add(5 * time.Hour), Channel: "form"},
		incident.Assess{Facts: risk.Facts{PersonalData: "yes", Incident: "hacking"}})
	s.do(two, officer, incident.Restrict{Reasons: "Geheim"})
	got := s.signedIn(s.person(people.Management)).get("/management").want(http.StatusOK, "Oorzaken", "Hoe snel gaat het?", "2 uur", "3 uur", "5 uur")
	got.lacks("Geheim", "Toen gelezen")
	checkMarkup(t, "management", got)
}

// TestManagementIsNotToldTooFew: a page holds a hundred clocks, and says so when
// there are more.
func TestManagementIsNotToldTooFew(t *testing.T) {
	s := newSite(t)
	for i := range 101 {
		s.mailIn(fmt.Sprint("Lijst ", i), "De lijst ging naar de verkeerde persoon.")
		s.wait(time.Second)
	}
	boss := s.person(people.Management)
	s.signedIn(boss).get("/management").want(http.StatusOK, "Er lopen meer dan 100 termijnen", "Nu is niets te laat")
	s.wait(80 * time.Hour)
	s.signedIn(boss).get("/management").want(http.StatusOK, "Er zijn meer dan 100 termijnen verstreken")
	s.signedIn(s.person(people.Officer)).get("/board").want(http.StatusOK, "<strong>100+</strong> te laat", "<strong>100+</strong> nieuw")
}
