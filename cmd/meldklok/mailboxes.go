package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"meldklok/incident"
	"meldklok/notify/mailbox"
)

// MailboxConfig says which existing mailboxes are watched.
type MailboxConfig struct {
	Mailboxes      []string `name:"mailbox" help:"Existing mailbox to watch, like imaps://USER@HOST/INBOX?name=privacy; repeatable. What else it takes: meldklok help mailbox." env:"MELDKLOK_MAILBOX" placeholder:"URL"`
	MailboxSecrets []string `name:"mailbox-secret-file" help:"File with the password, client secret or token of the mailbox at the same place in the list; repeatable." env:"MELDKLOK_MAILBOX_SECRET_FILE" placeholder:"FILE"`
}

// watched is one mailbox of the configuration.
type watched struct {
	mailbox.Mailbox
	address string        // at which it receives: where probes go
	also    []string      // its other addresses
	from    time.Time     // what it held before is history; zero: the moment of the first start
	alarm   time.Duration // how old the last good look may be
	ends    time.Time     // when its secret expires; zero: unknown
}

// The ways of signing in.
const (
	authPassword  = "password"
	authMicrosoft = "microsoft" // client credentials (RFC 6749, section 4.4)
	authGoogle    = "google"    // a refresh token (section 6)
	authToken     = "token"     // an access token that another program keeps fresh
)

// mailboxes reads the addresses of the mailboxes. Every error names the one it
// is about by its place in the list, never by its content: somebody may have
// put a password there.
func (c MailboxConfig) mailboxes(now func() time.Time) (list []watched, err error) {
	var errs []error
	if len(c.MailboxSecrets) > len(c.Mailboxes) {
		errs = append(errs, errors.New("--mailbox-secret-file: more files than mailboxes"))
	}
	for i, text := range c.Mailboxes {
		secret := ""
		if i < len(c.MailboxSecrets) {
			secret = c.MailboxSecrets[i]
		}
		w, err := parseMailbox(text, secret, now)
		if err == nil && slices.ContainsFunc(list, func(o watched) bool { return o.Name == w.Name }) {
			err = fmt.Errorf("another one is called %q too: give each a name= of its own", w.Name)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("--mailbox, number %d: %w", i+1, err))
			continue
		}
		list = append(list, w)
	}
	return list, errors.Join(errs...)
}

// parseMailbox reads one address and what follows its question mark.
func parseMailbox(text, secret string, now func() time.Time) (w watched, err error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return w, errors.New("not an address like imaps://privacy@example.org@imap.example.org/INBOX?name=privacy")
	}
	if _, given := u.User.Password(); given {
		return w, errors.New("the password does not belong in the address, where others can read it: put it in a file, and name that with --mailbox-secret-file")
	}
	if w.Security, w.Address, err = mailServer(u); err != nil {
		return w, err
	}
	if w.User = u.User.Username(); w.User == "" {
		return w, errors.New("the user is missing: imaps://USER@HOST")
	}
	if secret == "" {
		return w, errors.New("the file with its secret is missing: name it with --mailbox-secret-file, in the same order")
	}
	w.Folder = strings.Trim(u.Path, "/")
	values, err := url.ParseQuery(strings.ReplaceAll(u.RawQuery, "+", "%2B")) // a plus is a plus, in a zone or an address
	if err != nil {
		return w, errors.New("what follows the question mark cannot be read: write NAME=VALUE&NAME=VALUE")
	}
	q := query{values: values}
	w.settings(&q)
	w.signIn(&q, secret, now)
	return w, q.end()
}

// mailServer reads scheme, host and port.
func mailServer(u *url.URL) (s mailbox.Security, address string, err error) {
	port := "143"
	switch u.Scheme {
	case "imaps":
		s, port = mailbox.SecurityTLS, "993"
	case "imap+starttls":
		s = mailbox.SecurityStartTLS
	case "imap":
		s = mailbox.SecurityNone
		if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return "", "", errors.New("imap:// is not encrypted and only for this machine itself: use imaps:// or imap+starttls://")
		}
	default:
		return "", "", fmt.Errorf("%q is none of imaps://, imap+starttls:// and imap://localhost", u.Scheme+"://")
	}
	if u.Port() != "" {
		port = u.Port()
	}
	return s, net.JoinHostPort(u.Hostname(), port), nil
}

// settings reads everything but the signing in.
func (w *watched) settings(q *query) {
	w.Name = q.text("name", mailboxName(w.User, w.Folder))
	w.MoveTo = q.text("move", "")
	w.Poll = q.span("poll", mailbox.DefaultPoll, 10*time.Second, 10*time.Minute)
	w.Timeout = q.span("timeout", mailbox.DefaultTimeout, 5*time.Second, 10*time.Minute)
	w.alarm = q.span("alarm", max(incident.DefaultMailboxAlarm, 2*w.Poll+w.Timeout), time.Minute, 24*time.Hour)
	if w.alarm <= w.Poll {
		q.wrong("alarm", "must be longer than poll")
	}
	w.from = q.moment("since")
	w.ends = q.day("secret-expires")
	fallback := ""
	if strings.Contains(w.User, "@") {
		fallback = w.User
	}
	w.address, w.also = q.text("address", fallback), q.all("also")
	for _, a := range append([]string{w.address}, w.also...) {
		if p, err := mail.ParseAddress(a); a != "" && (err != nil || p.Address != a) {
			q.wrong("address", "is not a mail address")
		}
	}
}

