package ui_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"meldklok/incident"
	"meldklok/incident/people"
)

// TestTheAccessibilityCheckCanFail plants a barrier and expects axe-core to
// find it, also under our content security policy.
func TestTheAccessibilityCheckCanFail(t *testing.T) {
	ctx := inBrowser(t)
	axe := readAxe(t)
	s := newSite(t)
	must(ctx, t, chromedp.Navigate(s.http.URL+"/melden"), chromedp.WaitVisible(chromedp.CSS("main")))
	ask[bool](ctx, t, `document.querySelector("main").append(document.createElement("img")), true`)
	ask[any](ctx, t, axe+";1")
	found, err := chromedp.Run(ctx, chromedp.Evaluate[string](`axe.run(document).then(r => r.violations.map(v => v.id).join(" "))`, chromedp.EvalAwaitPromise))
	if err != nil || !strings.Contains(found, "image-alt") {
		t.Errorf("an image without text was not found: %q (%v)", found, err)
	}
}

func TestAReportFromAPhone(t *testing.T) {
	ctx := inBrowser(t)
	s := newSite(t)
	proof := filepath.Join(t.TempDir(), "bewijs.txt")
	if err := os.WriteFile(proof, []byte("schermafdruk"), 0o600); err != nil {
		t.Fatal(err)
	}
	must(ctx, t, chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile, chromedp.EmulateTouch),
		chromedp.Navigate(s.http.URL+"/melden?lang=nl"), chromedp.Click(chromedp.CSS(`.tile:first-of-type`)))
	if !ask[bool](ctx, t, `getComputedStyle(document.querySelector(".tile small")).display !== "none"`) {
		t.Error("the chosen fast path must say what matters")
	}
	must(ctx, t, fill("report-what", "Lijst naar de verkeerde gestuurd"),
		chromedp.SetUploadFiles(chromedp.ID("report-files"), []string{proof}),
		chromedp.Click(chromedp.CSS("form button.primary")), chromedp.WaitVisible(chromedp.CSS(".code")))
	code := strings.TrimSpace(ask[string](ctx, t, `document.querySelector(".code").textContent`))
	must(ctx, t, chromedp.Navigate(s.http.URL+"/melding?lang=nl"), fill("code-code", code),
		chromedp.Click(chromedp.CSS("form button.primary")), chromedp.WaitVisible(chromedp.CSS("section.card")))
	if text := ask[string](ctx, t, `document.querySelector("main").innerText`); !strings.Contains(text, "Ontvangen") {
		t.Error(text)
	}
	rows, err := s.service.List(ctx, incident.Ref{}, 5)
	if err != nil || len(rows) != 1 {
		t.Fatal(len(rows), err)
	}
}

// TestARefusedReportWithAFile: what is sent by the script is refused in sight,
// under the content security policy, and can be mended and sent again.
func TestARefusedReportWithAFile(t *testing.T) {
	ctx := inBrowser(t)
	s := newSite(t)
	proof := filepath.Join(t.TempDir(), "bewijs.txt")
	if err := os.WriteFile(proof, []byte("schermafdruk"), 0o600); err != nil {
		t.Fatal(err)
	}
	const noDay = `(() => { const f = document.getElementById("report-known"); f.type = "text"; f.value = %s; return true })()`
	must(ctx, t, chromedp.Navigate(s.http.URL+"/melden?lang=nl"),
		fill("report-what", "Lijst naar de verkeerde gestuurd"),
		chromedp.SetUploadFiles(chromedp.ID("report-files"), []string{proof}))
	ask[bool](ctx, t, strings.ReplaceAll(noDay, "%s", `"31-02-2026 25:00"`))
	must(ctx, t, chromedp.Click(chromedp.CSS("form button.primary")), chromedp.WaitVisible(chromedp.CSS(".problems")))
	if got := ask[string](ctx, t, `document.getElementById("report-what").value`); got != "Lijst naar de verkeerde gestuurd" {
		t.Errorf("what was typed is lost: %q", got)
	}
	ask[bool](ctx, t, strings.ReplaceAll(noDay, "%s", `""`))
	must(ctx, t, chromedp.SetUploadFiles(chromedp.ID("report-files"), []string{proof}),
		chromedp.Click(chromedp.CSS("form button.primary")), chromedp.WaitVisible(chromedp.CSS(".code")))
}

