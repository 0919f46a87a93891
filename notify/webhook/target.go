package webhook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"meldklok/incident"
	"meldklok/ui/locale"
)

// Format is the form of a receiver's posts.
type Format string

// The formats.
const (
	JSON      Format = "json"      // signed; see the package text
	Teams     Format = "teams"     // an Adaptive Card for a Microsoft Teams workflow
	Slack     Format = "slack"     // a text with Slack's own markup
	Ntfy      Format = "ntfy"      // plain text, the rest in headers
	Heartbeat Format = "heartbeat" // an empty or one-line ping
)

// Target is one receiver. Make it with [Parse].
type Target struct {
	Format Format
	Lang   string // of its texts
	Fail   bool   // a heartbeat: ping ADDRESS/fail while something is red
	Get    bool   // a heartbeat: GET instead of POST
	// Entries are the kinds of log entries that the receiver is told of, or
	// [AllKinds]; empty: none (JSON alone).
	Entries []string
	// Secret gives the signing key (JSON, required) or the access token (ntfy,
	// optional). It is asked at every attempt, so that a changed file is seen.
	Secret func(ctx context.Context) (string, error)

	name    string
	address *url.URL
}

// maxAddressFile bounds a file that holds an address, in bytes.
const maxAddressFile = 8 << 10

// Parse reads FORMAT+https://ADDRESS[#OPTION&OPTION…] or FORMAT+file:PATH; see
// the package text. No error shows the address, which may be a secret.
func Parse(text string) (Target, error) {
	scheme, rest, _ := strings.Cut(text, ":")
	format, way, _ := strings.Cut(scheme, "+")
	t := Target{Format: Format(format), Lang: locale.Dutch}
	switch t.Format {
	case JSON, Teams, Slack, Ntfy, Heartbeat:
	default:
		return Target{}, errors.New("webhook: an address begins with json+https://, teams+https://, slack+https://, ntfy+https:// or heartbeat+https://")
	}
	address := way + ":" + rest
	if way == "file" {
		var err error
		if address, err = readAddress(rest); err != nil {
			return Target{}, fmt.Errorf("webhook: %w", err)
		}
	}
	if err := t.read(address); err != nil {
		return Target{}, fmt.Errorf("webhook: %s: %w", format, err)
	}
	return t, nil
}

// readAddress reads the address that a file holds.
func readAddress(path string) (string, error) {
	raw, err := os.ReadFile(strings.TrimPrefix(path, "//"))
	if err != nil {
		return "", fmt.Errorf("read the address: %w", err)
	}
	if len(raw) > maxAddressFile {
		return "", errors.New("read the address: the file holds more than an address")
	}
	return strings.TrimSpace(string(raw)), nil
}

// read takes the address and its options apart.
func (t *Target) read(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return errors.New("that is not an address") // the error of url.Parse quotes it
	case u.Scheme != "https" && u.Scheme != "http", u.Host == "":
		return errors.New("the address must begin with https://")
	case u.User != nil:
		return errors.New("put a password or token in a file, not in the address")
	}
	insecure, err := t.options(u.EscapedFragment())
	if err != nil {
		return err
	}
	if u.Scheme == "http" && !insecure && !loopback(u.Hostname()) {
		return errors.New("http:// would send in the clear: use https://, or add #insecure")
	}
	if u.Query().Has("insecure") {
		return errors.New("what follows the ? is the receiver's: write #insecure")
	}
	u.Fragment, u.RawFragment = "", ""
	if _, err := http.NewRequest(http.MethodPost, u.String(), nil); err != nil {
		return errors.New("that is not an address")
	}
	t.address, t.name = u, fmt.Sprintf("%s+%s://%s", t.Format, u.Scheme, u.Host)
	return nil
}

// options reads what follows the #. An option that is not known is an error: a
// misspelt one must not quietly mean nothing.
func (t *Target) options(fragment string) (insecure bool, err error) {
	if fragment == "" {
		return false, nil
	}
	for option := range strings.SplitSeq(fragment, "&") {
		switch {
		case option == "insecure":
			insecure = true
		case option == "lang="+locale.Dutch, option == "lang="+locale.English:
			t.Lang = strings.TrimPrefix(option, "lang=")
		case strings.HasPrefix(option, "entries=") && t.Format == JSON:
			if t.Entries, err = kindsOf(strings.TrimPrefix(option, "entries=")); err != nil {
				return false, err
			}
		case option == "fail" && t.Format == Heartbeat:
			t.Fail = true
		case option == "get" && t.Format == Heartbeat:
			t.Get = true
		default:
			return false, errors.New("an option after the # is not known: lang=nl, lang=en and insecure are, and fail and get for a heartbeat, and entries= for json")
		}
	}
	return insecure, nil
}

// kindsOf reads the kinds of entries that are asked for.
func kindsOf(list string) (kinds []string, err error) {
	for kind := range strings.SplitSeq(list, ",") {
		if kind != AllKinds && !slices.Contains(incident.Kinds(), incident.Kind(kind)) {
			return nil, errors.New("after entries= there is a kind that no entry has; meldklok help json lists them, and all means every one")
		}
		kinds = append(kinds, kind)
	}
	return kinds, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// key names the receiver for the record, without showing its address.
func (t Target) key() string {
	sum := sha256.Sum256([]byte(t.address.String()))
	return hex.EncodeToString(sum[:16])
}

// Name tells format, scheme and host: what may be logged and shown.
func (t Target) Name() string { return t.name }

// String is Name, so that printing a target shows nothing secret.
func (t Target) String() string { return t.name }

// GoString is Name too.
func (t Target) GoString() string { return t.name }

// TakesSecret reports whether the format has a use for a secret, and whether it
// cannot do without.
func (t Target) TakesSecret() (takes, needs bool) {
	return t.Format == JSON || t.Format == Ntfy, t.Format == JSON
}

// takes reports whether a receiver is told of a kind of post.
func (t Target) takes(kind Kind) bool {
	switch kind {
	case KindBeat:
		return t.Format == Heartbeat
	case KindFail:
		return t.Format == Heartbeat && t.Fail
	}
	return t.Format != Heartbeat
}
