package mailer_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"meldklok/notify/mailer"
	"meldklok/notify/mailer/mailertest"
)

// TestSameBytesAgain is the reason for keeping composing and sending apart: the
// server accepted, nobody heard so, and the second attempt is the same mail.
func TestSameBytesAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *mailertest.Server) {
		srv.Script(func(to string, n int) mailertest.Fault {
			if to != "" && n == 1 {
				return mailertest.Fault{At: mailertest.AfterData, Hang: true, Keep: true}
			}
			return mailertest.Fault{}
		})
		stored, err := mailer.Compose(receiptMail())
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		var verdicts []mailer.Verdict
		for range 2 {
			c := open(t, relayTo(srv))
			verdicts = append(verdicts, c.Send(t.Context(), from, to, stored).Verdict)
			c.Close()
		}
		if verdicts[0] != mailer.Unknown || verdicts[1] != mailer.Accepted {
			t.Errorf("verdicts %v", verdicts)
		}
		m := srv.Messages()
		if len(m) != 2 || !bytes.Equal(m[0].Raw, m[1].Raw) || !bytes.Equal(m[0].Raw, stored) {
			t.Errorf("%d messages, not all the same", len(m))
		}
		if waited := time.Since(start); waited != 2*time.Minute {
			t.Errorf("waited %s for the answer, want EndTimeout", waited)
		}
	})
}

// cutConn is a connection that breaks after so many written bytes.
type cutConn struct {
	net.Conn
	left int
}

var errCut = errors.New("the line is cut")

func (c *cutConn) Write(b []byte) (int, error) {
	if c.left -= len(b); c.left < 0 {
		return 0, errors.Join(errCut, c.Conn.Close())
	}
	return c.Conn.Write(b)
}

// TestCutInTheMiddle: half a mail is no mail, and no mail in doubt either.
func TestCutInTheMiddle(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *mailertest.Server) {
		r := relayTo(srv)
		r.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := srv.Dial(ctx, network, addr)
			return &cutConn{Conn: conn, left: 10_000}, err
		}
		c := open(t, r)
		long := append(bytes.Clone(raw), bytes.Repeat([]byte("seventy characters of nothing in particular, again and again and on\r\n"), 1000)...)
		res := c.Send(t.Context(), from, to, long)
		if res.Verdict != mailer.Temporary || res.Stage != mailer.StageData || !res.Gone || !errors.Is(res.Err, errCut) {
			t.Errorf("result %+v", res)
		}
		c.Close()
		srv.Close()
		if got := srv.Messages(); len(got) != 0 {
			t.Errorf("the server took half a mail: %d bytes", len(got[0].Raw))
		}
	})
}

// TestEveryStageHasItsOwnTime: a slow server that keeps answering is not a
// hanging one, however long the whole takes.
func TestEveryStageHasItsOwnTime(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *mailertest.Server) {
		var delay time.Duration
		r := relayTo(srv)
		r.Timeout, r.EndTimeout = 5*time.Second, 10*time.Second
		r.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := srv.Dial(ctx, network, addr)
			return slowConn{conn, &delay}, err
		}
		c := open(t, r)
		defer c.Close()
		delay = 4 * time.Second
		start := time.Now()
		res := c.Send(t.Context(), from, to, raw)
		if took := time.Since(start); res.Verdict != mailer.Accepted || took != 16*time.Second {
			t.Errorf("after %s: %+v", took, res)
		}
	})
}

// slowConn is a connection on which every answer takes its time.
type slowConn struct {
	net.Conn
	delay *time.Duration
}

func (c slowConn) Read(b []byte) (int, error) {
	time.Sleep(*c.delay)
	return c.Conn.Read(b)
}
