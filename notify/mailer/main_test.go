package mailer_test

import (
	"context"
	"net"
	"testing"
	"time"

	"meldklok/notify/mailer"

	"go.uber.org/goleak"
)

// TestMain wants every goroutine to end with its test: a connection that is
// never let go would be one more at every turn of the engine.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// secret gives a password or token.
func secret(s string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return s, nil }
}

// dialLoopback dials the port asked for at 127.0.0.1, since localhost may mean
// ::1 first.
func dialLoopback(ctx context.Context, network, addr string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	var d net.Dialer
	return d.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
}

// loopback listens on a free port of this machine.
func loopback(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// portOf is the port of a listener.
func portOf(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }

// receiptMail is a small mail.
func receiptMail() mailer.Mail {
	return mailer.Mail{
		From: from, To: to, Subject: "Ontvangen: 2026-0042", MessageID: "r1@meldklok.example.org",
		Date: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC), Text: "Wij hebben uw melding ontvangen.",
	}
}
