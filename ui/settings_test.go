package ui_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/notify"
	"meldklok/notify/mailer"
	"meldklok/notify/webhook"
	"meldklok/ui"
)

// brokenRoad is a relay that refuses our login.
type brokenRoad struct{}

func (brokenRoad) Name() string { return "smtps://relay.example.org" }
func (brokenRoad) Open(context.Context) (mailer.Conn, error) {
	return nil, &mailer.OpenError{Reason: mailer.ReasonLogin, Stage: mailer.StageLogin, Code: 535, Reply: "5.7.8 wrong password", Err: context.Canceled}
}

// withWorks is a site with the real ladders and roads.
func withWorks(t testing.TB) *site {
	t.Helper()
	return newSite(t, works(t))
}

// works gives a site the real ladders and roads: one that keeps mail in a
// folder, and one that is broken.
func works(t testing.TB) func(*ui.Config) {
	return func(c *ui.Config) {
		live := notify.NewLive(notify.Planner{Ladders: notify.Defaults()})
		engine := notify.New(notify.Config{
			Store: c.Service.Store, Planner: live, Now: c.Now, Transports: []mailer.Transport{mailer.NewFolder(t.TempDir(), c.Now), brokenRoad{}},
			Writer: notify.Writer{From: "meldklok@example.org", FromName: "Meldklok", URL: c.URL, Tokens: c.Service.Tokens},
		})
		c.Ladders = &notify.Desk{Service: c.Service, Planner: live, Rederive: func(context.Context, incident.Ref, int) (notify.Rederived, error) { return notify.Rederived{}, nil }}
		c.Roads, c.ReceiptText = engine, notify.ReceiptText
		target, err := webhook.Parse("ntfy+http://127.0.0.1:1/meldklok")
		if err != nil {
			t.Fatal(err)
		}
		c.Hooks = webhook.New(webhook.Config{Targets: []webhook.Target{target}, URL: c.URL, Now: c.Now})
		c.Mailboxes = func(string) []incident.WatchedMailbox {
			return []incident.WatchedMailbox{{Name: "privacy", Server: "imap.example.org:993", Folder: "INBOX", Alarm: time.Minute, Started: c.Now()}}
		}
		c.TryMailbox = func(_ context.Context, _, name string) ([]incident.MailboxStep, error) {
			return []incident.MailboxStep{{Name: "verbinden", OK: true, Tried: true}, {Name: "inloggen", Tried: true, Trouble: "Het wachtwoord klopt niet.", Said: "NO"}, {Name: "map openen"}}, nil
		}
	}
}

// staffed adds people for every rung of the ladders, and returns the
// administrator.
func (s *site) staffed() people.Person {
	s.t.Helper()
	for _, role := range []people.Role{people.Officer, people.Deputy, people.FG, people.Management} {
		s.person(role)
	}
	return s.person(people.Admin)
}

// rungsOn reads the form of a ladder as a browser would send it.
func rungsOn(rungs []incident.RungSetting) (kv []string) {
	for n, r := range rungs {
		i := "-" + strconv.Itoa(n)
		kv = append(kv, "base"+i, r.Base, "offset"+i, r.Offset, "every"+i, r.Every, "for"+i, r.For)
		for _, role := range r.To {
			kv = append(kv, "to"+i, role)
		}
		if r.UnlessSeen {
			kv = append(kv, "unseen"+i, "yes")
		}
	}
	return kv
}

