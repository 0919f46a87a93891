package incident

import "sync"

// scans bounds how many reports with files are scanned at once: a hostile file may
// take hundreds of MiB while it is read, and anybody can send thirty at a time.
// The zero value is ready.
type scans struct {
	once  sync.Once
	slots chan struct{}
}

// mostScans is as many as two processors are busy with.
const mostScans = 2

// enter waits for a place; the function that it returns gives it back.
func (s *scans) enter() (leave func()) {
	s.once.Do(func() { s.slots = make(chan struct{}, mostScans) })
	s.slots <- struct{}{}
	return func() { <-s.slots }
}
