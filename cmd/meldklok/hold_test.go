package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
)

// texts counts the mails about an incident whose text is still there.
func (h *house) texts(ref incident.Ref) (n int) {
	h.t.Helper()
	err := h.app.store.View(h.t.Context(), func(v incident.View) error {
		for m, err := range v.Messages(0) {
			if err != nil {
				return err
			}
			switch _, err := v.Mail(m.ID); {
			case m.Owner.Ref != ref || errors.Is(err, incident.ErrNotFound):
			case err != nil:
				return err
			default:
				n++
			}
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// TestAHoldKeepsTheTextOfMails: what people were told about a case that is held
// is kept word for word, however old; of other cases it goes after its time.
func TestAHoldKeepsTheTextOfMails(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.slowly()
		held, free := firstRef, incident.Ref{Year: 2026, Number: 2}
		h.deliver(report)
		time.Sleep(10 * time.Minute)
		h.quiet()
		h.deliver(strings.Replace(report, "<one@", "<two@", 1))
		time.Sleep(hour)
		h.do(free, incident.Waive{Code: "unlikely-risk", Reasons: "a trusted recipient"})
		h.do(held, incident.SetBrake{Brake: incident.BrakeHold, On: true, Reasons: "a claim"})
		time.Sleep(hour)
		before := h.texts(held)
		if before == 0 || h.texts(free) == 0 {
			t.Fatalf("%d and %d mails: the test lost its grip", before, h.texts(free))
		}
		time.Sleep(32 * 24 * time.Hour)
		if n := h.texts(held); n != before {
			t.Errorf("of %d mails about the held case %d still have their text", before, n)
		}
		if n := h.texts(free); n != 0 {
			t.Errorf("%d mails about the other case still have their text", n)
		}
		h.do(held, incident.SetBrake{Brake: incident.BrakeHold, Reasons: "settled"})
		time.Sleep(24 * time.Hour)
		if n := h.texts(held); n != 0 {
			t.Errorf("after the hold %d mails still have their text", n)
		}
	})
}

// TestAHoldKeepsOldBackups: while a hold is on everything, nobody removes old
// backups before their time.
func TestAHoldKeepsOldBackups(t *testing.T) {
	s := newShell(t)
	s.ok(report, "report")
	_, recipient := s.backupKey()
	folder := filepath.Join(s.dir, "backups")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"meldklok-20260101T000000Z.age", "meldklok-20260102T000000Z.age"} {
		s.ok("", "backup", filepath.Join(folder, name), "--recipient", recipient)
	}
	s.ok("", "retention", "hold", "--reasons", "an inquiry")
	s.refused("a hold is on the whole record", "backup", "prune", "--folder", folder)
	if names, err := scheduled(folder); err != nil || len(names) != 2 {
		t.Errorf("left: %v, %v", names, err)
	}
	s.ok("", "retention", "release", "--reasons", "over")
	s.ok("", "backup", "prune", "--folder", folder)
}
