package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"meldklok/incident"
	"meldklok/ui/api"
	"meldklok/ui/locale"
)

// listCommand lists incidents or parked mail.
type listCommand struct {
	JSON   bool `name:"json" help:"As JSON (help json)."`
	Parked bool `help:"List parked mail instead."`
}

// Run implements the command.
func (c *listCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *listCommand) do(ctx context.Context, d *desk) error {
	if c.Parked {
		return c.parked(ctx, d)
	}
	list := []api.Summary{}
	for before := (incident.Ref{}); ; {
		rows, err := d.service.List(ctx, before, 500)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		for _, r := range rows {
			list = append(list, api.SummaryOf(r.Incident))
		}
		before = rows[len(rows)-1].Ref
	}
	if c.JSON {
		return writeJSON(d.stdout, list)
	}
	t := tabwriter.NewWriter(d.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "REFERENCE\tSTATUS\tOUTCOME\tDEADLINE\tSEVERITY\tPROPOSAL")
	for _, l := range list {
		due := "-"
		if l.DueAt != nil {
			due = locale.When(locale.English, *l.DueAt)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%.2f\t%s\n", l.Reference, l.Status, l.Outcome, due, l.Severity, l.Verdict)
	}
	return t.Flush()
}

// parkedMail is a parked message in `list --parked --json`.
type parkedMail struct {
	ID        string    `json:"id"`
	Reason    string    `json:"reason"`
	Channel   string    `json:"channel"`
	ArrivedAt time.Time `json:"arrived_at"`
}

func (c *listCommand) parked(ctx context.Context, d *desk) error {
	items, err := d.service.Parked(ctx, 0)
	if err != nil {
		return err
	}
	list := []parkedMail{}
	for _, p := range items {
		list = append(list, parkedMail{fmt.Sprintf("parked:%d", p.Item), string(p.Reason), string(p.Channel), p.Arrived.UTC()})
	}
	if c.JSON {
		return writeJSON(d.stdout, list)
	}
	for _, p := range list {
		fmt.Fprintf(d.stdout, "%s  %s  %s\n", p.ID, p.Reason, p.ArrivedAt.Format(time.RFC3339))
	}
	return nil
}

// showCommand shows one incident.
type showCommand struct {
	Ref  string `arg:"" help:"Reference, like 2026-0042."`
	JSON bool   `name:"json" help:"As JSON (help json)."`
}

// Run implements the command.
func (c *showCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *showCommand) do(ctx context.Context, d *desk) error {
	ref, err := incident.ParseRef(c.Ref)
	if err != nil {
		return exit(exitUsage, err)
	}
	inc, err := d.service.Incident(ctx, ref)
	if err != nil {
		return err
	}
	out, err := api.Show(ctx, d.service, inc)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(d.stdout, out)
	}
	printShown(d.stdout, out)
	return nil
}

func printShown(w io.Writer, s api.Incident) {
	fmt.Fprintf(w, "%s  %s, %s\n", s.Reference, s.Status, s.Outcome)
	fmt.Fprintf(w, "received  %s\naware     %s\n", locale.When(locale.English, s.ReceivedAt), locale.When(locale.English, s.AwareAt))
	if s.DueAt != nil {
		fmt.Fprintf(w, "deadline  %s\n", locale.When(locale.English, *s.DueAt))
	}
	fmt.Fprintf(w, "severity  %.2f, proposal: %s\n", s.Severity, s.Verdict)
	printDuties(w, s.Duties)
	fmt.Fprintln(w, "\nlog")
	for _, e := range s.Log {
		fmt.Fprintf(w, "  %6d  %s  %-14s %s\n", e.Seq, e.At.Format(time.RFC3339), e.Kind, e.By)
	}
	fmt.Fprintln(w, "\nalerts")
	for _, a := range s.Alerts {
		fmt.Fprintf(w, "  %-18s %-28s %-10s %s\n", a.Rung, a.Recipient, a.State, a.Reply)
	}
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
