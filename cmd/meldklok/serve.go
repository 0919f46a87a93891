package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"meldklok/incident/store"
)

// serveCommand runs the service.
type serveCommand struct{ ServeConfig }

// Run serves until ctx ends.
func (c *serveCommand) Run(ctx context.Context, w world, place Place) (err error) {
	cfg, err := c.check()
	if err != nil {
		return exit(exitUsage, err)
	}
	log := newLog(w.stderr, c.LogFormat, c.LogLevel)
	fmt.Fprintf(w.stderr, "Meldklok, data in %s\n", place.Data)
	above := managerFrom(os.Getenv, os.Getpid())
	doors, err := above.passedDoors()
	if err != nil {
		return err
	}
	app, err := open(place, cfg, seams{log: log, now: w.now, above: above, doors: doors})
	if err != nil {
		return lockedSentence(err, place)
	}
	defer func() {
		if closeErr := app.Close(); err == nil {
			err = closeErr
		}
	}()
	if app.phrase != "" {
		fmt.Fprintf(w.stderr, keyNotice, app.keyFile, app.exportFile(), app.phrase)
	}
	if _, err := os.Stat(app.exportFile()); above.keepsLog() && errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintln(w.stderr, "There is no recovery copy of the master key yet. Make one, on this machine: meldklok key export")
	}
	return app.Run(ctx, w.stderr)
}

const keyNotice = `
The master key that opens this record is %s
and its recovery copy is %s
The copy opens with this phrase only. Write it down and keep it away from this machine:

  %s

Then prove that it works: meldklok key prove
`

// lockedSentence explains a data folder that another process holds.
func lockedSentence(err error, place Place) error {
	if isLocked(err) {
		return fmt.Errorf("another Meldklok is running on %s: stop it first, or give this one another folder with --data", place.Data)
	}
	return err
}

func isLocked(err error) bool { return errors.Is(err, store.ErrLocked) }
