package ui_test

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/session"
	"meldklok/ui/session/providertest"
)

// hiddenOf reads the hidden inputs of the first form that leads to a path.
func hiddenOf(p answer, action string) (kv []string) {
	p.t.Helper()
	_, form, ok := strings.Cut(p.body, `action="`+action+`"`)
	if !ok {
		p.t.Fatalf("no form leads to %s:\n%s", action, p.gist())
	}
	form, _, _ = strings.Cut(form, "</form>")
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?`).FindAllStringSubmatch(form, -1) {
		kv = append(kv, html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	return kv
}

// appOf gives a person an app and returns what shows its codes, and the
// recovery codes.
func (s *site) appOf(p people.Person) (code func() string, recovery []string) {
	s.t.Helper()
	ctx := context.Background()
	if err := s.sessions.DraftApp(ctx, p.ID); err != nil {
		s.t.Fatal(err)
	}
	draft, err := s.sessions.Draft(ctx, p.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	code = func() string {
		text, err := totp.GenerateCode(strings.ReplaceAll(draft.Secret, " ", ""), s.now())
		if err != nil {
			s.t.Fatal(err)
		}
		return text
	}
	if recovery, err = s.sessions.ConfirmApp(ctx, p.ID, code()); err != nil {
		s.t.Fatal(err)
	}
	s.wait(time.Minute)
	return code, recovery
}

func TestSettingUpAnApp(t *testing.T) {
	s := newSite(t)
	officer := s.person(people.Officer)
	v := s.signedIn(officer)
	v.get("/account").want(http.StatusOK, "Wij raden u een passkey of een code uit een app aan")
	v.post("/account/app", "next", "/board").leads("/account/second?next=%2Fboard#app")
	page := v.get("/account/second?next=/board").want(http.StatusOK, `<svg class="qr"`)
	secret := regexp.MustCompile(`<code>([A-Z2-7 ]+)</code>`).FindStringSubmatch(page.body)[1]
	v.post("/account/app/confirm", "code", "12", "next", "/board").want(http.StatusUnprocessableEntity, "Deze code klopt niet", secret)
	code, err := totp.GenerateCode(strings.ReplaceAll(secret, " ", ""), s.now())
	if err != nil {
		t.Fatal(err)
	}
	done := v.post("/account/app/confirm", "code", code, "next", "/board").want(http.StatusOK, "Uw herstelcodes", `href="/board"`)
	if n := strings.Count(done.body, "<li><code>"); n != 10 {
		t.Errorf("%d recovery codes", n)
	}
	v.get("/account").want(http.StatusOK, "Code uit een app, sinds", "U hebt nog 10 herstelcodes").lacks(secret)
	v.post("/account/factors/remove", "factor", "app").leads("/account?done=factor-removed")
}

// TestNothingTypedIsLost: a form of somebody whose session is over survives the
// password and the code, wrong ones too.
func TestNothingTypedIsLost(t *testing.T) {
	s := newSite(t)
	officer := s.person(people.Officer)
	code, _ := s.appOf(officer)
	ref := s.mailIn("Lijst", "De lijst ging naar de verkeerde persoon.")
	path := "/incidents/" + ref.String() + "/waive"
	v := s.signedIn(officer)
	s.wait(9 * time.Hour)
	const reasons = "De ontvanger heeft het gewist.\r\n«Echt» & zeker"
	page := v.post(path, "duty", "ap", "reasons", reasons, "password", "niet onthouden").want(http.StatusUnauthorized, "U was te lang weg").lacks("niet onthouden")
	page = v.post("/sign-in", append(hiddenOf(page, "/sign-in"), "email", officer.Email, "password", "verkeerd")...).want(http.StatusUnprocessableEntity, "horen niet bij elkaar")
	page = v.post("/sign-in", append(hiddenOf(page, "/sign-in"), "email", officer.Email, "password", password)...).want(http.StatusOK, "Tweede stap")
	page = v.post("/sign-in/code", append(hiddenOf(page, "/sign-in/code"), "code", "000000")...).want(http.StatusUnprocessableEntity, "Deze code klopt niet")
	page = v.post("/sign-in/code", append(hiddenOf(page, "/sign-in/code"), "code", code())...).want(http.StatusOK, "nog niet verstuurd", "De ontvanger heeft het gewist.")
	v.post(path, hiddenOf(page, path)...).leads("/incidents/" + ref.String() + "?done=waive")
	entries, err := s.service.Entries(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	if d, ok := entries[len(entries)-1].Body.(*incident.Decided); !ok || !strings.Contains(d.Reasons, "«Echt» & zeker") {
		t.Errorf("recorded: %+v", entries[len(entries)-1].Body)
	}
}

func TestAFormWithFilesKeepsItsFields(t *testing.T) {
	s := newSite(t)
	officer := s.person(people.Officer)
	v := s.signedIn(officer)
	s.wait(9 * time.Hour)
	page := v.upload("/incidents/new", "bewijs.txt", []byte("inhoud van het bestand"), "what", "Gebeld door een klant").
		want(http.StatusUnauthorized, "De bestanden die u had gekozen zijn niet bewaard").lacks("inhoud van het bestand")
	page = v.post("/sign-in", append(hiddenOf(page, "/sign-in"), "email", officer.Email, "password", password)...).
		want(http.StatusOK, `enctype="multipart/form-data"`, "Gebeld door een klant", "Kies ze na het versturen opnieuw")
	if kv := hiddenOf(page, "/incidents/new"); strings.Join(kv, "=") != "what=Gebeld door een klant" {
		t.Errorf("kept: %q", kv)
	}
}

// TestALongOpenScreenIsAskedWhoIsThere before a change of who can come in.
func TestALongOpenScreenIsAskedWhoIsThere(t *testing.T) {
	s := newSite(t)
	admin := s.person(people.Admin)
	v := s.signedIn(admin)
	s.wait(20 * time.Minute)
	v.get("/people").want(http.StatusOK)
	page := v.post("/people", "name", "Nieuw", "email", "nieuw@example.org", "role", "officer").want(http.StatusUnauthorized, "Bevestig dat u het bent")
	page = v.post("/account/confirm", append(hiddenOf(page, "/account/confirm"), "password", "verkeerd verkeerd")...).want(http.StatusUnprocessableEntity, "Het wachtwoord klopt niet")
	if org, _ := s.service.Org(t.Context()); len(org.People) != 1 {
		t.Fatal("somebody was added without a proof")
	}
	page = v.post("/account/confirm", append(hiddenOf(page, "/account/confirm"), "password", password)...).want(http.StatusOK, "data-go")
	v.post("/people", hiddenOf(page, "/people")...).leads("/people/p2?done=person-added")
}

func TestARequiredSecondStepComesFirst(t *testing.T) {
	s := newSite(t)
	officer, admin := s.person(people.Officer), s.person(people.Admin)
	ref := s.mailIn("Lijst", "De lijst ging naar de verkeerde persoon.")
	a := s.signedIn(admin)
	rules := []string{"second-officer", "required", "second-deputy", "off", "second-fg", "off", "second-management", "off", "second-admin", "required", "second-auditor", "off", "review", "3"}
	a.post("/people/rules", rules...).want(http.StatusUnprocessableEntity, "U hebt zelf nog geen tweede stap")
	rules[9] = "recommended"
	a.post("/people/rules", append(rules[:12:12], "review", "99")...).want(http.StatusUnprocessableEntity, "van 1 tot 24 maanden")
	a.post("/people/rules", rules...).leads("/people/rules?done=rules-changed")
	checkMarkup(t, "rules with their versions", a.get("/people/rules").want(http.StatusOK, `<option value="required" selected>`, `value="3"`,
		"Eén eerdere wijziging", "De admin", "Tweede stap voor privacy officer", "<ins>verplicht</ins>", "<del>6</del>", "<ins>3</ins>").
		lacks("Tweede stap voor auditor"))

	v := s.signedIn(officer)
	v.get("/incidents/" + ref.String()).leads("/account/second?next=%2Fincidents%2F" + ref.String())
	v.get("/account/second?next=/board").want(http.StatusOK, "vraagt van uw rol een tweede stap")
	v.post("/incidents/"+ref.String()+"/waive", "duty", "ap", "reasons", "Half getypt").want(http.StatusForbidden, "Half getypt", "Stel die eerst in")
	v.get("/account").want(http.StatusOK)
	s.appOf(officer)
	v.get("/incidents/" + ref.String()).want(http.StatusOK)
	v.post("/account/factors/remove", "factor", "app").want(http.StatusUnprocessableEntity, "Voeg eerst een andere toe")
}

func TestALostSecondStep(t *testing.T) {
	s := newSite(t)
	officer, admin := s.person(people.Officer), s.person(people.Admin)
	s.appOf(officer)
	v, a := s.signedIn(officer), s.signedIn(admin)
	a.get("/people/p1").want(http.StatusOK, "Tweede stap weghalen", "code uit app")
	a.post("/people/p1/factors").leads("/people/p1?done=factors-disabled")
	v.get("/board").leads("/sign-in?next=%2Fboard")
	s.visitor().post("/sign-in", "email", officer.Email, "password", password).leads("/")
	a.get("/people/sign-ins").want(http.StatusOK, "Tweede stap weggehaald", "door De admin").lacks("127.0.0.1", "@example.org")
	auditor := s.signedIn(s.person(people.Auditor))
	auditor.get("/people/sign-ins").want(http.StatusOK, "Ingelogd")
	auditor.get("/people/review").want(http.StatusOK, "alles lezen, niets veranderen").lacks("Vastleggen dat de lijst klopt")
}

func TestReviewingAccess(t *testing.T) {
	s := newSite(t)
	s.person(people.Officer)
	a := s.signedIn(s.person(people.Admin))
	a.get("/people/review").want(http.StatusOK, "nog nooit nagelopen", "dossiers lezen en besluiten")
	a.post("/people/review", "remarks", "Twee rollen weggehaald").want(http.StatusUnprocessableEntity, "zet daarna het vinkje", "Twee rollen weggehaald")
	a.post("/people/review", "remarks", "Twee rollen weggehaald", "looked", "yes").leads("/people/review?done=reviewed-access")
	a.get("/people/review").want(http.StatusOK, "door De admin", "Twee rollen weggehaald", "23 april 2027")
	a.get("/people/sign-ins").want(http.StatusOK, "Toegang nagelopen van 2 personen")
	s.wait(200 * 24 * time.Hour)
	a = s.signedIn(people.Person{ID: "p2"})
	a.get("/people/review").want(http.StatusOK, "Dit had gemoeten op vr 23 april 2027")
}

func TestOwnDevices(t *testing.T) {
	s := newSite(t)
	officer := s.person(people.Officer)
	other, v := s.signedIn(officer), s.signedIn(officer)
	page := v.get("/account").want(http.StatusOK, "dit apparaat")
	handles := regexp.MustCompile(`name="handle" value="([0-9a-f]+)"`).FindAllStringSubmatch(page.body, -1)
	if len(handles) != 2 {
		t.Fatal(handles)
	}
	v.post("/account/sessions/end", "handle", handles[1][1]).leads("/account?done=session-ended")
	other.get("/board").leads("/sign-in?next=%2Fboard")
	v.post("/account/sessions/end", "handle", handles[0][1]).leads("/sign-in?done=signed-out")
	v.get("/board").leads("/sign-in?next=%2Fboard")
}

// withProvider is a site whose people can sign in at a provider.
func withProvider(t *testing.T) (*site, *providertest.Provider) {
	t.Helper()
	s := newSite(t)
	provider := providertest.New(t, s.now)
	provider.Redirect = s.http.URL + "/sign-in/sso/back"
	s.rebuild(session.WithSSO(session.NewSSO(session.SSOConfig{
		Name: "Gemeente Voorbeeld", Issuer: provider.URL, ClientID: provider.ClientID, Redirect: provider.Redirect, Now: s.now, Client: &http.Client{},
		Secret: func(context.Context) (string, error) { return provider.Secret, nil },
	})))
	return s, provider
}

// atProvider follows the page that leads to the provider, and what it answers,
// as far as our page for it.
func (v *visitor) atProvider(page answer) answer {
	v.s.t.Helper()
	to := html.UnescapeString(regexp.MustCompile(`href="([^"]+)" data-go`).FindStringSubmatch(page.body)[1])
	resp, err := (&http.Client{CheckRedirect: v.client.CheckRedirect}).Get(to)
	if err != nil {
		v.s.t.Fatal(err)
	}
	defer resp.Body.Close()
	back, err := url.Parse(resp.Header.Get("Location"))
	if err != nil {
		v.s.t.Fatal(err)
	}
	return v.get(back.RequestURI())
}

