package mailer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/wneessen/go-mail/smtp"
)

// credentials are what one Open logs in with.
type credentials struct {
	user, secret string
	token        bool // secret is an access token
}

// credentials asks for the password or token. None is needed without a user.
func (r Relay) credentials(ctx context.Context) (credentials, error) {
	ask, token := r.Password, false
	if r.Token != nil {
		ask, token = r.Token, true
	}
	switch {
	case r.User == "" && ask == nil:
		return credentials{}, nil
	case r.User == "":
		return credentials{}, noLogin("a password or token is set, but no user in the relay's URL")
	case ask == nil:
		return credentials{}, noLogin("the relay's URL names a user, but there is no password or token")
	}
	secret, err := ask(ctx)
	if err != nil {
		return credentials{}, fmt.Errorf("password or token: %w", err)
	}
	if secret == "" {
		return credentials{}, noLogin("the password or token is empty")
	}
	return credentials{user: r.User, secret: secret, token: token}, nil
}

// noLogin is a login that cannot succeed before somebody changes a setting.
func noLogin(text string) error {
	return &refusal{verdict: RefusedRelay, reason: ReasonLogin, text: text}
}

// login picks the mechanism when the server's offer is known, and then does
// what that mechanism does.
type login struct {
	with credentials
	// trusted says that nobody on the way can read what is said: TLS, or the
	// server is on this machine.
	trusted bool
	chosen  smtp.Auth
	// hint is what the server said when it declined a token, before it gave
	// its code: it names the missing permission.
	hint string
}

// Start implements smtp.Auth.
func (l *login) Start(server *smtp.ServerInfo) (string, []byte, error) {
	chosen := l.choose(server)
	if chosen == nil {
		return "", nil, noLogin(fmt.Sprintf("no usable login among those offered: %q", server.Auth))
	}
	l.chosen = chosen
	return chosen.Start(server)
}

// Next implements smtp.Auth.
func (l *login) Next(fromServer []byte, more bool) ([]byte, error) {
	if l.with.token && more {
		l.hint = oneLine(string(fromServer))
	}
	return l.chosen.Next(fromServer, more)
}

// choose takes the plainest mechanism that is safe: a password travels as it
// is where nobody can read it, and otherwise as a proof (SCRAM, RFC 7677).
func (l *login) choose(server *smtp.ServerInfo) smtp.Auth {
	offers := func(mechanism string) bool {
		return slices.ContainsFunc(server.Auth, func(m string) bool { return strings.EqualFold(m, mechanism) })
	}
	user, secret := l.with.user, l.with.secret
	switch {
	case l.with.token:
		if l.trusted && offers("XOAUTH2") {
			return smtp.XOAuth2Auth(user, secret)
		}
	case l.trusted && offers("PLAIN"):
		return smtp.PlainAuth("", user, secret, server.Name, true)
	case l.trusted && offers("LOGIN"):
		return smtp.LoginAuth(user, secret, server.Name, true)
	case offers("SCRAM-SHA-256"):
		return smtp.ScramSHA256Auth(user, secret)
	case offers("SCRAM-SHA-1"):
		return smtp.ScramSHA1Auth(user, secret)
	}
	return nil
}

// explain adds the server's hint to a failed login.
func (l *login) explain(err error) error {
	if err == nil || l.hint == "" {
		return err
	}
	return fmt.Errorf("%w (%s)", err, l.hint)
}
