package ui_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui"
	"meldklok/ui/web"
)

// allowed is the table of the product's promise, written down a second time by
// hand: who may use which route. Letters: o officer, d deputy, f FG, m
// management, a administrator, u auditor; * everybody.
var allowed = map[string]string{
	"GET /static/:hash/:file": "*", "GET /favicon.ico": "*", "GET /robots.txt": "*",
	"GET /melden": "*", "POST /melden": "*", "GET /melden/ontvangen": "*", "GET /melding": "*", "POST /melding": "*",
	"POST /language": "*", "GET /sign-in": "*", "POST /sign-in": "*", "POST /sign-out": "*", "GET /link/:token": "*", "POST /link/:token": "*",

	"POST /sign-in/code": "*", "POST /sign-in/passkey": "*", "POST /sign-in/passkey/options": "*",
	"POST /sign-in/sso": "*", "GET /sign-in/sso/back": "*", "POST /sign-in/sso/back": "*",

	"GET /account": "odfmau", "POST /account/:action": "odfmau", "GET /": "odfmau",
	"POST /account/confirm": "odfmau", "GET /account/second": "odfmau", "POST /account/app": "odfmau", "POST /account/app/confirm": "odfmau",
	"POST /account/passkeys": "odfmau", "POST /account/passkeys/options": "odfmau", "POST /account/recovery": "odfmau",
	"POST /account/factors/remove": "odfmau", "POST /account/sessions/end": "odfmau",

	"GET /board": "odfu", "GET /events": "odfu", "GET /incidents": "odfu", "GET /incidents/:ref": "odfu", "GET /incidents/:ref/proof": "odfu", "GET /incidents/:ref/file.zip": "odfu",
	"GET /register": "odfu", "GET /register/export/:format": "odfu", "GET /register/years/:format": "odfum",
	"GET /register/import": "od", "POST /register/import": "od", "GET /register/import/:id": "od", "POST /register/import/:id": "od", "GET /incidents/:ref/access": "odfu", "GET /incidents/:ref/:action": "odfu",
	"GET /incidents/:ref/reports/:n/raw": "odfu", "GET /incidents/:ref/reports/:n/files/:file": "odfu",
	"GET /incidents/:ref/files/:n": "odfu", "POST /incidents/:ref/file": "od", "POST /incidents/:ref/try-file": "od",
	"POST /incidents/:ref/tell": "od", "POST /incidents/:ref/attach": "od",
	"GET /keys": "odfmau", "GET /search": "odfu", "GET /search/hits": "odfu",
	"GET /parked": "odfu", "GET /parked/:item": "odfu", "GET /parked/:item/raw": "odfu", "GET /outbox/:id": "odfu",

	"GET /incidents/new": "od", "POST /incidents/new": "od", "GET /incidents/new/code": "od", "POST /incidents/no-report": "od",
	"GET /incidents/:ref/assess": "od", "POST /incidents/:ref/assess": "od", "POST /incidents/:ref/weigh": "od", "POST /incidents/:ref/merge": "od", "POST /incidents/:ref/:action": "od", "POST /incidents/:ref/reports/:n/:whose": "od",
	"POST /parked/reviewed": "od", "POST /parked/:item/promote": "od", "POST /parked/:item/reviewed": "od",
	"POST /incidents/:ref/seen":   "odf",
	"POST /incidents/:ref/advise": "f", "POST /incidents/:ref/link": "od", "POST /incidents/:ref/unlink": "od",

	"GET /outbox": "odfua", "GET /health": "odfua", "POST /health/release": "oda", "GET /mailbox": "odfua", "GET /management": "odfum",

	"GET /incidents/:ref/dossier": "odfu", "GET /incidents/:ref/dossier.pdf": "odfu", "GET /incidents/:ref/edpb": "odfu",
	"GET /incidents/:ref/letters/:letter/:lang": "odfu", "GET /incidents/:ref/documents/:file": "odfu",
	"POST /incidents/:ref/dossier": "od", "POST /incidents/:ref/edpb": "od", "POST /incidents/:ref/letters/:letter/:lang": "od",

	"GET /requests": "od", "POST /requests": "od", "POST /requests/find": "od", "GET /requests/find/:search": "od",
	"GET /requests/find/:search/export": "od", "POST /requests/find/:search/:action": "od",
	"GET /retention": "oda", "POST /retention": "oda", "POST /retention/hold": "oda",
	"GET /retention/lines": "od", "POST /retention/lines": "od",

	"GET /settings": "au", "GET /settings/ladders": "au", "GET /settings/ladders/:kind": "au", "POST /settings/ladders/on-call": "a", "POST /settings/ladders/:kind": "a",
	"POST /settings/ladders/:kind/sample": "a", "GET /settings/relays": "au", "POST /settings/relays": "a", "GET /settings/webhooks": "au", "POST /settings/webhooks": "a",
	"GET /settings/texts": "au", "POST /settings/texts": "a", "GET /settings/organisation": "au", "POST /settings/organisation": "a", "POST /mailbox": "a",

	"GET /people": "a", "POST /people": "a", "GET /people/:id": "a", "POST /people/:id": "a",
	"GET /people/review": "au", "POST /people/review": "a", "GET /people/sign-ins": "au", "GET /people/rules": "a", "POST /people/rules": "a",
	"POST /people/:id/invite": "a", "POST /people/:id/factors": "a", "POST /people/:id/absence": "a", "POST /people/:id/sign-out": "a", "POST /people/:id/sessions/end": "a",
	"GET /settings/tokens": "a", "POST /settings/tokens": "a", "POST /settings/tokens/revoke": "a",
}

