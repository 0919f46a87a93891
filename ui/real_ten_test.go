package ui_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"meldklok/incident"
	"meldklok/incident/people"
)

// The ten journeys that matter, each whole, in a real browser. A report from a
// phone, and confirm, assess and waive, stand in real_journey_test.go; a passkey,
// and a session that ends in the middle of a form, in real_accounts_test.go; the
// other six are here.

// TestAnAnonymousReporterAnswers: somebody without a name reports, an officer
// asks, and the answer reaches the case by the code alone.
func TestAnAnonymousReporterAnswers(t *testing.T) {
	ctx := inBrowser(t)
	s := newSite(t)
	officer := s.person(people.Officer)
	must(ctx, t, chromedp.Navigate(s.http.URL+"/melden?lang=nl"), fill("report-what", "Er ligt een lijst op straat."),
		chromedp.Click(chromedp.CSS("form button.primary")), chromedp.WaitVisible(chromedp.CSS(".code")))
	code := strings.TrimSpace(ask[string](ctx, t, `document.querySelector(".code").textContent`))
	if _, err := s.service.Do(ctx, incident.Ref{Year: 2026, Number: 1}, incident.ByPerson(officer.ID), incident.Ask{Text: asked}); err != nil {
		t.Fatal(err)
	}
	must(ctx, t, chromedp.Navigate(s.http.URL+"/melding?lang=nl"), fill("code-code", code), chromedp.Click(chromedp.CSS("form button.primary")),
		chromedp.WaitVisible(chromedp.ID("talk")), fill("answer-answer", "Het waren er 40."), chromedp.Click(chromedp.CSS("form:has(#answer-answer) button.primary")))
	says(ctx, t, "Het waren er 40.")
	must(ctx, t, setSession(s.http.URL, s.sessionOf(officer)), chromedp.Navigate(s.http.URL+"/incidents/2026-0001"), chromedp.WaitVisible(chromedp.ID("talk")))
	says(ctx, t, "Het waren er 40.")
}

// TestACaseIsFiledLate: awareness is confirmed, the risk assessed, and a filing
// after the deadline asks for its reasons.
func TestACaseIsFiledLate(t *testing.T) {
	ctx := inBrowser(t)
	s := newSite(t)
	officer := s.person(people.Officer)
	ref := s.mailIn("Mailbox overgenomen", "Iemand klikte op een link.")
	inc := s.http.URL + "/incidents/" + ref.String()
	must(ctx, t, setSession(s.http.URL, s.sessionOf(officer)), chromedp.Navigate(inc+"#do-confirm"), chromedp.WaitVisible(chromedp.ID("confirm-at")), send("confirm"), chromedp.WaitVisible(chromedp.CSS("p.done:not([hidden])")),
		chromedp.Navigate(inc+"/assess"), chromedp.Click(chromedp.CSS(`input[name=breach][value=confidentiality]`)), chromedp.Click(chromedp.CSS(`input[name=data][value=bsn]`)),
		chromedp.Click(chromedp.CSS("form button.primary")), chromedp.WaitVisible(chromedp.ID("score")))
	s.wait(80 * time.Hour)
	must(ctx, t, setSession(s.http.URL, s.sessionOf(officer)), chromedp.Navigate(inc+"#do-file"), chromedp.WaitVisible(chromedp.ID("file-number")),
		fill("file-number", "DL-1"),
		chromedp.Evaluate[chromedp.Void](`document.querySelector("#do-file input[name=kind][value=initial]").click(), document.getElementById("file-at").value = "2026-10-26T18:00", undefined`), send("file"), chromedp.WaitVisible(chromedp.ID("file-delay-error")))
	if got := ask[string](ctx, t, `document.getElementById("file-number").value`); got != "DL-1" {
		t.Errorf("what was typed is lost: %q", got)
	}
	must(ctx, t, fill("file-delay", "Het onderzoek duurde lang."), send("file"), chromedp.WaitVisible(chromedp.ID("filings")))
	says(ctx, t, "Het onderzoek duurde lang.")
	if got, err := s.service.Incident(ctx, ref); err != nil || len(got.Filings) != 1 || got.Aware == nil {
		t.Errorf("%+v %v", got.Filings, err)
	}
}

