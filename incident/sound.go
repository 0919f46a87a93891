package incident

import "iter"

// sound yields what can be read of a table and logs what is damaged on disk: one bad
// row keeps nobody from seeing the others. That something is damaged, health tells
// (the audit, the start, every test restore), and verify says where.
func sound[T any](s *Service, what string, all iter.Seq2[T, error]) iter.Seq[T] {
	return func(yield func(T) bool) {
		for v, err := range all {
			if err != nil {
				s.logger().Error("a row cannot be read; the others are shown", "what", what, "err", err)
				continue
			}
			if !yield(v) {
				return
			}
		}
	}
}
