package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"meldklok/incident/store"
)

// settingKeyProved is set once somebody has opened the recovery copy.
const settingKeyProved = "key-export-proved"

// exportFile is the recovery copy of the master key. It may lie beside the data:
// only the phrase opens it, and the phrase is nowhere stored.
const exportFile = store.ExportFile

func (a *App) exportFile() string { return filepath.Join(a.place.Data, exportFile) }

// exportKey writes the recovery copy at the first start. Under a service manager
// that is left to a person and «key export»: what a start prints is kept in a
// log there, and the phrase must not be.
func (a *App) exportKey() (err error) {
	if a.keyFile, err = a.place.keyPath(); err != nil {
		return err
	}
	a.phrase, err = writeExport(a.master, a.exportFile(), a.work)
	return err
}

// writeExport makes a recovery copy under a fresh phrase. Work is age's work
// factor; 0 is its default.
func writeExport(m *store.Master, path string, work int) (phrase string, err error) {
	if phrase, err = store.NewPhrase(); err != nil {
		return "", err
	}
	var sealed bytes.Buffer
	if err := m.Export(&sealed, phrase, work); err != nil {
		return "", err
	}
	if err := replaceFile(path, sealed.Bytes()); err != nil {
		return "", fmt.Errorf("recovery copy of the master key: %w", err)
	}
	return phrase, nil
}

// replaceFile writes a file that only its owner may read, synced, and then gives
// it its name: a crash or a full disk leaves the one that was there.
func replaceFile(path string, content []byte) error {
	tmp := path + ".partial"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	return nil
}

// keyCommand is about the master key.
type keyCommand struct {
	Prove  keyProveCommand  `cmd:"" help:"Open the recovery copy with its phrase (on standard input), so that you know it works."`
	Export keyExportCommand `cmd:"" help:"Make a new recovery copy; the old one is replaced."`
	New    keyNewCommand    `cmd:"" help:"Write a fresh master key to a file, for a service that is handed its key."`
	Rotate keyRotateCommand `cmd:"" help:"Exchange the master key (the service must be stopped); prints the phrase of a new recovery copy."`
}

// keyProveCommand proves that the recovery copy opens.
type keyProveCommand struct{}

// Run implements the command.
func (c *keyProveCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	if terminal(w.stdin) {
		fmt.Fprint(w.stderr, "Recovery phrase: ")
		line := make([]byte, 256)
		n, err := w.stdin.Read(line)
		if errors.Is(err, io.EOF) {
			return exit(exitUsage, errors.New("no phrase was given: run this where you can type it, or send it on standard input"))
		}
		if err != nil {
			return err
		}
		w.stdin = bytes.NewReader(line[:n])
	}
	return atDesk(ctx, w, place, args, c)
}

func (c *keyProveCommand) readsInput() {}

func (c *keyProveCommand) do(ctx context.Context, d *desk) error {
	phrase, err := password(d.stdin)
	if err != nil {
		return err
	}
	sealed, err := os.ReadFile(filepath.Join(d.place.Data, exportFile))
	if err != nil {
		return fmt.Errorf("recovery copy: %w", err)
	}
	m, err := openExport(bytes.NewReader(sealed), phrase)
	if err != nil {
		return exit(exitRefused, err)
	}
	if !m.Same(d.master) {
		return exit(exitRefused, errors.New("the recovery copy holds another key: make a new one with meldklok key export"))
	}
	fmt.Fprintln(d.stdout, "the recovery copy opens, and holds the key of this record")
	return setProved(ctx, d, true)
}

// keyExportCommand makes a new recovery copy.
type keyExportCommand struct{}

// Run implements the command.
func (c *keyExportCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *keyExportCommand) do(ctx context.Context, d *desk) error {
	if err := setProved(ctx, d, false); err != nil { // first: a crash then shows as a copy to be proved
		return err
	}
	path := filepath.Join(d.place.Data, exportFile)
	phrase, err := writeExport(d.master, path, 0)
	if err != nil {
		return err
	}
	fmt.Fprintf(d.stdout, "%s\n%s\n", path, phrase)
	return nil
}

// setProved records whether the present recovery copy was opened.
func setProved(ctx context.Context, d *desk, proved bool) error {
	value := `""`
	if proved {
		value = `"yes"`
	}
	return d.putSetting(ctx, settingKeyProved, json.RawMessage(value))
}

// keyNewCommand writes a master key for a record that does not exist yet.
type keyNewCommand struct {
	File string `arg:"" help:"Where to; a file that is there already is left alone." type:"path"`
}

// Run writes the key.
func (c *keyNewCommand) Run(w world) error {
	m, err := store.NewMaster()
	if err != nil {
		return err
	}
	if err := m.Write(c.File); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return exit(exitRefused, fmt.Errorf("%s is there already, and may be the only key to a record: it is left as it is", c.File))
		}
		return err
	}
	_, err = fmt.Fprintf(w.stdout, "%s\n", c.File)
	return err
}
