package mailer

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"
)

// Security is how a relay's connection is protected.
type Security string

// The three ways; the values are the schemes of a relay's URL.
const (
	Plain    Security = "smtp"          // no encryption
	StartTLS Security = "smtp+starttls" // encryption demanded after the greeting (RFC 3207)
	TLS      Security = "smtps"         // encrypted from the first byte (RFC 8314)
)

// Relay is one outgoing mail server. It is a plain value: copy and change it
// before it is used.
type Relay struct {
	Security Security
	Host     string
	Port     int
	// Insecure allows Plain beyond this machine.
	Insecure bool
	// User is the login name; empty for no login.
	User string
	// Password gives the password; it is asked at every Open, so that a
	// changed file is seen. Ignored when Token is set.
	Password func(ctx context.Context) (string, error)
	// Token gives an OAuth 2.0 access token for XOAUTH2, asked at every Open.
	Token func(ctx context.Context) (string, error)
	// Hello is the name said in EHLO; empty for this machine's.
	Hello string
	// RootCAs are the authorities trusted with the server's certificate; nil
	// for the system's.
	RootCAs *x509.CertPool
	// Dial makes the connection; nil for the network. Tests put a server in
	// memory here.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Timeout bounds opening, and every command after it. Zero is 30 s.
	Timeout time.Duration
	// EndTimeout bounds the handing over of the text and the wait for the
	// final answer, where impatience makes duplicates. RFC 5321 section
	// 4.5.3.2 wants ten minutes; a deadline alert cannot wait so long behind a
	// server that hangs. Zero is 2 minutes.
	EndTimeout time.Duration
}

// ParseRelay reads smtp://HOST[:PORT], smtp+starttls://[USER@]HOST[:PORT] or
// smtps://[USER@]HOST[:PORT]. Default ports are 25, 587 and 465. Options are
// ?hello=NAME and, for smtp alone, ?insecure. A user name is percent-encoded
// where needed (privacy%40example.nl). A password in the URL is refused: it
// would be seen in process lists and logs. No error shows one.
func ParseRelay(text string) (Relay, error) {
	u, err := url.Parse(text)
	if err != nil {
		// The error of url.Parse quotes the whole text, a password included.
		var inner *url.Error
		if errors.As(err, &inner) {
			err = inner.Err
		}
		return Relay{}, fmt.Errorf("mailer: relay: not a URL: %w", err)
	}
	r := Relay{Security: Security(u.Scheme), Host: u.Hostname(), User: u.User.Username()}
	if _, given := u.User.Password(); given {
		return Relay{}, errors.New("mailer: relay: put the password in a file, not in the URL")
	}
	if u.Host == "" {
		return Relay{}, errors.New("mailer: relay: an address is written smtp+starttls://USER@HOST:587, smtps://USER@HOST or smtp://localhost:25")
	}
	if u.Opaque != "" || (u.Path != "" && u.Path != "/") || u.Fragment != "" {
		return Relay{}, errors.New("mailer: relay: after the port only ?hello= and ?insecure may follow")
	}
	if err := r.readPort(u.Port()); err != nil {
		return Relay{}, fmt.Errorf("mailer: relay: %w", err)
	}
	if err := r.readOptions(u.Query()); err != nil {
		return Relay{}, fmt.Errorf("mailer: relay: %w", err)
	}
	if err := r.check(); err != nil {
		return Relay{}, fmt.Errorf("mailer: relay: %w", err)
	}
	return r, nil
}

// readPort sets the port, or the scheme's own.
func (r *Relay) readPort(port string) error {
	ports := map[Security]int{Plain: 25, StartTLS: 587, TLS: 465}
	r.Port = ports[r.Security]
	if port == "" {
		return nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return fmt.Errorf("port %q is not a number from 1 to 65535", port)
	}
	r.Port = int(n)
	return nil
}

// readOptions reads the query. An option that is not known is an error: a
// misspelt one must not quietly mean nothing.
func (r *Relay) readOptions(query url.Values) error {
	for name, values := range query {
		switch value := values[0]; {
		case name == "insecure" && r.Security == Plain && (value == "" || value == "1" || value == "true"):
			r.Insecure = true
		case name == "insecure" && r.Security != Plain:
			return errors.New("?insecure goes with smtp:// only; for a certificate of your own, give its authority")
		case name == "hello" && value != "":
			r.Hello = value
		default:
			return fmt.Errorf("option %s=%q is not known", name, value)
		}
	}
	return nil
}

// check holds what must be true of every relay, parsed or made by hand.
func (r Relay) check() error {
	switch {
	case r.Security != Plain && r.Security != StartTLS && r.Security != TLS:
		return fmt.Errorf("scheme %q is none of smtp, smtp+starttls, smtps", string(r.Security))
	case r.Host == "":
		return errors.New("no host")
	case r.Security == Plain && !r.Insecure && !r.loopback():
		return fmt.Errorf("smtp://%s would send mail in the clear: use smtp+starttls:// or smtps://, or add ?insecure", r.Host)
	}
	return nil
}

// loopback tells whether the server is on this machine.
func (r Relay) loopback() bool {
	ip := net.ParseIP(r.Host)
	return r.Host == "localhost" || ip != nil && ip.IsLoopback()
}

// addr is the address to dial.
func (r Relay) addr() string {
	return net.JoinHostPort(r.Host, strconv.Itoa(r.Port))
}

// String tells scheme, host and port, and nothing secret.
func (r Relay) String() string {
	return string(r.Security) + "://" + r.addr()
}

// Name is String: results are recorded under it.
func (r Relay) Name() string { return r.String() }

// timeouts gives the two bounds with their defaults.
func (r Relay) timeouts() (command, end time.Duration) {
	command, end = r.Timeout, r.EndTimeout
	if command <= 0 {
		command = 30 * time.Second
	}
	if end <= 0 {
		end = 2 * time.Minute
	}
	return command, end
}
