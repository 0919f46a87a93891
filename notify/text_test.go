package notify

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/notify/mailer"
	"meldklok/ui/locale"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// started is the start of the samples' clock: its 72 hours go over the night in
// which the clock goes back.
var started = time.Date(2026, 10, 23, 14, 30, 0, 0, time.UTC)

func testWriter() Writer {
	return Writer{
		From: "meldklok@example.org", FromName: "Meldklok", ReplyTo: "privacy@example.org", URL: "https://meldklok.example.org",
		Tokens: incident.Tokens{Domain: "example.org", MAC: func(purpose string, data ...[]byte) []byte {
			h := hmac.New(sha256.New, []byte("a key of the tests"))
			h.Write([]byte(purpose))
			for _, d := range data {
				h.Write([]byte{byte(len(d))})
				h.Write(d)
			}
			return h.Sum(nil)[:16]
		}},
	}
}

func reader(lang string, roles ...people.Role) people.Person {
	if len(roles) == 0 {
		roles = []people.Role{people.Officer}
	}
	return people.Person{ID: "p7", Email: "reader@example.org", Name: "Reader", Roles: roles, Lang: lang}
}

// dutyOf is an incident with one open duty of a kind; its clock started then.
func dutyOf(kind incident.DutyKind) *incident.Incident {
	rule, ok := incident.RuleFor(incident.Rules(), kind, started)
	number := 0
	if !ok { // a measure: agreed on by people, one of several
		rule, number = incident.Rule{ID: incident.MeasureRule, Hours: 14 * 24}, 3
	}
	return &incident.Incident{Ref: incident.Ref{Year: 2026, Number: 42}, Duties: []incident.Duty{{
		Kind: kind, N: number, Rule: rule.ID, Hours: rule.Hours, Outcome: incident.OutcomeOpen,
		Clock: incident.Clock{Version: 1, Start: started, Due: rule.Due(started), Basis: incident.ClockReceipt},
	}}}
}

func lineOf(inc *incident.Incident, rung string, missed ...string) line {
	return line{inc: inc, duty: inc.Duties[0], rung: rung, missed: missed}
}

var testHead = incident.Head{Seq: 117, Hash: [32]byte{0xab, 0xcd, 31: 0xef}}

// sample is one mail of one kind.
type sample struct {
	name  string
	about []incident.Ref // what it may name
	mail  mailer.Mail
}

// alertSamples are the alerts of one incident for each kind of duty, from fresh
// to a day overdue.
func alertSamples(lang string) (out []sample) {
	for _, kind := range incident.DutyKinds() {
		for _, u := range []struct {
			name, rung string
			left       time.Duration
		}{
			{"fresh", "reported", 0}, {"24h", "day-2", 24 * time.Hour}, {"12h", "half-day", 12 * time.Hour}, {"1h", "one", time.Hour},
			{"now", "overdue", 0}, {"overdue", "overdue", -time.Minute}, {"overdue-a-day", "overdue+24h", -24 * time.Hour},
		} {
			inc := dutyOf(kind)
			now := inc.Duties[0].Clock.Due.Add(-u.left)
			if u.name == "fresh" {
				now = started.Add(time.Minute)
			}
			m := testWriter().alertMail(reader(lang), 5, []line{lineOf(inc, u.rung)}, testHead, now)
			out = append(out, sample{"alert-" + string(kind) + "-" + u.name, []incident.Ref{inc.Ref}, m})
		}
	}
	return out
}

