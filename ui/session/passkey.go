package session

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"meldklok/incident"
	"meldklok/incident/people"
)

// passkey is a public key of a device or password manager (WebAuthn level 3).
type passkey struct {
	Name       string              `json:"name"`
	Added      time.Time           `json:"added"`
	Used       time.Time           `json:"used,omitzero"`
	Credential webauthn.Credential `json:"credential"`
}

func (k passkey) handle() string {
	return base64.RawURLEncoding.EncodeToString(k.Credential.ID[:min(12, len(k.Credential.ID))])
}

// challenge is a question to a passkey that waits for its answer.
type challenge struct {
	data   webauthn.SessionData
	person people.ID // for whom a passkey is being added; empty: anybody signs in
}

// Bounds of an account's passkeys.
const (
	mostPasskeys = 10
	longestName  = 60 // characters
)

// Site lets people use passkeys at an address: those made there work nowhere
// else, which is what protects them against imitations. An address without a
// name (a number) can have none.
func Site(address string) Option {
	return func(m *Manager) {
		u, err := url.Parse(address)
		if err != nil || u.Hostname() == "" {
			return
		}
		if _, err := netip.ParseAddr(u.Hostname()); err == nil {
			return
		}
		m.passkeys, err = webauthn.New(&webauthn.Config{
			RPID: u.Hostname(), RPDisplayName: "Meldklok", RPOrigins: []string{u.Scheme + "://" + u.Host},
			AttestationPreference: protocol.PreferNoAttestation,
			AuthenticatorSelection: protocol.AuthenticatorSelection{
				ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
			},
		})
		if err != nil {
			m.passkeys = nil
		}
	}
}

// Passkeys reports whether people can have passkeys at this address.
func (m *Manager) Passkeys() bool { return m.passkeys != nil }

// keyholder is a person as the WebAuthn library sees one.
type keyholder struct {
	people.Person
	handle []byte
	keys   []passkey
}

func (k keyholder) WebAuthnID() []byte          { return k.handle }
func (k keyholder) WebAuthnName() string        { return k.Email }
func (k keyholder) WebAuthnDisplayName() string { return k.Name }
func (k keyholder) WebAuthnCredentials() (all []webauthn.Credential) {
	for _, key := range k.keys {
		all = append(all, key.Credential)
	}
	return all
}

// userHandle names a person to a passkey. It says nothing about the person
// (WebAuthn section 14.6.1).
func (m *Manager) userHandle(id people.ID) []byte { return m.record.MAC("passkey-user", []byte(id)) }

func (m *Manager) keyholder(v incident.View, p people.Person) (keyholder, error) {
	a, err := readAccount(v, p.ID)
	return keyholder{p, m.userHandle(p.ID), a.Passkeys}, err
}

