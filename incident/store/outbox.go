package store

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"meldklok/incident"
)

func (v *view) Message(id uint64) (m incident.Message, err error) {
	value := v.r.Get(tableOutbox, key8(id))
	if value == nil {
		return incident.Message{ID: id}, fmt.Errorf("mail %d: %w", id, incident.ErrNotFound)
	}
	return v.decodeMessage(id, value)
}

// mailHead is what stands unsealed before the header of a mail.
const mailHead = 8 + incident.StreamSize

// decodeMessage opens a row of the outbox: the item and the log whose personal
// key seals it, then the sealed header. Of one that is damaged it returns the number
// and the log.
func (v *view) decodeMessage(id uint64, value []byte) (m incident.Message, err error) {
	known := incident.Message{ID: id}
	if len(value) < mailHead {
		return known, fmt.Errorf("store: mail %d: %w", id, errRow)
	}
	if known.Owner, err = incident.StreamFromKey(value[8:]); err != nil {
		return known, fmt.Errorf("store: mail %d: %w", id, err)
	}
	plain, err := v.s.openPacked(number(value), Personal, value[mailHead:], outboxContext(id, known.Owner)...)
	if err == nil {
		err = json.Unmarshal(plain, &m)
	}
	if err != nil {
		return known, fmt.Errorf("store: mail %d: %w", id, err)
	}
	m.Owner = known.Owner
	return m, nil
}

func (v *view) Mail(id uint64) ([]byte, error) {
	value := v.r.Get(tableMail, key8(id))
	if len(value) < 8 {
		return nil, fmt.Errorf("mail %d: %w", id, incident.ErrNotFound)
	}
	raw, err := v.s.openPacked(number(value), Personal, value[8:], []byte("mail"), key8(id))
	if err != nil {
		return nil, fmt.Errorf("store: mail %d: %w", id, err)
	}
	return raw, nil
}

func (v *view) Messages(before uint64) iter.Seq2[incident.Message, error] {
	return func(yield func(incident.Message, error) bool) {
		var below []byte
		if before > 0 {
			below = key8(before)
		}
		v.r.Descend(tableOutbox, below, func(k, value []byte) bool {
			m, err := v.decodeMessage(number(k), value)
			if errors.Is(err, ErrDestroyed) {
				return true
			}
			return yield(m, err)
		})
	}
}

func (v *view) Ready(skip func(id uint64) bool) iter.Seq2[incident.Message, error] {
	return func(yield func(incident.Message, error) bool) {
		v.r.Ascend(tableReady, nil, func(k, _ []byte) bool {
			id := number(k[min(9, len(k)):])
			if skip != nil && skip(id) {
				return true
			}
			return yield(v.Message(id))
		})
	}
}

// readyKey orders the outbox: class, then deadline, then number.
func readyKey(m incident.Message) []byte {
	return join([]byte{byte(m.Class)}, instant(m.Deadline), key8(m.ID))
}

// outboxContext binds the header of a mail to its number and its owner.
func outboxContext(id uint64, owner incident.Stream) [][]byte {
	return [][]byte{[]byte("outbox"), key8(id), streamKey(owner)}
}

// place is the row of the index in which a mail stands: what can go now, what
// waits, or what has ended and whose bytes age out.
func place(m incident.Message) (Table, []byte) {
	switch {
	case m.State.Final():
		return tableEnded, join(instant(m.Ended), key8(m.ID))
	case m.Next.IsZero():
		return tableReady, readyKey(m)
	}
	return tableWait, join(instant(m.Next), key8(m.ID))
}

// NextMessage implements incident.Tx.
func (t *tx) NextMessage() uint64 {
	t.g.changes++
	t.g.counters.Message++
	return t.g.counters.Message
}

// Queue implements incident.Tx.
func (t *tx) Queue(m incident.Message, raw []byte) error {
	if m.ID == 0 {
		m.ID = t.NextMessage()
	}
	item, err := t.mailItem(m.Owner)
	if err != nil {
		return err
	}
	if err := t.putMail(m.ID, item, raw); err != nil {
		return err
	}
	return t.putMessage(m, item)
}

// putMail writes a mail's bytes.
func (t *tx) putMail(id, item uint64, raw []byte) error {
	sealed, err := t.s.sealPacked(item, Personal, raw, []byte("mail"), key8(id))
	if err != nil {
		return err
	}
	return t.w.Put(tableMail, key8(id), append(key8(item), sealed...))
}

