package mailer

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// Open dials, encrypts and logs in, all within Timeout and the context. Its
// error is an *OpenError.
func (r Relay) Open(ctx context.Context) (Conn, error) {
	s, stage, err := r.open(ctx)
	if err != nil {
		verdict, reason := classify(stage, err)
		code, enhanced, reply := answer(err)
		return nil, &OpenError{Relay: r.Name(), Verdict: verdict, Reason: reason, Stage: stage,
			Code: code, Enhanced: enhanced, Reply: reply, Err: err}
	}
	return s, nil
}

// open is Open without the judgement: it tells the stage it came to.
func (r Relay) open(ctx context.Context) (*session, Stage, error) {
	if err := r.check(); err != nil {
		return nil, StageTLS, &refusal{verdict: RefusedRelay, reason: ReasonTLS, text: err.Error()}
	}
	limit, _ := r.timeouts()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	with, err := r.credentials(ctx)
	if err != nil {
		return nil, StageLogin, err
	}
	raw, err := r.dial(ctx)
	if err != nil {
		return nil, StageConnect, err
	}
	s := &session{relay: r, raw: raw}
	stage := StageConnect
	err = s.within(ctx, limit, func() (err error) {
		stage, err = s.establish(ctx, with)
		return err
	})
	if err != nil {
		_ = raw.Close() // the error that matters is err
		return nil, stage, err
	}
	return s, "", nil
}

// dial makes the connection.
func (r Relay) dial(ctx context.Context) (net.Conn, error) {
	if r.Dial != nil {
		return r.Dial(ctx, "tcp", r.addr())
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", r.addr())
}

// establish takes a dialled connection to the point where mail can be sent.
func (s *session) establish(ctx context.Context, with credentials) (Stage, error) {
	config := &tls.Config{ServerName: s.relay.Host, RootCAs: s.relay.RootCAs, MinVersion: tls.VersionTLS12}
	s.heard = &peer{Conn: s.raw}
	if s.relay.Security == TLS {
		secured := tls.Client(s.raw, config)
		if err := secured.HandshakeContext(ctx); err != nil {
			return StageTLS, err
		}
		s.heard.Conn = secured
	}
	if err := s.greet(); err != nil {
		return StageConnect, err
	}
	if s.relay.Security == StartTLS {
		if err := s.startTLS(config); err != nil {
			return StageTLS, err
		}
	}
	if with.user == "" {
		return StageLogin, nil
	}
	l := &login{with: with, trusted: s.relay.Security != Plain || s.relay.loopback()}
	return StageLogin, l.explain(s.client.Auth(l))
}

// greet hears the greeting and says EHLO.
func (s *session) greet() (err error) {
	if s.client, err = smtp.NewClient(s.heard, s.relay.Host); err != nil {
		return err
	}
	s.greeted = time.Now()
	name := s.relay.Hello
	if name == "" {
		name, err = os.Hostname()
	}
	if err != nil || name == "" {
		name = "localhost"
	}
	return s.client.Hello(name)
}

// startTLS demands encryption. A server that does not offer it may have been
// made to say so by somebody on the way, so there is no falling back.
func (s *session) startTLS(config *tls.Config) error {
	if offered, _ := s.client.Extension("STARTTLS"); !offered {
		return &refusal{verdict: RefusedRelay, reason: ReasonTLS, text: "the server does not offer STARTTLS"}
	}
	return s.client.StartTLS(config)
}

// peer is the connection as the client sees it, encrypted or not; it remembers the first line that was heard.
type peer struct {
	net.Conn
	greeting []byte
	complete bool
}

// maxGreeting bounds what is remembered (RFC 5321 section 4.5.3.1.5).
const maxGreeting = 512

// Read implements net.Conn.
func (p *peer) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b)
	if !p.complete {
		p.greeting = append(p.greeting, b[:min(n, maxGreeting-len(p.greeting))]...)
		p.complete = len(p.greeting) == maxGreeting || strings.Contains(string(p.greeting), "\n")
	}
	return n, err
}

// clock is the date in the greeting, as sendmail, Exim and Exchange give it
// (RFC 5322 section 3.3); zero when there is none.
func (p *peer) clock() time.Time {
	line, _, _ := strings.Cut(string(p.greeting), "\n")
	words := strings.Fields(line)
	for i := 0; i+6 <= len(words); i++ {
		t, err := time.Parse("Mon, 2 Jan 2006 15:04:05 -0700", strings.Join(words[i:i+6], " "))
		if err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// within runs one step with a deadline on the connection, and cuts the
// connection when the context ends first. The wait cannot outlast either.
func (s *session) within(ctx context.Context, limit time.Duration, step func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.raw.SetDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = s.raw.Close() })
	err := step()
	if !stop() {
		s.gone = true
	}
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%w (%w)", err, context.Cause(ctx))
	}
	return err
}
