package mailbox

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"strings"
	"sync"
	"testing"
)

// pipeListener is a network of one host, in memory, so that listeners can run
// inside a synctest bubble.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
	tls   *tls.Config
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		if l.tls != nil {
			c = tls.Server(c, l.tls)
		}
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

// Dial connects to the listener.
func (l *pipeListener) Dial(ctx context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

// talk is a client that says lines and hears replies.
type talk struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader
}

func newTalk(t testing.TB, l *pipeListener) *talk {
	t.Helper()
	conn, err := l.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() }) // before the listener's own clean-up
	return &talk{t, conn, bufio.NewReader(conn)}
}

// say sends bytes as they are.
func (k *talk) say(line string) {
	k.t.Helper()
	if _, err := k.conn.Write([]byte(line)); err != nil {
		k.t.Fatalf("say %.40q: %v", line, err)
	}
}

// hear reads one reply, all its lines, and returns the last; "" at the end.
func (k *talk) hear() string {
	for {
		line, err := k.r.ReadString('\n')
		if err != nil {
			return ""
		}
		if len(line) < 4 || line[3] != '-' {
			return strings.TrimRight(line, "\r\n")
		}
	}
}

// ask says a command and checks how the reply begins.
func (k *talk) ask(command, want string) {
	k.t.Helper()
	k.say(command + "\r\n")
	if got := k.hear(); !strings.HasPrefix(got, want) {
		k.t.Errorf("%.60s: %q, want %s", command, got, want)
	}
}

// secure makes every further connection begin with TLS.
func (l *pipeListener) secure(config *tls.Config) { l.tls = config }
