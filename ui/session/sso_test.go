package session_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/session"
	"meldklok/ui/session/providertest"
)

const redirect = "https://meldklok.example.org/sign-in/sso/back"

// guild is a house whose people can sign in at a provider.
type guild struct {
	*house
	provider *providertest.Provider
	sso      session.SSOConfig
}

func newGuild(t *testing.T, change ...func(*session.SSOConfig)) *guild {
	t.Helper()
	g := &guild{house: newHouse(t), provider: providertest.New(t, time.Now)}
	g.provider.Redirect = redirect
	g.sso = session.SSOConfig{
		Issuer: g.provider.URL, ClientID: g.provider.ClientID, Redirect: redirect, Client: &http.Client{}, Now: time.Now,
		Secret: func(context.Context) (string, error) { return g.provider.Secret, nil },
	}
	for _, c := range change {
		c(&g.sso)
	}
	g.m = session.New(g.record, time.Now, session.WithSSO(session.NewSSO(g.sso)))
	return g
}

// answer goes to the provider as a browser does, and returns what it sent back
// with.
func (g *guild) answer(to string) url.Values {
	g.t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(to)
	if err != nil {
		g.t.Fatal(err)
	}
	defer resp.Body.Close()
	back, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || !strings.HasPrefix(back.String(), redirect) {
		g.t.Fatalf("status %d to %q (%v)", resp.StatusCode, back, err)
	}
	return back.Query()
}

// set makes or changes a person as the provider says.
func (g *guild) set(p people.Person) (people.ID, error) {
	return g.service.SetPerson(g.ctx, incident.System, p)
}

func (g *guild) signIn(claims map[string]any) (session.Entered, error) {
	g.t.Helper()
	g.provider.SignInAs(claims)
	to, state, err := g.m.BeginSSO(g.ctx, "carried", false)
	if err != nil {
		return session.Entered{}, err
	}
	back := g.answer(to)
	if back.Get("state") != state {
		g.t.Fatal("the provider returned another state")
	}
	in, carry, err := g.m.FinishSSO(g.ctx, state, back.Get("code"), "", home, g.set)
	if carry != "carried" {
		g.t.Errorf("what travelled along came back as %v", carry)
	}
	return in, err
}

func TestSingleSignOn(t *testing.T) {
	vouched := map[string]any{"sub": "u1", "email": "Officer@example.org", "email_verified": true, "name": "Privacy Officer"}
	with := func(kv ...any) map[string]any {
		c := maps.Clone(vouched)
		for i := 0; i < len(kv); i += 2 {
			if c[kv[i].(string)] = kv[i+1]; kv[i+1] == nil {
				delete(c, kv[i].(string))
			}
		}
		return c
	}
	for _, row := range []struct {
		why    string
		claims map[string]any
		trust  bool
		want   error
	}{
		{"somebody who was added here", vouched, false, nil},
		{"some providers write truth as text", with("email_verified", "true"), false, nil},
		{"somebody whom nobody added", with("email", "other@example.org"), false, session.ErrStranger},
		{"an address that the provider does not vouch for would let anybody be anybody", with("email_verified", false), false, session.ErrStranger},
		{"an address without a word about it", with("email_verified", nil), false, session.ErrStranger},
		{"an address without a word about it, at a provider that is trusted", with("email_verified", nil), true, nil},
		{"an address that the trusted provider calls unverified", with("email_verified", false), true, session.ErrStranger},
		{"no address", with("email", nil), false, session.ErrStranger},
		{"a token for another client", with("aud", "other"), false, session.ErrProvider},
		{"a token for us that was issued to another party", with("azp", "other"), false, session.ErrProvider},
		{"a token that is over", with("exp", time.Now().Add(-time.Hour).Unix()), false, session.ErrProvider},
		{"another issuer", with("iss", "https://evil.example"), false, session.ErrProvider},
		{"an answer to another question", with("nonce", "other"), false, session.ErrProvider},
	} {
		g := newGuild(t, func(c *session.SSOConfig) { c.TrustEmail = row.trust })
		id := g.person("officer@example.org")
		in, err := g.signIn(row.claims)
		if !errors.Is(err, row.want) || (err == nil) != (in.Token != "") {
			t.Errorf("%s: %v, want %v", row.why, err, row.want)
		}
		if err == nil && (in.Person.ID != id || !g.in(in.Token)) {
			t.Errorf("%s: signed in as %q", row.why, in.Person.ID)
		}
	}
}

