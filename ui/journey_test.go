package ui_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
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
	v.get("/board").want(http.StatusOK, "How to begin", s.http.URL+"/melden", `href="/settings/organisation"`, `href="/register/import"`, "Privacy Officer").lacks("has been decided")
	s.signedIn(s.person(people.FG)).get("/board").want(http.StatusOK, "Zo begint u").lacks("Richt dit in")
	ref := s.mailIn("Lijst", "De lijst ging naar de verkeerde persoon.")
	v.get("/board").lacks("How to begin")
	if _, err := s.service.Do(t.Context(), ref, incident.ByPerson("p1"), incident.NotABreach{Excludes: "Er stond niets in."}); err != nil {
		t.Fatal(err)
	}
	v.get("/board").want(http.StatusOK, "No clocks are running", "has been decided").lacks("How to begin")
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
	v.post(inc+"/weigh", "people_min", "1.200", "people_max", "1 300").want(http.StatusOK, `value="1.200"`).lacks("assess-people_min-error", "assess-people_max-error")
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
	checkMarkup(t, "an empty late filing", v.post(inc+"/file", "kind", "initial").
		want(http.StatusUnprocessableEntity, `id="file-number-error"`, `id="file-at-error"`, `id="file-delay-error"`, "Er kloppen nog 3 dingen niet"))
	v.post(inc+"/file", "kind", "initial", "at", "2026-03-29T02:30").
		want(http.StatusUnprocessableEntity, `id="file-number-error"`, "Dit tijdstip bestaat niet", `id="file-delay-error"`).lacks(`href="#file-at">Wanneer gemeld? (Nederlandse tijd) Vul`)
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
	v.get("/incidents/2026-0001/waive").leads("/incidents/2026-0001#do-waive")
	v.get("/incidents/2026-0001/weigh").leads("/incidents/2026-0001/assess")
	for _, path := range []string{"/incidents/2026-0099/waive", "/incidents/2026-0001/zomaar", "/incidents/2026-0099", "/incidents/abc", "/parked/99", "/parked/x", "/outbox/99", "/people/p99", "/static/x/style.css", "/zomaar"} {
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
	v.get("/incidents").want(http.StatusOK, `<option value="">kies eerst</option>`, "Alles op deze pagina")
	v.post("/incidents/no-report", "code", "spam").want(http.StatusUnprocessableEntity, "Kies eerst")
	v.post("/incidents/no-report", "ref", a).want(http.StatusUnprocessableEntity, "Kies een van")
	v.post("/incidents/no-report", "ref", a, "ref", b, "code", "spam").leads("/incidents?done=sorted-out")
	v.post("/incidents/no-report", "ref", a, "code", "spam").want(http.StatusUnprocessableEntity, a+": Dit dossier staat al als geen melding")
}

func TestParkedMail(t *testing.T) {
	s := newSite(t)
	v := s.signedIn(s.person(people.Officer))
	for range 4 {
		s.mailIn("Ik ben er niet", "Bel mijn collega over het lek "+s.now().String(), "Auto-Submitted: auto-replied\r\n")
		s.wait(time.Minute)
	}
	v.get("/board").want(http.StatusOK, "<strong>4</strong>", "geparkeerde berichten")
	list := v.get("/parked").want(http.StatusOK, "Ik ben er niet", "automatisch antwoord")
	items := regexp.MustCompile(`/parked/(\d+)"`).FindAllStringSubmatch(list.body, -1)
	if len(items) != 4 {
		t.Fatalf("four parked messages, %d found", len(items))
	}
	v.post("/parked/reviewed").want(http.StatusUnprocessableEntity, "Kies eerst een of meer berichten", "Ik ben er niet")
	v.post("/parked/reviewed", "item", "x").want(http.StatusBadRequest)
	v.post("/parked/reviewed", "item", items[2][1], "item", items[3][1], "item", "99").leads("/parked?done=reviewed-many")
	s.signedIn(s.person(people.Auditor)).get("/parked").want(http.StatusOK, "Ik ben er niet").lacks("haal ze weg", `name="item"`)
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
	link := regexp.MustCompile(`<code id="once-only">` + regexp.QuoteMeta(s.http.URL) + `(/link/[^<]+)</code>`).FindStringSubmatch(invited.body)
	if link == nil {
		t.Fatal("no link on the page", invited.body)
	}
	v.get("/people/p2").want(http.StatusOK).lacks(link[1])
	deputy := s.visitor()
	deputy.get(link[1]).want(http.StatusOK, "deputy@example.org")
	deputy.post(link[1], "password", password, "again", password).leads("/?done=welcome")
	deputy.get("/board").want(http.StatusOK, "How to begin")

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
	v.get("/management").want(http.StatusOK, "Nu is niets te laat", "oktober 2026", "november 2025")
	by := incident.ByPerson(officer.ID)
	filed, late := s.mailIn("Een", "x"), s.mailIn("Twee", "y")
	s.mailIn("Drie", "z")
	s.wait(61 * time.Hour)
	v = s.signedIn(boss)
	if _, err := s.service.Do(t.Context(), filed, by, incident.File{Kind: incident.FilingInitial, Number: "1", At: s.now()}); err != nil {
		t.Fatal(err)
	}
	v.get("/management").want(http.StatusOK, "Er zijn 2 termijnen waarvan minder dan 12 uur rest", `<th scope="row">Van ontvangst tot melding bij de AP</th><td>61 uur</td>`)
	s.wait(20 * time.Hour)
	v = s.signedIn(boss)
	if _, err := s.service.Do(t.Context(), late, by, incident.File{Kind: incident.FilingInitial, Number: "2", At: s.now(), Delay: "Te laat gezien"}); err != nil {
		t.Fatal(err)
	}
	v.get("/management").want(http.StatusOK, "Er is 1 termijn verstreken", `<td data-label="Meldingen">3</td><td data-label="Op tijd bij de AP">1</td><td data-label="Te laat bij de AP">1</td><td data-label="Melden niet nodig">0</td><td data-label="Loopt nog">1</td>`).lacks("Drie")
}

func TestHealthIsExplained(t *testing.T) {
	s := newSite(t, func(c *ui.Config) { c.MailNotice = func() string { return "/var/lib/meldklok/mail" } })
	v := s.signedIn(s.person(people.Officer))
	v.get("/health").want(http.StatusOK, "Alles werkt")
	s.setHealth(incident.Health{Findings: []incident.Finding{
		{Code: "no-relay", Level: incident.Red}, {Code: "clock-wrong", Level: incident.Red, Args: map[string]any{"off": 90 * time.Minute}},
		{Code: "brand-new", Level: incident.Amber},
	}})
	v.get("/health").want(http.StatusOK, "Er zijn 3 dingen gevonden", "1 uur en 30 minuten verkeerd", "tijdserver", "brand-new").lacks(`class="button" href="/settings/relays"`)
	v.get("/board").want(http.StatusOK, "Berichten worden bewaard op de server", "1 uur en 30 minuten verkeerd").lacks("brand-new", "/var/lib/meldklok/mail")
	s.signedIn(s.person(people.Admin)).get("/health").want(http.StatusOK, "/var/lib/meldklok/mail", `class="button" href="/settings/relays"`)
	s.visitor().get("/melden").want(http.StatusOK).lacks("/var/lib/meldklok/mail", "verkeerd.")
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
