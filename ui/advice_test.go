package ui_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"meldklok/incident"
	"meldklok/incident/people"
)

func (s *site) setting(name, value string) {
	s.t.Helper()
	err := s.service.Store.Update(s.t.Context(), func(tx incident.Tx) error {
		_, err := tx.Append(incident.OrgStream(), s.service.Act(incident.System), &incident.SettingSet{Name: name, Value: json.RawMessage(value)})
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// TestAdviceStandsBesideTheDecision: the FG advises, the officer who decides
// otherwise says why, and both stay.
func TestAdviceStandsBesideTheDecision(t *testing.T) {
	s := newSite(t)
	inc := "/incidents/" + s.mailIn("Lijst", "De lijst ging naar de verkeerde persoon.").String()
	officer, fg, auditor := s.signedIn(s.person(people.Officer)), s.signedIn(s.person(people.FG)), s.signedIn(s.person(people.Auditor))
	officer.get(inc).want(http.StatusOK).lacks("Advies vastleggen", "Besluiten en advies", "De FG adviseert anders")
	fg.post(inc+"/advise", "lean", "notify").want(http.StatusUnprocessableEntity, `id="advise-text-error"`, `value="notify" checked`)
	fg.post(inc+"/advise", "lean", "notify", "text", "Er staan BSN's in. Meld dit.").leads(inc + "?done=advise")
	checkMarkup(t, "advised", fg.get(inc).want(http.StatusOK, "Advies vastleggen", "Advies 1 van de FG: Melden bij de AP", "Er staan BSN's in"))
	officer.post(inc+"/waive", "duty", "ap", "reasons", "Versleuteld").want(http.StatusUnprocessableEntity, "De FG adviseert anders", `id="waive-against-error"`, "Versleuteld")
	officer.post(inc+"/waive", "duty", "ap", "reasons", "Versleuteld", "against", "De sleutel is niet gelekt").leads(inc + "?done=waive")
	for _, v := range []*visitor{officer, fg, auditor} {
		checkMarkup(t, "against the advice", v.get(inc).want(http.StatusOK, "Besluiten en advies", "Advies 1 van de FG is niet gevolgd", "De sleutel is niet gelekt"))
	}
}

// TestTheFGDecidesOnlyWhenGranted asks every deciding route before and after
// the organisation granted it.
func TestTheFGDecidesOnlyWhenGranted(t *testing.T) {
	s := newSite(t)
	ref := s.mailIn("Lijst", "De lijst ging naar de verkeerde persoon.").String()
	fg, auditor := s.signedIn(s.person(people.FG)), s.signedIn(s.person(people.Auditor))
	asked := 0
	walk := func(v *visitor, granted bool) {
		for _, r := range s.routes() {
			if who := allowed[r.Method+" "+r.Path]; who != "od" {
				continue
			}
			asked++
			got := v.ask(r.Method, strings.NewReplacer(":ref", ref, ":action", "none", ":item", "99").Replace(r.Path))
			if (got.status != http.StatusForbidden) != granted {
				t.Errorf("%s %s: status %d, granted: %v", r.Method, r.Path, got.status, granted)
			}
		}
	}
	walk(fg, false)
	fg.get("/incidents/" + ref).want(http.StatusOK).lacks("U besluit hier als FG")
	s.setting(incident.SettingFGDecides, "true")
	walk(fg, true)
	walk(auditor, false)
	fg.get("/incidents/"+ref).want(http.StatusOK, "Artikel 38 lid 6 AVG")
	s.setting(incident.SettingFGDecides, "false")
	walk(fg, false)
	if asked < 30 {
		t.Errorf("only %d routes asked", asked)
	}
}

// TestLinkedCases: both pages name the other one, but only to who may see it.
func TestLinkedCases(t *testing.T) {
	s := newSite(t)
	owner, other := s.named("Eigenaar", people.Officer), s.named("Ander", people.Officer)
	one, two := s.mailIn("Eerste laptop", "Gestolen.").String(), s.mailIn("Tweede laptop", "Ook gestolen.").String()
	mine, theirs := s.signedIn(owner), s.signedIn(other)
	mine.post("/incidents/"+one+"/link", "to", "2026-0777").want(http.StatusUnprocessableEntity, `id="link-to-error"`, "Er is geen dossier met dit kenmerk")
	mine.post("/incidents/"+one+"/link", "to", two, "reason", "Dezelfde dief").leads("/incidents/" + one + "?done=link")
	checkMarkup(t, "linked", mine.get("/incidents/"+one).want(http.StatusOK, "Verwante dossiers", "Tweede laptop", "Dezelfde dief"))
	theirs.get("/incidents/"+two).want(http.StatusOK, "Eerste laptop", "Hoort bij "+one)
	mine.post("/incidents/"+one+"/restrict", "reasons", "Betreft Ander").leads("/incidents/" + one + "?done=restrict")
	theirs.get("/incidents/"+two).want(http.StatusOK).lacks("Eerste laptop", one, "Dezelfde dief", "Koppeling verwijderen")
	theirs.post("/incidents/"+two+"/unlink", "to", one).want(http.StatusUnprocessableEntity, "Er is geen dossier met dit kenmerk")
	mine.post("/incidents/"+two+"/unlink", "to", one).leads("/incidents/" + two + "?done=unlink")
	mine.get("/incidents/"+one).want(http.StatusOK, "Hoort niet meer bij "+two).lacks("Verwante dossiers")
}

// TestAnAnswerFollowsAMerge: who was asked before the merge answers after it,
// and the answer stands in the case that goes on, and on the reporter's own page.
func TestAnAnswerFollowsAMerge(t *testing.T) {
	s := newSite(t)
	stranger := s.visitor()
	stranger.post("/melden", "once", "a", "what", "Er ligt een lijst op straat.").leads("/melden/ontvangen")
	code := codeOn(stranger.get("/melden/ontvangen").body)
	keep := s.mailIn("Lijst op straat gevonden", "Nog een melding over dezelfde lijst.")
	last := s.mailIn("De derde", "Over dezelfde lijst.")
	officer := s.signedIn(s.person(people.Officer))
	officer.post("/incidents/2026-0001/ask", "text", asked).leads("/incidents/2026-0001?done=ask")
	officer.post("/incidents/"+keep.String()+"/ask", "text", "Een vraag aan de ander").leads("/incidents/" + keep.String() + "?done=ask")
	officer.post("/incidents/2026-0001/merge", "into", keep.String()).leads("/incidents/2026-0001?done=merge")
	officer.post("/incidents/"+keep.String()+"/merge", "into", last.String()).leads("/incidents/" + keep.String() + "?done=merge")

	stranger.post("/melding", "code", code, "once", "x", "answer", "Het waren er 40.").want(http.StatusOK, "Uw bericht is opgeslagen", "Het waren er 40.", asked).
		lacks("Nog een melding", "Over dezelfde lijst", "Een vraag aan de ander", keep.String())
	officer.get("/incidents/"+last.String()).want(http.StatusOK, "Het waren er 40.", "2026-0001")
	officer.get("/incidents/2026-0001").want(http.StatusOK, "Het antwoord staat in dossier "+last.String()).lacks("nog geen antwoord", "Het waren er 40.")
	officer.get("/incidents/"+keep.String()).want(http.StatusOK, "nog geen antwoord").lacks("Het waren er 40.")
}
