package main

import (
	"bytes"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/notify/mailer/mailertest"
)

const hour = time.Hour

// TestLadder: a mail comes in, and every rung reaches the right people at the
// right instant until the notification is filed, eight hours too late.
// LESSONS 21, 22, 24, 48.
func TestLadder(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.deliver(report)
		time.Sleep(80*hour - time.Minute)

		// The deadline falls on Monday 15:30, within office hours, so there is no
		// rung for the last working afternoon.
		h.expect("officer@example.org", 0, 4*hour, 24*hour, 48*hour, 60*hour, 66*hour, 69*hour, 71*hour, 72*hour, 76*hour)
		h.expect("deputy@example.org", 4*hour, 48*hour, 60*hour, 66*hour, 69*hour, 71*hour, 72*hour, 76*hour)
		h.expect("fg@example.org", 48*hour, 60*hour, 66*hour, 69*hour, 71*hour, 72*hour, 76*hour)
		h.expect("board@example.org", 60*hour, 66*hour, 69*hour, 71*hour, 72*hour, 76*hour)
		h.expect("colleague@example.org", 0) // the receipt

		due := h.incident(firstRef).Duty(incident.DutyAP).Clock.Due
		if want := friday.Add(72 * hour); !due.Equal(want) {
			t.Errorf("due %v, want %v", due, want)
		}
		inc := h.do(firstRef, incident.File{Kind: incident.FilingInitial, Number: "AP-1", At: time.Now(), Delay: "nobody looked"})
		if late := inc.Filings[0].Late(inc.Duty(incident.DutyAP).Clock.Due); late < 7*hour {
			t.Errorf("late by %v", late)
		}
		time.Sleep(100 * hour)
		for _, who := range []string{"officer", "deputy", "fg", "board"} {
			list := h.mails(who + "@example.org")
			last := list[len(list)-1]
			if !strings.Contains(last.subject, "afgerond") || last.at > 80*hour+time.Minute {
				t.Errorf("%s: the last mail is %q at %v, want one closing mail and then silence", who, last.subject, last.at)
			}
		}
		h.accounted()
	})
}

// TestNoCaseContent: no alert carries a name of the reporter or a word of the
// report; it does carry the deadline, the time left as at a stated time, a link
// and the head of the chain.
func TestNoCaseContent(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.deliver(report)
		time.Sleep(75 * hour)
		for _, m := range h.mails("") {
			for _, word := range []string{"Colleague", "Lijst", "klant"} {
				if m.to != "colleague@example.org" && strings.Contains(string(m.raw), word) {
					t.Errorf("the mail %q to %s says %q", m.subject, m.to, word)
				}
			}
		}
		text := h.mails("officer@example.org")[0].text
		for _, want := range []string{"26 oktober 2026 15:30", "https://meldklok.example.org/incidents/2026-0001", "Logboek: "} {
			if !strings.Contains(text, want) {
				t.Errorf("the first alert lacks %q:\n%s", want, text)
			}
		}
	})
}

// TestWaiveStopsTheLadder, and «seen» does not.
// LESSONS 23, 29.
func TestWaiveStopsTheLadder(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.deliver(report)
		time.Sleep(hour)
		h.do(firstRef, incident.Seen{})
		time.Sleep(24 * hour)
		h.expect("officer@example.org", 0, 24*hour) // no «unseen», but day-1
		h.expect("deputy@example.org")
		h.do(firstRef, incident.Waive{Reasons: "the list held company names only"})
		time.Sleep(80 * hour)
		h.expect("officer@example.org", 0, 24*hour, 25*hour) // the closing mail
		h.expect("deputy@example.org")
		h.accounted()
	})
}

// TestDowntime: three rungs pass while the program is down; one mail of the
// highest names the missed ones.
// LESSONS 20, 30.
func TestDowntime(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.deliver(report)
		time.Sleep(30 * hour)
		h.stop()
		time.Sleep(37 * hour) // day-2, half-day and six pass
		h.start()
		time.Sleep(time.Minute)
		h.expect("officer@example.org", 0, 4*hour, 24*hour, 67*hour)
		h.expect("board@example.org", 67*hour)
		last := h.mails("board@example.org")[0]
		for _, want := range []string{"24 uur", "12 uur"} {
			if !strings.Contains(last.text, want) {
				t.Errorf("the mail after the downtime does not name the missed rung %q:\n%s", want, last.text)
			}
		}
		h.accounted()
	})
}

