package store

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/mail"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

var start = time.Date(2026, 10, 23, 14, 30, 0, 123456789, time.UTC)

// plainPlanner gives every open duty one next alert, and a row for each chore.
type plainPlanner struct{ lead time.Duration }

func (p plainPlanner) Plan(inc *incident.Incident) (rows []incident.Planned) {
	for _, d := range inc.Duties {
		what := incident.WhatDuty(d.ID())
		switch {
		case d.Open():
			rows = append(rows, incident.Planned{At: d.Clock.Due.Add(-p.lead), Ref: inc.Ref, What: what})
		case d.Closing:
			rows = append(rows, incident.Planned{At: inc.LastAt, Ref: inc.Ref, What: incident.WhatClosing + what})
		}
	}
	if len(inc.Receipts) > 0 {
		rows = append(rows, incident.Planned{At: inc.LastAt, Ref: inc.Ref, What: incident.WhatReceipt})
	}
	return rows
}

// rig is a record under test, with what it needs to be opened again.
type rig struct {
	*Store
	t            testing.TB
	record, keys Engine
	master       *Master
	cfg          Config
	fatal        chan error
}

func config(t testing.TB) (Config, chan error) {
	fatal := make(chan error, 10)
	return Config{
		Planner: plainPlanner{lead: time.Hour},
		Now:     func() time.Time { return start },
		Log:     slog.New(slog.DiscardHandler),
		Fatal:   func(err error) { fatal <- err },
	}, fatal
}

