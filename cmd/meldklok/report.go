package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meldklok/incident"
)

// reportCommand records one mail. Exit 0 means that it is on disk; a mail
// server's pipe transport understands 75 as "try again".
type reportCommand struct {
	ReceivedAt string `name:"received-at" help:"When your mailbox received it, if you know better than the mail itself: RFC 3339, or Dutch local time." placeholder:"WHEN"`
}

// Run implements the command.
func (c *reportCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	err := atDesk(ctx, w, place, args, c)
	var own *exitError
	if err != nil && !errors.As(err, &own) {
		return exit(exitAgain, err) // nothing was recorded, and it is not the mail's fault
	}
	return err
}

// makesRecord: a mail server may deliver before the service first ran.
func (c *reportCommand) makesRecord() {}

func (c *reportCommand) readsInput() {}

func (c *reportCommand) do(ctx context.Context, d *desk) error {
	in := incident.Incoming{Channel: incident.ChannelPipe, Arrived: d.now().UTC(), Body: d.stdin}
	if c.ReceivedAt != "" {
		at, err := incident.ParseWhen(c.ReceivedAt)
		if err != nil {
			return exit(exitRefused, err)
		}
		if at.After(d.now().Add(time.Minute)) {
			return exit(exitRefused, errors.New("--received-at lies in the future"))
		}
		in.Stated = at
	}
	out, err := d.service.Record(ctx, in)
	switch {
	case errors.Is(err, incident.ErrTooLarge):
		return exit(exitRefused, err)
	case err != nil:
		return exit(exitAgain, err)
	}
	if out.Parked != 0 {
		fmt.Fprintf(d.stdout, "parked:%d\n", out.Parked)
		return nil
	}
	fmt.Fprintln(d.stdout, out.Ref)
	return nil
}
