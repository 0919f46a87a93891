package ui_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"meldklok/incident"
	"meldklok/incident/people"
)

// named adds a person with an address of their own.
func (s *site) named(name string, roles ...people.Role) people.Person {
	s.t.Helper()
	p := people.Person{Name: name, Email: strings.ToLower(name) + "@example.org", Roles: roles, Lang: "nl"}
	id, err := s.service.SetPerson(s.t.Context(), incident.System, p)
	if err != nil {
		s.t.Fatal(err)
	}
	p.ID = id
	return p
}

func (s *site) do(ref incident.Ref, by people.Person, cmds ...incident.Command) {
	s.t.Helper()
	for _, cmd := range cmds {
		if _, err := s.service.Do(s.t.Context(), ref, incident.ByPerson(by.ID), cmd); err != nil {
			s.t.Fatalf("%T: %v", cmd, err)
		}
	}
}

// everyKind makes an incident of every status.
func (s *site) everyKind(officer people.Person, subject string) map[incident.Status]incident.Ref {
	s.t.Helper()
	kinds := map[incident.Status]incident.Ref{}
	for _, status := range []incident.Status{
		incident.StatusNew, incident.StatusOpen, incident.StatusDecided, incident.StatusClosed, incident.StatusNoReport, incident.StatusMerged,
	} {
		kinds[status] = s.mailIn(subject+" "+string(status), subject)
	}
	confirm := incident.ConfirmAwareness{At: s.now()}
	waive := incident.Waive{Reasons: "versleuteld"}
	s.do(kinds[incident.StatusOpen], officer, confirm)
	s.do(kinds[incident.StatusDecided], officer, confirm, waive)
	s.do(kinds[incident.StatusClosed], officer, confirm, waive, incident.Close{})
	s.do(kinds[incident.StatusNoReport], officer, incident.NoReport{Code: incident.NoReportSpam})
	if err := s.service.Merge(s.t.Context(), kinds[incident.StatusMerged], kinds[incident.StatusNew], incident.ByPerson(officer.ID), "dubbel"); err != nil {
		s.t.Fatal(err)
	}
	history := "Subject: " + subject + " history\r\n\r\n" + subject + "\r\n"
	item, err := s.service.Accept(s.t.Context(), incident.Incoming{Channel: incident.ChannelIMAP, Arrived: s.now(), History: true, Body: strings.NewReader(history)})
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := s.service.Process(s.t.Context(), item)
	if err != nil {
		s.t.Fatal(err)
	}
	kinds[incident.StatusHistory] = out.Ref
	kinds[incident.StatusExercise] = s.mailIn(subject+" exercise", subject, "Message-Id: "+s.service.Tokens.DrillID(incident.DrillRule, s.now())+"\r\n")
	for status, ref := range kinds {
		inc, err := s.service.Incident(s.t.Context(), ref)
		if err != nil || inc.Status() != status {
			s.t.Fatalf("%s should be %s: %v", ref, status, err)
		}
	}
	return kinds
}

