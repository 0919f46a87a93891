package incident

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// DestroyAgain repeats destructions that happened after a backup was made, on a
// record that was restored from it and accepts nothing yet. Parts says by item
// what was destroyed. Each repetition stands in the log it concerns, mails that
// were still to go about what is gone are cancelled, and what comes later is
// sealed with other keys. It returns how many incidents it touched.
func (s *Service) DestroyAgain(ctx context.Context, parts map[uint64]Parts) (n int, err error) {
	if err := s.settlePending(ctx); err != nil {
		return 0, err
	}
	var refs []Ref
	err = s.Walk(ctx, Ref{}, func(inc *Incident) (bool, error) {
		if again, line := lostOf(inc, parts); line || again != nil {
			refs = append(refs, inc.Ref)
		}
		return true, nil
	})
	if err != nil {
		return 0, err
	}
	for _, ref := range refs {
		if err := s.destroyAgain(ctx, ref, parts); err != nil {
			return n, fmt.Errorf("incident: destroy %s again: %w", ref, err)
		}
		n++
	}
	if err := s.unparkLost(ctx, parts); err != nil {
		return n, err
	}
	return n, s.disposeNow(ctx)
}

// settlePending gives deliveries their outcome that had none yet when the backup
// was made: what became of them was destroyed, if anything was.
func (s *Service) settlePending(ctx context.Context) error {
	const batch = 100
	for {
		items, err := s.PendingItems(ctx, batch)
		if err != nil || len(items) == 0 {
			return err
		}
		for _, item := range items {
			if _, err := s.Process(ctx, item); err != nil {
				return err
			}
		}
	}
}

// lostOf returns what of an incident is to be destroyed again, nil for nothing;
// line says that it is the whole of it.
func lostOf(inc *Incident, parts map[uint64]Parts) (again *Destroyed, line bool) {
	if len(inc.Reports) == 0 || parts[inc.Reports[0].Item].Has(PartRegister) {
		return nil, len(inc.Reports) > 0
	}
	b := &Destroyed{What: KeepPersonal, Under: UnderRestore}
	for _, r := range inc.Reports {
		gone := parts[r.Item] & (PartPersonal | PartOriginals)
		if r.Gone != nil {
			gone &^= PartOriginals
		}
		if r.Forgotten != nil {
			gone &^= PartPersonal
		}
		if gone != 0 {
			b.Parts, b.Reports = b.Parts|gone, append(b.Reports, r.N)
			b.Bytes += r.Size
		}
	}
	for _, f := range inc.Files {
		if f.Gone == nil && parts[f.Item].Has(PartOriginals) {
			b.Parts, b.Files = b.Parts|PartOriginals, append(b.Files, f.N)
			b.Bytes += f.Size
		}
	}
	if b.Parts == 0 {
		return nil, false
	}
	return b, false
}

func (s *Service) destroyAgain(ctx context.Context, ref Ref, parts map[uint64]Parts) error {
	next, err := s.Store.NewItem()
	if err != nil {
		return err
	}
	return s.Store.Update(ctx, func(tx Tx) error {
		inc, err := tx.Incident(ref)
		if err != nil {
			return err
		}
		again, line := lostOf(inc, parts)
		act := s.Act(System)
		if line || (again != nil && again.Parts.Has(PartPersonal)) {
			if err := cancelMails(tx, ref, act, line); err != nil {
				return err
			}
		}
		switch {
		case line:
			return s.dropLine(tx, inc, act, UnderRestore, "")
		case again == nil:
			return nil
		}
		if inc, err = tx.Incident(ref); err != nil {
			return err
		}
		return s.destroy(tx, inc, again, next, act)
	})
}

// cancelMails ends the mails that were still to go about an incident. One that
// carries alerts of others goes on with these.
func cancelMails(tx Tx, ref Ref, act Act, line bool) error {
	var open []Message
	for m, err := range tx.Messages(0) {
		if err != nil {
			return err
		}
		if !m.State.Final() && (m.Owner.Ref == ref || slices.ContainsFunc(m.Alerts, func(a Alert) bool { return a.Ref == ref })) {
			open = append(open, m)
		}
	}
	for _, m := range open {
		others := slices.DeleteFunc(slices.Clone(m.Alerts), func(a Alert) bool { return a.Ref == ref })
		if m.Owner.Ref != ref && len(others) > 0 {
			if !line {
				continue // it is sealed with keys that stay
			}
			m.Alerts = others
		} else {
			if err := endMail(tx, m, act, UnderRestore); err != nil {
				return err
			}
			continue
		}
		if err := tx.SetMessage(m); err != nil {
			return err
		}
	}
	return nil
}

// endMail cancels a mail and says so, and why, in the log of every incident that
// it carries an alert of.
func endMail(tx Tx, m Message, act Act, why string) error {
	m.State, m.Reply, m.Ended = Cancelled, why, act.Now
	for _, a := range m.Alerts {
		d := &Delivery{Rung: a.Rung, Duty: a.Duty, Version: a.Version, Person: m.Person, Message: m.ID, State: Cancelled, Reply: why}
		if _, err := tx.Append(Stream{a.Ref}, act, d); err != nil && !errors.Is(err, ErrDestroyed) {
			return err
		}
	}
	return tx.SetMessage(m)
}

// unparkLost ends the parking of messages that were reviewed and destroyed.
func (s *Service) unparkLost(ctx context.Context, parts map[uint64]Parts) error {
	items, err := s.Parked(ctx, 0)
	if err != nil {
		return err
	}
	for _, p := range items {
		lost := parts[p.Item] & (PartPersonal | PartOriginals)
		if lost == 0 {
			continue
		}
		err := s.Store.Update(ctx, func(tx Tx) error {
			if err := tx.Unpark(p.Item); err != nil {
				return err
			}
			if err := tx.Destroy(p.Item, lost); err != nil {
				return err
			}
			_, err := tx.Append(OrgStream(), s.Act(System), &Unparked{Item: p.Item})
			return err
		})
		if err != nil {
			return fmt.Errorf("incident: destroy a parked message again: %w", err)
		}
	}
	return nil
}
