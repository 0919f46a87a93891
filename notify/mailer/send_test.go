package mailer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"meldklok/notify/mailer"
	"meldklok/notify/mailer/mailertest"

	"pgregory.net/rapid"
)

const (
	from = "meldklok@example.org"
	to   = "officer@example.org"
)

var raw = []byte("Subject: x\r\n\r\n.\r\n..two dots\r\nlast\r\n")

// relayTo is a relay that reaches the server, with the default limits.
func relayTo(srv *mailertest.Server) mailer.Relay {
	return mailer.Relay{Security: mailer.Plain, Host: "localhost", Port: 25, Hello: "klok.example.org", Dial: srv.Dial}
}

// always is a script in which the same fault strikes whoever's turn it is.
func always(f mailertest.Fault) func(string, int) mailertest.Fault {
	return func(string, int) mailertest.Fault { return f }
}

// only is a script in which a fault strikes one recipient.
func only(who string, f mailertest.Fault) func(string, int) mailertest.Fault {
	return func(to string, _ int) mailertest.Fault {
		if to == who {
			return f
		}
		return mailertest.Fault{}
	}
}

// inBubble runs a test with a server on the bubble's clock.
func inBubble(t *testing.T, test func(t *testing.T, srv *mailertest.Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		srv := mailertest.New()
		defer srv.Close()
		test(t, srv)
	})
}

// open opens or fails the test.
func open(t *testing.T, r mailer.Relay) mailer.Conn {
	t.Helper()
	c, err := r.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSend(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *mailertest.Server) {
		c := open(t, relayTo(srv))
		for i := range 3 {
			r := c.Send(t.Context(), from, fmt.Sprintf("p%d@example.org", i), raw)
			if r.Verdict != mailer.Accepted || r.Err != nil || r.Code != 250 || r.Enhanced != "2.0.0" || r.Reply == "" || r.Gone {
				t.Fatalf("result %+v", r)
			}
		}
		if r := c.Send(t.Context(), "", to, raw); r.Verdict != mailer.Accepted {
			t.Fatalf("the null sender: %+v", r)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		messages := srv.Messages()
		if len(messages) != 4 || srv.Connections() != 1 {
			t.Fatalf("%d messages over %d connections", len(messages), srv.Connections())
		}
		for _, m := range messages {
			if !bytes.Equal(m.Raw, raw) {
				t.Errorf("the bytes changed: %q", m.Raw)
			}
		}
		if messages[0].From != from || messages[0].To != "p0@example.org" || messages[3].From != "" {
			t.Errorf("envelopes: %+v", messages)
		}
	})
}

// TestSendVerbatim: whatever lines are stored, these lines arrive.
func TestSendVerbatim(t *testing.T) {
	srv := mailertest.New() // in real time: rapid cannot run in a bubble
	defer srv.Close()
	c := open(t, relayTo(srv))
	defer c.Close()
	line := rapid.StringOfN(rapid.RuneFrom([]rune(". a=~")), 0, 900, -1)
	rapid.Check(t, func(rt *rapid.T) {
		lines := rapid.SliceOfN(line, 1, 20).Draw(rt, "lines")
		stored := []byte(strings.Join(lines, "\r\n") + "\r\n")
		before := bytes.Clone(stored)
		if r := c.Send(t.Context(), from, to, stored); r.Verdict != mailer.Accepted {
			rt.Fatalf("%+v", r)
		}
		messages := srv.Messages()
		if got := messages[len(messages)-1].Raw; !bytes.Equal(got, before) || !bytes.Equal(stored, before) {
			rt.Fatalf("sent %q, arrived %q", before, got)
		}
	})
}

