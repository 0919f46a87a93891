package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"filippo.io/age"

	"meldklok/incident"
	"meldklok/incident/store"
)

// BackupConfig is every setting of the backups.
type BackupConfig struct {
	BackupTo         string        `help:"Folder for scheduled backups, best on another disk; it must exist. Empty: none are made." env:"MELDKLOK_BACKUP_TO" type:"path" placeholder:"DIR"`
	BackupEvery      time.Duration `help:"Time between two backups." default:"24h" env:"MELDKLOK_BACKUP_EVERY"`
	BackupKeep       int           `help:"How many backups are kept in that folder." default:"14" env:"MELDKLOK_BACKUP_KEEP" placeholder:"N"`
	BackupRecipients []string      `name:"backup-recipient" help:"Public key that backups are encrypted to (age1…), or a file with such keys; repeatable. meldklok backup key makes one." env:"MELDKLOK_BACKUP_RECIPIENT" placeholder:"KEY"`
	BackupIdentity   string        `help:"File with the secret key, so that test restores open the file as well. Leave it out to keep that key off this machine: then everything but the opening is tested." env:"MELDKLOK_BACKUP_IDENTITY" type:"path" placeholder:"FILE"`
	BackupTestEvery  time.Duration `help:"Time between two test restores." default:"168h" env:"MELDKLOK_BACKUP_TEST_EVERY"`
}

// plan is the schedule of a checked configuration.
func (c BackupConfig) plan() incident.BackupPlan {
	if c.BackupTo == "" {
		return incident.BackupPlan{}
	}
	return incident.BackupPlan{Every: c.BackupEvery, TestEvery: c.BackupTestEvery}
}

// recipients reads the public keys, and says what is wrong with the settings.
func (c BackupConfig) recipients() ([]age.Recipient, error) {
	to, err := parseRecipients(c.BackupRecipients)
	switch {
	case err != nil || c.BackupTo == "":
		return to, err
	case len(to) == 0:
		return nil, errors.New("--backup-to needs a --backup-recipient: make a key with meldklok backup key")
	case c.BackupEvery < time.Minute || c.BackupTestEvery < time.Minute:
		return nil, errors.New("--backup-every, --backup-test-every: a minute or more")
	case c.BackupKeep < 1:
		return nil, errors.New("--backup-keep: 1 or more")
	}
	return to, nil
}

// parseRecipients reads public keys, or files with one a line.
func parseRecipients(texts []string) (to []age.Recipient, err error) {
	for _, text := range texts {
		source := strings.NewReader(text)
		if !strings.HasPrefix(text, "age1") {
			raw, err := os.ReadFile(text)
			if err != nil {
				return nil, fmt.Errorf("--backup-recipient: neither a public key nor a file: %w", err)
			}
			source = strings.NewReader(string(raw))
		}
		list, err := age.ParseRecipients(source)
		if err != nil {
			return nil, fmt.Errorf("--backup-recipient %s: %w", text, err)
		}
		to = append(to, list...)
	}
	return to, nil
}

// keeper makes and tests backups of one record, one at a time.
type keeper struct {
	store   *store.Store
	service *incident.Service
	master  *store.Master
	place   Place
	now     func() time.Time
	to      []age.Recipient // of the configuration

	busy sync.Mutex
}

// trialFolder is where test restores live, briefly.
func (k *keeper) trialFolder() string { return filepath.Join(k.place.Data, ".backup-test") }

// errNoRoom: a disk has too little room. Nothing was tried: a copy that fills
// the disk would keep reports from coming in.
var errNoRoom = errors.New("too little room on the disk")

// needRoom fails when a copy of the record would leave too little room.
func (k *keeper) needRoom(dir string) error {
	record, keys := k.store.Size()
	if !room(dir, record+keys+spareRoom) {
		return fmt.Errorf("%s: %w", dir, errNoRoom)
	}
	return nil
}

// spareRoom is what must stay free for what comes in.
const spareRoom = 64 << 20

