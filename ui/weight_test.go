package ui_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"meldklok/incident/people"
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

// BenchmarkPages measures whole requests against their floor: a bare echo
// handler that writes 50 rows.
func BenchmarkPages(b *testing.B) {
	s := newSite(b)
	for i := range 1000 {
		s.mailIn(fmt.Sprintf("Lijst %d naar verkeerde klant", i), "De lijst ging naar de verkeerde persoon.")
	}
	token := s.sessionOf(s.person(people.Officer))
	bare := echo.New()
	bare.GET("/", func(c echo.Context) error {
		var out strings.Builder
		for i := range 50 {
			fmt.Fprintf(&out, "<tr><td>2026-%04d</td><td>Lijst naar verkeerde klant</td></tr>", i)
		}
		return c.HTML(http.StatusOK, out.String())
	})
	ask := func(b *testing.B, h http.Handler, path string) {
		for b.Loop() {
			req := httptest.NewRequest(http.MethodGet, path, nil)
			req.AddCookie(&http.Cookie{Name: "sid", Value: token})
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, req)
			if rec.Code != http.StatusOK {
				b.Fatal(rec.Code)
			}
		}
	}
	b.Run("floor: bare echo, 50 rows", func(b *testing.B) { ask(b, bare, "/") })
	for _, path := range []string{"/melden", "/board", "/incidents", "/incidents/2026-0500", "/management"} {
		b.Run(path, func(b *testing.B) { ask(b, s.server, path) })
	}
}
