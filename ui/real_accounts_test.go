package ui_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/session"
)

// underAName serves the site under a name instead of a number: only an address with
// a name can have passkeys.
func (s *site) underAName() string {
	s.t.Helper()
	s.cfg.URL = strings.Replace(s.http.URL, "127.0.0.1", "localhost", 1)
	s.rebuild(session.Site(s.cfg.URL))
	return s.cfg.URL
}

// authenticator plugs a device into the browser that holds passkeys and verifies
// its owner. Change makes it misbehave.
func authenticator(ctx context.Context, t *testing.T) (change func(webauthn.SetResponseOverrideBitsParams)) {
	t.Helper()
	var id webauthn.AuthenticatorID
	must(ctx, t, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		got, err := cdp.Call(ctx, target, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: "ctap2", Transport: "internal", HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
		id = got.AuthenticatorID
		return err
	}))
	return func(p webauthn.SetResponseOverrideBitsParams) {
		t.Helper()
		p.AuthenticatorID = id
		must(ctx, t, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, webauthn.SetResponseOverrideBits, p)
			return err
		}))
	}
}

// TestAPasskeyIsTheOnlyKeyNeeded: made on a real browser's page, it signs in
// without a password, also where a second step is required, and brings an
// interrupted form along. One that does not verify its owner, or signs falsely,
// does not.
func TestAPasskeyIsTheOnlyKeyNeeded(t *testing.T) {
	ctx := inBrowser(t)
	s := newSite(t)
	url := s.underAName()
	officer := s.person(people.Officer)
	rules := incident.SignInRules{Second: map[people.Role]incident.Demand{people.Officer: incident.DemandRequired}, ReviewMonths: 6}
	if err := s.service.SetSignInRules(ctx, incident.System, rules); err != nil {
		t.Fatal(err)
	}
	misbehave := authenticator(ctx, t)
	must(ctx, t, setSession(url, s.sessionOf(officer)), chromedp.Navigate(url+"/board"), chromedp.WaitVisible(chromedp.ID("passkey-name")))
	if here := ask[string](ctx, t, `location.pathname + location.search`); here != "/account/second?next=%2Fboard" {
		t.Errorf("a required second step comes first, got %s", here)
	}
	must(ctx, t, chromedp.Click(chromedp.CSS(`form[data-passkey] button`)), chromedp.WaitVisible(chromedp.CSS(".codes")),
		chromedp.Click(chromedp.CSS("main a.button")), chromedp.WaitVisible(chromedp.CSS("main.board")))

	signIn := func() {
		t.Helper()
		must(ctx, t, setSession(url, ""), chromedp.Navigate(url+"/sign-in?next=/account"), chromedp.WaitVisible(chromedp.CSS(`form[data-passkey]`)),
			chromedp.Click(chromedp.CSS(`form[data-passkey] button`)))
	}
	signIn()
	must(ctx, t, chromedp.WaitVisible(chromedp.ID("sessions")))
	if a, err := s.sessions.Account(ctx, officer.ID); err != nil || a.LastBy != incident.FactorPasskey {
		t.Errorf("signed in by %q (%v)", a.LastBy, err)
	}

	yes := true
	for why, bits := range map[string]webauthn.SetResponseOverrideBitsParams{
		"a device that did not verify its owner": {IsBadUV: &yes}, "a false signature": {IsBogusSignature: &yes},
	} {
		misbehave(bits)
		signIn()
		must(ctx, t, chromedp.WaitVisible(chromedp.CSS(".problems, [data-trouble]:not([hidden])")))
		if here := ask[string](ctx, t, `location.pathname`); !strings.HasPrefix(here, "/sign-in") {
			t.Errorf("%s: signed in, at %s", why, here)
		}
	}
	misbehave(webauthn.SetResponseOverrideBitsParams{})

	must(ctx, t, setSession(url, s.sessionOf(officer)), chromedp.Navigate(url+"/account"), chromedp.WaitVisible(chromedp.ID("sessions")))
	s.wait(20 * time.Minute) // making another key asks who is there; the passkey says so
	must(ctx, t, chromedp.Click(chromedp.CSS(`form[action="/account/recovery"] button`)), chromedp.WaitVisible(chromedp.CSS(`form[data-passkey="get"]`)),
		chromedp.Click(chromedp.CSS(`form[data-passkey="get"] button`)), chromedp.WaitVisible(chromedp.CSS(".codes")))
}