// TestRelayDownForADay: nothing is lost, the mail that got through names what
// did not, and health was red meanwhile.
// LESSONS 19, 25.
func TestRelayDownForADay(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.deliver(report)
		time.Sleep(23 * hour)
		h.relay.Script(func(string, int) mailertest.Fault { return mailertest.Fault{At: mailertest.AtDial} })
		time.Sleep(26 * hour) // day-1 and day-2 pass
		if !h.app.engine.Health().Red() {
			t.Error("health is not red while the relay is down")
		}
		h.relay.Script(nil)
		time.Sleep(hour)
		list := h.mails("officer@example.org")
		last := list[len(list)-1]
		if len(list) != 3 || !strings.Contains(last.text, "48 uur") {
			t.Errorf("want one mail about the last day that names the one before, got %d mails, last:\n%s", len(list), last.text)
		}
		if h.app.engine.Health().Red() {
			t.Errorf("health is still red: %v", h.app.engine.Health().Findings)
		}
		h.accounted()
	})
}

// TestNextPerson: an address that does not exist hands the alert to the next
// person at once, in red, and nobody is muted.
// LESSONS 22, 27.
func TestNextPerson(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.relay.Script(func(to string, _ int) mailertest.Fault {
			if to == "officer@example.org" {
				return mailertest.Refuse(mailertest.AtRcpt, 550, "5.1.1", "no such user")
			}
			return mailertest.Fault{}
		})
		h.deliver(report)
		time.Sleep(3 * time.Minute)
		h.expect("deputy@example.org", 0)
		inc := h.incident(firstRef)
		if len(inc.Trouble) != 1 || !inc.Trouble[0].Handed {
			t.Errorf("trouble = %+v", inc.Trouble)
		}
		if !slices.ContainsFunc(h.app.engine.Health().Findings, func(f incident.Finding) bool { return f.Code == "person-unreachable" }) {
			t.Error("health does not show the unreachable person")
		}
		h.relay.Script(nil)
		time.Sleep(25 * hour)
		if n := len(h.mails("officer@example.org")); n == 0 {
			t.Error("the officer was muted after one refusal")
		}
		h.accounted()
	})
}

// TestUnknownOutcome: silence after the mail was handed over sends the same
// bytes again under the same Message-ID.
// LESSONS 25.
func TestUnknownOutcome(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.relay.Script(func(to string, n int) mailertest.Fault {
			if to == "officer@example.org" && n == 1 {
				return mailertest.Fault{At: mailertest.AfterData, HangUp: true, Keep: true}
			}
			return mailertest.Fault{}
		})
		h.deliver(report)
		time.Sleep(10 * time.Minute)
		list := h.mails("officer@example.org")
		if len(list) != 2 || list[0].id != list[1].id {
			t.Errorf("got %d mails", len(list))
		}
		h.sameBytes()
		h.accounted()
	})
}

// TestNobodyYet: until somebody can be alerted, alerts are kept, health is red,
// and the first person gets what is due.
// LESSONS 26.
func TestNobodyYet(t *testing.T) {
	dir := t.TempDir()
	inDir(t, dir, func(t *testing.T, h *house) {
		h.deliver(report)
		time.Sleep(5 * hour)
		if len(h.mails("officer@example.org")) != 0 || !h.app.engine.Health().Red() {
			t.Fatal("an alert left without a recipient, or health is not red")
		}
		h.person("officer@example.org", "officer")
		time.Sleep(time.Minute)
		list := h.mails("officer@example.org")
		if len(list) != 1 || !strings.Contains(list[0].text, "bij ontvangst") {
			t.Errorf("got %d mails at %v", len(list), h.instants("officer@example.org"))
		}
	})
}

// TestFlood: a flood of reports shares alerts: one at once, one with the rest
// five minutes later, per person.
// LESSONS 32.
func TestFlood(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		for i := range 20 {
			h.deliver(strings.Replace(report, "one@", fmt.Sprintf("n%d@", i), 1) + fmt.Sprint(i))
			time.Sleep(time.Second)
		}
		time.Sleep(10 * time.Minute)
		if n := len(h.mails("officer@example.org")); n < 2 || n > 4 {
			t.Errorf("20 reports made %d alerts for one person", n)
		}
		if n := len(h.mails("colleague@example.org")); n != 5 {
			t.Errorf("one sender got %d receipts within an hour, want 5", n)
		}
	})
}

