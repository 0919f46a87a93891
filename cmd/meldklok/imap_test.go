package main

import (
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/notify/mailbox"
)

// post is the organisation's mail server in memory: it holds the privacy
// mailbox, and puts into it what the relay took for its address.
type post struct {
	t      *testing.T
	h      *house
	user   *imapmemserver.User
	conns  chan net.Conn
	down   atomic.Bool
	passed int // messages of the relay that were looked at
}

const privacyAddress = "privacy@example.org"

// withMailbox runs fn with the whole program watching a mailbox, in virtual
// time, beside the usual people and an administrator.
func withMailbox(t *testing.T, fn func(t *testing.T, h *house, p *post)) {
	t.Helper()
	inBubble(t, func(t *testing.T, h *house) {
		h.person("admin@example.org", people.Admin)
		p := newPost(t, h)
		h.stop()
		h.tune = p.configure
		h.start()
		synctest.Wait()
		fn(t, h, p)
	})
}

func newPost(t *testing.T, h *house) *post {
	t.Helper()
	p := &post{t: t, h: h, user: imapmemserver.NewUser("privacy", "geheim"), conns: make(chan net.Conn)}
	p.must(p.user.Create("INBOX", nil))
	memory := imapmemserver.New()
	memory.AddUser(p.user)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return memory.NewSession(), nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}}, InsecureAuth: true, Logger: log.New(io.Discard, "", 0),
	})
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(&pipe{p.conns}) })
	t.Cleanup(func() { close(p.conns); serving.Wait(); _ = server.Close() })
	return p
}

func (p *post) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// configure adds the mailbox to a configuration.
func (p *post) configure(cfg *parsed) {
	cfg.mailboxes = []watched{{
		Mailbox: mailbox.Mailbox{
			Name: "privacy", Address: "localhost:143", Security: mailbox.SecurityNone, User: "privacy", Timeout: 20 * time.Second,
			Password: func(context.Context) (string, error) { return "geheim", nil }, Dial: p.dial,
		},
		address: privacyAddress, alarm: incident.DefaultMailboxAlarm,
	}}
}

