package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/incident/store"
	"meldklok/notify"
	"meldklok/notify/mailer"
	"meldklok/notify/mailer/mailertest"
)

// sickDisk is an engine whose disk is full, or whose sync fails.
type sickDisk struct {
	store.Engine
	fault atomic.Pointer[error]
}

func (d *sickDisk) Update(fn func(store.Writer) error) error {
	if fault := d.fault.Load(); fault != nil {
		err := d.Engine.Update(func(w store.Writer) error {
			if err := fn(w); err != nil {
				return err
			}
			return *fault // the commit fails: nothing of it remains
		})
		return err
	}
	return d.Engine.Update(fn)
}

// sickHouse is a program in a bubble over such a disk.
type sickHouse struct {
	*house
	disk, keys store.Engine
	master     *store.Master
	fatal      chan error
}

func (s *sickHouse) boot() {
	s.t.Helper()
	cfg, err := ServeConfig{
		URL: "https://meldklok.example.org", From: "meldklok@example.org", Recipients: []string{"privacy@example.org", "meldklok@example.org"},
		Relays: []string{"smtp://localhost:25"}, MaxMail: 1, Period: time.Minute,
	}.check()
	if err != nil {
		s.t.Fatal(err)
	}
	relay := cfg.relays[0].(mailer.Relay)
	relay.Dial = s.relay.Dial
	a := &App{
		cfg: cfg, master: s.master, failed: make(chan error, 1), planner: notify.NewLive(notify.Planner{Ladders: notify.Defaults(), Lead: cfg.Period}),
		seams: seams{log: slog.New(slog.DiscardHandler), now: time.Now, roads: []mailer.Transport{relay}},
	}
	a.store, err = store.New(s.disk, s.keys, s.master, store.Config{Planner: a.planner, Now: a.now, Changed: a.changed, Fatal: func(err error) { s.fatal <- err }})
	if err != nil {
		s.t.Fatal(err)
	}
	a.wire()
	s.app = a
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.done.Go(func() { _ = a.engine.Run(ctx) })
	s.done.Go(func() { _ = a.pump.run(ctx) })
}

// onSickDisk runs fn in virtual time over a disk that can be made to fail.
func onSickDisk(t *testing.T, fn func(t *testing.T, s *sickHouse, disk *sickDisk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(friday))
		master, err := store.NewMaster()
		if err != nil {
			t.Fatal(err)
		}
		disk := &sickDisk{Engine: store.NewMemory()}
		s := &sickHouse{house: &house{t: t, relay: mailertest.New()}, disk: disk, keys: store.NewMemory(), master: master, fatal: make(chan error, 1)}
		defer s.relay.Close()
		s.boot()
		s.person("officer@example.org", people.Officer)
		s.deliver(report)
		time.Sleep(23 * hour)
		fn(t, s, disk)
		s.sameBytes()
		s.accounted()
		if _, err := s.app.store.Verify(t.Context(), nil); err != nil {
			t.Error(err)
		}
		s.cancel()
		s.done.Wait()
	})
}

// TestFullDisk: a disk that is full for a day loses no alert: what could not be
// recorded is still due when there is room again, and the next mail names it.
// Whoever delivers a report meanwhile is told to try again.
func TestFullDisk(t *testing.T) {
	onSickDisk(t, func(t *testing.T, s *sickHouse, disk *sickDisk) {
		full := fmt.Errorf("%w: test", store.ErrFull)
		disk.fault.Store(&full)
		time.Sleep(26 * hour) // day-1 and day-2 pass
		err := s.app.accept(t.Context(), incident.Incoming{Channel: incident.ChannelSMTP, Arrived: time.Now(), Body: strings.NewReader("Subject: x\n\nx\n")})
		if err == nil {
			t.Error("a report was accepted on a full disk")
		}
		disk.fault.Store(nil)
		time.Sleep(10 * time.Minute)
		list := s.mails("officer@example.org")
		last := list[len(list)-1]
		if !strings.Contains(last.text, "48 uur") || last.at < 49*hour {
			t.Errorf("the last mail, at %v, does not name the missed rung:\n%s", last.at, last.text)
		}
	})
}

// TestFailingSync: a sync that fails ends the process; the next one goes on from
// what is on disk and says what was missed.
func TestFailingSync(t *testing.T) {
	onSickDisk(t, func(t *testing.T, s *sickHouse, disk *sickDisk) {
		broken := fmt.Errorf("%w: test", store.ErrBroken)
		disk.fault.Store(&broken)
		time.Sleep(2 * hour) // day-1 passes
		select {
		case <-s.fatal:
		default:
			t.Fatal("the process goes on after a failed sync")
		}
		s.cancel()
		s.done.Wait()
		disk.fault.Store(nil)
		s.boot()
		time.Sleep(10 * time.Minute)
		if told := s.rungs("officer@example.org"); !strings.Contains(strings.Join(told, " "), "day-1") {
			t.Errorf("after the restart: %v", told)
		}
	})
}
