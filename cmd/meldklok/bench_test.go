package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gomail "github.com/wneessen/go-mail"
	bolt "go.etcd.io/bbolt"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/notify/mailer"
	"meldklok/notify/mailer/mailertest"
)

// benchApp opens a program whose relay takes everything. Nothing runs yet.
func benchApp(b *testing.B) *App {
	b.Helper()
	sink := mailertest.New()
	b.Cleanup(sink.Close)
	return benchAppTo(b, "smtp://localhost:25", sink)
}

// benchAppTo opens a program that sends to the relay, by way of the sink if
// there is one.
func benchAppTo(b *testing.B, relayURL string, sink *mailertest.Server) *App {
	b.Helper()
	cfg, err := ServeConfig{
		URL: "https://meldklok.example.org", From: "meldklok@example.org", Recipients: []string{"privacy@example.org"},
		Relays: []string{relayURL}, MaxMail: 50, Period: 5 * time.Second,
	}.check()
	if err != nil {
		b.Fatal(err)
	}
	relay := cfg.relays[0].(mailer.Relay)
	if sink != nil {
		relay.Dial = sink.Dial
	}
	dir := b.TempDir()
	a, err := open(Place{filepath.Join(dir, "data"), filepath.Join(dir, "master.key")}, cfg, seams{
		log: slog.New(slog.DiscardHandler), now: time.Now, roads: []mailer.Transport{relay}, work: 2,
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = a.Close() })
	return a
}

// sample returns a mail of 2 KiB that no other is equal to.
func sample(n uint64) []byte {
	head := fmt.Sprintf("From: colleague%d@example.org\r\nTo: privacy@example.org\r\nSubject: Brief %d naar verkeerd adres\r\n"+
		"Message-ID: <%d@example.org>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n", n%97, n, n)
	line := fmt.Sprintf("Dossier %d: de brief van %d is bij een andere klant bezorgd, die hem ongeopend terugbracht.\r\n", n*7919%100003, n)
	return append([]byte(head), bytes.Repeat([]byte(line), (2048-len(head))/len(line))...)
}

// BenchmarkReport measures a report accepted durably, by 1 and by 64 senders,
// against bare bbolt writing the same bytes in the same run.
func BenchmarkReport(b *testing.B) {
	for _, senders := range []int{1, 64} {
		b.Run(fmt.Sprintf("senders=%d", senders), func(b *testing.B) {
			floor := bareBolt(b, senders, max(b.N, 200))
			a := benchApp(b)
			ctx, stop := context.WithCancel(context.Background())
			defer stop()
			go func() { _ = a.pump.run(ctx) }()
			b.ResetTimer()
			spread(senders, b.N, func(n uint64) {
				if err := a.accept(ctx, incident.Incoming{Channel: incident.ChannelSMTP, Arrived: time.Now(), Body: bytes.NewReader(sample(n))}); err != nil {
					b.Error(err)
				}
			})
			b.StopTimer()
			own := float64(b.N) / b.Elapsed().Seconds()
			b.ReportMetric(own, "reports/s")
			b.ReportMetric(floor, "bbolt/s")
			b.ReportMetric(own/floor, "ratio")
		})
	}
}

// bareBolt writes n samples into a bucket, as plainly as bbolt allows: Update
// for one writer, Batch for many.
func bareBolt(b *testing.B, senders, n int) (perSecond float64) {
	b.Helper()
	db, err := bolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	write := db.Batch
	if senders == 1 {
		write = db.Update
	}
	start := time.Now()
	spread(senders, n, func(n uint64) {
		err := write(func(tx *bolt.Tx) error {
			bucket, err := tx.CreateBucketIfNotExists([]byte("mail"))
			if err != nil {
				return err
			}
			return bucket.Put(fmt.Appendf(nil, "%016d", n), sample(n))
		})
		if err != nil {
			b.Error(err)
		}
	})
	return float64(n) / time.Since(start).Seconds()
}

// spread shares n pieces of work among workers.
func spread(workers, n int, do func(n uint64)) {
	var next atomic.Uint64
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := next.Add(1); i <= uint64(n); i = next.Add(1) {
				do(i)
			}
		})
	}
	all.Wait()
}

