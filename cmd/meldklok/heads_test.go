package main

import (
	"bytes"
	"net/mail"
	"regexp"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/notify/webhook"
)

// TestEveryMailCarriesTheHead (promise 6): the header and the last line of every
// mail to somebody of ours state a head that the chain goes through, in a form that
// «verify --head» takes; one that was tampered with it does not take.
func TestEveryMailCarriesTheHead(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.slowly()
		h.deliver(report)
		time.Sleep(77 * hour)
		h.do(firstRef, incident.Waive{Reasons: "the list held company names only"})
		time.Sleep(hour)
		var last string
		seen := 0
		line := regexp.MustCompile(`(?m)^(?:Logboek|Log): (\d+ [0-9a-f]{64})\r?$`)
		for _, m := range h.relay.Messages() {
			if strings.Contains(m.To, "zorg") || !strings.HasSuffix(m.To, "@example.org") || m.To == "colleague@example.org" {
				continue // a reporter learns nothing of the chain
			}
			parsed, err := mail.ReadMessage(bytes.NewReader(m.Raw))
			if err != nil {
				t.Fatal(err)
			}
			text, err := plainText(parsed)
			if err != nil {
				t.Fatal(err)
			}
			head, said := parsed.Header.Get("X-Meldklok-Head"), line.FindStringSubmatch(text)
			if head == "" || said == nil || said[1] != head {
				t.Errorf("to %s, %q: header %q, text %v", m.To, parsed.Header.Get("Subject"), head, said)
				continue
			}
			left, err := parseHead(head)
			if err != nil {
				t.Fatal(err)
			}
			if holds, err := h.app.store.Holds(t.Context(), *left); err != nil || !holds {
				t.Errorf("to %s, %q: the chain does not go through %s: %v", m.To, parsed.Header.Get("Subject"), head, err)
			}
			seen, last = seen+1, head
		}
		if seen < 20 {
			t.Fatalf("%d mails: the test lost its grip", seen)
		}
		h.stop()
		s := shell{t, h.dir}
		s.ok("", "verify", "--head", last)
		number, hash, _ := strings.Cut(last, " ")
		s.ok("", "verify", "--head", number+":"+hash)
		s.refused("rewritten", "verify", "--head", number+":"+strings.Repeat("0", 64))
		h.start()
	})
}

// TestNothingLeavesAHeldRecord: what was restored waits for its release: neither a
// mail, nor a post, nor a ping that all is well, however red and however long; then
// all three go on.
func TestNothingLeavesAHeldRecord(t *testing.T) {
	withOutside(t, func(t *testing.T, h *house, o *outside) {
		h.deliver(report)
		time.Sleep(hour)
		err := h.app.store.Update(t.Context(), func(tx incident.Tx) error {
			_, err := tx.Append(incident.OrgStream(), h.app.service.Act(incident.System), &incident.Restored{Seq: 1, Hash: make([]byte, 32), Copied: friday})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		mails := len(h.all(""))
		posts, _ := o.taken()
		time.Sleep(76 * hour)
		if n := len(h.all("")) - mails; n > 0 {
			t.Errorf("%d mails left", n)
		}
		if now, _ := o.taken(); len(now) > len(posts) {
			t.Errorf("posted: %+v", now[len(posts):])
		}
		if n := o.beaten(2*hour, 77*hour); n > 0 {
			t.Errorf("%d pings said that all is well", n)
		}
		if err := h.app.service.Release(t.Context(), incident.ByPerson("p1")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(9 * hour)
		if len(h.all("")) == mails || len(o.said(webhook.KindAlert)) == 0 || o.beaten(78*hour, 86*hour) < 475 {
			t.Errorf("after the release: %d mails, %v, %d pings", len(h.all(""))-mails, o.said(webhook.KindAlert), o.beaten(78*hour, 86*hour))
		}
	})
}
