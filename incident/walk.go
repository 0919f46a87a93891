package incident

import (
	"context"
	"time"
)

const (
	// walkBatch is how many incidents one snapshot of a walk covers,
	walkBatch = 200
	// and strollBatch how many of one that stays out of the way.
	strollBatch = 20
)

// Walk calls fn with the incidents before the given one (zero: all), newest
// reference first, until fn returns false or an error. It holds no snapshot
// while fn runs, so fn may be slow: each incident is whole in itself, and one
// that changes meanwhile is seen as it was when its turn came.
func (s *Service) Walk(ctx context.Context, before Ref, fn func(*Incident) (more bool, err error)) error {
	for {
		batch, err := s.before(ctx, before, walkBatch)
		if err != nil || len(batch) == 0 {
			return err
		}
		for _, inc := range batch {
			if more, err := fn(inc); err != nil || !more {
				return err
			}
		}
		before = batch[len(batch)-1].Ref
	}
}

// Stroll is [Service.Walk] over everything for what works in the background: in
// small slices, each followed by a rest as long as it took, so that intake,
// alerts and pages go first. What changes on the way is told by
// [Service.Changes] after head, the end of the chain when it began.
func (s *Service) Stroll(ctx context.Context, fn func(*Incident) (more bool, err error)) (head uint64, err error) {
	err = s.Store.View(ctx, func(v View) error { head = v.Counters().Head.Seq; return nil })
	if err != nil {
		return 0, err
	}
	var before Ref
	for {
		began := time.Now()
		batch, err := s.before(ctx, before, strollBatch)
		if err != nil || len(batch) == 0 {
			return head, err
		}
		for _, inc := range batch {
			if more, err := fn(inc); err != nil || !more {
				return head, err
			}
		}
		before = batch[len(batch)-1].Ref
		rest(ctx, time.Since(began))
	}
}

// before opens the incidents before the given one in one snapshot.
func (s *Service) before(ctx context.Context, before Ref, most int) (batch []*Incident, err error) {
	err = s.Store.View(ctx, func(v View) error {
		batch = make([]*Incident, 0, most)
		for inc, err := range v.Incidents(before) {
			if err != nil {
				return err
			}
			if batch = append(batch, inc); len(batch) == most {
				break
			}
		}
		return nil
	})
	return batch, err
}

// rest waits, so that others can go first; a machine that slept makes it no
// longer than ten seconds.
func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(min(d, 10*time.Second))
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// Changes lists the incidents that changed since an entry of the chain, each
// once, in the order in which they changed first, and says how far it looked.
// Those that were destroyed as a whole are among them. It opens no incident.
func (s *Service) Changes(ctx context.Context, after uint64) (refs []Ref, last uint64, err error) {
	err = s.Store.View(ctx, func(v View) error {
		seen := map[Ref]bool{}
		if last = v.Counters().Head.Seq; last == after {
			return nil
		}
		for place, err := range v.Since(after) {
			if err != nil {
				return err
			}
			ref, err := changed(v, place)
			if err != nil {
				return err
			}
			if !ref.IsZero() && !seen[ref] {
				seen[ref] = true
				refs = append(refs, ref)
			}
		}
		return nil
	})
	return refs, last, err
}

// changed returns the incident that an entry is about, or none.
func changed(v View, place Place) (Ref, error) {
	if !place.Stream.IsOrg() {
		return place.Stream.Ref, nil
	}
	e, err := v.Entry(place.Stream, place.N)
	if err != nil {
		return Ref{}, err
	}
	if b, ok := e.Body.(*Destroyed); ok {
		return b.Line, nil
	}
	return Ref{}, nil
}
