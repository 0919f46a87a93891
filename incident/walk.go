package incident

import "context"

// walkBatch is how many incidents one snapshot of a walk covers.
const walkBatch = 200

// Walk calls fn with the incidents before the given one (zero: all), newest
// reference first, until fn returns false or an error. Unlike [Service.Each]
// it holds no snapshot while fn runs, so fn may be slow: each incident is whole
// in itself, and one that changes meanwhile is seen as it was when its turn
// came.
func (s *Service) Walk(ctx context.Context, before Ref, fn func(*Incident) (more bool, err error)) error {
	for {
		batch := make([]*Incident, 0, walkBatch)
		err := s.Store.View(ctx, func(v View) error {
			batch = batch[:0]
			for inc, err := range v.Incidents(before) {
				if err != nil {
					return err
				}
				if batch = append(batch, inc); len(batch) == walkBatch {
					break
				}
			}
			return nil
		})
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
