package mailer_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"meldklok/notify/mailer"
)

// signer makes a throw-away certificate for signing mail.
func signer(t *testing.T) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Meldklok"}, EmailAddresses: []string{"meldklok@example.org"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// TestSigned: a signed mail keeps its headers and text, and openssl, where it is
// installed, accepts the signature and refuses a changed word.
func TestSigned(t *testing.T) {
	cert := signer(t)
	raw, err := mailer.ComposeSigned(mailer.Mail{
		From: "meldklok@example.org", To: "officer@example.org", Subject: "2026-0001", MessageID: "x@example.org",
		Date: time.Now(), Text: "de termijn loopt af", HTML: "<p>de termijn loopt af</p>",
	}, cert)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"multipart/signed", "application/pkcs7-signature", "Message-ID: <x@example.org>", "de termijn loopt af"} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("the signed mail lacks %q", want)
		}
	}
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Log("openssl is not installed: the signature itself was not checked")
		return
	}
	if out, ok := verified(t, openssl, raw, cert); !ok {
		t.Errorf("openssl refuses the signature: %s", out)
	}
	if _, ok := verified(t, openssl, []byte(strings.Replace(string(raw), "loopt af", "loopt op", 1)), cert); ok {
		t.Error("openssl accepts a changed text")
	}
}

func verified(t *testing.T, openssl string, raw []byte, cert *tls.Certificate) (out string, ok bool) {
	t.Helper()
	dir := t.TempDir()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]})
	for name, data := range map[string][]byte{"mail.eml": raw, "ca.pem": authority} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	said, err := exec.Command(openssl, "cms", "-verify", "-in", filepath.Join(dir, "mail.eml"), "-CAfile", filepath.Join(dir, "ca.pem"), "-out", os.DevNull).CombinedOutput()
	return string(said), err == nil
}
