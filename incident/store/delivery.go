package store

import (
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"meldklok/incident"
)

// ---- raw bytes ----

func chunkKey(item uint64, n int) []byte {
	return append(key8(item), byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

func chunkContext(item uint64, n int, last byte) []byte {
	return join([]byte("chunk"), chunkKey(item, n), []byte{last})
}

// openChunk opens a row of the blob table: a byte that is 1 for the last piece,
// then the sealed piece.
func (s *Store) openChunk(item uint64, n int, value []byte) (piece []byte, last bool, err error) {
	if len(value) == 0 {
		if _, err := s.keys.primitive(item, Originals); errors.Is(err, ErrDestroyed) {
			return nil, false, fmt.Errorf("raw bytes of item %d: %w", item, err)
		}
		return nil, false, fmt.Errorf("raw bytes of item %d, piece %d: %w", item, n, incident.ErrNotFound)
	}
	piece, err = s.openPacked(item, Originals, value[1:], chunkContext(item, n, value[0]))
	return piece, value[0] == 1, err
}

func (t *tx) PutChunk(item uint64, n int, data []byte, last bool) error {
	var flag byte
	if last {
		flag = 1
	}
	sealed, err := t.s.sealPacked(item, Originals, data, chunkContext(item, n, flag))
	if err != nil {
		return err
	}
	return t.w.Put(tableBlob, chunkKey(item, n), append([]byte{flag}, sealed...))
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
	err := r.s.engine.View(func(rd Reader) (err error) {
		if doomed(rd, r.item).Has(incident.PartOriginals) {
			return fmt.Errorf("raw bytes of item %d: %w", r.item, ErrDestroyed)
		}
		r.rest, r.done, err = r.s.openChunk(r.item, r.n, rd.Get(tableBlob, chunkKey(r.item, r.n)))
		return err
	})
	r.n++
	return r.s.failed(err)
}

// Stage implements incident.Tx.
func (t *tx) Stage(item uint64) error {
	if t.doomed(item) != 0 {
		return nil // it stands there with more to be done
	}
	return t.w.Put(tableStaging, key8(item), nil)
}

// Keep implements incident.Tx.
func (t *tx) Keep(item uint64) error { return t.w.Delete(tableStaging, key8(item)) }

// Drop implements incident.Tx. As long as pieces remain the item stands among
// the staged ones, so that after a crash the next start removes the rest.
func (t *tx) Drop(item uint64, from, to int) error {
	for n := from; n < to; n++ {
		if err := t.w.Delete(tableBlob, chunkKey(item, n)); err != nil {
			return err
		}
	}
	left := false
	t.r.Ascend(tableBlob, chunkKey(item, 0), func(k, _ []byte) bool { left = number(k) == item; return false })
	if left || t.doomed(item) != 0 {
		return t.Stage(item)
	}
	return t.w.Delete(tableStaging, key8(item))
}

// ---- deliveries without an outcome, and parked ones ----

// Accept implements incident.Tx.
func (t *tx) Accept(d incident.Delivered) error {
	if err := t.putItem(tablePending, d.Item, "pending", d); err != nil {
		return err
	}
	if err := t.w.Delete(tableStaging, key8(d.Item)); err != nil {
		return err
	}
	if d.Cursor == nil {
		return nil
	}
	return t.take(*d.Cursor)
}

// Settle implements incident.Tx.
func (t *tx) Settle(item uint64) error {
	if t.w.Get(tablePending, key8(item)) == nil {
		return fmt.Errorf("delivery %d: %w", item, incident.ErrNotFound)
	}
	return t.w.Delete(tablePending, key8(item))
}

// Park implements incident.Tx.
func (t *tx) Park(p incident.ParkedItem) error { return t.putItem(tableParked, p.Item, "parked", p) }

// Unpark implements incident.Tx.
func (t *tx) Unpark(item uint64) error { return t.w.Delete(tableParked, key8(item)) }

func (t *tx) putItem(table Table, item uint64, field string, v any) error {
	plain, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("store: %s: %w", field, err)
	}
	sealed, err := t.s.sealPacked(item, Personal, plain, []byte(field), key8(item))
	if err != nil {
		return err
	}
	return t.w.Put(table, key8(item), sealed)
}

func (v *view) openItem(item uint64, field string, sealed []byte, into any) error {
	plain, err := v.s.openPacked(item, Personal, sealed, []byte(field), key8(item))
	if err != nil {
		return fmt.Errorf("store: %s %d: %w", field, item, err)
	}
	if err := json.Unmarshal(plain, into); err != nil {
		return fmt.Errorf("store: %s %d: %w", field, item, err)
	}
	return nil
}

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

// ---- what is known again by a keyed hash ----

// tagSize is the length of the keyed hash behind the rows that carry nothing
// to seal and that nothing else vouches for.
const tagSize = 8

// putTagged writes a row that says where something is. The tag binds it to its
// key: a damaged row then answers as if it were missing, which costs a
// duplicate at worst, never a report.
func (t *tx) putTagged(table Table, key, value []byte) error {
	return t.w.Put(table, key, join(value, t.s.tag(table, key, value)))
}

func (s *Store) tag(table Table, key, value []byte) []byte {
	return s.keys.MAC("row", []byte{byte(table)}, key, value)[:tagSize]
}

// tagged returns the value without its tag; ok is false if it does not fit.
func (s *Store) tagged(table Table, key, row []byte, size int) (value []byte, ok bool) {
	if len(row) != size+tagSize {
		return nil, false
	}
	return row[:size], hmac.Equal(row[size:], s.tag(table, key, row[:size]))
}

const knownSize = incident.StreamSize + 8

// Remember implements incident.Tx.
func (t *tx) Remember(hash []byte, k incident.Known) error {
	return t.putTagged(tableKnown, hash, join(refKey(k.Ref), key8(k.Item)))
}

func (v *view) Lookup(hash []byte) (incident.Known, bool) {
	value, ok := v.s.tagged(tableKnown, hash, v.r.Get(tableKnown, hash), knownSize)
	if !ok {
		return incident.Known{}, false
	}
	s, err := incident.StreamFromKey(value)
	return incident.Known{Ref: s.Ref, Item: number(value[incident.StreamSize:])}, err == nil
}
