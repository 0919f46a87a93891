package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"meldklok/incident"
)

// startBatch is how many incidents or pieces one transaction handles while the
// record is being opened. It stays below a distributed engine's limit of keys.
const startBatch = 8

// refold rebuilds every state that an older program folded differently. The
// indexes are emptied first, because an old state may not say which rows are
// its own; a crash in between starts it all over.
func (s *Store) refold() error {
	var version uint64
	err := s.engine.View(func(r Reader) error { version = number(r.Get(tableMeta, metaFold)); return nil })
	if err != nil || version == incident.FoldVersion {
		return err
	}
	for _, table := range []Table{tableDuty, tableClock, tablePlan} {
		if err := s.empty(table); err != nil {
			return err
		}
	}
	var from, next []byte
	for more := true; more; from = next {
		err := s.update(context.Background(), func(t *tx) error {
			var refs []incident.Ref
			refs, next = t.refsFrom(from)
			for _, ref := range refs {
				if err := t.rewrite(ref); err != nil {
					return fmt.Errorf("store: rebuild %s: %w", ref, err)
				}
			}
			more = len(refs) == startBatch
			return nil
		})
		if err != nil {
			return err
		}
	}
	return s.update(context.Background(), func(t *tx) error {
		t.recount()
		return t.w.Put(tableMeta, metaFold, key8(incident.FoldVersion))
	})
}

// refsFrom returns the next incidents of the state table, and where to go on.
func (v *view) refsFrom(from []byte) (refs []incident.Ref, next []byte) {
	next = from
	v.r.Ascend(tableState, from, func(k, value []byte) bool {
		if stream, err := incident.StreamFromKey(k); err == nil && !emptied(value) {
			refs = append(refs, stream.Ref)
		}
		next = append(append([]byte{}, k...), 0)
		return len(refs) < startBatch
	})
	return refs, next
}

// empty removes every row of a table, batch by batch.
func (s *Store) empty(table Table) error {
	for done := false; !done; {
		err := s.update(context.Background(), func(t *tx) (err error) {
			n := 0
			t.r.Ascend(table, nil, func(k, _ []byte) bool {
				err = t.w.Delete(table, k)
				n++
				return err == nil && n < startBatch
			})
			done = n < startBatch
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// ofOneDay refuses files whose parts are not of the same day: a chain that ends
// elsewhere than the counters say would be written over, and a file of keys that
// is older than the record would give numbers out again that are in use, and bring
// back keys that were destroyed.
func (s *Store) ofOneDay() error {
	return s.view(context.Background(), func(v *view) error {
		c, err := s.readCounters(v.r)
		if err != nil {
			return err
		}
		end, _ := v.end()
		switch {
		case end != c.Seq:
			return fmt.Errorf("store: %s is damaged, or put together from copies of several days: its chain ends at entry %d, its counters say %d: restore a backup", RecordFile, end, c.Seq)
		case c.Item > s.keys.last || c.Gone > s.keys.gone():
			return fmt.Errorf("store: %s is older than %s: put the one back that belongs to it, or restore both from a backup", KeyFile, RecordFile)
		}
		return nil
	})
}

// end returns the number of the last entry, and the hash behind it.
func (v *view) end() (seq uint64, hash [32]byte) {
	v.r.Descend(tableLog, nil, func(k, value []byte) bool {
		seq = number(k)
		if r, _, err := parseRow(value); err == nil {
			hash = r.hash
		}
		return false
	})
	return seq, hash
}

// bound compares the organisation's log, which is kept in memory, with its
// length. The counters of a record that an older program wrote are given what
// they lack.
func (s *Store) bound() error {
	var c counters
	err := s.view(context.Background(), func(v *view) (err error) { c, err = s.readCounters(v.r); return err })
	switch entries := s.org.Load().Entries; {
	case err != nil:
		return err
	case !c.Bound:
		return s.update(context.Background(), func(t *tx) error { t.bind(); return nil })
	case entries != c.Org:
		return fmt.Errorf("store: the organisation's log has %d entries, the record says %d: restore a backup", entries, c.Org)
	}
	return nil
}

// cleanUp carries out what a crash left: destructions, and raw bytes that were
// never accepted. It does so only when the marks that say so are those that the
// record wrote: what it does cannot be undone.
func (s *Store) cleanUp() error {
	if err := s.examine(); err != nil {
		return err
	}
	if slices.Contains(s.Doubtful(), tableName(tableStaging)) {
		return s.keys.shred()
	}
	return errors.Join(s.Dispose(context.Background()), s.sweepStaging(), s.Shred(context.Background()))
}

// examine looks, of the small tables and the last entry, which are not as they
// were written last. That keeps nothing from going on: it may be one bad sector,
// and a report that comes in must be taken.
func (s *Store) examine() error {
	return s.view(context.Background(), func(v *view) error {
		c, err := s.readCounters(v.r)
		if err != nil {
			return err
		}
		if _, hash := v.end(); hash != c.hash() {
			s.cfg.Log.Error("the last entry is not the one that was written last")
			s.doubtful = append(s.doubtful, tableName(tableLog))
		}
		for _, t := range []Table{tableStaging, tablePending, tableParked, tableCursor, tableCredential} {
			if err := v.asWritten(t, c); err != nil {
				s.cfg.Log.Error("the record was changed from outside", "err", err)
				s.doubtful = append(s.doubtful, tableName(t))
			}
		}
		return nil
	})
}

// Doubtful names the tables that were not as they were written last when the
// record was opened. [Store.Verify] looks at all of them.
func (s *Store) Doubtful() []string { return s.doubtful }

// sweepStaging removes raw bytes whose delivery was never accepted, or that
// are stored elsewhere already. Whoever sent the former was not told yes, and
// sends them again.
func (s *Store) sweepStaging() error {
	for done := false; !done; {
		err := s.update(context.Background(), func(t *tx) (err error) {
			done = true
			t.r.Ascend(tableStaging, nil, func(k, _ []byte) bool {
				done = false
				err = t.dropSome(number(k))
				return false
			})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// dropSome removes some pieces of an item, and its mark once none is left.
func (t *tx) dropSome(item uint64) (err error) {
	n := 0
	t.r.Ascend(tableBlob, chunkKey(item, 0), func(k, _ []byte) bool {
		if number(k) != item {
			return false
		}
		err = t.w.Delete(tableBlob, k)
		n++
		return err == nil && n < startBatch
	})
	if err != nil {
		return err
	}
	return t.Drop(item, 0, 0)
}
