package ui_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"meldklok/incident/people"
)

// TestLooksAreLogged: who opened the case, took the raw mail or an attachment
// stands on a page of the case; who was refused left nothing to log.
func TestLooksAreLogged(t *testing.T) {
	s := newSite(t)
	inc := "/incidents/" + s.mailIn("Lijst", "De lijst ging naar de verkeerde persoon.").String()
	officer, auditor, manager := s.signedIn(s.person(people.Officer)), s.signedIn(s.person(people.Auditor)), s.signedIn(s.person(people.Management))
	checkMarkup(t, "nobody looked", auditor.get(inc+"/access").want(http.StatusOK, "Nog niemand"))
	officer.get(inc)
	officer.get(inc)
	officer.get(inc + "/reports/1/raw").want(http.StatusOK)
	auditor.get(inc + "/reports/1/files/0").want(http.StatusOK)
	auditor.get(inc + "/reports/1/files/7").want(http.StatusNotFound)
	manager.get(inc).want(http.StatusForbidden)
	page := auditor.get(inc+"/access").want(http.StatusOK, "De officer", "De auditor", "melding 1, het originele bericht", "melding 1, bijlage 1", "730 dagen").lacks("De management")
	checkMarkup(t, "looks", page)
	if n := strings.Count(page.body, "<tr>"); n != 4 { // the head, and three looks
		t.Errorf("%d rows", n)
	}
	s.wait(16 * time.Minute)
	officer.get(inc)
	if n := strings.Count(auditor.get(inc+"/access").body, "<tr>"); n != 5 {
		t.Errorf("a later look is a new one: %d rows", n)
	}
}

// TestLooksAtParkedMailAreLogged: the text and the original bytes each, also from
// the case that the message became; the list of parked mail is no look.
func TestLooksAtParkedMailAreLogged(t *testing.T) {
	s := newSite(t)
	s.mailIn("Afwezig", "Ik ben met verlof tot maandag.", "Auto-Submitted: auto-replied\r\n")
	s.mailIn("Ook afwezig", "Ik ben er niet.", "Auto-Submitted: auto-replied\r\n")
	officer, auditor := s.signedIn(s.person(people.Officer)), s.signedIn(s.person(people.Auditor))
	item := s.parkedPath()
	officer.get("/parked").want(http.StatusOK)
	auditor.get(item).want(http.StatusOK, "Eén keer ingezien", "De auditor").lacks("De officer")
	auditor.get(item + "/raw").want(http.StatusOK)
	checkMarkup(t, "parked", officer.get(item).want(http.StatusOK, "3 keer ingezien", "De auditor", "De officer", "het originele bericht, toen het nog geparkeerd stond"))
	to := officer.post(item + "/promote").header.Get("Location")
	inc, _, _ := strings.Cut(to, "?")
	page := officer.get(inc+"/access").want(http.StatusOK, "De auditor", "De officer", "het bericht, toen het nog geparkeerd stond")
	if n := strings.Count(page.body, "<tr>"); n != 4 {
		t.Errorf("%d rows, want the head and three looks", n)
	}
}