// TestKillBetweenSteps kills the program at the k-th step, for every k of the
// first day, opens it again and lets the day pass: every rung arrives, no
// Message-ID carries two texts, no alert is missing from the record.
// LESSONS 30.
func TestKillBetweenSteps(t *testing.T) {
	for k := 1; killAt(t, k, 30, "reported", "unseen", "day-1"); k++ {
	}
}

// TestKillLate does the same for some of the steps of all four days.
func TestKillLate(t *testing.T) {
	for k := 30; killAt(t, k, 75, "reported", "unseen", "day-1", "day-2", "half-day", "six", "three", "one", "overdue"); k += 7 {
	}
}

// killAt runs one case, and reports whether there was a k-th step.
func killAt(t *testing.T, k, hours int, want ...string) bool {
	t.Helper()
	var steps atomic.Int64 // both loops of the engine take steps
	ok := t.Run(fmt.Sprint(k), func(t *testing.T) {
		inBubble(t, func(t *testing.T, h *house) {
			h.stop()
			h.adapt = func(c *ServeConfig) { c.Period = 5 * time.Minute }
			h.step = func(string) error {
				if steps.Add(1) == int64(k) {
					return errKilled
				}
				return nil
			}
			h.start()
			h.deliver(report)
			for range hours {
				time.Sleep(hour)
				if h.killed.Swap(false) {
					h.stop()
					h.start()
				}
			}
			time.Sleep(10 * time.Minute)
			h.sameBytes()
			h.accounted()
			told := h.rungs("officer@example.org")
			for _, rung := range want {
				if !slices.Contains(told, rung) {
					t.Errorf("the rung %s is missing: %v", rung, told)
				}
			}
		})
	})
	return ok && steps.Load() >= int64(k)
}

// TestFastDrill: a drill that we ordered runs through the true path with
// minutes for hours; it cannot be filed, and a forged one is a real report.
func TestFastDrill(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		drill := func(id string) string { return strings.Replace(report, "<one@example.org>", "<"+id+">", 1) }
		h.deliver(drill(h.app.service.Tokens.DrillID(incident.FastDrillRule, time.Now())))
		time.Sleep(80 * time.Minute)
		inc := h.incident(firstRef)
		if !inc.Exercise || inc.Status() != incident.StatusExercise || !inc.Duty(incident.DutyAP).Clock.Due.Equal(friday.Add(72*time.Minute)) {
			t.Fatalf("the drill: %+v", inc)
		}
		if n := len(h.mails("board@example.org")); n < 5 {
			t.Errorf("management got %d alerts of the drill", n)
		}
		_, err := h.app.service.Do(t.Context(), firstRef, incident.ByPerson("p1"), incident.File{Kind: incident.FilingInitial, Number: "1", At: time.Now(), Delay: "d"})
		if err == nil {
			t.Error("a drill was filed")
		}
		h.do(firstRef, incident.EndDrill{})
		h.deliver(drill("drill-72m.0.abc.forged@example.org"))
		second := h.incident(incident.Ref{Year: 2026, Number: 2})
		if second.Exercise || second.Duty(incident.DutyAP).Hours != 72 || second.Duty(incident.DutyAP).Fast {
			t.Error("a forged drill is taken for one")
		}
	})
}

// TestClockRanAhead: a computer whose clock runs forty hours ahead for a while,
// while the relay is down and a report is new, says everything once it is right.
func TestClockRanAhead(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.deliver(report)
		time.Sleep(50 * hour)
		h.stop()
		h.skew.Store(int64(40 * hour))
		h.start()
		time.Sleep(10 * time.Minute)
		before := len(h.mails("board@example.org"))
		said := h.told(firstRef, "officer@example.org")
		h.skew.Store(0) // set right while the program runs
		time.Sleep(23 * hour)
		for _, rung := range h.told(firstRef, "officer@example.org")[len(said):] {
			if slices.Contains([]string{"reported", "unseen", "day-1", "day-2"}, rung) {
				t.Errorf("%s was told once more, though its time was over before the clock ran ahead", rung)
			}
		}
		told := h.rungs("board@example.org")
		for _, rung := range []string{"half-day", "six", "three", "one", "overdue"} {
			if !slices.Contains(told, rung) {
				t.Errorf("after the clock was set right the rung %s is missing: %v", rung, told)
			}
		}
		if n := len(h.mails("board@example.org")) - before; n < 5 {
			t.Errorf("%d mails after the clock was set right", n)
		}
		h.accounted()
	})
}

