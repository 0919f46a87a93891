package main

import (
	"encoding/base64"
	"regexp"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
)

// agenda returns the calendar object in a mail; empty without one.
func (m got) agenda() string {
	part := regexp.MustCompile(`(?s)text/calendar.*?\r?\n\r?\n(.*?)\r?\n--`).FindSubmatch(m.raw)
	if part == nil {
		return ""
	}
	text, err := base64.StdEncoding.DecodeString(regexp.MustCompile(`\s`).ReplaceAllString(string(part[1]), ""))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// TestMovedClock: a deadline that moves is told at once to those who were
// alerted of it, and moves in their agenda; one that is confirmed as it was
// is not.
// LESSONS 28.
func TestMovedClock(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.deliver(report)
		time.Sleep(hour)
		h.do(firstRef, incident.ConfirmAwareness{At: friday, Reason: "the report says so"})
		time.Sleep(hour)
		h.expect("officer@example.org", 0)
		h.do(firstRef, incident.ConfirmAwareness{At: friday.Add(-4 * hour), Reason: "the service desk knew"})
		time.Sleep(hour)
		h.expect("officer@example.org", 0, 2*hour)
		h.expect("deputy@example.org") // was not alerted yet
		list := h.mails("officer@example.org")
		m := list[len(list)-1]
		if !strings.Contains(m.text, "De termijn van dit dossier is gewijzigd") || !strings.Contains(m.agenda(), "DTSTART:20261026T103000Z") {
			t.Errorf("the mail does not bring the new deadline:\n%s\n%s", m.text, m.agenda())
		}
		time.Sleep(18 * hour)
		h.expect("officer@example.org", 0, 2*hour, 20*hour) // 48 hours left
		h.accounted()
	})
}

// TestMovedClockPassesARung: when the earlier deadline means that a rung has
// passed, that rung brings it; there is one mail, not two.
func TestMovedClockPassesARung(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.deliver(report)
		time.Sleep(hour)
		h.do(firstRef, incident.ConfirmAwareness{At: friday.Add(-50 * hour), Reason: "the service desk knew"})
		time.Sleep(time.Minute)
		h.expect("officer@example.org", 0, hour)
		h.expect("fg@example.org", hour)
		h.accounted()
	})
}