func TestSendFaults(t *testing.T) {
	tests := []struct {
		sentence string
		fault    mailertest.Fault
		verdict  mailer.Verdict
		reason   mailer.Reason
		stage    mailer.Stage
		code     int
		gone     bool
		arrived  int // messages that the server has after one attempt
	}{
		{"a hang-up at MAIL is tried again", mailertest.HangUp(mailertest.AtMail),
			mailer.Temporary, mailer.ReasonNetwork, mailer.StageMail, 0, true, 0},
		{"a hang-up at RCPT is tried again", mailertest.HangUp(mailertest.AtRcpt),
			mailer.Temporary, mailer.ReasonNetwork, mailer.StageRcpt, 0, true, 0},
		{"a hang-up at DATA is tried again", mailertest.HangUp(mailertest.AtData),
			mailer.Temporary, mailer.ReasonNetwork, mailer.StageData, 0, true, 0},
		{"a hang-up after the data, mail lost", mailertest.HangUp(mailertest.AfterData),
			mailer.Unknown, mailer.ReasonOutcome, mailer.StageEnd, 0, true, 0},
		{"a hang-up after the data, mail kept", mailertest.Fault{At: mailertest.AfterData, HangUp: true, Keep: true},
			mailer.Unknown, mailer.ReasonOutcome, mailer.StageEnd, 0, true, 1},
		{"a hang-up at QUIT changes nothing", mailertest.HangUp(mailertest.AtQuit),
			mailer.Accepted, mailer.ReasonAccepted, mailer.StageEnd, 250, false, 1},
		{"silence at MAIL", mailertest.Hang(mailertest.AtMail),
			mailer.Temporary, mailer.ReasonNetwork, mailer.StageMail, 0, true, 0},
		{"silence at RCPT", mailertest.Hang(mailertest.AtRcpt),
			mailer.Temporary, mailer.ReasonNetwork, mailer.StageRcpt, 0, true, 0},
		{"silence at DATA", mailertest.Hang(mailertest.AtData),
			mailer.Temporary, mailer.ReasonNetwork, mailer.StageData, 0, true, 0},
		{"silence after the data", mailertest.Hang(mailertest.AfterData),
			mailer.Unknown, mailer.ReasonOutcome, mailer.StageEnd, 0, true, 0},
		{"silence at QUIT", mailertest.Hang(mailertest.AtQuit),
			mailer.Accepted, mailer.ReasonAccepted, mailer.StageEnd, 250, false, 1},
		{"450 at RCPT", mailertest.Refuse(mailertest.AtRcpt, 450, "4.2.0", "greylisted"),
			mailer.Temporary, mailer.ReasonLater, mailer.StageRcpt, 450, false, 0},
		{"421 at RCPT ends the connection", mailertest.Refuse(mailertest.AtRcpt, 421, "4.3.2", "closing"),
			mailer.Temporary, mailer.ReasonLater, mailer.StageRcpt, 421, true, 0},
		{"421 and gone at MAIL", mailertest.Fault{At: mailertest.AtMail, Code: 421, Enhanced: "4.3.2", HangUp: true},
			mailer.Temporary, mailer.ReasonLater, mailer.StageMail, 421, true, 0},
		{"450 and gone: the answer counts", mailertest.Fault{At: mailertest.AtRcpt, Code: 450, HangUp: true},
			mailer.Temporary, mailer.ReasonLater, mailer.StageRcpt, 450, true, 0},
		{"550 5.1.1 at RCPT is the person's", mailertest.Refuse(mailertest.AtRcpt, 550, "5.1.1", "no such user"),
			mailer.RefusedPerson, mailer.ReasonAddress, mailer.StageRcpt, 550, false, 0},
		{"554 5.7.1 at RCPT is ours", mailertest.Refuse(mailertest.AtRcpt, 554, "5.7.1", "relay access denied"),
			mailer.RefusedRelay, mailer.ReasonPolicy, mailer.StageRcpt, 554, false, 0},
		{"550 at MAIL is ours", mailertest.Refuse(mailertest.AtMail, 550, "5.1.0", "who are you"),
			mailer.RefusedRelay, mailer.ReasonSender, mailer.StageMail, 550, false, 0},
		{"451 at DATA", mailertest.Refuse(mailertest.AtData, 451, "4.3.0", "disk"),
			mailer.Temporary, mailer.ReasonLater, mailer.StageData, 451, false, 0},
		{"552 after the data: too large", mailertest.Refuse(mailertest.AfterData, 552, "5.3.4", "too big"),
			mailer.RefusedRelay, mailer.ReasonSize, mailer.StageEnd, 552, false, 0},
		{"450 after the data is no acceptance", mailertest.Refuse(mailertest.AfterData, 450, "", "later"),
			mailer.Temporary, mailer.ReasonLater, mailer.StageEnd, 450, false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.sentence, func(t *testing.T) {
			inBubble(t, func(t *testing.T, srv *mailertest.Server) {
				srv.Script(always(tt.fault))
				start := time.Now()
				c := open(t, relayTo(srv))
				r := c.Send(t.Context(), from, to, raw)
				if err := c.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
				if r.Verdict != tt.verdict || r.Reason != tt.reason || r.Stage != tt.stage || r.Code != tt.code || r.Gone != tt.gone {
					t.Errorf("result %+v", r)
				}
				if (r.Err == nil) != (r.Verdict == mailer.Accepted) {
					t.Errorf("verdict %s with error %v", r.Verdict, r.Err)
				}
				if got := len(srv.Messages()); got != tt.arrived {
					t.Errorf("%d messages arrived, want %d", got, tt.arrived)
				}
				if took := time.Since(start); took > 2*time.Minute+time.Second {
					t.Errorf("took %s", took)
				}
			})
		})
	}
}