// TestBounce: an accepted alert that comes back is red, and the next person is
// told; a forged delivery report changes nothing and switches nobody off.
func TestBounce(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.deliver(report)
		time.Sleep(time.Minute)
		first := h.mails("officer@example.org")[0]
		h.deliverFrom("", bounceOf("<2026-0001.1.guess.guess@example.org>", "one"))
		time.Sleep(time.Minute)
		if n := len(h.mails("deputy@example.org")); n != 0 || len(h.incident(firstRef).Trouble) != 0 {
			t.Fatalf("a forged delivery report made %d mails", n)
		}
		h.deliverFrom("", bounceOf(first.id, "two"))
		time.Sleep(time.Minute)
		h.expect("deputy@example.org", 2*time.Minute)
		if text := h.metrics(); !strings.Contains(text, `meldklok_alerts_total{state="bounced"} 1`) || !strings.Contains(text, `meldklok_mails_taken_total{channel="smtp"} 3`) {
			t.Errorf("metrics:\n%s", text)
		}
		if inc := h.incident(firstRef); len(inc.Trouble) != 1 || inc.Trouble[0].State != incident.Bounced {
			t.Errorf("trouble = %+v", inc.Trouble)
		}
		time.Sleep(25 * hour)
		if n := len(h.mails("officer@example.org")); n < 2 {
			t.Error("the officer was muted by a bounce")
		}
	})
}

// TestBounceBehindARelayThatRenames: a relay wrote a Message-ID of its own, as
// some large ones do. The delivery report quotes that one, and our loop mark
// tells all the same which mail came back. A guess in the mark does not.
// LESSONS 16.
func TestBounceBehindARelayThatRenames(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.deliver(report)
		time.Sleep(time.Minute)
		first := h.mails("officer@example.org")[0]
		sent, err := mail.ReadMessage(bytes.NewReader(first.raw))
		if err != nil {
			t.Fatal(err)
		}
		renamed := "<0100018f@relay.example>\nX-Meldklok: "
		h.deliverFrom("", bounceOf(renamed+"alert 2026-0001.1.guess.guess@example.org", "one"))
		time.Sleep(time.Minute)
		if n := len(h.mails("deputy@example.org")); n != 0 {
			t.Fatalf("a forged loop mark made %d mails", n)
		}
		h.deliverFrom("", bounceOf(renamed+sent.Header.Get("X-Meldklok"), "two"))
		time.Sleep(time.Minute)
		h.expect("deputy@example.org", 2*time.Minute)
	})
}

// bounceOf writes a delivery report (RFC 3464) about one of our mails.
func bounceOf(id, nonce string) string {
	return `From: MAILER-DAEMON@relay.example
To: privacy@example.org
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <` + nonce + `@relay.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Your mail could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; officer@example.org
Action: failed
Status: 5.1.1

--b
Content-Type: message/rfc822

Message-ID: ` + id + `
Subject: x

x

--b--
`
}

// TestRelayPutsEverybodyOff: a relay that puts every mail off is the tool's
// trouble, however long it lasts: the next persons are told as well, and what
// was put off still goes out when the relay takes mail again.
// LESSONS 25, 26.
func TestRelayPutsEverybodyOff(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.deliver(report)
		time.Sleep(23 * hour)
		h.relay.Script(func(string, int) mailertest.Fault {
			return mailertest.Refuse(mailertest.AtRcpt, 451, "4.3.0", "try again later")
		})
		time.Sleep(9 * hour) // day-1 passes
		if !h.app.engine.Health().Red() {
			t.Error("health is not red while nobody can be told")
		}
		h.relay.Script(nil)
		time.Sleep(hour)
		list := h.mails("officer@example.org")
		if last := list[len(list)-1]; !strings.Contains(last.text, "40 uur") && !strings.Contains(last.text, "48 uur") {
			t.Errorf("the alert that was put off never came; %d mails at %v, last:\n%s", len(list), h.instants("officer@example.org"), last.text)
		}
		if h.app.engine.Health().Red() {
			t.Errorf("health is still red: %v", h.app.engine.Health().Findings)
		}
		h.accounted()
	})
}
