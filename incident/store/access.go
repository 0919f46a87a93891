package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"meldklok/incident"
)

// The access log: who looked at which personal compartment. A table of its own,
// oldest first, outside the chain: it ages out, and the record of what happened
// does not grow by looking at it.

// accessKey places a look: instant, stream.
func accessKey(at time.Time, s incident.Stream) []byte { return join(instant(at), streamKey(s)) }

// PutAccess implements incident.Tx. Two looks at one instant stand a nanosecond
// apart.
func (t *tx) PutAccess(a incident.Access) error {
	s := incident.Stream{Ref: a.Ref}
	item, err := t.itemOf(s)
	if err != nil {
		return err
	}
	key := accessKey(a.At, s)
	for t.r.Get(tableAccess, key) != nil {
		a.At = a.At.Add(1)
		key = accessKey(a.At, s)
	}
	plain, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("store: access: %w", err)
	}
	sealed, err := t.s.keys.seal(item, Register, plain, []byte("access"), key)
	if err != nil {
		return err
	}
	return t.w.Put(tableAccess, key, sealed)
}

// ForgetAccess implements incident.Tx.
func (t *tx) ForgetAccess(before time.Time, limit int, kept func(incident.Ref) bool) (n int, err error) {
	var old [][]byte
	end, passed := instant(before), 0
	t.r.Ascend(tableAccess, nil, func(k, _ []byte) bool {
		if len(old) == limit || passed == mostKept || string(k[:min(8, len(k))]) >= string(end) {
			return false
		}
		if s, bad := incident.StreamFromKey(k[min(8, len(k)):]); bad == nil && kept(s.Ref) {
			passed++
			return true
		}
		old = append(old, append([]byte(nil), k...))
		return true
	})
	for _, k := range old {
		if err := t.w.Delete(tableAccess, k); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// Accesses implements incident.View. It passes over the keys of the others,
// which costs no opening.
func (v *view) Accesses(ref incident.Ref) iter.Seq2[incident.Access, error] {
	want := string(refKey(ref))
	return func(yield func(incident.Access, error) bool) {
		v.r.Descend(tableAccess, nil, func(k, value []byte) bool {
			if len(k) != 8+incident.StreamSize || string(k[8:]) != want {
				return true
			}
			a, err := v.openAccess(k, value)
			if errors.Is(err, ErrDestroyed) {
				return true
			}
			return yield(a, err) && err == nil
		})
	}
}

func (v *view) openAccess(k, value []byte) (a incident.Access, err error) {
	s, err := incident.StreamFromKey(k[min(8, len(k)):])
	if err != nil {
		return a, fmt.Errorf("store: access log: %w", err)
	}
	item, err := v.itemOf(s)
	if err != nil {
		return a, err
	}
	plain, err := v.s.keys.open(item, Register, value, []byte("access"), k)
	if err != nil {
		return a, fmt.Errorf("store: access log: %w", err)
	}
	if err := json.Unmarshal(plain, &a); err != nil {
		return a, fmt.Errorf("store: access log: %w", err)
	}
	a.Ref, a.At = s.Ref, instantFrom(k)
	return a, nil
}

// accesses opens every row of the access log.
func (c *checker) accesses() error {
	return c.each(tableAccess, func(v *view, k, value []byte) error {
		if _, err := v.openAccess(k, value); err != nil && !errors.Is(err, ErrDestroyed) {
			return err
		}
		return nil
	}, nil)
}

// Since implements incident.View.
func (v *view) Since(after uint64) iter.Seq2[incident.Place, error] {
	return func(yield func(incident.Place, error) bool) {
		v.r.Ascend(tableLog, key8(after+1), func(k, value []byte) bool {
			r, _, err := parseRow(value)
			if err != nil {
				return yield(incident.Place{}, fmt.Errorf("store: entry %d: %w", number(k), err))
			}
			return yield(incident.Place{Seq: number(k), Stream: r.stream, N: r.n}, nil)
		})
	}
}

// Changed implements incident.View.
func (v *view) Changed(after uint64) iter.Seq2[incident.Ref, error] {
	return func(yield func(incident.Ref, error) bool) {
		for p, err := range v.Since(after) {
			if err == nil && p.Stream.IsOrg() {
				continue
			}
			if !yield(p.Stream.Ref, err) {
				return
			}
		}
	}
}
