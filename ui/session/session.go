package session

import (
	"context"
	"slices"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// stored is one session as it is kept.
type stored struct {
	Person people.ID `json:"person"`
	Began  time.Time `json:"began"`
	Seen   time.Time `json:"seen"`
}

func (s stored) over(now, seen time.Time) bool {
	return now.Sub(s.Began) >= sessionEnds || now.Sub(seen) >= idleLasts
}

func sessionName(digest string) string { return "session/" + digest }

// SignIn checks a password and begins a session. It returns the token for the
// cookie, ErrSignIn, or ErrBusy. Address is where the attempt comes from; many
// failures from there, or for that account, make the next answer slower.
func (m *Manager) SignIn(ctx context.Context, email, password, address string) (token string, p people.Person, err error) {
	leave, err := m.brake.enter(ctx, email, address)
	if err != nil {
		return "", p, err
	}
	r := undecided
	defer func() { leave(r) }()
	p, hash, err := m.passwordOf(ctx, email)
	if err != nil {
		return "", p, err
	}
	ok, err := m.hasher.matches(ctx, password, hash)
	switch {
	case err != nil:
		return "", p, err
	case !ok:
		r = wrong
		return "", people.Person{}, ErrSignIn
	}
	r = passed
	token, err = m.Begin(ctx, p.ID)
	return token, p, err
}

func (m *Manager) passwordOf(ctx context.Context, email string) (p people.Person, hash string, err error) {
	err = m.record.View(ctx, func(v incident.View) error {
		found, ok := v.Org().People.FindEmail(email)
		if !ok {
			return nil
		}
		var a account
		p = found
		_, err := readJSON(v, accountName(p.ID), &a)
		hash = a.Password
		return err
	})
	return p, hash, err
}

// Begin begins a session of a person who has proved to be that person.
func (m *Manager) Begin(ctx context.Context, id people.ID) (token string, err error) {
	if token, err = newToken(); err != nil {
		return "", err
	}
	now, digest := m.now().UTC(), m.digest(token)
	return token, m.record.Update(ctx, func(tx incident.Tx) error {
		var a account
		if _, err := readJSON(tx, accountName(id), &a); err != nil {
			return err
		}
		if a.Sessions, err = m.prune(tx, a.Sessions, now); err != nil {
			return err
		}
		a.Sessions = append(a.Sessions, digest)
		if err := writeJSON(tx, accountName(id), a); err != nil {
			return err
		}
		return writeJSON(tx, sessionName(digest), stored{Person: id, Began: now, Seen: now})
	})
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

// Who returns the person of a session, or ErrNone. It writes nothing.
func (m *Manager) Who(ctx context.Context, token string) (p people.Person, err error) {
	if token == "" {
		return p, ErrNone
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
		p = person
		return nil
	})
	if err == nil {
		m.touch(digest, now)
	}
	return p, err
}

// Keep writes down that a session is in use. Pages call it with a request that
// changes something.
func (m *Manager) Keep(ctx context.Context, token string) error {
	digest := m.digest(token)
	return m.record.Update(ctx, func(tx incident.Tx) error {
		var s stored
		found, err := readJSON(tx, sessionName(digest), &s)
		if err != nil || !found {
			return err
		}
		s.Seen = m.lastSeen(digest, s.Seen)
		return writeJSON(tx, sessionName(digest), s)
	})
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
		var a account
		if _, err := readJSON(tx, accountName(s.Person), &a); err != nil {
			return err
		}
		a.Sessions = slices.DeleteFunc(a.Sessions, func(d string) bool { return d == digest })
		if err := writeJSON(tx, accountName(s.Person), a); err != nil {
			return err
		}
		return tx.SetCredential(sessionName(digest), nil)
	})
}

// SignOutEverywhere ends every session of a person.
func (m *Manager) SignOutEverywhere(ctx context.Context, id people.ID) error {
	return m.record.Update(ctx, func(tx incident.Tx) error {
		var a account
		found, err := readJSON(tx, accountName(id), &a)
		if err != nil || !found {
			return err
		}
		for _, digest := range a.Sessions {
			if err := tx.SetCredential(sessionName(digest), nil); err != nil {
				return err
			}
		}
		a.Sessions = nil
		return writeJSON(tx, accountName(id), a)
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
