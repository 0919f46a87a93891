package mailbox

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// Security says how a connection to a mail server is protected.
type Security string

// The ways. SecurityNone is refused for a host that is not this machine.
const (
	SecurityTLS      Security = "tls"      // from the first byte (RFC 8314), port 993
	SecurityStartTLS Security = "starttls" // after a greeting in clear, port 143
	SecurityNone     Security = "none"     // loopback only
)

// What holds where Mailbox says nothing.
const (
	DefaultFolder     = "INBOX"
	DefaultPoll       = time.Minute
	DefaultTimeout    = time.Minute
	DefaultReconcile  = time.Hour
	maxIdle           = 9 * time.Minute // networks forget a silent connection after 10 to 15 (LESSONS 8)
	maxPoll           = 10 * time.Minute
	listAtOnce        = 250 // messages that are asked for together
	triesBeforeAside  = 3   // failures of one message before the ones behind it go first
	retryAside        = 10 * time.Minute
	maxBackOff        = time.Minute
	reconnectBackOff  = time.Second
	reconcileMoveMost = 1000 // left-over messages moved in one reconciliation
)

// Mailbox describes an existing mailbox that is watched.
type Mailbox struct {
	Name     string   // stands in stored cursors: never change it
	Address  string   // host:port
	Security Security // SecurityTLS when empty
	User     string
	// Password and Token each give the secret at the moment of signing in, so
	// that a changed one is used at once. With Token set, XOAUTH2 or
	// OAUTHBEARER is used; see ClientCredentials and RefreshToken.
	Password func(ctx context.Context) (string, error)
	Token    TokenFunc

	Folder    string        // DefaultFolder when empty
	Since     time.Time     // what the mailbox had before this moment is history; required
	MoveTo    string        // folder for what was taken; empty leaves everything as it is
	Poll      time.Duration // how often to look at least; at most 10 minutes
	Timeout   time.Duration // for any wait on the network
	Reconcile time.Duration // how often the folder is compared with what was taken

	TLS  *tls.Config                                                          // extra roots; nil is the system's
	Dial func(ctx context.Context, network, address string) (net.Conn, error) // nil is the network
}

// withDefaults fills in what the zero value leaves open.
func (m Mailbox) withDefaults() Mailbox {
	m.Security = cmp.Or(m.Security, SecurityTLS)
	m.Folder = cmp.Or(m.Folder, DefaultFolder)
	m.Poll = min(cmp.Or(m.Poll, DefaultPoll), maxPoll)
	m.Timeout = cmp.Or(m.Timeout, DefaultTimeout)
	m.Reconcile = cmp.Or(m.Reconcile, DefaultReconcile)
	if m.Dial == nil {
		m.Dial = (&net.Dialer{}).DialContext
	}
	return m
}

// check names the first setting that cannot work.
func (m Mailbox) check() error {
	host, _, err := net.SplitHostPort(m.Address)
	switch {
	case m.Name == "":
		return errors.New("mailbox: a watched mailbox needs a name")
	case err != nil:
		return fmt.Errorf("mailbox %s: address %q is not host:port: %w", m.Name, m.Address, err)
	case m.Security != SecurityTLS && m.Security != SecurityStartTLS && m.Security != SecurityNone:
		return fmt.Errorf("mailbox %s: security %q is not tls, starttls or none", m.Name, m.Security)
	case m.Security == SecurityNone && !isLoopback(host):
		return fmt.Errorf("mailbox %s: without TLS only this machine itself can be read, not %s", m.Name, host)
	case m.Password == nil && m.Token == nil:
		return fmt.Errorf("mailbox %s: a password or a token is needed to sign in", m.Name)
	case m.Since.IsZero():
		return fmt.Errorf("mailbox %s: the start moment is missing; without it all old mail would be alarmed about", m.Name)
	case strings.EqualFold(m.MoveTo, m.Folder):
		return fmt.Errorf("mailbox %s: mail cannot be moved to the folder it is in", m.Name)
	}
	return nil
}

// isLoopback reports a host that is this machine.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || (ip != nil && ip.IsLoopback())
}
