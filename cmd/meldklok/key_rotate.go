package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"meldklok/incident"
)

// keyRotateCommand exchanges the master key. It works on the folder itself and
// not through the service, whose memory holds keys under the old one.
type keyRotateCommand struct{}

// Run implements the command.
func (c *keyRotateCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *keyRotateCommand) do(ctx context.Context, d *desk) error {
	if d.running {
		return exit(exitRefused, errors.New("stop the service first: it would go on with the old key"))
	}
	path, err := d.place.rotatable()
	if err != nil {
		return exit(exitRefused, err)
	}
	if err := setProved(ctx, d, false); err != nil { // first: a crash then shows as a copy to be made
		return err
	}
	if err := d.store.Rotate(d.master, path, nil); err != nil {
		return err
	}
	m, _, err := d.place.master(false)
	if err != nil {
		return err
	}
	export := filepath.Join(d.place.Data, exportFile)
	phrase, err := writeExport(m, export, 0)
	if err != nil {
		return err
	}
	err = d.store.Update(ctx, func(tx incident.Tx) error {
		_, err := tx.Append(incident.OrgStream(), d.service.Act(incident.System), &incident.KeyRotated{})
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(d.stdout, "%s\n%s\n%s\n", path, export, phrase)
	fmt.Fprintln(d.stderr, "The key was exchanged. Write the new phrase down and prove it: meldklok key prove.\nKeep the old phrase for as long as you keep backups that were made before.")
	return nil
}

// rotatable is the file of the master key, if this program may exchange it.
func (p Place) rotatable() (string, error) {
	if os.Getenv("CREDENTIALS_DIRECTORY") != "" && p.KeyFile == "" {
		return "", errors.New("the master key is a systemd credential, which only its maker can exchange: copy it to a file, rotate with --key-file FILE, and make the credential from that file")
	}
	return p.keyPath()
}
