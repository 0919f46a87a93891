package mailertest

import (
	"bytes"
	"errors"
	"io"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// session is one client's conversation, as go-smtp tells it.
type session struct {
	server   *Server
	conn     *smtp.Conn
	from, to string
}

// Mail implements smtp.Session.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

// Rcpt implements smtp.Session. One recipient per message is a rule of ours,
// so a second one is refused.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.to != "" {
		return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 5, 3}, Message: "one recipient, please"}
	}
	s.to = to
	return nil
}

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	fault := s.endOfData()
	if fault.At != AfterData || fault.Keep {
		s.server.record(Message{From: s.from, To: s.to, Raw: bytes.Clone(raw), At: time.Now()})
	}
	if fault.At != AfterData {
		return nil
	}
	if fault.Code == 0 || fault.HangUp {
		w := s.wire()
		w.strike(fault)
		return errStruck
	}
	return fault.smtpError()
}

// endOfData takes the fault that waits for the final dot, and lets commands be
// seen again.
func (s *session) endOfData() Fault {
	w := s.wire()
	if w == nil {
		return Fault{}
	}
	w.inData = false
	if w.fault.At != AfterData {
		return Fault{}
	}
	fault := w.fault
	w.fault = Fault{}
	return fault
}

// wire is the connection below; nil once it is encrypted.
func (s *session) wire() *wire {
	w, _ := s.conn.Conn().(*wire)
	return w
}

// Reset implements smtp.Session.
func (s *session) Reset() { s.from, s.to = "", "" }

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }

// AuthMechanisms implements smtp.AuthSession.
func (s *session) AuthMechanisms() []string {
	if s.server.Tokens != nil {
		return []string{sasl.Plain, "XOAUTH2"}
	}
	return []string{sasl.Plain}
}

// Auth implements smtp.AuthSession.
func (s *session) Auth(mechanism string) (sasl.Server, error) {
	if mechanism == "XOAUTH2" {
		return &xoauth2{tokens: s.server.Tokens}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error {
		if want, known := s.server.Users[user]; s.server.Users != nil && (!known || want != password) {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

// xoauth2 is the server's half of a login by access token, as Microsoft and
// Google document it: a refused token is explained in a challenge that the
// client answers with nothing.
type xoauth2 struct {
	tokens  map[string]string
	refused bool
}

// Next implements sasl.Server.
func (x *xoauth2) Next(response []byte) (challenge []byte, done bool, err error) {
	if x.refused {
		return nil, false, smtp.ErrAuthFailed
	}
	user, rest, ok := bytes.Cut(bytes.TrimPrefix(response, []byte("user=")), []byte("\x01auth=Bearer "))
	if !ok {
		return nil, false, errors.New("malformed")
	}
	if token, known := x.tokens[string(user)]; known && token == string(bytes.TrimSuffix(rest, []byte("\x01\x01"))) {
		return nil, true, nil
	}
	x.refused = true
	return []byte(`{"status":"400","scope":"SMTP.SendAsApp"}`), false, nil
}
