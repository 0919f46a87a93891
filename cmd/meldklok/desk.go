package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"meldklok/incident"
	"meldklok/incident/store"
	"meldklok/notify"
	"meldklok/notify/mailbox"
	"meldklok/notify/mailer"
	"meldklok/ui/locale"
	"meldklok/ui/session"
)

// desk is what a command that needs the data works on, whether it runs in a
// process of its own or inside the running service.
type desk struct {
	service   *incident.Service
	store     *store.Store
	sessions  *session.Manager
	master    *store.Master
	planner   *notify.Live
	place     Place
	url       string
	tokens    incident.Tokens
	door      string // the service's own SMTP listener; empty: it is not running, or has none
	recipient string
	now       func() time.Time
	keeper    *keeper
	copies    func() incident.BackupCopies                // nil: the service is not running
	running   bool                                        // inside the service
	mailboxes func(lang string) []incident.WatchedMailbox // nil: the service is not running

	stdin          io.Reader
	stdout, stderr io.Writer
}

// deskCommand is a command that needs the data.
type deskCommand interface {
	do(ctx context.Context, d *desk) error
}

// atDesk carries out a command where the data is: inside the running service if
// there is one, otherwise on the folder itself.
func atDesk(ctx context.Context, w world, place Place, args []string, c deskCommand) error {
	if !store.Exists(place.Data) {
		if _, makes := c.(interface{ makesRecord() }); !makes {
			return fmt.Errorf("there is no record in %s: start the service once, or give its folder with --data, or its settings with --config (packaged: export MELDKLOK_CONFIG=/etc/meldklok/meldklok.env)", place.Data)
		}
	}
	if _, reads := c.(interface{ readsInput() }); !reads || terminal(w.stdin) {
		w.stdin = strings.NewReader("")
	}
	code, err := callControl(ctx, w, place.Data, args)
	if !errors.Is(err, errNoService) {
		return codeError(code, err)
	}
	d, err := openDesk(w, place)
	if err != nil {
		return lockedSentence(err, place)
	}
	return errors.Join(c.do(ctx, d), d.store.Close(), handOver(place.Data))
}

// terminal reports whether r is a person's terminal, from which nothing is
// read unasked.
func terminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// openDesk opens the record without a service around it. Rows are planned as
// the service would; it takes them up when it starts.
func openDesk(w world, place Place) (*desk, error) {
	master, _, err := place.master(true)
	if err != nil {
		return nil, err
	}
	log := slog.New(slog.NewTextHandler(w.stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	planner := notify.NewLive(notify.Planner{Ladders: notify.Defaults(), Lead: 5 * time.Second})
	s, err := store.Open(place.Data, master, true, store.Config{Planner: planner, Now: w.now, Log: log})
	if err != nil {
		return nil, err
	}
	service := &incident.Service{
		Store: s, Read: mailbox.Read, Now: w.now, Rules: incident.Rules(), Log: log,
		Tokens: incident.Tokens{MAC: s.MAC, Domain: "localhost"},
	}
	if err := useLadders(service, planner); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	sessions := session.New(s, w.now)
	service.Forgotten = sessions.Forget
	service.DropKept = mailer.NewFolder(outboxFolder(place), w.now).Drop
	return &desk{
		keeper:  &keeper{store: s, service: service, master: master, place: place, now: w.now},
		service: service, store: s, planner: planner, sessions: sessions, master: master, place: place, now: w.now,
		url: "http://localhost:8072", stdin: w.stdin, stdout: w.stdout, stderr: w.stderr,
	}, nil
}

// sentence says in English what went wrong, for a terminal.
func sentence(err error) string {
	var refusal *incident.Refusal
	if errors.As(err, &refusal) {
		text := locale.T(locale.English, "refusal."+refusal.Code, refusal.Args)
		if refusal.Field != "" {
			return refusal.Field + ": " + text
		}
		return text
	}
	return err.Error()
}
