package mailbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-sasl"
)

// errNoMechanism is a server that offers no way to sign in that we have.
var errNoMechanism = errors.New("the server offers no way to sign in that fits the settings")

// signIn proves who we are. A refused token is not answered but left: after a
// failed AUTHENTICATE the connection hangs, so the caller closes it.
func (c *connection) signIn(ctx context.Context, fresh bool) error {
	if c.m.Token != nil {
		return c.signInWithToken(ctx, fresh)
	}
	password, err := c.m.Password(ctx)
	if err != nil {
		return &stage{stageToken, err}
	}
	if c.has(ctx, imap.CapLoginDisabled) {
		return &stage{stageSignIn, errNoMechanism}
	}
	return c.do(ctx, stageSignIn, func() error { return c.client.Login(c.m.User, password).Wait() })
}

// signInWithToken uses XOAUTH2, which Microsoft has, or OAUTHBEARER (RFC 7628).
func (c *connection) signInWithToken(ctx context.Context, fresh bool) error {
	token, err := c.m.Token(ctx, fresh)
	if err != nil {
		return &stage{stageToken, err}
	}
	var mechanism sasl.Client
	switch {
	case c.has(ctx, imap.AuthCap("XOAUTH2")):
		mechanism = xoauth2{c.m.User, token}
	case c.has(ctx, imap.AuthCap(sasl.OAuthBearer)):
		mechanism = bearer(c.m, token)
	default:
		return &stage{stageSignIn, errNoMechanism}
	}
	return c.do(ctx, stageSignIn, func() error { return c.client.Authenticate(mechanism) })
}

// bearer is OAUTHBEARER for a mailbox.
func bearer(m Mailbox, token string) sasl.Client {
	host, port, _ := net.SplitHostPort(m.Address)
	number, _ := strconv.Atoi(port)
	return sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: m.User, Token: token, Host: host, Port: number})
}

// xoauth2 is the mechanism of Google and Microsoft from before RFC 7628.
type xoauth2 struct{ user, token string }

// Start gives everything there is to say.
func (x xoauth2) Start() (mechanism string, first []byte, err error) {
	return "XOAUTH2", []byte("user=" + x.user + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next is only called when the server refused; it says why in the challenge.
func (x xoauth2) Next(challenge []byte) ([]byte, error) {
	return nil, &refusedToken{cleanLine(string(challenge))}
}

// refusedToken is a token that the server did not take.
type refusedToken struct{ answer string }

func (r *refusedToken) Error() string {
	return fmt.Sprintf("the server refused the token: %s", r.answer)
}
