package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-smtp"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/notify/mailbox"
	"meldklok/notify/mailer"
	"meldklok/notify/mailer/mailertest"
)

// friday is when the tests' reports come in: over the autumn time change, so
// that an hour would be missing if anybody counted in local days.
var friday = time.Date(2026, 10, 23, 14, 30, 0, 0, time.UTC)

// house is the whole program in a bubble of virtual time: a real bbolt record,
// a real SMTP listener and a real SMTP relay, all in memory but for the files.
type house struct {
	t     *testing.T
	dir   string
	relay *mailertest.Server
	step  func(string) error
	adapt func(*ServeConfig) // changes the settings of the next start; nil: nothing
	dial  dialer             // of webhooks
	turn  time.Duration      // between two turns of the engine; 0: a minute
	skew  atomic.Int64       // nanoseconds by which the computer's clock is ahead
	tune  func(*parsed)      // changes the configuration before each start; nil: nothing

	app    *App
	cancel context.CancelFunc
	done   sync.WaitGroup
	killed atomic.Bool // the engine ended at a step

	damaged bool // on purpose: the record does not verify
}

// inBubble runs fn in virtual time that starts at friday, with one person for
// each role.
func inBubble(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	inDir(t, t.TempDir(), func(t *testing.T, h *house) {
		h.person("officer@example.org", people.Officer)
		h.person("deputy@example.org", people.Deputy)
		h.person("fg@example.org", people.FG)
		h.person("board@example.org", people.Management)
		fn(t, h)
	})
}

// inDir runs fn in virtual time with nobody there yet.
func inDir(t *testing.T, dir string, fn func(t *testing.T, h *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(friday))
		h := &house{t: t, dir: dir, relay: mailertest.New()}
		defer h.relay.Close()
		h.start()
		fn(t, h)
		h.stop()
		h.verify()
	})
}