// TestALadderIsChanged: what is typed is tried and shown first; only what was
// shown can be saved; it counts, and stands in the history.
func TestALadderIsChanged(t *testing.T) {
	s := withWorks(t)
	admin := s.signedIn(s.staffed())
	s.mailIn("Lijst", "De lijst ging naar de verkeerde persoon.")
	ladders := s.cfg.Ladders
	checkMarkup(t, "ladders", admin.get("/settings/ladders").want(http.StatusOK, "zodra de klok begint", "op de deadline, daarna elke 4 uur, tot 24 uur na de deadline"))
	checkMarkup(t, "ladder", admin.get("/settings/ladders/ap").want(http.StatusOK, "ma 26 oktober 2026 15:30 (+01:00)", "zoals geleverd"))
	const path = "/settings/ladders/ap"

	changed := ladders.Ladder("ap")
	changed[0].Offset = "30m"
	kv := append(rungsOn(changed), "base-11", "before-due", "offset-11", "36 uur", "to-11", "management", "drop-3", "yes")
	trial := admin.post(path, append(kv, "do", "preview")...).want(http.StatusOK, "30 minuten na het begin", "36 uur vóór de deadline", "krijgen er 1 een andere")
	checkMarkup(t, "trial", trial)
	seen := trial.field("seen")
	if !ladders.Standard("ap") {
		t.Fatal("a trial changed the ladder")
	}
	other := rungsOn(ladders.Ladder("ap"))
	admin.post(path, append(other, "do", "save", "seen", seen)...).want(http.StatusOK, "als u opslaat")
	if !ladders.Standard("ap") {
		t.Fatal("something was saved that was not shown")
	}
	admin.post(path, append(kv, "do", "save", "seen", seen)...).leads(path + "?done=ladder-set")
	now := ladders.Ladder("ap")
	if len(now) != 11 || now[0].Name != "since-30m0s" || now[1].Name != "unseen" {
		t.Errorf("%+v", now)
	}
	admin.get(path+"?done=ladder-set").want(http.StatusOK, "opnieuw gepland", "De admin", "36 uur", "aangepast")
	admin.get("/settings").want(http.StatusOK, "Gewijzigd door De admin")

	shipped := admin.post(path, append(rungsOn(now), "do", "shipped")...).want(http.StatusOK, "als u opslaat")
	admin.post(path, append(rungsOn(ladders.Shipped("ap")), "do", "save", "seen", shipped.field("seen"))...).leads(path + "?done=ladder-set")
	if !ladders.Standard("ap") {
		t.Errorf("not as delivered: %+v", ladders.Ladder("ap"))
	}
}

