package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"meldklok/incident"
	"meldklok/notify/mailbox"
	"meldklok/ui/locale"
)

// mailboxCommand is about the mailboxes that are watched.
type mailboxCommand struct {
	Test   mailboxTestCommand   `cmd:"" help:"Try every configured mailbox, step by step, and say what is missing. Works with and without the service; changes nothing in a mailbox."`
	Status mailboxStatusCommand `cmd:"" help:"How the mailboxes stand that the running service watches."`
}

// mailboxTestCommand tries what watching a mailbox needs.
type mailboxTestCommand struct{ MailboxConfig }

// Run prints each step. The exit status is 0 only when every step passed that a
// mailbox cannot do without.
func (c *mailboxTestCommand) Run(ctx context.Context, w world) error {
	list, err := c.mailboxes(w.now)
	switch {
	case err != nil:
		return exit(exitUsage, err)
	case len(list) == 0:
		return exit(exitUsage, errors.New("no mailbox is configured: name one with --mailbox, or the settings file with --config"))
	}
	failed := 0
	for _, m := range list {
		ok, err := tryMailbox(ctx, w.stdout, m, w.now())
		if err != nil {
			return exit(exitUsage, fmt.Errorf("mailbox %s: %w", m.Name, err))
		}
		if !ok {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d mailboxes cannot be watched", failed, len(list))
	}
	return nil
}

// tryMailbox prints what a test of one mailbox found.
func tryMailbox(ctx context.Context, out io.Writer, m watched, now time.Time) (ok bool, err error) {
	steps, err := mailbox.Check(ctx, m.Mailbox)
	if err != nil {
		return false, err
	}
	fmt.Fprintf(out, "%s: %s at %s\n", m.Name, m.User, m.Address)
	ok = true
	for _, s := range steps {
		verdict := stepVerdict(s, ok)
		fmt.Fprintf(out, "  %-9s %s\n", verdict, locale.T(locale.English, "mailbox-step."+s.Name, nil))
		if s.Trouble == nil {
			continue
		}
		ok = false
		fmt.Fprintf(out, "            %s\n", s.Trouble.In(locale.English))
		if s.Trouble.Detail != "" {
			fmt.Fprintf(out, "            The other side said: %s\n", s.Trouble.Detail)
		}
	}
	for _, f := range (incident.WatchedMailbox{Name: m.Name, Alarm: time.Hour, Started: now, SecretEnds: m.ends}).Findings(now) {
		fmt.Fprintf(out, "  note      %s\n", locale.T(locale.English, "health."+f.Code, f.Args))
	}
	return ok, nil
}

// stepVerdict is a step in one word. A server without IDLE can be watched: new
// mail is then found by looking.
func stepVerdict(s mailbox.Step, sofar bool) string {
	switch {
	case s.OK:
		return "ok"
	case s.Trouble != nil:
		return "FAILED"
	case sofar:
		return "without"
	}
	return "not tried"
}

// mailboxStatusCommand asks the running service.
type mailboxStatusCommand struct {
	JSON bool `help:"As JSON; meldklok help json names the fields."`
}

// Run implements the command.
func (c *mailboxStatusCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *mailboxStatusCommand) do(_ context.Context, d *desk) error {
	if d.mailboxes == nil {
		return errors.New("the service is not running, so no mailbox is watched; meldklok mailbox test tries the mailboxes")
	}
	list := d.mailboxes(locale.English)
	if c.JSON {
		if list == nil {
			list = []incident.WatchedMailbox{}
		}
		enc := json.NewEncoder(d.stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(list)
	}
	if len(list) == 0 {
		fmt.Fprintln(d.stdout, "no mailbox is watched")
	}
	for _, m := range list {
		printMailbox(d.stdout, m, d.now())
	}
	return nil
}

func printMailbox(out io.Writer, m incident.WatchedMailbox, now time.Time) {
	last := "never"
	if !m.LastGood.IsZero() {
		last = m.LastGood.Format(time.RFC3339)
	}
	fmt.Fprintf(out, "%s: mailbox %d, known %d, missing %d, set aside %d; last read %s\n", m.Name, m.InFolder, m.Known, m.Missing, m.Aside, last)
	for _, f := range m.Findings(now) {
		fmt.Fprintf(out, "  %-5s %s\n", f.Level, locale.T(locale.English, "health."+f.Code, f.Args))
	}
	if m.Trouble != "" {
		fmt.Fprintf(out, "  %s\n", m.Why)
	}
	if m.Detail != "" {
		fmt.Fprintf(out, "  The server said: %s\n", m.Detail)
	}
}
