package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meldklok/incident"
	"meldklok/ui/locale"
)

// retentionLinesCommand is the preview of what retention destroy would destroy.
type retentionLinesCommand struct {
	JSON bool `help:"As JSON."`
}

// Run implements the command.
func (c *retentionLinesCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *retentionLinesCommand) do(ctx context.Context, d *desk) error {
	lines, more, err := d.service.PastLines(ctx, everything)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(d.stdout, append([]incident.PastLine{}, lines...)) // none is an empty list
	}
	if len(lines) == 0 {
		fmt.Fprintln(d.stderr, "no line of the register is past its period")
	}
	for _, l := range lines {
		fmt.Fprintf(d.stdout, "%s  period over since %s", l.Ref, l.Over.UTC().Format(time.RFC3339))
		for _, dup := range l.Merged {
			fmt.Fprintf(d.stdout, "  with %s", dup)
		}
		if l.Stays != nil {
			fmt.Fprintf(d.stdout, "  stays: %s", sentence(l.Stays))
		}
		fmt.Fprintln(d.stdout)
	}
	if more {
		fmt.Fprintln(d.stdout, "and more")
	}
	return nil
}

// retentionDestroyCommand destroys lines of the register whose period is over.
type retentionDestroyCommand struct {
	Refs    []string `arg:"" optional:"" help:"Incidents whose line is destroyed." name:"ref"`
	AllPast bool     `name:"all-past" help:"Every line whose period is over and that nothing keeps."`
	By      string   `required:"" help:"Who decides so: the address of an officer or deputy." placeholder:"EMAIL"`
	Reasons string   `required:"" help:"Why; it goes into the log, so name nobody."`
}

// Run implements the command.
func (c *retentionDestroyCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *retentionDestroyCommand) do(ctx context.Context, d *desk) error {
	if c.AllPast == (len(c.Refs) > 0) {
		return exit(exitUsage, errors.New("name incidents, or give --all-past; meldklok retention lines shows what can go"))
	}
	org, err := d.service.Org(ctx)
	if err != nil {
		return err
	}
	p, ok := org.People.FindEmail(c.By)
	if !ok {
		return exit(exitRefused, fmt.Errorf("%s: there is no such person", c.By))
	}
	refs, err := c.refs(ctx, d)
	if err != nil {
		return err
	}
	out, err := d.service.DestroyLines(ctx, incident.ByPerson(p.ID), refs, c.Reasons)
	stayed := 0
	for _, o := range out {
		if o.Refused != nil {
			stayed++
			fmt.Fprintf(d.stdout, "%s: stays: %s\n", o.Ref, sentence(o.Refused))
			continue
		}
		for _, dup := range o.With {
			fmt.Fprintf(d.stdout, "%s: destroyed, with %s\n", dup, o.Ref)
		}
		fmt.Fprintf(d.stdout, "%s: destroyed\n", o.Ref)
	}
	switch {
	case err != nil:
		return err
	case stayed < len(out):
		d.sayCopies()
	}
	if stayed > 0 {
		return exit(exitRefused, fmt.Errorf("%d of %d stay", stayed, len(out)))
	}
	return nil
}

// refs reads the references, or finds every line that can go.
func (c *retentionDestroyCommand) refs(ctx context.Context, d *desk) (refs []incident.Ref, err error) {
	for _, s := range c.Refs {
		ref, err := incident.ParseRef(s)
		if err != nil {
			return nil, exit(exitUsage, err)
		}
		refs = append(refs, ref)
	}
	if !c.AllPast {
		return refs, nil
	}
	lines, _, err := d.service.PastLines(ctx, everything)
	for _, l := range lines {
		if l.Stays == nil {
			refs = append(refs, l.Ref)
		}
	}
	return refs, err
}

// sayCopies says until when backups still hold what was just destroyed.
func (d *desk) sayCopies() {
	copies := incident.BackupCopies{}
	if d.copies != nil {
		copies = d.copies()
	}
	id, now := "copies.none", d.now()
	until, ok := copies.GoneBy(now)
	switch {
	case ok && copies.N == 0:
		id = "copies.empty"
	case ok:
		id = "copies.scheduled"
	}
	fmt.Fprintln(d.stderr, locale.T(locale.English, id, map[string]any{"n": copies.N, "oldest": copies.Oldest, "until": until}))
}
