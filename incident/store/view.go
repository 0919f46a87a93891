package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"meldklok/incident"
)

// view reads one snapshot. It implements incident.View.
type view struct {
	s   *Store
	r   Reader
	org *incident.Org
}

// state is what stands in the state table: the fold, and what the indexes hold
// because of it.
type state struct {
	Incident *incident.Incident `json:"incident"`
	Planned  []plan             `json:"planned"`
	item     uint64
}

type plan struct {
	At   time.Time     `json:"at"`
	What incident.What `json:"what"`
}

func (p plan) equal(o plan) bool { return p.What == o.What && p.At.Equal(o.At) }

func (v *view) Org() *incident.Org { return v.org }

func (v *view) Incident(ref incident.Ref) (*incident.Incident, error) {
	st, err := v.state(ref)
	if err != nil {
		return nil, err
	}
	return st.Incident, nil
}

func (v *view) state(ref incident.Ref) (*state, error) {
	value := v.r.Get(tableState, refKey(ref))
	switch {
	case value == nil || ref.IsZero():
		return nil, fmt.Errorf("incident %s: %w", ref, incident.ErrNotFound)
	case emptied(value):
		return nil, lineGone(ref)
	}
	return v.decodeState(ref, value)
}

// stateHead is what stands unsealed before a state: its item and how
// many of its duties are open.
const stateHead = 8 + 1

func stateContext(ref incident.Ref, open byte) [][]byte {
	return [][]byte{[]byte("state"), refKey(ref), {open}}
}

// openState opens a row of the state table without decoding it.
func (v *view) openState(ref incident.Ref, value []byte) (plain []byte, err error) {
	if len(value) < stateHead {
		return nil, fmt.Errorf("store: state of %s: %w", ref, errRow)
	}
	plain, err = v.s.openPacked(number(value), Register, value[stateHead:], stateContext(ref, value[8])...)
	if err != nil {
		return nil, fmt.Errorf("store: state of %s: %w", ref, err)
	}
	return plain, nil
}

func (v *view) decodeState(ref incident.Ref, value []byte) (*state, error) {
	plain, err := v.openState(ref, value)
	if err != nil {
		return nil, err
	}
	st := &state{item: number(value)}
	if err := json.Unmarshal(plain, st); err != nil {
		return nil, fmt.Errorf("store: state of %s: %w", ref, err)
	}
	return st, nil
}

// itemOf returns whose keys seal a log.
func (v *view) itemOf(s incident.Stream) (uint64, error) {
	if s.IsOrg() {
		return v.s.orgItem, nil
	}
	value := v.r.Get(tableState, streamKey(s))
	if len(value) < stateHead {
		return 0, fmt.Errorf("incident %s: %w", s, incident.ErrNotFound)
	}
	return number(value), nil
}

func (v *view) Entry(s incident.Stream, n uint32) (incident.Entry, error) {
	if emptied(v.r.Get(tableState, streamKey(s))) {
		return incident.Entry{}, lineGone(s.Ref)
	}
	seq := v.r.Get(tableStream, entryKey(s, n))
	if seq == nil {
		return incident.Entry{}, fmt.Errorf("entry %s/%d: %w", s, n, incident.ErrNotFound)
	}
	return v.entry(number(seq))
}

// entry opens the entry at a place in the chain.
func (v *view) entry(seq uint64) (incident.Entry, error) {
	r, _, err := parseRow(v.r.Get(tableLog, key8(seq)))
	if err != nil {
		return incident.Entry{}, fmt.Errorf("store: entry %d: %w", seq, err)
	}
	return v.openRow(seq, r)
}

// openRow opens an entry with what is left of its personal part.
func (v *view) openRow(seq uint64, r row) (incident.Entry, error) {
	var personal []byte
	if len(r.personal) > 0 && !v.doomed(r.item).Has(incident.PartPersonal) {
		var err error
		personal, err = v.s.keys.openEntry(r.item, Personal, r.personal, r.stream, r.n)
		if err != nil && !errors.Is(err, ErrDestroyed) {
			return incident.Entry{}, fmt.Errorf("store: entry %d (%s/%d): %w", seq, r.stream, r.n, err)
		}
	}
	return v.openParts(seq, r, personal)
}

// openRegister opens the register part of an entry and leaves the personal one
// shut.
func (v *view) openRegister(seq uint64, r row) (incident.Entry, error) {
	return v.openParts(seq, r, nil)
}

func (v *view) openParts(seq uint64, r row, personal []byte) (incident.Entry, error) {
	register, err := v.s.keys.openEntry(r.item, Register, r.register, r.stream, r.n)
	if err != nil {
		return incident.Entry{}, fmt.Errorf("store: entry %d (%s/%d): %w", seq, r.stream, r.n, err)
	}
	e, err := v.s.codec.Decode(register, personal)
	if err != nil {
		return incident.Entry{}, fmt.Errorf("store: entry %d (%s/%d): %w", seq, r.stream, r.n, err)
	}
	e.Seq, e.Stream, e.N = seq, r.stream, r.n
	return e, nil
}

