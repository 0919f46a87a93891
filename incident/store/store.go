package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

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

// Config is what a record is opened with.
type Config struct {
	Planner incident.Planner
	Now     func() time.Time
	Log     *slog.Logger
	// Fatal is called once when a write to disk failed in a way that leaves open
	// what is on disk; it should end the process.
	Fatal func(error)
	// Changed is called after every commit.
	Changed func()
}

// Store is the record. It implements incident.Store.
type Store struct {
	cfg     Config
	engine  Engine
	keys    *keyring
	orgItem uint64 // whose keys seal the organisation's log
	codec   *incident.Codec
	commits committer
	org     atomic.Pointer[incident.Org]
	broken  atomic.Bool
	closing sync.Once
}

// Open opens the record in a data folder and creates it, with its key file, if
// create is set and it is not there.
func Open(dir string, master *Master, create bool, cfg Config) (*Store, error) {
	if create {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("store: data folder: %w", err)
		}
	}
	keys, err := OpenBolt(filepath.Join(dir, KeyFile), keyTables(), create)
	if err != nil {
		return nil, err
	}
	record, err := OpenBolt(filepath.Join(dir, RecordFile), recordTables(), create)
	if err != nil {
		return nil, errors.Join(err, keys.Close())
	}
	s, err := New(record, keys, master, cfg)
	if err != nil {
		return nil, errors.Join(err, record.Close(), keys.Close())
	}
	return s, nil
}

// Exists reports whether the folder holds a record.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, RecordFile))
	return err == nil
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
	s := &Store{cfg: cfg, engine: record, keys: ring, codec: incident.NewCodec()}
	s.commits.run = s.commit
	if err := s.prepare(); err != nil {
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
	var format int
	var orgItem uint64
	err := s.engine.View(func(r Reader) error {
		format = int(number(r.Get(tableMeta, metaFormat)))
		orgItem = number(r.Get(tableMeta, metaOrgItem))
		return nil
	})
	switch {
	case err != nil:
		return err
	case format > FormatVersion:
		return fmt.Errorf("store: the file has format %d, this program knows %d: use the newer program", format, FormatVersion)
	case format == 0:
		return s.layOut()
	}
	if _, err := s.keys.key(orgItem, Register); err != nil {
		return fmt.Errorf("store: record and key file do not belong together: %w", err)
	}
	s.orgItem = orgItem
	if err := s.loadOrg(); err != nil {
		return err
	}
	return errors.Join(s.refold(), s.sweepStaging())
}

// layOut writes the first entry of a new record.
func (s *Store) layOut() error {
	item, err := s.keys.take()
	if err != nil {
		return err
	}
	s.org.Store(&incident.Org{})
	s.orgItem = item
	return s.Update(context.Background(), func(itx incident.Tx) error {
		tx := itx.(*tx)
		if err := tx.w.Put(tableMeta, metaFormat, key8(FormatVersion)); err != nil {
			return err
		}
		if err := tx.w.Put(tableMeta, metaOrgItem, key8(item)); err != nil {
			return err
		}
		if err := tx.w.Put(tableMeta, metaFold, key8(incident.FoldVersion)); err != nil {
			return err
		}
		_, err := tx.Append(incident.OrgStream(), incident.Act{By: incident.System, Now: s.cfg.Now()}, &incident.RecordCreated{Organisation: "main"})
		return err
	})
}

// loadOrg folds the organisation's log. People and settings are few; they are
// the one thing kept in memory.
func (s *Store) loadOrg() error {
	return s.View(context.Background(), func(v incident.View) error {
		org := &incident.Org{}
		for e, err := range v.Log(incident.OrgStream(), 1) {
			if err != nil {
				return err
			}
			org.Apply(e)
		}
		s.org.Store(org)
		return nil
	})
}

// View implements incident.Store.
func (s *Store) View(ctx context.Context, fn func(incident.View) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.engine.View(func(r Reader) error { return fn(&view{s: s, r: r, org: s.org.Load()}) })
}

