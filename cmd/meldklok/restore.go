package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"filippo.io/age"

	"meldklok/incident"
	"meldklok/incident/store"
)

// restoreCommand brings a record back from a backup.
type restoreCommand struct {
	File     string `arg:"" help:"The backup." type:"path"`
	Identity string `required:"" help:"File with the secret key of the backups (AGE-SECRET-KEY-…)." type:"path" placeholder:"FILE"`
	// Destroyed repeats what was destroyed after the backup was made.
	Destroyed string `help:"List of what was destroyed (meldklok backup destroyed), to destroy it again; default: the newest backup beside this one, and the list there." type:"path" placeholder:"LIST"`
}

// Run restores into an empty data folder. Nothing has a name there before all of
// it was verified.
func (c *restoreCommand) Run(ctx context.Context, w world, place Place) (err error) {
	keys, err := readIdentities(c.Identity)
	if err != nil {
		return exit(exitUsage, err)
	}
	if _, err := place.keyPath(); err != nil {
		return exit(exitUsage, err)
	}
	staging, err := store.Stage(place.Data)
	if err != nil {
		return exit(exitRefused, err)
	}
	verified := false // from then on files are given their names, and what lies there is needed to go on
	defer func() {
		if err != nil && !verified {
			err = errors.Join(err, store.Untidy(staging))
		}
	}()
	m, err := store.ReadBackup(ctx, c.File, keys, staging)
	if err != nil {
		return exit(exitRefused, err)
	}
	if err := masterFor(w, place, staging); err != nil {
		return exit(exitRefused, err)
	}
	gone, err := c.destroyedSince(ctx, w, Place{Data: filepath.Join(staging, "newer"), KeyFile: place.KeyFile}, keys, m)
	if err != nil {
		return exit(exitFailed, fmt.Errorf("nothing was restored: %w", err))
	}
	list, err := c.listed(m)
	if err != nil {
		return exit(exitRefused, err)
	}
	said, v, err := c.goOn(ctx, w, Place{Data: staging, KeyFile: place.KeyFile}, m, gone, list)
	if errors.Is(err, store.ErrWrongKey) {
		path, _ := place.keyPath()
		return exit(exitRefused, fmt.Errorf("nothing was restored: the master key %s is not the one of this backup: move it away, and the recovery phrase is asked for", path))
	}
	if err != nil {
		return exit(exitFailed, fmt.Errorf("nothing was restored: %w", err))
	}
	verified = true
	if err := errors.Join(store.Unstage(place.Data), handOver(place.Data)); err != nil {
		return fmt.Errorf("do it again: %w", err)
	}
	_, err = fmt.Fprintf(w.stdout, restoreNotice, v.Entries, v.Incidents, m.Seq, m.Hash, m.Copied.Format("2006-01-02 15:04:05Z07:00"), said.Numbers, said.Year)
	return err
}

const restoreNotice = `whole: %d entries, %d incidents; head %d:%s
taken %s; what was recorded after that is not in it
references up to %d are not given out again in %d and before
sending is held: make sure that the old installation no longer runs, start this one, then meldklok release
`

// destroyedSince reads the newest scheduled backup beside the one that is
// restored, and returns what was destroyed up to then: an old backup must not
// bring back what the law had go. A newer one that does not open is told of and
// passed over: it may be the very reason for taking an older one.
func (c *restoreCommand) destroyedSince(ctx context.Context, w world, place Place, keys []age.Identity, m store.Manifest) ([]store.Destruction, error) {
	names, err := scheduled(filepath.Dir(c.File))
	if err != nil || len(names) == 0 || names[0] == filepath.Base(c.File) {
		return nil, err
	}
	newest := filepath.Join(filepath.Dir(c.File), names[0])
	newer, err := store.ReadBackup(ctx, newest, keys, place.Data)
	if err != nil {
		fmt.Fprintf(w.stderr, "%s cannot be read, so what was destroyed since %s is not known: %v\n", newest, m.Copied.Format(time.RFC3339), err)
		return nil, nil
	}
	if !newer.Copied.After(m.Copied) {
		return nil, nil
	}
	d, err := openDesk(w, place)
	if err != nil {
		return nil, err
	}
	list, err := d.store.Destroyed(ctx)
	return list, errors.Join(err, d.store.Close())
}

// goOn verifies what was unpacked, repeats what was destroyed since, and lets it
// go on.
func (c *restoreCommand) goOn(ctx context.Context, w world, place Place, m store.Manifest, gone []store.Destruction, list destroyedList) (said incident.Restored, v store.Verification, err error) {
	head, err := m.Head()
	if err != nil {
		return said, v, err
	}
	d, err := openDesk(w, place)
	if err != nil {
		return said, v, err
	}
	defer func() { err = errors.Join(err, d.store.Close()) }()
	if v, err = d.store.Verify(ctx, &head); err != nil {
		return said, v, err
	}
	if len(list.MAC) > 0 {
		if err = list.belongs(d.store); err != nil {
			return said, v, err
		}
		gone = append(gone, list.Items...)
	}
	if err = destroyAgain(ctx, d, gone); err != nil {
		return said, v, err
	}
	slices.SortFunc(gone, func(a, b store.Destruction) int { return cmp.Compare(a.Item, b.Item) })
	gone = slices.CompactFunc(gone, func(a, b store.Destruction) bool { return a.Item == b.Item })
	said, err = d.store.GoOn(ctx, m, len(gone))
	return said, v, err
}

// masterFor makes sure that the master key is there. On a new machine it is
// brought back from its recovery copy, which every backup holds.
func masterFor(w world, place Place, staging string) error {
	_, _, err := place.master(false)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	path, err := place.keyPath()
	if err != nil {
		return err
	}
	sealed, err := os.Open(filepath.Join(staging, store.ExportFile))
	if err != nil {
		return fmt.Errorf("the master key %s is missing, and the backup holds no recovery copy of it: put the key back", path)
	}
	defer sealed.Close()
	if terminal(w.stdin) {
		fmt.Fprintf(w.stderr, "The master key %s is not on this machine; the backup holds its recovery copy.\nRecovery phrase: ", path)
	}
	phrase, err := password(firstLine{w.stdin})
	if err != nil {
		return err
	}
	if phrase == "" {
		return fmt.Errorf("the master key %s is missing: put it back, or give the recovery phrase on standard input", path)
	}
	m, err := openExport(sealed, phrase)
	if err != nil {
		return err
	}
	return m.Write(path)
}

// firstLine ends a terminal's input after what was typed first.
type firstLine struct{ r io.Reader }

func (f firstLine) Read(b []byte) (int, error) {
	n, err := f.r.Read(b)
	if n > 0 && terminal(f.r) {
		return n, io.EOF
	}
	return n, err
}

// releaseCommand lets a restored record send again.
type releaseCommand struct {
	By string `required:"" help:"Who releases it: the address of an officer, deputy or administrator." placeholder:"EMAIL"`
}

// Run implements the command.
func (c *releaseCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *releaseCommand) do(ctx context.Context, d *desk) error {
	org, err := d.service.Org(ctx)
	if err != nil {
		return err
	}
	p, ok := org.People.FindEmail(c.By)
	if !ok {
		return exit(exitRefused, fmt.Errorf("%s: there is no such person", c.By))
	}
	if err := d.service.Release(ctx, incident.ByPerson(p.ID)); err != nil {
		return exit(exitRefused, err)
	}
	_, err = fmt.Fprintln(d.stdout, "released: what is ready goes out now")
	return err
}
