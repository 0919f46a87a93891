package incident

import "context"

// MostTogether is the largest delivery, in bytes, that [Service.AcceptAll] takes:
// one piece of raw bytes.
const MostTogether = chunkSize - 1

// AcceptAll stores several small deliveries in one transaction, with the cursor
// that each carries: all of them are on disk when it returns nil, and none of them
// otherwise. Then the caller tries them one by one with [Service.Accept], to learn
// which of them it is about. It returns ErrTooLarge when one is over MostTogether.
func (s *Service) AcceptAll(ctx context.Context, all []Incoming) error {
	read := make([]*acceptance, len(all))
	for i, in := range all {
		item, err := s.Store.NewItem()
		if err != nil {
			return err
		}
		a := s.acceptance(item)
		if a.rest, err = a.piece(in.Body); err != nil {
			return err
		}
		if len(a.rest) > MostTogether {
			return ErrTooLarge
		}
		read[i] = a
	}
	return s.Store.Update(ctx, func(tx Tx) error {
		for i, a := range read {
			if err := a.finish(tx, all[i]); err != nil {
				return err
			}
		}
		return nil
	})
}
