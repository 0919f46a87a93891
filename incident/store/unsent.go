package store

import (
	"fmt"

	"meldklok/incident"
)

// unsent calls fn with the row of every mail that has not ended, until it returns
// false. It reads what is to be sent, which is little, and opens none of it.
func (v *view) unsent(fn func(id uint64, row []byte) bool) {
	more := true
	for _, t := range []Table{tableReady, tableWait} {
		v.r.Ascend(t, nil, func(k, _ []byte) bool {
			id := k[max(0, len(k)-8):]
			if row := v.r.Get(tableOutbox, id); len(row) >= mailHead {
				more = fn(number(id), row)
			}
			return more
		})
		if !more {
			return
		}
	}
}

// Unsent implements incident.View.
func (v *view) Unsent(ref incident.Ref) (mails []incident.Message, err error) {
	v.unsent(func(id uint64, row []byte) bool {
		var m incident.Message
		if hasPrefix(row[8:], refKey(ref)) {
			if m, err = v.decodeMessage(id, row); err == nil {
				mails = append(mails, m)
			}
		}
		return err == nil
	})
	return mails, err
}

// mailUnderWay reports whether a mail that has not ended is sealed with an item's
// keys.
func (v *view) mailUnderWay(item uint64) (found bool) {
	v.unsent(func(_ uint64, row []byte) bool {
		found = number(row) == item
		return !found
	})
	return found
}

// Reseal implements incident.Tx.
func (t *tx) Reseal(id, item uint64) error {
	m, err := t.Message(id)
	if err != nil {
		return err
	}
	raw, err := t.Mail(id)
	if err != nil {
		return err
	}
	if err := t.putMail(id, item, raw); err != nil {
		return fmt.Errorf("store: seal mail %d anew: %w", id, err)
	}
	return t.putHeader(m, item)
}
