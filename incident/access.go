package incident

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"time"
)

// AccessKind says what of an incident's personal compartments was looked at.
// Stored values.
type AccessKind string

// The kinds.
const (
	AccessOpened AccessKind = "opened" // the page: who reported, and what they wrote
	AccessRaw    AccessKind = "raw"    // a report exactly as it came in
	AccessFile   AccessKind = "file"   // an attachment
	AccessAdded  AccessKind = "added"  // a file that somebody of ours added
	AccessWhole  AccessKind = "whole"  // the whole case as a file

	AccessParked    AccessKind = "parked"     // a parked message: who sent it, and what they wrote
	AccessParkedRaw AccessKind = "parked-raw" // the same exactly as it came in
)

// Access is one look at a personal compartment. The access log is the one thing
// that reading writes (promise 10); it is no part of the incident's log and
// ages out.
type Access struct {
	Ref    Ref        `json:"-"`
	At     time.Time  `json:"-"` // UTC
	By     Actor      `json:"by"`
	What   AccessKind `json:"what"`
	Report int        `json:"report,omitempty"`
	File   int        `json:"file,omitempty"` // of an attachment, from 0
	Item   uint64     `json:"item,omitempty"` // of a parked message, which has no reference
}

const (
	// AccessKept is how long an access stays in the log unless the service is
	// told otherwise: long enough to answer who looked, and no archive of what
	// colleagues did.
	AccessKept = 2 * 365 * 24 * time.Hour
	// accessAgain is how long looking again at the same is the same look.
	accessAgain = 15 * time.Minute
	// mostLooks bounds what is remembered of recent looks.
	mostLooks = 10_000
	// agedAtOnce is how many old rows each new one takes along: more than one,
	// so that the log shrinks to its period by itself.
	agedAtOnce = 4
)

// looks remembers recent looks, so that going back and forth is one row. Losing
// it costs a row too many.
type looks struct {
	mu   sync.Mutex
	last map[Access]time.Time // At is zero in the keys
}

// fresh reports whether the look is a new one, and remembers it.
func (l *looks) fresh(a Access) bool {
	at := a.At
	a.At = time.Time{}
	l.mu.Lock()
	defer l.mu.Unlock()
	if last, ok := l.last[a]; ok && !at.Before(last) && at.Sub(last) < accessAgain {
		return false
	}
	if l.last == nil || len(l.last) >= mostLooks {
		l.last = map[Access]time.Time{}
	}
	l.last[a] = at
	return true
}

func (l *looks) forget(a Access) {
	a.At = time.Time{}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.last, a)
}

// Saw records that somebody looked at a personal compartment. It is on disk
// when it returns nil. Rows beyond their time go in the same transaction.
func (s *Service) Saw(ctx context.Context, a Access) error {
	a.At = s.Now().UTC()
	if !s.looks.fresh(a) {
		return nil
	}
	kept := s.AccessKept
	if kept <= 0 {
		kept = AccessKept
	}
	err := s.Store.Update(ctx, func(tx Tx) error {
		_, err := tx.ForgetAccess(a.At.Add(-kept), agedAtOnce, func(ref Ref) bool { return KeptBack(tx, ref) })
		return errors.Join(err, tx.PutAccess(a))
	})
	if err != nil {
		s.looks.forget(a)
	}
	return err
}

// Accesses returns who looked at an incident's personal compartments, newest
// first, at most limit. A report that was parked at first brings along who looked
// at it then.
func (s *Service) Accesses(ctx context.Context, ref Ref, limit int) (list []Access, err error) {
	err = s.Store.View(ctx, func(v View) error {
		inc, err := v.Incident(ref)
		if err != nil {
			return err
		}
		if list, err = newest(v.Accesses(ref), limit, func(Access) bool { return true }); err != nil {
			return err
		}
		parked, err := newest(v.Accesses(Ref{}), limit, func(a Access) bool {
			return slices.ContainsFunc(inc.Reports, func(r Report) bool { return r.Item == a.Item })
		})
		list = append(list, parked...)
		return err
	})
	slices.SortStableFunc(list, func(a, b Access) int { return b.At.Compare(a.At) })
	return list[:min(limit, len(list))], err
}

// ParkedAccesses returns who looked at a parked message, newest first, at most
// limit.
func (s *Service) ParkedAccesses(ctx context.Context, item uint64, limit int) (list []Access, err error) {
	err = s.Store.View(ctx, func(v View) error {
		list, err = newest(v.Accesses(Ref{}), limit, func(a Access) bool { return a.Item == item })
		return err
	})
	return list, err
}

// newest takes up to limit looks that are wanted.
func newest(all iter.Seq2[Access, error], limit int, wanted func(Access) bool) (list []Access, err error) {
	for a, err := range all {
		if err != nil {
			return list, err
		}
		if !wanted(a) {
			continue
		}
		if list = append(list, a); len(list) == limit {
			break
		}
	}
	return list, nil
}