// AskNewPasskey returns the options with which a browser makes a passkey for a
// person, as JSON.
func (m *Manager) AskNewPasskey(ctx context.Context, id people.ID) ([]byte, error) {
	if m.passkeys == nil {
		return nil, ErrPasskey
	}
	var holder keyholder
	err := m.record.View(ctx, func(v incident.View) error {
		p, ok := v.Org().People.Find(id)
		if !ok {
			return fmt.Errorf("person: %w", incident.ErrNotFound)
		}
		var err error
		holder, err = m.keyholder(v, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	options, data, err := m.passkeys.BeginRegistration(holder, webauthn.WithExclusions(webauthn.Credentials(holder.WebAuthnCredentials()).CredentialDescriptors()))
	if err != nil {
		return nil, fmt.Errorf("session: passkey: %w", err)
	}
	return m.askPasskey(options, data, id)
}

// askPasskey keeps a challenge until it is answered. Its time runs on our clock.
func (m *Manager) askPasskey(options any, data *webauthn.SessionData, id people.ID) ([]byte, error) {
	data.Expires = time.Time{}
	m.challenges.put(data.Challenge, challenge{*data, id})
	raw, err := json.Marshal(options)
	if err != nil {
		return nil, fmt.Errorf("session: passkey: %w", err)
	}
	return raw, nil
}

// AddPasskey takes a passkey into use that a browser made, and returns recovery
// codes when the account had none. It returns ErrPasskey, or an
// *incident.Refusal.
func (m *Manager) AddPasskey(ctx context.Context, id people.ID, name string, answer []byte) (recovery []string, err error) {
	if name = strings.TrimSpace(name); name == "" || utf8.RuneCountInString(name) > longestName {
		return nil, &incident.Refusal{Field: "name", Code: "passkey-name"}
	}
	if m.passkeys == nil {
		return nil, ErrPasskey
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return nil, errors.Join(ErrPasskey, err)
	}
	asked, ok := m.challenges.take(parsed.Response.CollectedClientData.Challenge)
	if !ok || asked.person != id {
		return nil, ErrAgain
	}
	codes, digests, err := m.newRecovery(id)
	if err != nil {
		return nil, err
	}
	return recovery, m.change(ctx, incident.ByPerson(id), id, func(tx incident.Tx, a *account) ([]incident.AccountEvent, error) {
		recovery = nil
		p, _ := tx.Org().People.Find(id)
		made, err := m.passkeys.CreateCredential(keyholder{p, m.userHandle(id), a.Passkeys}, asked.data, parsed)
		if err != nil {
			return nil, errors.Join(ErrPasskey, err)
		}
		if len(a.Passkeys) >= mostPasskeys {
			return nil, &incident.Refusal{Field: "name", Code: "passkey-most", Args: map[string]any{"most": mostPasskeys}}
		}
		a.Passkeys = append(a.Passkeys, passkey{Name: name, Added: m.now().UTC(), Credential: *made})
		if len(a.Recovery) == 0 {
			recovery, a.Recovery = codes, digests
		}
		return events(incident.AccountFactorAdded, incident.FactorPasskey), nil
	})
}

// AskPasskey returns the options with which a browser lets somebody sign in with
// a passkey, as JSON. They name nobody: the passkey does.
func (m *Manager) AskPasskey() ([]byte, error) {
	if m.passkeys == nil {
		return nil, ErrPasskey
	}
	options, data, err := m.passkeys.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, fmt.Errorf("session: passkey: %w", err)
	}
	return m.askPasskey(options, data, "")
}

// SignInPasskey begins a session with a passkey's answer. It returns ErrPasskey
// or ErrAgain.
func (m *Manager) SignInPasskey(ctx context.Context, answer []byte, from From) (in Entered, err error) {
	p, key, err := m.provePasskey(ctx, answer)
	if err != nil {
		return in, err
	}
	in.Person = p
	in.Token, err = m.begin(ctx, p.ID, incident.FactorPasskey, from, func(a *account) (incident.Factor, error) {
		return incident.FactorPasskey, a.usePasskey(*key, m.now())
	})
	return in, err
}

// ConfirmPasskey lets a person prove with a passkey to be there still.
func (m *Manager) ConfirmPasskey(ctx context.Context, token string, answer []byte) error {
	v, err := m.Visit(ctx, token)
	if err != nil {
		return err
	}
	p, key, err := m.provePasskey(ctx, answer)
	if err != nil {
		return err
	}
	if p.ID != v.Person.ID {
		return ErrPasskey
	}
	err = m.change(ctx, incident.ByPerson(p.ID), p.ID, func(_ incident.Tx, a *account) ([]incident.AccountEvent, error) {
		return nil, a.usePasskey(*key, m.now())
	})
	return errors.Join(err, m.proved(ctx, token))
}

// provePasskey checks a passkey's answer: ours, now, at this address, with the
// person verified by the device.
func (m *Manager) provePasskey(ctx context.Context, answer []byte) (p people.Person, key *webauthn.Credential, err error) {
	if m.passkeys == nil {
		return p, nil, ErrPasskey
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return p, nil, errors.Join(ErrPasskey, err)
	}
	asked, ok := m.challenges.take(parsed.Response.CollectedClientData.Challenge)
	if !ok || asked.person != "" {
		return p, nil, ErrAgain
	}
	err = m.record.View(ctx, func(v incident.View) error {
		_, key, err = m.passkeys.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
			i := slices.IndexFunc(v.Org().People, func(q people.Person) bool { return !q.Inactive && bytes.Equal(m.userHandle(q.ID), handle) })
			if i < 0 {
				return nil, ErrPasskey
			}
			p = v.Org().People[i]
			return m.keyholder(v, p)
		}, asked.data, parsed)
		return err
	})
	switch {
	case err != nil:
		return p, nil, errors.Join(ErrPasskey, err, m.failure(ctx, ""))
	case key.Authenticator.CloneWarning:
		return p, nil, errors.Join(ErrPasskey, m.failure(ctx, p.ID))
	}
	return p, key, nil
}

// usePasskey keeps what changed in a passkey by using it: its counter.
func (a *account) usePasskey(key webauthn.Credential, now time.Time) error {
	i := slices.IndexFunc(a.Passkeys, func(k passkey) bool { return bytes.Equal(k.Credential.ID, key.ID) })
	if i < 0 {
		return ErrPasskey
	}
	a.Passkeys = slices.Clone(a.Passkeys)
	a.Passkeys[i].Credential, a.Passkeys[i].Used = key, now.UTC()
	return nil
}
