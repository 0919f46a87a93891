package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"meldklok/notify/mailer/mailertest"
)

// benchFind: pages over everything that was ever reported, through their real
// handlers, with incidents that each have their mail of 2 KiB; and what keeps them
// quick.
func benchFind(b *testing.B, t *scoreboard) {
	grow(b, t, sizes(), findAt)
}

func findAt(b *testing.B, n int, note func(what, aim string, v float64)) {
	sink := mailertest.New()
	defer sink.Close()
	a := benchApp(b, b.TempDir(), "smtp://localhost:25", sink)
	defer a.Close()
	staff(b, a)
	fillQuiet(b, a, n, sample)
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 2)
	begin := func(run func(context.Context) error, done func() bool) (took, memory float64) {
		before, began := anonymous(b), time.Now()
		go func() { ended <- run(ctx) }()
		for time.Sleep(time.Millisecond); !done(); {
			time.Sleep(5 * time.Millisecond)
		}
		took = time.Since(began).Seconds()
		return took, max(0.1, anonymous(b)-before)
	}
	took, memory := begin(a.search.Run, func() bool { return !a.search.Progress().Building })
	note("search index built in the background", "none", took)
	note("memory of the search index", "≤ 64 MiB", memory)
	took, memory = begin(a.ledger.Run, func() bool { r, err := a.ledger.Fresh(ctx); return err != nil || r.Ready })
	note("ledger of the register filled in the background", "none", took)
	note("memory of the ledger", "none", memory)
	if p := a.search.Progress(); !p.Before.IsZero() || p.Done != n {
		b.Logf("the index holds %d of %d incidents, from %s on", p.Done, n, p.Before)
	}
	findPages(b, a, n, note)
	stop()
	<-ended
	<-ended
}

// findPages asks for the pages as a signed-in officer.
func findPages(b *testing.B, a *App, n int, note func(what, aim string, v float64)) {
	v, leave := officerOf(b, a)
	defer leave()
	year := time.Now().Year()
	asked := 0
	searched := repeat(200, func() {
		asked++
		k := asked * 7919 % n // somewhere else each time
		v.page([]string{
			fmt.Sprintf("/search?q=brief+%d", k),                   // a word of every case, and of one
			fmt.Sprintf("/search?q=colleague%d@example.org", k%97), // who reported
			fmt.Sprintf("/search?q=%d-%04d", year, k),              // a reference
			"/search/hits?q=andere+kl",                             // words of every case, as somebody types
		}[asked%4])
	})
	note("search, p99", "≤ 1.5", quantile(searched, 0.99))
	for _, page := range []struct{ what, path string }{
		{"board", "/board"}, {"register of the year", "/register"}, {"register by deadline", "/register?sort=due"}, {"management page", "/management"},
	} {
		aim := "none"
		if page.path == "/board" {
			aim = "≤ 1.5"
		}
		took := repeat(100, func() { v.page(page.path) })
		note(page.what+", p99", aim, quantile(took, 0.99))
	}
}
