package session

import (
	"context"
	"fmt"
	"slices"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// stored is one session as it is kept.
type stored struct {
	Person  people.ID       `json:"person"`
	Began   time.Time       `json:"began"`
	Seen    time.Time       `json:"seen"`
	Proved  time.Time       `json:"proved,omitzero"` // when the person last proved to be there; zero: when it began
	By      incident.Factor `json:"by,omitempty"`
	Browser string          `json:"browser,omitempty"`
}

func (s stored) over(now, seen time.Time) bool {
	return now.Sub(s.Began) >= sessionEnds || now.Sub(seen) >= idleLasts
}

func (s stored) proved() time.Time {
	if s.Proved.After(s.Began) {
		return s.Proved
	}
	return s.Began
}

func sessionName(digest string) string { return "session/" + digest }

// Begin begins a session of a person who has proved to be that person by a
// one-time link.
func (m *Manager) Begin(ctx context.Context, id people.ID) (token string, err error) {
	return m.begin(ctx, id, incident.FactorLink, From{}, nil)
}

// BeginFrom is Begin with the browser it is for.
func (m *Manager) BeginFrom(ctx context.Context, id people.ID, from From) (token string, err error) {
	return m.begin(ctx, id, incident.FactorLink, from, nil)
}

// begin begins a session and writes down that somebody signed in. Use, if
// given, takes up what proves the person, in the same transaction.
func (m *Manager) begin(ctx context.Context, id people.ID, by incident.Factor, from From, use func(*account) (incident.Factor, error)) (token string, err error) {
	if token, err = newToken(); err != nil {
		return "", err
	}
	now, digest := m.now().UTC(), m.digest(token)
	err = m.change(ctx, incident.ByPerson(id), id, func(tx incident.Tx, a *account) ([]incident.AccountEvent, error) {
		if use != nil {
			if by, err = use(a); err != nil {
				return nil, err
			}
		}
		if a.Sessions, err = m.prune(tx, a.Sessions, now); err != nil {
			return nil, err
		}
		a.Sessions = append(a.Sessions, digest)
		a.LastIn, a.LastBy = now, by
		event := incident.AccountEvent{Event: incident.AccountSignedIn, Factor: by, Failures: m.wrongSoFar(id)}
		return []incident.AccountEvent{event}, writeJSON(tx, sessionName(digest), stored{Person: id, Began: now, Seen: now, By: by, Browser: from.Browser})
	})
	if err != nil {
		return "", err
	}
	m.forgive(id)
	return token, nil
}

// prune forgets sessions that have ended, and the oldest ones over the limit.
func (m *Manager) prune(tx incident.Tx, digests []string, now time.Time) (kept []string, err error) {
	for i, digest := range digests {
		var s stored
		found, err := readJSON(tx, sessionName(digest), &s)
		if err != nil {
			return nil, err
		}
		if found && !s.over(now, m.lastSeen(digest, s.Seen)) && len(digests)-i < mostAtOnce {
			kept = append(kept, digest)
			continue
		}
		if err := tx.SetCredential(sessionName(digest), nil); err != nil {
			return nil, err
		}
		m.forget(digest)
	}
	return kept, nil
}

// Visit is a session in use.
type Visit struct {
	Person people.Person
	By     incident.Factor
	Fresh  bool // the person proved to be there a short while ago
	Strong bool // by more than a password, or the account has more
	Demand incident.Demand
}

// Lacks reports whether the person must set up a second step first.
func (v Visit) Lacks() bool { return v.Demand == incident.DemandRequired && !v.Strong }

// Visit returns who a session belongs to and how, or ErrNone. It writes
// nothing.
func (m *Manager) Visit(ctx context.Context, token string) (out Visit, err error) {
	if token == "" {
		return out, ErrNone
	}
	digest, now := m.digest(token), m.now().UTC()
	err = m.record.View(ctx, func(v incident.View) error {
		var s stored
		found, err := readJSON(v, sessionName(digest), &s)
		if err != nil {
			return err
		}
		person, ok := v.Org().People.Find(s.Person)
		if !found || !ok || person.Inactive || s.over(now, m.lastSeen(digest, s.Seen)) {
			return ErrNone
		}
		out = Visit{Person: person, By: s.By, Fresh: now.Sub(s.proved()) < freshLasts, Demand: v.Org().SignInRules().Demand(person)}
		if out.Demand == incident.DemandOff {
			return nil
		}
		a, err := readAccount(v, person.ID)
		out.Strong = a.strong() || s.By == incident.FactorSSO
		return err
	})
	if err == nil {
		m.touch(digest, now)
	}
	return out, err
}

// Who returns the person of a session, or ErrNone. It writes nothing.
func (m *Manager) Who(ctx context.Context, token string) (people.Person, error) {
	v, err := m.Visit(ctx, token)
	return v.Person, err
}

// Keep writes down that a session is in use. Pages call it with a request that
// changes something.
func (m *Manager) Keep(ctx context.Context, token string) error {
	digest := m.digest(token)
	return m.edit(ctx, digest, func(s *stored) error {
		s.Seen = m.lastSeen(digest, s.Seen)
		return nil
	})
}

// edit changes a session that is there.
func (m *Manager) edit(ctx context.Context, digest string, fn func(*stored) error) error {
	return m.record.Update(ctx, func(tx incident.Tx) error {
		var s stored
		found, err := readJSON(tx, sessionName(digest), &s)
		if err != nil || !found {
			return err
		}
		if err := fn(&s); err != nil {
			return err
		}
		return writeJSON(tx, sessionName(digest), s)
	})
}

// Confirm lets a person prove with the password to be there still. It returns
// ErrSignIn, ErrBusy or ErrNone.
func (m *Manager) Confirm(ctx context.Context, token, password string, from From) error {
	v, err := m.Visit(ctx, token)
	if err != nil {
		return err
	}
	if _, _, err := m.prove(ctx, v.Person.Email, password, from); err != nil {
		return err
	}
	return m.proved(ctx, token)
}

// proved notes that the person of a session has just proved to be there.
func (m *Manager) proved(ctx context.Context, token string) error {
	return m.edit(ctx, m.digest(token), func(s *stored) error { s.Proved = m.now().UTC(); return nil })
}

// SignOut ends a session.
func (m *Manager) SignOut(ctx context.Context, token string) error {
	digest := m.digest(token)
	defer m.forget(digest)
	return m.record.Update(ctx, func(tx incident.Tx) error {
		var s stored
		found, err := readJSON(tx, sessionName(digest), &s)
		if err != nil || !found {
			return err
		}
		return m.end(tx, s.Person, digest)
	})
}

func (m *Manager) end(tx incident.Tx, id people.ID, digest string) error {
	a, err := readAccount(tx, id)
	if err != nil {
		return err
	}
	a.Sessions = slices.DeleteFunc(a.Sessions, func(d string) bool { return d == digest })
	if err := writeJSON(tx, accountName(id), a); err != nil {
		return err
	}
	return tx.SetCredential(sessionName(digest), nil)
}

// SignOutEverywhere ends every session of a person.
func (m *Manager) SignOutEverywhere(ctx context.Context, by incident.Actor, id people.ID) error {
	return m.change(ctx, by, id, func(tx incident.Tx, a *account) ([]incident.AccountEvent, error) {
		return events(incident.AccountSessionsEnded, ""), m.endAll(tx, a, "")
	})
}

// EndOthers ends every session of a person but the one of the token. Whoever got
// in with the password alone must not stay in once a second step is asked for.
func (m *Manager) EndOthers(ctx context.Context, id people.ID, token string) error {
	return m.change(ctx, incident.ByPerson(id), id, func(tx incident.Tx, a *account) ([]incident.AccountEvent, error) {
		if len(a.Sessions) < 2 {
			return nil, nil
		}
		return events(incident.AccountSessionsEnded, ""), m.endAll(tx, a, m.digest(token))
	})
}

// Session is one session as its owner sees it.
type Session struct {
	Handle  string // names it in a form; no secret
	Began   time.Time
	Seen    time.Time
	Browser string
	By      incident.Factor
	Here    bool // the one that asks
}

// handleOf is the part of a digest that names a session in a form.
func handleOf(digest string) string { return digest[:min(16, len(digest))] }

// Sessions returns the sessions of a person that have not ended, newest first.
// Token is that of the one who asks; it may be empty.
func (m *Manager) Sessions(ctx context.Context, id people.ID, token string) (list []Session, err error) {
	here, now := m.digest(token), m.now().UTC()
	err = m.record.View(ctx, func(v incident.View) error {
		list = nil
		a, err := readAccount(v, id)
		if err != nil {
			return err
		}
		for _, digest := range slices.Backward(a.Sessions) {
			var s stored
			found, err := readJSON(v, sessionName(digest), &s)
			if err != nil {
				return err
			}
			seen := m.lastSeen(digest, s.Seen)
			if found && !s.over(now, seen) {
				list = append(list, Session{Handle: handleOf(digest), Began: s.Began, Seen: seen, Browser: s.Browser, By: s.By, Here: digest == here})
			}
		}
		return nil
	})
	return list, err
}

// EndSession ends one session of a person; it is recorded when somebody else does.
// It returns incident.ErrNotFound.
func (m *Manager) EndSession(ctx context.Context, by incident.Actor, id people.ID, handle string) error {
	return m.record.Update(ctx, func(tx incident.Tx) error {
		a, err := readAccount(tx, id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(a.Sessions, func(d string) bool { return handleOf(d) == handle })
		if i < 0 {
			return fmt.Errorf("session: %w", incident.ErrNotFound)
		}
		if err := m.end(tx, id, a.Sessions[i]); err != nil || by == incident.ByPerson(id) {
			return err
		}
		return m.note(tx, by, incident.AccountEvent{Event: incident.AccountSessionEnded, Person: id})
	})
}

// mostSeen bounds the memory of last requests; beyond it the ones that are over
// are forgotten.
const mostSeen = 4096

func (m *Manager) touch(digest string, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.seen) >= mostSeen {
		for d, at := range m.seen {
			if now.Sub(at) >= idleLasts {
				delete(m.seen, d)
			}
		}
	}
	m.seen[digest] = now
}

func (m *Manager) lastSeen(digest string, kept time.Time) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	if at, ok := m.seen[digest]; ok && at.After(kept) {
		return at
	}
	return kept
}

func (m *Manager) forget(digest string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.seen, digest)
}
