package store

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"meldklok/incident"
)

// tx is one writer's part of a commit. It implements incident.Tx.
type tx struct {
	view
	w Writer
	g *group
}

func newTx(s *Store, g *group) *tx {
	org := g.org
	if org == nil {
		org = s.org.Load()
	}
	return &tx{view: view{s: s, r: g.w, org: org}, w: g.w, g: g}
}

// Counters includes what this commit has changed so far.
func (t *tx) Counters() incident.Counters {
	c := t.view.Counters()
	g := t.g.counters
	c.OpenDuties, c.PlannedOpen, c.Incidents, c.Pending, c.Queued = g.OpenDuties, g.PlannedOpen, g.Incidents, g.Pending, g.Queued
	c.Head = incident.Head{Seq: g.Seq, Hash: g.Hash}
	return c
}

func (t *tx) Create(year int, item uint64) (incident.Ref, error) {
	if year < 1 || year > 9999 {
		return incident.Ref{}, fmt.Errorf("store: create incident: year %d", year)
	}
	c := &t.g.counters
	if c.Numbers == nil {
		c.Numbers = map[string]uint32{}
	}
	name := strconv.Itoa(year)
	c.Numbers[name]++
	c.Incidents++
	ref := incident.Ref{Year: uint16(year), Number: c.Numbers[name]}
	return ref, t.putState(&state{Incident: &incident.Incident{Ref: ref, Organisation: t.org.ID}, item: item})
}

func (t *tx) putState(st *state) error {
	ref := st.Incident.Ref
	plain, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("store: state of %s: %w", ref, err)
	}
	sealed, err := t.s.keys.seal(st.item, Register, plain, []byte("state"), refKey(ref))
	if err != nil {
		return err
	}
	return t.w.Put(tableState, refKey(ref), append(key8(st.item), sealed...))
}

func (t *tx) Append(s incident.Stream, act incident.Act, bodies ...incident.Body) (*incident.Incident, error) {
	if s.IsOrg() {
		return nil, t.appendOrg(act, bodies)
	}
	st, err := t.state(s.Ref)
	if err != nil {
		return nil, err
	}
	before := openDuties(st.Incident)
	for _, b := range bodies {
		e := incident.Entry{Stream: s, N: st.Incident.Entries + 1, At: act.Now.UTC(), By: act.By, Body: b}
		if err := t.write(e, st.item); err != nil {
			return nil, err
		}
		st.Incident.Apply(e)
	}
	if err := t.index(st, before); err != nil {
		return nil, err
	}
	return st.Incident, t.putState(st)
}

func (t *tx) appendOrg(act incident.Act, bodies []incident.Body) error {
	if t.g.org == nil {
		t.g.org = t.org.Clone()
	}
	t.org = t.g.org
	for _, b := range bodies {
		e := incident.Entry{Stream: incident.OrgStream(), N: t.org.Entries + 1, At: act.Now.UTC(), By: act.By, Body: b}
		if err := t.write(e, t.s.orgItem); err != nil {
			return err
		}
		t.org.Apply(e)
	}
	return nil
}

// write seals an entry and links it to the chain.
func (t *tx) write(e incident.Entry, item uint64) error {
	register, personal, err := t.s.codec.Encode(e)
	if err != nil {
		return err
	}
	r := row{stream: e.Stream, n: e.N, item: item}
	if r.register, err = t.s.keys.seal(item, Register, register, entryContext(e.Stream, e.N, Register)); err != nil {
		return err
	}
	if personal != nil {
		if r.personal, err = t.s.keys.seal(item, Personal, personal, entryContext(e.Stream, e.N, Personal)); err != nil {
			return err
		}
	}
	c := &t.g.counters
	c.Seq++
	framed := r.frame()
	c.Hash = link(c.Hash, c.Seq, framed)
	if err := t.w.Put(tableLog, key8(c.Seq), append(framed, c.Hash[:]...)); err != nil {
		return err
	}
	return t.w.Put(tableStream, entryKey(e.Stream, e.N), key8(c.Seq))
}

func openDuties(inc *incident.Incident) []incident.Duty {
	var open []incident.Duty
	for _, d := range inc.Duties {
		if d.Open() {
			open = append(open, d)
		}
	}
	return open
}

