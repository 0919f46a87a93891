package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"
)

// backupCommand is about backups.
type backupCommand struct {
	Make      backupMakeCommand      `cmd:"" default:"withargs" help:"Write a backup into a new file; the service may go on meanwhile."`
	Test      backupTestCommand      `cmd:"" help:"Restore a backup in a place of its own, replay it, and throw that away."`
	Destroyed backupDestroyedCommand `cmd:"" help:"Print the list of what was destroyed (numbers, no content), so that a restore of an old backup can destroy it again."`
	Prune     backupPruneCommand     `cmd:"" help:"Remove old scheduled backups before their time, so that what was destroyed is gone from them too."`
	Key       backupKeyCommand       `cmd:"" help:"Make the pair of keys for backups, and say what to do with it."`
}

// backupMakeCommand writes a backup.
type backupMakeCommand struct {
	File      string   `arg:"" help:"The file to write; it must not exist." type:"path"`
	Recipient []string `name:"recipient" help:"Public key that it is encrypted to (age1…), or a file with such keys; repeatable. Default: those of the service." env:"MELDKLOK_BACKUP_RECIPIENT" placeholder:"KEY"`
}

// Run implements the command. The service may run in another folder and see
// other files, so it is given whole paths and the keys themselves.
func (c *backupMakeCommand) Run(ctx context.Context, w world, place Place) error {
	to, err := parseRecipients(c.Recipient)
	if err != nil {
		return exit(exitUsage, err)
	}
	args := []string{"backup", "make", c.File}
	c.Recipient = nil
	for _, r := range to {
		c.Recipient = append(c.Recipient, fmt.Sprint(r))
		args = append(args, "--recipient", fmt.Sprint(r))
	}
	return atDesk(ctx, w, place, args, c)
}

func (c *backupMakeCommand) do(ctx context.Context, d *desk) error {
	to, err := parseRecipients(c.Recipient)
	if err != nil {
		return exit(exitUsage, err)
	}
	if len(to) == 0 {
		to = d.keeper.to
	}
	if len(to) == 0 {
		return exit(exitUsage, errors.New("no public key to encrypt to: give one with --recipient; meldklok backup key makes one"))
	}
	if err := free(c.File); err != nil {
		return exit(exitUsage, err)
	}
	out, err := d.keeper.make(ctx, c.File, to, false, true)
	if err != nil {
		return outOfReach(err)
	}
	fmt.Fprintf(d.stdout, "%s: %d bytes, written and read back\nhead %d:%s\n", c.File, out.Size, out.Seq, out.Hash)
	switch {
	case !out.Trial.Made:
		fmt.Fprintln(d.stdout, "its content was NOT tested: there is too little room for that")
	case out.Trial.Err != nil:
		return fmt.Errorf("the file was written, but what went into it is NOT whole: %w", out.Trial.Err)
	default:
		fmt.Fprintf(d.stdout, "its content was unpacked and replayed: %d entries, whole\n", out.Trial.Entries)
	}
	fmt.Fprintln(d.stdout, "whether your key opens it is shown by: meldklok backup test FILE --identity KEYFILE")
	return nil
}

// backupTestCommand tests a backup.
type backupTestCommand struct {
	File     string `arg:"" help:"The backup." type:"path"`
	Identity string `required:"" help:"File with the secret key (AGE-SECRET-KEY-…)." type:"path" placeholder:"FILE"`
}

// Run implements the command. The secret key goes to the service over the
// socket and is stored nowhere.
func (c *backupTestCommand) Run(ctx context.Context, w world, place Place) error {
	if _, err := readIdentities(c.Identity); err != nil {
		return exit(exitUsage, err)
	}
	secret, err := os.ReadFile(c.Identity)
	if err != nil {
		return fmt.Errorf("identity: %w", err)
	}
	w.stdin = bytes.NewReader(secret)
	return atDesk(ctx, w, place, []string{"backup", "test", c.File, "--identity", c.Identity}, c)
}

func (c *backupTestCommand) readsInput() {}

func (c *backupTestCommand) do(ctx context.Context, d *desk) error {
	keys, err := age.ParseIdentities(d.stdin)
	if err != nil {
		return exit(exitUsage, fmt.Errorf("the identity: %w", err))
	}
	if err := opens(c.File, keys); err != nil {
		return exit(exitUsage, fmt.Errorf("not tested: %w", err))
	}
	t, err := d.keeper.try(ctx, c.File, keys)
	if err != nil {
		return err
	}
	if t.Err != nil {
		return exit(exitFailed, fmt.Errorf("the backup is NOT whole: %w", t.Err))
	}
	fmt.Fprintf(d.stdout, "whole: opened, unpacked and replayed in %s, %d entries; nothing of it is left\n", t.Took.Round(time.Millisecond), t.Entries)
	return nil
}

// backupKeyCommand makes a pair of keys.
type backupKeyCommand struct {
	File string `arg:"" help:"Where to write the secret key; it must not exist." type:"path"`
}

// Run makes it. It needs no data.
func (c *backupKeyCommand) Run(w world) error {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	f, err := os.OpenFile(c.File, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return exit(exitUsage, fmt.Errorf("the secret key cannot be written: %w", err))
	}
	_, err = fmt.Fprintf(f, "# Opens the backups of Meldklok.\n# public key: %s\n%s\n", key.Recipient(), key)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("the secret key could not be written: %w", err)
	}
	fmt.Fprintf(w.stdout, "%s\n", key.Recipient())
	fmt.Fprintf(w.stderr, backupKeyNotice, filepath.Base(c.File), key.Recipient())
	return nil
}

const backupKeyNotice = `
The line above is the public key. Give it to the service; it can only lock:

  --backup-to DIR --backup-recipient %[2]s

The secret key is in %[1]s. Whoever has it can open every backup, and without it
nobody can. Move it off this machine, keep two copies in two places (a safe, a
password manager), and then prove once that it works, where it is:

  meldklok backup test BACKUPFILE --identity %[1]s

A backup opens with that key; its content also needs the master key, or the
recovery phrase of its copy that travels in every backup.
`
