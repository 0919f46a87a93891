package main

import (
	"context"
	"fmt"

	"meldklok/incident"
)

// subjectCorrectCommand puts right what is known of a person who reported (GDPR
// art. 16), in every report that they wrote or that quotes them as its sender.
type subjectCorrectCommand struct {
	subjectActArgs
	Name  *string `help:"The name as it should be; empty: take it away." placeholder:"NAME"`
	Email *string `help:"The address as it should be; empty: take it away." placeholder:"ADDRESS"`
	Phone *string `help:"The telephone number as it should be; empty: take it away." placeholder:"NUMBER"`
	In    string  `help:"Only in this incident." placeholder:"REF"`
}

// Run implements the command.
func (c *subjectCorrectCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *subjectCorrectCommand) do(ctx context.Context, d *desk) error {
	request, err := c.request()
	if err != nil {
		return err
	}
	found, err := c.foundIn(ctx, d)
	if err != nil {
		return err
	}
	handled, err := d.service.CorrectSubject(ctx, incident.System, found, incident.Correct{
		Name: c.Name, Email: c.Email, Phone: c.Phone, Request: request, Reasons: c.Reasons,
	})
	sayHandled(d, handled, "corrected")
	return err
}

// foundIn searches for the person, in one incident if that was named.
func (c *subjectCorrectCommand) foundIn(ctx context.Context, d *desk) ([]incident.SubjectFind, error) {
	only := incident.Ref{}
	if c.In != "" {
		ref, err := incident.ParseRef(c.In)
		if err != nil {
			return nil, exit(exitUsage, err)
		}
		only = ref
	}
	found, err := c.find(ctx, d)
	if err != nil || only.IsZero() {
		return found, err
	}
	var in []incident.SubjectFind
	for _, f := range found {
		if f.Ref == only {
			in = append(in, f)
		}
	}
	if len(in) == 0 {
		return nil, exit(exitRefused, fmt.Errorf("nothing about this person was found in %s", only))
	}
	return in, nil
}
