package store

import (
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
)

// counters is the record's bookkeeping: one row, written with every commit and
// sealed with a keyed hash, so that a damaged one stops the record instead of
// misleading it.
type counters struct {
	OpenDuties  int64             `json:"open"`
	PlannedOpen int64             `json:"planned"`
	Incidents   int64             `json:"incidents"`
	Queued      int64             `json:"queued"`
	Message     uint64            `json:"message"`              // last number given to a mail
	Numbers     map[uint16]uint32 `json:"numbers"`              // last reference by year
	Floor       uint32            `json:"floor,omitempty"`      // numbers that a restore skipped in every year
	FloorYear   uint16            `json:"floor_year,omitempty"` // … up to this one
	Rows        map[Table]int64   `json:"rows"`                 // of the tables that nothing else vouches for
	Seq         uint64            `json:"seq"`
	Head        []byte            `json:"head"` // hash of the last entry

	Bound bool          `json:"bound"`          // the fields below are kept; false in a record of an older program
	Sums  map[Table]sum `json:"sums,omitempty"` // of the tables whose rows nothing else binds to the present
	Item  uint64        `json:"item"`           // the highest item in use: the file of keys must know it
	Gone  uint64        `json:"gone"`           // batches of keys that were destroyed: the file of keys knows as many, or more
	Org   uint32        `json:"org"`            // entries of the organisation's log
}

// counted names the tables whose rows are counted: a row that vanishes from
// one of the others is missed by what refers to it.
func counted(t Table) bool {
	switch t {
	case tablePending, tableParked, tableStaging, tableBlob, tableKnown, tableCursor, tableTaken, tableCredential, tableOutbox, tableMail, tableAccess:
		return true
	}
	return false
}

// next gives out the next reference of a year. A year that has none yet begins
// behind the numbers that a restore skipped.
func (c *counters) next(year uint16) uint32 {
	last := c.Numbers[year]
	if year <= c.FloorYear {
		last = max(last, c.Floor)
	}
	c.Numbers[year] = last + 1
	return last + 1
}

func (c *counters) hash() (h [32]byte) {
	copy(h[:], c.Head)
	return h
}

var errCounters = errors.New("store: the row of counters is damaged: restore a backup")

func (s *Store) readCounters(r Reader) (c counters, err error) {
	raw := r.Get(tableMeta, metaCounters)
	switch {
	case raw == nil:
		return counters{Numbers: map[uint16]uint32{}, Rows: map[Table]int64{}, Sums: map[Table]sum{}, Bound: true}, nil
	case len(raw) < macSize:
		return c, errCounters
	}
	plain, tag := raw[:len(raw)-macSize], raw[len(raw)-macSize:]
	if !hmac.Equal(tag, s.keys.MAC("counters", plain)) {
		return c, errCounters
	}
	if err := json.Unmarshal(plain, &c); err != nil {
		return c, fmt.Errorf("store: counters: %w", err)
	}
	if c.Numbers == nil {
		c.Numbers = map[uint16]uint32{}
	}
	if c.Rows == nil {
		c.Rows = map[Table]int64{}
	}
	if c.Sums == nil {
		c.Sums = map[Table]sum{}
	}
	return c, nil
}

func (s *Store) writeCounters(w Writer, c counters) error {
	maps.DeleteFunc(c.Rows, func(_ Table, n int64) bool { return n == 0 })
	maps.DeleteFunc(c.Sums, func(_ Table, s sum) bool { return s == sum{} })
	plain, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("store: counters: %w", err)
	}
	return w.Put(tableMeta, metaCounters, append(plain, s.keys.MAC("counters", plain)...))
}
