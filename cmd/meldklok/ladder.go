package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/notify"
	"meldklok/ui/locale"
)

// useLadders puts the ladders of the organisation's settings in force.
func useLadders(service *incident.Service, live *notify.Live) error {
	org, err := service.Org(context.Background())
	if err != nil {
		return err
	}
	ladders, err := notify.ParseLadders([]byte(org.Settings[notify.SettingLadders]))
	if err != nil {
		return fmt.Errorf("the stored setting: %w", err)
	}
	planner := live.Planner()
	planner.Ladders = ladders
	live.Set(planner)
	return nil
}

// ladderCommand shows and sets ladders.
type ladderCommand struct {
	Show   ladderShowCommand   `cmd:"" help:"Print the ladders in force, as JSON."`
	Set    ladderSetCommand    `cmd:"" help:"Set ladders from JSON on standard input ({} for those that ship with the program); says what will now be sent."`
	Oncall ladderOnCallCommand `cmd:"" name:"on-call" help:"Set who is told next when somebody cannot be reached, in order."`
}

// ladderShowCommand prints the ladders in force.
type ladderShowCommand struct{}

// Run implements the command.
func (c *ladderShowCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *ladderShowCommand) do(_ context.Context, d *desk) error {
	return writeJSON(d.stdout, d.planner.Planner().Ladders)
}

// ladderSetCommand sets ladders.
type ladderSetCommand struct {
	DryRun bool `name:"dry-run" help:"Check, and say what would change; change nothing."`
}

// Run implements the command.
func (c *ladderSetCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *ladderSetCommand) readsInput() {}

func (c *ladderSetCommand) do(ctx context.Context, d *desk) error {
	raw, err := io.ReadAll(io.LimitReader(d.stdin, 1<<20))
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return exit(exitRefused, errors.New("there are no ladders on standard input; {} means those that ship with the program"))
	}
	ladders, err := notify.ParseLadders(raw)
	if err != nil {
		return exit(exitRefused, err)
	}
	org, err := d.service.Org(ctx)
	if err != nil {
		return err
	}
	if err := ladders.CheckPeople(org.People, d.now()); err != nil {
		return exit(exitRefused, err)
	}
	fresh := d.planner.Planner()
	fresh.Ladders = ladders
	if err := c.say(ctx, d, fresh); err != nil || c.DryRun {
		return err
	}
	return d.ladders().Put(ctx, incident.System, raw, fresh)
}

// shownChanges bounds what set prints.
const shownChanges = 50

// say prints which open duty will next be alerted when, where that changes.
func (c *ladderSetCommand) say(ctx context.Context, d *desk, fresh notify.Planner) error {
	rows, err := d.service.Board(ctx, 0)
	if err != nil {
		return err
	}
	changed := notify.NextAlerts(rows, d.planner.Planner(), fresh)
	for _, c := range changed[:min(shownChanges, len(changed))] {
		when := locale.When(locale.English, c.At)
		if c.At.Before(d.now()) {
			when = "at once"
		}
		fmt.Fprintf(d.stdout, "%s  %-10s next: %s, %s\n", c.Ref, c.Duty, locale.Rung(locale.English, c.Rung), when)
	}
	fmt.Fprintf(d.stdout, "%d of %d open duties get another next alert\n", len(changed), len(rows))
	return nil
}

// ladders is where ladders are changed.
func (d *desk) ladders() *notify.Desk {
	return &notify.Desk{Service: d.service, Planner: d.planner, Rederive: rederive(d.store)}
}

// putSetting records a setting in the organisation's log.
func (d *desk) putSetting(ctx context.Context, name string, value json.RawMessage) error {
	return d.service.PutSetting(ctx, incident.System, name, value)
}

// ladderOnCallCommand sets the on-call order.
type ladderOnCallCommand struct {
	Email []string `arg:"" optional:"" help:"Addresses in order; none: the order of the roles."`
}

// Run implements the command.
func (c *ladderOnCallCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *ladderOnCallCommand) do(ctx context.Context, d *desk) error {
	org, err := d.service.Org(ctx)
	if err != nil {
		return err
	}
	ids := []people.ID{}
	for _, email := range c.Email {
		p, ok := org.People.FindEmail(email)
		if !ok {
			return exit(exitRefused, fmt.Errorf("%s: there is no such person", email))
		}
		ids = append(ids, p.ID)
	}
	return d.ladders().SetOnCall(ctx, incident.System, ids)
}