var letters = map[people.Role]string{
	people.Officer: "o", people.Deputy: "d", people.FG: "f", people.Management: "m", people.Admin: "a", people.Auditor: "u",
}

// TestTheTableOfRoutes asks every route as every role, and as nobody. Each
// question comes from an address of its own and about an account of its own:
// otherwise the brake on guessing would make the test wait, for nearly a minute.
func TestTheTableOfRoutes(t *testing.T) {
	s := newSite(t, func(c *ui.Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	ref := s.mailIn("Lijst naar verkeerde klant", "De lijst ging naar de verkeerde persoon.")
	s.mailIn("Ik ben er niet", "weg", "Auto-Submitted: auto-replied\r\n")
	visitors := map[people.Role]*visitor{}
	for _, role := range people.Roles() {
		visitors[role] = s.signedIn(s.person(role))
	}
	nobody := s.visitor()
	routes := s.routes()
	if len(routes) != len(allowed) {
		t.Errorf("the product has %d routes, the promise names %d", len(routes), len(allowed))
	}
	for _, r := range routes {
		name := r.Method + " " + r.Path
		who, ok := allowed[name]
		if !ok {
			t.Errorf("%s is not in the promise", name)
			continue
		}
		if r.Stream {
			continue // asked in TestEvents
		}
		path := strings.NewReplacer(":ref", ref.String(), ":n", "1", ":file", "0", ":item", "2", ":id", "p1", ":token", "x", ":hash", "x", ":action", "none").Replace(r.Path)
		for role, v := range visitors {
			if path == "/sign-out" || strings.HasPrefix(path, "/people/p1/sign-out") || path == "/people/p1/factors" {
				break // it would sign the test's own visitors out
			}
			got := v.ask(r.Method, path)
			may := who == "*" || strings.Contains(who, letters[role])
			if may == (got.status == http.StatusForbidden) || got.status == http.StatusUnauthorized || got.status >= 500 {
				t.Errorf("%s as %s: status %d, may: %v", name, role, got.status, may)
			}
		}
		got := nobody.ask(r.Method, path)
		asked := got.status == http.StatusUnauthorized || (got.status == http.StatusSeeOther && strings.HasPrefix(got.header.Get("Location"), "/sign-in"))
		if (who == "*") == asked && name != "POST /sign-out" {
			t.Errorf("%s as nobody: status %d to %q", name, got.status, got.header.Get("Location"))
		}
	}
}

func (s *site) routes() []web.Route {
	s.t.Helper()
	pages, err := web.New(web.Config{Service: s.service, Sessions: s.sessions, Now: s.now, URL: s.http.URL,
		Health: func() incident.Health { return incident.Health{} }, MailNotice: func() string { return "" }, MaxUpload: 1 << 20})
	if err != nil {
		s.t.Fatal(err)
	}
	return pages.Routes()
}

func (v *visitor) ask(method, path string) answer {
	v.s.t.Helper()
	v.s.asked++
	address := netip.AddrFrom4([4]byte{198, 51, byte(v.s.asked >> 8), byte(v.s.asked)}).String()
	body := ""
	if method == http.MethodPost {
		body = url.Values{"email": {address + "@example.org"}}.Encode()
	}
	req, err := http.NewRequest(method, v.s.http.URL+path, strings.NewReader(body))
	if err == nil {
		req.Header.Set("X-Forwarded-For", address)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return v.do(req, err)
}

// TestNothingElseAnswers asks every path with every method that the table does
// not give it.
func TestNothingElseAnswers(t *testing.T) {
	s := newSite(t)
	v := s.signedIn(s.person(people.Roles()...))
	known := map[string]bool{}
	for _, r := range s.routes() {
		known[r.Method+" "+r.Path] = true
	}
	for name := range known {
		_, path, _ := strings.Cut(name, " ")
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodTrace} {
			if known[method+" "+path] || strings.Contains(path, ":") {
				continue
			}
			req, err := http.NewRequest(method, s.http.URL+path, nil)
			if got := v.do(req, err); got.status != http.StatusNotFound && got.status != http.StatusMethodNotAllowed {
				t.Errorf("%s %s answers %d", method, path, got.status)
			}
		}
	}
	v.get("/nergens").want(http.StatusNotFound, "Deze pagina bestaat niet")
}

func (s *site) head() (seq uint64) {
	s.t.Helper()
	err := s.service.Store.View(s.t.Context(), func(v incident.View) error { seq = v.Counters().Head.Seq; return nil })
	if err != nil {
		s.t.Fatal(err)
	}
	return seq
}

func TestManagementAndAdministratorsSeeNoCase(t *testing.T) {
	s := newSite(t)
	const secret = "Lijst met 30 klanten van afdeling Zorg"
	ref := s.mailIn(secret, secret)
	s.queueMail(ref, s.person(people.Officer))
	for _, role := range []people.Role{people.Management, people.Admin} {
		v := s.signedIn(s.person(role))
		for _, r := range s.routes() {
			if r.Method == http.MethodGet && !r.Stream {
				v.get(strings.NewReplacer(":ref", ref.String(), ":n", "1", ":file", "0", ":id", "1", ":item", "1").Replace(r.Path)).lacks(secret, "zorg@example.org")
			}
		}
	}
}

func TestAnotherSiteCannotPost(t *testing.T) {
	s := newSite(t)
	ref := s.mailIn("Lijst", "De lijst ging naar de verkeerde persoon.")
	v := s.signedIn(s.person(people.Officer))
	for _, row := range []struct {
		why, name, value string
		want             int
	}{
		{"a form on another site", "Sec-Fetch-Site", "cross-site", http.StatusForbidden},
		{"a page of a sibling domain", "Sec-Fetch-Site", "same-site", http.StatusForbidden},
		{"an old browser names the other origin", "Origin", "https://evil.example", http.StatusForbidden},
		{"our own page", "Sec-Fetch-Site", "same-origin", http.StatusSeeOther},
		{"our own address behind a proxy that changes the host", "Origin", s.http.URL, http.StatusSeeOther},
	} {
		req, err := http.NewRequest(http.MethodPost, s.http.URL+"/incidents/"+ref.String()+"/seen", nil)
		if err == nil {
			req.Header.Set(row.name, row.value)
		}
		if got := v.do(req, err); got.status != row.want {
			t.Errorf("%s: status %d, want %d", row.why, got.status, row.want)
		}
	}
}

func TestHeadersOnEveryAnswer(t *testing.T) {
	s := newSite(t)
	v := s.signedIn(s.person(people.Officer))
	for _, path := range []string{"/melden", "/board", "/nergens", "/healthz", "/sign-in", "/livez"} {
		h := v.get(path).header
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
		} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q, want %q", path, name, h.Get(name), want)
			}
		}
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
			t.Errorf("%s: policy %q", path, csp)
		}
	}
}