// Update implements incident.Store.
func (s *Store) Update(ctx context.Context, fn func(incident.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.broken.Load() {
		return fmt.Errorf("%w: it is closing down after a failed write", incident.ErrUnavailable)
	}
	return s.commits.do(func(g *group) error { return fn(newTx(s, g)) })
}

// NewItem implements incident.Store.
func (s *Store) NewItem() (uint64, error) {
	item, err := s.keys.take()
	if err != nil {
		return 0, s.failed(err)
	}
	return item, nil
}

// MAC implements incident.Store.
func (s *Store) MAC(purpose string, data ...[]byte) []byte { return s.keys.MAC(purpose, data...) }

// Size returns the bytes used on disk by the record and by its keys.
func (s *Store) Size() (record, keys int64) { return s.engine.Size(), s.keys.engine.Size() }

// Snapshot writes a consistent copy of the record's engine.
func (s *Store) Snapshot(w *bytes.Buffer) error { return s.engine.Snapshot(w) }

// Close waits for the transactions under way and closes both engines.
func (s *Store) Close() (err error) {
	s.closing.Do(func() { err = errors.Join(s.engine.Close(), s.keys.engine.Close()) })
	return err
}

// group is what the writers of one commit share.
type group struct {
	w        Writer
	counters counters
	org      *incident.Org // nil until one of them changes it
}

// commit runs calls in one commit. When one of them fails, the others are run
// again without it: a refusal of one writer is not another's.
func (s *Store) commit(calls []*call) {
	for len(calls) > 0 {
		batch := calls[:min(len(calls), max(1, s.engine.MaxKeys()/16))]
		calls = calls[len(batch):]
		for len(batch) > 0 {
			var failed int
			var org *incident.Org
			err := s.engine.Update(func(w Writer) error {
				counters, err := readCounters(w)
				if err != nil {
					return err
				}
				g := &group{w: w, counters: counters}
				for i, c := range batch {
					failed = i
					if err := c.fn(g); err != nil {
						return &callError{err}
					}
				}
				org = g.org
				return g.counters.write(w)
			})
			var own *callError
			if errors.As(err, &own) {
				batch[failed].done <- own.err
				batch = append(batch[:failed:failed], batch[failed+1:]...)
				continue
			}
			if err == nil && org != nil {
				s.org.Store(org)
			}
			if err != nil {
				err = s.failed(err)
			}
			for _, c := range batch {
				c.done <- err
			}
			if err == nil {
				s.cfg.Changed()
			}
			break
		}
	}
}

// callError marks an error as a writer's own.
type callError struct{ err error }

func (e *callError) Error() string { return e.err.Error() }

// failed maps an engine's failure to what callers understand, and ends the
// process when what is on disk is unknown (promise 1).
func (s *Store) failed(err error) error {
	if errors.Is(err, ErrBroken) && s.broken.CompareAndSwap(false, true) {
		s.cfg.Log.Error("a write to disk failed; ending, so that nothing is promised that is not kept", "err", err)
		s.cfg.Fatal(err)
	}
	if errors.Is(err, ErrFull) || errors.Is(err, ErrBroken) {
		return fmt.Errorf("%w: %w", incident.ErrUnavailable, err)
	}
	return err
}

// counters is the record's bookkeeping: one row, written with every commit.
type counters struct {
	OpenDuties  int64             `json:"open"`
	PlannedOpen int64             `json:"planned"`
	Incidents   int64             `json:"incidents"`
	Pending     int64             `json:"pending"`
	Queued      int64             `json:"queued"`
	Message     uint64            `json:"message"`
	Numbers     map[string]uint32 `json:"numbers"` // last reference by year
	Seq         uint64            `json:"seq"`
	Hash        [32]byte          `json:"-"`
	HashHex     []byte            `json:"hash"`
}

func readCounters(r Reader) (c counters, err error) {
	if raw := r.Get(tableMeta, metaCounters); raw != nil {
		if err := json.Unmarshal(raw, &c); err != nil {
			return c, fmt.Errorf("store: the counters row is damaged: %w", err)
		}
		copy(c.Hash[:], c.HashHex)
	}
	return c, nil
}

func (c *counters) write(w Writer) error {
	c.HashHex = c.Hash[:]
	raw, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("store: counters: %w", err)
	}
	return w.Put(tableMeta, metaCounters, raw)
}
