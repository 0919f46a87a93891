package mailer_test

import (
	"testing"

	"meldklok/notify/mailer"
	"meldklok/notify/mailer/mailertest"

	gomail "github.com/wneessen/go-mail"
)

// The two benchmarks send the same mail over one connection on loopback:
// stored bytes by ours, the same content composed at each sending by go-mail's
// own client.

func benchMail() mailer.Mail {
	m := receiptMail()
	m.HTML = "<p>De termijn loopt af.</p>"
	return m
}

func BenchmarkSend(b *testing.B) {
	l, stop := benchServer(b)
	defer stop()
	c, err := mailer.Relay{Security: mailer.Plain, Host: "127.0.0.1", Port: l}.Open(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	stored, err := mailer.Compose(benchMail())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if r := c.Send(b.Context(), from, to, stored); r.Verdict != mailer.Accepted {
			b.Fatalf("%+v", r)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
}

func BenchmarkGoMailClient(b *testing.B) {
	port, stop := benchServer(b)
	defer stop()
	c, err := gomail.NewClient("127.0.0.1", gomail.WithPort(port), gomail.WithTLSPolicy(gomail.NoTLS))
	if err != nil {
		b.Fatal(err)
	}
	if err := c.DialWithContext(b.Context()); err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	for b.Loop() {
		if err := c.Send(goMailMessage(b)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
}

func BenchmarkCompose(b *testing.B) {
	m := benchMail()
	for b.Loop() {
		if _, err := mailer.Compose(m); err != nil {
			b.Fatal(err)
		}
	}
}

// benchServer serves on loopback and gives its port.
func benchServer(b *testing.B) (port int, stop func()) {
	b.Helper()
	srv := mailertest.New()
	l := loopback(b)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	return portOf(l), func() {
		l.Close()
		srv.Close()
		<-done
	}
}

// goMailMessage is benchMail as a user of go-mail would make it.
func goMailMessage(b *testing.B) *gomail.Msg {
	b.Helper()
	m := benchMail()
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := msg.From(m.From); err != nil {
		b.Fatal(err)
	}
	if err := msg.To(m.To); err != nil {
		b.Fatal(err)
	}
	msg.Subject(m.Subject)
	msg.SetDateWithValue(m.Date)
	msg.SetMessageIDWithValue(m.MessageID)
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return msg
}
