package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"meldklok/incident"
)

// TLSConfig says how the doors are encrypted without a proxy before them.
type TLSConfig struct {
	TLSCert        string `name:"tls-cert" help:"Certificate (PEM, with those in between) for https pages and STARTTLS of mail in; read again when it changes." env:"MELDKLOK_TLS_CERT" type:"path" placeholder:"FILE"`
	TLSKey         string `name:"tls-key" help:"Its private key (PEM)." env:"MELDKLOK_TLS_KEY" type:"path" placeholder:"FILE"`
	RedirectListen string `help:"Address, like :80, that sends whoever comes by plain http on to --url." env:"MELDKLOK_REDIRECT_LISTEN" placeholder:"ADDR"`
}

// certificate reads and checks the files. It returns nil when there are none.
func (c TLSConfig) certificate(url string) (*certificate, error) {
	https := strings.HasPrefix(url, "https://")
	switch {
	case c.RedirectListen != "" && !https:
		return nil, errors.New("--redirect-listen: there is nothing to redirect to: --url must begin with https://")
	case c.TLSCert == "" && c.TLSKey == "":
		return nil, nil
	case c.TLSCert == "" || c.TLSKey == "":
		return nil, errors.New("--tls-cert and --tls-key belong together: give both")
	case !https:
		return nil, errors.New("--tls-cert: the pages are then served by https only: --url must begin with https://")
	}
	cert := &certificate{certFile: c.TLSCert, keyFile: c.TLSKey}
	if err := cert.read(); err != nil {
		return nil, fmt.Errorf("--tls-cert, --tls-key: %w", err)
	}
	return cert, nil
}

// certificate is a pair of files that is read again when one of them changes,
// so that a renewal needs no restart.
type certificate struct {
	certFile, keyFile string

	mu     sync.Mutex
	pair   *tls.Certificate
	leaf   *x509.Certificate
	stamp  string // of the files as they were read last
	failed error  // why newer files cannot be used
}

// read reads the files when they differ from what was read last.
func (c *certificate) read() error {
	stamp := fileStamp(c.certFile) + fileStamp(c.keyFile)
	if c.pair != nil && stamp == c.stamp {
		return c.failed
	}
	c.stamp = stamp
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		c.failed = err
		return err
	}
	c.pair, c.leaf, c.failed = &pair, pair.Leaf, nil
	return nil
}

func fileStamp(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return "missing;"
	}
	return fmt.Sprint(info.ModTime().UnixNano(), info.Size(), ";")
}

// current returns the newest pair that could be read: half of a renewal must
// not close the door.
func (c *certificate) current() (pair *tls.Certificate, leaf *x509.Certificate, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	err = c.read()
	return c.pair, c.leaf, err
}

// config is for servers. It offers nothing older than TLS 1.2 (NCSC-NL,
// guidelines for TLS).
func (c *certificate) config() *tls.Config {
	if c == nil {
		return nil
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			pair, _, _ := c.current()
			return pair, nil
		},
	}
}

// certSoon is how long before its end a certificate is complained about.
const certSoon = 14 * 24 * time.Hour

// findings tells of a certificate that ends, has ended, or cannot be renewed.
func (c *certificate) findings(now time.Time) (f []incident.Finding) {
	if c == nil {
		return nil
	}
	_, leaf, err := c.current()
	left := leaf.NotAfter.Sub(now)
	switch {
	case left <= 0:
		f = append(f, incident.Finding{Code: "certificate-ended", Level: incident.Red})
	case left <= certSoon:
		f = append(f, incident.Finding{Code: "certificate-ends", Level: incident.Amber, Args: map[string]any{"n": int(left / (24 * time.Hour))}})
	}
	if err != nil {
		f = append(f, incident.Finding{Code: "certificate-unreadable", Level: incident.Amber})
	}
	return f
}

// ends returns when the certificate ends; ok is false when there is none.
func (c *certificate) ends() (at time.Time, ok bool) {
	if c == nil {
		return at, false
	}
	_, leaf, _ := c.current()
	return leaf.NotAfter, true
}

// redirect sends people on to the pages' address. Nothing but a look is sent
// on: what a form carries must not travel in the clear a second time.
func redirect(url string, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			log.LogAttrs(context.Background(), slog.LevelWarn, "a form came by plain http and was refused")
			http.Error(w, "use "+url, http.StatusMethodNotAllowed)
			return
		}
		http.Redirect(w, r, url+r.URL.RequestURI(), http.StatusMovedPermanently)
	})
}