// field returns the value of a hidden input.
func (p answer) field(name string) string {
	_, rest, _ := strings.Cut(p.body, `name="`+name+`" value="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// TestALadderIsRefused: the reason stands beside the field of its rung, also
// when rungs before it are left out, and nothing typed is lost.
func TestALadderIsRefused(t *testing.T) {
	s := withWorks(t)
	admin := s.signedIn(s.staffed())
	endless := []string{"base-5", "after-due", "every-5", "4h", "to-5", "officer"}
	for _, row := range []struct {
		why, field, say string
		kv              []string
	}{
		{"a span that cannot be read", "offset-2", "Schrijf een tijd", []string{"base-0", "after-start", "to-0", "officer", "drop-0", "yes", "base-2", "before-due", "offset-2", "twee dagen", "to-2", "officer"}},
		{"nobody to tell", "to-1", "Kies wie een bericht krijgt", []string{"base-1", "before-due", "offset-1", "7d"}},
		{"repeated before the deadline", "every-1", "Alleen een trede na de deadline", []string{"base-1", "before-due", "offset-1", "7d", "every-1", "1h", "to-1", "officer"}},
		{"a person who is not there", "persons-1", "niet meer in de lijst", []string{"base-1", "before-due", "offset-1", "7d", "persons-1", "p99"}},
	} {
		page := admin.post("/settings/ladders/ap", append(row.kv, append(endless, "do", "preview")...)...).want(http.StatusUnprocessableEntity, row.say, `id="ladder-`+row.field+`-error"`)
		if row.field == "offset-2" && !strings.Contains(page.body, `value="twee dagen"`) {
			t.Errorf("%s: what was typed is lost", row.why)
		}
	}
	admin.post("/settings/ladders/ap", "base-0", "after-start", "to-0", "officer", "do", "preview").want(http.StatusUnprocessableEntity, "herhaalt tot er een besluit is")
	admin.get("/settings/ladders/gdpr").want(http.StatusNotFound)
	admin.post("/settings/ladders/on-call", "person-0", "p1", "person-1", "p1").want(http.StatusUnprocessableEntity, "elke persoon één keer")
	admin.post("/settings/ladders/on-call", "person-0", "p3", "person-4", "p1").leads("/settings/ladders?done=on-call-set")
	if order, err := s.cfg.Ladders.OnCall(t.Context()); err != nil || len(order) != 2 || order[0] != "p3" {
		t.Error(order, err)
	}
}

// TestTestButtons: a sample lies in the outbox, a test goes over each relay and
// shows what the server said, receivers and mailboxes are tried.
func TestTestButtons(t *testing.T) {
	s := withWorks(t)
	admin := s.signedIn(s.staffed())
	admin.post("/settings/ladders/ap/sample", "n", "5").leads("/settings/ladders/ap?done=sample-sent")
	admin.post("/settings/ladders/ap/sample", "n", "99").want(http.StatusNotFound)
	mails := 0
	err := s.service.Store.View(t.Context(), func(v incident.View) error {
		for m, err := range v.Messages(0) {
			if err != nil {
				return err
			}
			raw, err := v.Mail(m.ID)
			if mails++; err != nil || m.To != "admin@example.org" || !strings.HasPrefix(m.Subject, "Voorbeeld: 2026-0000") || !strings.Contains(m.Subject, "nog 12 uur") || !strings.Contains(string(raw), "Voorbeeld") {
				t.Errorf("%+v %v\n%s", m, err, raw)
			}
		}
		return nil
	})
	if err != nil || mails != 1 {
		t.Error(mails, err)
	}
	checkMarkup(t, "relays", admin.get("/settings/relays").want(http.StatusOK, "smtps://relay.example.org", "MELDKLOK_RELAY"))
	checkMarkup(t, "relays tested", admin.post("/settings/relays").want(http.StatusOK, "Test naar admin@example.org", "staat in de map", "Controleer gebruiker en wachtwoord", "535 5.7.8 wrong password"))
	checkMarkup(t, "webhooks tested", admin.post("/settings/webhooks").want(http.StatusOK, "ntfy+http://127.0.0.1:1", "niet te bereiken"))
	checkMarkup(t, "mailbox tested", admin.post("/mailbox", "name", "privacy").want(http.StatusOK, "Het wachtwoord klopt niet.", "niet geprobeerd"))
	admin.post("/mailbox", "name", "other").want(http.StatusNotFound)
}

// TestOwnTextsAndData: texts appear where readers see them, in their language;
// what cannot stand is refused beside its field; the history says what changed.
func TestOwnTextsAndData(t *testing.T) {
	s := withWorks(t)
	admin := s.signedIn(s.staffed())
	admin.post("/settings/texts", "report_nl", "Bel bij spoed 030 123.", "do", "preview").want(http.StatusOK, "nog niet opgeslagen", "Bel bij spoed")
	s.visitor().get("/melden?lang=nl").want(http.StatusOK).lacks("Bel bij spoed")
	admin.post("/settings/texts", "report_nl", "Bel bij spoed 030 123.", "receipt_en", "See http://example.org", "do", "save").want(http.StatusUnprocessableEntity, `id="texts-receipt_en-error"`, "Bel bij spoed", "https://")
	admin.post("/settings/texts", "report_nl", "Bel bij spoed 030 123.", "receipt_en", "See https://example.org", "do", "save").leads("/settings/texts?done=texts-set")
	s.visitor().get("/melden?lang=nl").want(http.StatusOK, "Bel bij spoed 030 123.")
	s.visitor().get("/melden?lang=en").want(http.StatusOK).lacks("Bel bij spoed")
	checkMarkup(t, "texts", admin.get("/settings/texts").want(http.StatusOK, "See https://example.org", "Thank you for your report", "Eén eerdere wijziging"))

	admin.post("/settings/organisation", "name", "Gemeente Voorbeeld", "kvk", "123").want(http.StatusUnprocessableEntity, `id="organisation-kvk-error"`, "Gemeente Voorbeeld")
	admin.post("/settings/organisation", "name", "Gemeente Voorbeeld", "kvk", "12345678", "fg_email", "fg@example.org", "public", "yes").leads("/settings/organisation?done=organisation-set")
	checkMarkup(t, "organisation", admin.get("/settings/organisation").want(http.StatusOK, "De admin", "KvK-nummer", "12345678"))
	if o, err := s.service.Organisation(t.Context()); err != nil || !o.Public || o.FG.Email != "fg@example.org" {
		t.Errorf("%+v %v", o, err)
	}
	checkMarkup(t, "settings", admin.get("/settings").want(http.StatusOK, "Gemeente Voorbeeld"))
	auditor := s.signedIn(s.person(people.Auditor))
	auditor.get("/settings/organisation").want(http.StatusOK).lacks(`<button class="primary">Opslaan`)
}

// TestSettingHistory: every version stands in the log with who set it; saying
// the same again is no version.
func TestSettingHistory(t *testing.T) {
	s := newSite(t)
	by := incident.ByPerson("p1")
	for _, value := range []string{`{"a":1}`, `{"a":1}`, `{"a":2}`} {
		if err := s.service.PutSetting(t.Context(), by, "example", []byte(value)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 60 {
		if err := s.service.PutSetting(t.Context(), incident.System, "busy", []byte{byte('0' + i%2)}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.service.SettingHistory(t.Context(), "example")
	if err != nil || len(got) != 2 || got[0].Is != `{"a":2}` || got[0].Was != `{"a":1}` || got[0].By != by || got[1].Was != "" {
		t.Fatalf("%+v %v", got, err)
	}
	if busy, err := s.service.SettingHistory(t.Context(), "busy"); err != nil || len(busy) != 50 || busy[0].Is != "1" {
		t.Errorf("%d versions, %v", len(busy), err)
	}
}
