package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui"
)

// standing opens the program in this process over a real file, with an officer
// and with mail kept in the folder, and lets it run.
func standing(t *testing.T) *App {
	t.Helper()
	cfg, err := ServeConfig{
		URL: "http://localhost:8072", From: "meldklok@example.org", Recipients: []string{"privacy@example.org"}, MaxMail: 50, Period: 5 * time.Second,
	}.check()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	a, err := open(Place{filepath.Join(dir, "data"), filepath.Join(dir, "master.key")}, cfg, seams{log: slog.New(slog.DiscardHandler), now: time.Now, work: 2})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.service.SetPerson(t.Context(), incident.System, people.Person{Email: "officer@example.org", Roles: []people.Role{people.Officer}}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = a.engine.Run(ctx) })
	running.Go(func() { _ = a.pump.run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
		if _, err := a.store.Verify(context.Background(), nil); err != nil {
			t.Error(err)
		}
		_ = a.Close()
	})
	return a
}

// crowd runs do for 0 to n-1 from so many goroutines.
func crowd(n, at int, do func(int)) {
	var all sync.WaitGroup
	var next atomic.Int64
	for range at {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				do(int(i))
			}
		})
	}
	all.Wait()
}

func (a *App) counters(t *testing.T) (c incident.Counters, org *incident.Org) {
	t.Helper()
	if err := a.store.View(t.Context(), func(v incident.View) error { c, org = v.Counters(), v.Org(); return nil }); err != nil {
		t.Fatal(err)
	}
	return c, org
}

// alertedWithin waits until somebody was alerted of the newest incident.
func (a *App) alertedWithin(t *testing.T, limit time.Duration) time.Duration {
	t.Helper()
	began := time.Now()
	for time.Since(began) < limit {
		rows, err := a.service.List(t.Context(), incident.Ref{}, 1)
		if err != nil || len(rows) == 0 {
			t.Fatal(err)
		}
		if d := rows[0].Incident.Duty(incident.DutyAP); d != nil && len(d.Alerted) > 0 {
			return time.Since(began)
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("nobody was alerted of the newest report within %s", limit)
	return 0
}

// patiently is until, for as long as a slow machine needs.
func patiently(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 8 * 60 {
		if ok() {
			return
		}
		time.Sleep(time.Second)
	}
	t.Fatalf("in vain waited for: %s", what)
}

// knockParked parks out-of-office replies; then one report comes.
func knockParked(t *testing.T) string {
	n := often(*parkeds, 500, 100_000)
	a := standing(t)
	crowd(n, 64, func(i int) {
		text := strings.Replace(outOfOffice, "<ooo@", fmt.Sprintf("<ooo%d@", i), 1)
		if err := a.accept(t.Context(), incident.Incoming{Channel: incident.ChannelSMTP, Arrived: time.Now(), Body: strings.NewReader(text)}); err != nil {
			t.Error(err)
		}
	})
	patiently(t, "every message is parked", func() bool { _, org := a.counters(t); return org.Parked == n })
	if err := a.accept(t.Context(), incident.Incoming{Channel: incident.ChannelSMTP, Arrived: time.Now(), Body: strings.NewReader(report)}); err != nil {
		t.Fatal(err)
	}
	until(t, "the report is an incident", func() bool { c, _ := a.counters(t); return c.Incidents == 1 })
	took := a.alertedWithin(t, time.Minute)
	began := time.Now()
	if items, err := a.service.Parked(t.Context(), 200); err != nil || len(items) != 200 {
		t.Errorf("%d shown, %v", len(items), err)
	}
	return fmt.Sprintf("%d automatic replies; each is kept, the report after them was alerted in %s, the page reads in %s", n, took.Round(10*time.Millisecond), time.Since(began).Round(time.Millisecond))
}

// door opens the program's own SMTP or LMTP listener on loopback.
func (a *App) doorOn(t *testing.T, lmtp bool) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := a.mailServer("mail", l, lmtp)
	go func() { _ = s.serve(context.Background()) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = s.stop(ctx)
	})
	return l.Addr().String()
}

// deliver hands one mail to a listener that was dialled anew: 250, or why not.
func deliver(door string, lmtp bool, from, text string) error {
	raw := []byte(strings.ReplaceAll(text, "\n", "\r\n"))
	if !lmtp {
		return smtp.SendMail(door, nil, from, []string{"privacy@example.org"}, raw)
	}
	conn, err := net.Dial("tcp", door)
	if err != nil {
		return err
	}
	c := gosmtp.NewClientLMTP(conn)
	defer c.Close()
	return deliverTo(c, from, raw)
}