// TestTheLogHoldsNoContent reads what the site wrote while people used it.
func TestTheLogHoldsNoContent(t *testing.T) {
	s := newSite(t)
	ref := s.mailIn("Geheim onderwerp", "De lijst ging naar de verkeerde persoon.")
	officer := s.person(people.Officer, people.Admin)
	link, err := s.sessions.Invite(t.Context(), incident.System, officer.ID)
	if err != nil {
		t.Fatal(err)
	}
	v := s.signedIn(officer)
	v.get("/incidents/" + ref.String() + "?zoek=Geheim")
	v.post("/incidents/"+ref.String()+"/waive", "reasons", "Geheime reden")
	s.visitor().post("/melden", "what", "Geheim verhaal", "email", "melder@example.org")
	s.visitor().post("/sign-in", "email", officer.Email, "password", "geheim wachtwoord")
	s.visitor().get("/link/" + link)
	v.get("/people/p1")
	for _, secret := range []string{"eheim", "example.org", "127.0.0.1", link, "p1"} {
		if bytes.Contains(s.log.Bytes(), []byte(secret)) {
			t.Errorf("the log holds %q:\n%s", secret, s.log)
		}
	}
	if !strings.Contains(s.log.String(), "route=/link/:token") || !strings.Contains(s.log.String(), "incident="+ref.String()) {
		t.Errorf("the log should name the routes and the incidents:\n%s", s.log)
	}
}