func (p *post) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	if p.down.Load() {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// arrive puts a mail into the mailbox and lets the program take it in.
func (p *post) arrive(text string) {
	p.t.Helper()
	p.append(strings.ReplaceAll(text, "\n", "\r\n"), time.Now())
	time.Sleep(2 * time.Minute)
	synctest.Wait()
}

func (p *post) append(raw string, at time.Time) {
	p.t.Helper()
	_, err := p.user.Append("INBOX", bytesLiteral{strings.NewReader(raw)}, &imap.AppendOptions{Time: at})
	p.must(err)
}

type bytesLiteral struct{ *strings.Reader }

func (b bytesLiteral) Size() int64 { return b.Reader.Size() }

// pass delivers what the relay has taken for the mailbox since the last time,
// and returns those mails.
func (p *post) pass() (mails []string) {
	p.t.Helper()
	all := p.h.relay.Messages()
	for _, m := range all[p.passed:] {
		if m.To == privacyAddress {
			mails = append(mails, string(m.Raw))
			p.append("Received: from relay.example.org by mx.example.org; "+time.Now().Format(time.RFC1123Z)+"\r\n"+string(m.Raw), time.Now())
		}
	}
	p.passed = len(all)
	return mails
}

// state says how the mailbox stands.
func (p *post) state() incident.WatchedMailbox {
	p.t.Helper()
	list := p.h.app.watchedMailboxes("nl")
	if len(list) != 1 {
		p.t.Fatalf("%d mailboxes are watched", len(list))
	}
	return list[0]
}

// finds reports whether health holds a finding.
func (h *house) finds(code string) bool {
	return slices.ContainsFunc(h.app.engine.Health().Findings, func(f incident.Finding) bool { return f.Code == code })
}

// count returns how many incidents there are, and how many parked messages.
func (h *house) count() (incidents, parked int) {
	h.t.Helper()
	rows, err := h.app.service.List(h.t.Context(), incident.Ref{}, 1000)
	if err != nil {
		h.t.Fatal(err)
	}
	org, err := h.app.service.Org(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return len(rows), org.Parked
}

// wantCount fails when there are not exactly so many.
func (h *house) wantCount(why string, incidents, parked int) {
	h.t.Helper()
	if i, p := h.count(); i != incidents || p != parked {
		h.t.Errorf("%s: %d incidents and %d parked, want %d and %d", why, i, p, incidents, parked)
	}
}

// TestLesson1And5WatchedMailbox: a mail in an existing mailbox becomes an incident with
// its clock from the moment the mailbox had it; what was there before the first
// start is history; and after a restart nothing is taken twice.
func TestLesson1And5WatchedMailbox(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.person("admin@example.org", people.Admin)
		p := newPost(t, h)
		p.append(strings.ReplaceAll(strings.Replace(report, "<one@", "<old@", 1), "\n", "\r\n"), friday.Add(-48*time.Hour))
		h.stop()
		h.tune = p.configure
		h.start()
		time.Sleep(time.Minute)
		old := h.incident(firstRef)
		if old.Status() != incident.StatusHistory || len(old.Duties) != 0 || len(h.mails("officer@example.org")) != 0 {
			t.Errorf("old mail is not history: %s, %d duties", old.Status(), len(old.Duties))
		}
		arrived := time.Now().Truncate(time.Second)
		p.arrive(report)
		inc := h.incident(incident.Ref{Year: 2026, Number: 2})
		if d := inc.Duty(incident.DutyAP); d == nil || !d.Clock.Start.Equal(arrived) || inc.Reports[0].Basis != incident.BasisMailbox {
			t.Errorf("the clock: %+v, arrived %s", d, arrived)
		}
		if len(h.mails("colleague@example.org")) != 1 || len(h.mails("officer@example.org")) != 1 {
			t.Errorf("receipts %d, alerts %d", len(h.mails("colleague@example.org")), len(h.mails("officer@example.org")))
		}
		for range 2 {
			h.stop()
			h.start()
			time.Sleep(2 * time.Hour)
			h.wantCount("after a restart", 2, 0)
			if s := p.state(); s.InFolder != 2 || s.Known != 2 || s.Missing != 0 || s.Found != 0 || s.Trouble != "" || !s.From.Truncate(time.Second).Equal(friday) {
				t.Errorf("the mailbox stands: %+v", s)
			}
		}
	})
}

// TestLesson9And10And11: over the whole program. The same bytes, fetched or
// delivered again, are one incident; two mails with one Message-ID are two, and
// the second says so; a folder that was made anew adds nothing.
func TestLesson9And10And11(t *testing.T) {
	withMailbox(t, func(t *testing.T, h *house, p *post) {
		p.arrive(report)
		p.append(strings.ReplaceAll(report, "\n", "\r\n"), time.Now())
		h.deliver(report)
		time.Sleep(2 * time.Minute)
		h.wantCount("the same bytes three times, by two roads", 1, 0)

		p.arrive(strings.Replace(report, "250", "9000", 1))
		h.wantCount("another mail with the same Message-ID", 2, 0)
		second := h.incident(incident.Ref{Year: 2026, Number: 2})
		if second.Suspect != firstRef || second.Duty(incident.DutyAP) == nil {
			t.Errorf("the suspected duplicate is not shown: %+v", second.Suspect)
		}

		p.must(p.user.Delete("INBOX"))
		p.must(p.user.Create("INBOX", nil))
		p.append(strings.ReplaceAll(strings.Replace(report, "250", "9000", 1), "\n", "\r\n"), time.Now())
		p.append(strings.ReplaceAll(report, "\n", "\r\n"), time.Now())
		p.arrive(strings.Replace(report, "<one@", "<two@", 1))
		time.Sleep(5 * time.Minute)
		h.wantCount("a new UIDVALIDITY", 3, 0)
		if s := p.state(); s.Known != 3 || s.Missing != 0 {
			t.Errorf("the mailbox stands: %+v", s)
		}
		inc := h.incident(firstRef)
		if len(inc.Reports) != 1 || inc.Duty(incident.DutyAP).Clock.Version != 1 {
			t.Errorf("the first incident has %d reports and clock version %d", len(inc.Reports), inc.Duty(incident.DutyAP).Clock.Version)
		}
	})
}

