package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/notify/mailer"
	"meldklok/notify/mailer/mailertest"
)

// TestMain lets the test binary be the program itself, and the one that the
// crash test kills.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	if dir := os.Getenv("MELDKLOK_CRASH_DIR"); dir != "" {
		if err := crashChild(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// crashWorld is what parent and child agree on: one clock that runs ahead and
// goes on while the child is dead, and the relay.
type crashWorld struct {
	dir   string
	relay string
	clock fastClock
}

const crashSpeed = 20_000 // 80 hours in 14 seconds

func (w crashWorld) open() (*App, error) {
	cfg, err := ServeConfig{
		URL: "https://meldklok.example.org", From: "meldklok@example.org", Recipients: []string{"privacy@example.org"},
		Relays: []string{"smtp://" + w.relay}, MaxMail: 1, Period: time.Minute,
	}.check()
	if err != nil {
		return nil, err
	}
	relay := cfg.relays[0].(mailer.Relay)
	relay.Timeout, relay.EndTimeout = 300*time.Millisecond, 300*time.Millisecond
	return open(Place{filepath.Join(w.dir, "data"), filepath.Join(w.dir, "master.key")}, cfg, seams{
		log: slog.New(slog.DiscardHandler), now: w.clock.Now, after: w.clock.After, roads: []mailer.Transport{relay}, work: 2,
	})
}

func crashWorldAt(dir, relay string, start time.Time) crashWorld {
	return crashWorld{dir, relay, fastClock{start: start, speed: crashSpeed, now: time.Now}}
}

// crashChild takes in a report and runs the engine until it is killed.
func crashChild(dir string) error {
	start, err := strconv.ParseInt(os.Getenv("MELDKLOK_CRASH_START"), 10, 64)
	if err != nil {
		return err
	}
	a, err := crashWorldAt(dir, os.Getenv("MELDKLOK_CRASH_RELAY"), time.Unix(0, start)).open()
	if err != nil {
		return err
	}
	go func() { _ = a.pump.run(context.Background()) }()
	go func() { _ = a.engine.Run(context.Background()) }()
	for i := range 3 {
		text := strings.Replace(report, "one@", fmt.Sprintf("%d-%d@", os.Getpid(), i), 1)
		if err := a.accept(context.Background(), incident.Incoming{Channel: incident.ChannelSMTP, Arrived: a.now().UTC(), Body: strings.NewReader(text)}); err != nil {
			return err
		}
		fmt.Println("accepted")
	}
	select {}
}

// TestKill kills the program (SIGKILL) at random moments while alerts fall due
// and the relay misbehaves. Afterwards every accepted report is an incident,
// every alert is accounted for (promise 4), no Message-ID carried two texts, and
// every rung that passed was told or is named by a later one.
func TestKill(t *testing.T) {
	rounds := 25
	if os.Getenv("MELDKLOK_REAL") != "" {
		rounds = 60
	}
	killRounds(t, rounds)
}

// killRounds kills so often, and returns how many reports were said to be
// accepted on the way.
func killRounds(t *testing.T, rounds int) (accepted int) {
	t.Helper()
	server := mailertest.New()
	defer server.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(l) }()
	server.Script(misbehave)

	w := crashWorldAt(t.TempDir(), l.Addr().String(), time.Now())
	a, err := w.open()
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range []people.Role{people.Officer, people.Deputy, people.FG, people.Management} {
		if _, err := a.service.SetPerson(t.Context(), incident.System, people.Person{Email: string(role) + "@example.org", Roles: []people.Role{role}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	for range rounds {
		accepted += w.killOne(t)
	}
	server.Script(nil)
	w.settle(t, server, accepted)
	return accepted
}

// misbehave is a relay on a bad day.
func misbehave(to string, n int) mailertest.Fault {
	switch rand.IntN(12) {
	case 0:
		return mailertest.Fault{At: mailertest.AtDial}
	case 1:
		return mailertest.Refuse(mailertest.AtRcpt, 450, "4.2.0", "later")
	case 2:
		return mailertest.HangUp(mailertest.AtData)
	case 3:
		return mailertest.Fault{At: mailertest.AfterData, HangUp: true, Keep: true} // taken, and never said so
	case 4:
		return mailertest.Refuse(mailertest.AtMail, 421, "4.3.2", "closing")
	}
	return mailertest.Fault{}
}

// killOne starts the program, kills it a little later, and returns how many
// reports it said to have accepted.
func (w crashWorld) killOne(t *testing.T) int {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "MELDKLOK_CRASH_DIR="+w.dir, "MELDKLOK_CRASH_RELAY="+w.relay,
		"MELDKLOK_CRASH_START="+strconv.FormatInt(w.clock.start.UnixNano(), 10))
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Duration(60+rand.IntN(240)) * time.Millisecond)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the child ended by itself: %v\n%s", err, errs.String())
	}
	return strings.Count(out.String(), "accepted")
}

