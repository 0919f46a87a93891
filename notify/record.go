package notify

import (
	"context"
	"errors"

	"meldklok/incident"
	"meldklok/incident/people"
)

// recordLater records an outcome while the next mail is being sent; the record
// lets such writers share a commit.
func (s *sending) recordLater(ctx context.Context, m incident.Message) {
	s.e.setFlying(m.ID, true)
	s.slots <- struct{}{}
	s.records.Go(func() {
		defer func() { s.e.setFlying(m.ID, false); <-s.slots }()
		switch err := s.e.record(context.WithoutCancel(ctx), m); {
		case err != nil && !forAll(err):
			s.e.putMailAside(m, err, mailAside)
		case err != nil:
			s.mu.Lock()
			s.err = errors.Join(s.err, err)
			s.mu.Unlock()
		}
	})
}

func (e *Engine) setFlying(id uint64, flying bool) {
	e.send.mu.Lock()
	defer e.send.mu.Unlock()
	if flying {
		e.send.flying[id] = true
	} else {
		delete(e.send.flying, id)
	}
}

// record writes how a mail stands, in the outbox and, once it has ended, in
// the log of every incident that it carries an alert of; there also that it is
// put off for too long.
func (e *Engine) record(ctx context.Context, m incident.Message) error {
	act := incident.Act{By: incident.System, Now: e.now()}
	ended := false
	err := e.cfg.Store.Update(ctx, func(tx incident.Tx) error {
		ended = false
		current, kept, err := standing(tx, m)
		if err != nil || current.State.Final() {
			return err // a bounce or another record came first
		}
		if kept {
			err = tx.SetMessage(m)
		}
		if err != nil {
			return err
		}
		if err := e.markPerson(tx, act, m); err != nil || !worthTelling(m, current) {
			return err
		}
		for _, a := range m.Alerts {
			body, err := e.outcome(tx, a, m)
			if err != nil {
				e.noteDamaged(a.Ref, err) // its log cannot say it; the outbox does
				continue
			}
			if _, err := tx.Append(incident.Stream{Ref: a.Ref}, act, body); err != nil {
				return err
			}
		}
		ended = m.State.Final()
		return nil
	})
	if err == nil && ended && e.cfg.Ended != nil {
		e.cfg.Ended(m)
	}
	return err
}

// standing returns how a mail stands before what came of an attempt is recorded.
// One that arrived although it was taken back meanwhile counts as under way: the
// log has to know. Kept is false when it was destroyed with the reporter's data.
func standing(tx incident.Tx, m incident.Message) (current incident.Message, kept bool, err error) {
	current, err = tx.Message(m.ID)
	kept = !errors.Is(err, incident.ErrDestroyed)
	if !kept {
		current, err = m, nil
		current.State = incident.Cancelled
	}
	if current.State == incident.Cancelled && m.State.Reached() {
		current.State = incident.Queued
	}
	return current, kept, err
}

// worthTelling reports whether the logs should know what came of an attempt: the
// mail has ended, or is put off for so long that the next person is told.
func worthTelling(m, before incident.Message) bool {
	return m.State.Final() || (m.PutOff && !before.PutOff)
}

// outcome is the entry for one alert of an ended mail. In a mail about several
// incidents that was not sent, each alert ended for a reason of its own.
func (e *Engine) outcome(tx incident.Tx, a incident.Alert, m incident.Message) (*incident.Delivery, error) {
	d := &incident.Delivery{
		Rung: a.Rung, Duty: a.Duty, Version: a.Version, Person: m.Person, Message: m.ID,
		State: m.State, Reply: withoutAddresses(m.Reply), Relay: m.Relay, Hash: m.Hash,
	}
	if m.State != incident.Cancelled && m.State != incident.Superseded {
		return d, nil
	}
	inc, err := tx.Incident(a.Ref)
	if err != nil {
		return nil, err
	}
	if state := alertState(inc, a, m); state.Final() {
		d.State, d.Reply = state, string(state)
	}
	return d, nil
}

// markPerson notes on a person that the address was refused for good, or works
// again. Nobody is ever muted for it.
func (e *Engine) markPerson(tx incident.Tx, act incident.Act, m incident.Message) error {
	p, ok := tx.Org().People.Find(m.Person)
	if _, forgotten := tx.Org().Forgotten[m.Person]; forgotten || !ok || (!m.State.Final() && !m.PutOff) {
		return nil
	}
	refused := p.Refused
	switch {
	case m.State.Lost(), m.PutOff && !m.State.Final():
		refused = m.Reply
	case m.State == incident.Accepted:
		refused = ""
	}
	if refused == p.Refused {
		return nil
	}
	return e.setRefused(tx, act, p, refused)
}

func (e *Engine) setRefused(tx incident.Tx, act incident.Act, p people.Person, reply string) error {
	p.Refused = reply
	_, err := tx.Append(incident.OrgStream(), act, tx.Org().SetPerson(p))
	return err
}
