package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"meldklok/incident"
	"meldklok/ui/locale"
)

// retentionCommand is about what is kept how long.
type retentionCommand struct {
	Show    retentionShowCommand    `cmd:"" help:"Print how long each kind of content is kept, as JSON."`
	Set     retentionSetCommand     `cmd:"" help:"Set periods from JSON on standard input, like {\"originals\":\"6m\"}; {} for those that ship with the program."`
	Preview retentionPreviewCommand `cmd:"" help:"Say what will be destroyed until a moment, and what is kept back; destroys nothing."`
	Lines   retentionLinesCommand   `cmd:"" help:"List the lines of the register whose period is over, and what keeps some of them."`
	Destroy retentionDestroyCommand `cmd:"" help:"Destroy such lines for good, by a named officer, with a reason that stays in the log."`
	Hold    retentionHoldCommand    `cmd:"" help:"Keep everything, or one incident, from being destroyed (legal hold)."`
	Release retentionReleaseCommand `cmd:"" help:"Lift a hold."`
}

type retentionShowCommand struct{}

// Run implements the command.
func (c *retentionShowCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *retentionShowCommand) do(ctx context.Context, d *desk) error {
	periods, err := d.retention(ctx)
	if err != nil {
		return err
	}
	return writeJSON(d.stdout, periods)
}

// retention returns the periods in force.
func (d *desk) retention(ctx context.Context) (incident.Retention, error) {
	org, err := d.service.Org(ctx)
	if err != nil {
		return nil, err
	}
	return incident.RetentionOf(org)
}

type retentionSetCommand struct{}

// Run implements the command.
func (c *retentionSetCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *retentionSetCommand) readsInput() {}

func (c *retentionSetCommand) do(ctx context.Context, d *desk) error {
	raw, err := io.ReadAll(io.LimitReader(d.stdin, 1<<20))
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return exit(exitRefused, errors.New("there are no periods on standard input; {} means those that ship with the program"))
	}
	if _, err := incident.ParseRetention(raw); err != nil {
		return exit(exitRefused, err)
	}
	return d.service.SetRetention(ctx, incident.System, raw)
}

type retentionPreviewCommand struct {
	Days int  `default:"365" help:"How many days ahead."`
	JSON bool `help:"As JSON."`
}

// Run implements the command.
func (c *retentionPreviewCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *retentionPreviewCommand) do(ctx context.Context, d *desk) error {
	periods, err := d.retention(ctx)
	if err != nil {
		return err
	}
	f, err := d.service.Forecast(ctx, periods, d.now().AddDate(0, 0, c.Days), everything)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(d.stdout, f)
	}
	if len(f.Held) > 0 {
		fmt.Fprintln(d.stdout, "a hold is on the whole record: nothing is destroyed")
	}
	for _, r := range f.Rows {
		fmt.Fprintf(d.stdout, "%s  %s  %s (%s)\n", r.At.UTC().Format(time.RFC3339), r.Ref, locale.Word(locale.English, "keep", r.What), r.Under)
	}
	for _, k := range f.Kept {
		fmt.Fprintf(d.stdout, "kept      %s  %s\n", k.Ref, locale.Word(locale.English, "stays", k.Why))
	}
	if f.More {
		fmt.Fprintln(d.stdout, "and more")
	}
	return nil
}

type retentionHoldCommand struct {
	Reasons string `required:"" help:"Why; it goes into the log."`
	Ref     string `arg:"" optional:"" help:"One incident; none: the whole record."`
}

// Run implements the command.
func (c *retentionHoldCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *retentionHoldCommand) do(ctx context.Context, d *desk) error {
	return d.brake(ctx, c.Ref, incident.SetBrake{Brake: incident.BrakeHold, On: true, Reasons: c.Reasons})
}

type retentionReleaseCommand struct {
	Reasons string `required:"" help:"Why; it goes into the log."`
	Ref     string `arg:"" optional:"" help:"One incident; none: the whole record."`
}

// Run implements the command.
func (c *retentionReleaseCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *retentionReleaseCommand) do(ctx context.Context, d *desk) error {
	return d.brake(ctx, c.Ref, incident.SetBrake{Brake: incident.BrakeHold, Reasons: c.Reasons})
}

// brake sets or lifts a brake on an incident, or a hold on the whole record.
func (d *desk) brake(ctx context.Context, ref string, b incident.SetBrake) error {
	if ref == "" {
		return d.service.HoldRecord(ctx, incident.System, b.On, b.Reasons)
	}
	at, err := incident.ParseRef(ref)
	if err != nil {
		return exit(exitUsage, err)
	}
	_, err = d.service.Do(ctx, at, incident.System, b)
	return err
}
