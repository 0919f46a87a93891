package ui_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/pquerna/otp/totp"

	"meldklok/incident"
	"meldklok/incident/people"
)

// TestParkedMailAboutARestrictedCase: an automatic answer quotes the question that
// it answers, and names who was asked.
func TestParkedMailAboutARestrictedCase(t *testing.T) {
	s := newSite(t)
	owner, other := s.named("Eigenaar", people.Officer), s.named("Ander", people.Officer)
	ref := s.mailIn("Lijst", "De lijst ging naar de verkeerde persoon.")
	s.do(ref, owner, incident.Restrict{Reasons: "Betreft Ander"})
	raw := "From: Melder <melder@example.org>\r\nSubject: Afwezig: vraag over Ander\r\nAuto-Submitted: auto-replied\r\nIn-Reply-To: " +
		s.service.Tokens.MessageID(ref, 7, s.now()) + "\r\n\r\n> Wat deed Ander?\r\n"
	ctx := context.Background()
	item, err := s.service.Accept(ctx, incident.Incoming{Channel: incident.ChannelSMTP, Arrived: s.now(), Body: strings.NewReader(raw)})
	if err == nil {
		_, err = s.service.Process(ctx, item)
	}
	if err != nil {
		t.Fatal(err)
	}
	path := "/parked/" + itoa(int(item))
	mine, theirs := s.signedIn(owner), s.signedIn(other)
	mine.get("/parked").want(http.StatusOK, "vraag over Ander")
	mine.get(path).want(http.StatusOK, "Wat deed Ander?")
	theirs.get("/parked").want(http.StatusOK).lacks("vraag over Ander")
	for _, ask := range []struct{ method, path string }{
		{http.MethodGet, path}, {http.MethodGet, path + "/raw"}, {http.MethodPost, path + "/promote"}, {http.MethodPost, path + "/reviewed"},
	} {
		if got := theirs.ask(ask.method, ask.path); got.status != http.StatusNotFound {
			t.Errorf("%s %s: %d", ask.method, ask.path, got.status)
		}
	}
	found, err := s.service.FindSubject(ctx, incident.Subject{"melder@example.org"}, func(inc *incident.Incident) bool { return incident.MaySee(other, inc) }, nil)
	if err != nil || len(found) > 0 {
		t.Errorf("a search finds %v, %v", found, err)
	}
}

// TestASearchShowsNothingThatWasRestrictedSince: what a search found stays in
// memory for half an hour.
func TestASearchShowsNothingThatWasRestrictedSince(t *testing.T) {
	s := newSite(t)
	owner, other := s.named("Eigenaar", people.Officer), s.named("Ander", people.Officer)
	ref := s.mailIn("Geheime lijst", "De lijst ging naar de verkeerde persoon.")
	theirs := s.signedIn(other)
	path := theirs.post("/requests/find", "email", "zorg@example.org").header.Get("Location")
	for range 100 {
		if strings.Contains(theirs.get(path).body, "Geheime lijst") {
			break
		}
	}
	theirs.get(path).want(http.StatusOK, "Geheime lijst")
	s.do(ref, owner, incident.Restrict{Reasons: "Betreft Ander"})
	theirs.get(path).want(http.StatusOK).lacks("Geheime lijst")
	theirs.get(path + "/export").want(http.StatusOK).lacks("Geheime lijst")
}

// TestASecondStepEndsTheOtherSessions: who got in with a stolen password must be
// out once its owner sets up a second step.
func TestASecondStepEndsTheOtherSessions(t *testing.T) {
	s := newSite(t)
	p := s.person(people.Officer)
	thief, owner := s.signedIn(p), s.signedIn(p)
	thief.get("/board").want(http.StatusOK)
	if err := s.sessions.DraftApp(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	draft, err := s.sessions.Draft(t.Context(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	code, err := totp.GenerateCode(strings.ReplaceAll(draft.Secret, " ", ""), s.now())
	if err != nil {
		t.Fatal(err)
	}
	owner.post("/account/app/confirm", "code", code).want(http.StatusOK)
	owner.get("/board").want(http.StatusOK)
	if got := thief.get("/board"); got.status != http.StatusSeeOther {
		t.Errorf("the other session is still in: %d", got.status)
	}
}
