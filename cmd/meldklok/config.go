package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"meldklok/incident/store"
	"meldklok/notify/mailer"
	"meldklok/notify/webhook"
)

// Place says where the data and the master key are; every command knows it.
type Place struct {
	Data    string `help:"Data folder." default:"./meldklok-data" env:"MELDKLOK_DATA" type:"path" placeholder:"DIR"`
	KeyFile string `help:"Master key file; never inside the data folder. Default: the systemd credential meldklok-master, or else meldklok/master.key in your configuration folder." env:"MELDKLOK_KEY_FILE" type:"path" placeholder:"FILE"`
}

// ServeConfig is every setting of the service. Each has a default, a flag and
// an environment variable.
type ServeConfig struct {
	Listen  string   `help:"Address of the pages." default:"127.0.0.1:8072" env:"MELDKLOK_LISTEN" placeholder:"ADDR"`
	URL     string   `help:"Address at which people reach the pages; the only source of links in mails." default:"http://localhost:8072" env:"MELDKLOK_URL"`
	Proxies []string `name:"trusted-proxy" help:"Network of a reverse proxy whose X-Forwarded-For is believed; repeatable." env:"MELDKLOK_TRUSTED_PROXY" placeholder:"CIDR"`
	TLSConfig
	MetricsListen string   `help:"Address that serves /metrics and nothing else, to anybody who reaches it. The pages serve it to this machine and to administrators." env:"MELDKLOK_METRICS_LISTEN" placeholder:"ADDR"`
	MailListen    string   `help:"Address for mail in by SMTP; empty: none." default:"127.0.0.1:2525" env:"MELDKLOK_MAIL_LISTEN" placeholder:"ADDR"`
	LMTPListen    string   `name:"lmtp-listen" help:"Address (or unix:PATH) for mail in by LMTP; empty: none." env:"MELDKLOK_LMTP_LISTEN" placeholder:"ADDR"`
	Recipients    []string `name:"recipient" help:"Address, or @domain, for which mail is taken in; repeatable." default:"privacy@localhost" env:"MELDKLOK_RECIPIENT" placeholder:"ADDRESS"`
	OwnHosts      []string `name:"own-host" help:"Mail server of your organisation, whose Received and Authentication-Results lines are believed; repeatable." env:"MELDKLOK_OWN_HOST" placeholder:"HOST"`
	MailboxConfig
	BackupConfig
	ProbeEvery   time.Duration `help:"How often a probe mail is sent to each watched mailbox, to see it come in." default:"6h" env:"MELDKLOK_PROBE_EVERY"`
	ProbeAddress string        `help:"Address whose mail reaches Meldklok by SMTP or LMTP; it is sent a probe mail as well, so that a broken road is noticed." env:"MELDKLOK_PROBE_ADDRESS" placeholder:"ADDRESS"`
	SearchMemory int64         `help:"Memory for the search index, in MiB; when it is full the oldest incidents cannot be searched." default:"64" env:"MELDKLOK_SEARCH_MEMORY" placeholder:"MIB"`
	MaxMail      int64         `help:"Size limit of one message, in MiB." default:"50" env:"MELDKLOK_MAX_MAIL" placeholder:"MIB"`

	Relays       []string `name:"relay" help:"Outgoing mail server, smtp+starttls://USER@HOST:587, smtps://… or smtp://localhost:25; repeatable, in order of preference. None: mails are kept in the data folder and sent to nobody." env:"MELDKLOK_RELAY" placeholder:"URL"`
	RelaySecrets []string `name:"relay-password-file" help:"File with the password of the relay at the same place in the list; repeatable." env:"MELDKLOK_RELAY_PASSWORD_FILE" placeholder:"FILE"`
	SMIMECert    string   `name:"smime-cert" help:"Certificate (PEM) with which outgoing mail is signed (S/MIME)." env:"MELDKLOK_SMIME_CERT" placeholder:"FILE"`
	SMIMEKey     string   `name:"smime-key" help:"Its private key (PEM)." env:"MELDKLOK_SMIME_KEY" placeholder:"FILE"`
	From         string   `help:"Address from which Meldklok sends." default:"meldklok@localhost" env:"MELDKLOK_FROM" placeholder:"ADDRESS"`
	FromName     string   `help:"Name beside that address." default:"Meldklok" env:"MELDKLOK_FROM_NAME" placeholder:"NAME"`
	ReplyTo      string   `help:"Address for replies: the privacy mailbox. Default: the address of the first --mailbox, or else the first --recipient that is an address." env:"MELDKLOK_REPLY_TO" placeholder:"ADDRESS"`

	Webhooks       []string `name:"webhook" help:"Second road, for urgent alerts and for trouble of Meldklok itself: json+https://…, teams+https://…, slack+https://… or ntfy+https://…, or FORMAT+file:PATH for an address in a file; repeatable. For json, #entries=decided,filed (or #entries=all) behind the address posts each new log entry too." env:"MELDKLOK_WEBHOOK" placeholder:"URL"`
	WebhookSecrets []string `name:"webhook-secret-file" help:"File with the signing key (json) or the access token (ntfy) of the webhook at the same place in the list; - for none; repeatable." env:"MELDKLOK_WEBHOOK_SECRET_FILE" placeholder:"FILE"`
	Heartbeat      string   `help:"Address (https://… or file:PATH) that is pinged once a minute while audits are clean, so that silence is the alarm." env:"MELDKLOK_HEARTBEAT" placeholder:"URL"`
	ReplyPlus      bool     `help:"Put a token behind a plus in the address for answers to a question (privacy+TOKEN@…), for relays that write Message-IDs of their own. The mailbox must take such addresses." env:"MELDKLOK_REPLY_PLUS"`

	SignInConfig

	Period    time.Duration `help:"Time between two turns of the engine." default:"5s" env:"MELDKLOK_PERIOD"`
	LogFormat string        `help:"Form of the log: text or json." enum:"text,json" default:"text" env:"MELDKLOK_LOG_FORMAT"`
	LogLevel  string        `help:"Least level that is logged: debug, info, warn, error." enum:"debug,info,warn,error" default:"info" env:"MELDKLOK_LOG_LEVEL"`
}

