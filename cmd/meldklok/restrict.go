package main

import (
	"context"
	"fmt"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/locale"
)

// restrictCommand changes who may see an incident. The command line is the
// administrator's way in when everybody who was named is gone: it sees all.
type restrictCommand struct {
	Ref     string   `arg:"" help:"Reference, like 2026-0042."`
	To      []string `help:"Address of a person who may see it, beside the FG; repeatable. At least one officer or deputy."`
	Lift    bool     `help:"Give it back to everybody whose role allows it."`
	Reasons string   `required:"" help:"Why; recorded in the log."`
}

// Run implements the command.
func (c *restrictCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *restrictCommand) do(ctx context.Context, d *desk) error {
	ref, err := incident.ParseRef(c.Ref)
	if err != nil {
		return exit(exitUsage, err)
	}
	if c.Lift == (len(c.To) > 0) {
		return exit(exitUsage, fmt.Errorf("give --to for who may see %s, or --lift", ref))
	}
	if c.Lift {
		if _, err := d.service.Do(ctx, ref, incident.System, incident.Unrestrict{Reasons: c.Reasons}); err != nil {
			return exit(exitRefused, err)
		}
		_, err = fmt.Fprintf(d.stdout, "%s is no longer restricted\n", ref)
		return err
	}
	org, err := d.service.Org(ctx)
	if err != nil {
		return err
	}
	var may []people.ID
	for _, email := range c.To {
		p, ok := org.People.FindEmail(email)
		if !ok {
			return exit(exitRefused, fmt.Errorf("%s: there is no such person", email))
		}
		may = append(may, p.ID)
	}
	if _, err := d.service.Do(ctx, ref, incident.System, incident.Restrict{May: may, Reasons: c.Reasons}); err != nil {
		return exit(exitRefused, err)
	}
	_, err = fmt.Fprintf(d.stdout, "%s can be seen by %s and the FG only\n", ref, locale.List(locale.English, c.To))
	return err
}
