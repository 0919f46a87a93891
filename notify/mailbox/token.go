package mailbox

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// TokenFunc gives an access token. It may keep one until shortly before its
// expiry; fresh asks for a new one, after a server refused the last.
type TokenFunc func(ctx context.Context, fresh bool) (string, error)

// What Microsoft and Google call the right to read mail.
const (
	ScopeMicrosoft = "https://outlook.office365.com/.default"
	ScopeGoogle    = "https://mail.google.com/"
)

// renewBefore is how long before its expiry a token is replaced.
const renewBefore = 5 * time.Minute

// OAuth describes an application that was registered with the mail provider.
type OAuth struct {
	TokenURL string // https://login.microsoftonline.com/TENANT/oauth2/v2.0/token, https://oauth2.googleapis.com/token
	ClientID string
	Scope    string
	Secret   func(ctx context.Context) (string, error) // read at every renewal, so that a new secret is used at once
	Refresh  func(ctx context.Context) (string, error) // the refresh token; nil for client credentials
	Client   *http.Client                              // nil has a timeout of 30 seconds
	Now      func() time.Time
}

// ClientCredentials signs in as the application itself (RFC 6749, section
// 4.4), the way of Microsoft 365. Errors wrap *oauth2.RetrieveError when the
// provider refused.
func ClientCredentials(o OAuth) TokenFunc {
	return o.cached(func(ctx context.Context) (*oauth2.Token, error) {
		secret, err := o.Secret(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading the client secret: %w", err)
		}
		c := clientcredentials.Config{ClientID: o.ClientID, ClientSecret: secret, TokenURL: o.TokenURL, AuthStyle: oauth2.AuthStyleInParams}
		if o.Scope != "" {
			c.Scopes = []string{o.Scope}
		}
		return c.Token(ctx)
	})
}

// RefreshToken signs in for a person who once agreed (RFC 6749, section 6), the
// way of Google. A refresh token that the provider replaces is used from then
// on, until the next start.
func RefreshToken(o OAuth) TokenFunc {
	replaced := ""
	return o.cached(func(ctx context.Context) (*oauth2.Token, error) {
		secret, err := o.Secret(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading the client secret: %w", err)
		}
		refresh, err := o.Refresh(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading the refresh token: %w", err)
		}
		c := oauth2.Config{ClientID: o.ClientID, ClientSecret: secret, Endpoint: oauth2.Endpoint{TokenURL: o.TokenURL, AuthStyle: oauth2.AuthStyleInParams}}
		token, err := c.TokenSource(ctx, &oauth2.Token{RefreshToken: firstOf(replaced, refresh)}).Token()
		if err == nil && token.RefreshToken != refresh {
			replaced = token.RefreshToken
		}
		return token, err
	})
}

// cached keeps a token until shortly before it expires.
func (o OAuth) cached(fetch func(context.Context) (*oauth2.Token, error)) TokenFunc {
	client := o.Client
	if client == nil {
		client = &http.Client{Timeout: 30 * time.Second}
	}
	var mu sync.Mutex
	var held *oauth2.Token
	return func(ctx context.Context, fresh bool) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		if held != nil && !fresh && (held.Expiry.IsZero() || o.Now().Before(held.Expiry.Add(-renewBefore))) {
			return held.AccessToken, nil
		}
		token, err := fetch(context.WithValue(ctx, oauth2.HTTPClient, client))
		if err != nil {
			return "", fmt.Errorf("mailbox: no access token: %w", err)
		}
		held = token
		return token.AccessToken, nil
	}
}
