package ui_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// TestAnOfficerEntersWhatWasToldByPhone: the form asks in the officer's words,
// the clock runs from the conversation, and the caller is given a code that works.
func TestAnOfficerEntersWhatWasToldByPhone(t *testing.T) {
	s := newSite(t)
	officer := s.person(people.Officer)
	v := s.signedIn(officer)
	v.get("/incidents/new").want(http.StatusOK, "Een melding invoeren voor een ander", "Wanneer hoorden wij het?", `value="2026-10-23T16:30"`, "Wat vertelde de melder?", "Wie meldde het?").
		lacks("Wie bent u?", `name="website"`)

	v.post("/incidents/new", "what", "Een klant belde", "name", "Een klant").
		want(http.StatusUnprocessableEntity, `id="enter-received-error"`, "Een klant belde", `value="Een klant"`, "Wanneer hoorden wij het? ")
	v.post("/incidents/new", "received", "2026-10-23T10:00").want(http.StatusUnprocessableEntity, `id="enter-what-error"`, `value="2026-10-23T10:00"`)
	v.post("/incidents/new", "what", "Lek", "received", "2026-10-23T16:31").want(http.StatusUnprocessableEntity, `id="enter-received-error"`, "ligt in de toekomst")
	v.post("/incidents/new", "what", "Lek", "received", "2020-10-23T10:00").want(http.StatusUnprocessableEntity, "Controleer het jaar")
	if rows, err := s.service.List(t.Context(), incident.Ref{}, 5); err != nil || len(rows) != 0 {
		t.Fatalf("a refused form is no report: %d (%v)", len(rows), err)
	}

	v.upload("/incidents/new", "notitie.txt", []byte("notitie"), "once", "a", "received", "2026-10-23T10:00", "what", "Een klant belde: mijn brief lag bij de buren", "fast", "wrong-recipient").
		leads("/incidents/new/code")
	page := v.get("/incidents/new/code").want(http.StatusOK, "2026-0001", "Geef deze code aan de melder")
	inc := caseOf(t, s, 1)
	due := time.Date(2026, 10, 26, 8, 0, 0, 0, time.UTC) // 9:00 in winter time, 72 hours after 10:00 in summer time
	if d := inc.Duty(incident.DutyAP); !d.Clock.Due.Equal(due) || d.Clock.Basis != incident.ClockReceipt {
		t.Errorf("the clock runs from the conversation: %+v", d.Clock)
	}
	if r := inc.Reports[0]; r.Channel != incident.ChannelPhone || r.Basis != incident.BasisStated {
		t.Errorf("recorded as %+v", r)
	}
	s.visitor().post("/melding", "code", codeOn(page.body)).want(http.StatusOK, "Ontvangen")

	v.post("/incidents/2026-0001/ask", "text", asked).leads("/incidents/2026-0001?done=ask")
	s.visitor().post("/melding", "code", codeOn(page.body)).want(http.StatusOK, asked)
	s.signedIn(s.named("Ander", people.Officer)).get("/incidents/new/code").leads("/board")
}

// TestWhoKnewBeforeTheCall: what somebody of ours knew earlier starts the clock.
func TestWhoKnewBeforeTheCall(t *testing.T) {
	s := newSite(t)
	v := s.signedIn(s.person(people.Officer))
	v.post("/incidents/new", "what", "Een collega belde", "received", "2026-10-23T10:00", "known", "2026-10-22T09:00").leads("/incidents/new/code")
	if d := caseOf(t, s, 1).Duty(incident.DutyAP); !d.Clock.Start.Equal(time.Date(2026, 10, 22, 7, 0, 0, 0, time.UTC)) || d.Clock.Basis != incident.ClockKnown {
		t.Errorf("%+v", d.Clock)
	}
}

// TestACodeIsSpelledOut: groups of four, letters as words, in the reader's language.
func TestACodeIsSpelledOut(t *testing.T) {
	s := newSite(t)
	officer := s.person(people.Officer)
	v := s.signedIn(officer)
	v.post("/incidents/new", "what", "Gebeld", "received", "2026-10-23T10:00").leads("/incidents/new/code")
	code := codeOn(v.get("/incidents/new/code").body)
	words := map[byte]string{'a': "Anton", 'b': "Bernard", 'z': "Zacharias"}
	page := v.get("/incidents/new/code")
	for i := range len(code) {
		if word, ok := words[code[i]]; ok {
			page.want(http.StatusOK, word)
		}
	}
	if got := strings.Count(page.body, "<li>"); got < 4 || strings.Contains(page.body, "spell.") {
		t.Errorf("%d lines to read out", got)
	}
}

func caseOf(t *testing.T, s *site, number uint32) *incident.Incident {
	t.Helper()
	inc, err := s.service.Incident(t.Context(), incident.Ref{Year: 2026, Number: number})
	if err != nil {
		t.Fatal(err)
	}
	return inc
}

// TestALinkInALanguageAnswersInIt: also the page after the form.
func TestALinkInALanguageAnswersInIt(t *testing.T) {
	s := newSite(t)
	v := s.visitor()
	v.get("/melden?lang=en").want(http.StatusOK, "Report a (possible) data breach")
	v.post("/melden", "what", "A laptop is gone").leads("/melden/ontvangen")
	v.get("/melden/ontvangen").want(http.StatusOK, "Thank you", s.http.URL+"/melding")
}
