package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

func TestSettingsOfSigningIn(t *testing.T) {
	dir := t.TempDir()
	secret, list := filepath.Join(dir, "secret"), filepath.Join(dir, "list")
	for path, text := range map[string]string{secret: "geheim\n", list: "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:3\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	whole := SignInConfig{OIDCIssuer: "https://login.example.org", OIDCClientID: "meldklok", OIDCSecretFile: secret}
	with := func(change func(*SignInConfig)) SignInConfig { c := whole; change(&c); return c }
	for _, row := range []struct {
		why  string
		c    SignInConfig
		want string // in the error; empty: fine
	}{
		{"nothing at all", SignInConfig{}, ""},
		{"a provider", whole, ""},
		{"a provider on this machine may do without https", with(func(c *SignInConfig) { c.OIDCIssuer = "http://localhost:9000" }), ""},
		{"elsewhere it may not: the codes would be readable", with(func(c *SignInConfig) { c.OIDCIssuer = "http://login.example.org" }), "https"},
		{"no address", with(func(c *SignInConfig) { c.OIDCIssuer = "login" }), "not an address"},
		{"a client without a provider", SignInConfig{OIDCClientID: "meldklok"}, "--oidc-issuer is missing"},
		{"a provider without a client", SignInConfig{OIDCIssuer: "https://login.example.org"}, "--oidc-client-id"},
		{"roles without the claim that gives them", with(func(c *SignInConfig) { c.OIDCRoles = []string{"x=admin"} }), "belong together"},
		{"a claim that gives no role", with(func(c *SignInConfig) { c.OIDCRoleClaim = "groups" }), "belong together"},
		{"a role that there is not", with(func(c *SignInConfig) { c.OIDCRoleClaim, c.OIDCRoles = "groups", []string{"x=boss"} }), "choose from"},
		{"no role at all", with(func(c *SignInConfig) { c.OIDCRoleClaim, c.OIDCRoles = "groups", []string{"privacy"} }), "VALUE=ROLE"},
		{"a value with signs in it", with(func(c *SignInConfig) { c.OIDCRoleClaim, c.OIDCRoles = "groups", []string{"CN=privacy,OU=x=officer"} }), ""},
		{"a list of leaked passwords", SignInConfig{Breached: list}, ""},
		{"a list that is none", SignInConfig{Breached: secret}, "--breached-passwords"},
	} {
		s, err := row.c.readSignIn("https://meldklok.example.org/")
		if (err == nil) != (row.want == "") || (err != nil && !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s: %v, want %q", row.why, err, row.want)
		}
		if err == nil && s.sso != nil && s.sso.Redirect != "https://meldklok.example.org/sign-in/sso/back" {
			t.Errorf("%s: redirect address %s", row.why, s.sso.Redirect)
		}
	}
	roles, err := with(func(c *SignInConfig) { c.OIDCRoles = []string{"CN=privacy,OU=x=officer"} }).oidcRoles()
	if err != nil || roles["CN=privacy,OU=x"] != people.Officer {
		t.Error(roles, err)
	}
}

// TestAReviewOfAccessIsAskedFor: amber after the months of the rules, one mail to
// the administrators, again after two weeks, silence after the review.
func TestAReviewOfAccessIsAskedFor(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		const day = 24 * time.Hour
		h.person("admin@example.org", people.Admin)
		h.slowly()
		if err := h.app.service.SetSignInRules(t.Context(), incident.System, incident.SignInRules{ReviewMonths: 1}); err != nil {
			t.Fatal(err)
		}
		mails := func() (n int) {
			for _, m := range h.all("admin@example.org") {
				if strings.Contains(m.text, "/people/review") {
					n++
				}
			}
			return n
		}
		asked := func() bool {
			for _, f := range h.app.engine.Health().Findings {
				if f.Code == "review-due" {
					return f.Level == incident.Amber
				}
			}
			return false
		}
		for _, row := range []struct {
			why   string
			wait  time.Duration
			asked bool
			mails int
		}{
			{"a month has not passed yet", 30 * day, false, 0},
			{"a month has passed", 2 * day, true, 1},
			{"nobody looked for two weeks", 14 * day, true, 2},
		} {
			time.Sleep(row.wait)
			if asked() != row.asked || mails() != row.mails {
				t.Errorf("%s: asked %v, %d mails; want %v, %d", row.why, asked(), mails(), row.asked, row.mails)
			}
		}
		if err := h.app.service.ReviewAccess(t.Context(), incident.System, "niets veranderd"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * day)
		if asked() || mails() != 2 {
			t.Errorf("after the review: asked %v, %d mails", asked(), mails())
		}
	})
}
