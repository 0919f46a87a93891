package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"meldklok/incident"
	"meldklok/incident/dossier/register"
	"meldklok/incident/search"
	"meldklok/incident/store"
	"meldklok/notify"
	"meldklok/notify/mailbox"
	"meldklok/notify/mailer"
	"meldklok/notify/webhook"
	"meldklok/ui"
	"meldklok/ui/session"
)

// seams are what a test or the demonstration exchanges; everything else in an
// App is what serves in earnest.
type seams struct {
	log   *slog.Logger
	now   func() time.Time                     // the one clock of the program
	after func(time.Duration) <-chan time.Time // waits on that clock; nil: time.After
	roads []mailer.Transport                   // nil: the relays of the configuration
	step  func(string) error                   // between two steps of the engine; nil: nothing
	dial  dialer                               // of webhooks; nil: the network
	work  int                                  // of the recovery copy's phrase; 0: age's default
	above manager                              // the service manager, which is told how we are
	doors *doors                               // sockets that it passed; nil: none
}

type dialer = func(ctx context.Context, network, addr string) (net.Conn, error)

// App is the whole service, wired.
type App struct {
	cfg      *parsed
	place    Place
	master   *store.Master
	store    *store.Store
	service  *incident.Service
	search   *search.Index
	ledger   *register.Ledger
	sessions *session.Manager
	planner  *notify.Live
	engine   *notify.Engine
	webhooks *webhook.Road
	wired    atomic.Bool // engine and pump are there
	metrics  *metrics
	pump     *pump
	pages    *ui.Server
	watches  []*watch
	backups  *schedule
	failed   chan error // a write to disk failed for good
	seams
	keyFile string // where the master key is
	phrase  string // of its recovery copy, when this start made it

	probed readiness // the last answer of /readyz

	mu     sync.Mutex
	turned time.Time // last turn of the engine, for /livez
	door   string    // address of the SMTP listener
}

// open makes the parts of a service that need no network: the record and what
// works on it.
func open(place Place, cfg *parsed, with seams) (*App, error) {
	master, fresh, err := place.master(true)
	if err != nil {
		return nil, err
	}
	first := !store.Exists(place.Data)
	a := &App{cfg: cfg, place: place, master: master, seams: with, failed: make(chan error, 1)}
	a.planner = notify.NewLive(notify.Planner{Ladders: notify.Defaults(), Lead: cfg.Period})
	a.store, err = store.Open(place.Data, master, true, store.Config{
		Planner: a.planner, Now: a.now, Log: a.log, Changed: a.changed,
		Fatal: func(err error) {
			select {
			case a.failed <- err:
			default:
			}
		},
	})
	if err != nil {
		return nil, err
	}
	a.wire()
	if err := useLadders(a.service, a.planner); err != nil {
		return nil, errors.Join(err, a.store.Close())
	}
	if err := a.openMailboxes(context.Background()); err != nil {
		return nil, errors.Join(err, a.store.Close())
	}
	if (first || fresh) && !a.above.keepsLog() {
		if err := a.exportKey(); err != nil {
			return nil, errors.Join(err, a.store.Close())
		}
	}
	return a, nil
}

// wire connects the rooms over the record.
func (a *App) wire() {
	tokens := incident.Tokens{MAC: a.store.MAC, Domain: a.cfg.domain()}
	a.service = &incident.Service{
		Store: a.store, Read: mailbox.Read, Now: a.now, Rules: incident.Rules(), Tokens: tokens, Log: a.log,
		Options: incident.ReadOptions{OwnHosts: a.cfg.OwnHosts, OwnMail: []string{a.cfg.From}},
		MaxSize: a.cfg.MaxMail << 20,
	}
	if a.roads == nil {
		a.roads = a.transports()
	}
	a.sessions = session.New(a.store, a.now, a.sessionOptions()...)
	a.service.Forgotten = a.sessions.Forget
	a.service.DropKept = mailer.NewFolder(outboxFolder(a.place), a.now).Drop
	a.search = search.New(search.Config{Service: a.service, Bound: a.cfg.SearchMemory << 20, Log: a.log})
	a.ledger = register.NewLedger(a.service, a.log)
	a.pump = newPump(a.service, a.log, a.cfg.Period)
	a.metrics = newMetrics(a)
	a.pump.settled = a.metrics.settled
	a.webhooks = a.newWebhooks()
	a.backups = &schedule{app: a, cfg: a.cfg, keeper: &keeper{
		store: a.store, service: a.service, master: a.master, place: a.place, now: a.now, to: a.cfg.backupTo,
	}}
	a.engine = notify.New(notify.Config{
		Store: a.store, Planner: a.planner, Now: a.now, Log: a.log, Period: a.cfg.Period, Batch: batch,
		Writer:     notify.Writer{From: a.cfg.From, FromName: a.cfg.FromName, ReplyTo: a.cfg.replyTo, ReplyPlus: a.cfg.ReplyPlus, URL: a.cfg.URL, Tokens: tokens, Sign: a.cfg.sign},
		Transports: a.roads, After: a.after, Step: a.step, Rederive: rederive(a.store), Findings: a.findings, Ended: a.mailEnded,
		Alarms: a.alarms, Probes: a.probeTargets(), ProbeEvery: a.cfg.ProbeEvery,
		Pending: func(context.Context) error { a.pump.wake(); return nil },
		Forget:  (&incident.Forgetter{Service: a.service, Tidy: a.sessions.Tidy}).Turn,
		Audited: a.audited, Alerted: a.alerted,
	})
	a.wired.Store(true)
}

