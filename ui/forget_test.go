package ui_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// TestARequestIsHandled: a request by phone gets its month; what is kept about
// the person is found, exported, and erased where the law lets us; the page says
// of the rest why it stays, and of what is gone when it went.
func TestARequestIsHandled(t *testing.T) {
	s := newSite(t)
	ref := s.mailIn("Lijst naar verkeerde klant", "Bel mij op 06-12345678.")
	officer, fg := s.signedIn(s.person(people.Officer)), s.signedIn(s.person(people.FG))
	fg.get("/requests").want(http.StatusForbidden)

	officer.post("/requests", "what", "Wis mijn gegevens", "name", "A. de Boer").want(http.StatusUnprocessableEntity, "A. de Boer", `id="request-right-error"`)
	to := officer.post("/requests", "what", "Wis mijn gegevens", "name", "A. de Boer", "right", "erasure", "received", "2026-10-01T09:00")
	checkMarkup(t, "requests", officer.get("/requests").want(http.StatusOK, "verwijdering (artikel 17)", "2026-0002"))
	request := "/incidents/2026-0002"
	if !strings.HasPrefix(to.header.Get("Location"), request) {
		t.Fatalf("the request leads to %q", to.header.Get("Location"))
	}
	checkMarkup(t, "a request", officer.get(request).want(http.StatusOK, "Verzoek van een betrokkene", "Het verzoek beantwoorden").lacks("AP doen"))
	officer.post(request+"/waive", "duty", "request", "reasons", "x").want(http.StatusUnprocessableEntity)

	officer.post("/requests/find", "email", "x").want(http.StatusUnprocessableEntity)
	search := officer.post("/requests/find", "phone", "06-12345678").header.Get("Location")
	var page answer
	for range 200 {
		if page = officer.get(search); !strings.Contains(page.body, "Tot nu toe") {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	checkMarkup(t, "found", page.want(http.StatusOK, "genoemd in een bericht", ref.String()))
	s.signedIn(s.named("Bo", people.Officer)).get(search).want(http.StatusNotFound)
	officer.get(search+"/export").want(http.StatusOK, `"ref": "`+ref.String())
	readable := officer.get(search+"/export?as=html").want(http.StatusOK, "Wat wij over u bewaren", "Dossier "+ref.String(), "genoemd in een bericht")
	if !strings.HasPrefix(readable.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the readable copy is no download: %v", readable.header)
	}
	officer.post(search+"/erase", "reasons", "").want(http.StatusUnprocessableEntity)
	checkMarkup(t, "handled", officer.post(search+"/erase", "reasons", "verzoek 2026-0002").want(http.StatusOK, "Dit blijft in het register"))

	officer.post(request+"/extend", "reasons", "veel dossiers").leads(request + "?done=extend")
	officer.post(request+"/answer-request", "code", "partly", "reasons", "deels gewist").leads(request + "?done=answer-request")
	officer.get(request).want(http.StatusOK, "deels gewist").lacks("De termijn verlengen")

	if err := s.service.Erase(t.Context(), incident.System, incident.Erase{Ref: incident.Ref{Year: 2026, Number: 2}, Reasons: "klaar"}); err != nil {
		t.Fatal(err)
	}
	checkMarkup(t, "erased", officer.get(request).want(http.StatusOK, "Vernietigd op").lacks("A. de Boer"))
	officer.get(request+"/reports/1/raw").want(http.StatusGone, "Dit is vernietigd")
}

// TestRetentionPage: periods are shown, checked and set; a hold on everything
// and on one case is set with reasons, and a restricted report is not shown.
func TestRetentionPage(t *testing.T) {
	s := newSite(t)
	ref := s.mailIn("Lijst naar verkeerde klant", "De lijst lag op straat.")
	officer, admin := s.signedIn(s.person(people.Officer)), s.signedIn(s.person(people.Admin))
	checkMarkup(t, "retention", officer.get("/retention").want(http.StatusOK, `value="6 maanden"`, ref.String(), "er loopt nog een plicht"))
	admin.get("/retention").want(http.StatusOK).lacks("/incidents/" + ref.String())

	periods := []string{"originals", "2m", "personal", "1y", "register", "5y", "no-report", "3m", "history", "1y", "parked", "3m", "accounts"}
	wrong := officer.post("/retention", append(periods, "2w")...)
	checkMarkup(t, "a wrong period", wrong.want(http.StatusUnprocessableEntity, `value="2w"`, `id="retention-accounts-error"`))
	officer.post("/retention", append(periods, "keep")...).leads("/retention?done=retention")
	officer.get("/retention").want(http.StatusOK, `value="2 maanden"`, `value="altijd"`, "Eén eerdere wijziging", "De officer", "<del>6 maanden</del>", "<ins>2 maanden</ins>", "<ins>altijd</ins>").
		lacks("<ins>5 jaar</ins>", "<del>5 jaar</del>")
	officer.post("/language", "lang", "en", "next", "/retention")
	wrong = officer.post("/retention", "originals", "5j", "personal", "één jaar", "register", "forever", "no-report", "weken", "history", "1,5 jaar", "parked", "3 months", "accounts", "nooit")
	wrong.want(http.StatusUnprocessableEntity, `id="retention-no-report-error"`, `id="retention-history-error"`, `value="één jaar"`).lacks(`id="retention-accounts-error"`, `id="retention-register-error"`)

	officer.post("/retention/hold", "on", "yes").want(http.StatusUnprocessableEntity)
	admin.post("/retention/hold", "on", "yes", "reasons", "rechtszaak").leads("/retention?done=retention")
	checkMarkup(t, "held", officer.get("/retention").want(http.StatusOK, "rechtszaak", "Er wordt nu niets vernietigd"))

	inc := "/incidents/" + ref.String()
	officer.post(inc+"/freeze", "reasons", "verzoek").leads(inc + "?done=freeze")
	checkMarkup(t, "frozen", officer.get(inc).want(http.StatusOK, "Beperking van de verwerking").lacks("op straat"))
	officer.get(inc + "/reports/1/raw").want(http.StatusUnprocessableEntity)
	officer.post(inc+"/unfreeze", "reasons", "klaar").leads(inc + "?done=unfreeze")
	officer.get(inc).want(http.StatusOK, "op straat")
}

// TestLinesPastTheirTermAreDestroyed: the page shows lines whose term is over
// and why one stays; nothing goes without a reason and a tick, and what was
// filled in stays; what is gone is shown as gone, with who and why.
func TestLinesPastTheirTermAreDestroyed(t *testing.T) {
	s := newSite(t)
	officer, fg := s.signedIn(s.person(people.Officer)), s.signedIn(s.person(people.FG))
	fg.get("/retention/lines").want(http.StatusForbidden)
	var refs []string
	for _, subject := range []string{"Eerste lijst", "Tweede lijst", "Derde lijst"} {
		ref := s.mailIn(subject, "Een vraag.")
		s.record(ref, &incident.Alerted{Rung: incident.RungReceipt, Report: 1, Due: s.now(), Note: "capped"})
		officer.post("/incidents/no-report", "ref", ref.String(), "code", "question").leads("/incidents?done=sorted-out")
		refs = append(refs, ref.String())
	}
	checkMarkup(t, "no lines", officer.get("/retention/lines").want(http.StatusOK, "geen regel waarvan"))
	s.wait(6 * 366 * 24 * time.Hour)
	officer = s.signedIn(s.named("Bo", people.Officer))
	officer.post("/incidents/"+refs[2]+"/hold", "reasons", "rechtszaak").leads("/incidents/" + refs[2] + "?done=hold")
	checkMarkup(t, "lines", officer.get("/retention/lines").want(http.StatusOK, "Eerste lijst", "Derde lijst", "Er staat een bewaarplicht"))

	officer.post("/retention/lines", "line", refs[0], "reasons", "termijn voorbij").want(http.StatusUnprocessableEntity, "Vink aan", "termijn voorbij", `value="`+refs[0]+`" aria-label="Kies `+refs[0]+`" checked`)
	officer.post("/retention/lines", "line", refs[0], "sure", "yes").want(http.StatusUnprocessableEntity, `id="lines-reasons-error"`)
	officer.post("/retention/lines", "sure", "yes", "reasons", "x").want(http.StatusUnprocessableEntity, "ten minste één regel")
	checkMarkup(t, "a held line", officer.post("/retention/lines", "line", refs[2], "sure", "yes", "reasons", "x").want(http.StatusUnprocessableEntity, refs[2]+": Er staat een bewaarplicht"))
	officer.post("/retention/lines", "line", refs[0], "sure", "yes", "reasons", "termijn voorbij").leads("/retention/lines?done=lines")
	gone := officer.get("/incidents/"+refs[0]).want(http.StatusGone, "Bo", "termijn voorbij", "Regel in het register, termijn 5 jaar")
	checkMarkup(t, "a destroyed line", gone.lacks("Eerste lijst"))
	officer.post("/retention/lines", "all", "yes", "sure", "yes", "reasons", "opruimen").leads("/retention/lines?done=lines")
	checkMarkup(t, "lines after", officer.get("/retention/lines").want(http.StatusOK, "Derde lijst", "opruimen", "Eerder vernietigd").lacks("Tweede lijst"))
	officer.get("/retention").want(http.StatusOK, "Al vernietigd: 2.")
	officer.get("/incidents").want(http.StatusOK, "Derde lijst").lacks("Eerste lijst", "Tweede lijst")
	officer.get("/incidents/" + refs[1] + "/dossier").want(http.StatusGone)
}

// record appends an entry that nobody here would make.
func (s *site) record(ref incident.Ref, b incident.Body) {
	s.t.Helper()
	err := s.service.Store.Update(s.t.Context(), func(tx incident.Tx) error {
		_, err := tx.Append(incident.Stream{Ref: ref}, s.service.Act(incident.System), b)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}
