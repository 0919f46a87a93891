package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
)

const week = 7 * 24 * hour

// monday8 is the first Monday at eight, Dutch time, after friday: the clock
// went back the night before.
const monday8 = 64*hour + 30*time.Minute

// digests returns when somebody got a weekly digest, and the mails themselves.
func (h *house) digests(to string) (at []time.Duration, list []got) {
	h.t.Helper()
	list = slices.DeleteFunc(h.all(to), func(m got) bool { return !m.digest() })
	for _, m := range list {
		at = append(at, m.at)
	}
	return at, list
}

// TestDigest: management gets one digest on each Monday at eight, whatever the
// clock change and restarts do; weeks in which the program was down are one.
func TestDigest(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.deliver(report)
		h.deliver(strings.Replace(report, "one@", "two@", 1) + "Another one.\n")
		time.Sleep(24 * hour)
		h.do(firstRef, incident.File{Kind: incident.FilingInitial, Number: "AP-1", At: time.Now()})
		time.Sleep(monday8 - 24*hour + 2*time.Minute)
		for range 3 {
			h.stop()
			h.start()
			time.Sleep(2 * time.Minute)
		}
		time.Sleep(hour)
		h.stop()
		time.Sleep(2*week + 24*hour)
		h.start()
		back := time.Since(friday)
		time.Sleep(10 * time.Minute)
		at, list := h.digests("board@example.org")
		if len(at) != 2 || at[0] != monday8 || at[1] < back-time.Minute || at[1] > back+2*time.Minute {
			t.Errorf("digests at %v, back at %v", at, back)
			return
		}
		for _, want := range []string{"2026-0002", "Op tijd:              1", "Te laat:              0", "nog 7 uur", "https://meldklok.example.org/management", "Logboek: "} {
			if !strings.Contains(list[0].text, want) {
				t.Errorf("the first digest lacks %q:\n%s", want, list[0].text)
			}
		}
		for _, want := range []string{"ma 26 oktober 2026 08:00 (+01:00) tot ma 9 november 2026", "Op tijd:              0"} {
			if !strings.Contains(list[1].text, want) {
				t.Errorf("the digest after the downtime lacks %q:\n%s", want, list[1].text)
			}
		}
		if at, _ := h.digests("officer@example.org"); at != nil {
			t.Errorf("the officer got digests at %v", at)
		}
	})
}
