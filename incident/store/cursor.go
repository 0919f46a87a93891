package store

import (
	"encoding/binary"

	"meldklok/incident"
)

// What a watched mailbox leaves behind: one row that says how far it was read
// (the cursor), and one row for every message that was accepted from it. Both
// are written in the transaction that accepts the message.
//
// The second kind answers, UID by UID, whether something in the mailbox was
// never taken in. It holds a keyed hash of the mailbox's name and two numbers,
// nothing of the message; 24 bytes a message, kept for good, because a mail may
// stay in a mailbox for ever.

const (
	cursorSize  = 8
	mailboxSize = 8 // bytes of the keyed hash that stands for a mailbox's name
)

// take moves the cursor forward and remembers the message. A lower UID under
// the same validity leaves the cursor where it is: a message that was set aside
// comes after later ones. A new validity replaces it (RFC 9051, section
// 2.3.1.1).
func (t *tx) take(c incident.Cursor) error {
	if err := t.putTagged(tableTaken, t.takenKey(c.Mailbox, c.Validity, c.UID), nil); err != nil {
		return err
	}
	if old, ok := t.Cursor(c.Mailbox); ok && old.Validity == c.Validity && old.UID >= c.UID {
		return nil
	}
	place := key8(uint64(c.Validity)<<32 | uint64(c.UID))
	return t.putTagged(tableCursor, t.s.keys.MAC("cursor", []byte(c.Mailbox)), place)
}

func (v *view) takenKey(mailbox string, validity, uid uint32) []byte {
	key := v.s.keys.MAC("cursor", []byte(mailbox))[:mailboxSize:mailboxSize]
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(key, validity), uid)
}

// Cursor implements incident.View.
func (v *view) Cursor(mailbox string) (incident.Cursor, bool) {
	key := v.s.keys.MAC("cursor", []byte(mailbox))
	value, ok := v.s.tagged(tableCursor, key, v.r.Get(tableCursor, key), cursorSize)
	if !ok {
		return incident.Cursor{}, false
	}
	n := number(value)
	return incident.Cursor{Mailbox: mailbox, Validity: uint32(n >> 32), UID: uint32(n)}, true
}

// NotTaken implements incident.View. A damaged row counts as missing: the
// message is fetched once more and recognised by its content.
func (v *view) NotTaken(mailbox string, validity uint32, uids []uint32) (missing []uint32) {
	for _, uid := range uids {
		key := v.takenKey(mailbox, validity, uid)
		if _, ok := v.s.tagged(tableTaken, key, v.r.Get(tableTaken, key), 0); !ok {
			missing = append(missing, uid)
		}
	}
	return missing
}
