package session

import (
	"context"
	"errors"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// From is where an attempt to sign in comes from.
type From struct {
	Address string // of the network; it is never recorded
	Browser string // roughly, like "Firefox, Windows"
}

// Entered is how far somebody came with a password: in, or to the second step.
type Entered struct {
	Person people.Person
	Token  string // of the session; empty: a second step follows
	Second string // names the second step under way
}

// second is a sign-in whose password was right.
type second struct {
	person people.ID
	tries  int
}

// Bounds of wrong codes.
const (
	triesOfStep = 5         // then the password is asked again
	mostCodes   = 20        // of the app, by one account within
	codesPause  = time.Hour // after which guessing may go on
)

// SignIn checks a password and begins a session, or the second step if the
// account has one. It returns ErrSignIn or ErrBusy. Many failures from an
// address, or for an account, make the next answer slower.
func (m *Manager) SignIn(ctx context.Context, email, password string, from From) (in Entered, err error) {
	p, strong, err := m.prove(ctx, email, password, from)
	if err != nil {
		return in, err
	}
	in.Person = p
	if strong {
		if in.Second, err = newToken(); err == nil {
			m.seconds.put(m.digest(in.Second), second{person: p.ID})
		}
		return in, err
	}
	in.Token, err = m.begin(ctx, p.ID, incident.FactorPassword, from, nil)
	return in, err
}

// prove checks a password, slowed down by earlier failures.
func (m *Manager) prove(ctx context.Context, email, password string, from From) (p people.Person, strong bool, err error) {
	leave, err := m.brake.enter(ctx, "account "+plainEmail(email), from.Address)
	if err != nil {
		return p, false, err
	}
	r := undecided
	defer func() { leave(r) }()
	p, a, err := m.accountOf(ctx, email)
	if err != nil {
		return p, false, err
	}
	ok, err := m.hasher.matches(ctx, password, a.Password)
	switch {
	case err != nil:
		return p, false, err
	case !ok:
		r = wrong
		return people.Person{}, false, errors.Join(ErrSignIn, m.failure(ctx, p.ID))
	}
	r = passed
	return p, a.strong(), nil
}

func (m *Manager) accountOf(ctx context.Context, email string) (p people.Person, a account, err error) {
	err = m.record.View(ctx, func(v incident.View) error {
		found, ok := v.Org().People.FindEmail(email)
		if !ok {
			return nil
		}
		p = found
		a, err = readAccount(v, p.ID)
		return err
	})
	return p, a, err
}

// Second checks the code of a second step, of the app or a recovery code, and
// begins the session. It returns ErrCode, after which the step can be tried
// again; ErrPaused; ErrAgain when the password must be asked anew; or ErrBusy.
func (m *Manager) Second(ctx context.Context, step, code string, from From) (in Entered, err error) {
	digest := m.digest(step)
	s, ok := m.seconds.take(digest)
	if !ok {
		return in, ErrAgain
	}
	leave, err := m.brake.enter(ctx, "second "+string(s.person), from.Address)
	if err != nil {
		m.seconds.put(digest, s)
		return in, err
	}
	r := undecided
	defer func() { leave(r) }()
	if len(plainCode(code)) == 6 && m.paused(s.person) {
		m.seconds.put(digest, s)
		return in, ErrPaused
	}
	if in.Person, err = m.active(ctx, s.person); err != nil {
		return in, err
	}
	in.Token, err = m.begin(ctx, s.person, "", from, func(a *account) (incident.Factor, error) {
		return m.useCode(a, s.person, code, m.now())
	})
	if !errors.Is(err, errCode) {
		if err == nil {
			r = passed
		}
		return in, err
	}
	r = wrong
	m.wrongCode(s.person)
	if s.tries++; s.tries < triesOfStep {
		m.seconds.put(digest, s)
		return in, errors.Join(ErrCode, m.failure(ctx, s.person))
	}
	return in, errors.Join(ErrAgain, m.failure(ctx, s.person))
}

// active returns a person who may sign in, or ErrSignIn.
func (m *Manager) active(ctx context.Context, id people.ID) (p people.Person, err error) {
	err = m.record.View(ctx, func(v incident.View) error {
		found, ok := v.Org().People.Find(id)
		if !ok || found.Inactive {
			return ErrSignIn
		}
		p = found
		return nil
	})
	return p, err
}

// paused reports whether so many codes of the app were wrong lately that no
// more are taken: a million codes can be guessed. Nobody is locked out by it,
// since only who knows the password comes this far, and a recovery code or a
// passkey still works.
func (m *Manager) paused(id people.ID) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.codes[id]
	return f.count >= mostCodes && m.now().Sub(f.last) < codesPause
}

func (m *Manager) wrongCode(id people.ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.codes[id]
	if m.now().Sub(f.last) >= codesPause {
		f.count = 0
	}
	f.count++
	f.last = m.now()
	m.codes[id] = f
}

// forgive forgets wrong guesses after a success.
func (m *Manager) forgive(id people.ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.codes, id)
	delete(m.failed, id)
}

// firstNoted is how many wrong guesses are worth an entry; then ten times as
// many, and so on, so that guessing cannot fill the log.
const firstNoted = 5

// failure counts a wrong guess, and writes the number down now and then.
func (m *Manager) failure(ctx context.Context, id people.ID) error {
	m.mu.Lock()
	m.failed[id]++
	n := m.failed[id]
	m.mu.Unlock()
	mark := firstNoted
	for mark < n {
		mark *= 10
	}
	if n != mark {
		return nil
	}
	return m.record.Update(ctx, func(tx incident.Tx) error {
		return m.note(tx, incident.System, incident.AccountEvent{Event: incident.AccountFailed, Person: id, Failures: n})
	})
}

// wrongSoFar is how often it was guessed wrongly since the last success.
func (m *Manager) wrongSoFar(id people.ID) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.failed[id]
}