func TestSingleSignOnKeepsAForm(t *testing.T) {
	s, provider := withProvider(t)
	officer := s.person(people.Officer)
	ref := s.mailIn("Lijst", "De lijst ging naar de verkeerde persoon.")
	path := "/incidents/" + ref.String() + "/waive"
	provider.SignInAs(map[string]any{"sub": "u1", "email": officer.Email, "email_verified": true})
	v := s.visitor()
	page := v.post(path, "duty", "ap", "reasons", "Half getypt").want(http.StatusUnauthorized, "Inloggen via Gemeente Voorbeeld")
	page = v.post("/sign-in/sso", hiddenOf(page, "/sign-in/sso")...).want(http.StatusOK, "inlogpagina van uw organisatie")
	before := s.head()
	page = v.atProvider(page).want(http.StatusOK, "Uw organisatie heeft geantwoord")
	if s.head() != before {
		t.Error("the answer's GET changed something")
	}
	fields := hiddenOf(page, "/sign-in/sso/back")
	s.visitor().post("/sign-in/sso/back", fields...).want(http.StatusUnprocessableEntity, "Begin opnieuw") // another browser
	lured := s.visitor()                                                                                   // somebody who is led to finish what another began
	lured.post("/sign-in/sso").want(http.StatusOK)
	lured.post("/sign-in/sso/back", fields...).want(http.StatusUnprocessableEntity, "Begin opnieuw")
	page = v.post("/sign-in/sso/back", fields...).want(http.StatusOK, "Half getypt")
	v.post(path, hiddenOf(page, path)...).leads("/incidents/" + ref.String() + "?done=waive")
	v.post("/sign-in/sso/back", fields...).want(http.StatusUnprocessableEntity)

	s.wait(20 * time.Minute) // the same road proves that somebody is still there
	page = v.post("/account/app").want(http.StatusUnauthorized, "Bevestig dat u het bent")
	page = v.atProvider(v.post("/sign-in/sso", hiddenOf(page, "/sign-in/sso")...))
	page = v.post("/sign-in/sso/back", hiddenOf(page, "/sign-in/sso/back")...).want(http.StatusOK, "data-go")
	v.post("/account/app", hiddenOf(page, "/account/app")...).leads("/account/second?next=%2F#app")
}

