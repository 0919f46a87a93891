package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/session"
)

// SignInConfig is how people sign in beside a password of their own.
type SignInConfig struct {
	Breached       string   `name:"breached-passwords" help:"File of leaked passwords as Have I Been Pwned publishes it (SHA-1 digests in ascending order, one a line): none of them is accepted as a new password. Nothing is asked of the network." env:"MELDKLOK_BREACHED_PASSWORDS" placeholder:"FILE"`
	OIDCIssuer     string   `name:"oidc-issuer" help:"Address of a provider of single sign-on (OpenID Connect), as it names itself. Register URL/sign-in/sso/back with it as redirect address." env:"MELDKLOK_OIDC_ISSUER" placeholder:"URL"`
	OIDCClientID   string   `name:"oidc-client-id" help:"Our name at the provider." env:"MELDKLOK_OIDC_CLIENT_ID" placeholder:"ID"`
	OIDCSecretFile string   `name:"oidc-secret-file" help:"File with the client secret." env:"MELDKLOK_OIDC_SECRET_FILE" placeholder:"FILE"`
	OIDCName       string   `name:"oidc-name" help:"Name of the provider on the button." env:"MELDKLOK_OIDC_NAME" placeholder:"NAME"`
	OIDCRoleClaim  string   `name:"oidc-role-claim" help:"Claim of the ID token whose values give roles, like groups or roles." env:"MELDKLOK_OIDC_ROLE_CLAIM" placeholder:"CLAIM"`
	OIDCRoles      []string `name:"oidc-role" help:"VALUE=ROLE: a value of that claim gives a role (officer, deputy, fg, management, admin, auditor); repeatable. Without any only people who were added here can sign in." env:"MELDKLOK_OIDC_ROLE" placeholder:"VALUE=ROLE"`
	OIDCTrustEmail bool     `name:"oidc-trust-email" help:"Believe a mail address that the provider does not call verified, as Microsoft Entra ID does not. Only if nobody can choose their own address there." env:"MELDKLOK_OIDC_TRUST_EMAIL"`
}

// signIn is the configuration of signing in, read.
type signIn struct {
	breached *session.Breached
	sso      *session.SSOConfig // nil: no single sign-on
}

// readSignIn reads how people sign in; site is the address of the pages.
func (c SignInConfig) readSignIn(site string) (s signIn, err error) {
	if c.Breached != "" {
		if s.breached, err = session.OpenBreached(c.Breached); err != nil {
			return s, fmt.Errorf("--breached-passwords: %w", err)
		}
	}
	if c.OIDCIssuer == "" {
		if c.OIDCClientID != "" || len(c.OIDCRoles) > 0 {
			return s, errors.New("--oidc-issuer is missing: which provider?")
		}
		return s, nil
	}
	u, err := url.Parse(c.OIDCIssuer)
	switch {
	case err != nil || u.Host == "":
		return s, fmt.Errorf("--oidc-issuer %s: not an address like https://login.example.org", c.OIDCIssuer)
	case u.Scheme != "https" && !loopback(u.Hostname()):
		return s, fmt.Errorf("--oidc-issuer %s: must begin with https://", c.OIDCIssuer)
	case c.OIDCClientID == "" || c.OIDCSecretFile == "":
		return s, errors.New("--oidc-issuer needs --oidc-client-id and --oidc-secret-file")
	case (c.OIDCRoleClaim == "") != (len(c.OIDCRoles) == 0):
		return s, errors.New("--oidc-role-claim and --oidc-role belong together")
	}
	roles, err := c.oidcRoles()
	if err != nil {
		return s, err
	}
	s.sso = &session.SSOConfig{
		Name: c.OIDCName, Issuer: c.OIDCIssuer, ClientID: c.OIDCClientID, Secret: secretFile(c.OIDCSecretFile),
		Redirect: strings.TrimRight(site, "/") + "/sign-in/sso/back", RoleClaim: c.OIDCRoleClaim, Roles: roles, TrustEmail: c.OIDCTrustEmail,
		Client: &http.Client{Timeout: 15 * time.Second},
	}
	return s, nil
}

func (c SignInConfig) oidcRoles() (map[string]people.Role, error) {
	roles := map[string]people.Role{}
	for _, text := range c.OIDCRoles {
		i := strings.LastIndex(text, "=") // a value may hold one: CN=privacy,OU=groups
		if i < 1 {
			return nil, fmt.Errorf("--oidc-role %s: want VALUE=ROLE", text)
		}
		role, ok := people.ParseRole(text[i+1:])
		if !ok {
			return nil, fmt.Errorf("--oidc-role %s: choose from officer, deputy, fg, management, admin, auditor", text)
		}
		roles[text[:i]] = role
	}
	return roles, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// sessionOptions are what the pages' sessions work with.
func (a *App) sessionOptions() []session.Option {
	options := []session.Option{session.Site(a.cfg.URL), session.LeakedPasswords(a.cfg.signIn.breached)}
	if a.cfg.signIn.sso != nil {
		cfg := *a.cfg.signIn.sso
		cfg.Now = a.now
		options = append(options, session.WithSSO(session.NewSSO(cfg)))
	}
	return options
}

// reviewFindings tell when somebody has to look through who may see what.
func reviewFindings(org *incident.Org, now time.Time) []incident.Finding {
	due := org.ReviewDue()
	if due.IsZero() || now.Before(due) {
		return nil
	}
	return []incident.Finding{{Code: "review-due", Level: incident.Amber, Args: map[string]any{"when": due}}}
}

// reviewAgain is how often administrators are reminded of an overdue review.
const reviewAgain = 14 * 24 * time.Hour

// alarms are what administrators are mailed about.
func (a *App) alarms(now time.Time) []incident.Alarm {
	all := a.mailboxAlarms(now)
	org, err := a.service.Org(context.Background())
	if err != nil {
		return all
	}
	for _, f := range reviewFindings(org, now) {
		all = append(all, incident.Alarm{Key: "review", Finding: f, Again: reviewAgain, Path: "/people/review"})
	}
	return all
}