// mailboxName is what a mailbox is called unless it says so: the part of the
// user's name before the at sign, and a folder that is not the usual one.
func mailboxName(user, folder string) string {
	name, _, _ := strings.Cut(user, "@")
	if folder != "" && !strings.EqualFold(folder, mailbox.DefaultFolder) {
		name += "/" + folder
	}
	return name
}

// signIn reads how to prove who we are. The file is read once now, so that a
// mistyped name is found at the start, and again at every signing in, so that
// a changed secret counts at once.
func (w *watched) signIn(q *query, secret string, now func() time.Time) {
	if _, err := os.Stat(secret); err != nil {
		q.fail(fmt.Errorf("its secret cannot be read: %w", err))
		return
	}
	switch auth := q.text("auth", authPassword); auth {
	case authPassword:
		w.Password = secretFile(secret)
	case authToken:
		read := secretFile(secret)
		w.Token = func(ctx context.Context, _ bool) (string, error) { return read(ctx) }
	case authMicrosoft:
		tenant := q.needed("tenant", "the tenant's id or domain")
		w.Token = mailbox.ClientCredentials(mailbox.OAuth{
			TokenURL: q.text("token-url", "https://login.microsoftonline.com/"+url.PathEscape(tenant)+"/oauth2/v2.0/token"),
			ClientID: q.needed("client", "the application's client id"), Scope: mailbox.ScopeMicrosoft,
			Secret: secretFile(secret), Now: now,
		})
	case authGoogle:
		w.Token = googleToken(q, secret, now)
	default:
		q.wrong("auth", "is none of password, microsoft, google and token")
	}
}

// googleSecret is the file for auth=google; Google's own tools write these names.
type googleSecret struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	RefreshToken string `json:"refresh_token"`
}

func readGoogle(path string) (g googleSecret, err error) {
	raw, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(raw, &g)
	}
	if err != nil || g.ClientID == "" || g.RefreshToken == "" {
		return g, errors.New("its secret is not a JSON file with client_id, client_secret and refresh_token")
	}
	return g, nil
}

func googleToken(q *query, secret string, now func() time.Time) mailbox.TokenFunc {
	g, err := readGoogle(secret)
	if err != nil {
		q.fail(err)
	}
	field := func(pick func(googleSecret) string) func(context.Context) (string, error) {
		return func(context.Context) (string, error) {
			g, err := readGoogle(secret)
			return pick(g), err
		}
	}
	return mailbox.RefreshToken(mailbox.OAuth{
		TokenURL: q.text("token-url", "https://oauth2.googleapis.com/token"), ClientID: g.ClientID, Scope: mailbox.ScopeGoogle,
		Secret:  field(func(g googleSecret) string { return g.ClientSecret }),
		Refresh: field(func(g googleSecret) string { return g.RefreshToken }), Now: now,
	})
}

// query reads the settings of an address, and remembers the first thing that
// is wrong and what was asked for.
type query struct {
	values url.Values
	asked  []string
	err    error
}

func (q *query) fail(err error) {
	if q.err == nil {
		q.err = err
	}
}

func (q *query) wrong(name, why string) { q.fail(fmt.Errorf("%s= %s", name, why)) }

func (q *query) all(name string) []string {
	q.asked = append(q.asked, name)
	return q.values[name]
}

func (q *query) text(name, otherwise string) string {
	if list := q.all(name); len(list) > 0 && list[0] != "" {
		return list[0]
	}
	return otherwise
}

func (q *query) needed(name, what string) string {
	text := q.text(name, "")
	if text == "" {
		q.wrong(name, "is missing: "+what)
	}
	return text
}

func (q *query) span(name string, otherwise, least, most time.Duration) time.Duration {
	text := q.text(name, "")
	if text == "" {
		return otherwise
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < least || d > most {
		q.wrong(name, fmt.Sprintf("is not a span from %s to %s, like 60s", least, most))
		return otherwise
	}
	return d
}

func (q *query) moment(name string) time.Time {
	text := q.text(name, "now")
	if text == "now" {
		return time.Time{}
	}
	at, err := incident.ParseWhen(text)
	if err != nil {
		q.wrong(name, "is not a moment like 2026-10-01T09:00:00+02:00, nor now")
	}
	return at
}

func (q *query) day(name string) time.Time {
	text := q.text(name, "")
	if text == "" {
		return time.Time{}
	}
	day, err := time.ParseInLocation(time.DateOnly, text, incident.Amsterdam())
	if err != nil {
		q.wrong(name, "is not a day like 2027-01-31")
	}
	return day.UTC()
}

// end returns the first thing that is wrong; a setting that nobody asked for is
// a mistyped one.
func (q *query) end() error {
	for name := range q.values {
		if q.err == nil && !slices.Contains(q.asked, name) {
			q.wrong(name, "is no setting of a mailbox; meldklok help mailbox lists them")
		}
	}
	return q.err
}
