package main

import (
	"bytes"
	"context"
	"errors"
	"io"

	"meldklok/incident"
)

// organisationCommand shows and sets who the organisation is.
type organisationCommand struct {
	Show organisationShowCommand `cmd:"" help:"Print who the organisation is, as JSON."`
	Set  organisationSetCommand  `cmd:"" help:"Set who the organisation is from JSON on standard input; it goes into the AP's form and the letters."`
}

// organisationShowCommand prints the setting.
type organisationShowCommand struct{}

// Run implements the command.
func (c *organisationShowCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *organisationShowCommand) do(ctx context.Context, d *desk) error {
	o, err := d.service.Organisation(ctx)
	if err != nil {
		return err
	}
	return writeJSON(d.stdout, o)
}

// organisationSetCommand sets it as a whole.
type organisationSetCommand struct{}

// Run implements the command.
func (c *organisationSetCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *organisationSetCommand) readsInput() {}

func (c *organisationSetCommand) do(ctx context.Context, d *desk) error {
	raw, err := io.ReadAll(io.LimitReader(d.stdin, 1<<20))
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return exit(exitRefused, errors.New("there is nothing on standard input; start from what «meldklok organisation show» prints"))
	}
	o, err := incident.ParseOrganisation(raw)
	if err != nil {
		return exit(exitRefused, err)
	}
	return d.service.SetOrganisation(ctx, incident.System, o)
}