// batch is how many planned rows the engine takes in one transaction. A
// distributed engine, with about 100 keys a transaction, would take 10.
const batch = 200

// rederive audits a slice of open duties, for the engine and after a change of
// the ladders.
func rederive(s *store.Store) func(context.Context, incident.Ref, int) (notify.Rederived, error) {
	return func(ctx context.Context, after incident.Ref, limit int) (notify.Rederived, error) {
		sweep, err := s.RederiveSlice(ctx, after, limit)
		return notify.Rederived{Next: sweep.Next, Unsound: len(sweep.Unsound), Damaged: sweep.Damaged}, err
	}
}

// outboxFolder is where mails are kept while no relay is configured.
func outboxFolder(place Place) string { return filepath.Join(place.Data, "outbox") }

func (a *App) outboxFolder() string { return outboxFolder(a.place) }

func (a *App) transports() []mailer.Transport {
	if len(a.cfg.relays) > 0 {
		return a.cfg.relays
	}
	return []mailer.Transport{mailer.NewFolder(a.outboxFolder(), a.now)}
}

// changed is called after every commit, also after those of the opening.
func (a *App) changed() {
	if a.wired.Load() {
		a.engine.Wake()
		a.pump.wake()
		a.webhooks.Grown()
	}
}

// findings are those that only the wiring can know.
func (a *App) findings(now time.Time) (f []incident.Finding) {
	switch {
	case len(a.cfg.relays) == 0:
		f = append(f, incident.Finding{Code: "no-relay", Level: incident.Red})
	case a.cfg.localURL():
		f = append(f, incident.Finding{Code: "url-local", Level: incident.Red})
	}
	if org, err := a.service.Org(context.Background()); err == nil {
		if org.Settings[settingKeyProved] != `"yes"` {
			f = append(f, incident.Finding{Code: "key-export-unproved", Level: incident.Amber})
		}
		f = append(f, reviewFindings(org, now)...)
	}
	f = append(f, a.roomFindings(now)...)
	if len(a.store.Doubtful()) > 0 {
		f = append(f, incident.Finding{Code: "record-doubtful", Level: incident.Red})
	}
	f = append(f, a.mailboxFindings(now)...)
	f = append(f, a.cfg.cert.findings(now)...)
	f = append(f, a.backups.findings(now)...)
	return append(f, a.webhooks.Findings()...)
}

// live answers a watchdog: the engine has turned lately.
func (a *App) live() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if late := a.now().Sub(a.turned); late > time.Minute+a.cfg.Period {
		return fmt.Errorf("the engine has not turned for %s", late.Round(time.Second))
	}
	return nil
}

// accept is the door for mail: raw bytes in, durable when it returns nil.
func (a *App) accept(ctx context.Context, in incident.Incoming) error {
	_, err := a.service.Accept(ctx, in)
	if err != nil && !errors.Is(err, incident.ErrTooLarge) {
		a.log.Error("a delivery could not be stored; its sender was told to try again", "channel", in.Channel, "err", err)
	}
	if err == nil {
		a.metrics.mailTaken(in.Channel, a.now())
	}
	return err
}

