package mailbox

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"meldklok/incident"
)

// Accept keeps one delivery. It returns nil only after the bytes are durable,
// and reads in.Body to its end. ErrTooLarge may be returned (wrapped) to refuse
// a message for good; every other error means "not now".
type Accept func(ctx context.Context, in incident.Incoming) error

// Limits of the listener that hold where ListenerConfig says nothing.
const (
	DefaultMaxMessage     = 50 << 20
	DefaultMaxRecipients  = 100
	DefaultMaxConnections = 100
	DefaultIdleTimeout    = 5 * time.Minute  // RFC 5321, section 4.5.3.2.7
	DefaultMessageTimeout = 30 * time.Minute // for the whole of one message, keeping it included
)

// ListenerConfig describes one listener. Accept, Own and Domain are needed;
// the rest has defaults.
type ListenerConfig struct {
	Accept Accept
	Own    func(address string) bool // recipients that are ours; see OwnRecipients
	Now    func() time.Time          // the clock of the wiring
	Domain string                    // our name in the greeting
	LMTP   bool                      // RFC 2033 instead of RFC 5321
	TLS    *tls.Config               // offers STARTTLS when set
	Log    *slog.Logger

	MaxMessage     int64 // bytes
	MaxRecipients  int   // of one message
	MaxConnections int   // at once
	IdleTimeout    time.Duration
	MessageTimeout time.Duration
}

// withDefaults fills in what the zero value leaves open.
func (c ListenerConfig) withDefaults() ListenerConfig {
	c.Domain = cmp.Or(c.Domain, "localhost")
	c.MaxMessage = cmp.Or(c.MaxMessage, DefaultMaxMessage)
	c.MaxRecipients = cmp.Or(c.MaxRecipients, DefaultMaxRecipients)
	c.MaxConnections = cmp.Or(c.MaxConnections, DefaultMaxConnections)
	c.IdleTimeout = cmp.Or(c.IdleTimeout, DefaultIdleTimeout)
	c.MessageTimeout = cmp.Or(c.MessageTimeout, DefaultMessageTimeout)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Listener takes mail in by SMTP or LMTP. It holds no message: bytes go from
// the connection to Accept.
type Listener struct {
	config ListenerConfig
	server *smtp.Server
	guard  *guard
	ctx    context.Context // of every Accept; ended by Shutdown
	stop   context.CancelFunc
}

// NewListener makes a listener; Serve starts it.
func NewListener(config ListenerConfig) *Listener {
	l := &Listener{config: config.withDefaults()}
	l.ctx, l.stop = context.WithCancel(context.Background())
	l.guard = newGuard(l.config)
	s := smtp.NewServer(smtp.BackendFunc(l.newSession))
	s.LMTP = l.config.LMTP
	s.Domain = l.config.Domain
	s.TLSConfig = l.config.TLS
	s.MaxMessageBytes = l.config.MaxMessage
	s.MaxRecipients = l.config.MaxRecipients
	// A body line longer than MaxLineLength drops the connection, and the sender
	// then retries for days. The guard bounds what a client may send instead.
	s.MaxLineLength = 0
	s.EnableSMTPUTF8 = true
	s.ErrorLog = slogPrinter{l.config.Log}
	l.server = s
	return l
}

// Serve takes connections until Shutdown, which makes it return nil; another
// error is that of ln.
func (l *Listener) Serve(ln net.Listener) error {
	if err := l.server.Serve(l.guard.listener(ln)); err != nil {
		return fmt.Errorf("mailbox: listener: %w", err)
	}
	return nil
}

// Shutdown stops taking connections, ends the idle ones, and waits for messages
// that are under way. When ctx ends first the rest is cut off: those senders
// got no 250 and will come again. The error is then that of ctx.
func (l *Listener) Shutdown(ctx context.Context) error {
	defer l.stop()
	l.guard.close()
	err := l.server.Shutdown(ctx)
	if err != nil && ctx.Err() != nil {
		l.stop()
		l.guard.cutOff()
	}
	if err != nil && !errors.Is(err, smtp.ErrServerClosed) {
		return fmt.Errorf("mailbox: shutdown of the listener: %w", err)
	}
	return nil
}

// OwnRecipients makes the usual answer to "is this recipient ours?": the listed
// addresses, with or without a "+tag" behind the local part (where our keyed
// token stands), and everything under an entry like "@datalek.example.org".
// Case is ignored.
func OwnRecipients(list ...string) func(address string) bool {
	exact, domains := map[string]bool{}, map[string]bool{}
	for _, entry := range list {
		entry = strings.ToLower(strings.TrimSpace(entry))
		if domain, ok := strings.CutPrefix(entry, "@"); ok {
			domains[domain] = true
		} else if entry != "" {
			exact[entry] = true
		}
	}
	return func(address string) bool {
		address = strings.ToLower(address)
		at := strings.LastIndexByte(address, '@')
		if at < 0 {
			return exact[address]
		}
		return exact[address] || exact[plainAddress(address)] || domains[address[at+1:]]
	}
}

// slogPrinter passes on what go-smtp has to say: errors of connections, which
// name network addresses and never a mailbox or a text.
type slogPrinter struct{ log *slog.Logger }

func (p slogPrinter) Printf(format string, v ...any) {
	p.log.Warn("mail listener", "event", fmt.Sprintf(format, v...))
}

func (p slogPrinter) Println(v ...any) { p.log.Warn("mail listener", "event", fmt.Sprint(v...)) }
