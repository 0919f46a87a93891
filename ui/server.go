package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/dossier/register"
	"meldklok/ui/api"
	"meldklok/ui/session"
	"meldklok/ui/web"
)

// Config is what the door for people is assembled from.
type Config struct {
	Service  *incident.Service
	Sessions *session.Manager
	Now      func() time.Time
	// Health is what the last audit found; nil: nothing is known to be wrong.
	Health func() incident.Health
	// Live reports whether the engine turns, Ready whether reports are
	// accepted; nil: always.
	Live, Ready func() error
	// URL is the only source of absolute links, and says whether cookies are
	// for https only.
	URL string
	// TrustedProxies are the peers whose X-Forwarded-For is believed. None: the
	// peer's own address counts.
	TrustedProxies []netip.Prefix
	// MaxUpload is the size of a report form with its files, in bytes; 0: 25 MiB.
	MaxUpload int64
	Log       *slog.Logger
	// Metrics is served at /metrics to this machine and to administrators; nil:
	// there is no such page.
	Metrics http.Handler
	// MailNotice names the folder in which mails are kept because no relay is
	// configured; empty or nil: mail is sent.
	MailNotice func() string
	// Search finds incidents by their words; nil: there is no index.
	Search web.Finder
	// Ledger keeps what figures and the register are made of, filled by its own
	// Run; nil: the first page that needs one fills it.
	Ledger *register.Ledger
	// Copies says which backups the schedule keeps; nil: there is no schedule.
	Copies func() incident.BackupCopies
	// Proof writes the proof of alert of an incident as a file; nil: there is none.
	Proof func(lang string, inc *incident.Incident, alerts []incident.Proof, org *incident.Org, now time.Time) ([]byte, error)
	// CaseFile writes the whole file of an incident as a ZIP archive; nil: there is none.
	CaseFile func(ctx context.Context, w io.Writer, lang string, ref incident.Ref, personal bool) error
	// Ladders, Roads and Hooks are what the settings pages try and change; nil:
	// they leave it out.
	Ladders web.Ladders
	Roads   web.Roads
	Hooks   web.Hooks
	// TryMailbox tests a watched mailbox; nil: it cannot be tested here.
	TryMailbox func(ctx context.Context, lang, name string) ([]incident.MailboxStep, error)
	// ReceiptText is a receipt with the organisation's own words; nil: no preview.
	ReceiptText func(lang, own string, now time.Time) []string
	// Mailboxes says how the watched mailboxes stand, their trouble explained in
	// the language; nil: none is watched.
	Mailboxes func(lang string) []incident.WatchedMailbox
}

// defaultUpload bounds a report form with its files.
const defaultUpload = 25 << 20

// fill gives what was left out its default.
func (cfg Config) fill() (Config, error) {
	if cfg.Service == nil || cfg.Sessions == nil || cfg.Now == nil {
		return cfg, errors.New("ui: Service, Sessions and Now are required")
	}
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return cfg, fmt.Errorf("ui: %q is not an address like https://meldklok.example.org", cfg.URL)
	}
	well := func() error { return nil }
	if cfg.Live == nil {
		cfg.Live = well
	}
	if cfg.Ready == nil {
		cfg.Ready = well
	}
	if cfg.Health == nil {
		cfg.Health = func() incident.Health { return incident.Health{} }
	}
	if cfg.MailNotice == nil {
		cfg.MailNotice = func() string { return "" }
	}
	if cfg.Mailboxes == nil {
		cfg.Mailboxes = func(string) []incident.WatchedMailbox { return nil }
	}
	if cfg.MaxUpload <= 0 {
		cfg.MaxUpload = defaultUpload
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return cfg, nil
}

// Server serves the pages. It implements http.Handler.
type Server struct {
	cfg   Config
	echo  *echo.Echo
	pages *web.Pages
	api   *api.API
}

// New assembles the door for people.
func New(cfg Config) (*Server, error) {
	cfg, err := cfg.fill()
	if err != nil {
		return nil, err
	}
	pages, err := web.New(web.Config{
		Service: cfg.Service, Sessions: cfg.Sessions, Now: cfg.Now, Health: cfg.Health,
		MailNotice: cfg.MailNotice, URL: cfg.URL, MaxUpload: cfg.MaxUpload, Log: cfg.Log, Proof: cfg.Proof, Copies: cfg.Copies, CaseFile: cfg.CaseFile,
		Mailboxes: cfg.Mailboxes, Search: cfg.Search, Ledger: cfg.Ledger, Ladders: cfg.Ladders, Roads: cfg.Roads, Hooks: cfg.Hooks,
		TryMailbox: cfg.TryMailbox, ReceiptText: cfg.ReceiptText,
	})
	if err != nil {
		return nil, err
	}
	programs := api.New(api.Config{
		Service: cfg.Service, Sessions: cfg.Sessions, Now: cfg.Now, URL: strings.TrimRight(cfg.URL, "/"), MaxUpload: cfg.MaxUpload, Log: cfg.Log,
	})
	s := &Server{cfg: cfg, echo: echo.New(), pages: pages, api: programs}
	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.Logger.SetOutput(io.Discard) // everything worth knowing goes to cfg.Log
	s.echo.HTTPErrorHandler = s.fail
	s.echo.IPExtractor = addressFrom(cfg.TrustedProxies)
	s.echo.Use(s.log, s.rescue, s.headers, s.sameOrigin())
	s.routes()
	return s, nil
}

// routes gives every row of the two tables its handler, behind the guard.
func (s *Server) routes() {
	for _, r := range s.pages.Routes() {
		handle := s.guard(r)
		s.echo.Add(r.Method, r.Path, handle)
		if r.Method == http.MethodGet && !r.Stream {
			s.echo.Add(http.MethodHead, r.Path, handle)
		}
	}
	for _, r := range s.api.Routes() {
		s.echo.Add(r.Method, r.Path, s.api.Guard(r))
	}
	s.echo.GET("/livez", s.probe(s.cfg.Live))
	s.echo.GET("/readyz", s.probe(s.cfg.Ready))
	s.echo.GET("/healthz", s.healthz)
	if s.cfg.Metrics != nil {
		s.echo.GET("/metrics", s.metrics)
	}
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// Close ends the streams that keep a shutdown waiting. Requests under way are
// not touched.
func (s *Server) Close() { s.pages.Close() }
