package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"meldklok/incident"
)

// Destroying is three steps, and a crash between two of them is made good at the
// next start. The transaction that says so in a log marks the item in the table
// of staging ([tx.Destroy]); from then on nothing is sealed under its keys any
// more. Dispose blanks the wrapped keys, with a sync, and then drops the bytes
// they sealed. Shred writes the file of keys anew: a blanked key may otherwise
// still stand in a page that bbolt has set free. Sealed bytes in free pages of
// the record are harmless once their key is nowhere.

// metaShred is 1 while the file of keys may hold remains of destroyed ones.
var metaShred = []byte("shred")

// metaGone counts the batches of keys that were destroyed in the file of keys. The
// record's counters say how many it must know of: a file of keys from before that
// would bring back what is gone.
var metaGone = []byte("gone")

// disposeBatch is how many rows one transaction of a destruction changes. It is
// a distributed engine's limit of keys, with room for the bookkeeping.
const disposeBatch = 90

// Destroy implements incident.Tx.
func (t *tx) Destroy(item uint64, parts incident.Parts) error {
	if parts.Has(incident.PartPersonal) && t.mailUnderWay(item) {
		return &incident.Refusal{Code: "erase-mail-under-way"}
	}
	return t.w.Put(tableStaging, key8(item), []byte{byte(parts | t.doomed(item))})
}

// doomed returns what is marked for destruction and may not be gone yet. To every
// reader it is destroyed from the moment at which the log says so.
func doomed(r Reader, item uint64) incident.Parts {
	if mark := r.Get(tableStaging, key8(item)); len(mark) == 1 {
		return incident.Parts(mark[0])
	}
	return 0
}

func (v *view) doomed(item uint64) incident.Parts { return doomed(v.r, item) }

// gone reports whether the personal compartment of an item is destroyed or about
// to be.
func (v *view) gone(item uint64) bool {
	if v.doomed(item).Has(incident.PartPersonal) {
		return true
	}
	_, err := v.s.keys.primitive(item, Personal)
	return errors.Is(err, ErrDestroyed)
}

// Dispose implements incident.Store. While a backup is being written it is put
// off until that is through.
func (s *Store) Dispose(ctx context.Context) error {
	return s.gate.destroys(func() error { return s.dispose(ctx) })
}

func (s *Store) dispose(ctx context.Context) error {
	for {
		marks, err := s.marks(ctx)
		if err != nil || len(marks) == 0 {
			return err
		}
		gone, err := s.keys.destroy(marks)
		if err != nil {
			return s.failed(err)
		}
		if err := s.dropMarked(ctx, marks, gone); err != nil {
			return err
		}
	}
}

// mark is one item whose parts are to be destroyed.
type mark struct {
	item  uint64
	parts incident.Parts
}

// marks reads a batch of them. What somebody put among them from outside is not
// carried out.
func (s *Store) marks(ctx context.Context) (out []mark, err error) {
	err = s.view(ctx, func(v *view) error {
		c, err := s.readCounters(v.r)
		if err == nil {
			err = v.asWritten(tableStaging, c)
		}
		if err != nil {
			return err
		}
		v.r.Ascend(tableStaging, nil, func(k, value []byte) bool {
			if len(value) == 1 {
				out = append(out, mark{number(k), incident.Parts(value[0])})
			}
			return len(out) < disposeBatch
		})
		return nil
	})
	return out, err
}

