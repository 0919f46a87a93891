package ui_test

import (
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui"
)

func TestStaffReportALeak(t *testing.T) {
	s := newSite(t)
	v := s.visitor()
	v.get("/melden").want(http.StatusOK, "Meld een (mogelijk) datalek", `lang="nl"`)
	s.visitor().get("/melden?lang=en").want(http.StatusOK, "Report a (possible) data breach", `lang="en"`)
	v.post("/melden", "who", "ongeveer 30 klanten", "email", "ik@example.org").
		want(http.StatusUnprocessableEntity, `id="report-what-error"`, "ongeveer 30 klanten", `value="ik@example.org"`)
	send := func() answer {
		return v.upload("/melden", `..\..\lek".txt`, []byte("bewijs"), "once", "a", "fast", "wrong-recipient", "what", "Lijst naar de verkeerde gestuurd", "who", "30 klanten",
			"known", "2026-10-23T09:00", "name", "Een melder", "email", "ik@example.org", "phone", "010 123 45 67")
	}
	send().leads("/melden/ontvangen")
	code := codeOn(v.get("/melden/ontvangen").want(http.StatusOK, "Schrijf deze code op").body)
	v.get("/melden/ontvangen").want(http.StatusOK, code)
	s.visitor().get("/melden/ontvangen").leads("/melding")

	send().leads("/melden/ontvangen")
	rows, err := s.service.List(t.Context(), incident.Ref{}, 10)
	if err != nil || len(rows) != 1 {
		t.Fatalf("the same form twice is one report: %d (%v)", len(rows), err)
	}
	other := s.visitor()
	other.post("/melding", "code", strings.ToUpper(code)).want(http.StatusOK, "Ontvangen").lacks(rows[0].Ref.String(), "klanten")
	other.post("/melding", "code", "aaaa-bbbb-cccc-dddd").want(http.StatusUnprocessableEntity, "Deze code kennen wij niet")

	officer := s.signedIn(s.person(people.Officer))
	inc := "/incidents/" + rows[0].Ref.String()
	officer.get(inc).want(http.StatusOK, "Lijst naar de verkeerde gestuurd", "Een melder", "010 123 45 67", "Naar de verkeerde persoon gestuurd", "lek_.txt", "vr 23 oktober 2026 09:00 (+02:00)")
	file := officer.get(inc+"/reports/1/files/0").want(http.StatusOK, "bewijs")
	if file.header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(file.header.Get("Content-Disposition"), "attachment") ||
		!strings.Contains(file.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("an attachment must be a download and nothing else: %v", file.header)
	}
	officer.get(inc+"/reports/1/raw").want(http.StatusOK, `"what":"Lijst naar de verkeerde gestuurd"`)
	for _, path := range []string{"/reports/2/raw", "/reports/x/raw", "/reports/1/files/1", "/reports/1/files/-1"} {
		officer.get(inc + path).want(http.StatusNotFound)
	}
	if due := rows[0].Duties[0].Clock.Due; !due.Equal(time.Date(2026, 10, 26, 7, 0, 0, 0, time.UTC)) {
		t.Errorf("the clock starts when the reporter first knew: due %v", due)
	}
}

func codeOn(body string) string {
	m := regexp.MustCompile(`<code id="the-code">([a-z2-7-]{19})</code>`).FindStringSubmatch(body)
	if m == nil {
		return "no code on the page"
	}
	return m[1]
}

func TestAReporterCanStayAnonymous(t *testing.T) {
	s := newSite(t)
	s.visitor().post("/melden", "what", "Er ligt een stapel dossiers bij het oud papier").leads("/melden/ontvangen")
	s.signedIn(s.person(people.Officer)).get("/incidents/2026-0001").want(http.StatusOK, "anoniem")
}

func TestATimeThatDoesNotExistOrExistsTwiceIsAskedBack(t *testing.T) {
	s := newSite(t)
	s.wait(5 * 24 * time.Hour) // after the night of 25 October
	v := s.visitor()
	asked := v.post("/melden", "what", "Lek", "known", "2026-10-25T02:30").
		want(http.StatusUnprocessableEntity, "zo 25 oktober 2026 02:30 (&#43;02:00)", "zo 25 oktober 2026 02:30 (&#43;01:00)", `value="2026-10-25T00:30:00Z"`, `value="2026-10-25T01:30:00Z"`)
	if !strings.Contains(asked.body, `name="known_asked" value="2026-10-25T02:30"`) {
		t.Error("the page must say which time it asked about")
	}
	v.post("/melden", "what", "Lek", "known", "2026-10-25T02:30", "known_asked", "2026-10-25T02:30", "known_exact", "2026-10-25T01:30:00Z").leads("/melden/ontvangen")
	known := func(n string) time.Time {
		ref, _ := incident.ParseRef(n)
		inc, err := s.service.Incident(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		return inc.Known
	}
	if got := known("2026-0001"); !got.Equal(time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC)) {
		t.Errorf("the chosen instant counts, got %v", got)
	}
	v.post("/melden", "what", "Lek", "known", "2026-10-26T09:00", "known_asked", "2026-10-25T02:30", "known_exact", "2026-10-25T01:30:00Z").leads("/melden/ontvangen")
	if got := known("2026-0002"); !got.Equal(time.Date(2026, 10, 26, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("a time typed anew counts more than an old choice, got %v", got)
	}
	v.post("/melden", "what", "Lek", "known", "2026-03-29T02:30").want(http.StatusUnprocessableEntity, "bestaat niet")
	v.post("/melden", "what", "Lek", "known", "2027-01-01T02:30").want(http.StatusUnprocessableEntity, "ligt in de toekomst")
	v.post("/melden", "what", "Lek", "known", "gisteren").want(http.StatusUnprocessableEntity, "geen geldige datum")
}

func TestTheOpenFormIsBounded(t *testing.T) {
	s := newSite(t, func(c *ui.Config) { c.MaxUpload = 64 << 10 })
	v := s.visitor()
	v.post("/melden", "what", "Lek", "website", "https://spam.example").want(http.StatusUnprocessableEntity, "Laat het veld", "Lek")
	v.post("/melden", "what", strings.Repeat("x", 20_001)).want(http.StatusUnprocessableEntity, "te lang")
	v.upload("/melden", "groot.bin", make([]byte, 2<<20), "what", "Een groot bestand").want(http.StatusRequestEntityTooLarge, "te groot", "Een groot bestand")
	for range 60 {
		v.post("/melden", "what", "Lek")
	}
	v.post("/melden", "what", "Nog een lek").want(http.StatusTooManyRequests, "Nog een lek", "Wacht een minuut")
	s.wait(time.Minute)
	v.post("/melden", "what", "Nog een lek").leads("/melden/ontvangen")
}

func TestADoubleClickIsOneReport(t *testing.T) {
	s := newSite(t)
	v := s.visitor()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { v.post("/melden", "once", "zelfde", "what", "Lek") })
	}
	wg.Wait()
	rows, err := s.service.List(t.Context(), incident.Ref{}, 10)
	if err != nil || len(rows) != 1 {
		t.Errorf("%d reports (%v), want one", len(rows), err)
	}
}