// TestSendGoesOn: a refused mail does not take the next one with it.
func TestSendGoesOn(t *testing.T) {
	for _, f := range []mailertest.Fault{
		mailertest.Refuse(mailertest.AtRcpt, 550, "5.1.1", "no such user"),
		mailertest.Refuse(mailertest.AtRcpt, 450, "", "later"),
		mailertest.Refuse(mailertest.AtData, 451, "4.3.0", "disk"),
		mailertest.Refuse(mailertest.AfterData, 554, "5.7.1", "no"),
	} {
		inBubble(t, func(t *testing.T, srv *mailertest.Server) {
			srv.Script(only(to, f))
			c := open(t, relayTo(srv))
			defer c.Close()
			c.Send(t.Context(), from, to, raw)
			if r := c.Send(t.Context(), from, "deputy@example.org", raw); r.Verdict != mailer.Accepted {
				t.Errorf("after %+v: %+v", f, r)
			}
			if m := srv.Messages(); len(m) != 1 || m[0].To != "deputy@example.org" || srv.Connections() != 1 {
				t.Errorf("after %+v: %+v over %d connections", f, m, srv.Connections())
			}
		})
	}
}

func TestSendOnAConnectionThatIsGone(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *mailertest.Server) {
		srv.Script(only(to, mailertest.HangUp(mailertest.AtRcpt)))
		c := open(t, relayTo(srv))
		defer c.Close()
		c.Send(t.Context(), from, to, raw)
		start := time.Now()
		r := c.Send(t.Context(), from, "deputy@example.org", raw)
		if r.Verdict != mailer.Temporary || !r.Gone || r.Err == nil || time.Since(start) != 0 {
			t.Errorf("%+v after %s", r, time.Since(start))
		}
	})
}

func TestSendAddresses(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *mailertest.Server) {
		c := open(t, relayTo(srv))
		defer c.Close()
		for _, bad := range []string{"", "x", "a@b> NOTIFY=NEVER", "a@b.nl\r\nDATA", "A <a@b.nl>", "frits@voorbeeldé.nl"} {
			if r := c.Send(t.Context(), from, bad, raw); r.Verdict != mailer.RefusedPerson || r.Reason != mailer.ReasonAddress {
				t.Errorf("to %q: %+v", bad, r)
			}
			if bad == "" {
				continue
			}
			if r := c.Send(t.Context(), bad, to, raw); r.Verdict != mailer.RefusedRelay || r.Reason != mailer.ReasonSender {
				t.Errorf("from %q: %+v", bad, r)
			}
		}
		if r := c.Send(t.Context(), from, to, raw); r.Verdict != mailer.Accepted || len(srv.Messages()) != 1 {
			t.Errorf("the connection suffered: %+v, %d messages", r, len(srv.Messages()))
		}
	})
}