// knockBomb has one sender throw mails through the real listener, as fast as it
// takes them.
func knockBomb(t *testing.T) string {
	n := often(*bombs, 200, 10_000)
	a := standing(t)
	doors := []string{a.doorOn(t, false), a.doorOn(t, true)}
	began := time.Now()
	crowd(n, 20, func(i int) {
		if err := deliver(doors[i%2], i%2 == 1, "bomber@example.net", mailNumber(i)); err != nil {
			t.Errorf("mail %d: %v", i, err)
		}
	})
	threw := time.Since(began)
	patiently(t, "every mail is an incident", func() bool { c, _ := a.counters(t); return c.Incidents == int64(n) && c.Pending == 0 })
	if err := deliver(doors[1], true, "someone.else@example.org", strings.Replace(report, "colleague@", "someone.else@", 1)); err != nil {
		t.Fatal(err)
	}
	until(t, "the next report is an incident", func() bool { c, _ := a.counters(t); return c.Incidents == int64(n)+1 })
	// A flood shares one alert per person in five minutes, so the last one's is not
	// waited for: what counts is that every duty has a next alert.
	c, _ := a.counters(t)
	if c.OpenDuties != int64(n)+1 || c.PlannedOpen != c.OpenDuties {
		t.Errorf("%d open duties, %d next alerts", c.OpenDuties, c.PlannedOpen)
	}
	receipts, alerts := 0, 0
	mails, err := a.service.Outbox(t.Context(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mails {
		switch m.Class {
		case incident.ClassReceipt:
			receipts++
		case incident.ClassAlert:
			alerts++
		}
	}
	return fmt.Sprintf("%d mails from one sender in %s, half by SMTP and half by LMTP: as many incidents, %d alert mails, %d receipts; the next sender's report is one more; each duty has its next alert",
		n, threw.Round(time.Second), alerts, receipts)
}

// knockLoris takes every place of every port with connections that say next to
// nothing, and then comes as an honest client.
func knockLoris(t *testing.T) string {
	n := often(0, 120, 300)
	wait := time.Duration(often(0, 0, 35)) * time.Second // what a connection without a message is given
	a := standing(t)
	var err error
	if a.pages, err = ui.New(a.uiConfig()); err != nil {
		t.Fatal(err)
	}
	web, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	pages := a.httpServer("pages", web, a.pages, nil)
	go func() { _ = pages.serve(context.Background()) }()
	defer func() { _ = pages.stop(context.Background()) }()
	doors := map[string]string{a.doorOn(t, false): "EHLO x\r\n", a.doorOn(t, true): "LHLO x\r\n", web.Addr().String(): "GET / HTTP/1.1\r\nHost: x\r\nX-A: "}
	stop := make(chan struct{})
	var drip sync.WaitGroup
	for addr, first := range doors {
		for range n {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(c, first)
			drip.Go(func() {
				defer c.Close()
				for {
					select {
					case <-stop:
						return
					case <-time.After(2 * time.Second):
						_, _ = io.WriteString(c, "N")
					}
				}
			})
		}
	}
	time.Sleep(wait)
	resp, err := (&http.Client{Timeout: 5 * time.Second}).Get("http://" + web.Addr().String() + "/melden")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("the form: %v", err)
	}
	number := 0
	for addr, first := range doors {
		number++
		if lmtp := strings.HasPrefix(first, "LHLO"); wait > 0 && (lmtp || strings.HasPrefix(first, "EHLO")) {
			if err := deliver(addr, lmtp, "a@example.org", mailNumber(number)); err != nil {
				t.Errorf("an honest mail, by LMTP %t: %v", lmtp, err)
			}
		}
	}
	if wait > 0 {
		until(t, "both honest mails are incidents", func() bool { c, _ := a.counters(t); return c.Incidents == 2 })
	}
	close(stop)
	drip.Wait()
	if wait == 0 {
		return fmt.Sprintf("%d slow connections on SMTP, LMTP and HTTP each: the form answers at once", n)
	}
	return fmt.Sprintf("%d slow connections on SMTP, LMTP and HTTP each: the form answers at once, by SMTP and by LMTP a mail is taken once they are 30 s old", n)
}

// knockLarge sends bodies at the limit and beyond it.
func knockLarge(t *testing.T) string {
	a := standing(t)
	door := a.doorOn(t, false)
	send := func(size int) error {
		head := strings.ReplaceAll(mailNumber(size), "\n", "\r\n")
		body := bytes.Repeat([]byte(strings.Repeat("x", 76)+"\r\n"), max(0, size-len(head))/78)
		return smtp.SendMail(door, nil, "a@example.org", []string{"privacy@example.org"}, append([]byte(head), body...))
	}
	if err := send(50<<20 - 1000); err != nil {
		t.Errorf("50 MiB: %v", err)
	}
	if err := send(51 << 20); err == nil || !strings.Contains(err.Error(), "552") {
		t.Errorf("51 MiB: %v", err)
	}
	until(t, "the mail is an incident", func() bool { c, _ := a.counters(t); return c.Incidents == 1 })
	pages, err := ui.New(a.uiConfig())
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest(http.MethodPost, "/melden", io.LimitReader(endless{}, 60<<20))
	req.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	rec := httptest.NewRecorder()
	pages.ServeHTTP(rec, req)
	if rec.Code < 400 || rec.Code >= 500 {
		t.Errorf("a form of 60 MiB: status %d", rec.Code)
	}
	return fmt.Sprintf("a mail of 50 MiB taken, one of 51 MiB refused (552), a form of 60 MiB refused (%d)", rec.Code)
}

// endless is a multipart body whose first part never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	n := copy(p, "--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n")
	for i := n; i < len(p); i++ {
		p[i] = 'x'
	}
	return len(p), nil
}

