package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"meldklok/incident"
)

// copies says what lies in the folder of scheduled backups. A folder that
// cannot be read now holds nothing that is known of.
func (c BackupConfig) copies() incident.BackupCopies {
	if c.BackupTo == "" {
		return incident.BackupCopies{}
	}
	out := incident.BackupCopies{Keep: c.BackupKeep, Every: c.BackupEvery}
	names, _ := scheduled(c.BackupTo)
	if out.N = len(names); out.N > 0 {
		out.Oldest, _ = begunAt(names[out.N-1])
	}
	return out
}

// begunAt reads from its name when a scheduled backup was begun, UTC.
func begunAt(name string) (time.Time, error) {
	return time.Parse("meldklok-20060102T150405Z.age", name)
}

// backupPruneCommand removes old scheduled backups before their time.
type backupPruneCommand struct {
	Folder string `required:"" help:"The folder of the scheduled backups." type:"path" env:"MELDKLOK_BACKUP_TO" placeholder:"DIR"`
	Before string `help:"Remove what was begun before this moment (RFC 3339); default: everything but the newest." placeholder:"WHEN"`
	DryRun bool   `help:"Say what would be removed; remove nothing."`
}

// Run implements the command.
func (c *backupPruneCommand) Run(ctx context.Context, w world, place Place) error {
	args := []string{"backup", "prune", "--folder", c.Folder, "--before", c.Before}
	if c.DryRun {
		args = append(args, "--dry-run")
	}
	return atDesk(ctx, w, place, args, c)
}

func (c *backupPruneCommand) do(ctx context.Context, d *desk) error {
	d.keeper.busy.Lock() // no backup or test restore is under way
	defer d.keeper.busy.Unlock()
	names, err := scheduled(c.Folder)
	if err != nil {
		return err
	}
	before, err := c.cut(names, d.now())
	if err != nil {
		return exit(exitUsage, err)
	}
	old, err := prunable(names, before)
	if err != nil {
		return exit(exitRefused, err)
	}
	for _, name := range old {
		fmt.Fprintln(d.stdout, name)
	}
	switch {
	case len(old) == 0:
		fmt.Fprintln(d.stderr, "there is nothing to remove")
		return nil
	case c.DryRun:
		fmt.Fprintln(d.stderr, "nothing was removed")
		return nil
	}
	org, err := d.service.Org(ctx)
	if err != nil {
		return err
	}
	if len(org.Held) > 0 {
		return exit(exitRefused, errors.New("a hold is on the whole record: nothing is removed until it is lifted (meldklok retention release)"))
	}
	if err := trusted(org.Backups, names[0]); err != nil {
		return exit(exitRefused, err)
	}
	return c.remove(ctx, d, old, before)
}

// cut reads --before.
func (c *backupPruneCommand) cut(names []string, now time.Time) (time.Time, error) {
	if c.Before != "" {
		at, err := time.Parse(time.RFC3339, c.Before)
		if err != nil {
			err = fmt.Errorf("--before: write a moment like %s", now.UTC().Format(time.RFC3339))
		}
		return at.UTC(), err
	}
	if len(names) == 0 {
		return now.UTC(), nil
	}
	return begunAt(names[0])
}

// prunable lists the backups that were begun before a moment. The newest is
// never among them.
func prunable(names []string, before time.Time) (old []string, err error) {
	for i, name := range names {
		at, err := begunAt(name)
		if err != nil {
			return nil, err
		}
		if at.Before(before) {
			if i == 0 {
				return nil, fmt.Errorf("%s is the newest backup, and older than that moment: make a new one first", name)
			}
			old = append(old, name)
		}
	}
	return old, nil
}

// trusted refuses unless the backup that stays is the last one that the record
// knows of, and no test found trouble: the old ones may be all there is.
func trusted(b incident.Backups, newest string) error {
	switch {
	case b.Last == nil || b.Last.File != newest:
		return fmt.Errorf("the newest backup in the folder, %s, is not the last one that this record made: nothing is removed", newest)
	case b.Trouble != "":
		return errors.New("the last test of a backup found trouble: nothing is removed until one is found whole")
	case !slices.ContainsFunc([]time.Time{b.Opened, b.Written}, func(at time.Time) bool { return !at.IsZero() }):
		return errors.New("no backup was ever tested: nothing is removed; try meldklok backup test first")
	}
	return nil
}

// remove removes the files and records that.
func (c *backupPruneCommand) remove(ctx context.Context, d *desk, old []string, before time.Time) error {
	body := &incident.BackupsPruned{Before: before}
	var failed error
	for _, name := range old {
		if err := os.Remove(filepath.Join(c.Folder, name)); err != nil {
			failed = errors.Join(failed, fmt.Errorf("remove a backup: %w", err))
			continue
		}
		body.Files = append(body.Files, name)
	}
	if len(body.Files) == 0 {
		return failed
	}
	fmt.Fprintf(d.stderr, "removed: %d; copies elsewhere you remove yourself\n", len(body.Files))
	return errors.Join(failed, d.keeper.record(ctx, body))
}
