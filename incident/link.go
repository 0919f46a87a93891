package incident

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Linked: this incident and another belong together, or, when Undone, no
// longer. Both logs say so.
type Linked struct {
	noPersonal
	To     Ref    `json:"to"`
	Reason string `json:"reason,omitempty"`
	Undone bool   `json:"undone,omitempty"`
}

// Kind implements Body.
func (Linked) Kind() Kind { return "linked" }

// Link is a related incident.
type Link struct {
	To     Ref       `json:"to"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
	By     Actor     `json:"by"`
}

// LinkDecision returns what linking a and b, or undoing it, records in each. A
// link moves no clock and no duty: two leaks by one cause stay two.
func LinkDecision(a, b *Incident, reason string, undo bool) (inA, inB []Body, err error) {
	switch is := a.linked(b.Ref); {
	case a.Ref == b.Ref:
		return nil, nil, refuse("to", "link-to-itself")
	case is && !undo:
		return nil, nil, refuse("to", "already-linked")
	case !is && undo:
		return nil, nil, refuse("to", "not-linked")
	}
	reason = strings.TrimSpace(reason)
	return []Body{&Linked{To: b.Ref, Reason: reason, Undone: undo}}, []Body{&Linked{To: a.Ref, Reason: reason, Undone: undo}}, nil
}

func (inc *Incident) linked(to Ref) bool {
	return slices.ContainsFunc(inc.Links, func(l Link) bool { return l.To == to })
}

func (inc *Incident) applyLinked(e Entry, b *Linked) {
	inc.Links = slices.DeleteFunc(inc.Links, func(l Link) bool { return l.To == b.To })
	if !b.Undone {
		inc.Links = append(inc.Links, Link{To: b.To, Reason: b.Reason, At: e.At, By: e.By})
	}
}

// Link records that two incidents belong together, or with undo that they no
// longer do. It returns a *Refusal beside the field "to", or ErrNotFound for an
// unknown ref.
func (s *Service) Link(ctx context.Context, ref, to Ref, by Actor, reason string, undo bool) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		act := s.Act(by)
		a, err := tx.Incident(ref)
		if err != nil {
			return err
		}
		b, err := tx.Incident(to)
		if err != nil {
			return refuse("to", "no-such-incident")
		}
		inA, inB, err := LinkDecision(a, b, reason, undo)
		if err != nil {
			return err
		}
		if _, err := tx.Append(Stream{ref}, act, inA...); err != nil {
			return err
		}
		_, err = tx.Append(Stream{to}, act, inB...)
		return err
	})
}
