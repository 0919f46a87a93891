package main

import (
	"strings"
	"testing"
	"time"

	"meldklok/incident"
)

// TestAnAnswerToAnEndedCaseIsHeard: somebody answers the receipt of a case that
// was waived long ago and tells of a new leak. No ladder runs, so officers are
// told at once and every day until somebody looks, deputies with them, and
// more answers within the hour share one mail. What an officer answers tells
// nobody.
// Promise 1, LESSONS 14, 18.
func TestAnAnswerToAnEndedCaseIsHeard(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.deliver(report)
		time.Sleep(time.Minute)
		receipt := h.mails("colleague@example.org")[0]
		h.do(firstRef, incident.Waive{Code: "unlikely-risk", Reasons: "de klant heeft alles gewist"})
		time.Sleep(2 * hour)
		quiet := len(h.mails("officer@example.org"))
		answer := func(from, text string) {
			h.deliverFrom(from, "From: "+from+"\nTo: privacy@example.org\nSubject: Re: uw melding\nIn-Reply-To: "+receipt.id+"\n\n"+text+"\n")
		}
		answer("officer@example.org", "Ik kijk er morgen naar.")
		time.Sleep(2 * time.Minute)
		if n := len(h.mails("officer@example.org")) - quiet; n != 0 {
			t.Fatalf("officers were told %d times of what one of them wrote", n)
		}
		answer("colleague@example.org", "Vandaag weer een lijst, nu met 9.000 BSN's.")
		time.Sleep(2 * time.Minute)
		list := h.mails("officer@example.org")
		if len(list) != quiet+1 || !strings.Contains(list[quiet].subject, firstRef.String()) || strings.Contains(string(list[quiet].raw), "BSN") {
			t.Fatalf("officers got %d mails of an answer to an ended case", len(list)-quiet)
		}
		for range 5 {
			answer("colleague@example.org", "En nog een, "+time.Now().String())
			time.Sleep(2 * time.Minute)
		}
		time.Sleep(2 * hour)
		if n := len(h.mails("officer@example.org")) - quiet; n != 2 {
			t.Errorf("one answer and five more within the hour: %d mails", n)
		}
		deputies := len(h.mails("deputy@example.org"))
		time.Sleep(24 * hour)
		if n := len(h.mails("deputy@example.org")) - deputies; n != 1 {
			t.Errorf("nobody looked for a day: deputies got %d mails", n)
		}
		h.do(firstRef, incident.Seen{})
		quiet = len(h.mails("officer@example.org"))
		time.Sleep(25 * hour)
		if n := len(h.mails("officer@example.org")) - quiet; n != 0 {
			t.Errorf("somebody looked, and officers still got %d mails", n)
		}
		h.accounted()
	})
}