func (v *view) Log(s incident.Stream, from uint32) iter.Seq2[incident.Entry, error] {
	return func(yield func(incident.Entry, error) bool) {
		prefix := streamKey(s)
		if emptied(v.r.Get(tableState, prefix)) {
			yield(incident.Entry{}, lineGone(s.Ref))
			return
		}
		v.r.Ascend(tableStream, entryKey(s, from), func(k, value []byte) bool {
			if !hasPrefix(k, prefix) {
				return false
			}
			e, err := v.entry(number(value))
			return yield(e, err) && err == nil
		})
	}
}

func hasPrefix(k, prefix []byte) bool {
	return len(k) >= len(prefix) && string(k[:len(prefix)]) == string(prefix)
}

func (v *view) Incidents(before incident.Ref) iter.Seq2[*incident.Incident, error] {
	return func(yield func(*incident.Incident, error) bool) {
		var below []byte
		if !before.IsZero() {
			below = refKey(before)
		}
		v.r.Descend(tableState, below, func(k, value []byte) bool {
			s, err := incident.StreamFromKey(k)
			if err != nil {
				return yield(nil, err)
			}
			if emptied(value) {
				return true
			}
			st, err := v.decodeState(s.Ref, value)
			if err != nil {
				return yield(nil, err)
			}
			return yield(st.Incident, nil)
		})
	}
}

func (v *view) OpenDuties() iter.Seq2[incident.OpenDuty, error] {
	return func(yield func(incident.OpenDuty, error) bool) {
		v.r.Ascend(tableClock, nil, func(k, _ []byte) bool {
			ref, what, ok := splitTimed(k)
			id, isDuty := what.Duty()
			if !ok || !isDuty {
				return yield(incident.OpenDuty{}, fmt.Errorf("store: clock index: %w", errRow))
			}
			inc, err := v.Incident(ref)
			if err != nil {
				return yield(incident.OpenDuty{}, err)
			}
			d := inc.Duty(id)
			if d == nil {
				return yield(incident.OpenDuty{}, fmt.Errorf("store: clock index names a duty that %s lacks", ref))
			}
			return yield(incident.OpenDuty{Incident: inc, Duty: *d}, nil)
		})
	}
}

func (v *view) DueDuties(until time.Time) (n int64) {
	v.r.Ascend(tableClock, nil, func(k, _ []byte) bool {
		if instantFrom(k).After(until) {
			return false
		}
		n++
		return true
	})
	return n
}

func (v *view) DutiesAfter(ref incident.Ref, what incident.What) iter.Seq2[incident.DutyRow, error] {
	return func(yield func(incident.DutyRow, error) bool) {
		from := append(dutyKey(ref, what), 0)
		if ref.IsZero() {
			from = nil
		}
		v.r.Ascend(tableDuty, from, func(k, value []byte) bool {
			ref, what, ok := splitDuty(k)
			if !ok || len(value) != 8 {
				return yield(incident.DutyRow{}, fmt.Errorf("store: duty index: %w", errRow))
			}
			row := incident.DutyRow{Ref: ref, What: what, Planned: instantFrom(value)}
			if v.r.Get(tablePlan, timedKey(row.Planned, ref, what)) == nil {
				row.Planned = time.Time{}
			}
			return yield(row, nil)
		})
	}
}

func (v *view) Due(until time.Time) iter.Seq2[incident.Planned, error] {
	return func(yield func(incident.Planned, error) bool) {
		v.r.Ascend(tablePlan, nil, func(k, _ []byte) bool {
			at := instantFrom(k)
			if at.After(until) {
				return false
			}
			ref, what, ok := splitTimed(k)
			if !ok {
				return yield(incident.Planned{}, fmt.Errorf("store: plan index: %w", errRow))
			}
			return yield(incident.Planned{At: at, Ref: ref, What: what}, nil)
		})
	}
}

func (v *view) NextPlanned() (at time.Time, ok bool) {
	v.r.Ascend(tablePlan, nil, func(k, _ []byte) bool {
		at, ok = instantFrom(k), true
		return false
	})
	return at, ok
}

func (v *view) Credential(name string) ([]byte, bool) {
	key := v.s.keys.MAC("credential", []byte(name))
	value := v.r.Get(tableCredential, key)
	if value == nil {
		return nil, false
	}
	plain, err := v.s.keys.open(v.s.orgItem, Personal, value, []byte("credential"), key)
	return plain, err == nil
}

func (v *view) Counters() incident.Counters {
	c, err := v.s.readCounters(v.r)
	if err != nil {
		v.s.cfg.Log.Error("the counters cannot be read", "err", err)
	}
	return v.counters(c)
}

func (v *view) counters(c counters) incident.Counters {
	out := incident.Counters{
		OpenDuties: c.OpenDuties, PlannedOpen: c.PlannedOpen, Incidents: c.Incidents,
		Pending: c.Rows[tablePending], Queued: c.Queued, Head: incident.Head{Seq: c.Seq, Hash: c.hash()},
	}
	v.r.Ascend(tablePending, nil, func(k, _ []byte) bool { out.OldestPended = number(k); return false })
	return out
}
