package main

import (
	"context"
	"fmt"
	"strings"

	"meldklok/incident"
	"meldklok/incident/people"
)

// userListCommand lists people.
type userListCommand struct{}

// Run implements the command.
func (c *userListCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *userListCommand) do(ctx context.Context, d *desk) error {
	org, err := d.service.Org(ctx)
	if err != nil {
		return err
	}
	accounts, err := d.sessions.Accounts(ctx)
	if err != nil {
		return err
	}
	for _, p := range org.People {
		roles := make([]string, len(p.Roles))
		for i, r := range p.Roles {
			roles[i] = string(r)
		}
		a, last, ways := accounts[p.ID], "-", []string{}
		if !a.LastIn.IsZero() {
			last = a.LastIn.UTC().Format("2006-01-02T15:04Z")
		}
		for _, way := range []struct {
			name string
			has  bool
		}{{"password", a.HasPassword}, {"app", !a.App.IsZero()}, {"passkey", len(a.Passkeys) > 0}, {"sso", a.SSO}, {"left", p.Inactive}} {
			if way.has {
				ways = append(ways, way.name)
			}
		}
		if len(ways) == 0 {
			ways = []string{"-"}
		}
		fmt.Fprintf(d.stdout, "%-5s %-32s %-24s %-22s %s\n", p.ID, p.Email, strings.Join(roles, ","), strings.Join(ways, ","), last)
	}
	return nil
}

// userResetCommand helps somebody who cannot come in.
type userResetCommand struct {
	Email string `required:"" help:"Address of the person."`
}

// Run implements the command.
func (c *userResetCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *userResetCommand) do(ctx context.Context, d *desk) error {
	id, err := d.personOf(ctx, c.Email)
	if err != nil {
		return err
	}
	if err := d.sessions.SignOutEverywhere(ctx, incident.System, id); err != nil {
		return err
	}
	token, err := d.sessions.Invite(ctx, incident.System, id)
	if err != nil {
		return err
	}
	fmt.Fprintf(d.stdout, "%s\n", d.url+linkPath(token))
	d.explainLink()
	return nil
}

// userFactorsCommand takes a lost second step away.
type userFactorsCommand struct {
	Email string `required:"" help:"Address of the person."`
}

// Run implements the command.
func (c *userFactorsCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *userFactorsCommand) do(ctx context.Context, d *desk) error {
	id, err := d.personOf(ctx, c.Email)
	if err != nil {
		return err
	}
	if err := d.sessions.DisableFactors(ctx, incident.System, id); err != nil {
		return err
	}
	fmt.Fprintf(d.stdout, "the second step of %s was taken away; without a password they need a link: meldklok user reset --email %s\n", c.Email, c.Email)
	return nil
}

// personOf finds an active person by address.
func (d *desk) personOf(ctx context.Context, email string) (people.ID, error) {
	org, err := d.service.Org(ctx)
	if err != nil {
		return "", err
	}
	p, ok := org.People.FindEmail(email)
	if !ok {
		return "", exit(exitRefused, fmt.Errorf("--email %s: nobody active has this address; meldklok user list shows everybody", email))
	}
	return p.ID, nil
}