// TestSendEndsWithItsContext: a hanging server cannot hold a shutdown up.
func TestSendEndsWithItsContext(t *testing.T) {
	for _, point := range []mailertest.Point{mailertest.AtMail, mailertest.AtRcpt, mailertest.AtData, mailertest.AfterData} {
		inBubble(t, func(t *testing.T, srv *mailertest.Server) {
			srv.Script(always(mailertest.Hang(point)))
			c := open(t, relayTo(srv))
			defer c.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			start := time.Now()
			r := c.Send(ctx, from, to, raw)
			want := mailer.Temporary
			if point == mailertest.AfterData {
				want = mailer.Unknown
			}
			if took := time.Since(start); took != 500*time.Millisecond || r.Verdict != want || !r.Gone {
				t.Errorf("%s: %+v after %s", point, r, took)
			}
			if !errors.Is(r.Err, context.DeadlineExceeded) {
				t.Errorf("%s: the cause is lost: %v", point, r.Err)
			}
		})
	}
}

func TestOpenFaults(t *testing.T) {
	password := func(context.Context) (string, error) { return "geheim", nil }
	withUser := func(r *mailer.Relay) { r.User, r.Password = "klok", password }
	tests := []struct {
		sentence string
		fault    mailertest.Fault
		change   func(*mailer.Relay)
		verdict  mailer.Verdict
		reason   mailer.Reason
		stage    mailer.Stage
		cause    error
	}{
		{"a refused dial", mailertest.Fault{At: mailertest.AtDial}, nil,
			mailer.Temporary, mailer.ReasonNetwork, mailer.StageConnect, syscall.ECONNREFUSED},
		{"a dial that never ends", mailertest.Hang(mailertest.AtDial), nil,
			mailer.Temporary, mailer.ReasonNetwork, mailer.StageConnect, context.DeadlineExceeded},
		{"a hang-up before the greeting", mailertest.HangUp(mailertest.AtGreeting), nil,
			mailer.Temporary, mailer.ReasonNetwork, mailer.StageConnect, nil},
		{"no greeting", mailertest.Hang(mailertest.AtGreeting), nil,
			mailer.Temporary, mailer.ReasonNetwork, mailer.StageConnect, nil},
		{"421 in the greeting", mailertest.Refuse(mailertest.AtGreeting, 421, "4.3.2", "too busy"), nil,
			mailer.Temporary, mailer.ReasonLater, mailer.StageConnect, nil},
		{"554 in the greeting", mailertest.Refuse(mailertest.AtGreeting, 554, "5.7.1", "not you"), nil,
			mailer.RefusedRelay, mailer.ReasonPolicy, mailer.StageConnect, nil},
		{"535 at the login", mailertest.Refuse(mailertest.AtAuth, 535, "5.7.8", "bad credentials"), withUser,
			mailer.RefusedRelay, mailer.ReasonLogin, mailer.StageLogin, nil},
		{"454 at the login", mailertest.Refuse(mailertest.AtAuth, 454, "4.7.0", "directory is down"), withUser,
			mailer.Temporary, mailer.ReasonLater, mailer.StageLogin, nil},
		{"silence at the login", mailertest.Hang(mailertest.AtAuth), withUser,
			mailer.Temporary, mailer.ReasonNetwork, mailer.StageLogin, nil},
		{"no password", mailertest.Fault{}, func(r *mailer.Relay) { r.User = "klok" },
			mailer.RefusedRelay, mailer.ReasonLogin, mailer.StageLogin, nil},
		{"a password without a user", mailertest.Fault{}, func(r *mailer.Relay) { r.Password = password },
			mailer.RefusedRelay, mailer.ReasonLogin, mailer.StageLogin, nil},
		{"a password file that cannot be read", mailertest.Fault{}, func(r *mailer.Relay) {
			r.User, r.Password = "klok", func(context.Context) (string, error) { return "", syscall.EACCES }
		}, mailer.Temporary, mailer.ReasonNetwork, mailer.StageLogin, syscall.EACCES},
		{"STARTTLS that is not offered", mailertest.Fault{}, func(r *mailer.Relay) { r.Security = mailer.StartTLS },
			mailer.RefusedRelay, mailer.ReasonTLS, mailer.StageTLS, nil},
		{"plain to another machine, made by hand", mailertest.Fault{}, func(r *mailer.Relay) { r.Host = "mail.example.org" },
			mailer.RefusedRelay, mailer.ReasonTLS, mailer.StageTLS, nil},
		{"a password in clear over the network", mailertest.Fault{}, func(r *mailer.Relay) {
			withUser(r)
			r.Host, r.Insecure = "mail.example.org", true
		}, mailer.RefusedRelay, mailer.ReasonLogin, mailer.StageLogin, nil},
	}
	for _, tt := range tests {
		t.Run(tt.sentence, func(t *testing.T) {
			inBubble(t, func(t *testing.T, srv *mailertest.Server) {
				srv.Script(always(tt.fault))
				r := relayTo(srv)
				if tt.change != nil {
					tt.change(&r)
				}
				start := time.Now()
				c, err := r.Open(t.Context())
				var failed *mailer.OpenError
				if !errors.As(err, &failed) || c != nil {
					t.Fatalf("opened: %v, %v", c, err)
				}
				if failed.Verdict != tt.verdict || failed.Reason != tt.reason || failed.Stage != tt.stage || failed.Relay != r.Name() {
					t.Errorf("error %+v", failed)
				}
				if tt.cause != nil && !errors.Is(err, tt.cause) {
					t.Errorf("the cause is lost: %v", err)
				}
				if strings.Contains(err.Error(), "geheim") {
					t.Errorf("the error tells the password: %v", err)
				}
				if took := time.Since(start); took > 31*time.Second {
					t.Errorf("took %s", took)
				}
			})
		})
	}
}

