package incident

import (
	"context"
	"fmt"
)

// Promote makes an incident of a parked message: somebody looked and it is a
// report after all. Its clock starts at its receipt, as if it had never been
// parked.
func (s *Service) Promote(ctx context.Context, item uint64, by Actor) (ref Ref, err error) {
	var parked ParkedItem
	err = s.Store.View(ctx, func(v View) error { parked, err = v.ParkedItem(item); return err })
	if err != nil {
		return Ref{}, err
	}
	raw, err := s.raw(ctx, item)
	if err != nil {
		return Ref{}, err
	}
	form, reading := s.read(raw, parked.Delivered)
	reading.Park, reading.Machine = "", "parked"
	scanned := s.scan(parked.Delivered, form, reading)
	err = s.Store.Update(ctx, func(tx Tx) error {
		if _, err := tx.ParkedItem(item); err != nil {
			return err
		}
		p := processing{s: s, tx: tx, d: parked.Delivered, form: form, reading: reading, scanned: scanned, act: s.Act(by)}
		out, err := p.open()
		if err != nil {
			return err
		}
		ref = out.Ref
		return unpark(tx, item, ref, p.act)
	})
	return ref, err
}

// Reviewed records that somebody looked at a parked message and that it is no
// report.
func (s *Service) Reviewed(ctx context.Context, item uint64, by Actor) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		if _, err := tx.ParkedItem(item); err != nil {
			return err
		}
		return unpark(tx, item, Ref{}, s.Act(by))
	})
}

func unpark(tx Tx, item uint64, ref Ref, act Act) error {
	if err := tx.Unpark(item); err != nil {
		return err
	}
	_, err := tx.Append(OrgStream(), act, &Unparked{Item: item, Ref: ref})
	return err
}

// Parked returns the parked messages, newest first, at most limit.
func (s *Service) Parked(ctx context.Context, limit int) (items []ParkedItem, err error) {
	err = s.Store.View(ctx, func(v View) error {
		for p := range sound(s, "parked", v.Parked()) {
			if items = append(items, p); len(items) == limit {
				break
			}
		}
		return nil
	})
	return items, err
}

// Parked returns the parked messages that the person may see, newest first, at
// most limit. One that answers or brings back a mail about an incident may quote
// it, so it is seen by whoever sees that.
func (g Sight) Parked(ctx context.Context, limit int) (items []ParkedItem, err error) {
	err = g.s.Store.View(ctx, func(v View) error {
		items = nil
		for p := range sound(g.s, "parked", v.Parked()) {
			if !g.about(v, p.About) {
				continue
			}
			if items = append(items, p); len(items) == limit {
				break
			}
		}
		return nil
	})
	return items, err
}

// ParkedItem returns one parked message, or ErrNotFound.
func (g Sight) ParkedItem(ctx context.Context, item uint64) (p ParkedItem, err error) {
	err = g.s.Store.View(ctx, func(v View) error {
		if p, err = v.ParkedItem(item); err == nil && !g.about(v, p.About) {
			err = fmt.Errorf("parked %d: %w", item, ErrNotFound)
		}
		return err
	})
	if err != nil {
		return ParkedItem{}, err
	}
	return p, nil
}

// about reports whether the person may see what is about the incident, if any.
func (g Sight) about(v View, ref Ref) bool {
	if ref.IsZero() {
		return true
	}
	inc, err := v.Incident(ref)
	return err != nil || g.sees(inc) // what no longer opens shows nothing either
}

// ParkedReading reads a parked message again from its raw bytes.
func (s *Service) ParkedReading(ctx context.Context, item uint64) (p ParkedItem, r Reading, err error) {
	err = s.Store.View(ctx, func(v View) error { p, err = v.ParkedItem(item); return err })
	if err != nil {
		return p, r, err
	}
	raw, err := s.raw(ctx, item)
	if err != nil {
		return p, r, err
	}
	_, r = s.read(raw, p.Delivered)
	return p, r, nil
}

// Outbox returns mails, newest first, those before the given one (0: from the
// newest), at most limit.
func (s *Service) Outbox(ctx context.Context, before uint64, limit int) (mails []Message, err error) {
	err = s.Store.View(ctx, func(v View) error {
		for m := range sound(s, "mail", v.Messages(before)) {
			if mails = append(mails, m); len(mails) == limit {
				break
			}
		}
		return nil
	})
	return mails, err
}

// Mail returns a mail of the outbox and its final bytes; the bytes are nil once
// they have aged out.
func (s *Service) Mail(ctx context.Context, id uint64) (m Message, raw []byte, err error) {
	err = s.Store.View(ctx, func(v View) error {
		if m, err = v.Message(id); err != nil {
			return err
		}
		raw, _ = v.Mail(id)
		return nil
	})
	return m, raw, err
}
