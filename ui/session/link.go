package session

import (
	"context"
	"fmt"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// Link is what a one-time link is for.
type Link struct {
	Person people.ID `json:"person,omitempty"` // empty: for the first officer, who does not exist yet
	Until  time.Time `json:"until,omitzero"`   // zero: until the first officer exists
}

// First reports whether the link is for the first officer.
func (l Link) First() bool { return l.Person == "" }

const firstLink = "first-link"

func linkName(digest string) string { return "link/" + digest }

// FirstLink makes the link by which the first officer comes in and returns its
// token. An earlier one is void from then on. It returns ErrNotNeeded when
// somebody can sign in already.
func (m *Manager) FirstLink(ctx context.Context) (string, error) {
	token, err := newToken()
	if err != nil {
		return "", err
	}
	err = m.record.Update(ctx, func(tx incident.Tx) error {
		if any, err := hasAny(tx); err != nil || any {
			return either(err, ErrNotNeeded)
		}
		return writeJSON(tx, firstLink, m.digest(token))
	})
	return token, err
}

// either returns err, or the fallback when there is none.
func either(err, fallback error) error {
	if err != nil {
		return err
	}
	return fallback
}

// Invite makes a link by which a person sets a password: a new one, or instead
// of a forgotten one. It is valid once, for 24 hours. It returns
// incident.ErrNotFound for somebody who is not there.
func (m *Manager) Invite(ctx context.Context, by incident.Actor, person people.ID) (token string, err error) {
	if token, err = newToken(); err != nil {
		return "", err
	}
	now, digest := m.now().UTC(), m.digest(token)
	err = m.record.Update(ctx, func(tx incident.Tx) error {
		if p, ok := tx.Org().People.Find(person); !ok || p.Inactive {
			return fmt.Errorf("person: %w", incident.ErrNotFound)
		}
		a, err := readAccount(tx, person)
		if err != nil {
			return err
		}
		if a.Links, err = pruneLinks(tx, a.Links, now); err != nil {
			return err
		}
		a.Links = append(a.Links, digest)
		if err := writeJSON(tx, linkName(digest), Link{Person: person, Until: now.Add(linkLasts)}); err != nil {
			return err
		}
		if err := writeJSON(tx, accountName(person), a); err != nil {
			return err
		}
		return m.note(tx, by, incident.AccountEvent{Event: incident.AccountInvited, Person: person})
	})
	return token, err
}

// linkOpen reports whether a link can still be used.
func linkOpen(v incident.View, digest string, now time.Time) (bool, error) {
	var l Link
	found, err := readJSON(v, linkName(digest), &l)
	return found && now.Before(l.Until), err
}

// pruneLinks removes links that were used or are too old, and returns the others.
func pruneLinks(tx incident.Tx, digests []string, now time.Time) (kept []string, err error) {
	for _, digest := range digests {
		open, err := linkOpen(tx, digest, now)
		if err != nil {
			return nil, err
		}
		if open {
			kept = append(kept, digest)
			continue
		}
		if err := tx.SetCredential(linkName(digest), nil); err != nil {
			return nil, err
		}
	}
	return kept, nil
}

// Look says what a link is for, without using it up. It returns ErrLink.
func (m *Manager) Look(ctx context.Context, token string) (l Link, err error) {
	err = m.record.View(ctx, func(v incident.View) error {
		l, err = m.look(v, token)
		return err
	})
	return l, err
}

func (m *Manager) look(v incident.View, token string) (l Link, err error) {
	digest := m.digest(token)
	var first string
	if _, err := readJSON(v, firstLink, &first); err != nil {
		return l, err
	}
	if first == digest {
		if any, err := hasAny(v); err != nil || any {
			return l, either(err, ErrLink)
		}
		return Link{}, nil
	}
	found, err := readJSON(v, linkName(digest), &l)
	if err != nil {
		return l, err
	}
	p, ok := v.Org().People.Find(l.Person)
	if !found || !ok || p.Inactive || !m.now().Before(l.Until) {
		return Link{}, ErrLink
	}
	return l, nil
}

// Take uses a link up: it sets the password and ends every other session of the
// person. For the first officer, create makes the person; it is called once,
// while no other link can be taken. It returns ErrLink, or an
// *incident.Refusal about the password, which leaves the link valid.
func (m *Manager) Take(ctx context.Context, token, password string, create func() (people.ID, error)) (people.ID, error) {
	m.links.Lock()
	defer m.links.Unlock()
	l, err := m.Look(ctx, token)
	if err != nil {
		return "", err
	}
	if err := m.checkFor(ctx, l.Person, password); err != nil {
		return "", err
	}
	if l.First() {
		if l.Person, err = create(); err != nil {
			return "", err
		}
	}
	hash, err := m.hasher.hash(ctx, password)
	if err != nil {
		return "", err
	}
	return l.Person, m.record.Update(ctx, func(tx incident.Tx) error {
		if _, err := m.look(tx, token); err != nil {
			return err
		}
		for _, name := range []string{firstLink, linkName(m.digest(token))} {
			if err := tx.SetCredential(name, nil); err != nil {
				return err
			}
		}
		return m.setPassword(tx, incident.ByPerson(l.Person), l.Person, hash)
	})
}
