package ui_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// reportedBy files a report by the open form and returns its page.
func (s *site) reportedBy(name, email, phone string) (ref incident.Ref, page string) {
	s.t.Helper()
	s.visitor().upload("/melden", "bijlage.txt", []byte("x"), "once", name, "what", "Er ligt een lijst op straat.", "name", name, "email", email, "phone", phone).leads("/melden/ontvangen")
	rows, err := s.service.List(s.t.Context(), incident.Ref{}, 1)
	if err != nil {
		s.t.Fatal(err)
	}
	return rows[0].Ref, "/incidents/" + rows[0].Ref.String()
}

// TestAReporterIsCorrected: an officer puts the details right beside the report; the
// page shows the new ones with what stood there, who changed it and on which
// request; the log says that it was done without the values; whoever may only read
// gets no form; at an earlier hour the page says what was known then.
func TestAReporterIsCorrected(t *testing.T) {
	s := newSite(t)
	ref, inc := s.reportedBy("Sanne Vermer", "s.vermer@example.org", "06-1111")
	officer, auditor := s.signedIn(s.person(people.Officer)), s.signedIn(s.person(people.Auditor))
	officer.post("/requests", "what", "Mijn naam is fout", "right", "rectification", "received", "2026-10-20T09:00").want(http.StatusSeeOther)
	asked := "2026-0002"
	officer.get("/incidents/"+asked).want(http.StatusOK, "Zoek de persoon op bij Verzoeken", "kenmerk "+asked)
	checkMarkup(t, "before", officer.get(inc).want(http.StatusOK, `id="do-correct-1"`, `value="Sanne Vermer"`, `value="06-1111"`))
	auditor.get(inc).want(http.StatusOK, "Sanne Vermer").lacks("do-correct-1")
	auditor.post(inc+"/reports/1/correct", "name", "X", "reasons", "x").want(http.StatusForbidden)
	path := inc + "/reports/1/correct"
	was := []string{"name_was", "Sanne Vermer", "email_was", "s.vermer@example.org", "phone_was", "06-1111"}
	post := func(kv ...string) answer { return officer.post(path, append(kv, was...)...) }

	wrong := post("name", "Sanne Vermeer", "email", "geen adres", "phone", "06-1111")
	checkMarkup(t, "refused", wrong.want(http.StatusUnprocessableEntity, `id="correct-1-email-error"`, `id="correct-1-reasons-error"`, `value="geen adres"`, "E-mailadres: Dit is geen geldig"))
	post("name", "Sanne Vermer", "email", "s.vermer@example.org", "phone", "06-1111", "reasons", "x").want(http.StatusUnprocessableEntity, "Vul in wat er moet staan")
	post("name", "Sanne Vermeer", "request", "2026-9999", "reasons", "x").want(http.StatusUnprocessableEntity, `id="correct-1-request-error"`)
	post("name", "Sanne Vermeer", "request", ref.String(), "reasons", "x").want(http.StatusUnprocessableEntity, "geen verzoek van een betrokkene")
	officer.post(inc+"/reports/7/correct", "name", "A", "reasons", "x").want(http.StatusUnprocessableEntity, "staat niet in dit dossier")
	officer.post(inc+"/reports/1/other", "name", "A", "reasons", "x").want(http.StatusNotFound)
	officer.post(inc+"/reports/1/quoted", "name", "A", "reasons", "x").want(http.StatusUnprocessableEntity, "geen oorspronkelijke afzender")

	s.wait(time.Hour)
	post("name", "Sanne Vermeer", "email", "s.vermeer@example.org", "phone", "", "request", asked, "reasons", "belde zelf").leads(inc + "?done=correct#reports")
	page := officer.get(inc+"?done=correct").want(http.StatusOK, "Verbeterd. Hebt u de oude gegevens", `value="Sanne Vermeer"`, "<del>Sanne Vermer</del>", "<ins>Sanne Vermeer</ins>", "<del>06-1111</del>",
		"weggehaald", "belde zelf", "Gegevens van een melder verbeterd", "naam, e-mailadres en telefoonnummer", "Op verzoek "+asked, "De officer")
	checkMarkup(t, "corrected", page)
	_, log, _ := strings.Cut(page.body, `id="log"`)
	for _, word := range []string{"Vermer", "06-1111"} {
		if strings.Contains(log, word) {
			t.Errorf("the log shows %q", word)
		}
	}
	auditor.get(inc).want(http.StatusOK, "<del>Sanne Vermer</del>")
	officer.get(inc+"?at=2026-10-23T17:00").want(http.StatusOK, "Sanne Vermer").lacks("Sanne Vermeer", "belde zelf", "do-correct-1")

	answer := officer.get("/incidents/"+asked).want(http.StatusOK, "Wat er is gedaan", ref.String()+", Melding 1: verbeterd (naam, e-mailadres en telefoonnummer)")
	if n := strings.Count(answer.body, "Melding 1: verbeterd"); n < 3 {
		t.Errorf("the card, the log and the answer say what was done: %d times", n)
	}
	checkMarkup(t, "the request", answer)

	stale := officer.post(path, append([]string{"name", "Sanne J. Vermeer", "email", "s.vermer@example.org", "phone", "06-1111", "reasons", "tweede naam"}, was...)...)
	stale.leads(inc + "?done=correct#reports")
	officer.get(inc).want(http.StatusOK, `value="Sanne J. Vermeer"`, `value="s.vermeer@example.org"`, "2 keer, het laatst op")
}