// TestWhatIsTypedSurvives a reload and a lost connection, and is gone once the
// report has arrived.
func TestWhatIsTypedSurvives(t *testing.T) {
	ctx := inBrowser(t)
	s := newSite(t)
	form := s.http.URL + "/melden?lang=nl"
	must(ctx, t, chromedp.EmulateViewport(360, 740), chromedp.Navigate(form), chromedp.Click(chromedp.CSS(`input[name=fast][value=lost]`)), fill("report-what", "Laptop kwijt in de trein"),
		chromedp.Reload(), chromedp.WaitVisible(chromedp.ID("draft-back")), stands("report-what", "Laptop kwijt in de trein"))
	if !ask[bool](ctx, t, `document.querySelector("input[name=fast][value=lost]").checked`) {
		t.Error("the chosen path is lost")
	}
	must(ctx, t, chromedp.Evaluate[chromedp.Void](`Object.defineProperty(navigator, "onLine", { get: () => window.connected ?? false }), undefined`),
		chromedp.Click(chromedp.CSS("form.card button.primary")), chromedp.WaitVisible(chromedp.ID("offline")), stands("report-what", "Laptop kwijt in de trein"),
		chromedp.Evaluate[chromedp.Void](`window.connected = true, undefined`),
		chromedp.Click(chromedp.CSS("form.card button.primary")), chromedp.WaitVisible(chromedp.CSS(".code")), chromedp.WaitVisible(chromedp.CSS("[data-copy]")),
		chromedp.Navigate(form), chromedp.WaitVisible(chromedp.ID("report-what")), stands("report-what", ""))
	if rows, err := s.service.List(ctx, incident.Ref{}, 5); err != nil || len(rows) != 1 {
		t.Errorf("%d reports (%v)", len(rows), err)
	}
}

// TestGoingBackAfterSending shows an empty form, on a computer that others use too,
// and a second report from there is one of its own.
func TestGoingBackAfterSending(t *testing.T) {
	ctx := inBrowser(t)
	s := newSite(t)
	const send = "form.card button.primary"
	must(ctx, t, chromedp.Navigate(s.http.URL+"/melden?lang=nl"), chromedp.Click(chromedp.CSS(`input[name=fast][value=lost]`)), fill("report-what", "Laptop kwijt in de trein"),
		chromedp.Click(chromedp.CSS(send)), chromedp.WaitVisible(chromedp.CSS(".code")),
		chromedp.NavigateBack(), chromedp.WaitVisible(chromedp.ID("draft-sent")), stands("report-what", ""))
	if ask[bool](ctx, t, `document.querySelector("input[name=fast]:checked") !== null`) {
		t.Error("what the report was about is still chosen")
	}
	must(ctx, t, fill("report-what", "Telefoon kwijt"), chromedp.Click(chromedp.CSS(send)), chromedp.WaitVisible(chromedp.CSS(".code")))
	if rows, err := s.service.List(ctx, incident.Ref{}, 5); err != nil || len(rows) != 2 {
		t.Errorf("%d reports (%v), want two", len(rows), err)
	}
}

// TestAnImpatientPressSendsOnce: a question to a reporter is a mail, and a press
// without a connection leaves the page and its words where they are.
func TestAnImpatientPressSendsOnce(t *testing.T) {
	ctx := inBrowser(t)
	s := newSite(t)
	officer := s.person(people.Officer)
	ref := s.mailIn("Lijst naar verkeerde klant", "De lijst ging naar de verkeerde persoon.")
	must(ctx, t, setSession(s.http.URL, s.sessionOf(officer)), chromedp.Navigate(s.http.URL+"/incidents/"+ref.String()+"#do-ask"), fill("ask-text", "Is de lijst gewist?"),
		chromedp.Evaluate[chromedp.Void](`Object.defineProperty(navigator, "onLine", { get: () => window.connected ?? false }), undefined`),
		chromedp.Click(chromedp.CSS("#do-ask button.primary")), chromedp.WaitVisible(chromedp.CSS("#do-ask #offline")), stands("ask-text", "Is de lijst gewist?"),
		chromedp.Evaluate[chromedp.Void](`window.connected = true, undefined`))
	ask[bool](ctx, t, `(() => { const b = document.querySelector("#do-ask button.primary"); b.click(); for (const ms of [5, 10, 20]) setTimeout(() => b.click(), ms); return true })()`)
	must(ctx, t, chromedp.WaitVisible(chromedp.ID("talk")), chromedp.Reload(), chromedp.WaitVisible(chromedp.ID("talk")))
	if n := ask[int](ctx, t, `document.querySelectorAll("#talk article").length`); n != 1 {
		t.Errorf("%d questions, want one", n)
	}
}

