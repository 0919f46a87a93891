package main

import (
	"context"
	"errors"
	"fmt"
	"net/smtp"
	"strings"
	"text/tabwriter"
	"time"

	"meldklok/incident"
	"meldklok/ui/locale"
)

// drillCommand exercises the whole path.
type drillCommand struct {
	Start  drillStartCommand  `cmd:"" help:"Send the drill's mail. It is marked, can never be filed, and counts for nothing."`
	Report drillReportCommand `cmd:"" help:"Say how long each step of a drill took."`
	End    drillEndCommand    `cmd:"" help:"End a drill; everybody who was alerted is told."`
}

// drillStartCommand starts a drill.
type drillStartCommand struct {
	Fast bool `help:"72 minutes instead of 72 hours. Clocks of real incidents are never scaled."`
}

// Run implements the command.
func (c *drillStartCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *drillStartCommand) do(ctx context.Context, d *desk) error {
	if d.tokens.MAC == nil {
		return exit(exitRefused, errors.New("a drill needs the running service: start it first"))
	}
	rule := incident.DrillRule
	if c.Fast {
		rule = incident.FastDrillRule
	}
	text := c.mail(rule, d)
	if d.door != "" && d.recipient != "" {
		if err := smtp.SendMail(d.door, nil, d.recipient, []string{d.recipient}, []byte(text)); err != nil {
			return fmt.Errorf("the drill's mail could not be delivered to the listener: %w", err)
		}
		fmt.Fprintln(d.stdout, "the drill's mail was delivered to the listener; meldklok list shows it as an exercise")
		return nil
	}
	out, err := d.service.Record(ctx, incident.Incoming{Channel: incident.ChannelPipe, Arrived: d.now().UTC(), Body: strings.NewReader(text)})
	if err != nil {
		return err
	}
	fmt.Fprintln(d.stdout, out.Ref)
	return nil
}

// mail writes the drill's report. Only its Message-ID, made with our key, makes
// it a drill.
func (c *drillStartCommand) mail(rule string, d *desk) string {
	from := d.recipient
	if from == "" {
		from = "drill@localhost"
	}
	return strings.Join([]string{
		"From: " + from, "To: " + from, "Subject: Oefening / drill", "Message-ID: <" + d.tokens.DrillID(rule, d.now()) + ">",
		"Auto-Submitted: auto-generated", "Content-Type: text/plain; charset=utf-8", "",
		"Dit is een oefening. Behandel haar als een echte melding, maar meld niets bij de AP.",
		"This is a drill. Treat it as a real report, but notify nothing to the AP.", "",
	}, "\r\n")
}

// drillReportCommand reports on a drill.
type drillReportCommand struct {
	Ref string `arg:"" help:"Reference of the drill."`
}

// Run implements the command.
func (c *drillReportCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *drillReportCommand) do(ctx context.Context, d *desk) error {
	ref, err := incident.ParseRef(c.Ref)
	if err != nil {
		return exit(exitUsage, err)
	}
	inc, err := d.service.Incident(ctx, ref)
	if err != nil {
		return err
	}
	if !inc.Exercise {
		return exit(exitRefused, fmt.Errorf("%s is not a drill", ref))
	}
	entries, err := d.service.Entries(ctx, ref)
	if err != nil {
		return err
	}
	proofs, err := d.service.Alerts(ctx, ref)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(d.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "STEP\tWHO\tAT\tTOOK\n")
	fmt.Fprintf(t, "received\tmailbox\t%s\t\n", locale.When(locale.English, inc.Received))
	fmt.Fprintf(t, "recorded\tMeldklok\t%s\t%s after receipt\n", locale.When(locale.English, entries[0].At), took(entries[0].At.Sub(inc.Received)))
	for _, p := range proofs {
		if p.Rung == incident.RungReceipt {
			continue
		}
		state := string(p.State)
		if p.State.Reached() {
			state = took(p.Ended.Sub(p.Due)) + " after it was due"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", p.Rung, p.Recipient, locale.When(locale.English, p.Due), state)
	}
	for _, e := range entries {
		if _, person := e.By.Person(); person {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s after receipt\n", e.Body.Kind(), e.By, locale.When(locale.English, e.At), took(e.At.Sub(inc.Received)))
		}
	}
	return t.Flush()
}

// took writes how long something took, to the second; a rung ahead of its
// instant took no time.
func took(d time.Duration) string { return max(0, d).Round(time.Second).String() }

// drillEndCommand ends a drill.
type drillEndCommand struct {
	Ref string `arg:"" help:"Reference of the drill."`
}

// Run implements the command.
func (c *drillEndCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *drillEndCommand) do(ctx context.Context, d *desk) error {
	ref, err := incident.ParseRef(c.Ref)
	if err != nil {
		return exit(exitUsage, err)
	}
	_, err = d.service.Do(ctx, ref, incident.System, incident.EndDrill{})
	return err
}
