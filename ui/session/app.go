package session

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"meldklok/incident"
	"meldklok/incident/people"
)

// appKey is the secret that an authenticator app shares with us (RFC 6238). The
// record seals it: unlike a password it must be read again.
type appKey struct {
	Secret string    `json:"secret"` // base32
	Added  time.Time `json:"added"`
	Step   int64     `json:"step,omitempty"` // the last time step whose code was used
}

// What every app can do: SHA-1, six digits, thirty seconds. The step before and
// the one after count too, for clocks that are a little off.
const (
	appPeriod = 30
	appDrift  = 1
)

// step returns the time step for which a code is right. A step that was used, or
// an earlier one, is none: a code that somebody saw over a shoulder is worth
// nothing (RFC 6238 section 5.2).
func (k appKey) step(code string, now time.Time) (int64, bool) {
	at := now.Unix() / appPeriod
	for step := at - appDrift; step <= at+appDrift; step++ {
		want, err := hotp.GenerateCodeCustom(k.Secret, uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && step > k.Step {
			return step, true
		}
	}
	return 0, false
}

// AppDraft is an app that is being set up.
type AppDraft struct {
	Secret string // in groups of four, to type it over
	URI    string // otpauth, for the QR code
}

// DraftApp makes a secret for an app. Nothing is asked of the person until the
// app has shown a right code ([Manager.ConfirmApp]).
func (m *Manager) DraftApp(ctx context.Context, id people.ID) error {
	raw := make([]byte, 20) // as long as the digest, RFC 4226 section 4
	if _, err := rand.Read(raw); err != nil {
		return fmt.Errorf("session: app: %w", err)
	}
	key := appKey{Secret: base32.StdEncoding.EncodeToString(raw), Added: m.now().UTC()}
	return m.change(ctx, incident.ByPerson(id), id, func(_ incident.Tx, a *account) ([]incident.AccountEvent, error) {
		a.Draft = &key
		return nil, nil
	})
}

// Draft returns the app that is being set up, or incident.ErrNotFound.
func (m *Manager) Draft(ctx context.Context, id people.ID) (d AppDraft, err error) {
	err = m.record.View(ctx, func(v incident.View) error {
		a, err := readAccount(v, id)
		if err != nil {
			return err
		}
		p, ok := v.Org().People.Find(id)
		if a.Draft == nil || !ok {
			return fmt.Errorf("app: %w", incident.ErrNotFound)
		}
		for group := range slices.Chunk([]byte(a.Draft.Secret), 4) {
			d.Secret += " " + string(group)
		}
		d.Secret = strings.TrimSpace(d.Secret)
		d.URI = (&url.URL{
			Scheme: "otpauth", Host: "totp", Path: "/Meldklok:" + p.Email,
			RawQuery: "issuer=Meldklok&secret=" + a.Draft.Secret, // no other options: some apps cannot read them
		}).String()
		return nil
	})
	return d, err
}

// ConfirmApp takes the app that was being set up into use, once it shows a right
// code, and returns new recovery codes when the account had none. A wrong code
// is an *incident.Refusal.
func (m *Manager) ConfirmApp(ctx context.Context, id people.ID, code string) (recovery []string, err error) {
	codes, digests, err := m.newRecovery(id)
	if err != nil {
		return nil, err
	}
	now := m.now().UTC()
	err = m.change(ctx, incident.ByPerson(id), id, func(_ incident.Tx, a *account) ([]incident.AccountEvent, error) {
		recovery = nil
		if a.Draft == nil {
			return nil, fmt.Errorf("app: %w", incident.ErrNotFound)
		}
		step, ok := a.Draft.step(plainCode(code), now)
		if !ok {
			return nil, &incident.Refusal{Field: "code", Code: "code-wrong"}
		}
		a.App, a.Draft = &appKey{Secret: a.Draft.Secret, Added: now, Step: step}, nil
		if len(a.Recovery) == 0 {
			recovery, a.Recovery = codes, digests
		}
		return events(incident.AccountFactorAdded, incident.FactorApp), nil
	})
	return recovery, err
}

// recoveryCodes is how many are made at once.
const recoveryCodes = 10

// NewRecovery replaces the recovery codes. The answer is the only place where
// they stand: the record holds keyed digests.
func (m *Manager) NewRecovery(ctx context.Context, id people.ID) ([]string, error) {
	codes, digests, err := m.newRecovery(id)
	if err != nil {
		return nil, err
	}
	return codes, m.change(ctx, incident.ByPerson(id), id, func(_ incident.Tx, a *account) ([]incident.AccountEvent, error) {
		if !a.strong() {
			return nil, &incident.Refusal{Code: "recovery-needs-step"}
		}
		a.Recovery = digests
		return events(incident.AccountFactorAdded, incident.FactorRecovery), nil
	})
}

// newRecovery makes codes of fifty random bits, in letters and digits that
// nobody confuses.
func (m *Manager) newRecovery(id people.ID) (codes, digests []string, err error) {
	const letters = "abcdefghijkmnpqrstuvwxyz23456789" // 32 of them, so that every byte is fair
	for range recoveryCodes {
		raw := make([]byte, 10)
		if _, err := rand.Read(raw); err != nil {
			return nil, nil, fmt.Errorf("session: recovery code: %w", err)
		}
		for i, b := range raw {
			raw[i] = letters[b%32]
		}
		codes = append(codes, string(raw[:5])+"-"+string(raw[5:]))
		digests = append(digests, m.recoveryDigest(id, string(raw)))
	}
	return codes, digests, nil
}

func (m *Manager) recoveryDigest(id people.ID, plain string) string {
	return hex.EncodeToString(m.record.MAC("recovery-code", []byte(id), []byte(plain)))
}

// plainCode is a code without what people put between its parts.
func plainCode(code string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(strings.TrimSpace(code)))
}

// errCode: the code is not right, or was used.
var errCode = errors.New("session: wrong code")

// useCode uses a code of the app, or a recovery code, up.
func (m *Manager) useCode(a *account, id people.ID, code string, now time.Time) (incident.Factor, error) {
	code = plainCode(code)
	if len(code) == 6 {
		if a.App == nil {
			return "", errCode
		}
		step, ok := a.App.step(code, now)
		if !ok {
			return "", errCode
		}
		a.App.Step = step
		return incident.FactorApp, nil
	}
	digest := m.recoveryDigest(id, code)
	i := slices.IndexFunc(a.Recovery, func(d string) bool { return subtle.ConstantTimeCompare([]byte(d), []byte(digest)) == 1 })
	if i < 0 {
		return "", errCode
	}
	a.Recovery = slices.Delete(a.Recovery, i, i+1)
	return incident.FactorRecovery, nil
}
