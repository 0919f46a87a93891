package session_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/incident/store"
	"meldklok/ui/session"
)

const good = "vier losse woorden samen"

type noPlan struct{}

func (noPlan) Plan(*incident.Incident) []incident.Planned { return nil }

// house is a manager over a record in memory, in a bubble of its own time.
type house struct {
	t       testing.TB
	ctx     context.Context
	record  *store.Store
	engine  store.Engine
	service *incident.Service
	m       *session.Manager
}

func newHouse(t testing.TB) *house {
	t.Helper()
	master, err := store.NewMaster()
	if err != nil {
		t.Fatal(err)
	}
	engine := store.NewMemory()
	record, err := store.New(engine, store.NewMemory(), master, store.Config{Planner: noPlan{}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = record.Close() })
	return &house{
		t: t, ctx: context.Background(), record: record, engine: engine,
		service: &incident.Service{Store: record, Now: time.Now}, m: session.New(record, time.Now),
	}
}

func (h *house) person(email string) people.ID {
	h.t.Helper()
	id, err := h.service.SetPerson(h.ctx, incident.System, people.Person{Name: "Officer", Email: email, Roles: []people.Role{people.Officer}})
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

func (h *house) member(email string) people.ID {
	h.t.Helper()
	id := h.person(email)
	if err := h.m.SetPassword(h.ctx, incident.System, id, good); err != nil {
		h.t.Fatal(err)
	}
	return id
}

func (h *house) begin(id people.ID) string {
	h.t.Helper()
	token, err := h.m.Begin(h.ctx, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return token
}

func (h *house) in(token string) bool {
	_, err := h.m.Who(h.ctx, token)
	if err != nil && !errors.Is(err, session.ErrNone) {
		h.t.Fatal(err)
	}
	return err == nil
}

func TestFirstLinkMakesTheFirstOfficerAndNobodyElse(t *testing.T) {
	h := newHouse(t)
	old, err := h.m.FirstLink(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	token, err := h.m.FirstLink(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.m.Look(h.ctx, old); !errors.Is(err, session.ErrLink) {
		t.Errorf("a newer first link must void the older one, got %v", err)
	}
	for range 3 {
		if l, err := h.m.Look(h.ctx, token); err != nil || !l.First() {
			t.Fatalf("looking must not use the link up: %v %v", l, err)
		}
	}
	made := 0
	take := func(password string) error {
		_, err := h.m.Take(h.ctx, token, password, func() (people.ID, error) { made++; return h.person("first@example.org"), nil })
		return err
	}
	if err := take("kort"); !refused(err, "password-too-short") || made != 0 {
		t.Fatalf("a weak password must be refused before anybody is made: %v, %d made", err, made)
	}
	if err := take(good); err != nil {
		t.Fatal(err)
	}
	if err := take(good); !errors.Is(err, session.ErrLink) || made != 1 {
		t.Errorf("a link works once: %v, %d made", err, made)
	}
	if _, err := h.m.FirstLink(h.ctx); !errors.Is(err, session.ErrNotNeeded) {
		t.Errorf("no first link beside an account, got %v", err)
	}
	if any, err := h.m.HasAny(h.ctx); err != nil || !any {
		t.Errorf("somebody can sign in now: %v %v", any, err)
	}
}

func refused(err error, code string) bool {
	var r *incident.Refusal
	return errors.As(err, &r) && r.Code == code
}

func TestTwoWhoTakeTheFirstLinkAtOnceAreOnePerson(t *testing.T) {
	h := newHouse(t)
	token, err := h.m.FirstLink(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for _, email := range []string{"a@example.org", "b@example.org", "c@example.org"} {
		wg.Go(func() {
			if _, err := h.m.Take(h.ctx, token, good, func() (people.ID, error) { return h.person(email), nil }); err == nil {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	org, err := h.service.Org(h.ctx)
	if err != nil || won != 1 || len(org.People) != 1 {
		t.Errorf("%d won, %d persons made, want one and one (%v)", won, len(org.People), err)
	}
}

func TestInvitation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		id := h.person("deputy@example.org")
		if _, err := h.m.Invite(h.ctx, incident.System, "nobody"); !errors.Is(err, incident.ErrNotFound) {
			t.Errorf("nobody can be invited who is not there: %v", err)
		}
		token, err := h.m.Invite(h.ctx, incident.System, id)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(24*time.Hour - time.Second)
		if _, err := h.m.Look(h.ctx, token); err != nil {
			t.Errorf("valid for 24 hours: %v", err)
		}
		time.Sleep(time.Second)
		if _, err := h.m.Look(h.ctx, token); !errors.Is(err, session.ErrLink) {
			t.Errorf("over after 24 hours: %v", err)
		}
		if _, err := h.m.Take(h.ctx, token, good, nil); !errors.Is(err, session.ErrLink) {
			t.Errorf("an old link sets no password: %v", err)
		}
	})
}

func TestResetEndsTheSessionsThatWereOpen(t *testing.T) {
	h := newHouse(t)
	id := h.member("officer@example.org")
	stolen := h.begin(id)
	link, err := h.m.Invite(h.ctx, incident.System, id)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := h.m.Take(h.ctx, link, "een heel ander geheimpje", nil); err != nil || got != id {
		t.Fatal(got, err)
	}
	if h.in(stolen) {
		t.Error("a session from before the reset must be over")
	}
}

func TestSignIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		id := h.member("officer@example.org")
		for _, row := range []struct {
			why, email, password string
			want                 error
		}{
			{"the right password", "officer@example.org", good, nil},
			{"capitals in an address do not matter", " Officer@Example.org", good, nil},
			{"a wrong password", "officer@example.org", good + "x", session.ErrSignIn},
			{"an empty password", "officer@example.org", "", session.ErrSignIn},
			{"an unknown address gets the same answer", "other@example.org", good, session.ErrSignIn},
			{"no address", "", good, session.ErrSignIn},
		} {
			in, err := h.m.SignIn(h.ctx, row.email, row.password, session.From{Address: "192.0.2.1"})
			if !errors.Is(err, row.want) || (row.want == nil && (in.Person.ID != id || !h.in(in.Token))) {
				t.Errorf("%s: %v, want %v", row.why, err, row.want)
			}
		}
	})
}

func TestSomebodyWhoLeftCannotComeIn(t *testing.T) {
	h := newHouse(t)
	id := h.member("officer@example.org")
	open := h.begin(id)
	_, err := h.service.SetPerson(h.ctx, incident.System, people.Person{ID: id, Email: "officer@example.org", Roles: []people.Role{people.Officer}, Inactive: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.m.SignIn(h.ctx, "officer@example.org", good, session.From{Address: "192.0.2.1"}); !errors.Is(err, session.ErrSignIn) {
		t.Errorf("signing in: %v", err)
	}
	if h.in(open) {
		t.Error("an open session must be over at once")
	}
	if any, _ := h.m.HasAny(h.ctx); any {
		t.Error("nobody active can sign in")
	}
}

func TestASessionEnds(t *testing.T) {
	for _, row := range []struct {
		why   string
		live  func(h *house, token string)
		alive bool
	}{
		{"just under eight hours without a request", func(*house, string) { time.Sleep(8*time.Hour - time.Second) }, true},
		{"eight hours without a request", func(*house, string) { time.Sleep(8 * time.Hour) }, false},
		{"a request in between starts the eight hours anew", func(h *house, token string) {
			time.Sleep(7 * time.Hour)
			h.in(token)
			time.Sleep(7 * time.Hour)
		}, true},
		{"seven days end it whatever happens", func(h *house, token string) {
			for range 24 * 7 {
				time.Sleep(time.Hour)
				h.in(token)
			}
		}, false},
		{"signing out", func(h *house, token string) { _ = h.m.SignOut(h.ctx, token) }, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t)
			token := h.begin(h.member("officer@example.org"))
			row.live(h, token)
			if got := h.in(token); got != row.alive {
				t.Errorf("%s: alive %v, want %v", row.why, got, row.alive)
			}
		})
	}
}

func TestARequestThatChangesNothingWritesNothing(t *testing.T) {
	h := newHouse(t)
	token := h.begin(h.member("officer@example.org"))
	count := &counting{Record: h.record}
	h.m = session.New(count, time.Now)
	for range 5 {
		h.in(token)
	}
	if count.updates != 0 {
		t.Errorf("asking who is signed in wrote %d times", count.updates)
	}
}

// counting counts what is written.
type counting struct {
	session.Record
	updates int
}

func (c *counting) Update(ctx context.Context, fn func(incident.Tx) error) error {
	c.updates++
	return c.Record.Update(ctx, fn)
}

func (h *house) bytes() []byte {
	var buf bytes.Buffer
	if err := h.engine.Snapshot(func(store.Reader, int64) (io.Writer, error) { return &buf, nil }); err != nil {
		h.t.Fatal(err)
	}
	return buf.Bytes()
}

func TestAChangeKeepsTheSessionOverARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		token := h.begin(h.member("officer@example.org"))
		time.Sleep(7 * time.Hour)
		h.in(token)
		if err := h.m.Keep(h.ctx, token); err != nil {
			t.Fatal(err)
		}
		h.m = session.New(h.record, time.Now)
		time.Sleep(7 * time.Hour)
		if !h.in(token) {
			t.Error("what was kept must outlive a restart")
		}
	})
}