// otherSamples are one mail, or a few, of every other kind.
func otherSamples(lang string) []sample {
	wr, officer, board := testWriter(), reader(lang), reader(lang, people.Management)
	ap, second := dutyOf(incident.DutyAP), dutyOf(incident.DutyFollowUp)
	second.Ref.Number = 43
	both, one := []incident.Ref{ap.Ref, second.Ref}, []incident.Ref{ap.Ref}
	now := started.Add(48*time.Hour + 25*time.Minute)
	late := ap.Duties[0].Clock.Due.Add(8 * time.Hour)
	contract := dutyOf(incident.DutyController)
	contract.Duties[0].Rule = incident.ContractRule
	handed := lineOf(ap, "day-2", "day-1", "day-2")
	handed.handover = "p9"
	drill := dutyOf(incident.DutyAP)
	drill.Exercise = true
	closed := func(reason string, o incident.Outcome) line {
		inc := dutyOf(incident.DutyAP)
		d := &inc.Duties[0]
		d.Outcome, d.Reason, d.EndedAt = o, reason, now
		l := lineOf(inc, incident.RungClosed)
		l.closing = true
		return l
	}
	closing := func(name string, ls ...line) sample {
		return sample{"closing-" + name, both, wr.closingMail(officer, 5, ls, testHead, now)}
	}
	other := closed("no-report", incident.OutcomeNotDue)
	other.inc.Ref.Number = 43
	to := incident.Address{Email: "reporter@example.org", Name: "Reporter"}
	return []sample{
		{"bundle", both, wr.alertMail(officer, 5, []line{lineOf(ap, "day-2"), lineOf(second, "opened")}, testHead, now)},
		{"missed", one, wr.alertMail(officer, 5, []line{lineOf(ap, "six", "day-2", "half-day", "six")}, testHead, late.Add(-11*time.Hour))},
		{"handover", one, wr.alertMail(officer, 5, []line{handed}, testHead, now)},
		{"board", one, wr.alertMail(board, 5, []line{lineOf(ap, "half-day")}, testHead, started.Add(60*time.Hour))},
		{"board-overdue", one, wr.alertMail(board, 5, []line{lineOf(ap, "overdue+8h")}, testHead, late)},
		{"drill", one, wr.alertMail(officer, 5, []line{lineOf(drill, "day-2")}, testHead, now)},
		{"contract", one, wr.alertMail(officer, 5, []line{lineOf(contract, "half-day")}, testHead, started.Add(12*time.Hour))},
		{"contract-overdue", one, wr.alertMail(officer, 5, []line{lineOf(contract, "overdue")}, testHead, started.Add(25*time.Hour))},
		closing("filed", closed("filed", incident.OutcomeMet)),
		closing("waived", closed("unlikely-risk", incident.OutcomeWaived)),
		closing("processor", closed("processor", incident.OutcomeNotDue)),
		closing("no-breach", closed("not-a-breach", incident.OutcomeNotDue)),
		closing("moved", closed("merge", incident.OutcomeMovedTo)),
		closing("many", closed("no-report", incident.OutcomeNotDue), other),
		{"receipt", one, wr.receiptMail(to, lang, 5, ap, incident.Report{N: 1, Received: started}, "one@example.org", incident.Words{}, started)},
		{"parked", nil, wr.parkedMail(officer, 5, 3, testHead, now)},
		{"digest", both, wr.digestMail(board, 5, testDigest(ap, second), testHead, late)},
		{"question", one, wr.questionMail(to, lang, 5, ap.Ref, "Is the list back?", "one@example.org", now)},
		{"alarm", nil, wr.alarmMail(officer, 5, incident.Alarm{Finding: incident.Finding{Code: "mailbox-old", Level: incident.Red, Args: map[string]any{"name": "privacy", "since": 12 * time.Minute}}}, testHead, now)},
		{"alarm-secret", nil, wr.alarmMail(officer, 5, incident.Alarm{Finding: incident.Finding{Code: "mailbox-secret", Level: incident.Amber, Args: map[string]any{"name": "privacy", "n": 14}}}, testHead, now)},
		{"probe", nil, wr.probeMail("privacy@example.org", 5, now)},
		{"digest-calm", nil, wr.digestMail(board, 5, digest{week: Week{started.Add(-week), started}}, testHead, started)},
	}
}

const week = 7 * 24 * time.Hour

func testDigest(incs ...*incident.Incident) digest {
	d := digest{week: Week{started.Add(-week), started}, ended: tally{3, 1, 2, 4}, more: 2, overdue: 1, unreachable: 1}
	for _, inc := range incs {
		d.open = append(d.open, incident.OpenDuty{Incident: inc, Duty: inc.Duties[0]})
	}
	return d
}

// everySample is every kind of mail in a language.
func everySample(lang string) []sample { return append(alertSamples(lang), otherSamples(lang)...) }

