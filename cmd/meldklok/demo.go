package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/mail"
	"strings"
	"sync"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/incident/store"
	"meldklok/notify"
	"meldklok/notify/mailer"
	"meldklok/ui/locale"
)

// demoCommand lets 72 hours pass in about a minute. Nothing of it is kept, and
// nothing is sent.
type demoCommand struct {
	Speed int    `help:"How much faster than life." default:"4320"`
	Hours int    `help:"How many hours to let pass." default:"80"`
	File  bool   `help:"Let the officer file with the AP after 60 hours, so that the reminders end in time."`
	Lang  string `help:"Language of the mails." enum:"nl,en" default:"nl"`
}

// demoMail is the report with which the demonstration begins.
const demoMail = "From: colleague@demo.example\r\nTo: privacy@demo.example\r\nSubject: Lijst naar verkeerde klant gemaild\r\n" +
	"Message-ID: <demo@demo.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" +
	"Vanochtend heb ik per ongeluk een lijst met namen en e-mailadressen van ongeveer 250 klanten\r\n" +
	"naar een verkeerde klant gestuurd.\r\n"

// Run implements the command.
func (c *demoCommand) Run(ctx context.Context, w world) error {
	if c.Speed < 1 || c.Speed > 100_000 {
		return exit(exitUsage, fmt.Errorf("--speed %d: choose from 1 to 100000", c.Speed))
	}
	clock := fastClock{start: w.now(), speed: time.Duration(c.Speed), now: w.now}
	a, err := c.app(clock, w.stdout)
	if err != nil {
		return err
	}
	defer a.Close()
	fmt.Fprintf(w.stdout, "A throw-away Meldklok, %d times as fast as life. No mail leaves this machine.\n\n", c.Speed)
	return c.play(ctx, a, clock, w.stdout)
}

// fastClock is a clock that runs ahead.
type fastClock struct {
	start time.Time
	speed time.Duration
	now   func() time.Time
}

func (f fastClock) Now() time.Time { return f.start.Add(f.now().Sub(f.start) * f.speed) }

func (f fastClock) After(d time.Duration) <-chan time.Time { return time.After(d / f.speed) }

// app wires an instance in memory.
func (c *demoCommand) app(clock fastClock, out io.Writer) (*App, error) {
	cfg, err := (ServeConfig{
		URL: "http://localhost:8072", From: "meldklok@demo.example", FromName: "Meldklok", Recipients: []string{"privacy@demo.example"},
		MaxMail: 50, Period: time.Minute,
	}).check()
	if err != nil {
		return nil, err
	}
	master, err := store.NewMaster()
	if err != nil {
		return nil, err
	}
	planner := notify.NewLive(notify.Planner{Ladders: notify.Defaults(), Lead: cfg.Period})
	a := &App{
		cfg: cfg, master: master, planner: planner, failed: make(chan error, 1),
		seams: seams{
			log: slog.New(slog.DiscardHandler), now: clock.Now, after: clock.After,
			roads: []mailer.Transport{&printer{out: out, clock: clock, lang: c.Lang}},
		},
	}
	a.store, err = store.New(store.NewMemory(), store.NewMemory(), master, store.Config{Planner: planner, Now: clock.Now, Changed: a.changed})
	if err != nil {
		return nil, err
	}
	a.wire()
	return a, nil
}

// play lets it happen.
func (c *demoCommand) play(ctx context.Context, a *App, clock fastClock, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	for _, role := range []people.Role{people.Officer, people.Deputy, people.FG, people.Management} {
		p := people.Person{Email: string(role) + "@demo.example", Roles: []people.Role{role}, Lang: c.Lang}
		if _, err := a.service.SetPerson(ctx, incident.System, p); err != nil {
			return err
		}
	}
	got, err := a.service.Record(ctx, incident.Incoming{Channel: incident.ChannelPipe, Arrived: clock.Now().UTC(), Body: strings.NewReader(demoMail)})
	if err != nil {
		return err
	}
	inc, err := a.service.Incident(ctx, got.Ref)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "A mail came in and became incident %s.\nDeadline: %s\nProvisional severity: %.2f, proposal: %s\n\n",
		got.Ref, locale.When(c.Lang, inc.Duty(incident.DutyAP).Clock.Due), inc.Score.Severity, inc.Score.Verdict())
	running.Go(func() { _ = a.engine.Run(ctx) })
	if c.File {
		if err := c.file(ctx, a, clock, got.Ref); err != nil {
			return err
		}
	}
	select {
	case <-ctx.Done():
	case <-clock.After(time.Duration(c.Hours)*time.Hour - clock.Now().Sub(clock.start)):
	}
	fmt.Fprintf(out, "\n%d hours have passed. Nothing of this was kept.\n", c.Hours)
	return nil
}

// file lets the officer file after sixty hours.
func (c *demoCommand) file(ctx context.Context, a *App, clock fastClock, ref incident.Ref) error {
	select {
	case <-ctx.Done():
		return nil
	case <-clock.After(60 * time.Hour):
	}
	_, err := a.service.Do(ctx, ref, incident.ByPerson("p1"), incident.File{Kind: incident.FilingInitial, Number: "demo", At: clock.Now().UTC()})
	return err
}

// printer is a transport that prints a line for each mail.
type printer struct {
	out   io.Writer
	clock fastClock
	lang  string
}

// Name implements mailer.Transport.
func (p *printer) Name() string { return "screen" }

// Open implements mailer.Transport.
func (p *printer) Open(context.Context) (mailer.Conn, error) { return p, nil }

// Send implements mailer.Conn.
func (p *printer) Send(_ context.Context, _, to string, raw []byte) mailer.Result {
	subject := "?"
	if m, err := mail.ReadMessage(bytes.NewReader(raw)); err == nil {
		subject = decodeHeader(m.Header.Get("Subject"))
	}
	at := p.clock.Now()
	fmt.Fprintf(p.out, "%5.1f h  %s  to %-24s  %s\n", at.Sub(p.clock.start).Hours(), locale.When(p.lang, at), to, subject)
	return mailer.Result{Verdict: mailer.Accepted, Reason: mailer.ReasonAccepted, Code: 250, Reply: "printed"}
}

// Close implements mailer.Conn.
func (p *printer) Close() error { return nil }

// decodeHeader reads encoded words (RFC 2047).
func decodeHeader(s string) string {
	text, err := new(mime.WordDecoder).DecodeHeader(s)
	if err != nil {
		return s
	}
	return text
}