func TestAnIdentityKeepsItsPerson(t *testing.T) {
	g := newGuild(t)
	id := g.person("officer@example.org")
	claims := map[string]any{"sub": "u1", "email": "officer@example.org", "email_verified": true}
	if _, err := g.signIn(claims); err != nil {
		t.Fatal(err)
	}
	if in, err := g.signIn(map[string]any{"sub": "u1", "email": "new.name@example.org", "email_verified": true}); err != nil || in.Person.ID != id {
		t.Errorf("who gets another address at the provider stays the same person: %q %v", in.Person.ID, err)
	}
	if _, err := g.signIn(map[string]any{"sub": "u2", "email": "officer@example.org", "email_verified": true}); !errors.Is(err, session.ErrStranger) {
		t.Errorf("an address that was given to somebody else must not bring the account along: %v", err)
	}
	if _, err := g.service.SetPerson(g.ctx, incident.System, people.Person{ID: id, Email: "officer@example.org", Roles: []people.Role{people.Officer}, Inactive: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := g.signIn(claims); !errors.Is(err, session.ErrStranger) {
		t.Errorf("who left does not come back by the provider's word: %v", err)
	}
}

func TestRolesFromTheProvider(t *testing.T) {
	g := newGuild(t, func(c *session.SSOConfig) {
		c.RoleClaim, c.Roles = "groups", map[string]people.Role{"privacy": people.Officer, "it": people.Admin, "audit": people.Auditor}
	})
	local := g.person("local@example.org")
	claims := func(sub, email string, groups any) map[string]any {
		return map[string]any{"sub": sub, "email": email, "email_verified": true, "name": "Nieuw", "groups": groups}
	}
	roles := func(id people.ID) []people.Role {
		org, _ := g.service.Org(g.ctx)
		p, _ := org.People.Find(id)
		return p.Roles
	}
	in, err := g.signIn(claims("u1", "new@example.org", []any{"staff", "it", "privacy"}))
	if err != nil || !slices.Equal(roles(in.Person.ID), []people.Role{people.Officer, people.Admin}) {
		t.Fatalf("a new person with the roles of the groups: %v %v", roles(in.Person.ID), err)
	}
	again, err := g.signIn(claims("u1", "new@example.org", "audit"))
	if err != nil || again.Person.ID != in.Person.ID || !slices.Equal(roles(in.Person.ID), []people.Role{people.Auditor}) {
		t.Errorf("roles follow the provider: %v %v", roles(in.Person.ID), err)
	}
	if _, err := g.signIn(claims("u1", "new@example.org", []any{"staff"})); !errors.Is(err, session.ErrStranger) {
		t.Errorf("without any role nobody comes in: %v", err)
	}
	if _, err := g.signIn(claims("u2", "stranger@example.org", []any{"staff"})); !errors.Is(err, session.ErrStranger) {
		t.Errorf("a stranger without a role: %v", err)
	}
	if _, err := g.signIn(claims("u3", "local@example.org", []any{"it"})); err != nil || !slices.Equal(roles(local), []people.Role{people.Officer}) {
		t.Errorf("who was added here keeps the roles given here: %v %v", roles(local), err)
	}
}

func TestAFlowWorksOnceAndForItsOwner(t *testing.T) {
	g := newGuild(t)
	g.person("officer@example.org")
	g.provider.SignInAs(map[string]any{"sub": "u1", "email": "officer@example.org", "email_verified": true})
	to, state, err := g.m.BeginSSO(g.ctx, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	code := g.answer(to).Get("code")
	if _, _, err := g.m.FinishSSO(g.ctx, "made up", code, "", home, g.set); !errors.Is(err, session.ErrAgain) {
		t.Errorf("a made up state: %v", err)
	}
	to2, state2, _ := g.m.BeginSSO(g.ctx, nil, false)
	g.answer(to2)
	if _, _, err := g.m.FinishSSO(g.ctx, state2, code, "", home, g.set); !errors.Is(err, session.ErrProvider) {
		t.Errorf("a code of another flow has another verifier: %v", err)
	}
	to3, state3, _ := g.m.BeginSSO(g.ctx, nil, false)
	code3 := g.answer(to3).Get("code")
	if _, _, err := g.m.FinishSSO(g.ctx, state3, code3, "", home, g.set); err != nil {
		t.Fatal(err)
	}
	if _, _, err := g.m.FinishSSO(g.ctx, state3, code3, "", home, g.set); !errors.Is(err, session.ErrAgain) {
		t.Errorf("a flow worked twice: %v", err)
	}
	_ = state
}

func TestTheProviderMayBeDownAtTheStart(t *testing.T) {
	g := newGuild(t)
	g.member("officer@example.org")
	claims := map[string]any{"sub": "u1", "email": "officer@example.org", "email_verified": true}
	g.provider.SetDown(true)
	if _, err := g.signInFails(claims); !errors.Is(err, session.ErrProvider) {
		t.Errorf("while it is down: %v", err)
	}
	if in := g.password(); !g.in(in.Token) {
		t.Error("the password works meanwhile")
	}
	g.provider.SetDown(false)
	if _, err := g.signIn(claims); err != nil {
		t.Errorf("once it is back: %v", err)
	}
}

func (g *guild) signInFails(claims map[string]any) (string, error) {
	g.provider.SignInAs(claims)
	to, _, err := g.m.BeginSSO(g.ctx, nil, false)
	return to, err
}

func TestProvingToBeThereAtTheProvider(t *testing.T) {
	g := newGuild(t)
	g.person("officer@example.org")
	claims := map[string]any{"sub": "u1", "email": "officer@example.org", "email_verified": true}
	in, err := g.signIn(claims)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		why    string
		claims map[string]any
		want   error
	}{
		{"the same person, who signed in anew", claims, nil},
		{"somebody else", map[string]any{"sub": "u2", "email": "officer@example.org", "email_verified": true}, session.ErrStranger},
		{"an old sign-in, which proves nothing", map[string]any{"sub": "u1", "auth_time": time.Now().Add(-time.Hour).Unix()}, session.ErrProvider},
	} {
		g.provider.SignInAs(row.claims)
		to, state, err := g.m.BeginSSO(g.ctx, nil, true)
		if err != nil || !strings.Contains(to, "max_age=0") {
			t.Fatal(to, err)
		}
		if _, _, err := g.m.FinishSSO(g.ctx, state, g.answer(to).Get("code"), in.Token, home, g.set); !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", row.why, err, row.want)
		}
	}
}
