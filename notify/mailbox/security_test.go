package mailbox

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// certificate makes a certificate for localhost and the roots that trust it.
func certificate(t testing.TB) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	cert, err := x509.ParseCertificate(der)
	must(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, &tls.Config{RootCAs: roots}
}

// TestSecurity: TLS and STARTTLS work, and a certificate that nobody vouches
// for ends the matter before a password is sent.
func TestSecurity(t *testing.T) {
	server, client := certificate(t)
	for _, row := range []struct {
		security Security
		config   *tls.Config
		trouble  string
	}{
		{SecurityTLS, client, ""}, {SecurityStartTLS, client, ""},
		{SecurityTLS, nil, TroubleCertificate}, {SecurityStartTLS, nil, TroubleCertificate},
	} {
		s := newMailServer(t, func(s *mailServer) { s.tls = server })
		m := s.mailbox()
		m.Security, m.TLS, m.Timeout = row.security, row.config, 5*time.Second
		if row.security == SecurityTLS {
			plain := m.Dial
			m.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				return plain(ctx, network, address)
			}
			s.ln.secure(server)
		}
		s.put(mailText("veilig"), testNow)
		r := newRecord()
		w, stop := r.watch(t, m)
		for began := time.Now(); time.Since(began) < 5*time.Second; time.Sleep(5 * time.Millisecond) {
			if st := w.Status(); !st.LastGood.IsZero() || st.Trouble != nil {
				break
			}
		}
		st := w.Status()
		if (st.Trouble == nil) != (row.trouble == "") || (st.Trouble != nil && st.Trouble.Code != row.trouble) || (row.trouble == "" && len(r.subjects()) != 1) {
			t.Errorf("%s: %+v, kept %q", row.security, st.Trouble, r.subjects())
		}
		stop()
	}
}

// TestSettings: what cannot work is said before anything is tried.
func TestSettings(t *testing.T) {
	good := Mailbox{Name: "a", Address: "mail.example:993", Password: func(context.Context) (string, error) { return "", nil }, Since: testNow}
	for why, change := range map[string]func(*Mailbox){
		"":                    func(*Mailbox) {},
		"name":                func(m *Mailbox) { m.Name = "" },
		"host:port":           func(m *Mailbox) { m.Address = "mail.example" },
		"security":            func(m *Mailbox) { m.Security = "ssl" },
		"only this machine":   func(m *Mailbox) { m.Security = SecurityNone },
		"password or a token": func(m *Mailbox) { m.Password = nil },
		"start moment":        func(m *Mailbox) { m.Since = time.Time{} },
		"folder it is in":     func(m *Mailbox) { m.MoveTo = "inbox" },
	} {
		m := good
		change(&m)
		_, err := NewWatcher(m, Seams{Accept: newRecord().Accept, AcceptAll: newRecord().AcceptAll, LoadCursor: newRecord().LoadCursor, Missing: newRecord().Missing, Now: time.Now})
		if (err == nil) != (why == "") || (err != nil && !strings.Contains(err.Error(), why)) {
			t.Errorf("%q: %v", why, err)
		}
	}
}

// TestCheck: the self-test names the step that fails and tries nothing after.
func TestCheck(t *testing.T) {
	for _, row := range []struct {
		why, failed, trouble string
		change               func(*Mailbox)
	}{
		{why: "all is well", change: func(*Mailbox) {}},
		{why: "wrong password", failed: stageSignIn, trouble: TroubleSignIn, change: func(m *Mailbox) { m.Password = secretOf("wrong") }},
		{why: "no such folder", failed: stageFolder, trouble: TroubleFolder, change: func(m *Mailbox) { m.Folder = "Nergens" }},
		{why: "no token", failed: stageToken, trouble: TroubleToken, change: func(m *Mailbox) {
			m.Token = func(context.Context, bool) (string, error) { return "", context.Canceled }
		}},
		{why: "a folder to move to is made", change: func(m *Mailbox) { m.MoveTo = "Meldklok" }},
	} {
		s := newMailServer(t, nil)
		s.put(mailText("een"), testNow)
		m := s.mailbox()
		row.change(&m)
		steps, err := Check(t.Context(), m)
		must(t, err)
		if len(steps) != len(Steps()) {
			t.Fatalf("%s: %d steps", row.why, len(steps))
		}
		reached := true
		for _, step := range steps {
			if step.Name == row.failed {
				reached = false
				if step.Trouble == nil || step.Trouble.Code != row.trouble {
					t.Errorf("%s: %s: %+v", row.why, step.Name, step.Trouble)
				}
			}
			if step.OK != reached || (step.OK && step.Trouble != nil) {
				t.Errorf("%s: %+v", row.why, step)
			}
		}
		if len(s.folder("INBOX")) != 1 {
			t.Errorf("%s: the message is gone", row.why)
		}
	}
	if _, err := Check(t.Context(), Mailbox{}); err == nil {
		t.Error("settings that cannot work were tried")
	}
}