// TestLesson6MailboxStops: a mailbox that cannot be read turns health red after five
// minutes and is mailed to the administrator after ten, through the relay, once
// in four hours, also over a restart; and the mail that came meanwhile is taken
// when it is back.
func TestLesson6MailboxStops(t *testing.T) {
	withMailbox(t, func(t *testing.T, h *house, p *post) {
		time.Sleep(10 * time.Minute)
		if h.finds("mailbox-old") || h.app.engine.Health().Red() {
			t.Errorf("health is red with a mailbox that is read: %v", h.app.engine.Health().Findings)
		}
		p.down.Store(true)
		h.stop() // the open connection ends
		h.start()
		p.append(strings.ReplaceAll(report, "\n", "\r\n"), time.Now())
		time.Sleep(4 * time.Minute)
		if h.finds("mailbox-old") {
			t.Error("red within the five minutes")
		}
		time.Sleep(3 * time.Minute)
		if !h.finds("mailbox-old") || !h.app.engine.Health().Red() || len(h.mails("admin@example.org")) != 0 {
			t.Errorf("after seven minutes: %v, %d mails", h.app.engine.Health().Findings, len(h.mails("admin@example.org")))
		}
		time.Sleep(5 * time.Minute)
		told := h.mails("admin@example.org")
		if len(told) != 1 || !strings.Contains(told[0].text, "https://meldklok.example.org/mailbox") || !strings.Contains(told[0].subject, "privacy") {
			t.Fatalf("the administrator got %d mails: %+v", len(told), told)
		}
		if s := p.state(); s.Trouble != mailbox.TroubleUnreachable || !strings.Contains(s.Why, "niet te bereiken") {
			t.Errorf("the page says %q: %s", s.Trouble, s.Why)
		}
		h.stop()
		h.start()
		time.Sleep(3 * time.Hour)
		if n := len(h.mails("admin@example.org")); n != 1 {
			t.Errorf("%d mails within four hours", n)
		}
		time.Sleep(2 * time.Hour)
		if n := len(h.mails("admin@example.org")); n != 2 {
			t.Errorf("%d mails after five hours, want a second one", n)
		}
		p.down.Store(false)
		time.Sleep(5 * time.Minute)
		h.wantCount("back again", 1, 0)
		if h.finds("mailbox-old") {
			t.Errorf("health: %v", h.app.engine.Health().Findings)
		}
	})
}

// TestBouncesUnread: health is red while what comes back goes where nobody reads.
func TestBouncesUnread(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		for _, row := range []struct {
			why  string
			tune func(*parsed)
			want bool
		}{
			{"the listener takes mail for the sender's address", func(*parsed) {}, false},
			{"nobody reads it", func(c *parsed) { c.Recipients = []string{privacyAddress} }, true},
			{"it is the privacy mailbox with a tag", func(c *parsed) { c.Recipients, c.From = []string{privacyAddress}, "privacy+meldklok@example.org" }, false},
			{"the listener takes the whole domain", func(c *parsed) { c.Recipients = []string{"@Example.org"} }, false},
			{"the listener is closed", func(c *parsed) { c.MailListen = "" }, true},
		} {
			h.stop()
			h.tune = row.tune
			h.start()
			time.Sleep(2 * time.Minute)
			if h.finds("bounces-unread") != row.want {
				t.Errorf("%s: found %t", row.why, !row.want)
			}
		}
	})
}