func TestProbes(t *testing.T) {
	s := newSite(t)
	v := s.visitor()
	v.get("/livez").want(http.StatusOK, "ok")
	v.get("/readyz").want(http.StatusOK, "ok")
	if got := v.get("/healthz").want(http.StatusOK).body; got != "{\"status\":\"ok\",\"findings\":[]}\n" {
		t.Errorf("healthz: %s", got)
	}
	s.setHealth(incident.Health{Findings: []incident.Finding{{Code: "key-export-unproved", Level: incident.Amber}}})
	v.get("/healthz").want(http.StatusOK, `"status":"amber"`)
	s.setHealth(incident.Health{Findings: []incident.Finding{{Code: "person-unreachable", Level: incident.Red, Args: map[string]any{"who": "iemand@example.org"}}}})
	v.get("/healthz").want(http.StatusServiceUnavailable, `{"code":"person-unreachable","level":"red"}`).lacks("example.org")
}

// TestEveryWordOfTheDomainIsKnown walks the enumerations that the domain lists.
func TestEveryWordOfTheDomainIsKnown(t *testing.T) {
	var missing []string
	check := func(group string, values ...string) {
		for _, v := range values {
			if !hasSentence(group + "." + v) {
				missing = append(missing, group+"."+v)
			}
		}
	}
	for _, d := range incident.DutyKinds() {
		check("duty", string(d))
		check("duty-short", string(d))
	}
	for _, r := range people.Roles() {
		check("role", string(r))
	}
	for _, r := range incident.Rules() {
		check("rule", r.ID)
	}
	for _, d := range incident.DutyKinds() {
		check("not-due", incident.NotDueCodes(d)...)
		check("reason", incident.NotDueCodes(d)...)
	}
	check("no-report", incident.NoReportCodes()...)
	check("fast", web.FastPaths()...)
	if len(missing) > 0 {
		t.Error(fmt.Sprint("the catalogue lacks ", missing))
	}
}
