package store

import (
	"bytes"
	"encoding/gob"
	"io"
	"slices"
	"sync"
)

// memoryEngine keeps everything in sorted slices: for tests, and as the proof
// that nothing above the seam knows bbolt. A snapshot is a copy of the slice
// headers; writers copy a table before they change it.
type memoryEngine struct {
	write  sync.Mutex
	mu     sync.RWMutex
	tables map[Table]*memoryTable
	closed bool
}

type memoryTable struct {
	Keys, Values [][]byte
}

// NewMemory returns an empty engine that forgets everything at the end.
func NewMemory() Engine { return &memoryEngine{tables: map[Table]*memoryTable{}} }

func (e *memoryEngine) snapshot() (map[Table]*memoryTable, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.closed {
		return nil, ErrClosed
	}
	return e.tables, nil
}

func (e *memoryEngine) View(fn func(Reader) error) error {
	tables, err := e.snapshot()
	if err != nil {
		return err
	}
	return fn(&memoryTx{tables: tables})
}

func (e *memoryEngine) Update(fn func(Writer) error) error {
	e.write.Lock()
	defer e.write.Unlock()
	tables, err := e.snapshot()
	if err != nil {
		return err
	}
	tx := &memoryTx{tables: map[Table]*memoryTable{}, own: map[Table]bool{}}
	for t, m := range tables {
		tx.tables[t] = m
	}
	if err := fn(tx); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tables = tx.tables
	return nil
}

func (e *memoryEngine) Snapshot(begin func(Reader, int64) (io.Writer, error)) error {
	tables, err := e.snapshot()
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := gob.NewEncoder(&buf).Encode(tables); err != nil {
		return err
	}
	w, err := begin(&memoryTx{tables: tables}, int64(buf.Len()))
	if err == nil {
		_, err = buf.WriteTo(w)
	}
	return err
}

// Renew implements Engine. What was deleted is nobody's as soon as the last
// snapshot that holds it has ended.
func (e *memoryEngine) Renew(rewrite Rewrite) error {
	return e.Update(func(w Writer) error {
		tx := w.(*memoryTx)
		for t := range tx.tables {
			m := tx.writable(t)
			for i, k := range m.Keys {
				value, err := rewrite(t, k, m.Values[i])
				if err != nil {
					return err
				}
				m.Values[i] = bytes.Clone(value)
			}
		}
		return nil
	})
}

func (e *memoryEngine) Check() error { return nil }

func (e *memoryEngine) Size() (n int64) {
	tables, _ := e.snapshot()
	for _, m := range tables {
		for i := range m.Keys {
			n += int64(len(m.Keys[i]) + len(m.Values[i]))
		}
	}
	return n
}

// MaxKeys is small on purpose: tests then meet the limit of a distributed
// engine.
func (e *memoryEngine) MaxKeys() int { return 100 }

// Close waits for a writer under way; readers keep the snapshot they have.
func (e *memoryEngine) Close() error {
	e.write.Lock()
	defer e.write.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	return nil
}

type memoryTx struct {
	tables map[Table]*memoryTable
	own    map[Table]bool // already copied by this transaction
}

func (t *memoryTx) table(table Table) *memoryTable {
	if m := t.tables[table]; m != nil {
		return m
	}
	return &memoryTable{}
}

func (m *memoryTable) find(key []byte) (int, bool) {
	return slices.BinarySearchFunc(m.Keys, key, bytes.Compare)
}

func (t *memoryTx) Get(table Table, key []byte) []byte {
	m := t.table(table)
	if i, ok := m.find(key); ok {
		return m.Values[i]
	}
	return nil
}

// Ascend looks for its place again after every step, so a change underneath
// cannot lead it astray.
func (t *memoryTx) Ascend(table Table, from []byte, yield func(k, v []byte) bool) {
	i, _ := t.table(table).find(from)
	for {
		m := t.table(table)
		if i >= len(m.Keys) {
			return
		}
		last := m.Keys[i]
		if !yield(last, m.Values[i]) {
			return
		}
		var found bool
		if i, found = t.table(table).find(last); found {
			i++
		}
	}
}

func (t *memoryTx) Descend(table Table, below []byte, yield func(k, v []byte) bool) {
	i := len(t.table(table).Keys)
	if below != nil {
		i, _ = t.table(table).find(below)
	}
	for i > 0 {
		m := t.table(table)
		last := m.Keys[i-1]
		if !yield(last, m.Values[i-1]) {
			return
		}
		i, _ = t.table(table).find(last)
	}
}

// writable returns the table as this transaction's own copy.
func (t *memoryTx) writable(table Table) *memoryTable {
	m := t.table(table)
	if !t.own[table] {
		m = &memoryTable{Keys: slices.Clone(m.Keys), Values: slices.Clone(m.Values)}
		t.tables[table], t.own[table] = m, true
	}
	return m
}

func (t *memoryTx) Put(table Table, key, value []byte) error {
	m := t.writable(table)
	value = append(make([]byte, 0, len(value)), value...)
	i, ok := m.find(key)
	if ok {
		m.Values[i] = value
		return nil
	}
	m.Keys = slices.Insert(m.Keys, i, bytes.Clone(key))
	m.Values = slices.Insert(m.Values, i, value)
	return nil
}

func (t *memoryTx) Delete(table Table, key []byte) error {
	m := t.writable(table)
	if i, ok := m.find(key); ok {
		m.Keys = slices.Delete(m.Keys, i, i+1)
		m.Values = slices.Delete(m.Values, i, i+1)
	}
	return nil
}
