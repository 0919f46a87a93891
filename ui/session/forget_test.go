package session_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/incident/store"
	"meldklok/ui/session"
)

// credentials counts the rows of the session room in the record.
func (h *house) credentials() (n int) {
	h.t.Helper()
	err := h.engine.View(func(r store.Reader) error {
		n = 0
		r.Ascend(store.Table('A'), nil, func(_, _ []byte) bool { n++; return true })
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// leave lets a person leave.
func (h *house) leave(id people.ID) {
	h.t.Helper()
	org, err := h.service.Org(h.ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	p, _ := org.People.Find(id)
	p.Inactive = true
	if _, err := h.service.SetPerson(h.ctx, incident.System, p); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) invite(id people.ID) {
	h.t.Helper()
	if _, err := h.m.Invite(h.ctx, incident.System, id); err != nil {
		h.t.Fatal(err)
	}
}

// Whoever is forgotten leaves no row by which they signed in, whether somebody
// asked for it or the term of accounts is over, and nobody else loses one.
func TestForgettingAPersonForgetsHowTheySignIn(t *testing.T) {
	for name, forget := range map[string]func(h *house, id people.ID) error{
		"on request": func(h *house, id people.ID) error {
			return h.service.ForgetPerson(h.ctx, incident.System, incident.ErasePerson{Person: id, Reasons: "verzoek"})
		},
		"when the term is over": func(h *house, _ people.ID) error {
			time.Sleep(366 * 24 * time.Hour)
			f := incident.Forgetter{Service: h.service}
			for range 5 {
				if err := f.Turn(h.ctx); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t)
				h.service.Forgotten = h.m.Forget
				h.member("blijft@example.org")
				others := h.credentials()
				id := h.member("weg@example.org")
				h.begin(id)
				h.begin(id)
				h.invite(id)
				if n := h.credentials() - others; n != 4 {
					t.Fatalf("%d rows of the person, want an account, two sessions and a link", n)
				}
				h.leave(id)
				if err := forget(h, id); err != nil {
					t.Fatal(err)
				}
				if n := h.credentials() - others; n != 0 {
					t.Errorf("%d rows are left of somebody who was forgotten", n)
				}
			})
		})
	}
}

// What is over goes by itself, what is in use stays, and tidying where nothing
// is over writes nothing.
func TestTidyRemovesWhatIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		var ids []people.ID
		for _, email := range []string{"a@example.org", "b@example.org", "c@example.org"} {
			ids = append(ids, h.member(email))
		}
		tidy := func(why string, want int) {
			t.Helper()
			if err := h.m.Tidy(h.ctx); err != nil {
				t.Fatal(err)
			}
			if n := h.credentials(); n != want {
				t.Errorf("%s: %d rows, want %d", why, n, want)
			}
		}
		h.begin(ids[0])
		h.invite(ids[0])
		h.begin(ids[1])
		tidy("nothing is over", 6)
		time.Sleep(7 * time.Hour)
		used := h.begin(ids[2])
		tidy("still nothing is over", 7)
		time.Sleep(2 * time.Hour)
		tidy("two sessions were idle for nine hours", 5)
		if !h.in(used) {
			t.Error("a session in use was ended")
		}
		time.Sleep(16 * time.Hour)
		tidy("the link was not used within a day", 3)
		h.begin(ids[2])
		h.invite(ids[2])
		h.leave(ids[2])
		tidy("who left has no session and no link", 3)
		count := &counting{Record: h.record}
		if err := session.New(count, time.Now).Tidy(h.ctx); err != nil || count.updates != 0 {
			t.Errorf("nothing is over, and it wrote %d times: %v", count.updates, err)
		}
	})
}

// Answers to other tools are forgotten after their day, also when no tool comes
// back.
func TestTidyForgetsAnswersOfYesterday(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		for i := range 70 {
			once := h.m.Once(session.Token{Name: "tool"}, string(rune('a'+i)), []byte("x"))
			err := h.record.Update(context.Background(), func(tx incident.Tx) error { return once.Keep(tx, []byte(`{}`)) })
			if err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(25 * time.Hour)
		if err := h.m.Tidy(h.ctx); err != nil {
			t.Fatal(err)
		}
		if n := h.credentials(); n != 1 {
			t.Errorf("%d rows are left, want only the place of the line", n)
		}
	})
}