func TestTheRecordHoldsNoToken(t *testing.T) {
	h := newHouse(t)
	id := h.member("officer@example.org")
	session := h.begin(id)
	link, err := h.m.Invite(h.ctx, incident.System, id)
	if err != nil {
		t.Fatal(err)
	}
	err = h.record.View(h.ctx, func(v incident.View) error {
		for _, name := range []string{"session/" + session, "link/" + link} {
			if _, ok := v.Credential(name); ok {
				t.Errorf("%s stands under the token itself", name[:8])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if all := h.bytes(); bytes.Contains(all, []byte(session)) || bytes.Contains(all, []byte(link)) {
		t.Error("a token stands in the file")
	}
}

func TestOnePersonHasAFewSessionsAtMost(t *testing.T) {
	h := newHouse(t)
	id := h.member("officer@example.org")
	first := h.begin(id)
	var last string
	for range 20 {
		last = h.begin(id)
	}
	if h.in(first) || !h.in(last) {
		t.Errorf("the oldest of 21 sessions ends, the newest stays: %v %v", h.in(first), h.in(last))
	}
	if err := h.m.SignOutEverywhere(h.ctx, incident.System, id); err != nil || h.in(last) {
		t.Errorf("signing out everywhere ends them all: %v", err)
	}
}

func TestGuessesAreSlowedDownAndNobodyIsLockedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.member("officer@example.org")
		try := func(password, from string) (time.Duration, error) {
			begin := time.Now()
			_, err := h.m.SignIn(h.ctx, "officer@example.org", password, session.From{Address: from})
			return time.Since(begin), err
		}
		for i := range 12 {
			took, _ := try("wrong wrong wrong", "192.0.2.66")
			if i < 3 && took > 0 {
				t.Errorf("try %d must be free, took %v", i, took)
			}
			if i == 11 && took != 8*time.Second {
				t.Errorf("the twelfth guess takes %v, want 8s", took)
			}
		}
		took, err := try(good, "192.0.2.1")
		if err != nil || took > 8*time.Second {
			t.Errorf("the officer must come in from elsewhere within seconds: %v after %v", err, took)
		}
		if took, err := try(good, "192.0.2.1"); err != nil || took > 0 {
			t.Errorf("after the right password the account is quick again: %v after %v", err, took)
		}
		if took, _ := try(good, "192.0.2.66"); took == 0 {
			t.Error("the guesser's address must stay slow")
		}
	})
}

func TestACutOffAttemptDoesNotClearTheCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.member("officer@example.org")
		for range 8 {
			_, _ = h.m.SignIn(h.ctx, "officer@example.org", "wrong wrong wrong", session.From{Address: "192.0.2.66"})
		}
		ctx, cancel := context.WithTimeout(h.ctx, time.Millisecond)
		defer cancel()
		if _, err := h.m.SignIn(ctx, "officer@example.org", "wrong wrong wrong", session.From{Address: "192.0.2.66"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		begin := time.Now()
		_, _ = h.m.SignIn(h.ctx, "officer@example.org", "wrong wrong wrong", session.From{Address: "192.0.2.66"})
		if took := time.Since(begin); took < 4*time.Second {
			t.Errorf("hanging up must not buy quick guesses: %v", took)
		}
	})
}