// TestMailGolden shows every mail as text, and one of each look as a page. Run
// with -update after a change, and read what it changed.
func TestMailGolden(t *testing.T) {
	for _, lang := range locale.Languages() {
		var all strings.Builder
		for _, s := range everySample(lang) {
			all.WriteString("==== " + s.name + "\nSubject: " + s.mail.Subject + "\n\n" + s.mail.Text)
			if s.mail.CalendarMethod != "" {
				all.WriteString("\n" + strings.ReplaceAll(string(s.mail.Calendar), "\r\n", "\n"))
			}
			all.WriteString("\n")
		}
		golden(t, "mails."+lang+".txt", []byte(all.String()))
		for _, s := range everySample(lang) {
			switch s.name {
			case "alert-ap-24h", "alert-ap-overdue", "bundle", "closing-filed", "receipt", "digest":
				golden(t, s.name+"."+lang+".html", []byte(s.mail.HTML))
			}
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from the golden file; run with -update and read the difference", path)
	}
}

// TestSubjectDecides: what a reader sees in a list of mails says which incident,
// how long, and what is asked.
func TestSubjectDecides(t *testing.T) {
	want := map[string]string{
		"alert-ap-fresh":         "2026-0042: nog 71 uur en 59 minuten - bekijk de melding en bevestig de klok",
		"alert-ap-24h":           "2026-0042: nog 24 uur - meld bij de AP of leg een besluit vast",
		"alert-ap-now":           "2026-0042: de termijn loopt nu af - meld bij de AP of leg een besluit vast",
		"alert-ap-overdue-a-day": "2026-0042: 24 uur te laat - meld nu bij de AP en noteer de reden van de vertraging",
		"bundle":                 "2 dossiers vragen aandacht; eerste termijn: nog 23 uur en 35 minuten",
		"board":                  "2026-0042: nog 12 uur - zorg dat er op tijd wordt gemeld of besloten",
		"drill":                  "Oefening: 2026-0042: nog 23 uur en 35 minuten - meld bij de AP of leg een besluit vast",
		"closing-filed":          "2026-0042: afgerond - voldaan (gemeld bij de AP)",
		"parked":                 "3 geparkeerde berichten zijn nog niet bekeken",
		"digest":                 "Weekoverzicht datalekken: 4 lopende klokken, waarvan 1 te laat",
	}
	for _, s := range everySample("nl") {
		if w, ok := want[s.name]; ok && s.mail.Subject != w {
			t.Errorf("%s: %q, want %q", s.name, s.mail.Subject, w)
		}
		delete(want, s.name)
	}
	if len(want) > 0 {
		t.Errorf("no such samples: %v", want)
	}
}

// TestABundleCountsCasesAndBeginsWithTheNearest: one case can have several duties.
func TestABundleCountsCasesAndBeginsWithTheNearest(t *testing.T) {
	ap, later, other := dutyOf(incident.DutyAP), dutyOf(incident.DutyFollowUp), dutyOf(incident.DutyAP)
	other.Ref.Number = 43
	other.Duties[0].Clock.Due = other.Duties[0].Clock.Due.Add(-time.Hour)
	given := []line{lineOf(later, "opened"), lineOf(ap, "day-2"), lineOf(other, "day-2")}
	m := testWriter().alertMail(reader("nl"), 5, given, testHead, started)
	if want := "2 dossiers vragen aandacht; eerste termijn: nog 71 uur"; m.Subject != want {
		t.Errorf("%q, want %q", m.Subject, want)
	}
	first, second, third := strings.Index(m.Text, "2026-0043"), strings.Index(m.Text, "Melden bij de Autoriteit Persoonsgegevens\nTermijn:              ma 26 oktober 2026 15:30"), strings.Index(m.Text, "aanvullen")
	if first < 0 || second < first || third < second {
		t.Errorf("not the nearest first (%d, %d, %d):\n%s", first, second, third, m.Text)
	}
	if given[0].inc != later {
		t.Error("the lines of the caller were sorted")
	}
	closed := testWriter().closingMail(reader("en"), 5, []line{lineOf(ap, incident.RungClosed), lineOf(later, incident.RungClosed)}, testHead, started)
	if closed.Subject != "1 case is done" {
		t.Error(closed.Subject)
	}
}