// TestTwoCasesBecomeOne: a duplicate is merged, and leads to the one that stays.
func TestTwoCasesBecomeOne(t *testing.T) {
	ctx := inBrowser(t)
	s := newSite(t)
	officer := s.person(people.Officer)
	first, second := s.mailIn("Lijst", "De lijst ging naar de verkeerde persoon."), s.mailIn("Nog eens de lijst", "Dezelfde lijst.")
	must(ctx, t, setSession(s.http.URL, s.sessionOf(officer)), chromedp.Navigate(s.http.URL+"/incidents/"+second.String()+"#do-merge"), chromedp.WaitVisible(chromedp.ID("merge-into")),
		fill("merge-into", "2026-9999"), send("merge"), chromedp.WaitVisible(chromedp.ID("merge-into-error")),
		fill("merge-into", first.String()), send("merge"), chromedp.WaitVisible(chromedp.CSS("p.done:not([hidden])")))
	if dup, err := s.service.Incident(ctx, second); err != nil || dup.Into != first || dup.AnyOpen() {
		t.Errorf("merged into %v (%v)", dup.Into, err)
	}
}

// TestManagementLooks: one page says whether we are on time; no case opens.
func TestManagementLooks(t *testing.T) {
	ctx := inBrowser(t)
	s, _, ref := scene(t)
	must(ctx, t, setSession(s.http.URL, s.sessionOf(s.person(people.Management))), chromedp.Navigate(s.http.URL+"/"), chromedp.WaitVisible(chromedp.CSS("main.management")))
	says(ctx, t, ref.String())
	if text := ask[string](ctx, t, `document.body.innerText`); strings.Contains(text, "Mailbox van de helpdesk") {
		t.Error("management sees content of a case")
	}
	must(ctx, t, chromedp.Navigate(s.http.URL+"/incidents/"+ref.String()), chromedp.WaitVisible(chromedp.CSS("main.problem")))
}

// TestASettingIsChanged: an administrator moves a rung, sees what it does, saves
// it, and finds it in the history.
func TestASettingIsChanged(t *testing.T) {
	ctx := inBrowser(t)
	s := withWorks(t)
	admin := s.staffed()
	s.mailIn("Lijst", "De lijst ging naar de verkeerde persoon.")
	must(ctx, t, setSession(s.http.URL, s.sessionOf(admin)), chromedp.Navigate(s.http.URL+"/settings"), chromedp.Click(chromedp.CSS(`a[href="/settings/ladders"]`)), chromedp.WaitVisible(chromedp.ID("on-call")),
		chromedp.Click(chromedp.CSS(`a[href="/settings/ladders/ap"]`)), chromedp.WaitVisible(chromedp.ID("form-of-ladder")), chromedp.Click(chromedp.CSS("#form-of-ladder details:nth-of-type(1) summary")),
		fill("ladder-offset-0", "straks"), chromedp.Click(chromedp.CSS(".buttons button[value=preview]")), chromedp.WaitVisible(chromedp.ID("ladder-offset-0-error")),
		fill("ladder-offset-0", "90m"),
		chromedp.Click(chromedp.CSS(".buttons button[value=preview]")), chromedp.WaitVisible(chromedp.ID("trial")))
	says(ctx, t, "1 uur en 30 minuten na het begin van de klok")
	must(ctx, t, chromedp.Click(chromedp.CSS("#trial button[value=save]")), chromedp.WaitVisible(chromedp.CSS("p.done:not([hidden])")))
	if got := s.cfg.Ladders.Ladder(incident.DutyAP)[0].Offset; got != "1h30m0s" {
		t.Errorf("the first rung comes after %q", got)
	}
}

// TestARestrictedCaseIsRefused: for whoever may not see it there is no such case.
func TestARestrictedCaseIsRefused(t *testing.T) {
	ctx := inBrowser(t)
	s := newSite(t)
	owner, other := s.named("Eigenaar", people.Officer), s.named("Ander", people.Officer)
	ref := s.mailIn("Geheim dossier", "Een collega.")
	inc := s.http.URL + "/incidents/" + ref.String()
	must(ctx, t, setSession(s.http.URL, s.sessionOf(owner)), chromedp.Navigate(inc+"#do-restrict"), chromedp.WaitVisible(chromedp.ID("restrict-reasons")),
		fill("restrict-reasons", "Het gaat om een collega."), send("restrict"), chromedp.WaitVisible(chromedp.CSS("p.done:not([hidden])")))
	must(ctx, t, setSession(s.http.URL, s.sessionOf(other)), chromedp.Navigate(inc), chromedp.WaitVisible(chromedp.CSS("main.problem")), chromedp.Navigate(s.http.URL+"/board"), chromedp.WaitVisible(chromedp.CSS("main.board")))
	if text := ask[string](ctx, t, `document.body.innerText`); strings.Contains(text, "Geheim") || strings.Contains(text, ref.String()) {
		t.Error("the board shows a case that does not exist for its reader")
	}
}
