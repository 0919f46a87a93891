package incident

import (
	"context"
	"fmt"
	"slices"

	"meldklok/incident/people"
)

// Sight is the record as one person may see it ([MaySee]), or one tool
// ([MayShow]). What that one may not see is missing from it, like something that
// never was.
type Sight struct {
	s    *Service
	sees func(*Incident) bool
}

// Sight returns what the person may see.
func (s *Service) Sight(p people.Person) Sight {
	return Sight{s, func(inc *Incident) bool { return MaySee(p, inc) }}
}

// SightOf returns what a tool with these scopes may see.
func (s *Service) SightOf(scopes []Scope) Sight {
	return Sight{s, func(inc *Incident) bool { return MayShow(scopes, inc) }}
}

// Sees reports whether the incident is in it.
func (g Sight) Sees(inc *Incident) bool { return g.sees(inc) }

// Incident returns one incident, or ErrNotFound.
func (g Sight) Incident(ctx context.Context, ref Ref) (*Incident, error) {
	inc, err := g.s.Incident(ctx, ref)
	if err != nil {
		return nil, err
	}
	if !g.sees(inc) {
		return nil, fmt.Errorf("incident %s: %w", ref, ErrNotFound)
	}
	return inc, nil
}

// Board returns the open duties, nearest deadline first, at most limit.
func (g Sight) Board(ctx context.Context, limit int) ([]Row, error) {
	return g.s.board(ctx, limit, g.sees)
}

// List returns incidents, newest first, those before the given one, at most limit.
func (g Sight) List(ctx context.Context, before Ref, limit int) ([]Row, error) {
	return g.s.list(ctx, before, limit, g.sees)
}

// Outbox returns mails, newest first, those before the given one (0: from the
// newest), at most limit.
func (g Sight) Outbox(ctx context.Context, before uint64, limit int) (mails []Message, err error) {
	err = g.s.Store.View(ctx, func(v View) error {
		known := map[Ref]bool{}
		for m := range sound(g.s, "mail", v.Messages(before)) {
			if !g.may(v, m, known) {
				continue
			}
			if mails = append(mails, m); len(mails) == limit {
				break
			}
		}
		return nil
	})
	return mails, err
}

// Mail returns a mail of the outbox and its final bytes, or ErrNotFound; the
// bytes are nil once they have aged out. It refuses a mail to a reporter whose
// data may not be used.
func (g Sight) Mail(ctx context.Context, id uint64) (m Message, raw []byte, err error) {
	m, raw, err = g.s.Mail(ctx, id)
	if err != nil {
		return m, raw, err
	}
	err = g.s.Store.View(ctx, func(v View) error {
		if !g.may(v, m, map[Ref]bool{}) {
			return fmt.Errorf("mail %d: %w", id, ErrNotFound)
		}
		hidden, err := hides(v, m)
		if err == nil && hidden {
			err = refuse("", "frozen")
		}
		return err
	})
	if err != nil {
		return Message{}, nil, err
	}
	return m, raw, nil
}

// may reports whether the person may see every incident that a mail is about.
// Known remembers the answers.
func (g Sight) may(v View, m Message, known map[Ref]bool) bool {
	return !slices.ContainsFunc(m.Alerts, func(a Alert) bool {
		sees, asked := known[a.Ref]
		if !asked {
			inc, err := v.Incident(a.Ref)
			sees = err != nil || g.sees(inc) // what no longer opens shows nothing either
			known[a.Ref] = sees
		}
		return !sees
	})
}

// Row returns one incident as lists show it, or ErrNotFound.
func (g Sight) Row(ctx context.Context, ref Ref) (row Row, err error) {
	if row.Incident, err = g.Incident(ctx, ref); err != nil {
		return row, err
	}
	err = g.s.Store.View(ctx, func(v View) error {
		row.Headline = Headline(v, row.Incident)
		return nil
	})
	return row, err
}
