package main

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"meldklok/incident"
	"meldklok/incident/store"
)

// destroyedFile is the list of what was destroyed, beside the scheduled backups:
// numbers and no content. A restore of an old backup reads it when no newer
// backup can be opened, and does the destructions again.
const destroyedFile = "meldklok-destroyed.json"

// destroyedList is that list. The keyed hash shows that the same record wrote it:
// a foreign one would destroy at random. It also carries the head of the chain, by
// which a data folder that was put back from an older copy is recognised.
type destroyedList struct {
	At    time.Time           `json:"at"`             // UTC
	Head  *store.ProofHead    `json:"head,omitempty"` // absent in the list of an older program
	Items []store.Destruction `json:"items"`
	MAC   []byte              `json:"mac"`
}

// sign returns the keyed hash of a list.
func (l destroyedList) sign(s *store.Store) ([]byte, error) {
	l.MAC = nil
	raw, err := json.Marshal(l)
	return s.MAC("destroyed-list", raw), err
}

// destroyedListOf makes the list of a record.
func destroyedListOf(ctx context.Context, s *store.Store, now time.Time) (l destroyedList, err error) {
	l.At = now.UTC()
	err = s.View(ctx, func(v incident.View) error {
		head := v.Counters().Head
		l.Head = &store.ProofHead{Seq: head.Seq, Hash: head.Hash}
		return nil
	})
	if err != nil {
		return l, err
	}
	if l.Items, err = s.Destroyed(ctx); err != nil {
		return l, err
	}
	l.Items = append([]store.Destruction{}, l.Items...) // none is an empty list
	l.MAC, err = l.sign(s)
	return l, err
}

// readDestroyed reads a list. Whether it belongs to a record is asked later.
func readDestroyed(path string) (l destroyedList, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return l, fmt.Errorf("list of what was destroyed: %w", err)
	}
	if err := json.Unmarshal(raw, &l); err != nil {
		return l, fmt.Errorf("list of what was destroyed %s: %w", path, err)
	}
	return l, nil
}

// belongs returns an error unless the record wrote the list.
func (l destroyedList) belongs(s *store.Store) error {
	want, err := l.sign(s)
	if err == nil && !hmac.Equal(want, l.MAC) {
		err = errors.New("the list of what was destroyed was written by another record, or changed since")
	}
	return err
}

// keepDestroyed writes the list beside the scheduled backups; a crash leaves the
// one before.
func (k *keeper) keepDestroyed(ctx context.Context, dir string) error {
	l, err := destroyedListOf(ctx, k.store, k.now())
	if err != nil {
		return err
	}
	raw, err := json.Marshal(l)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, destroyedFile)
	if err := replaceFile(path, raw); err != nil {
		return fmt.Errorf("list of what was destroyed: %w", err)
	}
	return nil
}

// backupDestroyedCommand prints the list, to keep it where the backups are not.
type backupDestroyedCommand struct{}

// Run implements the command.
func (c *backupDestroyedCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *backupDestroyedCommand) do(ctx context.Context, d *desk) error {
	l, err := destroyedListOf(ctx, d.store, d.now())
	if err != nil {
		return err
	}
	return json.NewEncoder(d.stdout).Encode(l)
}

// listed returns the list that a restore is to follow: the one it was given, or
// the one beside the backup if that is newer than the copy.
func (c *restoreCommand) listed(m store.Manifest) (l destroyedList, err error) {
	if c.Destroyed != "" {
		return readDestroyed(c.Destroyed)
	}
	l, err = readDestroyed(filepath.Join(filepath.Dir(c.File), destroyedFile))
	if errors.Is(err, fs.ErrNotExist) || (err == nil && !l.At.After(m.Copied)) {
		return destroyedList{}, nil
	}
	return l, err
}

// destroyAgain does on an unpacked record what was destroyed since: first as the
// log knows it, then whatever else the lists name.
func destroyAgain(ctx context.Context, d *desk, gone []store.Destruction) error {
	if len(gone) == 0 {
		return nil
	}
	parts := map[uint64]incident.Parts{}
	for _, x := range gone {
		parts[x.Item] |= x.Parts
	}
	if _, err := d.service.DestroyAgain(ctx, parts); err != nil {
		return err
	}
	return d.store.Reapply(ctx, gone)
}
