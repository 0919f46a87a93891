package locale

import (
	"bytes"
	"encoding/json"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// placeholders finds what a sentence wants filled in.
var placeholders = regexp.MustCompile(`\{[a-z]+\}`)

func TestEverySentenceIsCompleteInBothLanguages(t *testing.T) {
	for id, m := range catalogue() {
		for i, text := range m {
			lang := Languages()[i]
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s: no sentence in %s", id, lang)
			}
			if text != strings.TrimSpace(text) || strings.Contains(text, "  ") {
				t.Errorf("%s in %s: stray space in %q", id, lang, text)
			}
			if strings.ContainsAny(text, "\u2014<>") {
				t.Errorf("%s in %s: an em dash or markup in %q", id, lang, text)
			}
			one, other, two := strings.Cut(text, "|")
			if two && (one == "" || other == "" || strings.Contains(other, "|")) {
				t.Errorf("%s in %s: not two forms: %q", id, lang, text)
			}
		}
		nl, en := wanted(m[0]), wanted(m[1])
		if !slices.Equal(nl, en) {
			t.Errorf("%s: Dutch wants %v, English %v", id, nl, en)
		}
	}
}

func wanted(text string) []string {
	found := placeholders.FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

func TestNoIdentifierStandsTwiceInAFile(t *testing.T) {
	entries, err := files.ReadDir("catalogue")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		raw, _ := files.ReadFile("catalogue/" + e.Name())
		dec := json.NewDecoder(bytes.NewReader(raw))
		seen, depth, key := map[string]bool{}, 0, true
		for {
			tok, err := dec.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(e.Name(), err)
			}
			switch tok {
			case json.Delim('{'), json.Delim('['):
				depth++
				continue
			case json.Delim('}'), json.Delim(']'):
				depth--
				key = true
				continue
			}
			if depth == 1 && key {
				if id := tok.(string); seen[id] {
					t.Errorf("%s: %q stands twice", e.Name(), id)
				} else {
					seen[id] = true
				}
				key = false
			}
		}
	}
}

func TestEveryFindingSaysWhatToDo(t *testing.T) {
	for _, id := range IDs() {
		if strings.HasPrefix(id, "health.") && !strings.HasSuffix(id, ".todo") && !Has(id+".todo") {
			t.Errorf("%s does not say what to do", id)
		}
		if strings.HasPrefix(id, "problem.") && Has(id+".todo") == strings.HasSuffix(id, ".todo") && id != "problem.back" && id != "problem.request" {
			t.Errorf("%s does not say what to do", id)
		}
	}
}

func TestT(t *testing.T) {
	for _, row := range []struct {
		why, lang, id string
		args          map[string]any
		want          string
	}{
		{"Dutch is the first language", "nl", "status.new", nil, "nieuw"},
		{"English is complete", "en", "status.new", nil, "new"},
		{"an unknown language is answered in Dutch", "fr", "status.new", nil, "nieuw"},
		{"one takes the first form", "nl", "time.days", map[string]any{"n": 1}, "1 dag"},
		{"two takes the other form", "nl", "time.days", map[string]any{"n": 2}, "2 dagen"},
		{"nothing takes the other form", "en", "time.days", map[string]any{"n": 0}, "0 days"},
		{"a list is joined as people do", "nl", "incident.turn", map[string]any{"who": []string{"A", "B", "C"}}, "Aan zet: A, B en C."},
		{"what is filled in is not filled again", "nl", "incident.turn", map[string]any{"who": "{who}"}, "Aan zet: {who}."},
		{"an unknown sentence shows its name", "nl", "no.such", nil, "no.such"},
	} {
		if got := T(row.lang, row.id, row.args); got != row.want {
			t.Errorf("%s: %q, want %q", row.why, got, row.want)
		}
	}
	if got := Word("nl", "status", "from-the-future"); got != "from-the-future" {
		t.Errorf("an unknown value must show itself, got %q", got)
	}
}

func TestWhen(t *testing.T) {
	parse := func(s string) time.Time {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, row := range []struct{ why, lang, at, want string }{
		{"winter time", "nl", "2026-10-26T14:30:00Z", "ma 26 oktober 2026 15:30 (+01:00)"},
		{"summer time in English", "en", "2026-07-01T10:05:00Z", "Wed 1 July 2026 12:05 (+02:00)"},
		{"the first 02:30 of the long night", "nl", "2026-10-25T00:30:00Z", "zo 25 oktober 2026 02:30 (+02:00)"},
		{"the second 02:30 of the long night", "nl", "2026-10-25T01:30:00Z", "zo 25 oktober 2026 02:30 (+01:00)"},
		{"the short night has no 02:30", "nl", "2027-03-28T01:30:00Z", "zo 28 maart 2027 03:30 (+02:00)"},
	} {
		if got := When(row.lang, parse(row.at)); got != row.want {
			t.Errorf("%s: %q, want %q", row.why, got, row.want)
		}
	}
	if got := When("nl", time.Time{}); got != "-" {
		t.Errorf("no instant is a dash, got %q", got)
	}
	if got := Month("nl", parse("2026-10-31T23:30:00Z")); got != "november 2026" {
		t.Errorf("the month is the local one, got %q", got)
	}
}

func TestLeft(t *testing.T) {
	const h, m = time.Hour, time.Minute
	for _, row := range []struct {
		why, lang string
		left      time.Duration
		want      string
	}{
		{"hours and minutes", "nl", 5*h + 12*m, "nog 5 uur en 12 minuten"},
		{"rounded towards less time", "nl", 5*h + 12*m + 59*time.Second, "nog 5 uur en 12 minuten"},
		{"whole hours say no minutes", "nl", 72 * h, "nog 72 uur"},
		{"a single minute", "en", h + m, "1 hour and 1 minute left"},
		{"the very instant is still in time", "nl", 0, "nog minder dan een minuut"},
		{"a second late", "nl", -time.Second, "minder dan een minuut te laat"},
		{"hours late", "nl", -3 * h, "3 uur te laat"},
		{"late in English", "en", -90 * m, "1 hour and 30 minutes too late"},
		{"long periods are written in days", "nl", 27*24*h + 3*h, "nog 27 dagen en 3 uur"},
		{"four days are days", "nl", 96 * h, "nog 4 dagen"},
		{"less than four days are hours", "nl", 95 * h, "nog 95 uur"},
	} {
		if got := Left(row.lang, row.left); got != row.want {
			t.Errorf("%s: %q, want %q", row.why, got, row.want)
		}
	}
}

func TestRung(t *testing.T) {
	for _, row := range []struct{ why, lang, name, want string }{
		{"a rung of the ladder", "nl", "half-day", "nog 12 uur"},
		{"a repeated one tells how late", "nl", "overdue+8h", "8 uur te laat"},
		{"the first overdue one", "nl", "overdue", "te laat"},
		{"one that nobody knows", "en", "later-rung", "later-rung"},
	} {
		if got := Rung(row.lang, row.name); got != row.want {
			t.Errorf("%s: %q, want %q", row.why, got, row.want)
		}
	}
}
