package store

import (
	"bytes"
	"fmt"
	"iter"
	"slices"
	"time"

	"meldklok/incident"
)

// indexRow is one row of the indexes over the incidents: duty, clock, plan.
type indexRow struct {
	table      Table
	key, value []byte
}

// indexRows says which rows the indexes hold because of a state. Writing,
// verifying and repairing all go by it.
func indexRows(st *state) (rows []indexRow) {
	ref := st.Incident.Ref
	next := map[incident.What]time.Time{}
	for _, p := range st.Planned {
		rows = append(rows, indexRow{table: tablePlan, key: timedKey(p.At, ref, p.What)})
		next[p.What] = p.At
	}
	for d := range openDuties(st.Incident) {
		what := incident.WhatDuty(d.ID())
		rows = append(rows,
			indexRow{table: tableDuty, key: dutyKey(ref, what), value: instant(next[what])},
			indexRow{table: tableClock, key: timedKey(d.Clock.Due, ref, what)})
	}
	return rows
}

// openDuties yields the open duties of an incident.
func openDuties(inc *incident.Incident) iter.Seq[*incident.Duty] {
	return func(yield func(*incident.Duty) bool) {
		for i := range inc.Duties {
			if d := &inc.Duties[i]; d.Open() && !yield(d) {
				return
			}
		}
	}
}

func countOpen(inc *incident.Incident) (n int) {
	for range openDuties(inc) {
		n++
	}
	return n
}

// openCount is how many duties of an incident are open, as far as a byte
// counts. It stands unsealed before the state, so that a sweep can pass over
// what is decided without opening it.
func openCount(inc *incident.Incident) byte { return byte(min(countOpen(inc), 255)) }

// plans asks the planner, and refuses what does not cover the open duties.
func (s *Store) plans(inc *incident.Incident) (plans []plan, err error) {
	for _, p := range s.cfg.Planner.Plan(inc) {
		plans = append(plans, plan{At: p.At.UTC(), What: p.What})
	}
	return plans, covers(plans, inc)
}

// covers returns an error unless every open duty has exactly one next alert
// (promise 3) and no other duty has one.
func covers(plans []plan, inc *incident.Incident) error {
	bare := map[incident.DutyID]bool{} // open duties that no plan was found for
	for d := range openDuties(inc) {
		bare[d.ID()] = true
	}
	for _, p := range plans {
		id, isDuty := p.What.Duty()
		if !isDuty {
			continue
		}
		if !bare[id] {
			return fmt.Errorf("store: the duty %q of %s has a next alert too many", id, inc.Ref)
		}
		delete(bare, id)
	}
	for id := range bare {
		return fmt.Errorf("store: the open duty %q of %s has no next alert", id, inc.Ref)
	}
	return nil
}

// reindex replaces the rows of one state by those of the next; what stays the
// same is not written.
func (t *tx) reindex(before, after []indexRow) error {
	for _, row := range before {
		if slices.ContainsFunc(after, row.equal) {
			continue
		}
		t.count(row, -1)
		if err := t.w.Delete(row.table, row.key); err != nil {
			return err
		}
	}
	for _, row := range after {
		if slices.ContainsFunc(before, row.equal) {
			continue
		}
		t.count(row, +1)
		if err := t.w.Put(row.table, row.key, row.value); err != nil {
			return err
		}
	}
	return nil
}

func (r indexRow) equal(o indexRow) bool {
	return r.table == o.table && bytes.Equal(r.key, o.key) && bytes.Equal(r.value, o.value)
}

// count keeps the two counters of promise 3.
func (t *tx) count(row indexRow, n int64) {
	switch {
	case row.table == tableDuty:
		t.g.counters.OpenDuties += n
	case row.table == tablePlan && isDutyPlan(row.key):
		t.g.counters.PlannedOpen += n
	}
}

// isDutyPlan reports whether a row of the plan table is a duty's next alert,
// and not a chore.
func isDutyPlan(key []byte) bool {
	_, what, ok := splitTimed(key)
	_, isDuty := what.Duty()
	return ok && isDuty
}
