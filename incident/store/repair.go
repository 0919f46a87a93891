package store

import (
	"context"
	"fmt"
	"slices"

	"meldklok/incident"
)

// Rederive folds an incident's log anew, and says whether the stored state and
// the indexes agree with it. When they do not, it puts them right: the log is
// the truth.
func (s *Store) Rederive(ctx context.Context, ref incident.Ref) (sound bool, err error) {
	err = s.engine.View(func(r Reader) error {
		v := &view{s: s, r: r, org: s.org.Load()}
		_, _, err := v.verifyState(ref, r.Get(tableState, refKey(ref)))
		sound = err == nil
		return nil
	})
	if err != nil || sound {
		return sound, err
	}
	return false, s.Update(ctx, func(itx incident.Tx) error { return itx.(*tx).rebuild(ref) })
}

// rebuild writes state and indexes of one incident from its log.
func (t *tx) rebuild(ref incident.Ref) error {
	item, err := t.itemOf(incident.Stream{Ref: ref})
	if err != nil {
		return err
	}
	inc, err := t.fold(ref, t.org.ID)
	if err != nil {
		return fmt.Errorf("store: rebuild %s: %w", ref, err)
	}
	st := &state{Incident: inc, item: item}
	t.clearIndexes(ref)
	if err := t.index(st, nil); err != nil {
		return err
	}
	return t.putState(st)
}

// clearIndexes removes whatever rows of an incident the indexes hold, and
// takes them out of the counters. Unlike [tx.index] it does not trust the
// stored state, so it looks for the rows themselves.
func (t *tx) clearIndexes(ref incident.Ref) {
	for w := range len(incident.DutyKinds()) {
		key := dutyKey(ref, incident.What(w))
		if t.w.Get(tableDuty, key) != nil {
			t.g.counters.OpenDuties--
			_ = t.w.Delete(tableDuty, key)
		}
	}
	for _, table := range []Table{tablePlan, tableClock} {
		for _, key := range t.timedRows(table, ref) {
			_, what, _ := splitDuty(key[8:])
			if _, duty := what.Duty(); duty && table == tablePlan {
				t.g.counters.PlannedOpen--
			}
			_ = t.w.Delete(table, key)
		}
	}
}

// timedRows finds the rows of one incident in an index ordered by time. It
// reads the whole index, and is only used to repair.
func (t *tx) timedRows(table Table, ref incident.Ref) (keys [][]byte) {
	t.r.Ascend(table, nil, func(k, _ []byte) bool {
		if r, _, ok := splitDuty(k[min(8, len(k)):]); ok && r == ref {
			keys = append(keys, slices.Clone(k))
		}
		return true
	})
	return keys
}

// refold rebuilds every state that an older program folded differently.
func (s *Store) refold() error {
	var version uint64
	if err := s.engine.View(func(r Reader) error { version = number(r.Get(tableMeta, metaFold)); return nil }); err != nil {
		return err
	}
	if version == incident.FoldVersion {
		return nil
	}
	var refs []incident.Ref
	err := s.engine.View(func(r Reader) error {
		r.Ascend(tableState, nil, func(k, _ []byte) bool {
			if stream, err := incident.StreamFromKey(k); err == nil {
				refs = append(refs, stream.Ref)
			}
			return true
		})
		return nil
	})
	if err != nil {
		return err
	}
	for _, ref := range refs {
		if err := s.Update(context.Background(), func(itx incident.Tx) error { return itx.(*tx).rebuild(ref) }); err != nil {
			return err
		}
	}
	return s.Update(context.Background(), func(itx incident.Tx) error {
		return itx.(*tx).w.Put(tableMeta, metaFold, key8(incident.FoldVersion))
	})
}

// sweepStaging removes raw bytes whose delivery was never accepted: the sender
// was not told yes, and sends them again.
func (s *Store) sweepStaging() error {
	var items []uint64
	if err := s.engine.View(func(r Reader) error {
		r.Ascend(tableStaging, nil, func(k, _ []byte) bool { items = append(items, number(k)); return true })
		return nil
	}); err != nil {
		return err
	}
	for _, item := range items {
		if err := s.sweepItem(item); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) sweepItem(item uint64) error {
	for done := false; !done; {
		err := s.Update(context.Background(), func(itx incident.Tx) error {
			t := itx.(*tx)
			var keys [][]byte
			t.r.Ascend(tableBlob, chunkKey(item, 0), func(k, _ []byte) bool {
				if number(k) != item || len(keys) == 50 {
					return false
				}
				keys = append(keys, slices.Clone(k))
				return true
			})
			for _, k := range keys {
				if err := t.w.Delete(tableBlob, k); err != nil {
					return err
				}
			}
			if done = len(keys) == 0; done {
				return t.w.Delete(tableStaging, key8(item))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
