package incident

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// While a person has the use of their data restricted (GDPR art. 18), the
// personal part of the incident is kept and not used. [Incident.Frozen] decides;
// what is read for a page, a document, a file or a search comes through here, so
// none of these has to think of it. Three things still look: the search for what
// is kept about a person, who may ask for it (art. 15); that person, with their
// receipt code; and the warning before a reporter's name leaves with a form.

// Frozen reports whether the personal part is kept and not used: nothing shows
// it until that is lifted.
func (inc *Incident) Frozen() bool {
	return slices.ContainsFunc(inc.Held, func(h Held) bool { return h.Brake == BrakeFreeze })
}

// Usable refuses while the personal part of an incident is kept and not used.
// It asks the record, because the caller may hold the incident as it once was.
func (s *Service) Usable(ctx context.Context, ref Ref) error {
	inc, err := s.Incident(ctx, ref)
	if err == nil && inc.Frozen() {
		err = refuse("", "frozen")
	}
	return err
}

// unused returns the log of an incident as it may be used: while that is
// restricted, without the personal parts, like a log of which they were
// destroyed.
func (inc *Incident) unused(entries []Entry) ([]Entry, error) {
	if !inc.Frozen() {
		return entries, nil
	}
	codec, out := NewCodec(), slices.Clone(entries)
	for i, e := range out {
		if e.Body.personal() == nil {
			continue
		}
		register, _, err := codec.Encode(e)
		if err != nil {
			return nil, err
		}
		bare, err := codec.Decode(register, nil)
		if err != nil {
			return nil, fmt.Errorf("incident: entry %d of %s: %w", e.N, inc.Ref, err)
		}
		out[i].Body = bare.Body
	}
	return out, nil
}

// hides reports whether a mail carries the personal part of a frozen incident.
// Mails to people of the organisation carry none (DESIGN, promise 8).
func hides(v View, m Message) (bool, error) {
	if m.Person != "" {
		return false, nil
	}
	for _, a := range m.Alerts {
		inc, err := v.Incident(a.Ref)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return false, err
		}
		if err == nil && inc.Frozen() {
			return true, nil
		}
	}
	return false, nil
}