// BenchmarkTurn measures one turn of the engine, audit included, with nothing
// due: it must not grow with what exists.
func BenchmarkTurn(b *testing.B) {
	for _, open := range []int{1_000, 100_000} {
		b.Run(fmt.Sprintf("open=%d", open), func(b *testing.B) {
			a := benchApp(b)
			fillOpen(b, a, open)
			if err := a.engine.Turn(context.Background()); err != nil {
				b.Fatal(err)
			}
			if h := a.engine.Health(); h.OpenDuties != int64(open) {
				b.Fatalf("%d open duties, want %d", h.OpenDuties, open)
			}
			for b.Loop() {
				if err := a.engine.Turn(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// fillOpen makes open incidents whose next alert lies in the future.
func fillOpen(b *testing.B, a *App, n int) {
	b.Helper()
	now := time.Now().UTC()
	fill(b, a, n, now, &incident.Alerted{Duty: incident.DutyAP, Version: 1, Rung: "reported", Rank: 10, Due: now})
}

// fill makes open incidents whose clock started then, and for which what is
// given was said already.
func fill(b *testing.B, a *App, n int, start time.Time, said *incident.Alerted) {
	b.Helper()
	ctx := context.Background()
	p := people.Person{Email: "officer@example.org", Roles: []people.Role{people.Officer}}
	if _, err := a.service.SetPerson(ctx, incident.System, p); err != nil {
		b.Fatal(err)
	}
	act := incident.Act{By: "person:p1", Now: start, Rules: incident.Rules()}
	clock := incident.Clock{Version: 1, Start: start, Due: incident.Deadline(start, 72), Basis: incident.ClockReceipt}
	for done := 0; done < n; done += 500 {
		err := a.store.Update(ctx, func(tx incident.Tx) error {
			for i := done; i < min(done+500, n); i++ {
				item, err := a.store.NewItem()
				if err != nil {
					return err
				}
				ref, err := tx.Create(2026, item)
				if err != nil {
					return err
				}
				bodies := []incident.Body{
					&incident.Reported{Report: 1, Channel: incident.ChannelSMTP, Received: start, Basis: incident.BasisListener, Item: item, Machine: "bench"},
					&incident.DutyOpened{Duty: incident.DutyAP, Rule: "gdpr-33-72h", Hours: 72, Clock: clock},
				}
				if said != nil {
					bodies = append(bodies, said)
				}
				if _, err := tx.Append(incident.Stream{Ref: ref}, act, bodies...); err != nil {
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

// BenchmarkAlerts measures alerts that fall due at one moment, from due to
// recorded as accepted, one mail each, against bare go-mail that composes and
// sends as many mails over one reused connection in the same run.
func BenchmarkAlerts(b *testing.B) {
	server := mailertest.New()
	defer server.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = server.Serve(l) }()
	n := max(b.N, 500)
	floor := bareMail(b, l.Addr().String(), n)

	a := benchAppTo(b, "smtp://"+l.Addr().String(), nil)
	fillDue(b, a, n)
	due := time.Now()
	b.ResetTimer()
	for {
		if err := a.engine.Turn(context.Background()); err != nil {
			b.Fatal(err)
		}
		if a.engine.Health().Queued == 0 {
			break
		}
	}
	b.StopTimer()
	took := time.Since(due)
	own := float64(n) / took.Seconds()
	b.ReportMetric(own, "alerts/s")
	b.ReportMetric(floor, "go-mail/s")
	b.ReportMetric(own/floor, "ratio")
	b.ReportMetric(took.Seconds(), "s-lateness-max")
}

// bareMail composes and sends n mails with go-mail's own client.
func bareMail(b *testing.B, addr string, n int) (perSecond float64) {
	b.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		b.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		b.Fatal(err)
	}
	client, err := gomail.NewClient(host, gomail.WithPort(number), gomail.WithTLSPolicy(gomail.NoTLS))
	if err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	if err := client.DialWithContext(context.Background()); err != nil {
		b.Fatal(err)
	}
	for i := range n {
		m := gomail.NewMsg()
		if err := errors.Join(m.From("meldklok@example.org"), m.To("officer@example.org")); err != nil {
			b.Fatal(err)
		}
		m.Subject(fmt.Sprintf("2026-%04d: nog 11 uur", i))
		m.SetBodyString(gomail.TypeTextPlain, strings.Repeat("Termijn: maandag 26 oktober 2026 15:30\n", 15))
		if err := client.Send(m); err != nil {
			b.Fatal(err)
		}
	}
	_ = client.Close()
	return float64(n) / time.Since(start).Seconds()
}

// fillDue makes open incidents of which an urgent rung is due.
func fillDue(b *testing.B, a *App, n int) {
	b.Helper()
	fill(b, a, n, time.Now().UTC().Add(-61*time.Hour), nil)
}