// TestAPageThatABrowserKept: somebody goes back to the form and writes another
// report on it. Its mark is known, its words are not: nothing is swallowed.
func TestAPageThatABrowserKept(t *testing.T) {
	s := newSite(t)
	v := s.visitor()
	v.upload("/melden", "foto.txt", []byte("een"), "once", "a", "what", "Lek").leads("/melden/ontvangen")
	code := codeOn(v.get("/melden/ontvangen").body)
	v.upload("/melden", "foto.txt", []byte("twee"), "once", "a", "what", "Lek").leads("/melden/ontvangen")
	v.post("/melden", "once", "a", "what", "Een ander lek").leads("/melden/ontvangen")
	if codeOn(v.get("/melden/ontvangen").body) == code {
		t.Error("another report got the code of the first one")
	}
	rows, err := s.service.List(t.Context(), incident.Ref{}, 10)
	if err != nil || len(rows) != 3 {
		t.Errorf("%d reports (%v), want three", len(rows), err)
	}
}

func TestLanguage(t *testing.T) {
	s := newSite(t)
	ask := func(v *visitor, path, accept string) answer {
		req, err := http.NewRequest(http.MethodGet, s.http.URL+path, nil)
		if err == nil {
			req.Header.Set("Accept-Language", accept)
		}
		return v.do(req, err)
	}
	const nl, en = `<html lang="nl">`, `<html lang="en">`
	for _, row := range []struct{ why, path, accept, want string }{
		{"Dutch comes first", "/melden", "", nl},
		{"the browser asks for English", "/melden", "en-GB,en;q=0.9,nl;q=0.8", en},
		{"the browser asks for something we do not speak, then Dutch", "/melden", "fr;q=1, nl;q=0.5, en;q=0.3", nl},
		{"a link asks for English", "/melden?lang=en", "nl", en},
		{"a link asks for nonsense", "/melden?lang=xx", "en", nl},
	} {
		if got := ask(s.visitor(), row.path, row.accept); !strings.Contains(got.body, row.want) {
			t.Errorf("%s: not %s", row.why, row.want)
		}
	}
	v := s.visitor()
	v.post("/language", "lang", "en", "next", "/melding").leads("/melding")
	ask(v, "/melden", "nl").want(http.StatusOK, en)
	v.post("/language", "lang", "nl", "next", "https://evil.example").leads("/melden")
	ask(v, "/melden", "en").want(http.StatusOK, nl)
}

func TestCookiesAreForHTTPSOnlyWhereItIsUsed(t *testing.T) {
	s := newSite(t, func(c *ui.Config) { c.URL = "https://meldklok.example.org" })
	officer := s.person(people.Officer)
	p := s.visitor().post("/sign-in", "email", officer.Email, "password", password).leads("/")
	cookie := p.header.Get("Set-Cookie")
	for _, want := range []string{"__Host-sid=", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, want) || strings.Contains(cookie, "Domain") {
			t.Errorf("cookie %q lacks %q", cookie, want)
		}
	}
	if p.header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS over https")
	}
}

// TestForwardedAddressesAreBelievedOnlyFromOurProxies: otherwise anybody could
// get around the bounds of the open form.
func TestForwardedAddressesAreBelievedOnlyFromOurProxies(t *testing.T) {
	flood := func(proxies ...netip.Prefix) (last int) {
		s := newSite(t, func(c *ui.Config) { c.TrustedProxies = proxies })
		v := s.visitor()
		for i := range 40 {
			req, err := http.NewRequest(http.MethodPost, s.http.URL+"/melding", strings.NewReader("code=x"))
			if err == nil {
				req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				req.Header.Set("X-Forwarded-For", netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}).String())
			}
			last = v.do(req, err).status
		}
		return last
	}
	if got := flood(); got != http.StatusTooManyRequests {
		t.Errorf("made-up addresses got around the bound: %d", got)
	}
	if got := flood(netip.MustParsePrefix("127.0.0.0/8")); got != http.StatusUnprocessableEntity {
		t.Errorf("behind our own proxy every visitor has a bound of their own: %d", got)
	}
}
