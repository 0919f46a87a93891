package session

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"meldklok/incident"
)

// ErrToken: no token, or one that is unknown, revoked, or past its day. It
// never says which.
var ErrToken = errors.New("session: this token is not valid")

const (
	// tokenMark begins every token, so that a scanner for leaked secrets knows one.
	tokenMark  = "meldklok_"
	tokensName = "tokens"
	mostTokens = 100 // kept, revoked ones included

	// TokenDays is how long a token lasts unless somebody says otherwise, and
	// LongestToken the most, in days.
	TokenDays    = 365
	LongestToken = 3 * 365
)

// Token is what is known of a token for another tool; never the token itself.
type Token struct {
	Name    string           `json:"name"` // what the log calls the tool
	Scopes  []incident.Scope `json:"scopes"`
	Made    time.Time        `json:"made"`
	By      incident.Actor   `json:"by"`
	Until   time.Time        `json:"until"`            // not valid from then on
	Revoked time.Time        `json:"revoked,omitzero"` // zero: it was not
	Used    time.Time        `json:"used,omitzero"`    // last, as far as known; zero: never
}

// Allows reports whether the token has the scope.
func (t Token) Allows(s incident.Scope) bool { return slices.Contains(t.Scopes, s) }

// Valid reports whether the token works at now.
func (t Token) Valid(now time.Time) bool { return t.Revoked.IsZero() && now.Before(t.Until) }

// Actor is the tool as the log knows it.
func (t Token) Actor() incident.Actor { return incident.ByToken(t.Name) }

// keptToken is a token as it is kept.
type keptToken struct {
	Token
	Digest string `json:"digest"`
}

func readTokens(v incident.View) (all []keptToken, err error) {
	_, err = readJSON(v, tokensName, &all)
	return all, err
}

// tokenName is what a token may be called: it stands in every entry of its tool.
var tokenName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,39}$`)

// NewToken makes a token for another tool and returns its text, which is
// nowhere kept. Days is how long it lasts. It returns a *Refusal for a name
// that is taken or odd, and for scopes or days that make no sense. A name that was
// revoked stays taken: the log must not mean two tools by it.
func (m *Manager) NewToken(ctx context.Context, by incident.Actor, name string, scopes []incident.Scope, days int) (text string, err error) {
	name = strings.TrimSpace(name)
	if err := checkToken(name, scopes, days); err != nil {
		return "", err
	}
	secret, err := newToken()
	if err != nil {
		return "", err
	}
	text = tokenMark + secret
	now := m.now().UTC()
	t := Token{Name: name, Scopes: slices.Clone(scopes), Made: now, By: by, Until: now.AddDate(0, 0, days)}
	return text, m.record.Update(ctx, func(tx incident.Tx) error {
		all, err := readTokens(tx)
		switch {
		case err != nil:
			return err
		case slices.ContainsFunc(all, func(k keptToken) bool { return k.Name == name }):
			return &incident.Refusal{Field: "name", Code: "token-name-taken"}
		case len(all) >= mostTokens:
			return &incident.Refusal{Field: "name", Code: "too-many-tokens", Args: map[string]any{"most": mostTokens}}
		}
		if err := writeJSON(tx, tokensName, append(all, keptToken{t, m.tokenDigest(text)})); err != nil {
			return err
		}
		return m.noteToken(tx, by, incident.TokenSet{Name: name, Scopes: t.Scopes, Until: t.Until})
	})
}

func checkToken(name string, scopes []incident.Scope, days int) error {
	alone := len(scopes) == 1 && scopes[0] == incident.ScopeRestricted
	unknown := slices.ContainsFunc(scopes, func(s incident.Scope) bool { return !slices.Contains(incident.Scopes(), s) })
	switch {
	case !tokenName.MatchString(name):
		return &incident.Refusal{Field: "name", Code: "token-name"}
	case len(scopes) == 0, alone, unknown:
		return &incident.Refusal{Field: "scope", Code: "token-scope"}
	case days < 1, days > LongestToken:
		return &incident.Refusal{Field: "days", Code: "token-days", Args: map[string]any{"most": LongestToken}}
	}
	return nil
}

func (m *Manager) noteToken(tx incident.Tx, by incident.Actor, b incident.TokenSet) error {
	_, err := tx.Append(incident.OrgStream(), incident.Act{By: by, Now: m.now().UTC()}, &b)
	return err
}

func (m *Manager) tokenDigest(text string) string {
	return fmt.Sprintf("%x", m.record.MAC("api-token", []byte(text)))
}

// RevokeToken ends a token at once. It returns incident.ErrNotFound for a name
// that no token has, and does nothing to one that was revoked before.
func (m *Manager) RevokeToken(ctx context.Context, by incident.Actor, name string) error {
	return m.record.Update(ctx, func(tx incident.Tx) error {
		all, err := readTokens(tx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(k keptToken) bool { return k.Name == name })
		switch {
		case i < 0:
			return fmt.Errorf("token: %w", incident.ErrNotFound)
		case !all[i].Revoked.IsZero():
			return nil
		}
		all[i].Revoked, all[i].Digest = m.now().UTC(), ""
		if err := writeJSON(tx, tokensName, all); err != nil {
			return err
		}
		return m.noteToken(tx, by, incident.TokenSet{Name: name, Revoked: true})
	})
}

// Tokens lists the tokens, newest first, with when each was last used.
func (m *Manager) Tokens(ctx context.Context) (list []Token, err error) {
	var all []keptToken
	err = m.record.View(ctx, func(v incident.View) error {
		all, err = readTokens(v)
		return err
	})
	for _, k := range slices.Backward(all) {
		k.Used = m.usedToken(k.Token)
		list = append(list, k.Token)
	}
	return list, err
}

// Bearer returns the token that a text is, or ErrToken. That it was used is
// remembered, and written by [Manager.KeepTokens]: reading changes nothing.
func (m *Manager) Bearer(ctx context.Context, text string) (t Token, err error) {
	if !strings.HasPrefix(text, tokenMark) {
		return Token{}, ErrToken
	}
	digest, now := m.tokenDigest(text), m.now().UTC()
	err = m.record.View(ctx, func(v incident.View) error {
		all, err := readTokens(v)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(k keptToken) bool { return k.Digest == digest })
		if i < 0 || !all[i].Valid(now) {
			return ErrToken
		}
		t = all[i].Token
		return nil
	})
	if err != nil {
		return Token{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.used[t.Name] = now
	return t, nil
}

func (m *Manager) usedToken(t Token) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	if at := m.used[t.Name]; at.After(t.Used) {
		return at
	}
	return t.Used
}

// KeepTokens writes down when tokens were last used, if any was since the last
// time.
func (m *Manager) KeepTokens(ctx context.Context) error {
	m.mu.Lock()
	used := maps.Clone(m.used)
	m.mu.Unlock()
	if len(used) == 0 {
		return nil
	}
	err := m.record.Update(ctx, func(tx incident.Tx) error {
		all, err := readTokens(tx)
		if err != nil {
			return err
		}
		for i, k := range all {
			if at := used[k.Name]; at.After(k.Used) {
				all[i].Used = at
			}
		}
		return writeJSON(tx, tokensName, all)
	})
	if err != nil {
		return fmt.Errorf("session: keep when tokens were used: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, at := range used {
		if m.used[name].Equal(at) {
			delete(m.used, name)
		}
	}
	return nil
}