// Run serves until ctx ends. Everything that listens is open before the
// addresses are printed on w.
func (a *App) Run(ctx context.Context, w io.Writer) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if a.pages, err = ui.New(a.uiConfig()); err != nil {
		return err
	}
	servers, err := a.listen(w)
	if err != nil {
		return err
	}
	a.turned = a.now()
	var running sync.WaitGroup
	errs := make(chan error, len(servers)+len(a.watches)+4)
	start := func(name string, run func(context.Context) error) {
		running.Go(func() {
			if err := run(ctx); err != nil {
				errs <- fmt.Errorf("%s: %w", name, err)
			}
		})
	}
	start("engine", a.engine.Run)
	start("intake", a.pump.run)
	start("search", a.search.Run)
	start("register", a.ledger.Run)
	start("webhooks", a.webhooks.Run)
	start("backups", a.backups.run)
	start("tokens", a.keepTokens)
	for _, w := range a.watches {
		start("mailbox "+w.Name, w.run)
	}
	for _, s := range servers {
		start(s.name, s.serve)
	}
	start("watchdog", func(ctx context.Context) error { return a.above.keepAlive(ctx, a.live) })
	if err := errors.Join(a.firstLink(ctx, w), a.above.report("READY=1")); err != nil {
		cancel()
	}
	select {
	case <-ctx.Done():
	case err = <-errs:
	case err = <-a.failed:
		err = fmt.Errorf("a write to disk failed: %w", err)
	}
	_ = a.above.report("STOPPING=1") // it sees the end of the process as well
	stopping, done := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer done()
	err = errors.Join(err, stopAll(stopping, servers))
	cancel()
	running.Wait()
	return err
}

// Close closes the record.
func (a *App) Close() error { return a.store.Close() }

func (a *App) uiConfig() ui.Config {
	c := ui.Config{
		Service: a.service, Sessions: a.sessions, Now: a.now, Health: a.engine.Health, Live: a.live, Ready: a.ready,
		URL: a.cfg.URL, TrustedProxies: a.cfg.proxies, Log: a.log, Metrics: a.metrics.handler(), Proof: notify.Proof, Copies: a.cfg.BackupConfig.copies, CaseFile: caseFiler{service: a.service, store: a.store, now: a.now}.write,
		Mailboxes: a.watchedMailboxes, Search: a.search, Ledger: a.ledger, Hooks: a.webhooks, Roads: a.engine,
		Ladders:    &notify.Desk{Service: a.service, Planner: a.planner, Rederive: rederive(a.store)},
		TryMailbox: a.tryMailbox, ReceiptText: notify.ReceiptText,
	}
	if len(a.cfg.relays) == 0 {
		c.MailNotice = a.outboxFolder
	}
	return c
}

// server is one thing that listens.
type server struct {
	name  string
	serve func(context.Context) error
	stop  func(context.Context) error
}

// stopAll stops them side by side: each may have to wait for its last visitor.
func stopAll(ctx context.Context, servers []server) error {
	errs := make([]error, len(servers))
	var stopping sync.WaitGroup
	for i, s := range servers {
		stopping.Go(func() { errs[i] = s.stop(ctx) })
	}
	stopping.Wait()
	return errors.Join(errs...)
}

// listen opens every address. When one cannot be had, those already open are
// closed again.
func (a *App) listen(w io.Writer) (servers []server, err error) {
	defer func() {
		if err != nil {
			at, done := context.WithCancel(context.Background())
			done() // nothing is served yet, so there is nothing to wait for
			for _, s := range servers {
				_ = s.stop(at)
			}
		}
	}()
	for _, d := range a.doorTable() {
		if d.address == "" {
			continue
		}
		l, err := a.doors.open(d.address)
		if err != nil {
			return servers, fmt.Errorf("%s: %w", d.name, err)
		}
		servers = append(servers, d.serve(l))
		fmt.Fprintf(w, "%-9s %s\n", d.title, d.say(l.Addr()))
	}
	if err := a.doors.unused(); err != nil {
		return servers, err
	}
	socket, err := listenControl(a.place.Data)
	if err != nil {
		return servers, err
	}
	servers = append(servers, a.httpServer("control", socket, controlHandler(a), nil))
	if len(a.cfg.relays) == 0 {
		fmt.Fprintf(w, "mail out  kept in %s: no relay is configured, so no mail leaves this machine\n", a.outboxFolder())
	}
	for _, r := range a.cfg.relays {
		fmt.Fprintf(w, "mail out  %s\n", r.Name())
	}
	for _, s := range a.webhooks.Status() {
		fmt.Fprintf(w, "webhook   %s\n", s.Name)
	}
	return servers, nil
}

func (a *App) setMailDoor(addr string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.door = addr
}

// mailDoor is where this service takes mail by SMTP.
func (a *App) mailDoor() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.door
}

// linkPath is where a one-time link leads.
func linkPath(token string) string { return "/link/" + token }

// firstLink prints the one-time link for the first officer, until there is one.
func (a *App) firstLink(ctx context.Context, w io.Writer) error {
	token, err := a.sessions.FirstLink(ctx)
	if errors.Is(err, session.ErrNotNeeded) {
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nNobody can sign in yet. Make the first officer with this link (once, on this machine):\n\n  %s\n\n", a.cfg.URL+linkPath(token))
	return nil
}