// start opens the program over what is on disk and lets it run.
func (h *house) start() {
	h.t.Helper()
	settings := ServeConfig{
		URL: "https://meldklok.example.org", From: "meldklok@example.org", Recipients: []string{"privacy@example.org", "meldklok@example.org"}, MailListen: "127.0.0.1:0",
		Relays: []string{"smtp://localhost:25"}, MaxMail: 1, Period: h.pace(),
	}
	if h.adapt != nil {
		h.adapt(&settings)
	}
	cfg, err := settings.check()
	if err != nil {
		h.t.Fatal(err)
	}
	relay := cfg.relays[0].(mailer.Relay)
	relay.Dial = h.relay.Dial
	if h.tune != nil {
		h.tune(cfg)
	}
	h.app, err = open(Place{Data: filepath.Join(h.dir, "data"), KeyFile: filepath.Join(h.dir, "master.key")}, cfg, seams{
		log: slog.New(slog.DiscardHandler), now: func() time.Time { return time.Now().Add(time.Duration(h.skew.Load())) }, roads: []mailer.Transport{relay}, step: h.step, work: 2,
		dial: h.dial,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	h.cancel = cancel
	h.done.Go(func() { h.killed.Store(h.app.engine.Run(ctx) != nil) })
	h.done.Go(func() { _ = h.app.pump.run(ctx) })
	h.done.Go(func() { _ = h.app.webhooks.Run(ctx) })
	for _, w := range h.app.watches {
		h.done.Go(func() { _ = w.run(ctx) })
	}
}

// pace is how far apart turns are, and so how early a mail may be.
func (h *house) pace() time.Duration { return max(h.turn, time.Minute) }

// stop ends the program.
func (h *house) stop() {
	h.t.Helper()
	h.cancel()
	h.done.Wait()
	if err := h.app.Close(); err != nil {
		h.t.Error(err)
	}
}

// verify opens the record once more and replays it.
func (h *house) verify() {
	h.t.Helper()
	var out, errs bytes.Buffer
	code := run(context.Background(), []string{"--data", filepath.Join(h.dir, "data"), "--key-file", filepath.Join(h.dir, "master.key"), "verify"},
		world{strings.NewReader(""), &out, &errs, time.Now})
	if h.damaged {
		if code == 0 {
			h.t.Errorf("verify does not see the damage: %s", out.String())
		}
		return
	}
	if code != 0 || !strings.HasPrefix(out.String(), "whole: ") {
		h.t.Errorf("verify: status %d, %s%s", code, out.String(), errs.String())
	}
}

func (h *house) person(email string, role people.Role) people.ID {
	h.t.Helper()
	id, err := h.app.service.SetPerson(h.t.Context(), incident.System, people.Person{Email: email, Roles: []people.Role{role}, Lang: "nl"})
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

// pipe is a listener without a socket.
type pipe struct{ conns chan net.Conn }

func (p *pipe) Accept() (net.Conn, error) {
	c, ok := <-p.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p *pipe) Close() error   { return nil }
func (p *pipe) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// deliver sends a mail to the program's own SMTP listener, and returns once it
// was answered with 250.
func (h *house) deliver(text string) {
	h.t.Helper()
	h.deliverFrom("colleague@example.org", text)
}

// deliverFrom is deliver with another envelope sender; empty is <>.
func (h *house) deliverFrom(sender, text string) {
	h.t.Helper()
	listener := mailbox.NewListener(mailbox.ListenerConfig{
		Accept: h.app.accept, Own: mailbox.OwnRecipients("privacy@example.org"), Now: time.Now, Domain: "example.org", MaxMessage: 1 << 20,
	})
	p := &pipe{conns: make(chan net.Conn, 1)}
	var serving sync.WaitGroup
	serving.Go(func() { _ = listener.Serve(p) })
	ours, theirs := net.Pipe()
	p.conns <- theirs
	client := smtp.NewClient(ours)
	if err := client.SendMail(sender, []string{"privacy@example.org"}, strings.NewReader(strings.ReplaceAll(text, "\n", "\r\n"))); err != nil {
		h.t.Fatalf("deliver: %v", err)
	}
	_ = client.Quit()
	close(p.conns)
	_ = listener.Shutdown(context.Background())
	serving.Wait()
	synctest.Wait()
}

const report = `From: Colleague <colleague@example.org>
To: privacy@example.org
Subject: Lijst naar verkeerde klant
Message-ID: <one@example.org>
Content-Type: text/plain; charset=utf-8

Ik heb een lijst met namen en adressen van 250 klanten naar een verkeerde klant gemaild.
`

// got is a mail that the relay accepted, as the tests look at it.
type got struct {
	at      time.Duration // after friday, to the minute
	to      string
	subject string
	id      string
	text    string
	raw     []byte
}

// mails returns what the relay accepted for one recipient (empty: for all),
// but for the weekly digests: those are about no incident.
func (h *house) mails(to string) []got {
	h.t.Helper()
	return slices.DeleteFunc(h.all(to), got.digest)
}

func (m got) digest() bool { return strings.HasPrefix(m.subject, "Weekoverzicht") }

// all returns every mail for one recipient; empty: for all.
func (h *house) all(to string) []got {
	h.t.Helper()
	var list []got
	for _, m := range h.relay.Messages() {
		if to != "" && m.To != to {
			continue
		}
		parsed, err := mail.ReadMessage(bytes.NewReader(m.Raw))
		if err != nil {
			h.t.Fatal(err)
		}
		body, err := plainText(parsed)
		if err != nil {
			h.t.Fatal(err)
		}
		list = append(list, got{
			at: m.At.Sub(friday).Round(time.Minute), to: m.To, subject: decodeHeader(parsed.Header.Get("Subject")),
			id: parsed.Header.Get("Message-ID"), text: body, raw: m.Raw,
		})
	}
	return list
}

// plainText reads the plain part of a mail: its first one.
func plainText(m *mail.Message) (string, error) {
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return "", err
	}
	part, err := multipart.NewReader(m.Body, params["boundary"]).NextPart()
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(part)
	return string(body), err
}

// instants returns when one recipient was mailed.
func (h *house) instants(to string) (at []string) {
	h.t.Helper()
	for _, m := range h.mails(to) {
		at = append(at, strings.TrimSuffix(m.at.String(), "0s"))
	}
	return at
}

// expect compares when a recipient was mailed with when that should have been,
// a period's lead allowed for.
func (h *house) expect(to string, want ...time.Duration) {
	h.t.Helper()
	list := h.mails(to)
	ok := len(list) == len(want)
	for i := 0; ok && i < len(want); i++ {
		early := want[i] - list[i].at
		ok = early >= 0 && early <= h.pace()
	}
	if !ok {
		h.t.Errorf("%s was mailed at %v, want %v", to, h.instants(to), want)
	}
}

func (h *house) do(ref incident.Ref, cmd incident.Command) *incident.Incident {
	h.t.Helper()
	inc, err := h.app.service.Do(h.t.Context(), ref, incident.ByPerson("p1"), cmd)
	if err != nil {
		h.t.Fatalf("%T: %v", cmd, err)
	}
	return inc
}

func (h *house) incident(ref incident.Ref) *incident.Incident {
	h.t.Helper()
	inc, err := h.app.service.Incident(h.t.Context(), ref)
	if err != nil {
		h.t.Fatal(err)
	}
	return inc
}

var firstRef = incident.Ref{Year: 2026, Number: 1}

// sameBytes fails when one Message-ID carried two different texts.
func (h *house) sameBytes() {
	h.t.Helper()
	seen := map[string][]byte{}
	for _, m := range h.mails("") {
		if old, ok := seen[m.id]; ok && !bytes.Equal(old, m.raw) {
			h.t.Errorf("Message-ID %s carried two texts", m.id)
		}
		seen[m.id] = m.raw
	}
}

// accounted fails when an alert of the record is neither accepted, nor inside a
// later rung, nor cancelled, nor failed (promise 4).
func (h *house) accounted() {
	h.t.Helper()
	proofs, err := h.app.service.Alerts(h.t.Context(), firstRef)
	if err != nil {
		h.t.Fatal(err)
	}
	arrived := map[string]bool{}
	for _, m := range h.mails("") {
		arrived[strings.Trim(m.id, "<>")] = true
	}
	for _, p := range proofs {
		if !p.State.Final() {
			h.t.Errorf("the alert %s to %s is still %s", p.Rung, p.Recipient, p.State)
		}
		if p.State == incident.Accepted && !arrived[p.MessageID] {
			h.t.Errorf("the alert %s to %s is recorded as accepted, and never arrived", p.Rung, p.Recipient)
		}
	}
}

// rungs lists the rungs that a recipient was told of, by the log.
func (h *house) rungs(recipient string) []string { return h.told(firstRef, recipient) }

// told is rungs of any incident.
func (h *house) told(ref incident.Ref, recipient string) (names []string) {
	h.t.Helper()
	proofs, err := h.app.service.Alerts(h.t.Context(), ref)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, p := range proofs {
		if p.Recipient == recipient {
			names = append(names, p.Rung)
		}
	}
	return names
}

var errKilled = errors.New("killed")
