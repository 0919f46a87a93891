package ui_test

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui"
)

func TestTheFirstOfficerComesIn(t *testing.T) {
	s := newSite(t)
	token, err := s.sessions.FirstLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	v := s.visitor()
	v.get("/").leads("/sign-in")
	v.get("/link/"+token).want(http.StatusOK, "Welkom bij Meldklok")
	v.get("/link/"+token).want(http.StatusOK, "Welkom bij Meldklok")
	v.post("/link/"+token, "name", "Privacy Officer", "email", "officer@example.org", "password", password, "again", "iets anders").
		want(http.StatusUnprocessableEntity, "De twee wachtwoorden zijn niet gelijk", `value="officer@example.org"`).lacks(password)
	v.post("/link/"+token, "name", "", "email", "officer@example.org", "password", password, "again", password).
		want(http.StatusUnprocessableEntity, `id="link-name-error"`)
	v.post("/link/"+token, "name", "Privacy Officer", "email", "officer@example.org", "password", password, "again", password, "lang", "en").leads("/?done=welcome")
	v.get("/?done=welcome").leads("/board?done=welcome")
	v.get("/board").want(http.StatusOK, "No clocks are running", "Privacy Officer")
	v.get("/people").want(http.StatusOK, "officer@example.org")
	s.visitor().get("/link/"+token).want(http.StatusNotFound, "niet meer geldig")
}

func TestALinkInAMailSurvivesSigningIn(t *testing.T) {
	s := newSite(t)
	officer := s.person(people.Officer)
	ref := s.mailIn("Lijst", "De lijst ging naar de verkeerde persoon.")
	v := s.visitor()
	to := "/incidents/" + ref.String() + "?x=1"
	v.get(to).leads("/sign-in?next=" + url.QueryEscape(to))
	v.get("/sign-in?next="+url.QueryEscape(to)).want(http.StatusOK, `value="/incidents/`+ref.String()+`?x=1"`)
	v.post("/sign-in", "email", officer.Email, "password", "verkeerd", "next", to).
		want(http.StatusUnprocessableEntity, "horen niet bij elkaar", `value="`+officer.Email+`"`).lacks("verkeerd\"")
	v.post("/sign-in", "email", officer.Email, "password", password, "next", to).leads(to)
	v.get("/sign-in").leads("/")
	v.post("/sign-out").leads("/sign-in?done=signed-out")
	v.get("/board").leads("/sign-in?next=%2Fboard")
}

func TestSigningInLeadsNowhereElse(t *testing.T) {
	s := newSite(t)
	officer := s.person(people.Officer)
	for _, next := range []string{"https://evil.example/", "//evil.example/", `/\evil.example`, "javascript:alert(1)", "evil", "\t//evil.example", "/\t/evil.example"} {
		s.visitor().post("/sign-in", "email", officer.Email, "password", password, "next", next).leads("/")
	}
}

func TestASessionThatEndsInTheMiddleOfAFormLosesNothing(t *testing.T) {
	s := newSite(t)
	officer := s.person(people.Officer)
	ref := s.mailIn("Lijst", "De lijst ging naar de verkeerde persoon.")
	v := s.signedIn(officer)
	v.get("/incidents/" + ref.String()).want(http.StatusOK)
	s.wait(9 * time.Hour)
	const reasons = "De ontvanger is een collega & heeft het <gewist>."
	asked := v.post("/incidents/"+ref.String()+"/waive", "duty", "ap", "reasons", reasons).want(http.StatusUnauthorized, "U was te lang weg")
	back := v.post("/sign-in", append(hidden(asked.body), "email", officer.Email, "password", password)...).want(http.StatusOK, "nog niet verstuurd")
	v.post("/incidents/"+ref.String()+"/waive", hidden(back.body)...).leads("/incidents/" + ref.String() + "?done=waive")
	inc, err := s.service.Incident(t.Context(), ref)
	if err != nil || len(inc.Decisions) != 1 || inc.Decisions[0].Reasons != reasons {
		t.Errorf("the decision was %+v (%v)", inc.Decisions, err)
	}
}

