package webhook

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const secret = "whsec_dGhpcyBpcyBhIHNlY3JldCBmb3IgYSB0ZXN0"

func gives(secret string, err error) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return secret, err }
}

// aim makes a target of a setting.
func aim(t *testing.T, setting string) Target {
	t.Helper()
	target, err := Parse(setting)
	if err != nil {
		t.Fatal(err)
	}
	target.Secret = gives(secret, nil)
	return target
}

// receiver is a real HTTPS server on loopback.
func receiver(t *testing.T, h http.HandlerFunc) (address string, roots *x509.CertPool) {
	t.Helper()
	s := httptest.NewTLSServer(h)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Cleanup(s.Close)
	roots = x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s.URL, roots
}

func sample() Note {
	n := samples()[0]
	n.ID = "msg_1"
	return n
}

// TestSigned: a JSON post over real TLS carries headers that verify, and its
// answer's Date reaches the clock.
func TestSigned(t *testing.T) {
	var header http.Header
	var body []byte
	address, roots := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		header = r.Header
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("Date", noon.Add(time.Hour).Format(http.TimeFormat))
		w.WriteHeader(http.StatusAccepted)
	})
	var peer time.Time
	r := New(Config{RootCAs: roots, Now: func() time.Time { return noon }, Peer: func(_ string, at time.Time) { peer = at }})
	if err := r.attempt(t.Context(), aim(t, "json+"+address+"/x"), sample()); err != nil {
		t.Fatal(err)
	}
	key, err := Key(secret)
	if err != nil {
		t.Fatal(err)
	}
	if got := header.Get("webhook-signature"); got != Sign(key, "msg_1", noon, body) || header.Get("webhook-id") != "msg_1" || header.Get("webhook-timestamp") != fmt.Sprint(noon.Unix()) {
		t.Errorf("the headers do not verify: %v", header)
	}
	if !bytes.Contains(body, []byte(`"reference":"2026-0042"`)) {
		t.Errorf("body %s", body)
	}
	if !peer.Equal(noon.Add(time.Hour)) {
		t.Errorf("the receiver's clock was read as %v", peer)
	}
}

// TestNtfyToken: the access token goes into the one header that is for it.
func TestNtfyToken(t *testing.T) {
	var got string
	address, roots := receiver(t, func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Get("Authorization") })
	target := aim(t, "ntfy+"+address+"/topic")
	target.Secret = gives("tk_abc\n", nil)
	if err := New(Config{RootCAs: roots, Now: time.Now}).attempt(t.Context(), target, sample()); err != nil || got != "Bearer tk_abc" {
		t.Errorf("Authorization %q, %v", got, err)
	}
}

// TestJudge: what an answer means. Only a proved refusal is final.
func TestJudge(t *testing.T) {
	tests := []struct {
		why    string
		status int
		reason string // empty: taken
		final  bool
	}{
		{"Slack and ntfy", 200, "", false},
		{"Teams", 202, "", false},
		{"nothing to say", 204, "", false},
		{"a redirect could lead elsewhere", 302, "status-302", true},
		{"one that keeps the method, too", 308, "status-308", true},
		{"a body that is not understood", 400, "status-400", true},
		{"a wrong key", 401, "status-401", true},
		{"a channel that is gone", 404, "status-404", true},
		{"too slow", 408, "status-408", false},
		{"too many", 429, "status-429", false},
		{"broken over there", 500, "status-500", false},
		{"away for a moment", 503, "status-503", false},
	}
	for _, tt := range tests {
		address, roots := receiver(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://elsewhere.invalid/")
			w.Header().Set("Retry-After", "17")
			w.WriteHeader(tt.status)
		})
		err := New(Config{RootCAs: roots, Now: time.Now}).attempt(t.Context(), aim(t, "slack+"+address), sample())
		var f *failure
		switch {
		case tt.reason == "":
			if err != nil {
				t.Errorf("%s: %v", tt.why, err)
			}
		case !errors.As(err, &f) || f.reason != tt.reason || f.final != tt.final || f.after != 17*time.Second:
			t.Errorf("%s: %#v, want %s", tt.why, err, tt.reason)
		}
	}
}

