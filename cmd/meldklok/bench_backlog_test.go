package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	bolt "go.etcd.io/bbolt"

	"meldklok/incident"
	"meldklok/notify/mailbox"
	"meldklok/notify/mailbox/realtest"
	"meldklok/notify/mailer/mailertest"
)

// benchBacklog: 10,000 mails of 2 KiB that wait in a real Dovecot, taken in by
// the running program, against one bare fetch of them all into bbolt.
func benchBacklog(b *testing.B, t *scoreboard) {
	const n = 10_000
	d := realtest.NewDovecot(b, 2*n)
	for i := 0; i < n; i += 1000 { // Dovecot's LMTP ends a connection after some thousands
		raws := make([]string, 1000)
		for k := range raws {
			raws[k] = string(sample(uint64(i + k)))
		}
		if err := d.Deliver(raws...); err != nil {
			b.Fatal(err)
		}
	}
	var own, floor []float64
	for range rounds {
		floor = append(floor, bareBacklog(b, d, n))
		own = append(own, backlog(b, d, n))
	}
	t.versus("catching up 10,000 mails of 2 KiB from Dovecot; one bare fetch into bbolt", "≥ 0.5", perSecond, own, floor)
}

// backlog lets a new program watch the mailbox, and returns how many mails a
// second it had on disk.
func backlog(b *testing.B, d *realtest.Dovecot, n int) float64 {
	b.Helper()
	a := benchApp(b, b.TempDir(), "smtp://localhost:25", mailertest.New(), func(cfg *parsed) {
		cfg.mailboxes = []watched{{
			Mailbox: mailbox.Mailbox{
				Name: "privacy", Address: fmt.Sprint("127.0.0.1:", d.IMAP), Security: mailbox.SecurityNone, User: realtest.User,
				Password: func(context.Context) (string, error) { return realtest.Password, nil }, Timeout: 20 * time.Second,
			},
			from: time.Now().Add(-24 * time.Hour), alarm: incident.DefaultMailboxAlarm,
		}}
	})
	defer a.Close()
	staff(b, a)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	start := time.Now()
	go func() { ended <- a.pump.run(ctx) }()
	go func() { ended <- a.watches[0].run(ctx) }()
	for taken := int64(0); taken < int64(n); time.Sleep(5 * time.Millisecond) {
		_ = a.store.View(ctx, func(v incident.View) error { c := v.Counters(); taken = c.Incidents + c.Pending; return nil })
		if time.Since(start) > 5*time.Minute {
			b.Fatalf("%d of %d mails were taken in", taken, n)
		}
	}
	took := time.Since(start)
	stop()
	<-ended
	<-ended
	return float64(n) / took.Seconds()
}

// bareBacklog reads the folder with one FETCH, and writes what comes into bbolt
// a hundred mails at a time.
func bareBacklog(b *testing.B, d *realtest.Dovecot, n int) float64 {
	b.Helper()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	db, err := bolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, nil)
	must(err)
	defer db.Close()
	start := time.Now()
	c, err := imapclient.DialInsecure(fmt.Sprint("127.0.0.1:", d.IMAP), nil)
	must(err)
	defer c.Close()
	must(c.Login(realtest.User, realtest.Password).Wait())
	_, err = c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait()
	must(err)
	fetch := c.Fetch(imap.UIDSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
	var waiting [][]byte
	got := 0
	write := func() {
		must(db.Update(func(tx *bolt.Tx) error {
			bucket, err := tx.CreateBucketIfNotExists([]byte("mail"))
			if err != nil {
				return err
			}
			for _, raw := range waiting {
				got++
				if err := bucket.Put(fmt.Appendf(nil, "%016d", got), raw); err != nil {
					return err
				}
			}
			return nil
		}))
		waiting = nil
	}
	for message := fetch.Next(); message != nil; message = fetch.Next() {
		for item := message.Next(); item != nil; item = message.Next() {
			if body, ok := item.(imapclient.FetchItemDataBodySection); ok {
				raw, err := io.ReadAll(body.Literal)
				must(err)
				waiting = append(waiting, raw)
			}
		}
		if len(waiting) == 100 {
			write()
		}
	}
	must(fetch.Close())
	write()
	if got != n {
		b.Fatalf("%d of %d mails", got, n)
	}
	return float64(n) / time.Since(start).Seconds()
}
