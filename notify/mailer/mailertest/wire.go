package mailertest

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync"
)

// wire is the server's end of a connection. It sees each command before the
// server does and lets a fault strike in its place.
type wire struct {
	net.Conn
	server *Server
	fault  Fault
	inData bool
	done   func()
}

// errStruck is what the server reads after a fault ended the connection.
var errStruck = errors.New("mailertest: the fault ended the connection")

// Read implements net.Conn. A client that waits for each answer, as ours does,
// sends one command at a time.
func (w *wire) Read(b []byte) (int, error) {
	for {
		n, err := w.Conn.Read(b)
		if err != nil || w.inData {
			return n, err
		}
		fault, strikes := w.faultAt(string(b[:n]))
		if !strikes {
			return n, nil
		}
		if !w.strike(fault) {
			return 0, errStruck
		}
	}
}

// faultAt tells which fault a command meets, and looks up the recipient's.
func (w *wire) faultAt(command string) (Fault, bool) {
	verb, rest, _ := strings.Cut(strings.TrimSpace(command), " ")
	points := map[string]Point{"AUTH": AtAuth, "MAIL": AtMail, "RCPT": AtRcpt, "DATA": AtData, "QUIT": AtQuit}
	point, known := points[strings.ToUpper(verb)]
	if point == AtRcpt {
		w.fault = w.server.ask(address(rest))
	}
	if !known || w.fault.At != point {
		w.inData = point == AtData
		return Fault{}, false
	}
	fault := w.fault
	if point != AtQuit {
		w.fault = Fault{}
	}
	return fault, true
}

// strike does what a fault says, and tells whether the connection lives on.
func (w *wire) strike(f Fault) bool {
	if f.Code != 0 {
		if _, err := io.WriteString(w.Conn, f.line()); err != nil {
			return false
		}
	}
	if f.Hang {
		_, _ = io.Copy(io.Discard, w.Conn) // until the client is gone
	}
	if f.HangUp || f.Hang || f.At == AtGreeting {
		_ = w.Conn.Close() // already gone at worst
		return false
	}
	return true
}

// Close implements net.Conn.
func (w *wire) Close() error {
	if w.done != nil {
		w.done()
	}
	return w.Conn.Close()
}

// address takes the address out of TO:<address>.
func address(rest string) string {
	_, rest, _ = strings.Cut(rest, "<")
	addr, _, _ := strings.Cut(rest, ">")
	return addr
}

// single is a listener for one connection, since go-smtp serves listeners.
type single struct {
	conn  net.Conn
	given bool // Accept is called by one goroutine
	once  sync.Once
	done  chan struct{}
}

// end lets Accept return, and with it Serve.
func (l *single) end() { l.once.Do(func() { close(l.done) }) }

// Accept implements net.Listener.
func (l *single) Accept() (net.Conn, error) {
	if !l.given {
		l.given = true
		return l.conn, nil
	}
	<-l.done
	return nil, net.ErrClosed
}

// Close implements net.Listener.
func (l *single) Close() error {
	l.end()
	return nil
}

// Addr implements net.Listener.
func (l *single) Addr() net.Addr { return l.conn.LocalAddr() }
