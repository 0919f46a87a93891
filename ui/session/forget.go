package session

import (
	"context"
	"slices"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// How much tidying does in one transaction, so that others get a turn.
const (
	tidyPeople = 50
	tidyOnce   = 30 // keys of requests, three rows each
)

// Forget removes every row that is kept about how a person signs in: password,
// app, recovery codes, passkeys, sessions and one-time links. The caller's
// transaction is the one that says the person is forgotten.
func (m *Manager) Forget(tx incident.Tx, id people.ID) error {
	a, err := readAccount(tx, id)
	if err != nil {
		return err
	}
	if err := m.endAll(tx, &a, ""); err != nil {
		return err
	}
	for _, digest := range a.Links {
		if err := tx.SetCredential(linkName(digest), nil); err != nil {
			return err
		}
	}
	m.forgive(id)
	return tx.SetCredential(accountName(id), nil)
}

// Tidy removes what is over by itself: sessions that have ended, links that were
// not used in time, both of people who left, accounts of people who were
// forgotten, and answers to other tools that are older than a day. It writes
// only where there is something to remove.
func (m *Manager) Tidy(ctx context.Context) error {
	var all []people.ID
	err := m.record.View(ctx, func(v incident.View) error {
		all = nil
		for _, p := range v.Org().People {
			all = append(all, p.ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	now := m.now().UTC()
	for some := range slices.Chunk(all, tidyPeople) {
		if err := m.tidyAccounts(ctx, some, now); err != nil {
			return err
		}
	}
	for more := true; more && err == nil; {
		more, err = m.tidyOnce(ctx, now)
	}
	return err
}

// tidyAccounts removes what is over of some people's accounts.
func (m *Manager) tidyAccounts(ctx context.Context, some []people.ID, now time.Time) error {
	var stale []people.ID
	err := m.record.View(ctx, func(v incident.View) error {
		stale = nil
		for _, id := range some {
			over, err := m.stale(v, id, now)
			if err != nil {
				return err
			}
			if over {
				stale = append(stale, id)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range stale { // an account may hold many rows, so each goes by itself
		if err := m.record.Update(ctx, func(tx incident.Tx) error { return m.tidyAccount(tx, id, now) }); err != nil {
			return err
		}
	}
	return nil
}

// gone reports whether a person was forgotten, or left.
func gone(org *incident.Org, id people.ID) (forgotten, left bool) {
	p, ok := org.People.Find(id)
	_, forgotten = org.Forgotten[id]
	return forgotten || !ok, p.Inactive
}

// stale reports whether something of an account is over.
func (m *Manager) stale(v incident.View, id people.ID, now time.Time) (bool, error) {
	a, err := readAccount(v, id)
	if err != nil {
		return false, err
	}
	forgotten, left := gone(v.Org(), id)
	if forgotten {
		_, kept := v.Credential(accountName(id))
		return kept, nil
	}
	if left {
		return len(a.Sessions)+len(a.Links) > 0, nil
	}
	for _, digest := range a.Sessions {
		var s stored
		found, err := readJSON(v, sessionName(digest), &s)
		if err != nil || !found || s.over(now, m.lastSeen(digest, s.Seen)) {
			return true, err
		}
	}
	for _, digest := range a.Links {
		open, err := linkOpen(v, digest, now)
		if err != nil || !open {
			return true, err
		}
	}
	return false, nil
}

// tidyAccount removes what is over of one account.
func (m *Manager) tidyAccount(tx incident.Tx, id people.ID, now time.Time) error {
	forgotten, left := gone(tx.Org(), id)
	if forgotten {
		return m.Forget(tx, id)
	}
	a, err := readAccount(tx, id)
	if err != nil {
		return err
	}
	if left {
		now = now.Add(sessionEnds) // everything has ended
	}
	if a.Sessions, err = m.prune(tx, a.Sessions, now); err != nil {
		return err
	}
	if a.Links, err = pruneLinks(tx, a.Links, now); err != nil {
		return err
	}
	return writeJSON(tx, accountName(id), a)
}

// tidyOnce forgets some answers whose day is over; more says that there may be
// others.
func (m *Manager) tidyOnce(ctx context.Context, now time.Time) (more bool, err error) {
	due := false
	err = m.record.View(ctx, func(v incident.View) error {
		var q onceQueue
		if _, err := readJSON(v, onceQueueName, &q); err != nil {
			return err
		}
		due, err = onceOver(v, q, now)
		return err
	})
	if err != nil || !due {
		return false, err
	}
	err = m.record.Update(ctx, func(tx incident.Tx) error {
		var q onceQueue
		if _, err := readJSON(tx, onceQueueName, &q); err != nil {
			return err
		}
		if more, err = forgetSomeOnce(tx, &q, now, tidyOnce); err != nil {
			return err
		}
		return writeJSON(tx, onceQueueName, q)
	})
	return more, err
}
