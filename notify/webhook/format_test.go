package webhook

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/ui/locale"
)

var update = flag.Bool("update", false, "write the golden files anew")

// samples is one post of every kind. The finding is one of this room's own
// catalogue, so that the golden files change with it alone.
func samples() []Note {
	head := incident.Head{Seq: 4211, Hash: [32]byte{0xab, 0xcd}}
	trouble := incident.Finding{Code: "webhook-trouble", Level: incident.Red, Args: map[string]any{"webhook": "json+https://<a&b>.example", "reason": "timeout"}}
	ap := Alert{Ref: incident.Ref{Year: 2026, Number: 42}, Duty: incident.DutyAP, Rung: "six", Rank: 60, Due: noon.Add(6*time.Hour - 5*time.Second)}
	var many []Alert
	for n := range uint32(2) {
		many = append(many, Alert{Ref: incident.Ref{Year: 2026, Number: n + 1}, Duty: incident.DutyPeople, Rung: "day-2", Rank: 40, Due: noon.Add(time.Duration(n) * 10 * time.Hour)})
	}
	return []Note{
		{Kind: KindAlert, At: noon, Head: head, Alerts: []Alert{ap}},
		{Kind: KindAlert, At: noon, Head: head, Alerts: many, MailDown: true},
		{Kind: KindTrouble, At: noon, Head: head, Finding: trouble, Since: noon},
		{Kind: KindLasting, At: noon, Head: head, Finding: trouble, Since: noon.Add(-4 * time.Hour)},
		{Kind: KindOver, At: noon, Head: head, Finding: trouble, Since: noon.Add(-5 * time.Hour)},
		{Kind: KindMissed, At: noon, Missed: 3},
		{Kind: KindBeat, At: noon, Head: head},
		{Kind: KindFail, At: noon, Head: head},
	}
}

// TestGolden holds the requests of every format, in both languages.
func TestGolden(t *testing.T) {
	settings := map[string][]string{
		"json":      {"json+https://h.example/x", "json+https://h.example/x#lang=en"},
		"teams":     {"teams+https://h.example/x", "teams+https://h.example/x#lang=en"},
		"slack":     {"slack+https://h.example/x", "slack+https://h.example/x#lang=en"},
		"ntfy":      {"ntfy+https://h.example/x", "ntfy+https://h.example/x#lang=en"},
		"heartbeat": {"heartbeat+https://h.example/x#fail", "heartbeat+https://h.example/x#get"},
	}
	for name, addresses := range settings {
		var got bytes.Buffer
		for _, address := range addresses {
			target, err := Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			for i, n := range samples() {
				if target.takes(n.Kind) {
					n.ID = fmt.Sprintf("msg_%d", i)
					show(t, &got, address, target, n)
				}
			}
		}
		path := filepath.Join("testdata", name+".txt")
		if *update {
			if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s differs from %s (go test -update writes it anew):\n%s", name, path, got.Bytes())
		}
	}
}

// show writes a request as people read it.
func show(t *testing.T, b *bytes.Buffer, address string, target Target, n Note) {
	t.Helper()
	r, err := form(target, n, "https://meldklok.example.org")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(b, "== %s to %s\n%s %s\n", n.Kind, address, r.method, target.address.JoinPath(r.suffix))
	for _, name := range slices.Sorted(maps.Keys(r.header)) {
		fmt.Fprintf(b, "%s: %s\n", name, r.header.Get(name))
	}
	body := r.body
	if r.header.Get("Content-Type") == "application/json" {
		var indented bytes.Buffer
		if err := json.Indent(&indented, body, "", "\t"); err != nil {
			t.Fatalf("%s: the body is no JSON: %v", n.Kind, err)
		}
		body = indented.Bytes()
	}
	fmt.Fprintf(b, "\n%s\n", bytes.TrimRight(body, "\n"))
}

// TestManyDeadlines: a post names ten deadlines and counts the rest.
func TestManyDeadlines(t *testing.T) {
	n := samples()[1]
	for len(n.Alerts) < 200 {
		n.Alerts = append(n.Alerts, n.Alerts[0])
	}
	w := voice{locale.English, ""}.say(n)
	if len(w.lines) != listed+2 || w.lines[listed] != "And 190 more deadlines." || !strings.HasPrefix(w.title, "200 deadlines") {
		t.Errorf("%d lines under %q: %q", len(w.lines), w.title, w.lines)
	}
}

// TestEveryFindingHasWords: an audit's code that the catalogue does not know is
// still said in a sentence, with its code.
func TestEveryFindingHasWords(t *testing.T) {
	for _, lang := range locale.Languages() {
		w := voice{lang, ""}.say(Note{Kind: KindTrouble, Finding: red("a-code-of-tomorrow")})
		if !strings.Contains(w.lines[0], "a-code-of-tomorrow") || w.lines[1] == "" || strings.HasPrefix(w.lines[1], "health.") {
			t.Errorf("%s: %q", lang, w.lines)
		}
	}
}

// TestWords: every sentence of this room is there in both languages, without an
// argument left open.
func TestWords(t *testing.T) {
	for _, lang := range locale.Languages() {
		for _, n := range samples() {
			if n.Kind == KindBeat || n.Kind == KindFail {
				continue
			}
			w := voice{lang, "https://x"}.say(n)
			for _, text := range append(w.lines, w.title, w.open) {
				if text == "" || strings.HasPrefix(text, "webhook.") || strings.ContainsAny(text, "{}|") {
					t.Errorf("%s %s: %q", lang, n.Kind, text)
				}
			}
		}
	}
}
