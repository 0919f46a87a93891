package session

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"meldklok/incident"
	"meldklok/incident/people"
)

// SSO reports whether people can sign in at a provider, and what it is called.
func (m *Manager) SSO() (name string, ok bool) {
	if m.sso == nil {
		return "", false
	}
	return m.sso.cfg.Name, true
}

// BeginSSO returns the address at the provider to which the browser goes, and
// the state that its answer must carry. Carry comes back at the end. Again asks
// somebody who is signed in to prove to be there still.
func (m *Manager) BeginSSO(ctx context.Context, carry any, again bool) (to, state string, err error) {
	if m.sso == nil {
		return "", "", ErrProvider
	}
	f := Flow{Carry: carry, Again: again}
	if to, err = m.sso.begin(ctx, &f); err != nil {
		return "", "", err
	}
	m.flows.put(m.digest(f.State), f)
	return to, f.State, nil
}

// FinishSSO takes the provider's answer. For a sign-in it begins a session; for
// a proof that somebody is still there, token is their session. Person makes or
// changes somebody as the provider says. It returns ErrAgain, ErrProvider or
// ErrStranger.
func (m *Manager) FinishSSO(ctx context.Context, state, code, token string, from From, person func(people.Person) (people.ID, error)) (in Entered, carry any, err error) {
	f, ok := m.flows.take(m.digest(state))
	if !ok || m.sso == nil {
		return in, nil, ErrAgain
	}
	who, err := m.sso.finish(ctx, f, code)
	if err != nil {
		return in, f.Carry, err
	}
	if f.Again {
		return in, f.Carry, m.stillThere(ctx, token, who)
	}
	id, err := m.belongs(ctx, who, person)
	if err != nil {
		return in, f.Carry, err
	}
	if in.Person, err = m.active(ctx, id); err != nil {
		return in, f.Carry, errors.Join(ErrStranger, err)
	}
	in.Token, err = m.begin(ctx, id, incident.FactorSSO, from, nil)
	return in, f.Carry, err
}

func (m *Manager) stillThere(ctx context.Context, token string, who Identity) error {
	v, err := m.Visit(ctx, token)
	if err != nil {
		return err
	}
	_, a, err := m.accountOf(ctx, v.Person.Email)
	if err != nil {
		return err
	}
	if a.SSO != m.subject(who) {
		return ErrStranger
	}
	return m.proved(ctx, token)
}

// subject names an identity in an account: issuer and subject together are
// unique and never given to somebody else (OpenID Connect Core section 5.7); a
// mail address is neither.
func (m *Manager) subject(who Identity) string {
	return hex.EncodeToString(m.record.MAC("sso-subject", []byte(who.Issuer), []byte(who.Subject)))
}

// belongs finds the person of an identity: the one it was linked to, or else the
// one with the address that the provider vouches for, who is linked from then
// on, or else a new person with the roles that the provider gives. Where the
// provider gives roles, they count at every sign-in.
func (m *Manager) belongs(ctx context.Context, who Identity, person func(people.Person) (people.ID, error)) (people.ID, error) {
	p, linked, err := m.linkedTo(ctx, who)
	if err != nil {
		return "", err
	}
	mapped := m.sso.cfg.RoleClaim != ""
	switch {
	case p.ID == "" && (who.Email == "" || len(who.Roles) == 0), mapped && p.FromSSO && len(who.Roles) == 0:
		return "", ErrStranger
	case p.ID == "":
		p = people.Person{Name: who.Name, Email: who.Email, Roles: who.Roles, FromSSO: true}
		if p.ID, err = person(p); err != nil {
			return "", err
		}
	case mapped && p.FromSSO && !slices.Equal(p.Roles, who.Roles):
		p.Roles = who.Roles
		if _, err := person(p); err != nil {
			return "", err
		}
	}
	if linked {
		return p.ID, nil
	}
	return p.ID, m.change(ctx, incident.ByPerson(p.ID), p.ID, func(_ incident.Tx, a *account) ([]incident.AccountEvent, error) {
		if a.SSO != "" {
			return nil, ErrStranger // the address belongs to somebody else at the provider now
		}
		a.SSO = m.subject(who)
		return events(incident.AccountLinked, incident.FactorSSO), nil
	})
}

// linkedTo returns the person of an identity; linked is false when only the
// address says so, and the ID is empty for nobody.
func (m *Manager) linkedTo(ctx context.Context, who Identity) (p people.Person, linked bool, err error) {
	subject := m.subject(who)
	err = m.record.View(ctx, func(v incident.View) error {
		for _, q := range v.Org().People {
			a, err := readAccount(v, q.ID)
			if err != nil {
				return err
			}
			gone := q.Inactive && (a.SSO == subject || (who.Email != "" && strings.EqualFold(q.Email, who.Email)))
			switch {
			case gone:
				return ErrStranger // who left does not come back by the provider's word
			case a.SSO == subject:
				p, linked = q, true
				return nil
			}
		}
		if who.Email != "" {
			p, _ = v.Org().People.FindEmail(who.Email)
		}
		return nil
	})
	return p, linked, err
}
