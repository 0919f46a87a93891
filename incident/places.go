package incident

import "sync"

// places bounds how many do something at once that takes much memory. The zero
// value is ready.
type places struct {
	once  sync.Once
	slots chan struct{}
}

const (
	// mostScans is how many reports with files are scanned at once, as many as two
	// processors are busy with: a hostile file may take hundreds of MiB while it is
	// read, and anybody can send thirty at a time.
	mostScans = 2
	// mostLarge is how many large deliveries are held in memory at once.
	mostLarge = 8
	// largeSize is from how many bytes on a delivery is a large one.
	largeSize = 1 << 20
)

// enter waits for one of so many places, always as many; the function that it
// returns gives it back.
func (p *places) enter(most int) (leave func()) {
	p.once.Do(func() { p.slots = make(chan struct{}, most) })
	p.slots <- struct{}{}
	return func() { <-p.slots }
}
