package session_test

import (
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"meldklok/incident"
	"meldklok/ui/session"
)

// TestOnceAges: a key is known for a day, belongs to one token and one request,
// and afterwards nothing of it is left.
func TestOnceAges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		soc, other := session.Token{Name: "soc"}, session.Token{Name: "other"}
		keep := func(o session.Once, answer string) {
			t.Helper()
			err := h.record.Update(h.ctx, func(tx incident.Tx) error { return o.Keep(tx, []byte(answer)) })
			if err != nil {
				t.Fatal(err)
			}
		}
		first := h.m.Once(soc, "k", []byte("body"))
		keep(first, "one")
		if got, err := h.m.Once(soc, "k", []byte("body")).Answered(h.ctx); err != nil || string(got) != "one" {
			t.Errorf("the same request: %q, %v", got, err)
		}
		if _, err := h.m.Once(soc, "k", []byte("else")).Answered(h.ctx); !errors.Is(err, session.ErrOnceOther) {
			t.Errorf("another request under the key: %v", err)
		}
		if got, err := h.m.Once(other, "k", []byte("else")).Answered(h.ctx); err != nil || got != nil {
			t.Errorf("the key of another token: %q, %v", got, err)
		}
		time.Sleep(session.OnceLasts)
		if got, err := h.m.Once(soc, "k", []byte("else")).Answered(h.ctx); err != nil || got != nil {
			t.Errorf("a day later: %q, %v", got, err)
		}
		for i := range 3 {
			keep(h.m.Once(soc, strconv.Itoa(i), nil), "later")
		}
		_ = h.record.View(h.ctx, func(v incident.View) error {
			if _, kept := v.Credential(first.Mark()); kept {
				t.Error("the key is kept for ever")
			}
			return nil
		})
	})
}
