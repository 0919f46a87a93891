package mailer_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"meldklok/notify/mailer"
	"meldklok/notify/mailer/mailertest"
)

// certificate is a throw-away one for localhost, and the pool that trusts it.
func certificate(t *testing.T, name string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// listen serves on a real loopback socket, wrapped in TLS when config is set,
// and gives its port.
func listen(t *testing.T, srv *mailertest.Server, config *tls.Config) int {
	t.Helper()
	l := loopback(t)
	port := portOf(l)
	if config != nil {
		l = tls.NewListener(l, config)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		l.Close()
		srv.Close()
		if err := <-served; !errors.Is(err, net.ErrClosed) {
			t.Errorf("serve: %v", err)
		}
	})
	return port
}

func TestTLS(t *testing.T) {
	cert, pool := certificate(t, "localhost")
	wrong, wrongPool := certificate(t, "other.example.org")
	tests := []struct {
		sentence string
		security mailer.Security
		cert     tls.Certificate
		trust    *x509.CertPool
		verdict  mailer.Verdict // empty: it opens and sends
	}{
		{"STARTTLS with a certificate that we trust", mailer.StartTLS, cert, pool, ""},
		{"smtps with a certificate that we trust", mailer.TLS, cert, pool, ""},
		{"STARTTLS with a certificate that nobody vouches for", mailer.StartTLS, cert, nil, mailer.RefusedRelay},
		{"smtps with a certificate that nobody vouches for", mailer.TLS, cert, nil, mailer.RefusedRelay},
		{"STARTTLS with a certificate for another name", mailer.StartTLS, wrong, wrongPool, mailer.RefusedRelay},
		{"smtps with a certificate for another name", mailer.TLS, wrong, wrongPool, mailer.RefusedRelay},
	}
	for _, tt := range tests {
		t.Run(tt.sentence, func(t *testing.T) {
			srv := mailertest.New()
			srv.Greeting = "relay.example.org Sun, 22 Nov 2026 14:43:00 +0000"
			srv.Users = map[string]string{"klok": "geheim"}
			config := &tls.Config{Certificates: []tls.Certificate{tt.cert}}
			var listener *tls.Config
			if tt.security == mailer.TLS {
				listener = config
			} else {
				srv.TLS = config
			}
			r := mailer.Relay{Security: tt.security, Host: "localhost", Port: listen(t, srv, listener),
				User: "klok", Password: secret("geheim"), RootCAs: tt.trust, Dial: dialLoopback, Timeout: 10 * time.Second}
			c, err := r.Open(t.Context())
			if tt.verdict != "" {
				var failed *mailer.OpenError
				if !errors.As(err, &failed) || failed.Verdict != tt.verdict || failed.Reason != mailer.ReasonTLS {
					t.Fatalf("opened: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if res := c.Send(t.Context(), from, to, raw); res.Verdict != mailer.Accepted || res.PeerTime.IsZero() {
					t.Errorf("result %+v", res)
				}
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			if got := len(srv.Messages()); got != 2 {
				t.Errorf("%d messages", got)
			}
		})
	}
}

// TestTLSWhereThereIsNone: smtps to a server that speaks in the clear is a
// wrong setting, not a server to try again.
func TestTLSWhereThereIsNone(t *testing.T) {
	srv := mailertest.New()
	r := mailer.Relay{Security: mailer.TLS, Host: "localhost", Port: listen(t, srv, nil), Dial: dialLoopback, Timeout: 10 * time.Second}
	_, err := r.Open(t.Context())
	var failed *mailer.OpenError
	if !errors.As(err, &failed) || failed.Verdict != mailer.RefusedRelay || failed.Reason != mailer.ReasonTLS {
		t.Errorf("opened: %v", err)
	}
}

// TestDialRefused dials a real port on which nobody listens.
func TestDialRefused(t *testing.T) {
	l := loopback(t)
	port := portOf(l)
	l.Close()
	_, err := mailer.Relay{Security: mailer.Plain, Host: "127.0.0.1", Port: port}.Open(t.Context())
	var failed *mailer.OpenError
	if !errors.As(err, &failed) || failed.Verdict != mailer.Temporary || !strings.HasPrefix(failed.Relay, "smtp://127.0.0.1:") {
		t.Errorf("opened: %v", err)
	}
}
