package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// attemptLimit bounds one attempt as a whole.
	attemptLimit = 15 * time.Second
	// answerLimit is how much of an answer is read; nothing in it is used.
	answerLimit = 64 << 10
)

// Reasons why an attempt failed. A refusal is "status-" and its number.
const (
	reasonNetwork  = "network"
	reasonTimeout  = "timeout"
	reasonTLS      = "tls"
	reasonSecret   = "secret"
	reasonForm     = "form"
	reasonOverflow = "overflow" // the queue was full: the oldest post was dropped
)

// failure is a failed attempt. Its text shows no address and no secret.
type failure struct {
	reason string
	final  bool          // trying the same again is of no use
	after  time.Duration // the receiver asked to wait so long; 0: it did not
	err    error
}

func (f *failure) Error() string { return fmt.Sprintf("webhook: %s: %v", f.reason, f.err) }
func (f *failure) Unwrap() error { return f.err }

// newClient makes a client that takes the straight way: no proxy, no redirect,
// bounds on everything. A redirect could lead a post to another host.
func newClient(cfg Config) *http.Client {
	dial := cfg.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: 10 * time.Second}).DialContext
	}
	return &http.Client{
		Timeout:       attemptLimit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dial, ForceAttemptHTTP2: true, DisableCompression: true,
			TLSClientConfig:     &tls.Config{RootCAs: cfg.RootCAs, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 12 * time.Second,
			IdleConnTimeout: 90 * time.Second, MaxIdleConns: 10, MaxResponseHeaderBytes: answerLimit,
		},
	}
}

// attempt sends a post once. Its error is a *failure.
func (r *Road) attempt(ctx context.Context, t Target, n Note) error {
	req, err := r.request(ctx, t, n)
	if err != nil {
		return err
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return unreached(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, answerLimit)) // so that the connection can be used again
	r.noteClock(t, resp)
	return judge(resp)
}

// request makes the HTTP request, signed or with its token.
func (r *Road) request(ctx context.Context, t Target, n Note) (*http.Request, error) {
	f, err := form(t, n, r.cfg.URL)
	if err != nil {
		return nil, &failure{reason: reasonForm, final: true, err: err}
	}
	address := *t.address
	if f.suffix != "" {
		address = *t.address.JoinPath(f.suffix)
	}
	req, err := http.NewRequestWithContext(ctx, f.method, address.String(), bytes.NewReader(f.body))
	if err != nil {
		return nil, &failure{reason: reasonForm, final: true, err: plain(err)}
	}
	req.Header = f.header
	req.Header.Set("User-Agent", "Meldklok")
	if err := r.authorise(req, t, n.ID, f.body); err != nil {
		return nil, &failure{reason: reasonSecret, err: err}
	}
	return req, nil
}

// authorise adds what proves to the receiver that the post is ours.
func (r *Road) authorise(req *http.Request, t Target, id string, body []byte) error {
	if takes, needs := t.TakesSecret(); !takes || t.Secret == nil {
		if needs {
			return errors.New("there is no signing key")
		}
		return nil
	}
	secret, err := t.Secret(req.Context())
	if err != nil {
		return err
	}
	secret = strings.TrimSpace(secret)
	switch t.Format {
	case JSON:
		key, err := Key(secret)
		if err != nil {
			return err
		}
		now := r.cfg.Now()
		req.Header.Set("Webhook-Id", id)
		req.Header.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
		req.Header.Set("Webhook-Signature", Sign(key, id, now, body))
	case Ntfy:
		req.Header.Set("Authorization", "Bearer "+secret)
	}
	return nil
}

// judge reads an answer. Only a refusal that proves that the same post will
// never be taken is final; whatever is not understood is tried again.
func judge(resp *http.Response) error {
	status := resp.StatusCode
	if status >= 200 && status <= 299 {
		return nil
	}
	f := &failure{reason: "status-" + strconv.Itoa(status), err: errors.New("the receiver answered " + http.StatusText(status))}
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
	default:
		f.final = status >= 300 && status <= 499
	}
	if seconds, err := strconv.ParseUint(resp.Header.Get("Retry-After"), 10, 16); err == nil {
		f.after = time.Duration(seconds) * time.Second
	}
	return f
}

// unreached explains why there was no answer.
func unreached(err error) *failure {
	f := &failure{reason: reasonNetwork, err: plain(err)}
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var network net.Error
	switch {
	case errors.As(err, &certificate), errors.As(err, &record):
		f.reason = reasonTLS
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		f.reason = reasonTimeout
	}
	return f
}

// plain takes the address off an error of net/http: it may hold a secret.
func plain(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// noteClock passes the receiver's clock on. An answer from a cache says nothing
// about it.
func (r *Road) noteClock(t Target, resp *http.Response) {
	if r.cfg.Peer == nil || resp.Header.Get("Age") != "" {
		return
	}
	if at, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		r.cfg.Peer(t.name, at)
	}
}
