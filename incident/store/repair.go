package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"meldklok/incident"
)

// Rederive folds an incident's log anew, and says whether the stored state and
// the indexes agree with it. When they do not, it puts them right: the log is
// the truth. A next alert that the planner would place elsewhere today (the
// ladder was changed) is moved, and is no fault.
func (s *Store) Rederive(ctx context.Context, ref incident.Ref) (sound bool, err error) {
	var found Sweep
	err = s.view(ctx, func(v *view) error {
		found.look(v, ref, v.r.Get(tableState, refKey(ref)))
		return nil
	})
	if err != nil {
		return false, err
	}
	if err := s.mend(ctx, &found); err != nil {
		return false, err
	}
	if len(found.Damaged) > 0 {
		return false, fmt.Errorf("store: the log of %s cannot be read", ref)
	}
	return len(found.Unsound) == 0, nil
}

// Sweep is what a slice of the audit found. What was wrong has been put right.
type Sweep struct {
	Next      incident.Ref   // the last incident seen: where the next slice goes on; zero: all were seen
	Checked   int            // open duties
	Unsound   []incident.Ref // state or indexes did not follow from the log
	Damaged   []incident.Ref // the log itself cannot be read, so nothing could be put right
	Replanned []incident.Ref // sound, but the ladder now asks for another next alert
}

// sweepRows bounds how many incidents a slice passes over, decided ones
// included, so that its read transaction stays short.
const sweepRows = 10_000

// RederiveSlice rederives the incidents with open duties that follow after
// (zero: from the first) until limit open duties were checked. It walks the
// states and not the index of duties, so a duty that the indexes lost is found;
// and it notices an incident that has a log but no state.
//
// Looking runs in one read transaction; only what is wrong costs a write. A
// duty costs about as much as reading the register part of its log, an incident without open duties
// next to nothing: its state is not opened.
func (s *Store) RederiveSlice(ctx context.Context, after incident.Ref, limit int) (out Sweep, err error) {
	err = s.view(ctx, func(v *view) error {
		var from []byte
		if !after.IsZero() {
			from = append(refKey(after), 0)
		}
		prev, passed, more := after, 0, false
		v.r.Ascend(tableState, from, func(k, value []byte) bool {
			if more = passed == sweepRows || out.Checked >= limit || ctx.Err() != nil; more {
				return false
			}
			stream, err := incident.StreamFromKey(k)
			if err != nil {
				return true
			}
			out.Unsound = append(out.Unsound, v.stateless(prev, stream.Ref)...)
			if len(value) < stateHead || value[8] != 0 {
				out.look(v, stream.Ref, value)
			}
			prev, passed = stream.Ref, passed+1
			return true
		})
		if out.Next = prev; !more {
			out.Next = incident.Ref{}
			out.Unsound = append(out.Unsound, v.stateless(prev, incident.Ref{Year: 9999})...)
		}
		return nil
	})
	return out, errors.Join(err, ctx.Err(), s.mend(ctx, &out))
}

// look audits one incident.
func (s *Sweep) look(v *view, ref incident.Ref, value []byte) {
	if emptied(value) && v.lineless(value) == nil {
		return
	}
	st, err := v.audit(ref, value, v.openRegister)
	if err != nil {
		v.s.cfg.Log.Error("an incident's state or indexes do not follow from its log", "ref", ref.String(), "err", err)
		s.Unsound = append(s.Unsound, ref)
		s.Checked++
		return
	}
	s.Checked += countOpen(st.Incident)
	fresh, err := v.s.plans(st.Incident)
	if err != nil || !slices.EqualFunc(fresh, st.Planned, plan.equal) {
		s.Replanned = append(s.Replanned, ref)
	}
}