// knockFuzz asks every place with made-up cookies, paths and forms. Nothing of
// it may be answered with a fault of ours, or let anybody in.
func knockFuzz(t *testing.T) string {
	n := often(0, 300, 20_000)
	a := standing(t)
	pages, err := ui.New(a.uiConfig())
	if err != nil {
		t.Fatal(err)
	}
	a.pages = pages
	places := []string{"/", "/melden", "/melding", "/sign-in", "/sign-out", "/link/%s", "/account", "/account/%s", "/board", "/incidents", "/incidents/%s", "/incidents/2026-0001/%s",
		"/incidents/%s/reports/%s/raw", "/parked/%s", "/outbox/%s", "/people/%s", "/health", "/health/release", "/language", "/events", "/static/%s/%s", "/healthz", "/%s"}
	names := []string{"email", "password", "text", "reference", "code", "next", "lang", "at", "number", "role", "who", "%s"}
	faults, let := atomic.Int64{}, atomic.Int64{}
	crowd(n, 64, func(i int) { // signing in is answered late on purpose, so many at once
		rnd := rand.New(rand.NewPCG(uint64(i), 7))
		fill := func(text string) string {
			for strings.Contains(text, "%s") {
				text = strings.Replace(text, "%s", url.PathEscape(junk(rnd, 40)), 1)
			}
			return text
		}
		form := url.Values{}
		for range rnd.IntN(6) {
			form.Add(fill(names[rnd.IntN(len(names))]), junk(rnd, 2000))
		}
		method := []string{http.MethodGet, http.MethodPost}[rnd.IntN(2)]
		place := fill(places[rnd.IntN(len(places))])
		req := httptest.NewRequest(method, "http://localhost:8072"+place, strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=x", junk(rnd, 20)}[rnd.IntN(3)])
		for range rnd.IntN(4) {
			req.Header.Add("Cookie", []string{"session=", "__Host-session=", "sid=", "lang=", ""}[rnd.IntN(5)]+junk(rnd, 300))
		}
		rec := httptest.NewRecorder()
		pages.ServeHTTP(rec, req)
		if rec.Code >= 500 && rec.Code != http.StatusServiceUnavailable {
			faults.Add(1)
			t.Errorf("request %d: %s %q gave %d", i, method, place, rec.Code)
		}
		if rec.Code == http.StatusOK && (strings.HasPrefix(place, "/board") || strings.HasPrefix(place, "/incidents") || strings.HasPrefix(place, "/people")) {
			let.Add(1)
			t.Errorf("request %d: %s %q let somebody in", i, method, place)
		}
	})
	return fmt.Sprintf("%d requests with made-up paths, cookies and forms: %d faults, %d let in", n, faults.Load(), let.Load())
}

// junk is bytes as nobody sends them.
func junk(rnd *rand.Rand, most int) string {
	pieces := []string{"\x00", "\xff\xfe", "../", "%", "<script>", "'", "\"", "\r\n", "é", "𝔘", "{{.}}", "2026-0001", "-1", "99999999999999999999", ";", "=", "&", " "}
	var b strings.Builder
	for b.Len() < rnd.IntN(most+1) {
		if rnd.IntN(3) == 0 {
			b.WriteString(pieces[rnd.IntN(len(pieces))])
			continue
		}
		b.WriteByte(byte(rnd.IntN(256)))
	}
	return b.String()
}