// TestRestrictedIncidentsDoNotExistForOthers walks every route for every kind
// of incident: who is not named gets the very answer of a reference that never
// was, and no page of theirs names the incident.
func TestRestrictedIncidentsDoNotExistForOthers(t *testing.T) {
	s := newSite(t)
	owner, other := s.named("Eigenaar", people.Officer), s.named("Ander", people.Officer)
	deputy, auditor := s.named("Vervanger", people.Deputy), s.named("Controleur", people.Auditor)
	const secret = "Collega in de salarisadministratie"
	kinds := s.everyKind(owner, secret)
	for _, ref := range kinds {
		s.queueMail(ref, owner)
		s.do(ref, owner, incident.Restrict{Reasons: secret})
	}
	open := s.mailIn("Een gewoon dossier", "Een gewoon dossier.")
	fill := func(path string, ref string) string {
		return strings.NewReplacer(":ref", ref, ":n", "1", ":file", "0", ":action", "describe").Replace(path)
	}
	const never = "2026-0999"
	for _, p := range []people.Person{other, deputy, auditor} {
		v := s.signedIn(p)
		for _, r := range s.routes() {
			if r.Stream || strings.HasSuffix(r.Path, "/no-report") || r.Path == "/sign-out" {
				continue
			}
			if !strings.Contains(r.Path, ":ref") {
				if r.Method == http.MethodGet {
					for id := range 12 {
						got := v.get(strings.NewReplacer(":id", itoa(id+1), ":item", itoa(id+1), ":token", "x", ":hash", "x", ":file", "x").Replace(r.Path))
						got.lacks(secret)
						for _, ref := range kinds {
							if r.Path != "/management" { // reference and time only
								got.lacks(ref.String())
							}
						}
						if !strings.Contains(r.Path, ":") {
							break
						}
					}
				}
				continue
			}
			for status, ref := range kinds {
				got, want := v.ask(r.Method, fill(r.Path, ref.String())), v.ask(r.Method, fill(r.Path, never))
				if got.status != want.status || plain(got) != plain(want) {
					t.Errorf("%s %s of a restricted %s incident as %s: %d, and %d for one that never was", r.Method, r.Path, status, p.Name, got.status, want.status)
				}
			}
		}
		if got := v.get("/incidents/" + open.String()); got.status != http.StatusOK {
			t.Errorf("%s lost an open incident: %d", p.Name, got.status)
		}
	}
	for _, p := range []people.Person{owner, s.named("Toezicht", people.FG)} {
		v := s.signedIn(p)
		for status, ref := range kinds {
			if got := v.get("/incidents/"+ref.String()).want(http.StatusOK, "afgeschermd"); !strings.Contains(got.body, secret) {
				t.Errorf("%s must see the restricted %s incident", p.Name, status)
			}
		}
	}
}

// plain is a page without what differs between two askings.
func plain(p answer) string {
	return regexp.MustCompile(`2026-\d{4}|[0-9a-f]{16,}`).ReplaceAllString(p.body, "#")
}

func itoa(n int) string { return string(rune('0'+n/10)) + string(rune('0'+n%10)) }

func TestRestrictingOnThePage(t *testing.T) {
	s := newSite(t)
	owner, other := s.named("Eigenaar", people.Officer), s.named("Ander", people.Officer)
	auditor := s.named("Controleur", people.Auditor)
	ref := s.mailIn("Lijst", "De lijst ging naar de verkeerde persoon.").String()
	inc := "/incidents/" + ref
	mine, theirs := s.signedIn(owner), s.signedIn(other)
	mine.post(inc+"/restrict", "may", string(auditor.ID), "reasons", "").want(http.StatusUnprocessableEntity, `value="`+string(auditor.ID)+`" checked`)
	mine.post(inc+"/restrict", "may", string(auditor.ID), "reasons", "Betreft Ander").leads(inc + "?done=restrict")
	mine.get(inc).want(http.StatusOK, "Alleen te zien voor Eigenaar en Controleur en de FG", "Betreft Ander")
	theirs.get(inc).want(http.StatusNotFound)
	theirs.get("/board").want(http.StatusOK).lacks(ref)
	s.signedIn(auditor).get(inc).want(http.StatusOK)

	second := s.mailIn("Nog een lijst", "Nog een.").String()
	theirs.post("/incidents/"+second+"/merge", "into", ref).want(http.StatusUnprocessableEntity, "Er is geen dossier met dit kenmerk")
	mine.post(inc+"/merge", "into", second).want(http.StatusUnprocessableEntity, "Scherm eerst het andere dossier af")
	theirs.post("/incidents/no-report", "ref", ref, "code", "spam").want(http.StatusNotFound)
	mine.post(inc+"/unrestrict", "reasons", "Niet meer nodig").leads(inc + "?done=unrestrict")
	theirs.get(inc).want(http.StatusOK, "Niet meer afgeschermd")
}
