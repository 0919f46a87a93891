package mailer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"os"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"
)

// said is a server's answer as an error, wrapped as it is in practice.
func said(code int, text string) error {
	return fmt.Errorf("smtp: %w", &textproto.Error{Code: code, Msg: text})
}

func TestClassify(t *testing.T) {
	cert := fmt.Errorf("tls: %w", &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}})
	tests := []struct {
		sentence string
		stage    Stage
		err      error
		verdict  Verdict
		reason   Reason
	}{
		{"no error after the end of data is acceptance", StageEnd, nil, Accepted, ReasonAccepted},

		// Faults without an answer.
		{"a refused dial is tried again", StageConnect, syscall.ECONNREFUSED, Temporary, ReasonNetwork},
		{"a hang-up in the greeting is tried again", StageConnect, io.EOF, Temporary, ReasonNetwork},
		{"a hang-up in the handshake is tried again", StageTLS, io.ErrUnexpectedEOF, Temporary, ReasonNetwork},
		{"a hang-up in the login is tried again", StageLogin, io.EOF, Temporary, ReasonNetwork},
		{"a hang-up at MAIL is tried again", StageMail, io.EOF, Temporary, ReasonNetwork},
		{"a hang-up at RCPT is tried again", StageRcpt, io.EOF, Temporary, ReasonNetwork},
		{"a hang-up before the final dot is tried again", StageData, io.EOF, Temporary, ReasonNetwork},
		{"a timeout at RCPT is tried again", StageRcpt, os.ErrDeadlineExceeded, Temporary, ReasonNetwork},
		{"a cancelled attempt is tried again", StageMail, context.Canceled, Temporary, ReasonNetwork},
		{"a garbled answer is tried again", StageRcpt, textproto.ProtocolError("short response"), Temporary, ReasonNetwork},
		{"a hang-up after the final dot may hide an acceptance", StageEnd, io.EOF, Unknown, ReasonOutcome},
		{"a timeout after the final dot may hide an acceptance", StageEnd, os.ErrDeadlineExceeded, Unknown, ReasonOutcome},
		{"a garbled answer after the final dot may hide an acceptance", StageEnd, textproto.ProtocolError("x"), Unknown, ReasonOutcome},
		{"a certificate that does not verify is the administrator's", StageTLS, cert, RefusedRelay, ReasonTLS},
		{"a server that answers a handshake in clear text is the administrator's", StageTLS, tls.RecordHeaderError{Msg: "first record"}, RefusedRelay, ReasonTLS},
		{"a refusal of our own carries its own verdict", StageRcpt, &refusal{RefusedPerson, ReasonAddress, "x"}, RefusedPerson, ReasonAddress},

		// 4xx is temporary wherever it comes.
		{"421 in the greeting", StageConnect, said(421, "4.3.2 closing"), Temporary, ReasonLater},
		{"454 at STARTTLS", StageTLS, said(454, "4.7.0 TLS not available"), Temporary, ReasonLater},
		{"454 at the login", StageLogin, said(454, "4.7.0 temporary failure"), Temporary, ReasonLater},
		{"421 at MAIL", StageMail, said(421, "4.3.2 closing"), Temporary, ReasonLater},
		{"452 too many messages at MAIL", StageMail, said(452, "4.3.1 too many"), Temporary, ReasonLater},
		{"450 greylisting at RCPT", StageRcpt, said(450, "4.2.0 greylisted"), Temporary, ReasonLater},
		{"452 full mailbox at RCPT", StageRcpt, said(452, "4.2.2 full"), Temporary, ReasonLater},
		{"451 at DATA", StageData, said(451, "4.3.0 local error"), Temporary, ReasonLater},
		{"450 after the final dot is a clear no for now", StageEnd, said(450, "4.7.1 later"), Temporary, ReasonLater},

		// What the standard does not know.
		{"an answer outside the standard proves nothing at RCPT", StageRcpt, said(600, "what"), Temporary, ReasonLater},
		{"an answer in between proves nothing at MAIL", StageMail, said(354, "go on"), Temporary, ReasonLater},
		{"an answer outside the standard may hide an acceptance at the end", StageEnd, said(600, "what"), Unknown, ReasonOutcome},
		{"354 twice may hide an acceptance", StageEnd, said(354, "go on"), Unknown, ReasonOutcome},
		{"another 2xx at the end is acceptance too", StageEnd, said(252, "2.0.0 fine"), Accepted, ReasonAccepted},

		// 5xx before RCPT concerns us, whatever the code says.
		{"554 in the greeting: we are not welcome", StageConnect, said(554, "5.7.1 no service"), RefusedRelay, ReasonPolicy},
		{"5xx at STARTTLS", StageTLS, said(502, "5.5.1 what"), RefusedRelay, ReasonTLS},
		{"535 wrong password", StageLogin, said(535, "5.7.8 bad credentials"), RefusedRelay, ReasonLogin},
		{"534 mechanism too weak", StageLogin, said(534, "5.7.9 no"), RefusedRelay, ReasonLogin},
		{"530 login needed at MAIL", StageMail, said(530, "5.7.0 authenticate first"), RefusedRelay, ReasonLogin},
		{"550 at MAIL is about our address", StageMail, said(550, "5.1.8 bad sender domain"), RefusedRelay, ReasonSender},
		{"even an address code at MAIL is about our address", StageMail, said(553, "5.1.1 who are you"), RefusedRelay, ReasonSender},
		{"a bare 550 at MAIL", StageMail, said(550, "no"), RefusedRelay, ReasonSender},
		{"552 at MAIL: too large", StageMail, said(552, "5.3.4 too big"), RefusedRelay, ReasonSize},
		{"a policy at MAIL", StageMail, said(550, "5.7.1 blocked"), RefusedRelay, ReasonPolicy},
		{"530 STARTTLS demanded at MAIL", StageMail, said(530, "5.7.10 encryption needed"), RefusedRelay, ReasonTLS},
		{"a syntax error at MAIL", StageMail, said(501, "5.5.4 parameters"), RefusedRelay, ReasonProtocol},

		// 5xx at RCPT: of the person.
		{"5.1.1 no such mailbox", StageRcpt, said(550, "5.1.1 unknown user"), RefusedPerson, ReasonAddress},
		{"5.1.2 no such domain", StageRcpt, said(550, "5.1.2 bad host"), RefusedPerson, ReasonAddress},
		{"5.1.3 bad syntax of the address", StageRcpt, said(501, "5.1.3 syntax"), RefusedPerson, ReasonAddress},
		{"5.1.6 moved", StageRcpt, said(551, "5.1.6 moved"), RefusedPerson, ReasonAddress},
		{"5.1.10 the domain takes no mail", StageRcpt, said(556, "5.1.10 null MX"), RefusedPerson, ReasonAddress},
		{"5.2.1 disabled mailbox", StageRcpt, said(550, "5.2.1 disabled"), RefusedPerson, ReasonMailbox},
		{"5.2.2 full mailbox", StageRcpt, said(552, "5.2.2 over quota"), RefusedPerson, ReasonMailbox},
		{"5.4.1 as Microsoft 365 says unknown", StageRcpt, said(550, "5.4.1 Recipient address rejected: Access denied"), RefusedPerson, ReasonRoute},
		{"5.4.4 no route", StageRcpt, said(550, "5.4.4 unable to route"), RefusedPerson, ReasonRoute},
		{"5.7.17 another owner", StageRcpt, said(550, "5.7.17 mailbox owner has changed"), RefusedPerson, ReasonMailbox},
		{"5.7.18 another owner of the domain", StageRcpt, said(550, "5.7.18 domain owner has changed"), RefusedPerson, ReasonMailbox},
		{"a bare 550", StageRcpt, said(550, "no such user here"), RefusedPerson, ReasonAddress},
		{"a bare 551", StageRcpt, said(551, "user not local"), RefusedPerson, ReasonAddress},
		{"a bare 553", StageRcpt, said(553, "mailbox name not allowed"), RefusedPerson, ReasonAddress},
		{"a bare 552", StageRcpt, said(552, "mailbox full"), RefusedPerson, ReasonMailbox},
		{"521 takes no mail", StageRcpt, said(521, "no mail here"), RefusedPerson, ReasonRoute},
		{"5.0.0 says no more than its 550", StageRcpt, said(550, "5.0.0 unknown"), RefusedPerson, ReasonAddress},

		// 5xx at RCPT: of us.
		{"5.7.1 relaying denied", StageRcpt, said(554, "5.7.1 relay access denied"), RefusedRelay, ReasonPolicy},
		{"5.7.1 policy with 550", StageRcpt, said(550, "5.7.1 blocked by policy"), RefusedRelay, ReasonPolicy},
		{"a bare 550 that speaks of relaying", StageRcpt, said(550, "Relay not permitted"), RefusedRelay, ReasonPolicy},
		{"530 login needed", StageRcpt, said(530, "5.7.0 authenticate first"), RefusedRelay, ReasonLogin},
		{"5.1.8 our sender's domain, said late", StageRcpt, said(553, "5.1.8 sender domain"), RefusedRelay, ReasonSender},
		{"5.1.7 our sender, said late", StageRcpt, said(550, "5.1.7 sender syntax"), RefusedRelay, ReasonSender},
		{"5.2.3 our message is too long", StageRcpt, said(552, "5.2.3 too long"), RefusedRelay, ReasonSize},
		{"5.3.4 our message is too big", StageRcpt, said(552, "5.3.4 too big"), RefusedRelay, ReasonSize},
		{"a bare 554", StageRcpt, said(554, "transaction failed"), RefusedRelay, ReasonPolicy},
		{"503 bad sequence", StageRcpt, said(503, "5.5.1 MAIL first"), RefusedRelay, ReasonProtocol},

		// 5xx at DATA and after.
		{"554 at DATA", StageData, said(554, "5.5.1 no valid recipients"), RefusedRelay, ReasonPolicy},
		{"5.7.1 content refused", StageEnd, said(550, "5.7.1 looks like spam"), RefusedRelay, ReasonPolicy},
		{"a bare 550 after the data is about the content", StageEnd, said(550, "rejected"), RefusedRelay, ReasonPolicy},
		{"a bare 554 after the data", StageEnd, said(554, "rejected"), RefusedRelay, ReasonPolicy},
		{"552 after the data: too large", StageEnd, said(552, "5.3.4 too big"), RefusedRelay, ReasonSize},
		{"a bare 552 after the data: too large", StageEnd, said(552, "exceeded"), RefusedRelay, ReasonSize},
		{"5.1.1 after the data is still about the person", StageEnd, said(550, "5.1.1 unknown"), RefusedPerson, ReasonAddress},
		{"5.2.2 after the data is still about the person", StageEnd, said(552, "5.2.2 full"), RefusedPerson, ReasonMailbox},
		{"5.6.0 content not understood", StageEnd, said(550, "5.6.0 media"), RefusedRelay, ReasonPolicy},
	}
	for _, tt := range tests {
		verdict, reason := classify(tt.stage, tt.err)
		if verdict != tt.verdict || reason != tt.reason {
			t.Errorf("%s (%s, %v): got %s, %s; want %s, %s",
				tt.sentence, tt.stage, tt.err, verdict, reason, tt.verdict, tt.reason)
		}
	}
}

