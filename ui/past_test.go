package ui_test

import (
	"net/http"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// TestLookingBack: the page as it was known at an entry or a time, without
// anything to do.
func TestLookingBack(t *testing.T) {
	s := newSite(t)
	officer := s.named("Eigenaar", people.Officer)
	ref := s.mailIn("Lijst", "De lijst ging naar de verkeerde persoon.")
	s.wait(2 * time.Hour)
	s.do(ref, officer, incident.Describe{Title: "Toen nog klein"})
	s.wait(2 * time.Hour)
	s.do(ref, officer, incident.Describe{Title: "Nu heel groot"}, incident.ConfirmAwareness{At: start()}, incident.Waive{Reasons: "Versleuteld"})
	v, page := s.signedIn(officer), "/incidents/"+ref.String()
	before := s.head()
	v.get(page).want(http.StatusOK, "Nu heel groot", `?at=1"`).lacks("Zoals bekend op")
	for _, row := range []struct{ why, at string }{
		{"an entry", "4"}, {"a time between two entries", "2026-10-23T19:00"}, {"a time with its zone", "2026-10-23T17:00:00Z"},
	} {
		got := v.get(page+"?at="+row.at).want(http.StatusOK, "Zoals bekend op", "Regel 4 van 7", "Toen nog klein", "nog ")
		v.get(page+"?at=1").want(http.StatusOK, "Regel 3 van 7").lacks("Wat nu?")
		got.lacks("Nu heel groot", "Versleuteld", "Wat u kunt doen", `action="`+page+`/seen"`)
		checkMarkup(t, row.why, got)
	}
	for _, row := range []struct{ why, at, says string }{
		{"an entry that is not there", "99", "geen regel met dit nummer"}, {"entry zero", "0", "geen regel met dit nummer"},
		{"before the case", "2026-10-01T10:00", "was dit dossier er nog niet"}, {"the future", "2027-10-01T10:00", "in de toekomst"}, {"nonsense", "gisteren", "geen geldige datum"},
	} {
		v.get(page+"?at="+row.at).want(http.StatusOK, row.says, "Nu heel groot").lacks("Zoals bekend op")
	}
	if s.head() != before {
		t.Error("looking back changed something")
	}
	checkMarkup(t, "keys", v.get("/keys").want(http.StatusOK, "volgende dossier"))
}
