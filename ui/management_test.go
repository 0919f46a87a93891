package ui_test

import (
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
