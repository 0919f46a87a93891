package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	gomail "github.com/wneessen/go-mail"
	bolt "go.etcd.io/bbolt"

	"meldklok/incident"
	"meldklok/notify/mailer/mailertest"
)

const lmtpSenders = 64

// benchIntake: reports of 2 KiB by LMTP, from 64 senders over sockets, against
// bare bbolt batching the same bytes.
func benchIntake(b *testing.B, t *scoreboard) {
	const n = 2_000
	var told, done, floor []float64
	for round := range rounds {
		floor = append(floor, bareBolt(b, lmtpSenders, n))
		own, whole := intake(b, round, n)
		told, done = append(told, own), append(done, whole)
	}
	t.versus("report durable by LMTP, 64 senders, to the 250; bbolt Batch", "≥ 0.5", perSecond, told, floor)
	t.versus("the same, until each is an incident with its clock and score", "none", perSecond, done, floor)
}

// intake delivers n reports to a new record and returns how many a second were
// answered 250, and how many a second had become incidents.
func intake(b *testing.B, round, n int) (told, whole float64) {
	b.Helper()
	a := benchApp(b, b.TempDir(), "smtp://localhost:25", mailertest.New())
	defer a.Close()
	staff(b, a)
	return intakeInto(b, a, round, n)
}

// intakeInto does the same with a record that is there.
func intakeInto(b *testing.B, a *App, round, n int) (told, whole float64) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	door := a.mailServer("lmtp", l, true)
	go func() { _ = door.serve(context.Background()) }()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	defer func() { _ = door.stop(ctx) }()
	go func() { _ = a.pump.run(ctx) }()
	clients := make([]*smtp.Client, lmtpSenders)
	for i := range clients {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		clients[i] = smtp.NewClientLMTP(conn)
		defer clients[i].Close()
	}
	made := func() (n int64) {
		_ = a.store.View(ctx, func(v incident.View) error { n = v.Counters().Incidents; return nil })
		return n
	}
	before := made()
	start := time.Now()
	spread(lmtpSenders, n, func(worker int, i uint64) {
		if err := deliverTo(clients[worker], "colleague@example.org", sample(uint64(round*n)+i)); err != nil {
			b.Error(err)
		}
	})
	if b.Failed() {
		b.FailNow()
	}
	told = float64(n) / time.Since(start).Seconds()
	for made()-before < int64(n) {
		time.Sleep(time.Millisecond)
	}
	return told, float64(n) / time.Since(start).Seconds()
}

// deliverTo hands one mail over a connection that is open: 250, or why not.
func deliverTo(c *smtp.Client, from string, raw []byte) error {
	err := errors.Join(c.Mail(from, nil), c.Rcpt("privacy@example.org", nil))
	if err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(raw); err != nil {
		return err
	}
	return w.Close()
}

// bareBolt writes n samples into a bucket, as plainly as bbolt allows.
func bareBolt(b *testing.B, senders, n int) (perSecond float64) {
	b.Helper()
	db, err := bolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	start := time.Now()
	spread(senders, n, func(_ int, n uint64) {
		err := db.Batch(func(tx *bolt.Tx) error {
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

// benchAlerts: 10,000 alerts that fall due at one second, from due to recorded
// as accepted, against bare go-mail that composes and sends as many short mails
// over one reused connection. With 11 hours left every alert is a mail of its
// own; with 24 hours left a person gets those of one moment together.
func benchAlerts(b *testing.B, t *scoreboard) {
	const n = 10_000
	server := mailertest.New()
	defer server.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = server.Serve(l) }()
	for _, kind := range []struct {
		what string
		left time.Duration
	}{{"one mail each", 6 * time.Hour}, {"early ones, bundled", 24 * time.Hour}} {
		var own, floor []float64
		for range rounds {
			floor = append(floor, bareMail(b, l.Addr().String(), n))
			own = append(own, alerts(b, l.Addr().String(), n, kind.left))
		}
		t.versus("10,000 alerts due in one second, "+kind.what+"; go-mail, one connection", "≥ 0.8", perSecond, own, floor)
		slowest := make([]float64, len(own))
		for i := range own {
			slowest[i] = n / own[i]
		}
		t.add("the last of those 10,000 is accepted after", seconds(median(slowest)), "", "")
	}
}

// alerts runs the engine over n duties that are due in a new record, and returns
// how many alerts a second were recorded as accepted.
func alerts(b *testing.B, relay string, n int, left time.Duration) float64 {
	b.Helper()
	a := benchApp(b, b.TempDir(), "smtp://"+relay, nil)
	defer a.Close()
	staff(b, a)
	return alertsIn(b, a, n, left)
}

// alertsIn does the same with a record that is there.
func alertsIn(b *testing.B, a *App, n int, left time.Duration) float64 {
	b.Helper()
	fillDue(b, a, n, time.Now(), left)
	entries := headOf(b, a)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	start := time.Now()
	go func() { ended <- a.engine.Run(ctx) }()
	for !allAccepted(b, a, entries+2*uint64(n)) {
		time.Sleep(5 * time.Millisecond)
	}
	took := time.Since(start)
	stop()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
	return float64(n) / took.Seconds()
}

// headOf is how many entries the record holds.
func headOf(b *testing.B, a *App) (entries uint64) {
	b.Helper()
	err := a.store.View(b.Context(), func(v incident.View) error { entries = v.Counters().Head.Seq; return nil })
	if err != nil {
		b.Fatal(err)
	}
	return entries
}

// allAccepted reports whether nothing is due or under way any more, and the log has
// the outcome of every alert.
func allAccepted(b *testing.B, a *App, entries uint64) (all bool) {
	err := a.store.View(b.Context(), func(v incident.View) error {
		for range v.Due(time.Now()) {
			return nil
		}
		c := v.Counters()
		all = c.Queued == 0 && c.Head.Seq >= entries
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return all
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

// benchSize: what 10,000 reports of 2 KiB cost on disk.
func benchSize(b *testing.B, t *scoreboard) {
	const n = 10_000
	a := benchApp(b, b.TempDir(), "smtp://localhost:25", mailertest.New())
	defer a.Close()
	staff(b, a)
	raw := 0
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	pumped := make(chan error)
	go func() { pumped <- a.pump.run(ctx) }()
	spread(lmtpSenders, n, func(_ int, i uint64) {
		in := incident.Incoming{Channel: incident.ChannelSMTP, Arrived: time.Now(), Body: bytes.NewReader(sample(i))}
		if err := a.accept(ctx, in); err != nil {
			b.Error(err)
		}
	})
	for i := range uint64(n) {
		raw += len(sample(i + 1))
	}
	for made := int64(0); made < n; time.Sleep(time.Millisecond) {
		_ = a.store.View(ctx, func(v incident.View) error { made = v.Counters().Incidents; return nil })
	}
	stop()
	<-pumped
	record, keys := a.store.Size()
	t.add("data file per report of 2 KiB, at 10,000 reports", fmt.Sprintf("%d bytes", (record+keys)/n), fmt.Sprintf("%d bytes", raw/n),
		fmt.Sprintf("%.2f (aim ≤ 3)", float64(record+keys)/float64(raw)))
}