// hidden reads the hidden inputs of a page, as a browser would send them.
func hidden(body string) (kv []string) {
	input := regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
	plain := strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">", "&#34;", `"`, "&#39;", "'", "&#43;", "+")
	for _, m := range input.FindAllStringSubmatch(body, -1) {
		kv = append(kv, m[1], plain.Replace(m[2]))
	}
	return kv
}

func TestStaffReportALeak(t *testing.T) {
	s := newSite(t)
	v := s.visitor()
	v.get("/melden").want(http.StatusOK, "Meld een (mogelijk) datalek", `lang="nl"`)
	v.get("/melden?lang=en").want(http.StatusOK, "Report a (possible) data breach", `lang="en"`)
	v.post("/melden", "who", "ongeveer 30 klanten", "email", "ik@example.org").
		want(http.StatusUnprocessableEntity, `id="report-what-error"`, "ongeveer 30 klanten", `value="ik@example.org"`)
	got := v.upload("/melden", `..\..\lek".txt`, []byte("bewijs"), "once", "a", "fast", "wrong-recipient", "what", "Lijst naar de verkeerde gestuurd", "who", "30 klanten",
		"known", "2026-10-23T09:00", "name", "Een melder", "email", "ik@example.org", "phone", "010 123 45 67")
	got.leads("/melden/ontvangen")
	code := codeOn(v.get("/melden/ontvangen").want(http.StatusOK, "Schrijf deze code op").body)
	v.get("/melden/ontvangen").want(http.StatusOK, code)
	s.visitor().get("/melden/ontvangen").leads("/melding")

	v.upload("/melden", "lek.txt", []byte("bewijs"), "once", "a", "what", "Lijst naar de verkeerde gestuurd").leads("/melden/ontvangen")
	rows, err := s.service.List(t.Context(), incident.Ref{}, 10)
	if err != nil || len(rows) != 1 {
		t.Fatalf("the same form twice is one report: %d (%v)", len(rows), err)
	}
	other := s.visitor()
	other.post("/melding", "code", strings.ToUpper(code)).want(http.StatusOK, "Ontvangen").lacks(rows[0].Ref.String(), "klanten")
	other.post("/melding", "code", "aaaa-bbbb-cccc-dddd").want(http.StatusUnprocessableEntity, "Deze code kennen wij niet")

	officer := s.signedIn(s.person(people.Officer))
	inc := "/incidents/" + rows[0].Ref.String()
	officer.get(inc).want(http.StatusOK, "Lijst naar de verkeerde gestuurd", "Een melder", "010 123 45 67", "Verkeerd geadresseerd", "lek_.txt", "vr 23 oktober 2026 09:00 (+02:00)")
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
	m := regexp.MustCompile(`<code>([a-z2-7-]{19})</code>`).FindStringSubmatch(body)
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

// TestAnOfficerHandlesACase does everything that the page offers, in turn.
func TestAnOfficerHandlesACase(t *testing.T) {
	s := newSite(t)
	officer := s.person(people.Officer)
	v := s.signedIn(officer)
	inc := "/incidents/" + s.mailIn("Mailbox overgenomen", "Iemand klikte op een link.").String()
	s.wait(2 * time.Hour)
	v.get("/board").want(http.StatusOK, "Mailbox overgenomen", "nog 70 uur", "bevestig wanneer")
	v.get(inc).want(http.StatusOK, "nog 70 uur", "ma 26 oktober 2026 15:30 (&#43;01:00)", "Aan zet: De officer", "Andere manieren van tellen", "voorlopig")

	do := func(action string, kv ...string) {
		t.Helper()
		v.post(inc+"/"+action, kv...).leads(inc + "?done=" + action)
	}
	do("seen")
	do("describe", "title", "Mailbox helpdesk", "summary", "Een nacht lang.")
	v.post(inc+"/confirm", "at", "2026-10-23T10:00").want(http.StatusUnprocessableEntity, `id="confirm-reason-error"`, `value="2026-10-23T10:00"`, `id="do-confirm" open`)
	do("confirm", "at", "2026-10-23T10:00", "reason", "De helpdesk zag het om tien uur.")
	v.get(inc).want(http.StatusOK, "ma 26 oktober 2026 09:00 (&#43;01:00)", "beoordeel het risico")

	v.get(inc+"/assess").want(http.StatusOK, "Welke persoonsgegevens?")
	v.post(inc+"/assess", "access", "excluded", "people_min", "veel").want(http.StatusUnprocessableEntity, `id="assess-people_min-error"`, `id="assess-excluded_because-error"`, `value="veel"`)
	v.post(inc+"/assess", "incident", "phishing", "breach", "confidentiality", "data", "name", "data", "bsn", "intent", "malicious", "stray", "x").leads(inc + "?done=assess#score")
	v.get(inc).want(http.StatusOK, "Melden bij de AP", "Kwaadwillenden")

	do("notify", "reasons", "Hoog risico", "tell", "yes")
	v.get(inc).want(http.StatusOK, "Betrokkenen informeren")
	v.post(inc+"/close").want(http.StatusUnprocessableEntity, "Sluiten kan nog niet")
	s.wait(80 * time.Hour)
	v = s.signedIn(officer)
	v.get(inc).want(http.StatusOK, "te laat", "De termijn is verstreken")
	v.post(inc+"/file", "kind", "initial", "number", "DL-1", "at", "2026-10-27T01:00", "provisional", "yes", "text", "Letterlijke tekst").
		want(http.StatusUnprocessableEntity, `id="file-delay-error"`, `value="DL-1"`, "Letterlijke tekst", `id="file-provisional" type="checkbox" name="provisional" value="yes" checked`)
	do("file", "kind", "initial", "number", "DL-1", "at", "2026-10-27T01:00", "provisional", "yes", "text", "Letterlijke tekst", "delay", "Het onderzoek duurde lang.")
	v.get(inc).want(http.StatusOK, "16 uur te laat", "Het onderzoek duurde lang.", "Voorlopige melding aanvullen")
	do("told", "duty", "people", "reasons", "40 mensen per brief.")
	do("file", "kind", "follow-up", "number", "DL-1-2", "at", "2026-10-27T01:10")
	do("close")
	v.get(inc).want(http.StatusOK, "gesloten", "Er hoeft niets meer te gebeuren")
	do("reopen", "reasons", "Er kwam een vraag van de AP.")
	v.get(inc).want(http.StatusOK, "besloten", "Er kwam een vraag van de AP.")
}

func TestTheOtherWaysToEndACase(t *testing.T) {
	for _, row := range []struct {
		action      string
		kv          []string
		bad         string // field that refuses an empty form
		says, after string
	}{
		{"waive", []string{"duty", "ap", "reasons", "De ontvanger heeft het gewist."}, "reasons", "niet nodig", "besloten"},
		{"not-a-breach", []string{"reasons", "De logbestanden zijn volledig."}, "reasons", "geen datalek", "besloten"},
		{"does-not-apply", []string{"code", "processor", "reasons", "Wij verwerken voor de gemeente."}, "code", "wij zijn verwerker", "Informeer de verwerkingsverantwoordelijke"},
		{"no-report", []string{"code", "question"}, "code", "geen melding", "geen melding"},
		{"merge", []string{"into", "2026-0001", "reasons", "Zelfde lek"}, "into", "gaat verder in", "samengevoegd"},
	} {
		s := newSite(t)
		v := s.signedIn(s.person(people.Deputy))
		s.mailIn("Eerste", "Een ander lek.")
		inc := "/incidents/" + s.mailIn("Lijst", "De lijst ging naar de verkeerde persoon.").String()
		v.post(inc+"/"+row.action).want(http.StatusUnprocessableEntity, `id="`+row.action+"-"+row.bad, `role="alert"`)
		v.post(inc+"/"+row.action, row.kv...).leads(inc + "?done=" + row.action)
		v.get(inc).want(http.StatusOK, row.says, row.after)
		v.post(inc+"/reopen", "reasons", "Toch nog eens kijken.").leads(inc + "?done=reopen")
		v.get(inc).want(http.StatusOK, "Toch nog eens kijken.")
	}
}

func TestUnknownThingsDoNotExist(t *testing.T) {
	s := newSite(t)
	v := s.signedIn(s.person(people.Roles()...))
	s.mailIn("Lijst", "x")
	for _, path := range []string{"/incidents/2026-0099", "/incidents/abc", "/parked/99", "/parked/x", "/outbox/99", "/people/p99", "/static/x/style.css", "/zomaar"} {
		v.get(path).want(http.StatusNotFound)
	}
	v.post("/incidents/2026-0001/zomaar").want(http.StatusNotFound)
	v.post("/incidents/2026-0099/waive", "reasons", "x").want(http.StatusNotFound)
	v.post("/people/p99/invite").want(http.StatusNotFound)
}

func TestSortingOutInBulk(t *testing.T) {
	s := newSite(t)
	v := s.signedIn(s.person(people.Officer))
	a, b := s.mailIn("Reclame", "Koop nu").String(), s.mailIn("Meer reclame", "Koop meer").String()
	v.get("/incidents").want(http.StatusOK, "Reclame", "Meer reclame")
	v.post("/incidents/no-report", "code", "spam").want(http.StatusUnprocessableEntity, "Kies eerst")
	v.post("/incidents/no-report", "ref", a).want(http.StatusUnprocessableEntity, "Kies een van")
	v.post("/incidents/no-report", "ref", a, "ref", b, "code", "spam").leads("/incidents?done=sorted-out")
	v.post("/incidents/no-report", "ref", a, "code", "spam").want(http.StatusUnprocessableEntity, a+": Dit dossier staat al als geen melding")
}

func TestParkedMail(t *testing.T) {
	s := newSite(t)
	v := s.signedIn(s.person(people.Officer))
	for range 2 {
		s.mailIn("Ik ben er niet", "Bel mijn collega over het lek "+s.now().String(), "Auto-Submitted: auto-replied\r\n")
		s.wait(time.Minute)
	}
	v.get("/board").want(http.StatusOK, "<strong>2</strong>", "geparkeerde berichten")
	list := v.get("/parked").want(http.StatusOK, "Ik ben er niet", "automatisch antwoord")
	items := regexp.MustCompile(`/parked/(\d+)"`).FindAllStringSubmatch(list.body, -1)
	if len(items) != 2 {
		t.Fatalf("two parked messages, %d found", len(items))
	}
	v.get("/parked/"+items[0][1]).want(http.StatusOK, "Bel mijn collega")
	v.get("/parked/"+items[0][1]+"/raw").want(http.StatusOK, "Subject: Ik ben er niet")
	v.post("/parked/" + items[0][1] + "/promote").leads("/incidents/2026-0001?done=promoted")
	v.post("/parked/" + items[1][1] + "/reviewed").leads("/parked?done=reviewed")
	v.post("/parked/" + items[1][1] + "/promote").want(http.StatusNotFound)
	v.get("/parked").want(http.StatusOK, "geen berichten geparkeerd")
}

func TestOutboxAndProofOfAlert(t *testing.T) {
	s := newSite(t)
	officer := s.person(people.Officer)
	ref := s.mailIn("Lijst", "De lijst ging naar de verkeerde persoon.")
	s.queueMail(ref, officer)
	v := s.signedIn(officer)
	v.get("/incidents/"+ref.String()).want(http.StatusOK, "geweigerd", "550 5.1.1 no such user", "bij ontvangst", "Een waarschuwing over dit dossier is niet aangekomen")
	v.get("/board").want(http.StatusOK, "waarschuwing niet aangekomen")
	v.get("/outbox").want(http.StatusOK, "550 5.1.1", "De officer")
	v.get("/outbox/1").want(http.StatusOK, "Er is een melding.", "Message-ID")
}

func TestAnAdministratorKeepsThePeople(t *testing.T) {
	s := newSite(t)
	admin := s.person(people.Admin)
	v := s.signedIn(admin)
	v.get("/people").want(http.StatusOK, "admin@example.org")
	v.post("/people", "name", "Plaatsvervanger", "email", "geen adres", "role", "deputy").want(http.StatusUnprocessableEntity, "geen geldig e-mailadres", `value="geen adres"`)
	v.post("/people", "name", "Plaatsvervanger", "email", "deputy@example.org").want(http.StatusUnprocessableEntity, "Kies een van")
	v.post("/people", "name", "Plaatsvervanger", "email", "deputy@example.org", "role", "deputy", "lang", "en").leads("/people/p2?done=person-added")
	invited := v.post("/people/p2/invite").want(http.StatusOK, "werkt één keer")
	link := regexp.MustCompile(`<code>` + regexp.QuoteMeta(s.http.URL) + `(/link/[^<]+)</code>`).FindStringSubmatch(invited.body)
	if link == nil {
		t.Fatal("no link on the page", invited.body)
	}
	v.get("/people/p2").want(http.StatusOK).lacks(link[1])
	deputy := s.visitor()
	deputy.get(link[1]).want(http.StatusOK, "deputy@example.org")
	deputy.post(link[1], "password", password, "again", password).leads("/?done=welcome")
	deputy.get("/board").want(http.StatusOK, "No clocks are running")

	v.post("/people/p2/absence", "from", "2026-11-02T09:00", "until", "2026-11-01T09:00").want(http.StatusUnprocessableEntity, "moet na het begin")
	v.post("/people/p2/absence", "from", "2026-11-02T09:00", "until", "2026-11-09T09:00", "replacement", "p1").leads("/people/p2?done=absence-changed")
	v.get("/people").want(http.StatusOK, "ma 2 november 2026 09:00 (&#43;01:00)", "vervangen door De admin")
	v.post("/people/p2/absence", "drop", "2026-11-02T09:00").leads("/people/p2?done=absence-changed")
	v.get("/people").want(http.StatusOK).lacks("vervangen door")

	v.post("/people/p1", "name", "Ik", "email", "admin@example.org", "role", "officer").want(http.StatusUnprocessableEntity, "laatste beheerder")
	v.post("/people/p2", "name", "Plaatsvervanger", "email", "deputy@example.org", "role", "deputy", "inactive", "yes").leads("/people/p2?done=person-changed")
	deputy.get("/board").leads("/sign-in?next=%2Fboard")
}

func TestOwnAccount(t *testing.T) {
	s := newSite(t)
	fg := s.person(people.FG)
	v, elsewhere := s.signedIn(fg), s.signedIn(fg)
	v.post("/account/language", "lang", "en").leads("/account?done=language-changed")
	v.get("/account").want(http.StatusOK, "My account")
	const fresh = "een heel ander geheimpje"
	v.post("/account/password", "current", "verkeerd", "password", fresh, "again", fresh).want(http.StatusUnprocessableEntity, "The password is not right").lacks(fresh)
	v.post("/account/password", "current", password, "password", "kort", "again", "kort").want(http.StatusUnprocessableEntity, "at least 12 characters")
	v.post("/account/password", "current", password, "password", fresh, "again", fresh).leads("/account?done=password-changed")
	v.get("/account").want(http.StatusOK)
	elsewhere.get("/account").leads("/sign-in?next=%2Faccount")
	v.post("/account/sign-out").leads("/sign-in?done=signed-out")
	v.get("/account").leads("/sign-in?next=%2Faccount")
}

func TestManagementSeesWhetherWeAreOnTime(t *testing.T) {
	s := newSite(t)
	officer, boss := s.person(people.Officer), s.person(people.Management)
	v := s.signedIn(boss)
	v.get("/").leads("/management")
	v.get("/management").want(http.StatusOK, "Wij zijn op tijd", "oktober 2026", "november 2025")
	by := incident.ByPerson(officer.ID)
	filed, late := s.mailIn("Een", "x"), s.mailIn("Twee", "y")
	s.mailIn("Drie", "z")
	s.wait(61 * time.Hour)
	v = s.signedIn(boss)
	if _, err := s.service.Do(t.Context(), filed, by, incident.File{Kind: incident.FilingInitial, Number: "1", At: s.now()}); err != nil {
		t.Fatal(err)
	}
	v.get("/management").want(http.StatusOK, "Er zijn 2 termijnen waarvan minder dan 12 uur rest", "meestal 61 uur")
	s.wait(20 * time.Hour)
	v = s.signedIn(boss)
	if _, err := s.service.Do(t.Context(), late, by, incident.File{Kind: incident.FilingInitial, Number: "2", At: s.now(), Delay: "Te laat gezien"}); err != nil {
		t.Fatal(err)
	}
	v.get("/management").want(http.StatusOK, "Er is 1 termijn verstreken", `<th scope="row">oktober 2026</th><td>3</td><td>1</td><td>1</td><td>0</td><td>1</td>`).lacks("Drie")
}

func TestHealthIsExplained(t *testing.T) {
	s := newSite(t, func(c *ui.Config) { c.MailNotice = func() string { return "/var/lib/meldklok/mail" } })
	v := s.signedIn(s.person(people.Officer))
	v.get("/health").want(http.StatusOK, "Alles werkt")
	s.setHealth(incident.Health{Findings: []incident.Finding{
		{Code: "no-relay", Level: incident.Red}, {Code: "clock-wrong", Level: incident.Red, Args: map[string]any{"off": 90 * time.Minute}},
		{Code: "brand-new", Level: incident.Amber},
	}})
	v.get("/health").want(http.StatusOK, "Er zijn 3 dingen gevonden", "1 uur en 30 minuten verkeerd", "tijdserver", "brand-new")
	v.get("/board").want(http.StatusOK, "/var/lib/meldklok/mail", "1 uur en 30 minuten verkeerd").lacks("brand-new")
	s.visitor().get("/melden").want(http.StatusOK).lacks("/var/lib/meldklok/mail", "verkeerd.")
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

func TestEvents(t *testing.T) {
	s := newSite(t)
	v := s.signedIn(s.person(people.Officer))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.http.URL+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := v.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatal(got)
	}
	line := func() string {
		buf := make([]byte, 100)
		n, _ := resp.Body.Read(buf)
		return string(buf[:n])
	}
	first := line()
	s.mailIn("Lijst", "De lijst ging naar de verkeerde persoon.")
	if second := line(); !strings.HasPrefix(second, "event: head") || second == first {
		t.Errorf("after a report: %q, before %q", second, first)
	}
	s.server.Close()
	if rest := line(); rest != "" {
		t.Errorf("closing ends the stream, got %q", rest)
	}
	if got := s.visitor().get("/events"); got.status == http.StatusOK {
		t.Error("a stranger may not listen")
	}
}

func TestAPanicIsAPageAndTheNextOneWorks(t *testing.T) {
	s := newSite(t, func(c *ui.Config) { c.MailNotice = nil })
	officer := s.person(people.Officer)
	v := s.signedIn(officer)
	s.service.Rules = nil
	s.service.Now = func() time.Time { panic("secret words") }
	p := v.post("/account/language", "lang", "nl").want(http.StatusInternalServerError, "Er ging iets mis").lacks("secret words")
	if id := p.header.Get("X-Request-Id"); id == "" || !strings.Contains(p.body, id) || !strings.Contains(s.log.String(), id) {
		t.Error("page and log must name the same request")
	}
	s.service.Now = s.now
	v.get("/account").want(http.StatusOK)
}
