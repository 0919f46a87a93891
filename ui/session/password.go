package session

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"meldklok/incident"
	"meldklok/incident/people"
)

// Bounds of a password, in characters and in bytes.
const (
	shortest = 12
	longest  = 200
)

// hasher computes argon2id, a few at a time: each takes 19 MiB, so an unbounded
// number of attempts would be a memory bomb.
type hasher struct {
	slots  chan struct{}
	params *argon2id.Params
}

// newHasher uses the second set of parameters that OWASP's password storage
// cheat sheet recommends: 19 MiB, two passes, one thread.
func newHasher() hasher {
	return hasher{
		slots:  make(chan struct{}, 2),
		params: &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32},
	}
}

func (h hasher) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h hasher) hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer func() { <-h.slots }()
	hash, err := argon2id.CreateHash(password, h.params)
	if err != nil {
		return "", fmt.Errorf("session: hash: %w", err)
	}
	return hash, nil
}

// matches compares in constant time. An empty hash costs as much as a real one,
// so that the answer's time does not tell who has an account.
func (h hasher) matches(ctx context.Context, password, hash string) (bool, error) {
	if hash == "" {
		_, err := h.hash(ctx, password)
		return false, err
	}
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer func() { <-h.slots }()
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("session: compare: %w", err)
	}
	return ok, nil
}

//go:embed common.txt
var commonWords string

// CheckPassword refuses a password that is short or easy to guess. About lists
// words that anybody would try first: the person's name and address.
func CheckPassword(password string, about ...string) error {
	refuse := func(code string) error { return &incident.Refusal{Field: "password", Code: code} }
	switch n := utf8.RuneCountInString(password); {
	case n < shortest:
		return refuse("password-too-short")
	case n > longest:
		return refuse("password-too-long")
	case utf8.RuneCountInString(unit(strings.ToLower(password))) < shortest/2, guessable(password, about):
		return refuse("password-too-common")
	}
	return nil
}

// guessable reports whether nothing is left of a password once the words that
// everybody tries, walks over the keyboard, digits and signs are taken out.
func guessable(password string, about []string) bool {
	whole := strings.ToLower(password)
	plain := strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "@", "a", "$", "s", "!", "i").Replace(whole)
	words := strings.Fields(commonWords)
	for _, a := range about {
		words = append(words, strings.FieldsFunc(strings.ToLower(a), func(r rune) bool { return !unicode.IsLetter(r) })...)
	}
	return poor(lettersOnly(plain, words)) || poor(lettersOnly(whole, words)) || poor(lettersOnly(withoutWalks(whole), words))
}

// lettersOnly takes words of three letters and more out, and what is no letter.
func lettersOnly(s string, words []string) string {
	for _, w := range words {
		if len(w) >= 3 {
			s = strings.ReplaceAll(s, w, " ")
		}
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, s)
}

// poor reports whether a rest has too few different letters to be a secret.
func poor(rest string) bool {
	different := map[rune]bool{}
	for _, r := range rest {
		different[r] = true
	}
	return len(different) < 4
}

// checkFor checks a password of a person, who may not exist yet.
func (m *Manager) checkFor(ctx context.Context, id people.ID, password string) error {
	var about []string
	err := m.record.View(ctx, func(v incident.View) error {
		if p, ok := v.Org().People.Find(id); ok {
			about = append(about, p.Name, p.Email)
		}
		about = append(about, v.Org().Name)
		return nil
	})
	if err != nil {
		return err
	}
	if err := CheckPassword(password, about...); err != nil {
		return err
	}
	return m.breached.Check(password)
}

// SetPassword gives a person a password and ends the person's sessions. It
// returns an *incident.Refusal when the password is too weak, and
// incident.ErrNotFound for somebody who is not there.
func (m *Manager) SetPassword(ctx context.Context, by incident.Actor, id people.ID, password string) error {
	if err := m.checkFor(ctx, id, password); err != nil {
		return err
	}
	hash, err := m.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return m.record.Update(ctx, func(tx incident.Tx) error {
		if _, ok := tx.Org().People.Find(id); !ok {
			return fmt.Errorf("person: %w", incident.ErrNotFound)
		}
		return m.setPassword(tx, by, id, hash)
	})
}

// setPassword writes the hash and forgets every session of the person. What
// else the person signs in with stays.
func (m *Manager) setPassword(tx incident.Tx, by incident.Actor, id people.ID, hash string) error {
	a, err := readAccount(tx, id)
	if err != nil {
		return err
	}
	if err := m.endAll(tx, &a, ""); err != nil {
		return err
	}
	a.Password, a.Changed = hash, m.now().UTC()
	if err := writeJSON(tx, accountName(id), a); err != nil {
		return err
	}
	return m.note(tx, by, incident.AccountEvent{Event: incident.AccountPasswordSet, Person: id})
}
