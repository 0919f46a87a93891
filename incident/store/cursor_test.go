package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"meldklok/incident"
)

const privacy = "privacy"

// fetched has a message accepted that stands at a place in a watched mailbox.
func fetched(t testing.TB, svc *incident.Service, mailbox string, validity, uid uint32, raw string) {
	t.Helper()
	_, err := svc.Accept(context.Background(), incident.Incoming{
		Channel: incident.ChannelIMAP, Arrived: start, Body: strings.NewReader(raw),
		Cursor: &incident.Cursor{Mailbox: mailbox, Validity: validity, UID: uid},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (r *rig) cursor(mailbox string) (c incident.Cursor) {
	r.t.Helper()
	if err := r.View(r.t.Context(), func(v incident.View) error { c, _ = v.Cursor(mailbox); return nil }); err != nil {
		r.t.Fatal(err)
	}
	return c
}

func (r *rig) notTaken(mailbox string, validity uint32, uids ...uint32) (missing []uint32) {
	r.t.Helper()
	err := r.View(r.t.Context(), func(v incident.View) error { missing = v.NotTaken(mailbox, validity, uids); return nil })
	if err != nil {
		r.t.Fatal(err)
	}
	return missing
}

// TestCursorMovesForwardOnly: the stored cursor never goes back under one
// validity, and starts anew under another, be it a lower number.
func TestCursorMovesForwardOnly(t *testing.T) {
	r := inMemory(t)
	svc := r.service()
	for n, row := range []struct {
		why                      string
		validity, uid            uint32
		wantValidity, wantCursor uint32
	}{
		{"the first message", 7, 40, 7, 40},
		{"the next one", 7, 41, 7, 41},
		{"one that was set aside comes late", 7, 12, 7, 41},
		{"the same one again", 7, 41, 7, 41},
		{"the folder was made anew", 8, 3, 8, 3},
		{"a lower validity is a new one too", 5, 9, 5, 9},
	} {
		fetched(t, svc, privacy, row.validity, row.uid, mailText(n, "x"))
		want := incident.Cursor{Mailbox: privacy, Validity: row.wantValidity, UID: row.wantCursor}
		if got := r.cursor(privacy); got != want {
			t.Errorf("%s: cursor %+v, want %+v", row.why, got, want)
		}
	}
	r = r.again()
	if got := r.cursor(privacy); got.UID != 9 {
		t.Errorf("after a restart: %+v", got)
	}
	r.verify()
}

// TestEveryUIDIsRemembered: also of bytes that are known already, per mailbox
// and validity, and after a restart.
func TestEveryUIDIsRemembered(t *testing.T) {
	r := inMemory(t)
	svc := r.service()
	fetched(t, svc, privacy, 7, 1, mailText(1, "x"))
	fetched(t, svc, privacy, 7, 2, mailText(1, "x"))
	fetched(t, svc, "second", 7, 3, mailText(2, "x"))
	fetched(t, svc, privacy, 8, 4, mailText(3, "x"))
	for _, rig := range []*rig{r, r.again()} {
		for _, row := range []struct {
			why      string
			mailbox  string
			validity uint32
			want     []uint32
		}{
			{"two messages with the same bytes are both known", privacy, 7, []uint32{3, 4, 5}},
			{"another mailbox shares nothing", "second", 7, []uint32{1, 2, 4, 5}},
			{"another validity shares nothing", privacy, 8, []uint32{1, 2, 3, 5}},
			{"a mailbox that was never watched has taken nothing", "third", 7, []uint32{1, 2, 3, 4, 5}},
		} {
			if got := rig.notTaken(row.mailbox, row.validity, 1, 2, 3, 4, 5); !slices.Equal(got, row.want) {
				t.Errorf("%s: missing %v, want %v", row.why, got, row.want)
			}
		}
		rig.verify()
	}
}

// TestARefusedMessageLeavesNoTrace: cursor and UID come with the message, or
// not at all.
func TestARefusedMessageLeavesNoTrace(t *testing.T) {
	r := inMemory(t)
	err := r.Update(t.Context(), func(tx incident.Tx) error {
		d := incident.Delivered{Item: 1, Cursor: &incident.Cursor{Mailbox: privacy, Validity: 7, UID: 1}}
		return errors.Join(tx.Accept(d), errors.New("something else fails"))
	})
	if err == nil {
		t.Fatal("accepted")
	}
	if got := r.notTaken(privacy, 7, 1); len(got) != 1 || r.cursor(privacy).UID != 0 {
		t.Errorf("missing %v, cursor %+v", got, r.cursor(privacy))
	}
}

// TestTakenAgainstAModel: whatever order messages come in, what is missing is
// what never came, and the cursor is the highest UID of the last validity.
func TestTakenAgainstAModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := inMemory(t)
		defer r.Close()
		svc := r.service()
		taken := map[[2]uint32]bool{}
		want := incident.Cursor{Mailbox: privacy}
		for n := range rapid.IntRange(1, 12).Draw(rt, "messages") {
			c := incident.Cursor{Mailbox: privacy, Validity: rapid.Uint32Range(1, 2).Draw(rt, "validity"), UID: rapid.Uint32Range(1, 6).Draw(rt, "uid")}
			fetched(t, svc, privacy, c.Validity, c.UID, mailText(n, fmt.Sprint(n)))
			taken[[2]uint32{c.Validity, c.UID}] = true
			if c.Validity != want.Validity || c.UID > want.UID {
				want = c
			}
		}
		if got := r.cursor(privacy); got != want {
			rt.Fatalf("cursor %+v, want %+v", got, want)
		}
		for validity := uint32(1); validity <= 2; validity++ {
			for uid := uint32(1); uid <= 6; uid++ {
				if missing := len(r.notTaken(privacy, validity, uid)) == 1; missing == taken[[2]uint32{validity, uid}] {
					rt.Fatalf("%d/%d: missing %t", validity, uid, missing)
				}
			}
		}
	})
}
