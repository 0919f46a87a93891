package ui_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"meldklok/incident"
)

// walk lists the pages of somebody with every role, each page route at least
// once: what looks at pages looks at these.
func (s *site) walk(ref incident.Ref) []string {
	inc := "/incidents/" + ref.String()
	return []string{
		"/board", "/incidents", inc, inc + "?done=assess", inc + "/assess", inc + "/access", inc + "/dossier", inc + "/edpb", inc + "/letters/people/nl", "/incidents/new",
		"/register", "/register/import", "/search", "/parked", s.parkedPath(), "/requests", "/retention", "/retention/lines", "/outbox", "/outbox/1", "/mailbox", "/health", "/management", "/keys",
		"/people", "/people/p1", "/people/review", "/people/sign-ins", "/people/rules", "/account", "/account/second",
		"/settings", "/settings/ladders", "/settings/ladders/ap", "/settings/relays", "/settings/webhooks", "/settings/texts", "/settings/organisation", "/settings/tokens",
	}
}

// noPage names the routes for reading that show no page of their own, or one
// that only a form or a link leads to; those are looked at where that is tested.
var noPage = []string{
	"/static/:hash/:file", "/favicon.ico", "/robots.txt", "/", "/events", "/search/hits", "/sign-in/sso/back", "/link/:token", "/melden/ontvangen", "/incidents/new/code",
	"/melden", "/melding", "/sign-in", // of strangers, beside the walk
	"/incidents/:ref/files/:n", "/incidents/:ref/dossier.pdf", "/incidents/:ref/documents/:file", "/incidents/:ref/file.zip", "/incidents/:ref/proof",
	"/incidents/:ref/reports/:n/raw", "/incidents/:ref/reports/:n/files/:file", "/parked/:item/raw",
	"/register/export/:format", "/register/years/:format", "/register/import/:id", "/requests/find/:search", "/requests/find/:search/export",
}

// TestEveryPageIsWalked: a page route that nobody looks at is found here.
func TestEveryPageIsWalked(t *testing.T) {
	s, _, ref := scene(t)
	walk := s.walk(ref)
	for _, r := range s.routes() {
		if r.Method != http.MethodGet || slices.Contains(noPage, r.Path) {
			continue
		}
		pattern := regexp.MustCompile("^" + regexp.MustCompile(`:[a-z]+`).ReplaceAllString(regexp.QuoteMeta(r.Path), `[^/?]+`) + `(\?.*)?$`)
		fixed := !strings.Contains(r.Path, ":")
		if !slices.ContainsFunc(walk, func(path string) bool { return fixed && path == r.Path || !fixed && pattern.MatchString(path) }) {
			t.Errorf("nobody looks at %s: add it to the walk", r.Path)
		}
	}
}