func TestOneAddressCannotFillTheDoor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.member("officer@example.org")
		for range 6 {
			_, _ = h.m.SignIn(h.ctx, "officer@example.org", "wrong wrong wrong", session.From{Address: "192.0.2.66"})
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		busy := 0
		for range 40 {
			wg.Go(func() {
				if _, err := h.m.SignIn(h.ctx, "x@example.org", "wrong wrong wrong", session.From{Address: "192.0.2.66"}); errors.Is(err, session.ErrBusy) {
					mu.Lock()
					busy++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if busy != 32 {
			t.Errorf("%d of 40 were turned away, want 32", busy)
		}
	})
}

func TestCheckPassword(t *testing.T) {
	for _, row := range []struct{ why, password, want string }{
		{"four words are fine", "correct paard batterij niet", ""},
		{"random letters are fine", "xkqvbnwpzrtm", ""},
		{"eleven characters are too few", "xkqvbnwpzrt", "password-too-short"},
		{"characters count, not bytes", "ëëëëëë", "password-too-short"},
		{"too long is refused before it is hashed", string(bytes.Repeat([]byte("ab "), 100)), "password-too-long"},
		{"the word everybody takes", "Wachtwoord123!", "password-too-common"},
		{"with letters replaced by digits", "W4chtw00rd2026", "password-too-common"},
		{"a season and a year", "Zomer2026!Zomer2026", "password-too-common"},
		{"digits only", "123456789012", "password-too-common"},
		{"one letter again and again", "aaaaaaaaaaaaaa", "password-too-common"},
		{"a row of the keyboard", "qwertyuiop123", "password-too-common"},
		{"the alphabet from somewhere in it", "fghijklmnopqr", "password-too-common"},
		{"the alphabet backwards", "zyxwvutsrqpon", "password-too-common"},
		{"rows of the keyboard backwards", "lkjhgfdsapoiuytrewq", "password-too-common"},
		{"a few letters repeated", "xkqvxkqvxkqvxkqv", "password-too-common"},
		{"words with a short walk in them are fine", "definitief stuk hijgende nopjes", ""},
		{"the person's own name", "Annemarieke2026", "password-too-common"},
		{"the person's own address", "a.kuipers@polder.example", "password-too-common"},
	} {
		err := session.CheckPassword(row.password, "Annemarieke Kuipers", "a.kuipers@polder.example")
		if (row.want == "") != (err == nil) || (err != nil && !refused(err, row.want)) {
			t.Errorf("%s: %v, want %q", row.why, err, row.want)
		}
	}
}

func TestCheckPasswordTakesAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		password := rapid.String().Draw(t, "password")
		err := session.CheckPassword(password, rapid.String().Draw(t, "name"))
		if n := len([]rune(password)); n < 12 && !refused(err, "password-too-short") {
			t.Fatalf("%d characters were taken", n)
		}
	})
}