// settle lets the program run undisturbed until nothing is under way, and looks
// at what is left.
func (w crashWorld) settle(t *testing.T, server *mailertest.Server, accepted int) {
	t.Helper()
	// From here on the clock goes at its usual pace: at the other one a slow
	// machine would never be done with what falls due meanwhile.
	began, real := w.clock.Now(), time.Now()
	w.clock = fastClock{start: began, speed: 1, now: func() time.Time { return began.Add(time.Since(real)) }}
	a, err := w.open()
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	ctx := context.Background()
	if err := a.pump.drain(ctx); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.engine.Rewind(ctx), a.engine.Turn(ctx)); err != nil { // reports of the last rounds were not alerted yet
		t.Fatal(err)
	}
	rows, err := a.service.List(ctx, incident.Ref{}, 0)
	if err != nil || len(rows) < accepted {
		t.Fatalf("%d reports were accepted, %d incidents are there (%v)", accepted, len(rows), err)
	}
	for _, r := range rows {
		if _, err := a.service.Do(ctx, r.Ref, incident.ByPerson("p1"), incident.Waive{Reasons: "end of the test"}); err != nil {
			t.Fatal(err)
		}
	}
	for range 200 {
		if err := a.engine.Turn(ctx); err != nil {
			t.Fatal(err)
		}
		if a.engine.Health().Queued == 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if _, err := a.store.Verify(ctx, nil); err != nil {
		t.Fatal(err)
	}
	w.account(t, a, server, rows)
}

// account checks every alert of every incident against what arrived.
func (w crashWorld) account(t *testing.T, a *App, server *mailertest.Server, rows []incident.Row) {
	t.Helper()
	texts := map[string][]byte{}
	for _, m := range server.Messages() {
		id := messageID(m.Raw)
		if old, ok := texts[id]; ok && !bytes.Equal(old, m.Raw) {
			t.Errorf("Message-ID %s carried two texts", id)
		}
		texts[id] = m.Raw
	}
	alerts := 0
	for _, r := range rows {
		proofs, err := a.service.Alerts(t.Context(), r.Ref)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range proofs {
			alerts++
			switch {
			case !p.State.Final():
				t.Errorf("%s: the alert %s to %s is still %s", r.Ref, p.Rung, p.Recipient, p.State)
			case p.State == incident.Accepted && texts[p.MessageID] == nil:
				t.Errorf("%s: the alert %s to %s is recorded as accepted and never arrived", r.Ref, p.Rung, p.Recipient)
			}
		}
		w.covered(t, a, r, proofs)
	}
	known := map[string]bool{}
	outbox, err := a.service.Outbox(t.Context(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range outbox {
		known[m.MessageID] = true
	}
	for id, raw := range texts {
		if !known[id] && a.now().Sub(dateOf(t, raw)) < 30*24*time.Hour { // of a mail about several cases the logs keep what counts
			t.Errorf("the mail %s arrived and is missing from the record", id)
		}
	}
	t.Logf("%d incidents, %d alerts, %d mails arrived", len(rows), alerts, len(server.Messages()))
}

// dateOf reads when a mail was written.
func dateOf(t *testing.T, raw []byte) time.Time {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	at, err := m.Header.Date()
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// covered fails when a rung that had passed was neither told to the officer nor
// named by a later mail. Row holds the incident as it was before the waiver.
func (w crashWorld) covered(t *testing.T, a *App, r incident.Row, proofs []incident.Proof) {
	t.Helper()
	told := map[string]bool{}
	for _, p := range proofs {
		if p.Person == "p1" {
			told[p.Rung] = true
		}
		for _, missed := range p.Missed {
			told[missed] = true
		}
	}
	d := *r.Incident.Duty(incident.DutyAP)
	until := d.FiredAt
	d.FiredAt, d.FiredRank = time.Time{}, 0
	if until.IsZero() {
		t.Errorf("%s: nobody was ever alerted", r.Ref)
		return
	}
	for _, s := range a.planner.Planner().Passed(r.Incident, d, until) {
		if !told[s.Name] && !strings.HasPrefix(s.Name, "overdue") { // of many missed repetitions a mail names the last few
			t.Errorf("%s: the rung %s passed, and nobody was told: %v", r.Ref, s.Name, told)
		}
	}
}

// messageID reads the field of a mail that we composed.
func messageID(raw []byte) string {
	_, rest, _ := bytes.Cut(raw, []byte("Message-ID: <"))
	id, _, _ := bytes.Cut(rest, []byte(">"))
	return string(id)
}