// parsed is the configuration in the types that the rooms take.
type parsed struct {
	ServeConfig
	proxies []netip.Prefix
	relays  []mailer.Transport
	sign    *tls.Certificate // nil: mail is not signed
	cert    *certificate     // of the doors; nil: none
	replyTo string
	targets []webhook.Target

	mailboxes []watched
	backupTo  []age.Recipient // public keys of the backups
	signIn    signIn
}

// check reads what the flags hold and says in one sentence each what is wrong.
func (c ServeConfig) check() (*parsed, error) {
	p := &parsed{ServeConfig: c}
	var errs []error
	for _, text := range c.Proxies {
		prefix, err := parsePrefix(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("--trusted-proxy %s: not a network like 10.0.0.0/8", text))
		}
		p.proxies = append(p.proxies, prefix)
	}
	if u, err := url.Parse(c.URL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		errs = append(errs, fmt.Errorf("--url %s: not an address like https://meldklok.example.org", c.URL))
	}
	p.URL = strings.TrimRight(c.URL, "/")
	var err error
	if p.signIn, err = c.SignInConfig.readSignIn(c.URL); err != nil {
		errs = append(errs, err)
	}
	if p.cert, err = c.TLSConfig.certificate(p.URL); err != nil {
		errs = append(errs, err)
	}
	for _, s := range []struct{ flag, address string }{{"--from", c.From}, {"--reply-to", c.ReplyTo}} {
		if a, err := mail.ParseAddress(s.address); s.address != "" && (err != nil || a.Address != s.address) {
			errs = append(errs, fmt.Errorf("%s %s: not a mail address", s.flag, s.address))
		}
	}
	if c.ProbeAddress != "" && !p.takes(c.ProbeAddress) {
		errs = append(errs, fmt.Errorf("--probe-address %s: name an address that --mail-listen or --lmtp-listen takes mail for (--recipient)", c.ProbeAddress))
	}
	if len(c.RelaySecrets) > len(c.Relays) {
		errs = append(errs, errors.New("--relay-password-file: more files than relays"))
	}
	for i, text := range c.Relays {
		relay, err := c.relay(i, text)
		if err != nil {
			errs = append(errs, fmt.Errorf("--relay: %w", err))
			continue
		}
		p.relays = append(p.relays, relay)
	}
	if p.mailboxes, err = c.MailboxConfig.mailboxes(time.Now); err != nil {
		errs = append(errs, err)
	}
	if p.backupTo, err = c.BackupConfig.recipients(); err != nil {
		errs = append(errs, err)
	}
	if c.SearchMemory < 0 {
		errs = append(errs, fmt.Errorf("--search-memory %d: give a size in MiB, or 0 for 64", c.SearchMemory))
	}
	if c.MaxMail < 1 || c.MaxMail > 500 {
		errs = append(errs, fmt.Errorf("--max-mail %d: choose from 1 to 500 MiB", c.MaxMail))
	}
	if c.Period < 100*time.Millisecond || c.Period > 5*time.Minute {
		errs = append(errs, fmt.Errorf("--period %s: choose from 100ms to 5m", c.Period))
	}
	if c.SMIMECert != "" || c.SMIMEKey != "" {
		cert, err := tls.LoadX509KeyPair(c.SMIMECert, c.SMIMEKey)
		if err != nil {
			errs = append(errs, fmt.Errorf("--smime-cert, --smime-key: %w", err))
		}
		p.sign = &cert
	}
	targets, err := c.webhooks()
	if err != nil {
		errs = append(errs, err)
	}
	p.targets, p.replyTo = targets, p.replyAddress()
	return p, errors.Join(errs...)
}

