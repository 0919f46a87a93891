package mailbox

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// errTimeout is the cause of an operation that the watchdog ended.
var errTimeout = errors.New("the server did not answer in time")

// connection is a signed-in IMAP connection, and the only file that knows the
// library. It never trusts the library's own timeouts: there is none on
// replies, and the one on message bodies is a total that a large mail over a
// slow line cannot meet. A watchdog closes the connection instead, whenever a
// wait on the network takes longer than Mailbox.Timeout.
//
// After any error but a refusal (*imap.Error) the connection is of no use.
type connection struct {
	m       Mailbox
	raw     net.Conn
	client  *imapclient.Client
	changed chan struct{} // the server told of new messages
}

// folderState is what SELECT or EXAMINE says.
type folderState struct {
	validity uint32
	next     uint32 // the UID that the next message will get; 0 if the server does not say
	messages int
}

// stage wraps an error with what was being done, for Explain.
type stage struct {
	doing string
	err   error
}

func (s *stage) Error() string { return s.doing + ": " + s.err.Error() }
func (s *stage) Unwrap() error { return s.err }

// What can be going on when an error comes.
const (
	stageConnect  = "connect"
	stageTLS      = "tls"
	stageGreeting = "greeting"
	stageToken    = "token"
	stageSignIn   = "sign-in"
	stageFolder   = "folder"
	stageList     = "list"
	stageFetch    = "fetch"
	stageIdle     = "idle"
	stageMove     = "move"
	stageAccept   = "accept"
	stageRecord   = "record"
)

// patientConn ignores the library's read deadlines; the watchdog has its own.
type patientConn struct{ net.Conn }

func (patientConn) SetReadDeadline(time.Time) error { return nil }

// connect dials, secures and signs in. fresh asks for a new access token.
func connect(ctx context.Context, m Mailbox, fresh bool) (*connection, error) {
	dialing, cancel := context.WithTimeout(ctx, m.Timeout)
	defer cancel()
	raw, err := m.Dial(dialing, "tcp", m.Address)
	if err != nil {
		return nil, &stage{stageConnect, err}
	}
	c := &connection{m: m, raw: raw, changed: make(chan struct{}, 1)}
	if err := c.secure(ctx); err != nil {
		raw.Close()
		return nil, err
	}
	if err := c.signIn(ctx, fresh); err != nil {
		raw.Close()
		return nil, err
	}
	return c, nil
}

// secure puts TLS under the protocol and waits for the greeting.
func (c *connection) secure(ctx context.Context) error {
	host, _, _ := net.SplitHostPort(c.m.Address)
	config := c.m.TLS.Clone()
	if config == nil {
		config = &tls.Config{}
	}
	config.ServerName = firstOf(config.ServerName, host)
	options := &imapclient.Options{TLSConfig: config, UnilateralDataHandler: &imapclient.UnilateralDataHandler{Mailbox: c.noticed}}
	err := c.do(ctx, stageTLS, func() (err error) {
		switch c.m.Security {
		case SecurityStartTLS:
			c.client, err = imapclient.NewStartTLS(patientConn{c.raw}, options)
			return err
		case SecurityNone:
			c.client = imapclient.New(patientConn{c.raw}, options)
		default:
			secured := tls.Client(c.raw, config)
			if err := secured.HandshakeContext(ctx); err != nil {
				return err
			}
			c.client = imapclient.New(patientConn{secured}, options)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.do(ctx, stageGreeting, func() error { return c.client.WaitGreeting() })
}

// noticed is called by the library's reader whenever the folder grows.
func (c *connection) noticed(data *imapclient.UnilateralDataMailbox) {
	if data.NumMessages != nil {
		select {
		case c.changed <- struct{}{}:
		default:
		}
	}
}

// do runs one operation under the watchdog. When it bites, or ctx ends, the
// connection is closed, which is the one thing that unblocks the library.
func (c *connection) do(ctx context.Context, doing string, operation func() error) error {
	w := c.watch(ctx)
	defer w.stop()
	return w.judge(doing, operation())
}

// watchdog closes a connection on which nothing happens.
type watchdog struct {
	ctx     context.Context
	timer   *time.Timer
	limit   time.Duration
	bitten  atomic.Bool
	unwatch func() bool
}

func (c *connection) watch(ctx context.Context) *watchdog {
	w := &watchdog{ctx: ctx, limit: c.m.Timeout}
	w.timer = time.AfterFunc(w.limit, func() { w.bitten.Store(true); c.raw.Close() })
	w.unwatch = context.AfterFunc(ctx, func() { c.raw.Close() })
	return w
}

func (w *watchdog) stop()  { w.timer.Stop(); w.unwatch() }
func (w *watchdog) rest()  { w.timer.Stop() }
func (w *watchdog) again() { w.timer.Reset(w.limit) }

// judge names the true cause of an error.
func (w *watchdog) judge(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case w.ctx.Err() != nil:
		return w.ctx.Err()
	case w.bitten.Load():
		return &stage{doing, errTimeout}
	}
	if known := new(stage); errors.As(err, &known) {
		return err
	}
	return &stage{doing, err}
}

// open selects the folder: read-only unless something is to be moved, so that
// by default no flag can change, not even by a slip.
func (c *connection) open(ctx context.Context) (state folderState, err error) {
	err = c.do(ctx, stageFolder, func() error {
		data, err := c.client.Select(c.m.Folder, &imap.SelectOptions{ReadOnly: c.m.MoveTo == ""}).Wait()
		if err != nil {
			return err
		}
		if data.UIDValidity == 0 {
			return errors.New("the server gives no UIDVALIDITY")
		}
		state = folderState{data.UIDValidity, uint32(data.UIDNext), int(data.NumMessages)}
		return nil
	})
	return state, err
}

// idle waits until the server tells of a change, for d at most.
func (c *connection) idle(ctx context.Context, d time.Duration) error {
	var waiting *imapclient.IdleCommand
	err := c.do(ctx, stageIdle, func() (err error) {
		waiting, err = c.client.Idle()
		return err
	})
	if err != nil {
		return err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-c.changed:
	case <-timer.C:
	case <-c.client.Closed():
	case <-ctx.Done():
	}
	return c.do(ctx, stageIdle, func() error {
		if err := waiting.Close(); err != nil {
			return err
		}
		return waiting.Wait()
	})
}

// has asks for a capability; those of IMAP4rev2 include the ones we use.
func (c *connection) has(ctx context.Context, wanted imap.Cap) (ok bool) {
	_ = c.do(ctx, stageSignIn, func() error { ok = c.client.Caps().Has(wanted); return nil })
	return ok
}

// canIdle reports whether the server tells of new mail by itself (RFC 2177).
func (c *connection) canIdle(ctx context.Context) bool { return c.has(ctx, imap.CapIdle) }

// close says goodbye for a moment and hangs up.
func (c *connection) close() {
	timer := time.AfterFunc(2*time.Second, func() { c.raw.Close() })
	defer timer.Stop()
	_ = c.client.Logout().Wait()
	c.raw.Close()
	<-c.client.Closed()
}

// refused reports a plain NO or BAD, after which the connection goes on.
func refused(err error) bool {
	no := new(imap.Error)
	return errors.As(err, &no) && no.Type != imap.StatusResponseTypeBye
}
