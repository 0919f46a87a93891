package mailertest

import (
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// say speaks to the server by hand: lines go out, and the codes come back. A
// refusal is followed by QUIT, as the rest of the dialogue has lost its sense.
func say(t *testing.T, conn net.Conn, lines ...string) []int {
	t.Helper()
	text := textproto.NewConn(conn)
	code, _, err := text.ReadResponse(0)
	codes := []int{code}
	for i := 0; i < len(lines) && err == nil; i++ {
		if code >= 400 {
			i = len(lines) - 1
		}
		if err = text.PrintfLine("%s", lines[i]); err == nil {
			code, _, err = text.ReadResponse(0)
		}
		if err == nil {
			codes = append(codes, code)
		}
	}
	return codes
}

var dialogue = []string{"EHLO x", "MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>", "DATA", "one\r\n..two\r\n.", "QUIT"}

func TestServer(t *testing.T) {
	tests := []struct {
		sentence string
		fault    Fault
		codes    string
		kept     int
	}{
		{"all goes well", Fault{}, "[220 250 250 250 354 250 221]", 1},
		{"an answer in place of the greeting", Refuse(AtGreeting, 421, "4.3.2", "busy"), "[421]", 0},
		{"an answer to MAIL", Refuse(AtMail, 550, "", "no"), "[220 250 550 221]", 0},
		{"an answer to RCPT", Refuse(AtRcpt, 450, "4.2.0", "later"), "[220 250 250 450 221]", 0},
		{"an answer to DATA", Refuse(AtData, 451, "4.3.0", "later"), "[220 250 250 250 451 221]", 0},
		{"an answer after the data", Refuse(AfterData, 554, "5.7.1", "no"), "[220 250 250 250 354 554 221]", 0},
		{"an answer after the data, and the mail is kept", Fault{At: AfterData, Code: 451, Keep: true}, "[220 250 250 250 354 451 221]", 1},
		{"a hang-up at RCPT", HangUp(AtRcpt), "[220 250 250]", 0},
		{"a hang-up after the data", HangUp(AfterData), "[220 250 250 250 354]", 0},
		{"a hang-up at QUIT", HangUp(AtQuit), "[220 250 250 250 354 250]", 1},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			srv := New()
			defer srv.Close()
			srv.Script(func(string, int) Fault { return tt.fault })
			conn, err := srv.Dial(t.Context(), "tcp", "localhost:25")
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if got := fmt.Sprint(say(t, conn, dialogue...)); got != tt.codes {
				t.Errorf("%s: codes %s, want %s", tt.sentence, got, tt.codes)
			}
			messages := srv.Messages()
			if len(messages) != tt.kept {
				t.Errorf("%s: %d messages, want %d", tt.sentence, len(messages), tt.kept)
			}
			if tt.kept == 1 {
				want := Message{From: "a@example.org", To: "b@example.org", At: time.Now(), Raw: []byte("one\r\n.two\r\n")}
				if got := messages[0]; got.From != want.From || got.To != want.To || !got.At.Equal(want.At) || string(got.Raw) != string(want.Raw) {
					t.Errorf("%s: message %+v", tt.sentence, got)
				}
			}
		})
	}
}

func TestScriptCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := New()
		defer srv.Close()
		var asked []string
		srv.Script(func(to string, n int) Fault {
			asked = append(asked, fmt.Sprintf("%s %d", to, n))
			return Fault{}
		})
		for range 2 {
			conn, err := srv.Dial(t.Context(), "tcp", "localhost:25")
			if err != nil {
				t.Fatal(err)
			}
			say(t, conn, "EHLO x", "MAIL FROM:<>", "RCPT TO:<b@example.org>", "QUIT")
			conn.Close()
		}
		if got, want := fmt.Sprint(asked), "[ 1 b@example.org 1  2 b@example.org 2]"; got != want {
			t.Errorf("asked %s, want %s", got, want)
		}
		if srv.Connections() != 2 {
			t.Errorf("%d connections", srv.Connections())
		}
	})
}

func TestDialRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := New()
		srv.Script(func(_ string, n int) Fault {
			if n == 1 {
				return Fault{At: AtDial}
			}
			return Fault{}
		})
		if _, err := srv.Dial(t.Context(), "tcp", "x"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("scripted: %v", err)
		}
		srv.Close()
		if _, err := srv.Dial(t.Context(), "tcp", "x"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("closed: %v", err)
		}
	})
}
