package ui_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/incident/risk"
	"meldklok/ui"
)

// inBrowser starts a real Chromium for the test. It runs only when
// MELDKLOK_REAL=1; MELDKLOK_AXE names axe-core's axe.min.js.
func inBrowser(t *testing.T) context.Context {
	t.Helper()
	if os.Getenv("MELDKLOK_REAL") != "1" {
		t.Skip("set MELDKLOK_REAL=1; needs Chromium (Debian: chromium), and MELDKLOK_AXE=…/axe-core/axe.min.js for the accessibility checks")
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Fatal("MELDKLOK_REAL=1, but there is no chromium in PATH")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("no-first-run", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-sync", true), chromedp.UserDataDir(t.TempDir()))
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil { // the browser lives as long as this context
		t.Fatal(err)
	}
	return ctx
}

// scene fills a site with one of everything worth looking at.
func scene(t *testing.T) (*site, people.Person, incident.Ref) {
	t.Helper()
	s := newSite(t, works(t), func(c *ui.Config) { c.MailNotice = func() string { return "meldklok-data/mail" } })
	officer := s.person(people.Officer, people.Admin, people.FG)
	late := s.mailIn("Lijst naar verkeerde klant", "Gisteren ging een lijst met 30 klanten, met naam en adres, naar de verkeerde persoon.")
	s.wait(62 * time.Hour)
	s.mailIn("Laptop gestolen uit auto", "De laptop van een collega is gestolen. De schijf was versleuteld.")
	s.wait(14 * time.Hour)
	ref := s.mailIn("Mailbox overgenomen na phishing", "Iemand heeft op een link geklikt. Er stonden kopieën van paspoorten in de mailbox.")
	done := s.mailIn("Brief kwijt", "Een brief is niet aangekomen.")
	ctx, by := context.Background(), incident.ByPerson(officer.ID)
	facts, err := risk.Parse([]byte(`{"incident":"phishing","breach":["confidentiality"],"data":["name","id_copy"],"people_min":40,"people_max":60,"groups":["customers"],"intent":"malicious"}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, cmd := range []incident.Command{
		incident.Describe{Title: "Mailbox van de helpdesk overgenomen", Summary: "Een aanvaller had een nacht toegang tot de mailbox."},
		incident.ConfirmAwareness{At: s.now()}, incident.Assess{Facts: facts}, incident.WillNotify{Reasons: "Hoog risico", TellPeople: true},
	} {
		if _, err := s.service.Do(ctx, ref, by, cmd); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.service.Do(ctx, done, by, incident.File{Kind: incident.FilingInitial, Number: "DL-12345", At: s.now(), Provisional: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.service.Do(ctx, late, by, incident.Seen{}); err != nil {
		t.Fatal(err)
	}
	s.mailIn("Automatisch antwoord: ik ben er niet", "Ik ben met verlof.", "Auto-Submitted: auto-replied\r\n")
	s.queueMail(ref, officer)
	s.setHealth(incident.Health{At: s.now(), Turned: s.now(), Swept: s.now(), OpenDuties: 4, Findings: []incident.Finding{{Code: "url-local", Level: incident.Red}, {Code: "key-export-unproved", Level: incident.Amber}}})
	s.wait(3 * time.Hour)
	return s, officer, ref
}

// parkedPath is the page of the newest parked message.
func (s *site) parkedPath() string {
	s.t.Helper()
	items, err := s.service.Parked(context.Background(), 1)
	if err != nil || len(items) == 0 {
		s.t.Fatal("nothing is parked", err)
	}
	return fmt.Sprintf("/parked/%d", items[0].Item)
}

// queueMail puts one alert into the outbox and one that failed.
func (s *site) queueMail(ref incident.Ref, to people.Person) {
	s.t.Helper()
	err := s.service.Store.Update(context.Background(), func(tx incident.Tx) error {
		id := tx.NextMessage()
		m := incident.Message{
			ID: id, MessageID: s.service.Tokens.MessageID(ref, id, s.now()), Class: incident.ClassAlert, Person: to.ID, To: to.Email,
			Subject: "[" + ref.String() + "] nog 71 uur: besluit gevraagd", Owner: incident.Stream{Ref: ref}, Queued: s.now(), State: incident.Queued,
			Alerts: []incident.Alert{{Ref: ref, Duty: incident.DutyAP, Version: 1, Rung: "reported", Due: s.now()}},
		}
		if err := tx.Queue(m, []byte("Subject: "+m.Subject+"\r\n\r\nEr is een melding.\r\n")); err != nil {
			return err
		}
		act := s.service.Act(incident.System)
		if _, err := tx.Append(incident.Stream{Ref: ref}, act,
			&incident.Alerted{Duty: incident.DutyAP, Version: 1, Rung: "reported", Rank: 10, Due: s.now(), To: []incident.Told{{Person: to.ID, Message: id}}},
			&incident.Delivery{Duty: incident.DutyAP, Version: 1, Rung: "reported", Person: to.ID, Message: id, State: incident.Failed, Reply: "550 5.1.1 no such user"}); err != nil {
			return err
		}
		m.State, m.Reply, m.Ended = incident.Failed, "550 5.1.1 no such user", s.now()
		return tx.SetMessage(m)
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// TestEveryPageIsAccessible opens every page in a real browser and lets axe-core
// look for barriers (WCAG 2.2 AA), in light and dark, wide and on a phone.
// MELDKLOK_SHOTS names a folder for pictures of what it saw.
func TestEveryPageIsAccessible(t *testing.T) {
	ctx := inBrowser(t)
	axe := readAxe(t)
	s, officer, ref := scene(t)
	link, err := s.sessions.Invite(ctx, incident.System, officer.ID)
	if err != nil {
		t.Fatal(err)
	}
	inc := "/incidents/" + ref.String()
	for _, lang := range []string{"nl", "en"} {
		officer.Lang = lang
		if _, err := s.service.SetPerson(ctx, incident.System, officer); err != nil {
			t.Fatal(err)
		}
		open := "?lang=" + lang
		for _, path := range []string{"/melden" + open, "/melding" + open, "/sign-in" + open, "/link/" + link + open, "/nergens" + open} {
			s.look(ctx, t, axe, "", lang, path, "")
		}
		s.look(ctx, t, axe, "", lang, "/melden"+open, `document.querySelector("form.card").submit()`)
		s.look(ctx, t, axe, "", lang, "/melden"+open, `document.getElementById("report-what").value = "Lijst", document.querySelector("form.card").submit()`)
		s.look(ctx, t, axe, s.sessionOf(officer), lang, "/incidents/new", `document.getElementById("enter-what").value = "Lijst", document.querySelector("form.card").submit()`)
		for _, path := range s.walk(ref) {
			s.look(ctx, t, axe, s.sessionOf(officer), lang, path, "")
		}
		s.look(ctx, t, axe, s.sessionOf(officer), lang, "/settings/ladders/ap", `document.querySelector(".buttons button[value=preview]").click()`)
		s.look(ctx, t, axe, s.sessionOf(officer), lang, "/settings/relays", `document.querySelector("main form").submit()`)
		s.look(ctx, t, axe, s.sessionOf(officer), lang, inc, `document.querySelector("#do-file form").submit()`)
		s.look(ctx, t, axe, s.sessionOf(officer), lang, "/people/p1", `document.querySelector("form[action$=invite]").submit()`)
	}
}

func readAxe(t *testing.T) string {
	t.Helper()
	path := os.Getenv("MELDKLOK_AXE")
	if path == "" {
		t.Skip("set MELDKLOK_AXE to axe-core's axe.min.js (npm install axe-core@4.14.1)")
	}
	axe, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(axe)
}

func (s *site) sessionOf(p people.Person) string {
	token, err := s.sessions.Begin(context.Background(), p.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

// look opens one page and looks at it in the lights and widths that matter. Then is a script that sends one
// of its forms, to look at the answer.
func (s *site) look(ctx context.Context, t *testing.T, axe, token, lang, path, then string) {
	t.Helper()
	if err := chromedp.Do(ctx, setSession(s.http.URL, token), chromedp.EmulateViewport(1280, 900), chromedp.Navigate(s.http.URL+path), chromedp.WaitVisible(chromedp.CSS("main"))); err != nil {
		t.Fatal(path, err)
	}
	if then != "" {
		_, err := chromedp.Run(ctx, chromedp.WaitEvent(page.LoadEventFired, nil, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := chromedp.Evaluate[any](then+", null")(ctx, t)
			return err
		})))
		if err != nil {
			t.Fatal(path, err)
		}
		path += " sent"
	}
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[any](`document.querySelectorAll("details").forEach(d => { d.open = true }), null`)); err != nil {
		t.Fatal(path, err)
	}
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[any](axe+";1")); err != nil {
		t.Fatal(path, err)
	}
	for _, l := range looks() {
		if l.once && lang != "nl" {
			continue
		}
		where := fmt.Sprintf("%s %s %s", path, lang, l.name)
		if err := chromedp.Do(ctx, scheme(l.light), chromedp.EmulateViewport(l.width, 800)); err != nil {
			t.Fatal(where, err)
		}
		if over, err := chromedp.Run(ctx, chromedp.Evaluate[float64](`document.documentElement.scrollWidth - innerWidth`)); err != nil || over > 0 {
			t.Errorf("%s: wider than the screen by %v pixels (%v)", where, over, err)
		}
		found, err := chromedp.Run(ctx, chromedp.Evaluate[string](`axe.run(document,{runOnly:`+l.rules+`,resultTypes:['violations']}).then(r=>r.violations.map(v=>v.id+': '+v.nodes.map(n=>n.html.slice(0,160)+' '+(n.any[0]?n.any[0].message:'')).join('\n    ')).join('\n'))`, chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatal(where, err)
		}
		if found != "" {
			t.Errorf("%s:\n  %s", where, found)
		}
		shoot(ctx, t, where)
	}
}

// aLook is one light and width of a page, and what axe-core looks for in it.
type aLook struct {
	name, light string
	width       int64
	rules       string
	once        bool // in one language: the other changes nothing here
}

// looks checks everything once, and again what light and width change: colours in
// the dark, and sizes, scrolling and colours on a phone, where things stand on
// other ground.
func looks() []aLook {
	return []aLook{
		{name: "light wide", light: "light", width: 1280, rules: `['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']`},
		{name: "dark wide", light: "dark", width: 1280, rules: `{type:'rule',values:['color-contrast','link-in-text-block']}`, once: true},
		{name: "light phone", light: "light", width: 360, rules: `{type:'rule',values:['target-size','scrollable-region-focusable','css-orientation-lock','color-contrast']}`},
	}
}

func scheme(light string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: light}},
		})
		return err
	})
}

// setSession gives the browser a session, or none.
func setSession(url, token string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if token == "" {
			_, err := cdp.Call(ctx, t, network.ClearBrowserCookies, cdp.Empty{})
			return err
		}
		_, err := cdp.Call(ctx, t, network.SetCookie, network.SetCookieParams{Name: "sid", Value: token, URL: url})
		return err
	})
}

// shoot keeps a picture of the whole page, if somebody wants one.
func shoot(ctx context.Context, t *testing.T, name string) {
	t.Helper()
	folder := os.Getenv("MELDKLOK_SHOTS")
	if folder == "" {
		return
	}
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(name, err)
	}
	name = strings.Trim(strings.NewReplacer("/", "_", " ", "-", "?", "_", "=", "-").Replace(name), "_")
	if err := os.WriteFile(filepath.Join(folder, name[:min(len(name), 90)]+".png"), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}