func TestSingleSignOnOfAStranger(t *testing.T) {
	s, provider := withProvider(t)
	s.person(people.Officer)
	v := s.visitor()
	provider.SignInAs(map[string]any{"sub": "u9", "email": "stranger@example.org", "email_verified": true})
	page := v.atProvider(v.post("/sign-in/sso"))
	v.post("/sign-in/sso/back", hiddenOf(page, "/sign-in/sso/back")...).want(http.StatusUnprocessableEntity, "u hebt hier geen account")
	provider.SignInAs(nil) // the person changed their mind
	page = v.atProvider(v.post("/sign-in/sso"))
	v.post("/sign-in/sso/back", hiddenOf(page, "/sign-in/sso/back")...).want(http.StatusUnprocessableEntity, "Begin opnieuw")
	provider.SetDown(true)
	if strings.Contains(s.log.String(), "stranger@") {
		t.Error("an address stands in the log")
	}
}

// TestTheAdministratorEndsOneSession: the other ones go on, and it is recorded
// who did it.
func TestTheAdministratorEndsOneSession(t *testing.T) {
	s := newSite(t)
	officer, admin := s.person(people.Officer), s.signedIn(s.person(people.Admin))
	laptop := s.signedIn(officer)
	s.wait(time.Minute)
	telephone := s.signedIn(officer)
	path := "/people/" + string(officer.ID)
	page := admin.get(path).want(http.StatusOK, "Waar deze persoon is ingelogd")
	checkMarkup(t, "sessions of somebody", page)
	handles := regexp.MustCompile(`name="handle" value="([^"]+)"`).FindAllStringSubmatch(page.body, -1)
	if len(handles) != 2 {
		t.Fatalf("%d sessions", len(handles))
	}
	laptop.post(path+"/sessions/end", "handle", handles[0][1]).want(http.StatusForbidden)
	for range 2 { // the second time it is gone already
		admin.post(path+"/sessions/end", "handle", handles[1][1]).leads(path + "?done=session-ended")
	}
	telephone.get("/board").want(http.StatusOK)
	if got := laptop.get("/board"); got.status == http.StatusOK {
		t.Error("the session goes on")
	}
	log := admin.get("/people/sign-ins").want(http.StatusOK, "Op één apparaat uitgelogd", "De officer", "De admin")
	if n := strings.Count(log.body, "Op één apparaat uitgelogd"); n != 1 {
		t.Errorf("recorded %d times", n)
	}
}
