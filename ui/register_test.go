package ui_test

import (
	"net/http"
	"strings"
	"testing"

	"meldklok/incident"
	"meldklok/incident/people"
)

const oldRegister = "Nr;Datum melding;Titel;Gemeld aan AP;Datum melding AP;Reden niet melden;Status\r\n" +
	"14;1-4-2019;USB-stick verloren;ja;2-4-2019;;gesloten\r\n" +
	"15;13-5-2019 09:15;<script>alert(1)</script>;nee;;Ongeopend retour;gesloten\r\n" +
	"16;22-10-2026 10:00;Mailbox gehackt;;;;open\r\n"

// handIn sends a file to the page that takes another register over.
func (v *visitor) handIn(file string) answer {
	v.s.t.Helper()
	return v.upload("/register/import", "register.csv", []byte(file))
}

// TestAnotherRegister takes a spreadsheet over through the pages: first a look
// that writes nothing, then the closed ones, then the open one with its clock,
// then everything again without an effect.
func TestAnotherRegister(t *testing.T) {
	s := newSite(t)
	v := s.signedIn(s.person(people.Officer))
	before := s.head()
	at := v.handIn(oldRegister).header.Get("Location")
	if !strings.HasPrefix(at, "/register/import/") {
		t.Fatalf("handed in, and led to %q", at)
	}
	look := v.get(at).want(http.StatusOK, "Kan worden overgenomen: 2", "Kan niet: 1", "Neem 2 incidenten over")
	checkMarkup(t, "import", look)
	if s.head() != before {
		t.Fatal("looking at a file wrote something")
	}
	v.post(at).want(http.StatusOK, "Overgenomen: 2")
	first, err := s.service.Incident(t.Context(), incident.Ref{Year: 2019, Number: 1})
	if err != nil || !first.Closed || first.AnyOpen() || first.Imported.OwnReference != "14" || len(first.Receipts) > 0 {
		t.Errorf("first: %+v (%v)", first, err)
	}
	if l, filed := first.Lateness(); !filed || l.Then > 0 {
		t.Errorf("known to the day only, and late by %v", l.Then)
	}
	v.post(at, "open", "yes").want(http.StatusOK, "Overgenomen: 1. Al bekend: 2")
	open, err := s.service.Incident(t.Context(), incident.Ref{Year: 2026, Number: 1})
	if err != nil || open.Duty(incident.DutyAP) == nil || open.Duty(incident.DutyAP).Clock.Start.Format("2006-01-02T15:04Z") != "2026-10-22T08:00Z" {
		t.Errorf("the open one has no true clock: %+v (%v)", open, err)
	}
	after := s.head()
	v.post(at, "open", "yes").want(http.StatusOK, "Overgenomen: 0. Al bekend: 3")
	changed := v.handIn(strings.Replace(oldRegister, "USB-stick verloren", "USB-stick gevonden", 1)).header.Get("Location")
	v.post(changed, "open", "yes").want(http.StatusOK, "Al bekend maar gewijzigd: 1")
	if s.head() != after {
		t.Error("taking it over again wrote something")
	}
	other := s.signedIn(s.person(people.Deputy))
	other.get(at).want(http.StatusNotFound)
	v.get("/incidents/2019-0002").want(http.StatusOK, "&lt;script&gt;")
	v.handIn("geen tabel").want(http.StatusUnprocessableEntity, "staat geen tabel")
}

// TestTheRegister filters, exports, and keeps back what a person may not see.
func TestTheRegister(t *testing.T) {
	s := newSite(t)
	officer := s.person(people.Officer)
	v, auditor := s.signedIn(officer), s.signedIn(s.person(people.Auditor))
	at := v.handIn(oldRegister).header.Get("Location")
	v.post(at, "open", "yes")
	v.get("/register").want(http.StatusOK, "1 incident gevonden", "2026-0001", "Getoond: ontvangen van")
	v.get("/register?year=").want(http.StatusOK, "3 incidenten gevonden", "2019-0001")
	v.get("/register?year=&q=stick").want(http.StatusOK, "1 incident gevonden")
	v.get("/register?year=abc").want(http.StatusUnprocessableEntity, "vier cijfers")
	csv := v.get("/register/export/csv?year=2019").want(http.StatusOK, "USB-stick verloren;", "Ongeopend retour")
	if !strings.HasPrefix(csv.body, "\ufeff") || csv.header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("the file is served as %q", csv.header.Get("Content-Type"))
	}
	s.mailIn("Onderwerp van de mail", "Naar een verkeerd adres.")
	for _, path := range []string{"/register", "/register?year=2026&sort=title", "/register?year=2026&sort=due&down=yes"} {
		v.get(path).want(http.StatusOK, "2 incidenten gevonden", "Onderwerp van de mail")
	}
	v.get("/register/export/csv?year=2026").lacks("Onderwerp van de mail")
	v.get("/register/export/exe").want(http.StatusNotFound)
	v.get("/register/years/json").want(http.StatusOK, `"year": 2019`)
	_, err := s.service.Do(t.Context(), incident.Ref{Year: 2019, Number: 1}, incident.ByPerson(officer.ID), incident.Restrict{Reasons: "een collega"})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/register?year=", "/register/export/csv?year=", "/register/export/json?year="} {
		if body := auditor.get(path).want(http.StatusOK, "2019-0002").body; strings.Contains(body, "2019-0001") {
			t.Errorf("%s shows a restricted incident", path)
		}
	}
	auditor.get("/incidents/2019-0001/file.zip").want(http.StatusNotFound)
}
