package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/session"
)

// userCommand is about people.
type userCommand struct {
	Add  userAddCommand  `cmd:"" help:"Add a person, or give an existing one a role. A password may stand on standard input; otherwise a one-time link is printed."`
	FG   userFGCommand   `cmd:"" name:"fg-may-decide" help:"Let the FG decide too, or take that back; without it the FG advises (GDPR art. 38)."`
	List userListCommand `cmd:"" help:"List the people, and how they sign in."`

	Reset          userResetCommand   `cmd:"" help:"For somebody who cannot come in: end every session and print a one-time link for a new password."`
	DisableFactors userFactorsCommand `cmd:"" help:"Take the second step (app, passkeys, recovery codes) of somebody who lost it away."`
}

// userAddCommand adds a person.
type userAddCommand struct {
	Email string   `required:"" help:"Address for alerts, and name to sign in with."`
	Role  []string `required:"" help:"officer, deputy, fg, management, admin or auditor; repeatable."`
	Name  string   `help:"Name."`
	Lang  string   `help:"Language of pages and mails." enum:"nl,en" default:"nl"`
}

// Run implements the command.
func (c *userAddCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *userAddCommand) makesRecord() {}

func (c *userAddCommand) do(ctx context.Context, d *desk) error {
	var roles []people.Role
	for _, text := range c.Role {
		role, ok := people.ParseRole(text)
		if !ok {
			return exit(exitUsage, fmt.Errorf("--role %s: choose from officer, deputy, fg, management, admin, auditor", text))
		}
		roles = append(roles, role)
	}
	secret, err := password(d.stdin)
	if err != nil {
		return err
	}
	if secret != "" {
		if err := session.CheckPassword(secret, c.Email, c.Name); err != nil {
			return exit(exitRefused, err)
		}
	}
	p := people.Person{Email: c.Email, Name: c.Name, Lang: c.Lang, Roles: roles}
	org, err := d.service.Org(ctx)
	if err != nil {
		return err
	}
	if known, ok := org.People.FindEmail(c.Email); ok {
		p = known
		for _, role := range roles {
			if !p.Has(role) {
				p.Roles = append(p.Roles, role)
			}
		}
	}
	id, err := d.service.SetPerson(ctx, incident.System, p)
	if err != nil {
		return exit(exitRefused, err)
	}
	if secret != "" {
		if err := d.sessions.SetPassword(ctx, incident.System, id, secret); err != nil {
			return exit(exitRefused, err)
		}
		fmt.Fprintf(d.stdout, "%s\n", id)
		return nil
	}
	token, err := d.sessions.Invite(ctx, incident.System, id)
	if err != nil {
		return err
	}
	fmt.Fprintf(d.stdout, "%s\n%s\n", id, d.url+linkPath(token))
	d.explainLink()
	return nil
}

// explainLink says beside a one-time link what it is for.
func (d *desk) explainLink() {
	fmt.Fprintln(d.stderr, "The link works once, for a day: give it to the person, who chooses a password with it.")
	if !d.running {
		fmt.Fprintln(d.stderr, "The service is not running. Start it first, and put its own address before /link/.")
	}
}

// readsInput: a password may stand on standard input.
func (c *userAddCommand) readsInput() {}

// password reads one line of standard input; empty if there is none.
func password(r io.Reader) (string, error) {
	raw, err := io.ReadAll(io.LimitReader(r, 1024))
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	return strings.TrimRight(line, "\r"), nil
}