// index brings the duty, clock and plan tables in line with the new state. It
// refuses a state with an open duty that has no next alert (promise 3).
func (t *tx) index(st *state, before []incident.Duty) error {
	inc := st.Incident
	for _, d := range before {
		what := incident.WhatDuty(d.Kind)
		if err := t.w.Delete(tableDuty, dutyKey(inc.Ref, what)); err != nil {
			return err
		}
		if err := t.w.Delete(tableClock, timedKey(d.Clock.Due, inc.Ref, what)); err != nil {
			return err
		}
	}
	for _, p := range st.Planned {
		if err := t.w.Delete(tablePlan, timedKey(p.At, inc.Ref, p.What)); err != nil {
			return err
		}
	}
	after := openDuties(inc)
	t.g.counters.OpenDuties += int64(len(after) - len(before))
	t.g.counters.PlannedOpen -= plannedOpen(st.Planned, before)

	st.Planned = nil
	next := map[incident.What]time.Time{}
	for _, p := range t.s.cfg.Planner.Plan(inc) {
		if err := t.w.Put(tablePlan, timedKey(p.At, inc.Ref, p.What), nil); err != nil {
			return err
		}
		st.Planned = append(st.Planned, plan{At: p.At.UTC(), What: p.What})
		next[p.What] = p.At
	}
	t.g.counters.PlannedOpen += plannedOpen(st.Planned, after)
	for _, d := range after {
		what := incident.WhatDuty(d.Kind)
		at, ok := next[what]
		if !ok {
			return fmt.Errorf("store: the open duty %q of %s would have no next alert", d.Kind, inc.Ref)
		}
		if err := t.w.Put(tableDuty, dutyKey(inc.Ref, what), instant(at)); err != nil {
			return err
		}
		if err := t.w.Put(tableClock, timedKey(d.Clock.Due, inc.Ref, what), nil); err != nil {
			return err
		}
	}
	return nil
}

// plannedOpen counts the plans that belong to open duties.
func plannedOpen(plans []plan, open []incident.Duty) (n int64) {
	for _, p := range plans {
		for _, d := range open {
			if kind, ok := p.What.Duty(); ok && kind == d.Kind {
				n++
			}
		}
	}
	return n
}

// ---- deliveries ----

func (t *tx) PutChunk(item uint64, n int, data []byte, last bool) error {
	var flag byte
	if last {
		flag = 1
	}
	sealed, err := t.s.keys.seal(item, Originals, data, chunkContext(item, n, flag))
	if err != nil {
		return err
	}
	return t.w.Put(tableBlob, chunkKey(item, n), append([]byte{flag}, sealed...))
}

func (t *tx) Stage(item uint64) error { return t.w.Put(tableStaging, key8(item), nil) }

func (t *tx) Accept(d incident.Delivered) error {
	if err := t.putItem(tablePending, d.Item, "pending", d); err != nil {
		return err
	}
	t.g.counters.Pending++
	if t.w.Get(tableStaging, key8(d.Item)) != nil {
		if err := t.w.Delete(tableStaging, key8(d.Item)); err != nil {
			return err
		}
	}
	if d.Cursor == nil {
		return nil
	}
	return t.w.Put(tableCursor, t.s.keys.MAC("cursor", []byte(d.Cursor.Mailbox)), key8(uint64(d.Cursor.Validity)<<32|uint64(d.Cursor.UID)))
}

func (t *tx) Settle(item uint64) error {
	if t.w.Get(tablePending, key8(item)) == nil {
		return fmt.Errorf("delivery %d: %w", item, incident.ErrNotFound)
	}
	t.g.counters.Pending--
	return t.w.Delete(tablePending, key8(item))
}

func (t *tx) Drop(item uint64, from, to int) error {
	for n := from; n < to; n++ {
		if err := t.w.Delete(tableBlob, chunkKey(item, n)); err != nil {
			return err
		}
	}
	return t.w.Delete(tableStaging, key8(item))
}

func (t *tx) Park(p incident.ParkedItem) error { return t.putItem(tableParked, p.Item, "parked", p) }

func (t *tx) Unpark(item uint64) error { return t.w.Delete(tableParked, key8(item)) }

func (t *tx) putItem(table Table, item uint64, field string, v any) error {
	plain, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("store: %s: %w", field, err)
	}
	sealed, err := t.s.keys.seal(item, Personal, plain, []byte(field), key8(item))
	if err != nil {
		return err
	}
	return t.w.Put(table, key8(item), sealed)
}

func (t *tx) Remember(hash []byte, k incident.Known) error {
	return t.w.Put(tableKnown, hash, join(refKey(k.Ref), key8(k.Item)))
}

func (t *tx) SetCredential(name string, value []byte) error {
	key := t.s.keys.MAC("credential", []byte(name))
	if value == nil {
		return t.w.Delete(tableCredential, key)
	}
	sealed, err := t.s.keys.seal(t.s.orgItem, Personal, value, []byte("credential"), []byte(name))
	if err != nil {
		return err
	}
	return t.w.Put(tableCredential, key, sealed)
}
