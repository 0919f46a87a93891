package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"meldklok/incident"
)

// Config is what a record is opened with.
type Config struct {
	Planner incident.Planner
	Now     func() time.Time
	Log     *slog.Logger
	// Fatal is called once, in a goroutine of its own, when a write to disk
	// failed in a way that leaves open what is on disk; it should end the process.
	Fatal func(error)
	// Changed is called after every commit, between two of them. It must return
	// at once and must not write to the record.
	Changed func()
}

// Store is the record. It implements incident.Store.
type Store struct {
	cfg     Config
	engine  Engine
	keys    *keyring
	orgItem uint64 // whose keys seal the organisation's log
	codec   *incident.Codec
	packer  *packer
	commits committer
	org     atomic.Pointer[incident.Org]
	broken  atomic.Bool
	gate    gate

	doubtful []string // tables that were not as they were written last; set once
	closing  sync.Once
}

// View implements incident.Store.
func (s *Store) View(ctx context.Context, fn func(incident.View) error) error {
	return s.view(ctx, func(v *view) error { return fn(v) })
}

func (s *Store) view(ctx context.Context, fn func(*view) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.failed(s.engine.View(func(r Reader) error { return fn(&view{s: s, r: r, org: s.org.Load()}) }))
}

// Update implements incident.Store. A panic in fn becomes its caller's error.
func (s *Store) Update(ctx context.Context, fn func(incident.Tx) error) error {
	return s.update(ctx, func(t *tx) error { return fn(t) })
}

func (s *Store) update(ctx context.Context, fn func(*tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.broken.Load() {
		return fmt.Errorf("%w: it is closing down after a failed write", incident.ErrUnavailable)
	}
	err := s.commits.do(func(g *group) error {
		if s.broken.Load() {
			return fmt.Errorf("%w: it is closing down after a failed write", incident.ErrUnavailable)
		}
		return fn(newTx(s, g))
	})
	return s.failed(err)
}

// NewItem implements incident.Store.
func (s *Store) NewItem() (uint64, error) {
	if s.broken.Load() {
		return 0, fmt.Errorf("%w: it is closing down after a failed write", incident.ErrUnavailable)
	}
	item, err := s.keys.take()
	return item, s.failed(err)
}

// MAC implements incident.Store.
func (s *Store) MAC(purpose string, data ...[]byte) []byte { return s.keys.MAC(purpose, data...) }

// Size returns the bytes used on disk by the record and by its keys.
func (s *Store) Size() (record, keys int64) { return s.engine.Size(), s.keys.engine.Size() }

// Close refuses new transactions, waits for those under way, and closes both
// engines. Afterwards everything answers ErrUnavailable.
func (s *Store) Close() (err error) {
	s.closing.Do(func() {
		s.commits.close()
		s.keys.pool.close()
		err = errors.Join(s.engine.Close(), s.keys.engine.Close())
	})
	return err
}

// failed maps an engine's failure to what callers understand, and ends the
// process when what is on disk is unknown (promise 1).
func (s *Store) failed(err error) error {
	if errors.Is(err, ErrBroken) && s.broken.CompareAndSwap(false, true) {
		s.cfg.Log.Error("a write to disk failed; ending, so that nothing is promised that is not kept", "err", err)
		go s.cfg.Fatal(err)
	}
	if errors.Is(err, incident.ErrUnavailable) {
		return err
	}
	if errors.Is(err, ErrFull) || errors.Is(err, ErrBroken) || errors.Is(err, ErrClosed) {
		return fmt.Errorf("%w: %w", incident.ErrUnavailable, err)
	}
	return err
}