// make writes a backup and records it; with trial set what goes into it is
// tested on its way.
func (k *keeper) make(ctx context.Context, path string, to []age.Recipient, scheduled, trial bool) (out store.BackedUp, err error) {
	k.busy.Lock()
	defer k.busy.Unlock()
	if err := k.needRoom(filepath.Dir(path)); err != nil {
		return out, err
	}
	b := store.Backup{Path: path, Recipients: to, Program: version().Version, Master: k.master}
	if trial && k.needRoom(k.place.Data) == nil {
		b.Trial = k.trialFolder()
	}
	b.Export, err = os.ReadFile(filepath.Join(k.place.Data, store.ExportFile))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return out, fmt.Errorf("recovery copy of the master key: %w", err)
	}
	if out, err = k.store.Backup(ctx, b); err != nil {
		return out, err
	}
	head, err := out.Head()
	if err != nil {
		return out, err
	}
	file := filepath.Base(path)
	bodies := []incident.Body{&incident.BackupMade{
		File: file, Size: out.Size, SHA256: out.SHA256, Seq: head.Seq, Hash: head.Hash[:], Scheduled: scheduled, Copied: out.Copied,
	}}
	if out.Trial.Made && ctx.Err() == nil {
		bodies = append(bodies, tested(file, incident.TestWritten, out.Trial))
	}
	return out, k.record(ctx, bodies...)
}

// try restores a backup as a test, and records what was found. A test for which
// there is no room is not made and not recorded.
func (k *keeper) try(ctx context.Context, path string, keys []age.Identity) (store.Trial, error) {
	k.busy.Lock()
	defer k.busy.Unlock()
	if err := k.needRoom(k.place.Data); err != nil {
		return store.Trial{}, err
	}
	t := k.store.Try(ctx, path, keys, k.master, k.trialFolder())
	if err := ctx.Err(); err != nil {
		return t, err
	}
	if !t.Made {
		return t, fmt.Errorf("%s: %w", k.place.Data, errNoRoom)
	}
	return t, k.record(ctx, tested(filepath.Base(path), incident.TestOpened, t))
}

func tested(file string, how incident.HowTested, t store.Trial) *incident.BackupTested {
	b := &incident.BackupTested{File: file, How: how, Entries: t.Entries, Took: t.Took}
	if t.Err != nil {
		b.Trouble = t.Err.Error()
	}
	return b
}

func (k *keeper) record(ctx context.Context, bodies ...incident.Body) error {
	return k.store.Update(ctx, func(tx incident.Tx) error {
		_, err := tx.Append(incident.OrgStream(), k.service.Act(incident.System), bodies...)
		return err
	})
}

// readIdentities reads a file with secret keys, which nobody else may read.
func readIdentities(path string) ([]age.Identity, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the identity %s may be read by others: chmod 600 it", path)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	keys, err := age.ParseIdentities(strings.NewReader(string(raw)))
	if err != nil {
		return nil, fmt.Errorf("the identity %s: %w", path, err)
	}
	return keys, nil
}

// scheduledName is how a scheduled backup is called: names sort by time, and no
// other file of the folder is ever touched.
var scheduledName = regexp.MustCompile(`^meldklok-\d{8}T\d{6}Z\.age$`)

func nameOf(at time.Time) string { return "meldklok-" + at.UTC().Format("20060102T150405Z") + ".age" }

// scheduled lists the scheduled backups of a folder, newest first.
func scheduled(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("folder of backups: %w", err)
	}
	for _, e := range entries {
		if scheduledName.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	slices.Reverse(names)
	return names, nil
}

// rotate removes the oldest backups beyond keep. Those named by spare stay: the
// one just made, whatever the clock says, and the last that a test found whole.
func rotate(dir string, keep int, spare ...string) error {
	names, err := scheduled(dir)
	if err != nil {
		return err
	}
	for _, name := range names[min(keep, len(names)):] {
		if !slices.Contains(spare, name) {
			err = errors.Join(err, os.Remove(filepath.Join(dir, name)))
		}
	}
	return err
}