// stateless finds incidents between two neighbours of the state table that
// have a log.
func (v *view) stateless(prev, next incident.Ref) (refs []incident.Ref) {
	if prev.Year == next.Year && prev.Number+1 == next.Number {
		return nil
	}
	v.r.Ascend(tableStream, entryKey(incident.Stream{Ref: prev}, ^uint32(0)), func(k, _ []byte) bool {
		stream, err := incident.StreamFromKey(k)
		if err != nil || !bytes.Equal(k, entryKey(stream, 1)) {
			return bytes.Compare(k, refKey(next)) < 0
		}
		if bytes.Compare(k, refKey(next)) >= 0 {
			return false
		}
		refs = append(refs, stream.Ref)
		return len(refs) < 100
	})
	return refs
}

// mend puts right what a slice found: the unsound ones each in a commit of its
// own, the others a handful in each. What has no readable log is told as damaged.
func (s *Store) mend(ctx context.Context, found *Sweep) (err error) {
	unsound := found.Unsound
	found.Unsound = nil
	for _, ref := range unsound {
		switch mended := s.update(ctx, func(t *tx) error { return t.rebuild(ref) }); {
		case mended == nil:
			found.Unsound = append(found.Unsound, ref)
		case errors.Is(mended, incident.ErrUnavailable) || ctx.Err() != nil:
			err = errors.Join(err, fmt.Errorf("store: rebuild %s: %w", ref, mended))
		default:
			s.cfg.Log.Error("an incident could not be rebuilt from its log", "ref", ref.String(), "err", mended)
			found.Damaged = append(found.Damaged, ref)
		}
	}
	for refs := range slices.Chunk(found.Replanned, startBatch) {
		err = errors.Join(err, s.update(ctx, func(t *tx) error {
			for _, ref := range refs {
				if err := t.replan(ref); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	return err
}

// replan moves the next alerts of a sound incident to where the planner wants
// them today.
func (t *tx) replan(ref incident.Ref) error {
	st, err := t.state(ref)
	if err != nil {
		return err
	}
	before := indexRows(st)
	if st.Planned, err = t.s.plans(st.Incident); err != nil {
		return err
	}
	if err := t.reindex(before, indexRows(st)); err != nil {
		return err
	}
	return t.putState(st)
}

// rebuild writes state and index rows of one incident from its log, whatever
// stands there now.
func (t *tx) rebuild(ref incident.Ref) error {
	inc, _, err := t.fold(ref, t.openRegister)
	if err != nil {
		return err // before anything is dropped, which reads the indexes from end to end
	}
	if st, err := t.state(ref); err == nil && st.Incident.Entries > inc.Entries {
		return fmt.Errorf("its log has %d entries, its state was made from %d: the end of the log is missing", inc.Entries, st.Incident.Entries)
	}
	if err := t.dropIndexRows(ref); err != nil {
		return err
	}
	if err := t.rewrite(ref); err != nil {
		return err
	}
	t.recount()
	return nil
}

// rewrite writes state and index rows of one incident from its log.
func (t *tx) rewrite(ref incident.Ref) error {
	inc, item, err := t.fold(ref, t.openRegister)
	if err != nil {
		return err
	}
	st := &state{Incident: inc, item: item}
	if st.Planned, err = t.s.plans(inc); err != nil {
		return err
	}
	if err := t.reindex(nil, indexRows(st)); err != nil {
		return err
	}
	return t.putState(st)
}

// dropIndexRows removes whatever rows of an incident the indexes hold. It
// trusts nothing else and so reads the indexes from end to end; only repairs
// use it.
func (t *tx) dropIndexRows(ref incident.Ref) (err error) {
	for _, table := range []Table{tableDuty, tableClock, tablePlan} {
		t.r.Ascend(table, nil, func(k, _ []byte) bool {
			of, _, ok := splitDuty(k)
			if table != tableDuty {
				of, _, ok = splitTimed(k)
			}
			if ok && of == ref {
				err = t.w.Delete(table, k)
			}
			return err == nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// recount sets the counters of the indexes to what stands there.
func (t *tx) recount() {
	c := &t.g.counters
	c.OpenDuties, c.PlannedOpen, c.Incidents = t.rows(tableDuty), t.planned(), t.rows(tableState)
}
