package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	bolt "go.etcd.io/bbolt"

	"meldklok/incident"
	"meldklok/incident/store"
	"meldklok/notify/mailer/mailertest"
	"meldklok/ui"
)

// curve is one thing, measured at every size.
type curve struct {
	what, aim string
	cost      []float64
}

// benchGrowth measures what must not grow with what exists, at every size. The
// records are filled once a size.
func benchGrowth(b *testing.B, t *scoreboard) {
	grow(b, t, sizes(), measureAt)
}

// grow measures things at every size and adds a row for each.
func grow(b *testing.B, t *scoreboard, sizes []int, measure func(*testing.B, int, func(what, aim string, v float64))) {
	var curves []*curve
	at := map[string]*curve{}
	note := func(what, aim string, v float64) {
		c := at[what]
		if c == nil {
			c = &curve{what: what, aim: aim}
			at[what], curves = c, append(curves, c)
		}
		c.cost = append(c.cost, v)
	}
	for _, n := range sizes {
		b.Run(strconv.Itoa(n), func(b *testing.B) { once(b, func() { measure(b, n, note) }) })
	}
	for _, c := range curves {
		all := make([]string, len(c.cost))
		for i, v := range c.cost {
			if all[i] = seconds(v); strings.HasPrefix(c.what, "memory") {
				all[i] = fmt.Sprintf("%.0f MiB", v)
			}
		}
		last := len(c.cost) - 1
		t.add(fmt.Sprintf("%s, at %v open incidents", c.what, sizes), strings.Join(all, ", "), "",
			fmt.Sprintf("last/first %.2f, exponent %.2f (aim %s)", c.cost[last]/c.cost[0], exponent(sizes, c.cost), c.aim))
	}
}

// measureAt fills a record with n open incidents and measures it.
func measureAt(b *testing.B, n int, note func(what, aim string, v float64)) {
	dir := b.TempDir()
	sink := mailertest.New()
	defer sink.Close()
	const relay = "smtp://localhost:25"
	a := benchApp(b, dir, relay, sink)
	staff(b, a)
	fillQuiet(b, a, n, nil)
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	must(a.Close())

	bare := median(repeat(rounds, func() { must(openBare(filepath.Join(dir, "data"))) }))
	ready := median(repeat(rounds, func() {
		a := benchApp(b, dir, relay, sink)
		must(a.ready())
		must(a.Close())
	}))
	note("start until ready, beyond opening the bare files", "≤ 2 s", max(0, ready-bare))
	note("start until the first clean audit", "none", median(repeat(rounds, func() {
		a := benchApp(b, dir, relay, sink)
		must(a.engine.Rewind(b.Context()))
		must(a.engine.Sweep(b.Context()))
		must(a.engine.Turn(b.Context()))
		must(a.Close())
	})))

	before := anonymous(b)
	a = benchApp(b, dir, relay, sink)
	defer a.Close()
	for range 20 {
		must(a.engine.Rewind(b.Context()))
		must(a.engine.Sweep(b.Context()))
		must(a.engine.Turn(b.Context()))
	}
	note("memory of engine and store, mapped files not counted", "≤ 200 MiB", max(0.1, anonymous(b)-before))
	if h := a.engine.Health(); h.OpenDuties != int64(n) {
		b.Fatalf("%d open duties, want %d", h.OpenDuties, n)
	}
	note("engine turn, nothing due", "≤ 1.5", median(repeat(21, func() { must(a.engine.Turn(b.Context())) })))
	note("a slice of the sweep, per open duty", "≤ 1.5", measureSweep(b, a))
	measurePages(b, a, note)
	p50, p99, worst := lateness(b, a, sink)
	note("lateness of 100 alerts, p50", "none", p50)
	note("lateness of 100 alerts, p99", "≤ 5 s + 1 s", p99)
	note("lateness of 100 alerts, worst", "none", worst)
	sink.Script(nil)
	measureFlow(b, a, note)
}

// measureFlow measures what comes in and goes out with all that beside it: the
// time of one of many.
func measureFlow(b *testing.B, a *App, note func(what, aim string, v float64)) {
	const n = 1000
	var told, whole, sent []float64
	for range rounds {
		sent = append(sent, 1/alertsIn(b, a, n, 6*time.Hour))
	}
	for round := range rounds { // last: the alerts of new reports wait for company
		durable, made := intakeInto(b, a, round, n)
		told, whole = append(told, 1/durable), append(whole, 1/made)
	}
	note("one of 1,000 reports by LMTP, 64 senders, to the 250", "≤ 1.5", median(told))
	note("one of them until it is an incident with its clock and score", "≤ 1.5", median(whole))
	note("one of 1,000 alerts due in one second", "≤ 1.5", median(sent))
}