// TestACorrectionHidesWhatItsReaderMayNotSee: the request is restricted to one
// officer, so nobody else learns its reference; and a frozen report is put right
// without being shown.
func TestACorrectionHidesWhatItsReaderMayNotSee(t *testing.T) {
	s := newSite(t)
	_, inc := s.reportedBy("Oude Naam", "oud@example.org", "06-2222")
	owner, other := s.named("Eigenaar", people.Officer), s.signedIn(s.named("Ander", people.Officer))
	officer := s.signedIn(owner)
	officer.post("/requests", "what", "x", "right", "rectification", "received", "2026-10-20T09:00").want(http.StatusSeeOther)
	asked := incident.Ref{Year: 2026, Number: 2}
	s.do(asked, owner, incident.Restrict{Reasons: "Betreft Ander"})
	path := inc + "/reports/1/correct"
	other.post(path, "name", "Nieuwe Naam", "request", asked.String(), "reasons", "x").want(http.StatusUnprocessableEntity, "geen dossier met dit kenmerk")
	officer.post(path, "name", "Nieuwe Naam", "request", asked.String(), "reasons", "x").leads(inc + "?done=correct#reports")
	officer.get(inc).want(http.StatusOK, asked.String())
	other.get(inc).want(http.StatusOK, "Nieuwe Naam").lacks(asked.String())

	officer.post(inc+"/freeze", "reasons", "betwist").leads(inc + "?done=freeze")
	checkMarkup(t, "frozen", officer.get(inc).want(http.StatusOK, "wordt bewaard en niet getoond", "naam", "is vernietigd of wordt niet gebruikt").lacks("Nieuwe Naam", "Oude Naam", "06-2222"))
	officer.post(path, "name", "", "name_was", "", "email", "goed@example.org", "email_was", "", "phone", "", "phone_was", "", "reasons", "y").leads(inc + "?done=correct#reports")
	officer.get(inc).lacks("goed@example.org")
	officer.post(inc+"/unfreeze", "reasons", "hersteld").leads(inc + "?done=unfreeze")
	officer.get(inc).want(http.StatusOK, "Nieuwe Naam", "goed@example.org", "06-2222")
}

// TestASearchForgetsWithTheReport: what a search for a person found is shown and
// exported no more once it is erased, also by the page that found it, and a copy for
// somebody who is only named does not say who named them.
func TestASearchForgetsWithTheReport(t *testing.T) {
	s := newSite(t)
	ref, inc := s.reportedBy("Roos Klaver", "roos@example.org", "06-3333")
	officer := s.signedIn(s.person(people.Officer))
	s.mailIn("Over Roos Klaver", "Roos Klaver liet de lijst liggen.")
	officer.post(inc+"/reports/1/correct", "name", "Roos de Klaver", "name_was", "Roos Klaver", "reasons", "x").leads(inc + "?done=correct#reports")
	search := func(kv ...string) string {
		t.Helper()
		to := officer.post("/requests/find", kv...).header.Get("Location")
		for range 200 {
			if page := officer.get(to); !strings.Contains(page.body, "Tot nu toe") {
				return to
			}
			time.Sleep(5 * time.Millisecond)
		}
		t.Fatal("the search does not end")
		return ""
	}
	found := search("email", "roos@example.org")
	checkMarkup(t, "found", officer.get(found).want(http.StatusOK, "Roos de Klaver", "06-3333", "#do-correct-1", "Verbeterd op", "lijst op straat"))
	officer.get(found+"/export").want(http.StatusOK, `"name": "Roos de Klaver"`, `"phone": "06-3333"`, `"corrections"`).lacks(`"Roos Klaver"`)
	officer.get(found+"/export?as=html").want(http.StatusOK, "Roos de Klaver", "06-3333", "Verbeterd")
	named := search("name", "Roos Klaver")
	officer.get(named).want(http.StatusOK, "genoemd in een bericht", "stond er vroeger, is verbeterd")
	officer.get(named+"/export").want(http.StatusOK).lacks("zorg@example.org", "Afdeling Zorg", "Over Roos", "roos@example.org", "lijst op straat")
	officer.get(named+"/export?as=html").want(http.StatusOK).lacks("zorg@example.org", "Afdeling Zorg", "lijst op straat")

	s.do(ref, people.Person{ID: "p1"}, incident.NoReport{Code: incident.NoReportQuestion})
	officer.post(found+"/erase", "reasons", "x", "request", "2026-0009").want(http.StatusUnprocessableEntity, `id="erase-request-error"`)
	officer.post(found+"/erase", "reasons", "verzoek").want(http.StatusOK, "gedaan")
	for _, path := range []string{found, found + "/export", found + "/export?as=html", inc} {
		officer.get(path).want(http.StatusOK).lacks("Roos", "06-3333", "lijst op straat")
	}
	checkMarkup(t, "found after it was erased", officer.get(found).want(http.StatusOK, "Vernietigd op").lacks("#do-correct"))
	checkMarkup(t, "erased", officer.get(inc).want(http.StatusOK, "is vernietigd of wordt niet gebruikt").lacks("do-correct-1"))
}
