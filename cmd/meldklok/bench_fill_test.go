package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/notify/mailer"
	"meldklok/notify/mailer/mailertest"
)

// benchApp opens a program in a folder, whose mail goes to the sink.
func benchApp(b *testing.B, dir string, relayURL string, sink *mailertest.Server, tune ...func(*parsed)) *App {
	b.Helper()
	cfg, err := ServeConfig{
		URL: "https://meldklok.example.org", From: "meldklok@example.org", Recipients: []string{"privacy@example.org"},
		Relays: []string{relayURL}, MaxMail: 50, Period: 5 * time.Second,
	}.check()
	if err != nil {
		b.Fatal(err)
	}
	for _, fn := range tune {
		fn(cfg)
	}
	relay := cfg.relays[0].(mailer.Relay)
	if sink != nil {
		relay.Dial = sink.Dial
	}
	a, err := open(Place{filepath.Join(dir, "data"), filepath.Join(dir, "master.key")}, cfg, seams{
		log: slog.New(slog.DiscardHandler), now: time.Now, roads: []mailer.Transport{relay}, work: 2,
	})
	if err != nil {
		b.Fatal(err)
	}
	return a
}

// sample returns a mail of 2 KiB that no other is equal to.
func sample(n uint64) []byte {
	head := fmt.Sprintf("From: colleague%d@example.org\r\nTo: privacy@example.org\r\nSubject: Brief %d naar verkeerd adres\r\n"+
		"Message-ID: <%d@example.org>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n", n%97, n, n)
	line := fmt.Sprintf("Dossier %d: de brief van %d is bij een andere klant bezorgd, die hem ongeopend terugbracht.\r\n", n*7919%100003, n)
	return append([]byte(head), bytes.Repeat([]byte(line), (2048-len(head))/len(line))...)
}

// spread shares n pieces of work among workers.
func spread(workers, n int, do func(worker int, n uint64)) {
	var next atomic.Uint64
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for i := next.Add(1); i <= uint64(n); i = next.Add(1) {
				do(w, i)
			}
		})
	}
	all.Wait()
}

// staff sets one officer, whom every rung concerns.
func staff(b *testing.B, a *App) {
	b.Helper()
	p := people.Person{Email: "officer@example.org", Roles: []people.Role{people.Officer}}
	if _, err := a.service.SetPerson(b.Context(), incident.System, p); err != nil {
		b.Fatal(err)
	}
}

// fill makes open incidents whose clock started then, and for which what is
// given was said already. Raw, if set, makes the mail that each was reported by;
// otherwise there is none.
func fill(b *testing.B, a *App, n int, start time.Time, said *incident.Alerted, raw func(uint64) []byte) {
	b.Helper()
	act := incident.Act{By: "person:p1", Now: start, Rules: incident.Rules()}
	clock := incident.Clock{Version: 1, Start: start, Due: incident.Deadline(start, 72), Basis: incident.ClockReceipt}
	for done := 0; done < n; done += 500 {
		err := a.store.Update(context.Background(), func(tx incident.Tx) error {
			for range min(500, n-done) {
				if err := fillOne(a, tx, act, clock, said, raw); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func fillOne(a *App, tx incident.Tx, act incident.Act, clock incident.Clock, said *incident.Alerted, raw func(uint64) []byte) error {
	item, err := a.store.NewItem()
	if err != nil {
		return err
	}
	ref, err := tx.Create(act.Now.Year(), item)
	if err != nil {
		return err
	}
	report := &incident.Reported{Report: 1, Channel: incident.ChannelSMTP, Received: act.Now, Basis: incident.BasisListener, Item: item, Machine: "bench"}
	if raw != nil {
		mail := raw(item)
		report.Size = int64(len(mail))
		report.Private.Subject, report.Private.From.Email = fmt.Sprintf("Brief %d naar verkeerd adres", item), fmt.Sprintf("colleague%d@example.org", item%97)
		if err := tx.PutChunk(item, 0, mail, true); err != nil {
			return err
		}
	}
	bodies := []incident.Body{report, &incident.DutyOpened{Duty: incident.DutyAP, Rule: "gdpr-33-72h", Hours: 72, Clock: clock}}
	if said != nil {
		bodies = append(bodies, said)
	}
	_, err = tx.Append(incident.Stream{Ref: ref}, act, bodies...)
	return err
}

// fillQuiet makes open incidents whose next alert lies in the future.
func fillQuiet(b *testing.B, a *App, n int, raw func(uint64) []byte) {
	now := time.Now().UTC()
	fill(b, a, n, now, &incident.Alerted{Duty: incident.DutyAP, Version: 1, Rung: "reported", Rank: 10, Due: now}, raw)
}

// fillDue makes open incidents of which one rung falls due at an instant: the
// one that leaves so many hours. What came before it was said.
func fillDue(b *testing.B, a *App, n int, at time.Time, left time.Duration) {
	at = at.UTC()
	start := at.Add(left - 72*time.Hour)
	before := at.Add(-time.Minute)
	fill(b, a, n, start, &incident.Alerted{Duty: incident.DutyAP, Version: 1, Rung: "earlier", Rank: 99, Due: before}, nil)
}