// repeat runs a thing and returns how long each run took, in seconds.
func repeat(times int, run func()) (took []float64) {
	for range times {
		start := time.Now()
		run()
		took = append(took, time.Since(start).Seconds())
	}
	return took
}

// measureSweep returns what re-deriving one open duty takes, in seconds, where
// the sweep stands now: in a large record what it reads was not read lately.
func measureSweep(b *testing.B, a *App) float64 {
	b.Helper()
	const duties = 500
	var after incident.Ref
	return median(repeat(21, func() {
		found, err := a.store.RederiveSlice(b.Context(), after, duties)
		if err != nil || found.Checked == 0 {
			b.Fatal(found, err)
		}
		after = found.Next
	})) / duties
}

func openBare(data string) error {
	for _, name := range []string{store.RecordFile, store.KeyFile} {
		db, err := bolt.Open(filepath.Join(data, name), 0o600, nil)
		if err != nil {
			return err
		}
		if err := db.Close(); err != nil {
			return err
		}
	}
	return nil
}

// anonymous returns the resident memory of this process that is no mapped file,
// in MiB.
func anonymous(b *testing.B) float64 {
	b.Helper()
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("memory is read from /proc")
	}
	m := regexp.MustCompile(`RssAnon:\s+(\d+) kB`).FindSubmatch(status)
	if m == nil {
		b.Fatal("no RssAnon in /proc/self/status")
	}
	kib, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return kib / 1024
}

// measurePages asks for pages as a signed-in officer. The floor of the incident
// page is a bare echo page of the same bytes.
func measurePages(b *testing.B, a *App, note func(what, aim string, v float64)) {
	officer, leave := officerOf(b, a)
	defer leave()
	body := ""
	ask := func(h http.Handler, path string) []float64 {
		v := visit{b, h, officer.token}
		return repeat(200, func() { body = v.page(path) })
	}
	note("board, p99", "≤ 1.5", quantile(ask(officer.handler, "/board"), 0.99))
	year := time.Now().UTC().Year()
	page := median(ask(officer.handler, fmt.Sprintf("/incidents/%d-0500", year)))
	bare := echo.New()
	same := body
	bare.GET("/", func(c echo.Context) error { return c.HTML(http.StatusOK, same) })
	floor := median(ask(bare, "/"))
	note("incident page, p50", "none", page)
	note("a bare echo page of the same bytes, p50", "page ≤ 3 times this", floor)
}

// visit is somebody signed in at a handler.
type visit struct {
	b       *testing.B
	handler http.Handler
	token   string
}

// officerOf signs the first officer in at the program's pages; leave closes them.
func officerOf(b *testing.B, a *App) (v visit, leave func()) {
	b.Helper()
	pages, err := ui.New(a.uiConfig())
	if err != nil {
		b.Fatal(err)
	}
	token, err := a.sessions.Begin(b.Context(), "p1")
	if err != nil {
		b.Fatal(err)
	}
	return visit{b, pages, token}, pages.Close
}

// page asks for a page and returns its body.
func (v visit) page(path string) string {
	req := httptest.NewRequest(http.MethodGet, "https://meldklok.example.org"+path, nil)
	req.AddCookie(&http.Cookie{Name: "__Host-sid", Value: v.token})
	rec := httptest.NewRecorder()
	v.handler.ServeHTTP(rec, req)
	if rec.Code != http.StatusOK {
		v.b.Fatalf("%s: %d", path, rec.Code)
	}
	return rec.Body.String()
}

// lateness lets 100 alerts fall due while the engine runs, and returns how long
// after that the relay had them, in seconds.
func lateness(b *testing.B, a *App, sink *mailertest.Server) (p50, p99, worst float64) {
	b.Helper()
	const n = 100
	due := time.Now().Add(3 * time.Second)
	var mu sync.Mutex
	var late []float64
	sink.Script(func(to string, _ int) mailertest.Fault {
		if to != "" {
			mu.Lock()
			late = append(late, max(0, time.Since(due).Seconds()))
			mu.Unlock()
		}
		return mailertest.Fault{}
	})
	fillDue(b, a, n, due.Add(a.cfg.Period), 6*time.Hour) // a rung goes a period early
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- a.engine.Run(ctx) }()
	enough := func() bool { mu.Lock(); defer mu.Unlock(); return len(late) >= n }
	for until := time.Now().Add(time.Minute); !enough() && time.Now().Before(until); {
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
	if len(late) < n {
		b.Fatalf("%d of %d alerts reached the relay", len(late), n)
	}
	return quantile(late, 0.5), quantile(late, 0.99), quantile(late, 1)
}
