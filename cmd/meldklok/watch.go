package main

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"sync"
	"time"

	"meldklok/incident"
	"meldklok/notify"
	"meldklok/notify/mailbox"
)

// watch is one watched mailbox at work.
type watch struct {
	watched
	watcher *mailbox.Watcher

	mu      sync.Mutex
	found   int       // messages that comparisons found missing, as last seen
	foundAt time.Time // when that number last rose
}

// openMailboxes makes a watcher for every mailbox of the configuration. The
// moment from which on its mail counts is fixed here, at the first start with
// that mailbox.
func (a *App) openMailboxes(ctx context.Context) error {
	for _, m := range a.cfg.mailboxes {
		proposed := m.from
		if proposed.IsZero() {
			proposed = a.now()
		}
		from, kept, err := a.service.WatchedFrom(ctx, m.Name, proposed)
		if err != nil {
			return err
		}
		if !kept && !m.from.IsZero() {
			a.log.Warn("since= of a mailbox counts at its first start only", "mailbox", m.Name, "watched_from", from)
		}
		m.Since = from
		w := &watch{watched: m}
		if w.watcher, err = mailbox.NewWatcher(m.Mailbox, a.mailboxSeams()); err != nil {
			return fmt.Errorf("mailbox %s: %w", m.Name, err)
		}
		a.watches = append(a.watches, w)
	}
	return nil
}

// mailboxSeams lead from the watchers to the record.
func (a *App) mailboxSeams() mailbox.Seams {
	return mailbox.Seams{
		Accept: a.accept, AcceptAll: a.service.AcceptAll, MostTogether: incident.MostTogether,
		LoadCursor: a.service.Cursor, Missing: a.service.NotTaken, Now: a.now, Log: a.log,
	}
}

// run watches until ctx ends.
func (w *watch) run(ctx context.Context) error {
	if err := w.watcher.Run(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// state says how the mailbox stands, its trouble explained in the language.
func (w *watch) state(lang string, probe incident.Probe, probed bool) incident.WatchedMailbox {
	s := w.watcher.Status()
	m := incident.WatchedMailbox{
		Name: w.Name, Server: w.Address, Folder: w.Folder, MoveTo: w.MoveTo, From: w.Since, Alarm: w.alarm,
		Started: s.Started, Connected: s.Connected, LastGood: s.LastGood, LastTaken: s.LastTaken, TroubleAt: s.Since,
		InFolder: s.InFolder, Backlog: s.Backlog, Known: s.Known, Missing: s.Missing, Aside: s.Aside,
		Found: s.Found, FoundAt: w.lossFoundAt(s), Compared: s.Reconciled, SecretEnds: w.ends, Probed: probed, Probe: probe,
	}
	if m.Folder == "" {
		m.Folder = mailbox.DefaultFolder
	}
	if s.Trouble != nil {
		m.Trouble, m.Detail, m.Why = s.Trouble.Code, s.Trouble.Detail, s.Trouble.In(lang)
	}
	return m
}

// lossFoundAt remembers when a comparison last found a loss.
func (w *watch) lossFoundAt(s mailbox.Status) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.Found > w.found {
		w.found, w.foundAt = s.Found, s.Reconciled
	}
	return w.foundAt
}

// watchedMailboxes says how every watched mailbox stands.
func (a *App) watchedMailboxes(lang string) (list []incident.WatchedMailbox) {
	probes := map[string]incident.Probe{}
	if org, err := a.service.Org(context.Background()); err == nil {
		probes = org.Probes
	}
	for _, w := range a.watches {
		list = append(list, w.state(lang, probes[w.Name], a.probes(w.watched)))
	}
	return list
}

// probeTargets are the mailboxes that are sent a probe: those whose address is
// known, once a relay is there to send it.
func (a *App) probeTargets() (list []notify.ProbeTo) {
	for _, m := range a.cfg.mailboxes {
		if a.probes(m) {
			list = append(list, notify.ProbeTo{Mailbox: m.Name, Address: m.address})
		}
	}
	if len(a.cfg.relays) > 0 && a.cfg.ProbeAddress != "" {
		list = append(list, notify.ProbeTo{Mailbox: a.cfg.ProbeAddress, Address: a.cfg.ProbeAddress})
	}
	return list
}

// probedListener is our own listener as if it were a mailbox that is looked at
// all the time: what is told of it is the probe.
func (a *App) probedListener(now time.Time) (m incident.WatchedMailbox) {
	m = incident.WatchedMailbox{Name: a.cfg.ProbeAddress, Started: now, LastGood: now, Probed: a.cfg.ProbeAddress != ""}
	if org, err := a.service.Org(context.Background()); err == nil {
		m.Probe = org.Probes[m.Name]
	}
	return m
}

func (a *App) probes(m watched) bool { return len(a.cfg.relays) > 0 && m.address != "" }

// mailboxFindings are those about mail in. A bounce, or an answer to a question,
// that comes to an address which nobody reads would never be heard of.
func (a *App) mailboxFindings(now time.Time) (f []incident.Finding) {
	for _, m := range append(a.watchedMailboxes(""), a.probedListener(now)) {
		f = append(f, m.Findings(now)...)
	}
	if len(a.cfg.relays) > 0 && !a.cfg.reads(a.cfg.From) {
		f = append(f, incident.Finding{Code: "bounces-unread", Level: incident.Red})
	}
	if len(a.cfg.relays) > 0 && a.cfg.replyTo != "" && !a.cfg.reads(a.cfg.replyTo) {
		f = append(f, incident.Finding{Code: "replies-unread", Level: incident.Red})
	}
	return f
}

// mailboxAlarms are what administrators are mailed about.
func (a *App) mailboxAlarms(now time.Time) (alarms []incident.Alarm) {
	for _, m := range append(a.watchedMailboxes(""), a.probedListener(now)) {
		alarms = append(alarms, m.Alarms(now)...)
	}
	return alarms
}

// reads reports whether mail to the address comes in here: at our own listener,
// or in a mailbox that is watched. What follows a plus in the local part does
// not matter.
func (p *parsed) reads(address string) bool {
	var own []string
	for _, m := range p.mailboxes {
		own = append(append(own, m.address), m.also...)
	}
	return p.takes(address) || among(own, address)
}

// takes reports whether our own listener takes mail for the address.
func (p *parsed) takes(address string) bool {
	return (p.MailListen != "" || p.LMTPListen != "") && among(p.Recipients, address)
}

// among reports whether an address is one of those, or in one of those domains.
func among(own []string, address string) bool {
	address = withoutTag(address)
	for _, o := range own {
		domain, whole := strings.CutPrefix(o, "@")
		if _, host, _ := strings.Cut(address, "@"); (whole && strings.EqualFold(domain, host)) || strings.EqualFold(withoutTag(o), address) {
			return true
		}
	}
	return false
}

// withoutTag drops the "+tag" of an address's local part.
func withoutTag(address string) string {
	if a, err := mail.ParseAddress(address); err == nil {
		address = a.Address
	}
	local, domain, _ := strings.Cut(address, "@")
	local, _, _ = strings.Cut(local, "+")
	return local + "@" + domain
}
