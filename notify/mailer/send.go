package mailer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// quitTimeout bounds the goodbye. Nothing depends on it.
const quitTimeout = 5 * time.Second

// session is an open connection to a relay.
type session struct {
	relay   Relay
	raw     net.Conn // as dialled: deadlines and the end go here
	heard   *peer    // what the client reads from
	client  *smtp.Client
	greeted time.Time // when the greeting was heard
	gone    bool
}

// Send implements Conn: MAIL, RCPT, DATA, for one recipient.
func (s *session) Send(ctx context.Context, from, to string, raw []byte) Result {
	if s.gone {
		return s.result(StageMail, errors.New("the connection is gone"))
	}
	if from != "" && checkAddress(from) != nil {
		return s.result(StageMail, &refusal{RefusedRelay, ReasonSender, "the sender is not a usable address"})
	}
	if err := checkAddress(to); err != nil {
		return s.result(StageRcpt, &refusal{RefusedPerson, ReasonAddress, err.Error()})
	}
	limit, end := s.relay.timeouts()
	stage, err := s.envelope(ctx, limit, from, to)
	if err != nil {
		return s.give(ctx, stage, err)
	}
	var reply string
	stage, reply, err = s.content(ctx, end, raw)
	if err != nil {
		return s.give(ctx, stage, err)
	}
	r := s.result(StageEnd, nil)
	r.Code, r.Reply, r.Enhanced = 250, oneLine(reply), enhancedCode(oneLine(reply))
	return r
}

// envelope says who writes to whom.
func (s *session) envelope(ctx context.Context, limit time.Duration, from, to string) (Stage, error) {
	// Addresses and bytes are ASCII. Asking for SMTPUTF8 all the same would
	// make the next server down the line bounce the mail if it lacks it.
	s.client.SkipSMTPUTF8(true)
	err := s.within(ctx, limit, func() error { return s.client.Mail("<" + from + ">") })
	if err != nil {
		return StageMail, err
	}
	return StageRcpt, s.within(ctx, limit, func() error { return s.client.Rcpt("<" + to + ">") })
}

// content hands over the bytes. Until the final dot is written the server
// cannot have accepted; from then on only its answer tells.
func (s *session) content(ctx context.Context, limit time.Duration, raw []byte) (stage Stage, reply string, err error) {
	stage = StageData
	err = s.within(ctx, limit, func() error {
		w, err := s.client.Data()
		if err != nil {
			return err
		}
		if _, err := w.Write(raw); err != nil {
			// Closing w would write the final dot and make half a mail whole.
			return err
		}
		stage = StageEnd
		err = w.Close()
		reply = replyText(w)
		return err
	})
	return stage, reply, err
}

// replyText is the server's text after the end of data, its queue number as a
// rule.
func replyText(w io.Writer) string {
	if said, ok := w.(interface{ ServerResponse() string }); ok {
		return said.ServerResponse()
	}
	return ""
}

// give judges a failed attempt and leaves the connection ready for the next
// mail, if it still can be.
func (s *session) give(ctx context.Context, stage Stage, err error) Result {
	var said *textproto.Error
	if !errors.As(err, &said) || said.Code == 421 {
		s.gone = true
	}
	if !s.gone {
		limit, _ := s.relay.timeouts()
		if s.within(ctx, limit, s.client.Reset) != nil {
			s.gone = true
		}
	}
	return s.result(stage, err)
}

// result puts a judged attempt into words.
func (s *session) result(stage Stage, err error) Result {
	verdict, reason := classify(stage, err)
	code, enhanced, reply := answer(err)
	r := Result{Verdict: verdict, Reason: reason, Stage: stage, Code: code, Enhanced: enhanced,
		Reply: reply, PeerTime: s.peerTime(), Gone: s.gone}
	if verdict != Accepted {
		r.Err = fmt.Errorf("mailer: %s: %s: %w", s.relay.Name(), stage, err)
	}
	return r
}

// peerTime is the server's clock now: its greeting's, plus what passed since.
func (s *session) peerTime() time.Time {
	at := s.heard.clock()
	if at.IsZero() {
		return at
	}
	return at.Add(time.Since(s.greeted))
}

// Close implements Conn.
func (s *session) Close() error {
	if !s.gone {
		s.gone = true
		// A server that hangs up at QUIT has kept what it accepted.
		_ = s.within(context.Background(), quitTimeout, s.client.Quit)
	}
	if err := s.raw.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("mailer: close %s: %w", s.relay.Name(), err)
	}
	return nil
}
