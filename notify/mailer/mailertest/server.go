package mailertest

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/emersion/go-smtp"
)

// Message is a mail that the server accepted.
type Message struct {
	From, To string // of the envelope, without brackets
	Raw      []byte // exactly as sent, dots unstuffed
	At       time.Time
}

// Server is a mail server in memory. Set its fields before the first Dial or
// Serve; its methods may be called from any goroutine.
type Server struct {
	// Greeting follows 220; "ESMTP Service Ready" is added.
	Greeting string
	// Users are the passwords by name that PLAIN accepts; with nil, anybody.
	Users map[string]string
	// Tokens are the access tokens by name that XOAUTH2 accepts; nil: none.
	Tokens map[string]string
	// TLS, when set, offers STARTTLS. Faults strike below encryption, so after
	// it none can.
	TLS *tls.Config

	once sync.Once
	smtp *smtp.Server

	mu       sync.Mutex
	script   func(to string, n int) Fault
	asked    map[string]int
	messages []Message
	conns    map[net.Conn]bool
	closed   bool
	running  sync.WaitGroup
}

// New makes a server that accepts everything.
func New() *Server {
	return &Server{Greeting: "mailertest", asked: map[string]int{}, conns: map[net.Conn]bool{}}
}

// Script sets what goes wrong. It is asked once for every connection, with an
// empty recipient, and once for every RCPT; n counts the askings for that
// recipient from 1, over all connections and all scripts. It runs under the
// server's lock, so it must not call the server. Nil means that all goes well.
func (s *Server) Script(script func(to string, n int) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = script
}

// Messages are the accepted mails so far, in order.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Connections counts the connections asked for so far, refused ones included.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[""]
}

// Dial makes a connection in memory; network and address do not matter. Its
// error for a closed server or an AtDial fault is that of a refused connection.
func (s *Server) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	fault := s.ask("")
	if fault.At == AtDial && fault.Hang {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	near, far := net.Pipe()
	if fault.At == AtDial || !s.accept(far, fault) {
		_ = near.Close() // both ends are ours and unused
		_ = far.Close()
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	return near, nil
}

// Serve takes connections from a real listener until Close or an error.
func (s *Server) Serve(l net.Listener) error {
	for {
		conn, err := l.Accept()
		if err != nil {
			return fmt.Errorf("mailertest: accept: %w", err)
		}
		if fault := s.ask(""); fault.At == AtDial || !s.accept(conn, fault) {
			_ = conn.Close() // a refused client hears nothing
		}
	}
}

// Close ends every connection and waits until the server has stopped. A
// listener given to Serve is closed by whoever made it.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	for conn := range s.conns {
		_ = conn.Close() // the other end notices
	}
	s.mu.Unlock()
	s.running.Wait()
}

// accept starts a conversation, unless the server is closed.
func (s *Server) accept(conn net.Conn, fault Fault) bool {
	s.once.Do(s.prepare)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.conns[conn] = true
	s.running.Go(func() {
		s.converse(conn, fault)
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, conn)
	})
	return true
}

// converse speaks SMTP on one connection until it ends.
func (s *Server) converse(conn net.Conn, fault Fault) {
	defer conn.Close()
	w := &wire{Conn: conn, server: s, fault: fault}
	if fault.At == AtGreeting && !w.strike(fault) {
		return
	}
	one := &single{conn: w, done: make(chan struct{})}
	w.done = one.end
	_ = s.smtp.Serve(one) // ends when the one connection does
}

// prepare makes the go-smtp server from the fields.
func (s *Server) prepare() {
	s.smtp = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, conn: c}, nil
	}))
	s.smtp.Domain = s.Greeting
	s.smtp.TLSConfig = s.TLS
	s.smtp.AllowInsecureAuth = true
	s.smtp.MaxLineLength = 1 << 20
	s.smtp.ErrorLog = log.New(io.Discard, "", 0)
}

// ask takes the script's answer for a recipient and counts the asking.
func (s *Server) ask(to string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[to]++
	if s.script == nil {
		return Fault{}
	}
	return s.script(to, s.asked[to])
}

// record keeps an accepted message.
func (s *Server) record(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, m)
}
