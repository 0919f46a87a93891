package mailbox

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// maxIdleBytes bounds what a client may send without getting a step further:
// commands without end, or one command without end. go-smtp's own bound on
// lines cannot be used, because it drops connections over long body lines.
const maxIdleBytes = 1 << 20

// maxLifetime bounds a connection that carries no message, so that nobody can
// keep all places taken with a word now and then.
const maxLifetime = time.Hour

var errIdleBytes = errors.New("mailbox: too much sent besides messages")

// guard stands between the network and go-smtp, which has no limit on
// connections and one single timeout. It also knows which connections carry a
// message, so that a shutdown need not wait for the idle ones.
type guard struct {
	idle, message time.Duration
	maxConns      int
	maxMessage    int64

	closing atomic.Int64 // from when on connections between messages end, in Unix nanoseconds; 0: not yet
	mu      sync.Mutex
	conns   map[*guardedConn]struct{}
}

func newGuard(c ListenerConfig) *guard {
	return &guard{idle: c.IdleTimeout, message: c.MessageTimeout, maxConns: c.MaxConnections, maxMessage: c.MaxMessage, conns: map[*guardedConn]struct{}{}}
}

// listener wraps a listener with the guard.
func (g *guard) listener(ln net.Listener) net.Listener { return guardedListener{ln, g} }

type guardedListener struct {
	net.Listener
	guard *guard
}

// Accept hands over the next connection for which there is room. The others
// are told to come back later, which a mail server does by itself.
func (l guardedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if guarded := l.guard.admit(conn); guarded != nil {
			return guarded, nil
		}
		go turnAway(conn)
	}
}

// turnAway answers a connection that is one too many.
func turnAway(conn net.Conn) {
	defer conn.Close()
	if conn.SetDeadline(time.Now().Add(5*time.Second)) == nil {
		_, _ = conn.Write([]byte("421 4.7.0 Too many connections, please try again later\r\n"))
	}
}

// admit makes a guarded connection, or returns nil when there is no room.
func (g *guard) admit(conn net.Conn) *guardedConn {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.conns) >= g.maxConns && !g.makeRoom() {
		return nil
	}
	c := &guardedConn{Conn: conn, guard: g, born: time.Now()}
	c.handedOver()
	c.step()
	g.conns[c] = struct{}{}
	return c
}

// patience is how long a connection keeps its place, when all are taken, without
// having handed over a whole message. Whoever sends a word now and then could
// otherwise keep every place for an hour. A mail server that is cut off keeps
// its message and comes back.
const patience = 30 * time.Second

// makeRoom ends the connection that has gone longest without handing over a
// message, if that is longer than anybody honest needs. The mutex is held.
func (g *guard) makeRoom() bool {
	var idlest *guardedConn
	for c := range g.conns {
		if idlest == nil || c.gave.Load() < idlest.gave.Load() {
			idlest = c
		}
	}
	if idlest == nil || time.Since(time.Unix(0, idlest.gave.Load())) < patience {
		return false
	}
	delete(g.conns, idlest)
	_ = idlest.Conn.Close()
	return true
}

// grace is how long a connection may go on at a shutdown until its message
// begins: who has just come finishes its envelope and is not sent away.
const grace = 2 * time.Second

// close ends the connections that carry no message, after a grace; the others
// end after it.
func (g *guard) close() {
	at := time.Now().Add(grace)
	g.closing.Store(at.UnixNano())
	g.mu.Lock()
	defer g.mu.Unlock()
	for c := range g.conns {
		if !c.busy.Load() {
			_ = c.Conn.SetReadDeadline(at)
		}
	}
}

// cutOff closes whatever is left.
func (g *guard) cutOff() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for c := range g.conns {
		_ = c.Conn.Close()
	}
}

// guardedConn is one connection with a deadline on every read and write.
type guardedConn struct {
	net.Conn
	guard   *guard
	born    time.Time
	busy    atomic.Bool  // a message is under way
	broken  atomic.Bool  // a message broke off, so what follows are no commands
	gave    atomic.Int64 // when it last handed over a message, or came, in Unix nanoseconds
	until   atomic.Int64 // when the message must be done, in Unix nanoseconds
	allowed atomic.Int64 // bytes that may still be read before the next step forward
}

// begin marks the start of a message, end its end.
func (c *guardedConn) begin() {
	c.until.Store(time.Now().Add(c.guard.message).UnixNano())
	c.busy.Store(true)
	c.step()
}

func (c *guardedConn) end() {
	c.busy.Store(false)
	c.step()
}

// handedOver marks that a message was taken: the connection is of use.
func (c *guardedConn) handedOver() { c.gave.Store(time.Now().UnixNano()) }

// step marks a command or a piece of a body that led somewhere; drain allows
// for the rest of a message that nobody wants any more.
func (c *guardedConn) step()  { c.allowed.Store(maxIdleBytes) }
func (c *guardedConn) drain() { c.allowed.Store(2 * c.guard.maxMessage) }

// Read waits for the idle timeout at most, and within a message not beyond its
// end, between messages not beyond the connection's. A connection that is to
// go is told of a timeout, which go-smtp turns into a proper 421.
func (c *guardedConn) Read(p []byte) (int, error) {
	busy, end := c.busy.Load(), c.born.Add(maxLifetime)
	if busy {
		end = time.Unix(0, c.until.Load())
	}
	deadline := time.Now().Add(c.guard.idle)
	if end.Before(deadline) {
		deadline = end
	}
	if at := c.guard.closing.Load(); at != 0 && !busy {
		deadline = time.Unix(0, at)
	}
	if c.broken.Load() {
		return 0, os.ErrDeadlineExceeded
	}
	if err := c.SetReadDeadline(deadline); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(p)
	if c.allowed.Add(int64(-n)) < 0 {
		return 0, errIdleBytes
	}
	return n, err
}

// Write gives a client that reads nothing the idle timeout.
func (c *guardedConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.guard.idle)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// Close makes room for another connection.
func (c *guardedConn) Close() error {
	c.guard.mu.Lock()
	delete(c.guard.conns, c)
	c.guard.mu.Unlock()
	return c.Conn.Close()
}
