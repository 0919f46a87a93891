package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"meldklok/incident"
)

// tokenCommand is about tokens, with which other programs use the API.
type tokenCommand struct {
	Add    tokenAddCommand    `cmd:"" help:"Make a token and print it, once: it is stored nowhere."`
	List   tokenListCommand   `cmd:"" help:"List the tokens: what each may do, until when, last used."`
	Revoke tokenRevokeCommand `cmd:"" help:"End a token at once."`
}

// tokenAddCommand makes a token.
type tokenAddCommand struct {
	Name  string   `required:"" help:"What the log calls the other program: small letters, digits, dot, hyphen."`
	Scope []string `required:"" help:"What it may do: report, read, file, export; and restricted beside another one. Repeatable."`
	Days  int      `help:"How long it is valid, at most 1095 days." default:"365"`
}

// Run implements the command.
func (c *tokenAddCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *tokenAddCommand) do(ctx context.Context, d *desk) error {
	var scopes []incident.Scope
	for _, s := range c.Scope {
		scopes = append(scopes, incident.Scope(s))
	}
	text, err := d.sessions.NewToken(ctx, incident.System, c.Name, scopes, c.Days)
	if err != nil {
		return usage(err)
	}
	_, err = fmt.Fprintln(d.stdout, text)
	return err
}

// tokenListCommand lists tokens.
type tokenListCommand struct{}

// Run implements the command.
func (c *tokenListCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *tokenListCommand) do(ctx context.Context, d *desk) error {
	all, err := d.sessions.Tokens(ctx)
	if err != nil {
		return err
	}
	const day = "2006-01-02T15:04Z"
	t := tabwriter.NewWriter(d.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tSCOPES\tSTATE\tVALID UNTIL\tLAST USED")
	for _, token := range all {
		state, used := "valid", "never"
		switch {
		case !token.Revoked.IsZero():
			state = "revoked"
		case !token.Valid(d.now()):
			state = "expired"
		}
		if !token.Used.IsZero() {
			used = token.Used.UTC().Format(day)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", token.Name, scopeList(token.Scopes), state, token.Until.UTC().Format(day), used)
	}
	return t.Flush()
}

func scopeList(scopes []incident.Scope) string {
	words := make([]string, len(scopes))
	for i, s := range scopes {
		words[i] = string(s)
	}
	return strings.Join(words, ",")
}

// tokenRevokeCommand ends a token.
type tokenRevokeCommand struct {
	Name string `arg:"" help:"Its name, as token list shows it."`
}

// Run implements the command.
func (c *tokenRevokeCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *tokenRevokeCommand) do(ctx context.Context, d *desk) error {
	err := d.sessions.RevokeToken(ctx, incident.System, c.Name)
	if errors.Is(err, incident.ErrNotFound) {
		return exit(exitUsage, fmt.Errorf("no token is called %s; meldklok token list shows them all", c.Name))
	}
	return err
}

// keepEvery is how often it is written down when tokens were last used.
const keepEvery = 10 * time.Minute

// keepTokens writes down from time to time, and at the end, when tokens were
// last used. A record that cannot take it now gets it later.
func (a *App) keepTokens(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return a.sessions.KeepTokens(context.WithoutCancel(ctx))
		case <-time.After(keepEvery):
			if err := a.sessions.KeepTokens(ctx); err != nil {
				a.log.Warn("when tokens were last used was not written down", "err", err)
			}
		}
	}
}
