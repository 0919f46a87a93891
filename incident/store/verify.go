package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"meldklok/incident"
)

// Verification is what [Store.Verify] found.
type Verification struct {
	Entries   uint64
	Incidents int64
	Head      incident.Head
	Took      time.Duration
}

// Verify replays the whole record: the chain entry by entry, every log against
// the stored state, every row of every table against what vouches for it. It
// returns the first thing that does not fit. With a head that left the record
// earlier (from an alert mail, a heartbeat, a backup) it also finds a rewritten
// or cut-off end.
//
// It reads in slices, so writers go on meanwhile; what they add is verified
// with the rest.
func (s *Store) Verify(ctx context.Context, left *incident.Head) (out Verification, err error) {
	start := s.cfg.Now()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("store: the file is damaged (%v): restore a backup", p)
		}
		out.Took = s.cfg.Now().Sub(start)
	}()
	c := &checker{s: s, ctx: ctx, left: left, out: &out, sums: rawSums{}}
	for _, step := range []func() error{
		s.engine.Check, s.keys.engine.Check, c.keys, c.chain, c.incidents, c.indexes, c.raw, c.items, c.outbox, c.accesses, c.tagged, c.counts,
	} {
		if err := step(); err != nil {
			return out, err
		}
	}
	return out, nil
}

// checker is one verification on its way.
type checker struct {
	s    *Store
	ctx  context.Context
	left *incident.Head
	out  *Verification
	prev [32]byte // hash of the last entry seen
	rows int64    // of the indexes, as the states ask for them
	sums rawSums  // what the logs say of raw bytes
}

// sliceRows is how many rows one read transaction looks at.
const sliceRows = 1000

// each walks a table in slices. At the end of the table it calls last in the
// same snapshot, if it is not nil.
func (c *checker) each(t Table, fn func(v *view, k, value []byte) error, last func(v *view) error) error {
	var from []byte
	for more := true; more; {
		err := c.s.view(c.ctx, func(v *view) (err error) {
			n := 0
			v.r.Ascend(t, from, func(k, value []byte) bool {
				n++
				err = fn(v, k, value)
				from = append(bytes.Clone(k), 0)
				return err == nil && n < sliceRows
			})
			more = n == sliceRows
			if err == nil && !more && last != nil {
				err = last(v)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// chain walks the log and recomputes every link.
func (c *checker) chain() error {
	return c.each(tableLog, c.link, func(v *view) error {
		seq := c.out.Entries
		counters, err := v.s.readCounters(v.r)
		switch {
		case err != nil:
			return err
		case seq != counters.Seq || c.prev != counters.hash():
			return fmt.Errorf("the chain ends at entry %d, the record says %d: the end was cut off or rewritten", seq, counters.Seq)
		case c.left != nil && c.left.Seq > seq:
			return fmt.Errorf("the chain ends at entry %d, but the head of entry %d left the record: the end was cut off", seq, c.left.Seq)
		}
		c.out.Head = incident.Head{Seq: seq, Hash: c.prev}
		return nil
	})
}

func (c *checker) link(v *view, k, value []byte) error {
	seq := c.out.Entries + 1
	if len(k) != 8 || number(k) != seq {
		return fmt.Errorf("entry %d is missing", seq)
	}
	r, framed, err := parseRow(value)
	if err != nil {
		return fmt.Errorf("entry %d: %w", seq, err)
	}
	if link(c.prev, seq, digestOf(framed)) != r.hash {
		return fmt.Errorf("entry %d (%s/%d) does not fit the chain", seq, r.stream, r.n)
	}
	if at := v.r.Get(tableStream, entryKey(r.stream, r.n)); len(at) != 8 || number(at) != seq {
		return fmt.Errorf("entry %d (%s/%d) is not where its log says", seq, r.stream, r.n)
	}
	if c.left != nil && c.left.Seq == seq && c.left.Hash != r.hash {
		return fmt.Errorf("entry %d: the chain was rewritten: its head is not the one that left the record", seq)
	}
	c.out.Entries, c.prev = seq, r.hash
	return nil
}

// Holds reports whether the chain goes through a head that left the record: that
// entry is there, with that hash. It reads one row, and so believes what stands
// before it.
func (s *Store) Holds(ctx context.Context, left incident.Head) (holds bool, err error) {
	err = s.view(ctx, func(v *view) error {
		row := v.r.Get(tableLog, key8(left.Seq))
		if row == nil {
			holds = left == incident.Head{}
			return nil
		}
		r, _, err := parseRow(row)
		holds = err == nil && r.hash == left.Hash
		return err
	})
	return holds, err
}

// incidents folds every log anew and compares state and indexes.
func (c *checker) incidents() error {
	return c.each(tableState, func(v *view, k, value []byte) error {
		stream, err := incident.StreamFromKey(k)
		if err != nil || len(k) != incident.StreamSize {
			return fmt.Errorf("the table of %s has a foreign row", tableName(tableState))
		}
		if emptied(value) {
			if err := v.lineless(value); err != nil {
				return fmt.Errorf("incident %s: %w", stream.Ref, err)
			}
			return nil
		}
		st, err := v.audit(stream.Ref, value, c.sums.note(v.openRow))
		if err == nil {
			err = errors.Join(v.auditReports(st.Incident), v.auditGone(st.Incident))
		}
		if err != nil {
			return fmt.Errorf("incident %s: %w", stream.Ref, err)
		}
		c.out.Incidents++
		c.rows += int64(len(indexRows(st)))
		return nil
	}, nil)
}

// auditReports looks for the raw bytes of every report whose key is still there.
func (v *view) auditReports(inc *incident.Incident) error {
	for _, r := range inc.Reports {
		_, err := v.s.keys.primitive(r.Item, Originals)
		switch {
		case errors.Is(err, ErrDestroyed):
		case err != nil:
			return err
		case v.r.Get(tableBlob, chunkKey(r.Item, 0)) == nil:
			return fmt.Errorf("the raw bytes of report %d are missing", r.N)
		}
	}
	return nil
}

// indexes looks for rows that no state asks for. That every row asked for is
// there is known by now, so as long as there are as many as that, there are no
// others. Only when there are more, or something was written meanwhile, each
// row is held against its state.
func (c *checker) indexes() error {
	tables := []Table{tableDuty, tableClock, tablePlan}
	found := int64(0)
	err := c.s.view(c.ctx, func(v *view) error {
		for _, t := range tables {
			found += v.rows(t)
		}
		return nil
	})
	if err != nil || found == c.rows {
		return err
	}
	for _, t := range tables {
		err := c.each(t, func(v *view, k, value []byte) error {
			ref, _, ok := splitDuty(k)
			if t != tableDuty {
				ref, _, ok = splitTimed(k)
			}
			if !ok {
				return fmt.Errorf("the table of %s has a damaged row", tableName(t))
			}
			st, err := v.state(ref)
			if err != nil {
				return err
			}
			for _, row := range indexRows(st) {
				if row.equal(indexRow{t, k, value}) {
					return nil
				}
			}
			return fmt.Errorf("the table of %s has a row too many for %s", tableName(t), ref)
		}, nil)
		if err != nil {
			return err
		}
	}
	return nil
}