// dropMarked removes the bytes of items whose keys are gone, then their marks.
// From then on the record asks for a file of keys that knows of as many
// destructions.
func (s *Store) dropMarked(ctx context.Context, marks []mark, gone uint64) error {
	for len(marks) > 0 {
		err := s.update(ctx, func(t *tx) error {
			t.g.counters.Gone = max(t.g.counters.Gone, gone)
			for room := disposeBatch; room > 0 && len(marks) > 0; {
				n, err := t.dropPieces(marks[0], room)
				if err != nil {
					return err
				}
				if room -= n; room == 0 {
					return nil
				}
				if err := t.w.Delete(tableStaging, key8(marks[0].item)); err != nil {
					return err
				}
				marks, room = marks[1:], room-1
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// dropPieces removes up to most pieces of raw bytes whose key is gone.
func (t *tx) dropPieces(m mark, most int) (n int, err error) {
	if !m.parts.Has(incident.PartOriginals) {
		return 0, nil
	}
	t.r.Ascend(tableBlob, chunkKey(m.item, 0), func(k, _ []byte) bool {
		if number(k) != m.item || n == most {
			return false
		}
		err = t.w.Delete(tableBlob, k)
		n++
		return err == nil
	})
	return n, err
}

// Shred implements incident.Store. It costs one copy of the file of keys.
func (s *Store) Shred(context.Context) error {
	return s.gate.destroys(func() error { return s.failed(s.keys.shred()) })
}

// gone returns how many batches of keys were destroyed by now.
func (k *keyring) gone() (n uint64) {
	_ = k.engine.View(func(r Reader) error { n = number(r.Get(tableMeta, metaGone)); return nil })
	return n
}

// destroy blanks wrapped keys, in one transaction, and returns how many batches
// were destroyed by now.
func (k *keyring) destroy(marks []mark) (gone uint64, err error) {
	err = k.engine.Update(func(w Writer) error {
		for _, m := range marks {
			row := w.Get(tableKeys, key8(m.item))
			blank, err := blanked(row, m.parts)
			if err != nil {
				return fmt.Errorf("store: destroy the keys of item %d: %w", m.item, err)
			}
			if bytes.Equal(row, blank) {
				continue
			}
			if err := w.Put(tableKeys, key8(m.item), blank); err != nil {
				return err
			}
		}
		gone = number(w.Get(tableMeta, metaGone)) + 1
		return errors.Join(w.Put(tableMeta, metaGone, key8(gone)), w.Put(tableMeta, metaShred, []byte{1}))
	})
	k.mu.Lock()
	defer k.mu.Unlock()
	k.generation++
	for _, m := range marks {
		for c := Register; c <= Originals; c++ {
			delete(k.cache, keyID{m.item, c})
		}
	}
	return gone, err
}

// blanked returns a row of the file of keys without the keys of some parts. A
// row that is not there has nothing to destroy.
func blanked(row []byte, parts incident.Parts) (out []byte, err error) {
	err = eachWrapped(row, func(c int, wrapped []byte) error {
		if parts.Has(1 << c) {
			wrapped = nil
		}
		out = append(append(out, byte(len(wrapped))), wrapped...)
		return nil
	})
	return out, err
}

var errKeyRow = errors.New("the row is damaged")

// eachWrapped calls fn with the wrapped key of each compartment; one that was
// destroyed is empty. A row that is not there has none.
func eachWrapped(row []byte, fn func(c int, wrapped []byte) error) error {
	if row == nil {
		return nil
	}
	for c := range compartments {
		if len(row) == 0 || len(row) < 1+int(row[0]) {
			return errKeyRow
		}
		if err := fn(c, row[1:1+int(row[0])]); err != nil {
			return err
		}
		row = row[1+int(row[0]):]
	}
	return nil
}

// shred writes the file of keys anew if it may hold remains of destroyed ones.
func (k *keyring) shred() error {
	due := false
	err := k.engine.View(func(r Reader) error {
		due = bytes.Equal(r.Get(tableMeta, metaShred), []byte{1})
		return nil
	})
	if err != nil || !due {
		return err
	}
	return k.engine.Renew(unshredded)
}

// unshredded takes back the mark of shred in the copy.
func unshredded(t Table, key, value []byte) ([]byte, error) {
	if t == tableMeta && bytes.Equal(key, metaShred) {
		return []byte{0}, nil
	}
	return value, nil
}

// Destructions counts the times that keys were destroyed: it has changed when
// [Store.Destroyed] lists more than before.
func (s *Store) Destructions() uint64 { return s.keys.gone() }

// Destruction is one item of which keys were destroyed.
type Destruction struct {
	Item  uint64         `json:"item"`
	Parts incident.Parts `json:"parts"`
}

// Destroyed lists every item of which keys were destroyed: numbers, no content.
// A backup carries the list, so that restoring an older one can repeat what was
// destroyed since ([Store.Reapply]).
func (s *Store) Destroyed(ctx context.Context) (out []Destruction, err error) {
	var from []byte
	for more := true; more && err == nil && ctx.Err() == nil; {
		more = false
		err = s.failed(s.keys.engine.View(func(r Reader) (err error) {
			n := 0
			r.Ascend(tableKeys, from, func(k, row []byte) bool {
				d := Destruction{Item: number(k)}
				err = eachWrapped(row, func(c int, wrapped []byte) error {
					if len(wrapped) == 0 {
						d.Parts |= 1 << c
					}
					return nil
				})
				if d.Parts != 0 {
					out = append(out, d)
				}
				from, n = append(bytes.Clone(k), 0), n+1
				more = n == sliceRows
				return err == nil && !more
			})
			return err
		}))
	}
	return out, errors.Join(err, ctx.Err())
}

// Reapply repeats destructions that happened after a backup was made, right
// after it was restored and before anything is accepted: from then on a number
// may belong to something else. Numbers that the restored file of keys does not
// know are passed over. Afterwards the keys are nowhere in the folder.
func (s *Store) Reapply(ctx context.Context, list []Destruction) error {
	for some := range slices.Chunk(list, disposeBatch) {
		marks := make([]mark, len(some))
		for i, d := range some {
			marks[i] = mark{d.Item, d.Parts}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := s.keys.destroy(marks); err != nil {
			return s.failed(err)
		}
	}
	return s.Shred(ctx)
}
