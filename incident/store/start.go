package store

import (
	"context"
	"fmt"

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