func TestLogin(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *mailertest.Server) {
		srv.Users = map[string]string{"klok": "geheim"}
		srv.Tokens = map[string]string{"klok": "tok.en"}
		good, bad, token, stale := relayTo(srv), relayTo(srv), relayTo(srv), relayTo(srv)
		good.User, good.Password = "klok", secret("geheim")
		bad.User, bad.Password = "klok", secret("fout")
		token.User, token.Token = "klok", secret("tok.en")
		stale.User, stale.Token = "klok", secret("old")
		for name, r := range map[string]mailer.Relay{"password": good, "token": token} {
			c := open(t, r)
			if res := c.Send(t.Context(), from, to, raw); res.Verdict != mailer.Accepted {
				t.Errorf("%s: %+v", name, res)
			}
			c.Close()
		}
		for name, r := range map[string]mailer.Relay{"wrong password": bad, "stale token": stale} {
			_, err := r.Open(t.Context())
			var failed *mailer.OpenError
			if !errors.As(err, &failed) || failed.Verdict != mailer.RefusedRelay || failed.Reason != mailer.ReasonLogin || failed.Code != 535 {
				t.Errorf("%s: %+v", name, err)
			}
			if name == "stale token" && !strings.Contains(err.Error(), "SMTP.SendAsApp") {
				t.Errorf("the missing permission is not named: %v", err)
			}
		}
	})
}

func TestPeerTime(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *mailertest.Server) {
		theirs := time.Now().Add(-90 * time.Second)
		srv.Greeting = "relay.example.org Exim " + theirs.Format(time.RFC1123Z)
		c := open(t, relayTo(srv))
		defer c.Close()
		time.Sleep(10 * time.Minute)
		r := c.Send(t.Context(), from, to, raw)
		if ahead := time.Since(r.PeerTime); ahead < 89*time.Second || ahead > 91*time.Second {
			t.Errorf("our clock is %s ahead, want 90 s", ahead)
		}
	})
	inBubble(t, func(t *testing.T, srv *mailertest.Server) {
		c := open(t, relayTo(srv))
		defer c.Close()
		if r := c.Send(t.Context(), from, to, raw); !r.PeerTime.IsZero() {
			t.Errorf("a time out of nowhere: %s", r.PeerTime)
		}
	})
}
