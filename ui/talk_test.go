package ui_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui"
)

const asked = "Hoeveel klanten stonden er op de lijst?"

// TestAskAnAnonymousReporter: an officer asks on the page of an incident, the
// reporter reads it with the receipt code and answers, and the answer stands on
// the page of the incident; nobody else's words reach the reporter.
func TestAskAnAnonymousReporter(t *testing.T) {
	s := newSite(t)
	stranger := s.visitor()
	stranger.post("/melden", "once", "a", "what", "Er ligt een lijst op straat.").leads("/melden/ontvangen")
	code := codeOn(stranger.get("/melden/ontvangen").body)
	officer, fg := s.signedIn(s.person(people.Officer)), s.signedIn(s.person(people.FG))
	inc := "/incidents/2026-0001"

	officer.get(inc).want(http.StatusOK, "De melder iets vragen").lacks("Gesprek met de melder")
	fg.get(inc).want(http.StatusOK).lacks("De melder iets vragen")
	fg.post(inc+"/ask", "text", asked).want(http.StatusForbidden)
	officer.post(inc+"/ask", "text", " ").want(http.StatusUnprocessableEntity, `id="ask-text-error"`)
	officer.post(inc+"/ask", "text", asked).leads(inc + "?done=ask")
	checkMarkup(t, "asked", officer.get(inc).want(http.StatusOK, "Gesprek met de melder", asked, "nog geen antwoord", "met de ontvangstcode"))

	read := stranger.post("/melding", "code", code).want(http.StatusOK, "Onze vraag", asked, "Wij hebben een vraag aan u").lacks("2026-0001", "op straat", "hoeft nu niets te doen")
	checkMarkup(t, "by code", read)
	stranger.post("/melding", "code", code, "answer", " ").want(http.StatusUnprocessableEntity, `id="answer-answer-error"`, asked)
	answered := stranger.post("/melding", "code", strings.ToUpper(code), "once", "x", "answer", "Het waren er 40.")
	checkMarkup(t, "answered", answered.want(http.StatusOK, "Uw bericht is opgeslagen", "Het waren er 40.").lacks("Wij hebben een vraag aan u"))
	stranger.post("/melding", "code", code, "once", "x", "answer", "Het waren er 40.").want(http.StatusOK)
	s.visitor().post("/melding", "code", "aaaa-bbbb-cccc-dddd", "answer", "x").want(http.StatusUnprocessableEntity, "Deze code kennen wij niet")

	officer.get("/board").want(http.StatusOK, "1 nieuw antwoord")
	officer.get(inc).want(http.StatusOK, "Het waren er 40.").lacks("nog geen antwoord")
	if got, err := s.service.Incident(t.Context(), incident.Ref{Year: 2026, Number: 1}); err != nil || len(got.Reports) != 2 {
		t.Errorf("the same answer twice is one: %+v, %v", got.Reports, err)
	}
}

// TestNobodyToAsk: the page offers no question where nobody could read it.
func TestNobodyToAsk(t *testing.T) {
	s := newSite(t)
	officer := s.signedIn(s.person(people.Officer))
	s.mailIn("Onleesbaar", "Niemand weet van wie dit komt.", "een regel die geen kop is\r\n")
	officer.get("/incidents/2026-0001").want(http.StatusOK).lacks("De melder iets vragen")
	officer.post("/incidents/2026-0001/ask", "text", asked).want(http.StatusUnprocessableEntity, "niet te bereiken")
}

// TestMailboxPage: the numbers, what is wrong, and what to do, in the reader's
// language; without a mailbox how to have one.
func TestMailboxPage(t *testing.T) {
	boxes := []incident.WatchedMailbox{{
		Name: "privacy", Server: "imap.example.org:993", Folder: "INBOX", Alarm: incident.DefaultMailboxAlarm, From: start().Add(-48 * time.Hour),
		Started: start().Add(-time.Hour), LastGood: start().Add(-20 * time.Minute), InFolder: 128, Known: 127, Missing: 1, Aside: 1,
		Trouble: "sign-in", TroubleAt: start().Add(-20 * time.Minute), Detail: "AUTHENTICATIONFAILED", SecretEnds: start().Add(10 * 24 * time.Hour),
		Probed: true, Probe: incident.Probe{Message: 3, Sent: start().Add(-3 * time.Hour), Seen: start().Add(-3 * time.Hour), Travel: 42 * time.Minute},
	}, {Name: "tweede", Folder: "INBOX", Alarm: incident.DefaultMailboxAlarm, Started: start(), LastGood: start(), MoveTo: "Archief"}}
	s := newSite(t, func(c *ui.Config) {
		c.Mailboxes = func(lang string) []incident.WatchedMailbox {
			for i := range boxes {
				boxes[i].Why = map[string]string{"nl": "De mailserver weigert de aanmelding.", "en": "The mail server refuses the sign-in."}[lang]
			}
			return boxes
		}
	})
	person := s.person(people.Admin)
	admin := s.signedIn(person)
	nl := admin.get("/mailbox").want(http.StatusOK, "mailbox 128, bekend 127, geparkeerd 0", "al 20 minuten niet gelezen", "weigert de aanmelding", "AUTHENTICATIONFAILED",
		"verloopt over 10 dagen", "aangekomen na 42 minuten", "meldklok mailbox test", "tweede", "Archief", "nog niet")
	checkMarkup(t, "mailbox", nl)
	person.Lang = "en"
	if _, err := s.service.SetPerson(t.Context(), incident.System, person); err != nil {
		t.Fatal(err)
	}
	checkMarkup(t, "mailbox in English", admin.get("/mailbox").want(http.StatusOK, "mailbox 128, known 127", "refuses the sign-in"))
	boxes = nil
	checkMarkup(t, "no mailbox", admin.get("/mailbox").want(http.StatusOK, "--mailbox"))
}

// TestLesson17SenderFactsInWords: flag, origin and the parser's problems are sentences.
func TestLesson17SenderFactsInWords(t *testing.T) {
	s := newSite(t)
	plain := s.service.Read
	s.service.Read = func(raw []byte, in incident.Incoming, o incident.ReadOptions) incident.Reading {
		r := plain(raw, in, o)
		r.Original = &incident.Address{Name: "Een Burger", Email: "burger@example.net"}
		r.Authentication, r.ReceivedFlag, r.Problems, r.Machine = "spf=pass dkim=none dmarc=strange", "disagrees", []string{"tnef", "unheard-of"}, "list"
		return r
	}
	ref := s.mailIn("Lijst", "De lijst ging naar de verkeerde persoon.")
	officer := s.signedIn(s.person(people.Officer))
	got := officer.get("/incidents/"+ref.String()).want(http.StatusOK,
		"SPF klopt, DKIM ontbreekt, DMARC was niet te controleren", "uw eigen mailserver", "meer dan een uur uiteenlopen", "winmail.dat", "unheard-of",
		"burger@example.net", "niet gecontroleerd", "Via een mailinglijst", "zorg@example.org")
	checkMarkup(t, "sender facts", got)
}
