package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/smtp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/ui/locale"
)

// newCertificate writes a certificate for localhost that ends at the moment.
func newCertificate(t *testing.T, dir string, serial int64, ends time.Time) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-hour), NotAfter: ends}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// TestBuiltInTLS: the pages by https, with word to browsers to stay there;
// plain http is sent on; mail in offers STARTTLS; a renewed certificate counts
// at once, and a broken one does not close the door.
func TestBuiltInTLS(t *testing.T) {
	dir := t.TempDir()
	cert, key := newCertificate(t, dir, 1, time.Now().Add(90*24*hour))
	p := startProgram(t, dir, nil, nil, "--tls-cert", cert, "--tls-key", key, "--url", "https://localhost", "--listen", "127.0.0.1:0", "--mail-listen", "127.0.0.1:0", "--redirect-listen", "127.0.0.1:0")
	pages, plain, mail := p.said(`pages +https://(\S+)`), p.said(`redirect +http://(\S+)`), p.said(`mail in +(\S+)`)
	trusting := &tls.Config{InsecureSkipVerify: true, ServerName: "localhost"} // the certificate is the test's own
	client := &http.Client{
		Transport:     &http.Transport{TLSClientConfig: trusting, DisableKeepAlives: true, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	look := func(url string) *http.Response {
		resp, err := client.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp
	}
	first := look("https://" + pages + "/melden")
	if first.StatusCode != http.StatusOK || first.Proto != "HTTP/2.0" || first.Header.Get("Strict-Transport-Security") == "" || first.TLS.PeerCertificates[0].SerialNumber.Int64() != 1 {
		t.Errorf("%s %s, HSTS %q", first.Proto, first.Status, first.Header.Get("Strict-Transport-Security"))
	}
	if on := look("http://" + plain + "/melden?lang=en"); on.StatusCode != http.StatusMovedPermanently || on.Header.Get("Location") != "https://localhost/melden?lang=en" {
		t.Errorf("plain http: %s to %s", on.Status, on.Header.Get("Location"))
	}
	if resp, err := client.Post("http://"+plain+"/melden", "text/plain", strings.NewReader("x")); err != nil || resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a form by plain http: %v %v", resp, err)
	}
	c, err := smtp.Dial(mail)
	if err == nil {
		err = c.StartTLS(trusting)
	}
	if err != nil {
		t.Errorf("STARTTLS: %v", err)
	} else if err := c.Quit(); err != nil {
		t.Error(err)
	}

	newCertificate(t, dir, 2, time.Now().Add(90*24*hour))
	if serial := look("https://" + pages + "/livez").TLS.PeerCertificates[0].SerialNumber.Int64(); serial != 2 {
		t.Errorf("after the renewal the certificate is number %d", serial)
	}
	if err := os.WriteFile(key, []byte("half a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if serial := look("https://" + pages + "/livez").TLS.PeerCertificates[0].SerialNumber.Int64(); serial != 2 {
		t.Errorf("with a broken key the certificate is number %d", serial)
	}
	until(t, "word of the broken renewal", func() bool {
		resp, err := client.Get("https://" + pages + "/healthz")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		var body bytes.Buffer
		_, _ = body.ReadFrom(resp.Body)
		return strings.Contains(body.String(), "certificate-unreadable")
	})
	p.stop()
}

// TestCertificateFindings: fourteen days before its end a certificate is amber,
// after it red; each has its words.
func TestCertificateFindings(t *testing.T) {
	ends := time.Now().Add(100 * 24 * hour).Truncate(time.Second)
	cert, key := newCertificate(t, t.TempDir(), 1, ends)
	c := &certificate{certFile: cert, keyFile: key}
	if err := c.read(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		at   time.Time
		want []string
	}{
		{ends.Add(-15 * 24 * hour), nil},
		{ends.Add(-certSoon), []string{"certificate-ends"}},
		{ends.Add(-time.Second), []string{"certificate-ends"}},
		{ends, []string{"certificate-ended"}},
	}
	for _, tt := range tests {
		var got []string
		for _, f := range c.findings(tt.at) {
			got = append(got, f.Code)
			if !locale.Has("health."+f.Code) || !locale.Has("health."+f.Code+".todo") || (f.Level == incident.Red) != (f.Code == "certificate-ended") {
				t.Errorf("%s: no words, or the wrong level", f.Code)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s before the end: %v, want %v", ends.Sub(tt.at), got, tt.want)
		}
	}
	if f := (*certificate)(nil).findings(ends); f != nil {
		t.Errorf("without a certificate: %v", f)
	}
}

// TestTLSSettings: what does not go together is refused in words.
func TestTLSSettings(t *testing.T) {
	cert, key := newCertificate(t, t.TempDir(), 1, time.Now().Add(hour))
	tests := []struct {
		why  string
		c    TLSConfig
		url  string
		says string
	}{
		{"all is well", TLSConfig{TLSCert: cert, TLSKey: key, RedirectListen: ":80"}, "https://x", ""},
		{"nothing is set", TLSConfig{}, "http://x", ""},
		{"a proxy does the rest", TLSConfig{RedirectListen: ":80"}, "https://x", ""},
		{"links would lead to plain http", TLSConfig{TLSCert: cert, TLSKey: key}, "http://x", "https://"},
		{"no key", TLSConfig{TLSCert: cert}, "https://x", "both"},
		{"nowhere to send on to", TLSConfig{RedirectListen: ":80"}, "http://x", "redirect"},
		{"no such file", TLSConfig{TLSCert: cert + "x", TLSKey: key}, "https://x", "no such file"},
	}
	for _, tt := range tests {
		_, err := tt.c.certificate(tt.url)
		if (tt.says == "") != (err == nil) || (err != nil && !strings.Contains(err.Error(), tt.says)) {
			t.Errorf("%s: %v", tt.why, err)
		}
	}
}
