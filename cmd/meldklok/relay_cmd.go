package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"meldklok/incident"
	"meldklok/notify/mailer"
	"meldklok/ui/locale"
)

// relayCommand is about the servers that take our mail.
type relayCommand struct {
	Test relayTestCommand `cmd:"" help:"Try every configured relay: connect, encrypt, sign in, and with --to send a test mail. Works with and without the service."`
}

// relayTestCommand tries what sending needs.
type relayTestCommand struct {
	Relays       []string `name:"relay" help:"Outgoing mail server, as for serve; repeatable." env:"MELDKLOK_RELAY" placeholder:"URL"`
	RelaySecrets []string `name:"relay-password-file" help:"File with its password; repeatable." env:"MELDKLOK_RELAY_PASSWORD_FILE" placeholder:"FILE"`
	From         string   `help:"Address from which Meldklok sends." default:"meldklok@localhost" env:"MELDKLOK_FROM" placeholder:"ADDRESS"`
	To           string   `help:"Send a test mail to this address over each of them." placeholder:"ADDRESS"`
}

// Run prints what each relay does. The exit status is 0 only when all take mail.
func (c *relayTestCommand) Run(ctx context.Context, w world) error {
	if len(c.Relays) == 0 {
		return exit(exitUsage, errors.New("no relay is configured: name one with --relay, or the settings file with --config"))
	}
	failed := 0
	for i, text := range c.Relays {
		relay, err := ServeConfig{Relays: c.Relays, RelaySecrets: c.RelaySecrets}.relay(i, text)
		if err != nil {
			return exit(exitUsage, fmt.Errorf("--relay: %w", err))
		}
		fmt.Fprintln(w.stdout, relay.Name())
		ok, err := c.try(ctx, w, relay)
		if err != nil {
			return exit(exitUsage, err)
		}
		if !ok {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d relays cannot be used", failed, len(c.Relays))
	}
	return nil
}

// try opens one relay and sends, if that is wanted.
func (c *relayTestCommand) try(ctx context.Context, w world, relay mailer.Relay) (ok bool, err error) {
	conn, err := relay.Open(ctx)
	if err != nil {
		var open *mailer.OpenError
		if !errors.As(err, &open) {
			return false, err
		}
		explain(w.stdout, open.Stage, open.Reason, open.Code, open.Reply, open.Err)
		return false, nil
	}
	defer conn.Close()
	fmt.Fprintf(w.stdout, "  ok        connects, encrypts and signs in as far as the setting asks\n")
	if c.To == "" {
		return true, nil
	}
	raw, err := mailer.Compose(mailer.Mail{
		From: c.From, To: c.To, Subject: "Test of Meldklok", Text: "This mail tests a relay of Meldklok. Nothing is wrong.\n",
		MessageID: rand.Text() + "@" + c.From[strings.LastIndexByte(c.From, '@')+1:], Date: w.now().In(incident.Amsterdam()),
	})
	if err != nil {
		return false, fmt.Errorf("--from, --to: %w", err)
	}
	r := conn.Send(ctx, c.From, c.To, raw)
	if r.Verdict != mailer.Accepted {
		explain(w.stdout, r.Stage, r.Reason, r.Code, r.Reply, r.Err)
		return false, nil
	}
	fmt.Fprintf(w.stdout, "  ok        took the test mail: %d %s\n", r.Code, r.Reply)
	return true, nil
}

// explain says where a relay failed, what to do, and what the other side said.
func explain(out io.Writer, stage mailer.Stage, reason mailer.Reason, code int, reply string, err error) {
	t := func(id string, args map[string]any) string { return locale.T(locale.English, id, args) }
	words := "mail-reason." + string(reason)
	if !locale.Has(words) {
		words = "mail-reason.other"
	}
	fmt.Fprintf(out, "  FAILED    %s\n            %s\n", t("mail-stage."+string(stage), nil), t(words, map[string]any{"reason": string(reason)}))
	said := strings.TrimSpace(strconv.Itoa(code) + " " + reply)
	if code == 0 {
		said = fmt.Sprint(err)
	}
	fmt.Fprintf(out, "            In its own words: %s\n", said)
}
