package web

import (
	"context"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"meldklok/incident"
	"meldklok/incident/dossier/register"
	"meldklok/ui/session"
)

// Config is what the pages need. Every field is required.
type Config struct {
	Service    *incident.Service
	Sessions   *session.Manager
	Now        func() time.Time
	Health     func() incident.Health
	MailNotice func() string // folder of kept mails, or empty
	Mailboxes  func(lang string) []incident.WatchedMailbox
	Ladders    Ladders // nil: the pages of the ladders do not exist
	Roads      Roads   // nil: nothing is known of the relays
	Hooks      Hooks   // nil: there is no second road
	// TryMailbox tests a watched mailbox step by step, its trouble explained in
	// the language; nil: it cannot be tested here.
	TryMailbox func(ctx context.Context, lang, name string) ([]incident.MailboxStep, error)
	// ReceiptText is a receipt with the organisation's own words; nil: no preview.
	ReceiptText func(lang, own string, now time.Time) []string
	// Copies says which backups the schedule keeps; nil: there is no schedule.
	Copies    func() incident.BackupCopies
	URL       string // the only source of absolute links
	MaxUpload int64  // bytes of a report with its files
	Log       *slog.Logger
	// Search finds incidents by their words; nil: there is no index.
	Search Finder
	// Ledger keeps what figures and the register are made of; nil: the pages keep
	// one, which the first of them fills.
	Ledger *register.Ledger
	// Proof writes the proof of alert of an incident as a file, complete in
	// itself; nil: there is none.
	Proof func(lang string, inc *incident.Incident, alerts []incident.Proof, org *incident.Org, now time.Time) ([]byte, error)
	// CaseFile writes the whole file of an incident as a ZIP archive; with
	// personal also the parts that are destroyed first. Nil: there is none.
	CaseFile func(ctx context.Context, w io.Writer, lang string, ref incident.Ref, personal bool) error
}

// formOverhead is what a multipart body may hold beside the files.
const formOverhead = 1 << 20

// Pages answers requests for pages. It is safe for concurrent use.
type Pages struct {
	cfg       Config
	templates *templates
	assets    assets
	gate      *gate // reports and receipt codes
	asked     *gate // questions to passkeys and to the provider: asking without end keeps nobody from reporting
	intake    *intake
	receipts  *receipts
	subjects  subjects
	hub       *hub
	sums      figuresCache[*figures]
	yearly    figuresCache[[]register.Year]
	uploads   *uploads
}

// New reads the templates and assets. It returns an error when one of them is
// broken.
func New(cfg Config) (*Pages, error) {
	files, err := loadAssets()
	if err != nil {
		return nil, err
	}
	pages, err := loadTemplates()
	if err != nil {
		return nil, err
	}
	if cfg.Ledger == nil {
		cfg.Ledger = register.NewLedger(cfg.Service, cfg.Log)
	}
	return &Pages{
		cfg: cfg, templates: pages, assets: files,
		gate: newGate(cfg.Now), asked: newGate(cfg.Now), intake: newIntake(cfg.MaxUpload + formOverhead), receipts: newReceipts(cfg.Now), hub: newHub(), uploads: newUploads(cfg.Now),
	}, nil
}

// Close ends the open streams.
func (p *Pages) Close() { p.hub.close() }

// secure reports whether cookies are for https only. Over plain http, which is
// for the machine itself, some browsers would drop a secure cookie.
func (p *Pages) secure() bool { return strings.HasPrefix(p.cfg.URL, "https://") }

// link makes an absolute link.
func (p *Pages) link(path ...string) string {
	u, err := url.JoinPath(p.cfg.URL, path...)
	if err != nil {
		return p.cfg.URL
	}
	return u
}

// now is the moment of a request, in UTC.
func (p *Pages) now() time.Time { return p.cfg.Now().UTC() }