func parsePrefix(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	return netip.ParsePrefix(text)
}

// replyAddress is where answers go: to a mailbox that we read.
func (p *parsed) replyAddress() string {
	if p.ReplyTo != "" {
		return p.ReplyTo
	}
	for _, m := range p.mailboxes {
		if m.address != "" {
			return m.address
		}
	}
	for _, r := range p.Recipients {
		if !strings.HasPrefix(r, "@") && strings.Contains(r, "@") {
			return r
		}
	}
	return ""
}

// domain is the right-hand side of our Message-IDs and our name in greetings.
func (c ServeConfig) domain() string {
	if _, domain, ok := strings.Cut(c.From, "@"); ok {
		return domain
	}
	return "localhost"
}

// localURL reports whether links would lead nowhere from another machine.
func (c ServeConfig) localURL() bool {
	u, err := url.Parse(c.URL)
	if err != nil {
		return true
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback())
}

// master finds the master key, and makes one for a record that does not exist
// yet. fresh is true when it was made.
func (p Place) master(create bool) (m *store.Master, fresh bool, err error) {
	if path, ok := credential(); ok {
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, false, fmt.Errorf("read the systemd credential: %w", err)
		}
		m, err := store.ParseMaster(raw)
		return m, false, err
	}
	path, err := p.keyPath()
	if err != nil {
		return nil, false, err
	}
	m, err = store.ReadMaster(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return m, false, err
	}
	if !create || store.Exists(p.Data) {
		return nil, false, missingKey(path)
	}
	if m, err = store.NewMaster(); err != nil {
		return nil, false, err
	}
	return m, true, m.Write(path)
}

// credential is the master key as a service manager hands it over (systemd's
// LoadCredential); ok is false when it does not. It wins over a file, which is
// then for the administrator's own commands.
func credential() (path string, ok bool) {
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	if dir == "" {
		return "", false
	}
	path = filepath.Join(dir, "meldklok-master")
	_, err := os.Stat(path)
	return path, !errors.Is(err, fs.ErrNotExist)
}

// missingKey says that there is no master key; it is also fs.ErrNotExist.
func missingKey(path string) error {
	return fmt.Errorf("the master key %s is missing: put it back, or give its place with --key-file: %w", path, fs.ErrNotExist)
}

// keyPath is where the master key is, and refuses a place in the data folder:
// a key beside what it opens protects nothing.
func (p Place) keyPath() (string, error) {
	path := p.KeyFile
	if path == "" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return "", fmt.Errorf("there is no configuration folder for the master key: give its place with --key-file (%w)", err)
		}
		path = filepath.Join(dir, "meldklok", "master.key")
	}
	data, err := filepath.Abs(p.Data)
	if err != nil {
		return "", fmt.Errorf("data folder: %w", err)
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", fmt.Errorf("master key: %w", err)
	}
	if rel, err := filepath.Rel(data, path); err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", fmt.Errorf("the master key %s lies inside the data folder, where it protects nothing: choose another place with --key-file", path)
	}
	return path, nil
}

// secretFile reads a secret whenever it is needed, so that a changed one takes
// effect without a restart.
func secretFile(path string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		raw, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		return strings.TrimRight(string(raw), "\r\n"), nil
	}
}
