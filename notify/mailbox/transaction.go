package mailbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/emersion/go-smtp"

	"meldklok/incident"
)

// ErrTooLarge is for an Accept whose own limit is below the listener's: the
// sender gets 552 and will not try again.
var ErrTooLarge = errors.New("mailbox: the message is too large")

// What the listener answers. Everything that is not proved to be final is
// temporary: a mail server keeps a mail for days on 451 and bounces it on 5xx.
var (
	replyNotOurs  = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such recipient here"}
	replyTooLarge = &smtp.SMTPError{Code: 552, EnhancedCode: smtp.EnhancedCode{5, 3, 4}, Message: "The message is too large"}
	replyLater    = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Could not store the message, please try again later"}
)

// transaction is one client's session: envelope after envelope. In LMTP every
// recipient gets its own reply (RFC 2033, section 4.2); they are alike, since
// one commit keeps the message for all.
type transaction struct {
	listener   *Listener
	conn       *guardedConn
	sender     string
	recipients []string
}

// newSession starts the session of a connection that said hello.
func (l *Listener) newSession(c *smtp.Conn) (smtp.Session, error) {
	conn := c.Conn()
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn()
	}
	guarded, ok := conn.(*guardedConn)
	if !ok {
		return nil, fmt.Errorf("mailbox: a connection that Serve did not take")
	}
	return &transaction{listener: l, conn: guarded}, nil
}

// Mail begins an envelope. Every sender may write, <> included: that is how
// delivery reports come (RFC 5321, section 4.5.5).
func (t *transaction) Mail(from string, _ *smtp.MailOptions) error {
	t.conn.step()
	t.sender = from
	return nil
}

// Rcpt takes our own recipients only, so that nobody can relay through us.
func (t *transaction) Rcpt(to string, _ *smtp.RcptOptions) error {
	if !t.listener.config.Own(to) {
		return replyNotOurs
	}
	t.conn.step()
	if !slices.Contains(t.recipients, to) {
		t.recipients = append(t.recipients, to)
	}
	return nil
}

// Data streams the message to Accept and answers 250 only after it returned
// nil and had read everything.
func (t *transaction) Data(r io.Reader) (reply error) {
	t.conn.begin()
	defer t.conn.drain()
	defer func() {
		if recover() != nil {
			t.listener.config.Log.Error("mail listener", "event", "accept panicked")
			reply = replyLater
		}
	}()
	ctx, cancel := context.WithTimeout(t.listener.ctx, t.listener.config.MessageTimeout)
	defer cancel()
	body := &watchedReader{r: r, step: t.conn.step}
	in := incident.Incoming{
		Channel:    t.channel(),
		Sender:     t.sender,
		Recipients: slices.Clone(t.recipients),
		Arrived:    t.listener.config.Now().UTC(),
		Body:       body,
	}
	return t.reply(t.listener.config.Accept(ctx, in), body)
}

// reply turns the outcome into what the client is told.
func (t *transaction) reply(err error, body *watchedReader) error {
	refusal := new(smtp.SMTPError)
	switch {
	case err == nil && body.ended:
		t.conn.handedOver()
		return nil
	case errors.Is(err, ErrTooLarge) || (errors.As(body.failed, &refusal) && refusal.Code == replyTooLarge.Code):
		return replyTooLarge
	case body.failed != nil:
		t.conn.broken.Store(true)
	case err == nil:
		err = errors.New("accept returned before the end of the message")
	}
	t.listener.config.Log.Warn("mail listener", "event", "not accepted", "error", err)
	return replyLater
}

func (t *transaction) channel() incident.Channel {
	if t.listener.config.LMTP {
		return incident.ChannelLMTP
	}
	return incident.ChannelSMTP
}

// Reset ends an envelope, whatever became of it.
func (t *transaction) Reset() {
	t.sender, t.recipients = "", nil
	t.conn.end()
}

// Logout ends the session.
func (t *transaction) Logout() error { return nil }

// watchedReader knows whether a message was read to its end.
type watchedReader struct {
	r      io.Reader
	step   func() // told about every piece
	ended  bool
	failed error // the first error that was no end
}

func (w *watchedReader) Read(p []byte) (int, error) {
	n, err := w.r.Read(p[:min(len(p), 64<<10)]) // small pieces, so that step is told in time
	w.step()
	if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		w.ended = true
	} else if err != nil && w.failed == nil {
		w.failed = err
	}
	return n, err
}
