package store

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"time"

	"meldklok/incident"
)

// maxMail bounds what an unpacked mail of the outbox may take.
const maxMail = 32 << 20

func (v *view) Message(id uint64) (m incident.Message, err error) {
	value := v.r.Get(tableOutbox, key8(id))
	if value == nil {
		return m, fmt.Errorf("mail %d: %w", id, incident.ErrNotFound)
	}
	return v.decodeMessage(id, value)
}

// decodeMessage opens a row of the outbox: the item and the log whose personal
// key seals it, then the sealed header.
func (v *view) decodeMessage(id uint64, value []byte) (m incident.Message, err error) {
	const head = 8 + incident.StreamSize
	if len(value) < head {
		return m, fmt.Errorf("store: mail %d: %w", id, errRow)
	}
	plain, err := v.s.keys.open(number(value), Personal, value[head:], []byte("outbox"), key8(id))
	if err != nil {
		return m, fmt.Errorf("store: mail %d: %w", id, err)
	}
	if err := json.Unmarshal(plain, &m); err != nil {
		return m, fmt.Errorf("store: mail %d: %w", id, err)
	}
	m.Owner, err = incident.StreamFromKey(value[8:])
	return m, err
}

func (v *view) Mail(id uint64) ([]byte, error) {
	value := v.r.Get(tableMail, key8(id))
	if len(value) < 8 {
		return nil, fmt.Errorf("mail %d: %w", id, incident.ErrNotFound)
	}
	packed, err := v.s.keys.open(number(value), Personal, value[8:], []byte("mail"), key8(id))
	if err != nil {
		return nil, fmt.Errorf("store: mail %d: %w", id, err)
	}
	raw, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxMail))
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
			return yield(v.decodeMessage(number(k), value))
		})
	}
}

func (v *view) Ready() iter.Seq2[incident.Message, error] {
	return func(yield func(incident.Message, error) bool) {
		v.r.Ascend(tableReady, nil, func(k, _ []byte) bool {
			return yield(v.Message(number(k[min(9, len(k)):])))
		})
	}
}

// readyKey orders the outbox: class, then deadline, then number.
func readyKey(m incident.Message) []byte {
	return join([]byte{byte(m.Class)}, instant(m.Deadline), key8(m.ID))
}

func (t *tx) NextMessage() uint64 {
	t.g.counters.Message++
	return t.g.counters.Message
}

func (t *tx) Queue(m incident.Message, raw []byte) error {
	item, err := t.itemOf(m.Owner)
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	z, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		return fmt.Errorf("store: mail: %w", err)
	}
	if _, err := z.Write(raw); err != nil {
		return fmt.Errorf("store: mail: %w", err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("store: mail: %w", err)
	}
	sealed, err := t.s.keys.seal(item, Personal, packed.Bytes(), []byte("mail"), key8(m.ID))
	if err != nil {
		return err
	}
	if err := t.w.Put(tableMail, key8(m.ID), append(key8(item), sealed...)); err != nil {
		return err
	}
	t.g.counters.Queued++
	if err := t.w.Put(tableReady, readyKey(m), nil); err != nil {
		return err
	}
	return t.putMessage(m, item)
}

func (t *tx) putMessage(m incident.Message, item uint64) error {
	plain, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("store: mail: %w", err)
	}
	sealed, err := t.s.keys.seal(item, Personal, plain, []byte("outbox"), key8(m.ID))
	if err != nil {
		return err
	}
	return t.w.Put(tableOutbox, key8(m.ID), join(key8(item), streamKey(m.Owner), sealed))
}

func (t *tx) SetMessage(m incident.Message) error {
	old, err := t.Message(m.ID)
	if err != nil {
		return err
	}
	m.Owner = old.Owner
	if err := t.unplace(old); err != nil {
		return err
	}
	if !old.State.Final() && m.State.Final() {
		t.g.counters.Queued--
	}
	switch {
	case m.State.Final():
		err = t.w.Put(tableEnded, join(instant(m.Ended), key8(m.ID)), nil)
	case m.Next.IsZero():
		err = t.w.Put(tableReady, readyKey(m), nil)
	default:
		err = t.w.Put(tableWait, join(instant(m.Next), key8(m.ID)), nil)
	}
	if err != nil {
		return err
	}
	item, err := t.itemOf(m.Owner)
	if err != nil {
		return err
	}
	return t.putMessage(m, item)
}

// unplace removes a mail from whichever index it stands in.
func (t *tx) unplace(m incident.Message) error {
	switch {
	case m.State.Final():
		return t.w.Delete(tableEnded, join(instant(m.Ended), key8(m.ID)))
	case m.Next.IsZero():
		return t.w.Delete(tableReady, readyKey(m))
	}
	return t.w.Delete(tableWait, join(instant(m.Next), key8(m.ID)))
}

func (t *tx) Wake(now time.Time) (int, error) {
	var ids []uint64
	t.r.Ascend(tableWait, nil, func(k, _ []byte) bool {
		if instantFrom(k).After(now) || len(ids) >= 25 {
			return false
		}
		ids = append(ids, number(k[min(8, len(k)):]))
		return true
	})
	for _, id := range ids {
		m, err := t.Message(id)
		if err != nil {
			return 0, err
		}
		ready := m
		ready.Next = time.Time{}
		if err := t.SetMessage(ready); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

func (t *tx) ForgetMail(before time.Time, limit int) (int, error) {
	var keys [][]byte
	t.r.Ascend(tableEnded, nil, func(k, _ []byte) bool {
		if !instantFrom(k).Before(before) || len(keys) >= limit {
			return false
		}
		keys = append(keys, bytes.Clone(k))
		return true
	})
	for _, k := range keys {
		id := k[8:]
		for _, table := range []Table{tableMail, tableOutbox} {
			if err := t.w.Delete(table, id); err != nil {
				return 0, err
			}
		}
		if err := t.w.Delete(tableEnded, k); err != nil {
			return 0, err
		}
	}
	return len(keys), nil
}
