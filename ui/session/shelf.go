package session

import (
	"sync"
	"time"
)

// shelf keeps something for a short while in memory, under a secret that its
// owner holds: a sign-in half way, a challenge to a passkey. What is taken is
// gone, so nothing on it works twice; a restart empties it, and people begin
// that step anew.
type shelf[T any] struct {
	now   func() time.Time
	lasts time.Duration
	most  int // things kept at once; beyond it the oldest goes

	mu    sync.Mutex
	items map[string]shelved[T]
}

type shelved[T any] struct {
	thing T
	until time.Time
}

func newShelf[T any](now func() time.Time, lasts time.Duration, most int) *shelf[T] {
	return &shelf[T]{now: now, lasts: lasts, most: most, items: map[string]shelved[T]{}}
}

func (s *shelf[T]) put(key string, thing T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if len(s.items) >= s.most {
		s.tidy(now)
	}
	s.items[key] = shelved[T]{thing, now.Add(s.lasts)}
}

// tidy drops what is over; when nothing is, the oldest thing.
func (s *shelf[T]) tidy(now time.Time) {
	oldest := ""
	for key, item := range s.items {
		if !now.Before(item.until) {
			delete(s.items, key)
		} else if oldest == "" || item.until.Before(s.items[oldest].until) {
			oldest = key
		}
	}
	if len(s.items) >= s.most {
		delete(s.items, oldest)
	}
}

func (s *shelf[T]) take(key string) (thing T, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	item, found := s.items[key]
	delete(s.items, key)
	if !found || !s.now().Before(item.until) {
		return thing, false
	}
	return item.thing, true
}