// TestACaseIsConfirmedAssessedAndWaived walks from the board to a waiver, in one
// go: awareness confirmed, the risk weighed with the score moving, and the reasons
// asked. The refusal takes the focus, stands beside the field, and nothing typed
// is lost.
func TestACaseIsConfirmedAssessedAndWaived(t *testing.T) {
	ctx := inBrowser(t)
	s := newSite(t)
	officer := s.person(people.Officer)
	ref := s.mailIn("Lijst naar verkeerde klant", "De lijst ging naar de verkeerde persoon.")
	inc := s.http.URL + "/incidents/" + ref.String()
	must(ctx, t, setSession(s.http.URL, s.sessionOf(officer)), chromedp.Navigate(s.http.URL+"/board"), chromedp.Click(chromedp.CSS("a.cover")), chromedp.WaitVisible(chromedp.ID("log")),
		chromedp.Click(chromedp.CSS(`a[href="#do-confirm"]`)), chromedp.WaitVisible(chromedp.ID("confirm-at")), send("confirm"), chromedp.WaitVisible(chromedp.CSS("p.done:not([hidden])")))

	must(ctx, t, chromedp.Navigate(inc+"/assess"), chromedp.Click(chromedp.CSS(`input[name=breach][value=confidentiality]`)), chromedp.Click(chromedp.CSS(`input[name=data][value=name]`)),
		chromedp.Click(chromedp.CSS("form button.primary")), chromedp.WaitVisible(chromedp.ID("score")))

	// A link to an action leads into its form; a refusal to what is wrong.
	must(ctx, t, chromedp.Navigate(inc+"#do-waive"), chromedp.WaitVisible(chromedp.ID("waive-reasons")), focused("#waive-duty"))
	must(ctx, t, chromedp.Click(chromedp.CSS("#do-waive button.primary")), chromedp.WaitVisible(chromedp.ID("waive-reasons-error")), focused(".problems"))
	must(ctx, t, chromedp.Click(chromedp.CSS(".problems a")), fill("waive-reasons", "De ontvanger heeft het gewist."),
		chromedp.Click(chromedp.CSS("#do-waive button.primary")), chromedp.WaitVisible(chromedp.CSS("p.done:not([hidden])")))
	says(ctx, t, "De ontvanger heeft het gewist.")
	got, err := s.service.Incident(ctx, ref)
	if err != nil || got.AnyOpen() || got.Aware == nil || len(got.Decisions) != 1 || got.ByMachine {
		t.Errorf("confirmed, assessed and waived: %+v (%v)", got.Decisions, err)
	}
}

// TestTheBoardIsLive: a new report appears without reloading, and a case says
// that something changed without touching what is being typed.
func TestTheBoardIsLive(t *testing.T) {
	ctx := inBrowser(t)
	s := newSite(t)
	officer := s.person(people.Officer)
	ref := s.mailIn("Eerste", "De lijst ging naar de verkeerde persoon.")
	must(ctx, t, setSession(s.http.URL, s.sessionOf(officer)), chromedp.Navigate(s.http.URL+"/board"), chromedp.WaitVisible(chromedp.CSS(".cover")))
	time.Sleep(time.Second) // until the stream stands
	s.mailIn("Tweede", "Nog een lijst.")
	must(ctx, t, chromedp.WaitVisible(chromedp.CSS(`a.cover[href="/incidents/2026-0002"]`)))

	must(ctx, t, chromedp.Navigate(s.http.URL+"/incidents/"+ref.String()+"#do-waive"), fill("waive-reasons", "Half getypt"))
	time.Sleep(time.Second)
	s.mailIn("Derde", "Nog een lijst.")
	must(ctx, t, chromedp.WaitVisible(chromedp.ID("news")))
	if got := ask[string](ctx, t, `document.getElementById("waive-reasons").value`); got != "Half getypt" {
		t.Errorf("typing was disturbed: %q", got)
	}
}