// TestASessionThatEndsInTheMiddleOfAForm loses nothing, in a real browser: what
// was typed comes back after signing in, ready to be sent.
func TestASessionThatEndsInTheMiddleOfAForm(t *testing.T) {
	ctx := inBrowser(t)
	s := newSite(t)
	officer := s.person(people.Officer)
	ref := s.mailIn("Lijst naar verkeerde klant", "De lijst ging naar de verkeerde persoon.")
	inc := s.http.URL + "/incidents/" + ref.String()
	const reasons = "De ontvanger heeft «alles» gewist & bevestigd."
	must(ctx, t, setSession(s.http.URL, s.sessionOf(officer)), chromedp.Navigate(inc+"#do-waive"), fill("waive-reasons", reasons))
	s.wait(9 * time.Hour)
	must(ctx, t, chromedp.Click(chromedp.CSS("#do-waive button.primary")), chromedp.WaitVisible(chromedp.ID("sign-in-email")))
	must(ctx, t, fill("sign-in-email", officer.Email), fill("sign-in-password", "verkeerd"),
		chromedp.Click(chromedp.CSS("form.card button.primary")), chromedp.WaitVisible(chromedp.CSS(".problems")))
	must(ctx, t, fill("sign-in-password", password),
		chromedp.Click(chromedp.CSS("form.card button.primary")), chromedp.WaitVisible(chromedp.CSS("main.resume")))
	if text := ask[string](ctx, t, `document.querySelector("main").innerText`); !strings.Contains(text, reasons) {
		t.Errorf("what was typed should be there to read: %s", text)
	}
	must(ctx, t, chromedp.Click(chromedp.CSS("main.resume button.primary")), chromedp.WaitVisible(chromedp.CSS("p.done:not([hidden])")))
	got, err := s.service.Incident(ctx, ref)
	if err != nil || len(got.Decisions) != 1 || got.Decisions[0].Reasons != reasons {
		t.Errorf("%+v (%v)", got.Decisions, err)
	}
}

// TestSingleSignOnInABrowser goes to a provider on another origin and back: the
// content security policy must let it.
func TestSingleSignOnInABrowser(t *testing.T) {
	ctx := inBrowser(t)
	s, provider := withProvider(t)
	officer := s.person(people.Officer)
	provider.SignInAs(map[string]any{"sub": "u1", "email": officer.Email, "email_verified": true})
	must(ctx, t, chromedp.Navigate(s.http.URL+"/sign-in?next=/account"), chromedp.Click(chromedp.CSS(`form[action="/sign-in/sso"] button`)),
		chromedp.WaitVisible(chromedp.ID("sessions")))
}

// TestEveryStepOfSigningInIsAccessible looks at the pages that only somebody half
// way through sees.
func TestEveryStepOfSigningInIsAccessible(t *testing.T) {
	ctx := inBrowser(t)
	axe := readAxe(t)
	s := newSite(t)
	officer := s.person(people.Officer)
	if err := s.sessions.DraftApp(ctx, officer.ID); err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"nl", "en"} {
		officer.Lang = lang
		if _, err := s.service.SetPerson(ctx, incident.System, officer); err != nil {
			t.Fatal(err)
		}
		token := s.sessionOf(officer)
		s.look(ctx, t, axe, token, lang, "/account/second", "")
		s.look(ctx, t, axe, token, lang, "/account/second", `document.querySelector("form[action='/account/app/confirm']").submit()`)
		s.wait(20 * time.Minute)
		s.look(ctx, t, axe, token, lang, "/account/second", `document.querySelector("form[action='/account/app']").submit()`)
	}
	_, _ = s.appOf(officer)
	fill := `document.getElementById("sign-in-email").value = "` + officer.Email + `", document.getElementById("sign-in-password").value = "` + password + `", document.querySelector("form.card").submit()`
	s.look(ctx, t, axe, "", "nl", "/sign-in?lang=nl", fill)
	s.look(ctx, t, axe, s.sessionOf(officer), "nl", "/account", "")
	s.look(ctx, t, axe, s.sessionOf(officer), "nl", "/account", `document.querySelector("form[action='/account/recovery']").submit()`)
}