func TestEnhancedCode(t *testing.T) {
	tests := []struct{ sentence, reply, want string }{
		{"the usual place", "5.1.1 unknown", "5.1.1"},
		{"alone", "2.0.0", "2.0.0"},
		{"three digits", "5.7.708 blocked", "5.7.708"},
		{"none", "unknown user", ""},
		{"an address is not a code", "10.0.0.1 says no", ""},
		{"a version is not a code", "1.2.3 server", ""},
		{"too long a number", "5.1.1000 x", ""},
		{"a sign is not a number", "5.+1.1 x", ""},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		if got := enhancedCode(tt.reply); got != tt.want {
			t.Errorf("%s: enhancedCode(%q) = %q, want %q", tt.sentence, tt.reply, got, tt.want)
		}
	}
}

// FuzzAnswer: whatever a server says, what we keep of it is one bounded line.
func FuzzAnswer(f *testing.F) {
	f.Add(550, "5.1.1 unknown\nuser\x1b[31m")
	f.Add(250, strings.Repeat("é", 600))
	f.Add(421, "\xff\u202e4.3.2")
	f.Fuzz(func(t *testing.T, code int, text string) {
		_, enhanced, reply := answer(said(code, text))
		if len(reply) > maxReply || !utf8.ValidString(reply) || strings.ContainsAny(reply, "\r\n\x00\x1b") {
			t.Errorf("unsafe reply %q", reply)
		}
		if !strings.HasPrefix(reply, enhanced) {
			t.Errorf("enhanced %q is not in %q", enhanced, reply)
		}
		for _, stage := range []Stage{StageConnect, StageTLS, StageLogin, StageMail, StageRcpt, StageData, StageEnd} {
			verdict, reason := classify(stage, said(code, text))
			if verdict == "" || reason == "" {
				t.Errorf("%s %d %q: no verdict", stage, code, text)
			}
			if verdict == Accepted && stage != StageEnd {
				t.Errorf("%s %d: accepted before the end", stage, code)
			}
			refused := verdict == RefusedPerson || verdict == RefusedRelay
			if refused && (code < 500 || code > 599) {
				t.Errorf("%s %d: refused without proof", stage, code)
			}
		}
	})
}

func TestResultErrNilOnlyWhenAccepted(t *testing.T) {
	s := &session{heard: &peer{}}
	if r := s.result(StageEnd, said(252, "fine")); r.Err != nil || r.Verdict != Accepted {
		t.Errorf("accepted with an error: %+v", r)
	}
	if r := s.result(StageEnd, io.EOF); !errors.Is(r.Err, io.EOF) {
		t.Errorf("the cause is lost: %v", r.Err)
	}
}
