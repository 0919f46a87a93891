package session

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// Record is what the room needs of the record; incident.Store is one.
type Record interface {
	View(ctx context.Context, fn func(incident.View) error) error
	Update(ctx context.Context, fn func(incident.Tx) error) error
	MAC(purpose string, data ...[]byte) []byte
}

// Errors that pages turn into a sentence.
var (
	// ErrLink: the link is unknown, used, or too old.
	ErrLink = errors.New("session: this link is not valid any more")
	// ErrSignIn: address and password do not belong together. It never says
	// which of the two is wrong.
	ErrSignIn = errors.New("session: address and password do not belong together")
	// ErrBusy: too many attempts are waiting; try again in a minute.
	ErrBusy = errors.New("session: too many attempts at once")
	// ErrNone: no session, or one that has ended.
	ErrNone = errors.New("session: not signed in")
	// ErrNotNeeded: somebody can sign in already, so there is no first link.
	ErrNotNeeded = errors.New("session: there is an account already")
)

// How long things last.
const (
	linkLasts   = 24 * time.Hour
	idleLasts   = 8 * time.Hour
	sessionEnds = 7 * 24 * time.Hour
	mostAtOnce  = 20 // sessions of one person; the oldest ends first
)

// Manager makes and checks links, passwords and sessions. It is safe for
// concurrent use.
type Manager struct {
	record Record
	now    func() time.Time
	hasher hasher
	brake  *brake

	links sync.Mutex // one link is taken at a time

	mu   sync.Mutex
	seen map[string]time.Time // by session digest: last request since the start
}

// New returns a manager over a record.
func New(record Record, now func() time.Time) *Manager {
	return &Manager{record: record, now: now, hasher: newHasher(), brake: newBrake(now), seen: map[string]time.Time{}}
}

// account is what is kept of a person who can sign in.
type account struct {
	Password string    `json:"password,omitempty"` // argon2id in PHC form
	Changed  time.Time `json:"changed,omitzero"`
	Sessions []string  `json:"sessions,omitempty"` // digests, oldest first
}

func accountName(id people.ID) string { return "account/" + string(id) }

// readJSON reads a credential; found is false when there is none.
func readJSON(v incident.View, name string, into any) (found bool, err error) {
	raw, ok := v.Credential(name)
	if !ok {
		return false, nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return false, fmt.Errorf("session: credential %q: %w", name[:min(8, len(name))], err)
	}
	return true, nil
}

func writeJSON(tx incident.Tx, name string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("session: credential: %w", err)
	}
	return tx.SetCredential(name, raw)
}

// newToken makes a secret of 256 random bits that fits a link and a cookie.
func newToken() (string, error) {
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("session: token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

// digest is the keyed hash under which a token is kept.
func (m *Manager) digest(token string) string {
	return hex.EncodeToString(m.record.MAC("session-token", []byte(token)))
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
		var a account
		if _, err := readJSON(v, accountName(p.ID), &a); err != nil {
			return false, err
		}
		if !p.Inactive && a.Password != "" {
			return true, nil
		}
	}
	return false, nil
}

// CanSignIn reports for every person whether a password was set.
func (m *Manager) CanSignIn(ctx context.Context) (can map[people.ID]bool, err error) {
	err = m.record.View(ctx, func(v incident.View) error {
		can = map[people.ID]bool{}
		for _, p := range v.Org().People {
			var a account
			if _, err := readJSON(v, accountName(p.ID), &a); err != nil {
				return err
			}
			can[p.ID] = a.Password != ""
		}
		return nil
	})
	return can, err
}
