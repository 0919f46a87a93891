package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"meldklok/incident"
)

// stagingFolder is where a restore unpacks, inside the data folder: what is not
// verified yet never has the names under which a record is opened.
const stagingFolder = ".restoring"

const (
	// skipNumbers is how many references a restore skips at least: as many may
	// have been given out after the backup was taken, and stand in mails.
	skipNumbers = 1000
	// skipMails and skipItems are how many numbers of mails and of keys it skips:
	// what is said about a lost one must never be taken for a new one.
	skipMails = 100_000
	skipItems = 1_000_000
)

// Stage prepares an empty data folder for a restore, and returns the folder to
// unpack into. What an interrupted restore left is removed. A folder that holds
// anything else is refused: a restore never overwrites.
func Stage(dir string) (staging string, err error) {
	if err := makeFolder(dir); err != nil {
		return "", fmt.Errorf("store: data folder: %w", err)
	}
	staging = filepath.Join(dir, stagingFolder)
	if err := takeBack(dir, staging); err != nil {
		return "", fmt.Errorf("store: data folder: %w", err)
	}
	if err := os.RemoveAll(staging); err != nil {
		return "", fmt.Errorf("store: data folder: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Errorf("store: data folder: %w", err)
	}
	// A volume of its own may hold this from its making.
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool { return e.Name() == "lost+found" })
	if len(entries) > 0 {
		return "", fmt.Errorf("store: %s is not empty (it holds %s): restore into an empty folder", dir, entries[0].Name())
	}
	return staging, os.Mkdir(staging, 0o700)
}

// takeBack removes what a restore that was interrupted in its last step had
// named already. The keys go first there: when they no longer lie in the staging
// folder and the record does, those in the data folder are of that restore.
func takeBack(dir, staging string) error {
	record, err := exists(filepath.Join(staging, RecordFile))
	keys, keyErr := exists(filepath.Join(staging, KeyFile))
	if err := errors.Join(err, keyErr); err != nil || !record || keys {
		return err
	}
	return errors.Join(drop(filepath.Join(dir, KeyFile)), drop(filepath.Join(dir, ExportFile)))
}

// Unstage gives what was verified in the staging folder its names in the data
// folder. The keys come first, which shows Stage how far it came; the record comes
// last: without it nothing opens.
func Unstage(dir string) error {
	staging := filepath.Join(dir, stagingFolder)
	for _, name := range []string{KeyFile, ExportFile, RecordFile} {
		err := os.Rename(filepath.Join(staging, name), filepath.Join(dir, name))
		if err != nil && !(name == ExportFile && errors.Is(err, os.ErrNotExist)) {
			return fmt.Errorf("store: restore: %w", err)
		}
		if err := syncFolder(dir); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(staging); err != nil {
		return fmt.Errorf("store: restore: %w", err)
	}
	return syncFolder(dir)
}

// GoOn lets a record go on that was unpacked from a backup and verified. In one
// transaction it skips every number that may have been given out after the copy
// was taken, and records the head that it came from; from then on sending is
// held. Keys of numbers that were given out meanwhile are skipped before.
// Destroyed is how many items' destruction was done again.
func (s *Store) GoOn(ctx context.Context, m Manifest, destroyed int) (incident.Restored, error) {
	hash, err := hex.DecodeString(m.Hash)
	if err != nil {
		return incident.Restored{}, fmt.Errorf("store: restore: %w", err)
	}
	if err := s.keys.skip(skipItems); err != nil {
		return incident.Restored{}, s.failed(err)
	}
	body := incident.Restored{Seq: m.Seq, Hash: hash, Copied: m.Copied, Destroyed: destroyed}
	err = s.update(ctx, func(t *tx) error {
		now := s.cfg.Now().UTC()
		c := &t.g.counters
		c.skip(uint16(now.In(incident.Amsterdam()).Year()))
		body.Numbers, body.Year, body.Messages = c.Floor, int(c.FloorYear), c.Message
		said := body
		return t.appendOrg(incident.Act{By: incident.System, Now: now}, []incident.Body{&said})
	})
	return body, err
}

// skip leaves out numbers in every year up to this one: whole thousands, so
// that a person sees from a reference that it came after a restore.
func (c *counters) skip(year uint16) {
	highest := c.Floor
	for y, n := range c.Numbers {
		highest, year = max(highest, n), max(year, y)
	}
	const thousand = 1000
	c.Floor = (highest + skipNumbers + thousand - 1) / thousand * thousand
	c.FloorYear = year
	for y := range c.Numbers {
		c.Numbers[y] = c.Floor
	}
	c.Message += skipMails
}

// skip makes sure that the next numbers of items lie n further on, also for a
// later process: it stores the keys of a batch there.
func (k *keyring) skip(n uint64) error {
	p := &k.pool
	p.mu.Lock()
	wait := p.refill
	p.mu.Unlock()
	if wait != nil {
		<-wait.done
	}
	p.mu.Lock()
	p.ready = nil
	p.next += n
	p.mu.Unlock()
	_, err := k.take()
	return err
}

// checkFloor compares the numbers that restores skipped with what the log says
// of them.
func (v *view) checkFloor(c counters) error {
	org, err := v.foldOrg()
	if err != nil {
		return fmt.Errorf("the organisation's log: %w", err)
	}
	var floor uint32
	var year int
	if r := org.Backups.Restored; r != nil {
		floor, year = r.Numbers, r.Year
	}
	if floor != c.Floor || year != int(c.FloorYear) {
		return fmt.Errorf("the record skips references up to %d, its log says %d", c.Floor, floor)
	}
	return nil
}
