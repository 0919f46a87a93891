package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"meldklok/incident"
)

// FormatVersion is the version of the file's layout. A file with a higher one
// is refused; a lower one is migrated, step by numbered step.
const FormatVersion = 1

// File names in the data folder.
const (
	RecordFile = "record.db"
	KeyFile    = "keys.db"
)

// Exists reports whether the folder holds a record.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, RecordFile))
	return err == nil
}

// Open opens the record in a data folder. With create set it makes one where
// there is none; it never makes half of one anew, because a lost file is a
// lost record and not a new start. It returns ErrMissing, ErrLocked,
// ErrWrongKey, or a plain sentence about what is wrong with the files.
func Open(dir string, master *Master, create bool, cfg Config) (*Store, error) {
	recordPath, keyPath := filepath.Join(dir, RecordFile), filepath.Join(dir, KeyFile)
	hasRecord, err := exists(recordPath)
	hasKeys, keyErr := exists(keyPath)
	if err := errors.Join(err, keyErr); err != nil {
		return nil, fmt.Errorf("store: data folder: %w", err)
	}
	if hasRecord && !hasKeys {
		return nil, fmt.Errorf("%w: %s, without which %s cannot be read: restore both from a backup", ErrMissing, KeyFile, RecordFile)
	}
	if !hasRecord && create {
		if begun, err := exists(filepath.Join(dir, stagingFolder)); err != nil || begun {
			return nil, errors.Join(err, errors.New("store: a restore into this folder is under way, or was interrupted: do it again, or remove "+stagingFolder))
		}
	}
	if create {
		if err := makeFolder(dir); err != nil {
			return nil, fmt.Errorf("store: data folder: %w", err)
		}
	}
	keys, err := OpenBolt(keyPath, keyTables(), create)
	if err != nil {
		return nil, err
	}
	if !hasRecord && used(keys) {
		return nil, errors.Join(fmt.Errorf("%w: %s, though its keys are here: restore it from a backup", ErrMissing, RecordFile), keys.Close())
	}
	record, err := OpenBolt(recordPath, recordTables(), create)
	if err != nil {
		return nil, errors.Join(err, keys.Close())
	}
	err = migrate(record, keys, migrations(), keepCopies(dir, record, keys))
	if err != nil {
		return nil, errors.Join(err, record.Close(), keys.Close())
	}
	s, err := New(record, keys, master, cfg)
	if err != nil {
		return nil, errors.Join(err, record.Close(), keys.Close())
	}
	if err := dropOldCopies(dir, s.cfg.Now()); err != nil {
		s.cfg.Log.Warn("copies of before an upgrade could not be removed", "err", err)
	}
	return s, nil
}

// used reports whether keys were ever made in the key file.
func used(keys Engine) (found bool) {
	_ = keys.View(func(r Reader) error {
		r.Ascend(tableKeys, nil, func(_, _ []byte) bool { found = true; return false })
		return nil
	})
	return found
}

// New opens a record over two engines: the record's own and that of the keys.
// The store closes both.
func New(record, keys Engine, master *Master, cfg Config) (*Store, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Changed == nil {
		cfg.Changed = func() {}
	}
	if cfg.Fatal == nil {
		cfg.Fatal = func(error) {}
	}
	ring, err := openKeyring(keys, master.aead)
	if err != nil {
		return nil, err
	}
	s := &Store{cfg: cfg, engine: record, keys: ring, packer: ring.packer, codec: incident.NewCodec()}
	s.commits.run = s.commit
	ring.failing = func(err error) { _ = s.failed(err) }
	if err := s.prepare(); err != nil {
		s.commits.close()
		ring.pool.close()
		return nil, err
	}
	return s, nil
}

var (
	metaFold     = []byte("fold")
	metaFormat   = []byte("format")
	metaCounters = []byte("counters")
	metaOrgItem  = []byte("org-item")
)

// prepare lays out a new record, or checks and loads an existing one.
func (s *Store) prepare() error {
	var format, orgItem uint64
	empty := true
	err := s.engine.View(func(r Reader) error {
		format = number(r.Get(tableMeta, metaFormat))
		orgItem = number(r.Get(tableMeta, metaOrgItem))
		r.Ascend(tableLog, nil, func(_, _ []byte) bool { empty = false; return false })
		return nil
	})
	switch {
	case err != nil:
		return err
	case format > FormatVersion:
		return fmt.Errorf("store: the file has format %d, this program knows %d: use the newer program", format, FormatVersion)
	case format == 0 && empty:
		return s.layOut()
	case format == 0:
		return errors.New("store: the record does not say its format: it is damaged, restore a backup")
	}
	if _, err := s.keys.primitive(orgItem, Register); err != nil {
		return fmt.Errorf("store: record and key file do not belong together: %w", err)
	}
	s.orgItem = orgItem
	if err := s.loadOrg(); err != nil {
		return fmt.Errorf("store: record and key file do not belong together, or are damaged: %w", err)
	}
	if err := errors.Join(s.ofOneDay(), s.bound()); err != nil {
		return err
	}
	return errors.Join(s.refold(), s.cleanUp())
}

// layOut writes the first entry of a new record.
func (s *Store) layOut() error {
	item, err := s.keys.take()
	if err != nil {
		return err
	}
	s.org.Store(&incident.Org{})
	s.orgItem = item
	return s.update(context.Background(), func(t *tx) error {
		for _, row := range []struct {
			key   []byte
			value uint64
		}{{metaFormat, FormatVersion}, {metaOrgItem, item}, {metaFold, incident.FoldVersion}} {
			if err := t.w.Put(tableMeta, row.key, key8(row.value)); err != nil {
				return err
			}
		}
		first := &incident.RecordCreated{Organisation: "main"}
		_, err := t.Append(incident.OrgStream(), incident.Act{By: incident.System, Now: s.cfg.Now()}, first)
		return err
	})
}

// loadOrg folds the organisation's log. People and settings are few; they are
// the one thing kept in memory.
func (s *Store) loadOrg() error {
	return s.view(context.Background(), func(v *view) error {
		org, err := v.foldOrg()
		if err != nil {
			return err
		}
		s.org.Store(org)
		return nil
	})
}
