package session

import (
	"context"
	"fmt"
	"slices"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// account is what is kept of a person who can sign in.
type account struct {
	Password string    `json:"password,omitempty"` // argon2id in PHC form
	Changed  time.Time `json:"changed,omitzero"`
	Sessions []string  `json:"sessions,omitempty"` // digests, oldest first
	Links    []string  `json:"links,omitempty"`    // digests of one-time links, so that they can be found and removed

	App      *appKey   `json:"app,omitempty"`
	Draft    *appKey   `json:"draft,omitempty"`    // an app that has not shown a right code yet
	Recovery []string  `json:"recovery,omitempty"` // digests of the unused codes
	Passkeys []passkey `json:"passkeys,omitempty"`
	SSO      string    `json:"sso,omitempty"` // digest of issuer and subject

	LastIn time.Time       `json:"last_in,omitzero"`
	LastBy incident.Factor `json:"last_by,omitempty"`
}

func accountName(id people.ID) string { return "account/" + string(id) }

// canSignIn reports whether there is any way in.
func (a account) canSignIn() bool {
	return a.Password != "" || len(a.Passkeys) > 0 || a.SSO != ""
}

// strong reports whether there is more than a password.
func (a account) strong() bool { return a.App != nil || len(a.Passkeys) > 0 }

func readAccount(v incident.View, id people.ID) (a account, err error) {
	_, err = readJSON(v, accountName(id), &a)
	return a, err
}

// Account says how a person signs in, without any secret.
type Account struct {
	CanSignIn   bool
	HasPassword bool
	Changed     time.Time // the password
	App         time.Time // since when codes of an app are asked; zero: they are not
	Recovery    int       // recovery codes left
	Passkeys    []Passkey
	SSO         bool // signed in by single sign-on at least once
	LastIn      time.Time
	LastBy      incident.Factor
	Demand      incident.Demand // what is asked of the person's roles
}

// Strong reports whether the account has more than a password of its own.
func (a Account) Strong() bool { return !a.App.IsZero() || len(a.Passkeys) > 0 }

// Passkey is one device or password manager that signs a person in.
type Passkey struct {
	Handle string // names it in a form; no secret
	Name   string
	Added  time.Time
	Used   time.Time // zero: never
}

func (a account) public(p people.Person, rules incident.SignInRules) Account {
	out := Account{
		CanSignIn: a.canSignIn(), HasPassword: a.Password != "", Changed: a.Changed, Recovery: len(a.Recovery), SSO: a.SSO != "",
		LastIn: a.LastIn, LastBy: a.LastBy, Demand: rules.Demand(p),
	}
	if a.App != nil {
		out.App = a.App.Added
	}
	for _, k := range a.Passkeys {
		out.Passkeys = append(out.Passkeys, Passkey{Handle: k.handle(), Name: k.Name, Added: k.Added, Used: k.Used})
	}
	return out
}

// Accounts returns how every person signs in.
func (m *Manager) Accounts(ctx context.Context) (all map[people.ID]Account, err error) {
	err = m.record.View(ctx, func(v incident.View) error {
		all = map[people.ID]Account{}
		rules := v.Org().SignInRules()
		for _, p := range v.Org().People {
			a, err := readAccount(v, p.ID)
			if err != nil {
				return err
			}
			all[p.ID] = a.public(p, rules)
		}
		return nil
	})
	return all, err
}

// Account returns how one person signs in, or incident.ErrNotFound.
func (m *Manager) Account(ctx context.Context, id people.ID) (out Account, err error) {
	err = m.record.View(ctx, func(v incident.View) error {
		p, ok := v.Org().People.Find(id)
		if !ok {
			return fmt.Errorf("person: %w", incident.ErrNotFound)
		}
		a, err := readAccount(v, id)
		out = a.public(p, v.Org().SignInRules())
		return err
	})
	return out, err
}

// HasAny reports whether any active person can sign in.
func (m *Manager) HasAny(ctx context.Context) (any bool, err error) {
	err = m.record.View(ctx, func(v incident.View) error {
		any, err = hasAny(v)
		return err
	})
	return any, err
}

func hasAny(v incident.View) (bool, error) {
	for _, p := range v.Org().People {
		a, err := readAccount(v, p.ID)
		if err != nil {
			return false, err
		}
		if !p.Inactive && a.canSignIn() {
			return true, nil
		}
	}
	return false, nil
}

// CanSignIn reports for every person whether there is a way in.
func (m *Manager) CanSignIn(ctx context.Context) (map[people.ID]bool, error) {
	all, err := m.Accounts(ctx)
	can := map[people.ID]bool{}
	for id, a := range all {
		can[id] = a.CanSignIn
	}
	return can, err
}

// change reads a person's account, lets fn change it, and writes it with the
// events that fn returns. It returns incident.ErrNotFound for somebody who is
// not there.
func (m *Manager) change(ctx context.Context, by incident.Actor, id people.ID, fn func(tx incident.Tx, a *account) ([]incident.AccountEvent, error)) error {
	return m.record.Update(ctx, func(tx incident.Tx) error {
		if _, ok := tx.Org().People.Find(id); !ok {
			return fmt.Errorf("person: %w", incident.ErrNotFound)
		}
		a, err := readAccount(tx, id)
		if err != nil {
			return err
		}
		events, err := fn(tx, &a)
		if err != nil {
			return err
		}
		if err := writeJSON(tx, accountName(id), a); err != nil {
			return err
		}
		for _, e := range events {
			e.Person = id
			if err := m.note(tx, by, e); err != nil {
				return err
			}
		}
		return nil
	})
}

// note writes what happened into the organisation's log.
func (m *Manager) note(tx incident.Tx, by incident.Actor, e incident.AccountEvent) error {
	_, err := tx.Append(incident.OrgStream(), incident.Act{By: by, Now: m.now().UTC()}, &e)
	return err
}

func events(kind incident.AccountEventKind, f incident.Factor) []incident.AccountEvent {
	return []incident.AccountEvent{{Event: kind, Factor: f}}
}

// endAll forgets every session of an account, except the one with the digest.
func (m *Manager) endAll(tx incident.Tx, a *account, except string) error {
	var kept []string
	for _, digest := range a.Sessions {
		if digest == except {
			kept = append(kept, digest)
			continue
		}
		if err := tx.SetCredential(sessionName(digest), nil); err != nil {
			return err
		}
	}
	a.Sessions = kept
	return nil
}

// DisableFactors takes an app, its recovery codes and all passkeys away from an
// account and ends its sessions: for somebody who lost them. The password stays.
func (m *Manager) DisableFactors(ctx context.Context, by incident.Actor, id people.ID) error {
	return m.change(ctx, by, id, func(tx incident.Tx, a *account) ([]incident.AccountEvent, error) {
		a.App, a.Draft, a.Recovery, a.Passkeys = nil, nil, nil, nil
		return events(incident.AccountReset, ""), m.endAll(tx, a, "")
	})
}

// RemoveFactor takes one way of signing in away: the app (with the recovery
// codes), or the passkey with the handle. It refuses to take the last way in.
func (m *Manager) RemoveFactor(ctx context.Context, by incident.Actor, id people.ID, f incident.Factor, handle string) error {
	return m.change(ctx, by, id, func(_ incident.Tx, a *account) ([]incident.AccountEvent, error) {
		switch {
		case f == incident.FactorApp && a.App != nil:
			a.App, a.Draft = nil, nil
		case f == incident.FactorPasskey && slices.ContainsFunc(a.Passkeys, func(k passkey) bool { return k.handle() == handle }):
			a.Passkeys = slices.DeleteFunc(a.Passkeys, func(k passkey) bool { return k.handle() == handle })
		case f == incident.FactorPassword && a.Password != "":
			a.Password = ""
		default:
			return nil, fmt.Errorf("factor: %w", incident.ErrNotFound)
		}
		if !a.canSignIn() || (f == incident.FactorPassword && len(a.Passkeys) == 0) {
			return nil, &incident.Refusal{Code: "last-way-in"}
		}
		if !a.strong() {
			a.Recovery = nil
		}
		return events(incident.AccountFactorRemoved, f), nil
	})
}
