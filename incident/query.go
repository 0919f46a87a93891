package incident

import "context"

// Each calls fn with every incident, newest reference first, until fn returns
// false. Fn must be quick: a snapshot is held open meanwhile.
func (s *Service) Each(ctx context.Context, fn func(*Incident) bool) error {
	return s.Store.View(ctx, func(v View) error {
		for inc, err := range v.Incidents(Ref{}) {
			if err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			if !fn(inc) {
				return nil
			}
		}
		return nil
	})
}