func newMaster(t testing.TB) *Master {
	t.Helper()
	m, err := NewMaster()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// over opens a new record over two engines.
func over(t testing.TB, record, keys Engine) *rig {
	t.Helper()
	cfg, fatal := config(t)
	r := &rig{t: t, record: record, keys: keys, master: newMaster(t), cfg: cfg, fatal: fatal}
	s, err := New(record, keys, r.master, cfg)
	if err != nil {
		t.Fatal(err)
	}
	r.Store = s
	t.Cleanup(func() { s.Close() })
	return r
}

func inMemory(t testing.TB) *rig { return over(t, NewMemory(), NewMemory()) }

// onDisk opens a record in a folder of its own.
func onDisk(t testing.TB, dir string) *rig {
	t.Helper()
	cfg, fatal := config(t)
	r := &rig{t: t, master: newMaster(t), cfg: cfg, fatal: fatal}
	s, err := Open(dir, r.master, true, cfg)
	if err != nil {
		t.Fatal(err)
	}
	r.Store, r.record, r.keys = s, s.engine, s.keys.engine
	t.Cleanup(func() { s.Close() })
	return r
}

// again reads the same engines as a new process would.
func (r *rig) again() *rig {
	r.t.Helper()
	r.commits.close()
	r.Store.keys.pool.close()
	s, err := New(r.record, r.keys, r.master, r.cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	next := *r
	next.Store = s
	return &next
}

func (r *rig) verify() {
	r.t.Helper()
	if _, err := r.Verify(r.t.Context(), nil); err != nil {
		r.t.Fatal(err)
	}
}

// service is the domain over the record, with a mail parser that reads only
// two fields.
func (r *rig) service() *incident.Service { return serviceOver(r.Store, r.cfg.Now) }

func serviceOver(s incident.Store, now func() time.Time) *incident.Service {
	return &incident.Service{
		Store: s, Read: readMail, Now: now, Rules: incident.Rules(), Log: slog.New(slog.DiscardHandler),
		Tokens: incident.Tokens{MAC: s.MAC, Domain: "meldklok.example"},
	}
}

func readMail(raw []byte, in incident.Incoming, _ incident.ReadOptions) incident.Reading {
	r := incident.Reading{Received: in.Arrived, ReceivedBasis: incident.BasisListener}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		r.Unreadable = true
		return r
	}
	if from, err := m.Header.AddressList("From"); err == nil {
		r.From = incident.Address{Name: from[0].Name, Email: from[0].Address}
	}
	r.Subject, r.MessageID = m.Header.Get("Subject"), m.Header.Get("Message-ID")
	_, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	r.Text = string(body[:min(len(body), 4096)])
	if strings.HasPrefix(r.Subject, "Automatisch antwoord") {
		r.Park = incident.ParkAutoReply
	}
	return r
}

// report has a delivery accepted and processed.
func report(t testing.TB, svc *incident.Service, raw string) incident.Settled {
	t.Helper()
	out, err := tryReport(svc, raw)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func tryReport(svc *incident.Service, raw string) (incident.Settled, error) {
	item, err := svc.Accept(context.Background(), incident.Incoming{
		Channel: incident.ChannelSMTP, Sender: "s.vermeer@ziekenhuis.example", Arrived: svc.Now(), Body: strings.NewReader(raw),
	})
	if err != nil {
		return incident.Settled{}, err
	}
	return svc.Process(context.Background(), item)
}

// processPending gives what a refusal or a crash left behind its outcome.
func processPending(t testing.TB, svc *incident.Service) {
	t.Helper()
	items, err := svc.PendingItems(context.Background(), 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		if _, err := svc.Process(context.Background(), item); err != nil {
			t.Fatal(err)
		}
	}
}

func mailText(n int, body string) string {
	return fmt.Sprintf("From: Sanne Vermeer <s.vermeer@ziekenhuis.example>\r\nTo: privacy@ziekenhuis.example\r\n"+
		"Subject: Brief naar verkeerd adres %d\r\nMessage-ID: <%d.7f3a@ziekenhuis.example>\r\n\r\n%s", n, n, body)
}

// words is text as people write it about leaks; no two calls give the same.
func words(rnd *rand.Rand, size int) string {
	vocabulary := strings.Fields(`vanmiddag heeft een collega van de afdeling cardiologie per ongeluk de ontslagbrief van
		mevrouw naar het verkeerde adres gestuurd wij ontdekten dit toen de ontvanger belde de brief bevat naam geboortedatum
		burgerservicenummer medicatie en de uitslag van het onderzoek de ontvanger zegt dat hij de envelop heeft geopend en
		belooft hem terug te sturen graag hoor ik of wij dit moeten melden en wat ik de patiënt mag vertellen met vriendelijke
		groet laptop gestolen trein station rugzak versleuteld wachtwoord bestand excel leerlingen ouders school gemeente bijlage
		cc bcc nieuwsbrief lijst klanten facturen rekeningnummers systeem leverancier hack inbraak server toegang medewerker`)
	var b strings.Builder
	for b.Len() < size {
		b.WriteString(vocabulary[rnd.IntN(len(vocabulary))])
		if rnd.IntN(12) == 0 {
			fmt.Fprintf(&b, " %d", rnd.IntN(100000))
		}
		b.WriteString([]string{" ", " ", " ", " ", ", ", ".\r\n"}[rnd.IntN(6)])
	}
	return b.String()[:size]
}

// busy fills a record with a little of everything, so that every table has rows.
func busy(t testing.TB, r *rig) []incident.Ref {
	t.Helper()
	svc, ctx := r.service(), context.Background()
	rnd := rand.New(rand.NewPCG(1, 2))
	var refs []incident.Ref
	for n := range 4 {
		refs = append(refs, report(t, svc, mailText(n, words(rnd, 500))).Ref)
	}
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	anna := incident.ByPerson("p1")
	must(svc.SetPerson(ctx, anna, people.Person{Email: "anna@ziekenhuis.example", Name: "Anna Prins", Roles: []people.Role{people.Officer}}))
	must(svc.Do(ctx, refs[0], anna, incident.ConfirmAwareness{At: start}))
	must(svc.Do(ctx, refs[1], anna, incident.Waive{Reasons: "ongeopend retour ontvangen"}))
	must(svc.Do(ctx, refs[2], anna, incident.File{Kind: incident.FilingInitial, Provisional: true, Number: "123", At: start, Channel: "form"}))
	refs = append(refs, report(t, svc, mailText(0, "nog een")).Ref)
	parked := strings.Replace(mailText(9, "ik ben er niet"), "Subject: Brief", "Subject: Automatisch antwoord", 1)
	report(t, svc, parked)
	must(svc.Accept(ctx, incident.Incoming{
		Channel: incident.ChannelIMAP, Arrived: start, Body: strings.NewReader(mailText(10, "wacht nog")),
		Cursor: &incident.Cursor{Mailbox: "privacy@ziekenhuis.example/INBOX", Validity: 7, UID: 42},
	}))
	must(nil, r.Update(ctx, func(tx incident.Tx) error {
		if err := tx.PutAccess(incident.Access{Ref: refs[0], At: start, By: "person:p1", What: incident.AccessRaw, Report: 1}); err != nil {
			return err
		}
		if err := tx.SetCredential("anna", []byte("argon2id$geheim")); err != nil {
			return err
		}
		for n, m := range []incident.Message{
			{State: incident.Queued}, {State: incident.Retrying, Next: start.Add(time.Minute)}, {State: incident.Accepted, Ended: start},
		} {
			m.ID, m.Owner, m.To, m.Subject = tx.NextMessage(), incident.Stream{Ref: refs[n]}, "anna@ziekenhuis.example", "2026-0001: 48 uur"
			m.Class, m.Deadline, m.Queued = incident.ClassAlert, start.Add(72*time.Hour), start
			if err := tx.Queue(m, []byte("From: meldklok\r\n\r\nNog 48 uur.\r\n")); err != nil {
				return err
			}
		}
		item, err := r.NewItem()
		if err != nil {
			return err
		}
		return joined(tx.Stage(item), tx.PutChunk(item, 0, []byte("half"), false))
	}))
	return refs
}

func joined(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func recordPath(dir string) string { return filepath.Join(dir, RecordFile) }
