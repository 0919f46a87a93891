package ui_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"meldklok/incident/people"
	"meldklok/incident/search"
	"meldklok/ui"
)

// TestTheFirstPageIsLight: under 100 KiB and under 10 requests, uncompressed.
func TestTheFirstPageIsLight(t *testing.T) {
	s := newSite(t)
	for i := range 50 {
		s.mailIn(fmt.Sprintf("Lijst %d naar verkeerde klant", i), "De lijst ging naar de verkeerde persoon.")
	}
	officer := s.signedIn(s.person(people.Officer))
	for _, path := range []string{"/melden", "/board"} {
		p := officer.get(path).want(http.StatusOK)
		bytes, requests := len(p.body), 1
		for _, m := range regexp.MustCompile(`(?:src|href)="(/static/[^"]+)"`).FindAllStringSubmatch(p.body, -1) {
			asset := officer.get(m[1]).want(http.StatusOK)
			bytes, requests = bytes+len(asset.body), requests+1
			if !strings.Contains(asset.header.Get("Cache-Control"), "immutable") {
				t.Errorf("%s may not be kept by a browser", m[1])
			}
		}
		t.Logf("%s: %d bytes in %d requests", path, bytes, requests)
		if bytes > 100<<10 || requests > 10 {
			t.Errorf("%s weighs %d bytes in %d requests", path, bytes, requests)
		}
	}
}

// BenchmarkPages measures whole requests, p50 and p99, against their floor in
// the same run: a bare echo handler that writes 50 rows. A thousand cases are
// made always; MELDKLOK_MANY=100000 asks for more, which takes minutes.
func BenchmarkPages(b *testing.B) {
	bare := echo.New()
	bare.GET("/", func(c echo.Context) error {
		var out strings.Builder
		for i := range 50 {
			fmt.Fprintf(&out, "<tr><td>2026-%04d</td><td>Lijst naar verkeerde klant</td></tr>", i)
		}
		return c.HTML(http.StatusOK, out.String())
	})
	b.Run("floor: bare echo, 50 rows", func(b *testing.B) { timed(b, bare, "/", "") })
	sizes := []int{1000}
	if many, err := strconv.Atoi(os.Getenv("MELDKLOK_MANY")); err == nil {
		sizes = []int{many}
	}
	for _, size := range sizes {
		var index *search.Index
		s := newSite(b, func(c *ui.Config) {
			index = search.New(search.Config{Service: c.Service, Bound: 256 << 20})
			c.Search = index
		})
		var wg sync.WaitGroup
		for w := range 50 { // writers share commits
			wg.Go(func() {
				for i := w; i < size; i += 50 {
					s.mailIn(fmt.Sprintf("Lijst %d naar verkeerde klant", i), fmt.Sprintf("De lijst %d ging naar afdeling%d.", i, i%200))
				}
			})
		}
		wg.Wait()
		token := s.sessionOf(s.person(people.Officer))
		ctx, stop := context.WithCancel(b.Context())
		go func() { _ = index.Run(ctx) }()
		for began := time.Now(); index.Progress().Building; time.Sleep(10 * time.Millisecond) {
			if time.Since(began) > 10*time.Minute {
				b.Fatal("the index is not done")
			}
		}
		for _, path := range []string{"/melden", "/board", "/incidents", "/incidents/2026-0500", "/search?q=afdeling17", "/search/hits?q=li", "/management"} {
			b.Run(fmt.Sprintf("%d cases: %s", size, path), func(b *testing.B) { timed(b, s.server, path, token) })
		}
		stop()
	}
}

// timed asks for a page again and again, and reports how long the middle one
// and the slowest in a hundred took.
func timed(b *testing.B, h http.Handler, path, token string) {
	var took []time.Duration
	for b.Loop() {
		req := httptest.NewRequest(http.MethodGet, path, nil)
		req.AddCookie(&http.Cookie{Name: "sid", Value: token})
		rec := httptest.NewRecorder()
		began := time.Now()
		h.ServeHTTP(rec, req)
		took = append(took, time.Since(began))
		if rec.Code != http.StatusOK {
			b.Fatal(rec.Code)
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}
