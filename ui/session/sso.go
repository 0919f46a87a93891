package session

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"meldklok/incident/people"
)

// SSOConfig is how a provider of single sign-on is reached (OpenID Connect
// Core 1.0, authorization code flow with PKCE).
type SSOConfig struct {
	Name       string // on the button; empty: "single sign-on" in the language
	Issuer     string
	ClientID   string
	Secret     func(context.Context) (string, error)
	Redirect   string                 // our own address for the answer
	RoleClaim  string                 // whose values give roles; empty: none does
	Roles      map[string]people.Role // by value of that claim
	TrustEmail bool                   // believe an address that the provider does not call verified
	Client     *http.Client
	Now        func() time.Time
}

// SSO is a provider of single sign-on. It asks the provider who it is at the
// first sign-in, so that the service starts while the provider is down.
type SSO struct {
	cfg      SSOConfig
	mu       sync.Mutex
	provider *oidc.Provider
}

// NewSSO returns a provider; nothing is asked of it yet.
func NewSSO(cfg SSOConfig) *SSO { return &SSO{cfg: cfg} }

// WithSSO lets people sign in at a provider too.
func WithSSO(s *SSO) Option { return func(m *Manager) { m.sso = s } }

// ErrProvider: the provider cannot be reached, or answered with nonsense.
var ErrProvider = errors.New("session: the provider of single sign-on did not answer as it should")

// ErrStranger: the provider vouches for somebody who has no account here.
var ErrStranger = errors.New("session: nobody here belongs to this identity")

// Flow is a sign-in that is under way at the provider. Whoever began it gets it
// back at the end.
type Flow struct {
	State string // ours: names the flow
	Carry any    // what the pages want back
	Again bool   // the person is signed in, and proves to be there still

	nonce, verifier string
	began           time.Time
}

// mostFlows bounds the flows kept; each may carry a form that was interrupted.
const mostFlows = 200

// Identity is whom the provider vouches for.
type Identity struct {
	Issuer, Subject string
	Email           string // empty: the provider does not vouch for one
	Name            string
	Roles           []people.Role
}

// discover asks the provider for its addresses and keys, once.
func (s *SSO) discover(ctx context.Context) (*oidc.Provider, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.provider != nil {
		return s.provider, nil
	}
	// The keys are fetched later with the same context: it must outlive the request.
	provider, err := oidc.NewProvider(s.through(context.WithoutCancel(ctx)), s.cfg.Issuer)
	if err != nil {
		return nil, errors.Join(ErrProvider, err)
	}
	s.provider = provider
	return provider, nil
}

func (s *SSO) through(ctx context.Context) context.Context {
	if s.cfg.Client == nil {
		return ctx
	}
	return oidc.ClientContext(ctx, s.cfg.Client)
}

func (s *SSO) oauth(ctx context.Context) (*oidc.Provider, oauth2.Config, error) {
	provider, err := s.discover(ctx)
	if err != nil {
		return nil, oauth2.Config{}, err
	}
	secret, err := s.cfg.Secret(ctx)
	if err != nil {
		return nil, oauth2.Config{}, errors.Join(ErrProvider, err)
	}
	return provider, oauth2.Config{
		ClientID: s.cfg.ClientID, ClientSecret: secret, Endpoint: provider.Endpoint(), RedirectURL: s.cfg.Redirect,
		Scopes: []string{oidc.ScopeOpenID, "email", "profile"},
	}, nil
}

// begin returns the address at the provider to which the browser goes.
func (s *SSO) begin(ctx context.Context, f *Flow) (to string, err error) {
	_, config, err := s.oauth(ctx)
	if err != nil {
		return "", err
	}
	if f.State, err = newToken(); err != nil {
		return "", err
	}
	if f.nonce, err = newToken(); err != nil {
		return "", err
	}
	f.verifier, f.began = oauth2.GenerateVerifier(), s.cfg.Now()
	options := []oauth2.AuthCodeOption{oidc.Nonce(f.nonce), oauth2.S256ChallengeOption(f.verifier)}
	if f.Again {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	return config.AuthCodeURL(f.State, options...), nil
}

// claims are what we read of an ID token.
type claims struct {
	Email    string `json:"email"`
	Verified any    `json:"email_verified"` // some providers write it as text
	Name     string `json:"name"`
	Party    string `json:"azp"`
	AuthTime int64  `json:"auth_time"`
}

// finish exchanges the code for an ID token and checks it: signature, issuer,
// audience, expiry, nonce (OpenID Connect Core section 3.1.3.7).
func (s *SSO) finish(ctx context.Context, f Flow, code string) (id Identity, err error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	provider, config, err := s.oauth(ctx)
	if err != nil {
		return id, err
	}
	token, err := config.Exchange(s.through(ctx), code, oauth2.VerifierOption(f.verifier))
	if err != nil {
		return id, errors.Join(ErrProvider, err)
	}
	raw, _ := token.Extra("id_token").(string)
	verified, err := provider.Verifier(&oidc.Config{ClientID: s.cfg.ClientID, Now: s.cfg.Now}).Verify(ctx, raw)
	if err != nil {
		return id, errors.Join(ErrProvider, err)
	}
	var c claims
	if err := verified.Claims(&c); err != nil {
		return id, errors.Join(ErrProvider, err)
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(verified.Nonce), []byte(f.nonce)) != 1:
		return id, fmt.Errorf("%w: another nonce", ErrProvider)
	case c.Party != "" && c.Party != s.cfg.ClientID:
		return id, fmt.Errorf("%w: issued to another party", ErrProvider)
	case f.Again && time.Unix(c.AuthTime, 0).Before(f.began.Add(-time.Minute)):
		return id, fmt.Errorf("%w: the person did not sign in anew", ErrProvider)
	}
	id = Identity{Issuer: verified.Issuer, Subject: verified.Subject, Name: strings.TrimSpace(c.Name)}
	if c.Verified == true || c.Verified == "true" || (c.Verified == nil && s.cfg.TrustEmail) {
		id.Email = strings.TrimSpace(c.Email)
	}
	id.Roles, err = s.roles(verified)
	return id, err
}

// roles reads the roles that the provider gives, in our own order.
func (s *SSO) roles(token *oidc.IDToken) (roles []people.Role, err error) {
	if s.cfg.RoleClaim == "" {
		return nil, nil
	}
	var all map[string]any
	if err := token.Claims(&all); err != nil {
		return nil, errors.Join(ErrProvider, err)
	}
	var values []string
	switch v := all[s.cfg.RoleClaim].(type) {
	case string:
		values = []string{v}
	case []any:
		for _, one := range v {
			if text, ok := one.(string); ok {
				values = append(values, text)
			}
		}
	}
	for _, role := range people.Roles() {
		if slices.ContainsFunc(values, func(v string) bool { return s.cfg.Roles[v] == role }) {
			roles = append(roles, role)
		}
	}
	return roles, nil
}