// TestNoOtherHost: a redirect is never followed, so a post reaches the host of
// the setting alone.
func TestNoOtherHost(t *testing.T) {
	reached := false
	other, roots := receiver(t, func(http.ResponseWriter, *http.Request) { reached = true })
	address, own := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other, http.StatusTemporaryRedirect)
	})
	_ = roots
	if err := New(Config{RootCAs: own, Now: time.Now}).attempt(t.Context(), aim(t, "json+"+address), sample()); err == nil || reached {
		t.Errorf("error %v, the other host was reached: %v", err, reached)
	}
}

// TestNoProxy: a proxy of the environment is not asked.
func TestNoProxy(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://proxy.invalid:1")
	if newClient(Config{}).Transport.(*http.Transport).Proxy != nil {
		t.Error("the client asks the environment for a proxy")
	}
}

// TestEndlessAnswer: an answer without end costs a bounded read.
func TestEndlessAnswer(t *testing.T) {
	address, roots := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 4<<10)); err != nil {
				return
			}
		}
	})
	start := time.Now()
	err := New(Config{RootCAs: roots, Now: time.Now}).attempt(t.Context(), aim(t, "slack+"+address), sample())
	if err != nil || time.Since(start) > attemptLimit/2 {
		t.Errorf("after %v: %v", time.Since(start), err)
	}
}

// TestNoSecretsTold: whatever goes wrong, neither log nor health names a path, a
// query, a token or a key.
func TestNoSecretsTold(t *testing.T) {
	refuses, roots := receiver(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "S3CRET", http.StatusForbidden) })
	const tail = "/S3CRET-path?sig=S3CRET-query"
	settings := map[string]string{
		"refused":              "slack+" + refuses + tail,
		"an unknown authority": "teams+" + refuses + tail,
		"nobody there":         "ntfy+https://127.0.0.1:1" + tail,
		"no such host":         "json+https://nowhere.invalid" + tail,
		"plain where TLS is":   "heartbeat+" + strings.Replace(refuses, "https", "http", 1) + tail,
		"TLS where plain is":   "heartbeat+https://" + plainServer(t) + tail,
		"a broken key":         "json+" + refuses + tail,
		"a broken token":       "ntfy+" + refuses + tail,
		"a missing file":       "json+" + refuses + tail,
	}
	for why, setting := range settings {
		target := aim(t, setting)
		switch why {
		case "a broken key":
			target.Secret = gives("whsec_S3CRET!!", nil)
		case "a broken token":
			target.Secret = gives("S3CRET\ntoken", nil)
		case "a missing file":
			target.Secret = gives("", errors.New("read the password: no such file"))
		}
		trusted := roots
		if why == "an unknown authority" {
			trusted = x509.NewCertPool()
		}
		var log bytes.Buffer
		r := New(Config{Targets: []Target{target}, RootCAs: trusted, Now: time.Now, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		err := r.attempt(t.Context(), target, sample())
		if err == nil {
			t.Errorf("%s: no error", why)
			continue
		}
		w := r.workers[0]
		w.failed(err, noon)
		w.lose(sample())
		told := fmt.Sprintf("%v %v %+v %s", err, r.Findings(), r.Status(), log.String())
		if strings.Contains(told, "S3CRET") || len(r.Findings()) != 1 && target.Format != Heartbeat {
			t.Errorf("%s: told %s", why, told)
		}
	}
}

func plainServer(t *testing.T) (hostport string) {
	t.Helper()
	s := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

// TestKey: what may be a signing key.
func TestKey(t *testing.T) {
	tests := []struct {
		why, secret string
		ok          bool
	}{
		{"the usual form", secret, true},
		{"any long text", "a sentence that nobody guesses", true},
		{"too short", "short", false},
		{"too short once decoded", "whsec_c2hvcnQ=", false},
		{"not base64", "whsec_***************************", false},
		{"nothing", "", false},
	}
	for _, tt := range tests {
		if _, err := Key(tt.secret); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.why, err)
		}
	}
}

// TestUnsignedIsNotSent: without its key a JSON post stays here.
func TestUnsignedIsNotSent(t *testing.T) {
	reached := false
	address, roots := receiver(t, func(http.ResponseWriter, *http.Request) { reached = true })
	target := aim(t, "json+"+address)
	target.Secret = nil
	if err := New(Config{RootCAs: roots, Now: time.Now}).attempt(t.Context(), target, sample()); err == nil || reached {
		t.Errorf("error %v, sent: %v", err, reached)
	}
}
