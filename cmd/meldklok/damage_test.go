package main

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"meldklok/incident"
	"meldklok/notify/mailer/mailertest"
)

// damage flips bits in the state and in every entry of the log of an incident,
// as a bad sector would.
func (h *house) damage(ref incident.Ref) {
	h.t.Helper()
	h.damaged = true
	db, err := bolt.Open(filepath.Join(h.dir, "data", "record.db"), 0o600, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	defer db.Close()
	err = db.Update(func(tx *bolt.Tx) error {
		flip := func(table string, key []byte) error {
			b := tx.Bucket([]byte(table))
			value := bytes.Clone(b.Get(key))
			for i := len(value) / 4; i < len(value); i += 8 {
				value[i] ^= 1
			}
			return b.Put(key, value)
		}
		prefix := incident.Stream{Ref: ref}.AppendKey(nil)
		c, flipped := tx.Bucket([]byte("S")).Cursor(), 0
		for k, place := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, place = c.Next() {
			if err := flip("L", place[:8]); err != nil {
				return err
			}
			flipped++
		}
		if flipped == 0 {
			h.t.Fatal("nothing to damage")
		}
		return flip("T", prefix)
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// TestOneDamagedCaseKeepsNoOtherWaiting (promise 4): the alerts of the others go
// out in time, the board shows them, and health is red and says which one it is.
func TestOneDamagedCaseKeepsNoOtherWaiting(t *testing.T) {
	bad, good := firstRef, incident.Ref{Year: 2026, Number: 2}
	inBubble(t, func(t *testing.T, h *house) {
		h.slowly()
		h.deliver(report)
		h.deliver(strings.Replace(report, "Subject:", "Subject: Nog een", 1))
		time.Sleep(hour)
		h.stop()
		h.damage(bad)
		h.start()
		time.Sleep(75 * hour)

		for _, rung := range []string{"half-day", "six", "three", "one", "overdue"} {
			if told := h.told(good, "officer@example.org"); !slices.Contains(told, rung) {
				t.Errorf("of the sound case the officer was told %v, not %s", told, rung)
			}
		}
		rows, err := h.app.service.Board(t.Context(), 10)
		if err != nil || len(rows) != 1 || rows[0].Ref != good {
			t.Errorf("the board shows %d rows (%v)", len(rows), err)
		}
		var codes []string
		for _, f := range h.app.engine.Health().Findings {
			codes = append(codes, f.Code)
			if f.Code == "incident-damaged" && (f.Args["ref"] != bad || f.Args["n"] != 1) {
				t.Errorf("named is %v", f.Args)
			}
		}
		if !slices.Contains(codes, "incident-damaged") {
			t.Errorf("health says %v", codes)
		}
	})
}

// TestAForeignRowIsTold (promise 6): somebody puts a mark of destruction among the
// rows of the stopped service. The report is not destroyed, and health says that the
// data is not as it was written.
func TestAForeignRowIsTold(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.deliver(report)
		time.Sleep(hour)
		h.stop()
		h.damaged = true
		db, err := bolt.Open(filepath.Join(h.dir, "data", "record.db"), 0o600, nil)
		if err != nil {
			t.Fatal(err)
		}
		err = db.Update(func(tx *bolt.Tx) error {
			piece, _ := tx.Bucket([]byte("B")).Cursor().First()
			return tx.Bucket([]byte("G")).Put(piece[:8], []byte{7}) // all parts of the report
		})
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		h.start()
		time.Sleep(hour)
		if !h.has("record-doubtful red") {
			t.Errorf("health says %v", h.found())
		}
		if inc := h.incident(firstRef); len(inc.Reports) != 1 || inc.Reports[0].Forgotten != nil || inc.Reports[0].Gone != nil {
			t.Errorf("of the report is left %+v", inc.Reports)
		}
	})
}

// damageMails flips bits in the rows of the outbox about an incident.
func (h *house) damageMails(ref incident.Ref) (n int) {
	h.t.Helper()
	h.damaged = true
	db, err := bolt.Open(filepath.Join(h.dir, "data", "record.db"), 0o600, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	owner := incident.Stream{Ref: ref}.AppendKey(nil)
	err = db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte("O"))
		rows := map[string][]byte{}
		err := b.ForEach(func(k, value []byte) error {
			if bytes.HasPrefix(value[8:], owner) {
				rows[string(k)] = bytes.Clone(value)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for k, value := range rows {
			value[len(value)-1] ^= 1
			if err := b.Put([]byte(k), value); err != nil {
				return err
			}
		}
		n = len(rows)
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// TestADamagedMailKeepsNoOtherWaiting (promise 4): mails of one case are damaged on
// disk while they are ready, or while they wait to be tried again. Those of the other
// case leave, later rungs of both are queued, and health is red.
func TestADamagedMailKeepsNoOtherWaiting(t *testing.T) {
	bad, good := firstRef, incident.Ref{Year: 2026, Number: 2}
	for why, fault := range map[string]mailertest.Fault{
		"ready":   {At: mailertest.AtDial},
		"waiting": mailertest.Refuse(mailertest.AtRcpt, 451, "4.3.0", "try again"),
	} {
		t.Run(why, func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *house) {
				h.relay.Script(func(string, int) mailertest.Fault { return fault })
				h.deliver(report)
				h.deliver(strings.Replace(report, "<one@", "<two@", 1))
				time.Sleep(20 * time.Minute)
				h.stop()
				if h.damageMails(bad) == 0 {
					t.Fatal("nothing to damage")
				}
				h.relay.Script(nil)
				h.start()
				time.Sleep(time.Hour)
				if found := h.found(); !slices.Contains(found, "mail-waiting red") {
					t.Errorf("health says %v", found)
				}
				if shown, err := h.app.service.Outbox(t.Context(), 0, 100); err != nil || len(shown) == 0 {
					t.Errorf("the list of outgoing mail shows %d (%v)", len(shown), err)
				}
				if !slices.Contains(h.told(good, "officer@example.org"), "reported") || len(h.mails("officer@example.org")) == 0 {
					t.Error("the mail of the sound case did not leave")
				}
				time.Sleep(30 * time.Hour)
				for _, ref := range []incident.Ref{bad, good} {
					if told := h.told(ref, "officer@example.org"); !slices.Contains(told, "day-1") {
						t.Errorf("of %s the officer was told %v", ref, told)
					}
				}
			})
		})
	}
}
