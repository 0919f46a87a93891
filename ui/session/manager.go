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

	"github.com/go-webauthn/webauthn/webauthn"

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
	// ErrCode: the code of the second step is wrong, used, or too old.
	ErrCode = errors.New("session: the code is not right")
	// ErrPaused: too many wrong codes of the app lately; a recovery code or a
	// passkey still works.
	ErrPaused = errors.New("session: codes of the app are not taken for now")
	// ErrAgain: the sign-in that was half way is over; begin again.
	ErrAgain = errors.New("session: begin signing in again")
	// ErrPasskey: the passkey is not known here, or did not prove itself.
	ErrPasskey = errors.New("session: this passkey is not known here")
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
	mostAtOnce  = 20               // sessions of one person; the oldest ends first
	freshLasts  = 15 * time.Minute // after which a sensitive change asks who is there
	stepLasts   = 10 * time.Minute // for the second step, or a passkey's answer
	mostSteps   = 2000             // of them under way
)

// Manager makes and checks links, passwords and sessions. It is safe for
// concurrent use.
type Manager struct {
	record Record
	now    func() time.Time
	hasher hasher
	brake  *brake

	passkeys *webauthn.WebAuthn // nil: the address cannot have passkeys
	breached *Breached          // nil: no such list
	sso      *SSO               // nil: no single sign-on

	links sync.Mutex // one link is taken at a time

	seconds    *shelf[second]
	challenges *shelf[challenge]
	flows      *shelf[Flow]

	mu     sync.Mutex
	seen   map[string]time.Time   // by session digest: last request since the start
	failed map[people.ID]int      // wrong guesses since the last success
	codes  map[people.ID]failures // wrong codes of the app lately
	used   map[string]time.Time   // by name of a token: last request that is not written down yet
}

// Option is something a manager can do without.
type Option func(*Manager)

// New returns a manager over a record.
func New(record Record, now func() time.Time, options ...Option) *Manager {
	m := &Manager{
		record: record, now: now, hasher: newHasher(), brake: newBrake(now), seen: map[string]time.Time{},
		failed: map[people.ID]int{}, codes: map[people.ID]failures{}, used: map[string]time.Time{},
		seconds: newShelf[second](now, stepLasts, mostSteps), challenges: newShelf[challenge](now, stepLasts, mostSteps),
		flows: newShelf[Flow](now, stepLasts, mostFlows),
	}
	for _, o := range options {
		o(m)
	}
	return m
}

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
