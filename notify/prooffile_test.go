package notify

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/locale"
)

// proofSample is an incident that went wrong in every way an alert can.
func proofSample() (*incident.Incident, []incident.Proof, *incident.Org) {
	inc := dutyOf(incident.DutyAP)
	inc.Received, inc.Entries, inc.SeenAt = started, 31, started.Add(50*time.Hour)
	inc.Title, inc.Summary = "CANARY", "CANARY"
	d := &inc.Duties[0]
	d.Outcome, d.Reason, d.EndedAt = incident.OutcomeMet, "filed", d.Clock.Due.Add(8*time.Hour)
	inc.Filings = []incident.Filing{{Kind: incident.FilingInitial, Number: "1234567", At: d.EndedAt, Due: d.Clock.Due, Delay: "Er was niemand <bereikbaar>.", Text: "CANARY"}}
	org := &incident.Org{Name: "Gemeente Voorbeeld", People: people.Directory{
		{ID: "p1", Email: "officer@example.org", Name: "Officer", Roles: []people.Role{people.Officer}},
		{ID: "p2", Email: "deputy@example.org", Roles: []people.Role{people.Deputy, people.FG}},
	}}
	at := func(h int) time.Time { return started.Add(time.Duration(h) * time.Hour) }
	alert := func(rung string, h int, who people.ID, state incident.DeliveryState, reply string) incident.Proof {
		return incident.Proof{Duty: incident.DutyAP, Rung: rung, Person: who, Message: uint64(h + 1), MessageID: "2026-0042.1.abc@example.org",
			Due: at(h), Queued: at(h), Ended: at(h).Add(2 * time.Second), State: state, Reply: reply, Relay: "smtp.example.org:587", Attempts: 1}
	}
	seen := alert("reported", 0, "p1", incident.Accepted, "250 2.0.0 Ok: queued as 4F1B")
	seen.Seen = at(1)
	receipt := alert(incident.RungReceipt, 0, "", incident.Accepted, "250 ok")
	receipt.Duty, receipt.Recipient = "", "reporter"
	missed := alert("day-2", 48, "p1", incident.Accepted, "250 ok")
	missed.Missed = []string{"day-1"}
	instead := alert("half-day", 60, "p2", incident.Bounced, "bounced 5.1.1")
	instead.Instead = "p1"
	waiting := alert("one", 71, "p1", incident.Retrying, "451 later")
	waiting.Ended = time.Time{}
	return inc, []incident.Proof{
		seen, receipt, alert("day-1", 24, "p1", incident.Superseded, "superseded"), missed,
		alert("half-day", 60, "p1", incident.Failed, "550 5.1.1 <no such user>"), instead,
		{Duty: incident.DutyAP, Rung: "half-day", Due: at(60), Queued: at(60), Ended: at(60), State: incident.Cancelled, Note: "nobody-left"},
		waiting, alert("overdue", 72, "p9", incident.Accepted, "250 ok"),
	}, org
}

// TestProof: every rung, recipient, reply, bounce and press of «seen» is in the
// file, and nothing of the report.
func TestProof(t *testing.T) {
	inc, alerts, org := proofSample()
	now := started.Add(100 * time.Hour)
	for _, lang := range locale.Languages() {
		raw, err := Proof(lang, inc, alerts, org, now)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "proof."+lang+".html", raw)
		text := proofText(t, string(raw))
		for _, want := range []string{
			"2026-0042", "Gemeente Voorbeeld", "officer@example.org", "deputy@example.org", "250 2.0.0 Ok: queued as 4F1B",
			"550 5.1.1 <no such user>", "bounced 5.1.1", "451 later", "1234567", "Er was niemand <bereikbaar>.", "smtp.example.org:587",
			"2026-0042.1.abc@example.org", locale.T(lang, "proof.note.nobody-left", nil), locale.T(lang, "proof.gone", nil),
			locale.T(lang, "proof.person-seen", map[string]any{"at": alerts[0].Seen}), locale.T(lang, "proof.instead", map[string]any{"who": "Officer"}),
			locale.T(lang, "proof.missed", map[string]any{"list": locale.Rung(lang, "day-1")}), locale.T(lang, "proof.reporter", nil),
			locale.T(lang, "proof.late", map[string]any{"span": 8 * time.Hour}),
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the proof lacks %q", lang, want)
			}
		}
		for _, a := range alerts {
			if !strings.Contains(text, locale.Word(lang, "delivery", a.State)) || !strings.Contains(text, locale.Rung(lang, a.Rung)) {
				t.Errorf("%s: %s %s is missing", lang, a.Rung, a.State)
			}
		}
		if strings.Contains(text, "CANARY") || strings.Contains(text, "proof.") || strings.Contains(text, "{") {
			t.Errorf("%s: the proof tells too much, or has a hole:\n%s", lang, text)
		}
	}
}

// TestProofOfNothing: before anybody was alerted the file says so.
func TestProofOfNothing(t *testing.T) {
	raw, err := Proof("nl", dutyOf(incident.DutyAP), nil, &incident.Org{}, started)
	if err != nil || !strings.Contains(string(raw), "nog niemand gewaarschuwd") {
		t.Errorf("%v:\n%s", err, raw)
	}
}

// TestProofOfAFolder: what no mail server took is not called sent.
func TestProofOfAFolder(t *testing.T) {
	inc, alerts, org := proofSample()
	for i := range alerts {
		alerts[i].State = incident.Kept
	}
	raw, err := Proof("nl", inc, alerts, org, started)
	if text := string(raw); err != nil || !strings.Contains(text, " 0 verzonden") || !strings.Contains(text, "9 berichten zijn alleen bewaard") {
		t.Errorf("%v:\n%s", err, text)
	}
}

// TestEveryNoteHasASentence: why nobody was told is never shown as a code.
func TestEveryNoteHasASentence(t *testing.T) {
	for _, note := range []string{noteNoAddress, noteCapped, noteAddress, noteDestroyed, "nobody-left"} {
		if !locale.Has("proof.note." + note) {
			t.Errorf("%q has no sentence", note)
		}
	}
}

// proofText returns the visible words, and checks that the tags are balanced
// and that nothing is loaded from outside.
func proofText(t *testing.T, page string) string {
	t.Helper()
	if strings.Contains(page, "://") || strings.Contains(page, "<script") || strings.Contains(page, "url(") {
		t.Error("the proof loads something")
	}
	var open []string
	var out strings.Builder
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if len(open) > 0 {
				t.Errorf("open at the end: %v", open)
			}
			return out.String()
		case html.StartTagToken:
			if name := z.Token().Data; !void(name) {
				open = append(open, name)
			}
		case html.EndTagToken:
			if name := z.Token().Data; len(open) == 0 || open[len(open)-1] != name {
				t.Fatalf("</%s> closes %v", name, open)
			}
			open = open[:len(open)-1]
		case html.TextToken:
			if len(open) > 0 && open[len(open)-1] != "style" {
				out.WriteString(z.Token().Data + " ")
			}
		}
	}
}