// Message implements incident.View.
func (t *tx) Message(id uint64) (incident.Message, error) {
	m, err := t.view.Message(id)
	if t.seen = nil; err == nil {
		seen := m
		t.seen = &seen
	}
	return m, err
}

// standing returns where a mail stands in the indexes now, and whose it is.
func (t *tx) standing(id uint64) (incident.Message, error) {
	if m := t.seen; m != nil && m.ID == id {
		return *m, nil
	}
	return t.view.Message(id)
}

// putMessage writes a mail's header and its place.
func (t *tx) putMessage(m incident.Message, item uint64) error {
	t.seen = nil
	if !m.State.Final() {
		t.g.counters.Queued++
	}
	table, key := place(m)
	if err := t.w.Put(table, key, nil); err != nil {
		return err
	}
	return t.putHeader(m, item)
}

// putHeader writes a mail's header.
func (t *tx) putHeader(m incident.Message, item uint64) error {
	plain, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("store: mail %d: %w", m.ID, err)
	}
	sealed, err := t.s.sealPacked(item, Personal, plain, outboxContext(m.ID, m.Owner)...)
	if err != nil {
		return err
	}
	return t.w.Put(tableOutbox, key8(m.ID), join(key8(item), streamKey(m.Owner), sealed))
}

// SetMessage implements incident.Tx. The owner of a mail never changes.
func (t *tx) SetMessage(m incident.Message) error {
	old, err := t.standing(m.ID)
	if err != nil {
		return err
	}
	m.Owner = old.Owner
	if !old.State.Final() {
		t.g.counters.Queued--
	}
	table, key := place(old)
	if err := t.w.Delete(table, key); err != nil {
		return err
	}
	item, err := t.mailItem(m.Owner)
	if err != nil {
		return err
	}
	return t.putMessage(m, item)
}

// mailItem returns whose keys seal a mail about a log: the log's own, or once
// these are destroyed the ones that took their place.
func (t *tx) mailItem(s incident.Stream) (uint64, error) {
	item, err := t.itemOf(s)
	if err != nil || s.IsOrg() || !t.gone(item) {
		return item, err
	}
	inc, err := t.Incident(s.Ref)
	if err != nil {
		return 0, err
	}
	return cmp.Or(inc.Sealing, item), nil
}

// wakeLimit is how many mails one transaction makes ready.
const wakeLimit = 25

// Wake implements incident.Tx. The index is in order of time, so a mail with a
// broken date far ahead never hides one that is due; and one that is damaged, which
// nobody can send, is passed over.
func (t *tx) Wake(now time.Time) (n int, err error) {
	t.r.Ascend(tableWait, nil, func(k, _ []byte) bool {
		if instantFrom(k).After(now) || n == wakeLimit {
			return false
		}
		m, damaged := t.Message(number(k[min(8, len(k)):]))
		if damaged != nil {
			return true
		}
		m.Next = time.Time{}
		err = t.SetMessage(m)
		n++
		return err == nil
	})
	return n, err
}

// mostKept bounds how many rows that stay one call passes over.
const mostKept = 1000

// ForgetMail implements incident.Tx. What stays is the header of the mail with
// its hash and the server's reply, under the keys of its incident. Of a mail that
// is about none, or about several, nothing stays here (the logs of the incidents say
// what became of it): its header names a person, and no key of it would ever be
// destroyed. One call writes no more keys than the engine takes in a
// transaction.
func (t *tx) ForgetMail(before time.Time, limit int, kept func(incident.Message) bool) (n int, err error) {
	limit = min(limit, t.s.engine.MaxKeys()/3)
	passed := 0
	t.r.Ascend(tableEnded, nil, func(k, _ []byte) bool {
		if !instantFrom(k).Before(before) || n >= limit || passed == mostKept || len(k) != 16 {
			return false
		}
		m, bad := t.Message(number(k[8:]))
		if bad == nil && kept(m) {
			passed++
			return true
		}
		if bad == nil && m.Owner.IsOrg() {
			err = t.w.Delete(tableOutbox, k[8:])
		}
		err = errors.Join(err, t.w.Delete(tableMail, k[8:]), t.w.Delete(tableEnded, k))
		n++
		return err == nil
	})
	return n, err
}