// TestLesson12Probe: a probe goes out, comes in as a probe, and leaves nothing
// but its travel time; one that does not come in turns health red and is told;
// neither a restart nor a relay in trouble makes a second one.
func TestLesson12Probe(t *testing.T) {
	withMailbox(t, func(t *testing.T, h *house, p *post) {
		time.Sleep(5 * time.Minute)
		if probes := p.pass(); len(probes) != 1 {
			t.Fatalf("%d probes were sent at the start", len(probes))
		}
		time.Sleep(2 * time.Minute)
		h.wantCount("the probe came in", 0, 0)
		if s := p.state(); s.Probe.Seen.IsZero() || s.Probe.Travel < 4*time.Minute || s.Probe.Travel > 6*time.Minute {
			t.Errorf("the probe: %+v", s.Probe)
		}
		h.stop()
		h.start()
		time.Sleep(5 * time.Hour)
		if probes := p.pass(); len(probes) != 0 {
			t.Errorf("%d more probes within six hours", len(probes))
		}
		time.Sleep(time.Hour)
		lost := p.lose()
		time.Sleep(29 * time.Minute)
		if lost != 1 || h.finds("probe-missing") && p.state().Probe.Sent.Add(30*time.Minute).After(time.Now()) {
			t.Errorf("%d probes were lost; red too early", lost)
		}
		time.Sleep(10 * time.Minute)
		if !h.finds("probe-missing") || len(h.mails("admin@example.org")) != 1 {
			t.Errorf("a lost probe: %v, %d mails", h.app.engine.Health().Findings, len(h.mails("admin@example.org")))
		}
		h.stop()
		time.Sleep(50 * time.Hour)
		h.start()
		time.Sleep(time.Minute)
		if probes := p.pass(); len(probes) != 1 {
			t.Errorf("%d probes after two days", len(probes))
		}
		time.Sleep(2 * time.Minute)
		if h.finds("probe-missing") {
			t.Error("health is red although the last probe came in")
		}
	})
}

// TestProbeTellsOfAWrongClock: a probe that came in before it was sent, by the
// mailbox's clock, says that ours is ahead; the next one says that it was set
// right.
// LESSONS 37.
func TestProbeTellsOfAWrongClock(t *testing.T) {
	withMailbox(t, func(t *testing.T, h *house, p *post) {
		next := func() { // a probe comes in as soon as it is sent
			for len(p.pass()) == 0 {
				time.Sleep(time.Minute)
			}
			time.Sleep(2 * time.Minute)
		}
		next()
		h.skew.Store(int64(7 * time.Minute))
		next()
		if !h.finds("clock-wrong") {
			t.Errorf("our clock is seven minutes ahead: %v, probe %+v", h.app.engine.Health().Findings, p.state().Probe)
		}
		h.skew.Store(0)
		next()
		if h.finds("clock-wrong") {
			t.Errorf("the clock was set right: %v, probe %+v", h.app.engine.Health().Findings, p.state().Probe)
		}
	})
}

// lose throws away what the relay has taken for the mailbox.
func (p *post) lose() (n int) {
	all := p.h.relay.Messages()
	for _, m := range all[p.passed:] {
		if m.To == privacyAddress {
			n++
		}
	}
	p.passed = len(all)
	return n
}

// TestForgedProbe: a mail that only looks like a probe is a report; a copy of a
// true one is our own mail coming back, visible among the parked; a rescan
// recognises the true one.
func TestForgedProbe(t *testing.T) {
	withMailbox(t, func(t *testing.T, h *house, p *post) {
		time.Sleep(time.Minute)
		probe := p.pass()[0]
		time.Sleep(2 * time.Minute)
		p.arrive("From: meldklok@example.org\nTo: privacy@example.org\nX-Meldklok: probe\nMessage-ID: <probe.1.abc.forgedforgedforge@example.org>\nSubject: lek\n\nEen lijst met 40 klanten ligt op straat.\n")
		h.wantCount("a forged probe", 1, 0)
		p.append("X-Copied: yes\r\n"+probe, time.Now())
		time.Sleep(2 * time.Minute)
		h.wantCount("a copy of a true one", 1, 1)
		_, id, _ := bytes.Cut([]byte(probe), []byte("Message-ID: "))
		id, _, _ = bytes.Cut(id, []byte("\r\n"))
		p.arrive("From: burger@example.net\nTo: privacy@example.org\nMessage-ID: " + string(id) + "\nSubject: lek\n\nMijn dossier staat op internet.\n")
		h.wantCount("a stranger with our token", 2, 1)
	})
}
