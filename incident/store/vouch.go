package store

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"

	"meldklok/incident"
)

// A row that opens is one that the record wrote, but not always the last: an
// older copy of it opens as well. The log is bound to the present by the chain,
// and what follows from it by the log. Of the tables here nothing else says what
// stands in them now: an old password or a token that was taken back would open,
// a delivery that has no outcome could be exchanged for one that has. So the row
// of counters carries the sum of keyed hashes over the rows of each, kept with
// every change; what is put back, taken away or put in from outside breaks it.

// summed names these tables.
func summed(t Table) bool {
	switch t {
	case tableStaging, tablePending, tableParked, tableCursor, tableCredential, tableOutbox, tableAccess:
		return true
	}
	return false
}

// sum adds up keyed hashes of rows, modulo 2^256. Rows can be added and taken
// away in any order.
type sum [4]uint64

func (s sum) plus(o sum) (out sum) {
	var carry uint64
	for i := range s {
		out[i], carry = bits.Add64(s[i], o[i], carry)
	}
	return out
}

func (s sum) minus(o sum) (out sum) {
	var borrow uint64
	for i := range s {
		out[i], borrow = bits.Sub64(s[i], o[i], borrow)
	}
	return out
}

// MarshalText implements encoding.TextMarshaler.
func (s sum) MarshalText() ([]byte, error) {
	var h Hex
	for i, word := range s {
		binary.BigEndian.PutUint64(h[8*i:], word)
	}
	return h.MarshalText()
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *sum) UnmarshalText(b []byte) error {
	var h Hex
	if err := h.UnmarshalText(b); err != nil {
		return err
	}
	for i := range s {
		s[i] = binary.BigEndian.Uint64(h[8*i:])
	}
	return nil
}

// rowSum is the keyed hash of one row. Key and value are framed by the length
// of the key: a table has keys of one length, but nobody should have to know.
func (k *keyring) rowSum(t Table, key, value []byte) (s sum) {
	h := hmac.New(sha256.New, k.mac)
	h.Write([]byte("summed row"))
	h.Write([]byte{byte(t), byte(len(key))})
	h.Write(key)
	h.Write(value)
	digest := h.Sum(make([]byte, 0, sha256.Size))
	for i := range s {
		s[i] = binary.BigEndian.Uint64(digest[8*i:])
	}
	return s
}

// note keeps the counters in step with a row before it is written; a nil value
// says that it is deleted.
func (c *counters) note(k *keyring, r Reader, t Table, key, value []byte) {
	if t == tableStream && value != nil && isOrgKey(key) {
		c.Org = max(c.Org, binary.BigEndian.Uint32(key[incident.StreamSize:]))
	}
	if item := itemIn(t, key, value); item > c.Item {
		c.Item = item
	}
	if !counted(t) {
		return
	}
	old := r.Get(t, key)
	switch {
	case old == nil && value != nil:
		c.Rows[t]++
	case old != nil && value == nil:
		c.Rows[t]--
	}
	if !summed(t) {
		return
	}
	s := c.Sums[t]
	if old != nil {
		s = s.minus(k.rowSum(t, key, old))
	}
	if value != nil {
		s = s.plus(k.rowSum(t, key, value))
	}
	c.Sums[t] = s
}

// isOrgKey reports whether a key of the places of entries is one of the
// organisation's log.
func isOrgKey(key []byte) bool {
	return len(key) == incident.StreamSize+4 && bytes.HasPrefix(key, streamKey(incident.OrgStream()))
}

// itemIn returns the item that a row is about to use for the first time, 0 if
// it is not of that kind.
func itemIn(t Table, key, value []byte) uint64 {
	switch t {
	case tableBlob, tableStaging, tablePending, tableParked:
		return number(key)
	case tableLog:
		return number(value[min(len(value), 1+incident.StreamSize+4):])
	}
	return 0
}

// sumOf adds up the rows of a table.
func (v *view) sumOf(t Table) (s sum) {
	v.r.Ascend(t, nil, func(key, value []byte) bool {
		s = s.plus(v.s.keys.rowSum(t, key, value))
		return true
	})
	return s
}

// asWritten returns an error unless the rows of a table are those that were
// written last.
func (v *view) asWritten(t Table, c counters) error {
	if v.sumOf(t) != c.Sums[t] {
		return fmt.Errorf("the table of %s is not as it was written last: it was changed from outside, or is an older one", tableName(t))
	}
	return nil
}

// bind gives the counters of a record that an older program wrote what they
// lack: the sums of the tables as they stand, and the bounds.
func (t *tx) bind() {
	c := &t.g.counters
	for _, table := range recordTables() {
		if summed(table) {
			c.Sums[table] = t.sumOf(table)
		}
	}
	c.Item, c.Org, c.Bound = t.s.keys.last, t.s.org.Load().Entries, true
	t.g.changes++
}
