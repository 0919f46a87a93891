package ui_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"meldklok/incident"
	"meldklok/incident/people"
)

// TestARestrictedReportIsNotUsed walks every place where the words of a reporter
// can be read: they are there before, nowhere while the use is restricted (GDPR
// art. 18), and back afterwards. The search for what is kept about the person
// finds them all the time.
func TestARestrictedReportIsNotUsed(t *testing.T) {
	s := newSite(t)
	officer := s.signedIn(s.person(people.Officer))
	officer.upload("/melden", "geheimbestand.txt", []byte("inhoudvanbijlage"), "once", "a", "what", "geheimewoorden", "name", "Melder Geheimnaam", "email", "geheim@example.org").leads("/melden/ontvangen")
	rows, err := s.service.List(t.Context(), incident.Ref{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	ref := rows[0].Ref
	inc := "/incidents/" + ref.String()
	officer.upload(inc+"/attach", "geheimstuk.txt", []byte("inhoudvanstuk")).leads(inc + "?done=attach")
	letter := inc + "/letters/people/nl"
	officer.post(letter, "subject", "geheimonderwerp", "text", "geheimebrief").leads(letter + "?done=letter")
	officer.post(inc+"/ask", "report", "1", "text", "geheimevraag").leads(inc + "?done=ask")
	mail := s.mailToReporter(ref)

	places := []struct{ path, word string }{
		{inc, "geheimewoorden"}, {inc, "geheim@example.org"}, {inc, "geheimstuk.txt"}, {inc, "geheimevraag"},
		{inc + "/reports/1/raw", "geheimewoorden"}, {inc + "/reports/1/files/0", "inhoudvanbijlage"}, {inc + "/files/1", "inhoudvanstuk"},
		{letter, "geheimebrief"}, {inc + "/documents/letter-people.nl.html", "geheimebrief"}, {mail, "geheimemail"},
	}
	check := func(why string, shown bool) {
		t.Helper()
		for _, p := range places {
			page := officer.get(p.path)
			if p.word != "" && strings.Contains(page.body, p.word) != shown {
				t.Errorf("%s: %s shows %q: %v, want %v (status %d)", why, p.path, p.word, !shown, shown, page.status)
			}
			if !shown && strings.Contains(strings.ToLower(page.body), "geheim") {
				t.Errorf("%s: %s still shows something", why, p.path)
			}
		}
		found, err := s.service.FindSubject(t.Context(), incident.Subject{"geheim@example.org"}, func(*incident.Incident) bool { return true }, nil)
		if err != nil || len(found) != 1 || !strings.Contains(found[0].Text, "geheimewoorden") {
			t.Errorf("%s: the person can no longer be told what is kept: %+v, %v", why, found, err)
		}
	}
	check("before", true)
	officer.post(inc+"/freeze", "reasons", "verzoek").leads(inc + "?done=freeze")
	check("restricted", false)
	for _, path := range []string{inc + "/reports/1/raw", inc + "/reports/1/files/0", inc + "/files/1", mail} {
		officer.get(path).want(http.StatusUnprocessableEntity, "bewaard en niet gebruikt")
	}
	checkMarkup(t, "a frozen letter", officer.get(letter).want(http.StatusOK, "bewaard en niet gebruikt"))
	if page := officer.get(inc + "?at=3"); strings.Contains(strings.ToLower(page.body), "geheim") {
		t.Error("looking back to before the restriction shows what is restricted")
	}
	officer.post(inc+"/unfreeze", "reasons", "klaar").leads(inc + "?done=unfreeze")
	check("lifted", true)
}

// mailToReporter puts a mail to the reporter into the outbox and returns its page.
func (s *site) mailToReporter(ref incident.Ref) string {
	s.t.Helper()
	err := s.service.Store.Update(context.Background(), func(tx incident.Tx) error {
		id := tx.NextMessage()
		m := incident.Message{
			ID: id, MessageID: s.service.Tokens.MessageID(ref, id, s.now()), Class: incident.ClassReceipt, To: "geheim@example.org",
			Subject: "Ontvangen", Owner: incident.Stream{Ref: ref}, Queued: s.now(), State: incident.Queued, Alerts: []incident.Alert{{Ref: ref, Rung: incident.RungQuestion}},
		}
		return tx.Queue(m, []byte("Subject: Ontvangen\r\n\r\ngeheimemail\r\n"))
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return "/outbox/1"
}
