package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	if value == nil || ref.IsZero() {
		return nil, fmt.Errorf("incident %s: %w", ref, incident.ErrNotFound)
	}
	return v.decodeState(ref, value)
}

func (v *view) decodeState(ref incident.Ref, value []byte) (*state, error) {
	if len(value) < 8 {
		return nil, fmt.Errorf("store: state of %s: %w", ref, errRow)
	}
	item := number(value)
	plain, err := v.s.keys.open(item, Register, value[8:], []byte("state"), refKey(ref))
	if err != nil {
		return nil, fmt.Errorf("store: state of %s: %w", ref, err)
	}
	st := &state{item: item}
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
	if len(value) < 8 {
		return 0, fmt.Errorf("incident %s: %w", s, incident.ErrNotFound)
	}
	return number(value), nil
}

func (v *view) Entry(s incident.Stream, n uint32) (incident.Entry, error) {
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

func (v *view) openRow(seq uint64, r row) (incident.Entry, error) {
	register, err := v.s.keys.open(r.item, Register, r.register, entryContext(r.stream, r.n, Register))
	if err != nil {
		return incident.Entry{}, fmt.Errorf("store: entry %d (%s/%d): %w", seq, r.stream, r.n, err)
	}
	var personal []byte
	if len(r.personal) > 0 {
		personal, err = v.s.keys.open(r.item, Personal, r.personal, entryContext(r.stream, r.n, Personal))
		if err != nil && !errors.Is(err, ErrDestroyed) {
			return incident.Entry{}, fmt.Errorf("store: entry %d (%s/%d): %w", seq, r.stream, r.n, err)
		}
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
			st, err := v.decodeState(s.Ref, value)
			if err != nil {
				yield(nil, err)
				return false
			}
			return yield(st.Incident, nil)
		})
	}
}

func (v *view) OpenDuties() iter.Seq2[incident.OpenDuty, error] {
	return func(yield func(incident.OpenDuty, error) bool) {
		v.r.Ascend(tableClock, nil, func(k, _ []byte) bool {
			ref, what, ok := splitDuty(k[min(8, len(k)):])
			kind, isDuty := what.Duty()
			if !ok || !isDuty {
				return yield(incident.OpenDuty{}, fmt.Errorf("store: clock index: %w", errRow))
			}
			inc, err := v.Incident(ref)
			if err != nil {
				yield(incident.OpenDuty{}, err)
				return false
			}
			d := inc.Duty(kind)
			if d == nil {
				return yield(incident.OpenDuty{}, fmt.Errorf("store: clock index names a duty that %s lacks", ref))
			}
			return yield(incident.OpenDuty{Incident: inc, Duty: *d}, nil)
		})
	}
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
			ref, what, ok := splitDuty(k[min(8, len(k)):])
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

func (v *view) Lookup(hash []byte) (incident.Known, bool) {
	value := v.r.Get(tableKnown, hash)
	if len(value) != incident.StreamSize+8 {
		return incident.Known{}, false
	}
	s, err := incident.StreamFromKey(value)
	return incident.Known{Ref: s.Ref, Item: number(value[incident.StreamSize:])}, err == nil
}

func (v *view) Cursor(mailbox string) (incident.Cursor, bool) {
	value := v.r.Get(tableCursor, v.s.keys.MAC("cursor", []byte(mailbox)))
	if len(value) != 8 {
		return incident.Cursor{}, false
	}
	n := number(value)
	return incident.Cursor{Mailbox: mailbox, Validity: uint32(n >> 32), UID: uint32(n)}, true
}

func (v *view) Credential(name string) ([]byte, bool) {
	value := v.r.Get(tableCredential, v.s.keys.MAC("credential", []byte(name)))
	if value == nil {
		return nil, false
	}
	plain, err := v.s.keys.open(v.s.orgItem, Personal, value, []byte("credential"), []byte(name))
	return plain, err == nil
}

func (v *view) Counters() incident.Counters {
	c, _ := readCounters(v.r)
	out := incident.Counters{
		OpenDuties: c.OpenDuties, PlannedOpen: c.PlannedOpen, Incidents: c.Incidents,
		Pending: c.Pending, Queued: c.Queued, Head: incident.Head{Seq: c.Seq, Hash: c.Hash},
	}
	v.r.Ascend(tablePending, nil, func(k, _ []byte) bool { out.OldestPended = number(k); return false })
	return out
}

// ---- deliveries ----

func (v *view) Pending() iter.Seq2[incident.Delivered, error] {
	return func(yield func(incident.Delivered, error) bool) {
		v.r.Ascend(tablePending, nil, func(k, value []byte) bool {
			var d incident.Delivered
			err := v.openItem(number(k), "pending", value, &d)
			return yield(d, err)
		})
	}
}

func (v *view) Pended(item uint64) (d incident.Delivered, err error) {
	value := v.r.Get(tablePending, key8(item))
	if value == nil {
		return d, fmt.Errorf("delivery %d: %w", item, incident.ErrNotFound)
	}
	return d, v.openItem(item, "pending", value, &d)
}

func (v *view) Parked() iter.Seq2[incident.ParkedItem, error] {
	return func(yield func(incident.ParkedItem, error) bool) {
		v.r.Descend(tableParked, nil, func(k, value []byte) bool {
			var p incident.ParkedItem
			err := v.openItem(number(k), "parked", value, &p)
			return yield(p, err)
		})
	}
}

func (v *view) ParkedItem(item uint64) (p incident.ParkedItem, err error) {
	value := v.r.Get(tableParked, key8(item))
	if value == nil {
		return p, fmt.Errorf("parked message %d: %w", item, incident.ErrNotFound)
	}
	return p, v.openItem(item, "parked", value, &p)
}

func (v *view) openItem(item uint64, field string, sealed []byte, into any) error {
	plain, err := v.s.keys.open(item, Personal, sealed, []byte(field), key8(item))
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, into)
}

func (v *view) Raw(item uint64) io.Reader { return &rawReader{s: v.s, item: item} }

// rawReader reads raw bytes piece by piece, each in a transaction of its own,
// so that a slow reader never holds up a writer.
type rawReader struct {
	s    *Store
	item uint64
	n    int
	rest []byte
	done bool
}

func (r *rawReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.done {
			return 0, io.EOF
		}
		if err := r.fetch(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *rawReader) fetch() error {
	var sealed []byte
	err := r.s.engine.View(func(rd Reader) error {
		sealed = append(sealed, rd.Get(tableBlob, chunkKey(r.item, r.n))...)
		return nil
	})
	if err != nil {
		return err
	}
	if len(sealed) == 0 {
		return fmt.Errorf("raw bytes of item %d, piece %d: %w", r.item, r.n, incident.ErrNotFound)
	}
	last := sealed[0]
	r.rest, err = r.s.keys.open(r.item, Originals, sealed[1:], chunkContext(r.item, r.n, last))
	r.n++
	r.done = last == 1
	return err
}

func chunkKey(item uint64, n int) []byte {
	return append(key8(item), byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

func chunkContext(item uint64, n int, last byte) []byte {
	return join([]byte("chunk"), chunkKey(item, n), []byte{last})
}
