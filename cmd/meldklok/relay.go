package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"meldklok/notify/mailbox"
	"meldklok/notify/mailer"
)

// relay reads one relay. Its secret comes from a file, never from a flag: a
// password, or with ?auth=microsoft or ?auth=google the secret with which access
// tokens are had (XOAUTH2).
func (c ServeConfig) relay(i int, text string) (mailer.Relay, error) {
	u, err := url.Parse(text)
	if err != nil {
		return mailer.ParseRelay(text) // it says what is wrong
	}
	query := u.Query()
	auth := query.Get("auth")
	options := map[string]string{}
	for _, name := range []string{"auth", "tenant", "client", "scope"} {
		options[name] = query.Get(name)
		query.Del(name)
	}
	u.RawQuery = query.Encode()
	relay, err := mailer.ParseRelay(u.String())
	if err != nil {
		return relay, err
	}
	var secret func(context.Context) (string, error)
	if i < len(c.RelaySecrets) {
		secret = secretFile(c.RelaySecrets[i])
	}
	switch auth {
	case "", "password":
		relay.Password = secret
		return relay, nil
	case "microsoft", "google":
		relay.Token, err = relayToken(auth, options, secret)
		return relay, err
	}
	return relay, fmt.Errorf("auth=%s: choose from password, microsoft, google", auth)
}

// Scopes and token addresses of the two providers.
const (
	scopeMicrosoftSend = "https://outlook.office365.com/.default"
	tokenMicrosoft     = "https://login.microsoftonline.com/%s/oauth2/v2.0/token"
	tokenGoogle        = "https://oauth2.googleapis.com/token"
)

// relayToken makes the source of access tokens for sending. For Microsoft 365
// the file holds the client secret; for Google its first line is the client
// secret and its second the refresh token.
func relayToken(auth string, o map[string]string, secret func(context.Context) (string, error)) (func(context.Context) (string, error), error) {
	switch {
	case secret == nil:
		return nil, errors.New("auth=" + auth + " needs a --relay-password-file with its secret")
	case o["client"] == "":
		return nil, errors.New("auth=" + auth + " needs client=ID in the address of the relay")
	case auth == "microsoft" && o["tenant"] == "":
		return nil, errors.New("auth=microsoft needs tenant=ID in the address of the relay")
	}
	oauth := mailbox.OAuth{ClientID: o["client"], Secret: line(secret, 0), Now: time.Now}
	var token mailbox.TokenFunc
	if auth == "microsoft" {
		oauth.TokenURL, oauth.Scope = fmt.Sprintf(tokenMicrosoft, url.PathEscape(o["tenant"])), scopeMicrosoftSend
		token = mailbox.ClientCredentials(oauth)
	} else {
		oauth.TokenURL, oauth.Refresh = tokenGoogle, line(secret, 1)
		token = mailbox.RefreshToken(oauth)
	}
	return func(ctx context.Context) (string, error) { return token(ctx, false) }, nil
}

// line reads the n-th line of a secret file.
func line(secret func(context.Context) (string, error), n int) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		text, err := secret(ctx)
		if err != nil {
			return "", err
		}
		lines := strings.Split(text, "\n")
		if n >= len(lines) {
			return "", fmt.Errorf("the secret file has %d lines, line %d is wanted", len(lines), n+1)
		}
		return strings.TrimSpace(lines[n]), nil
	}
}
