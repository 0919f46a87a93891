package session

import (
	"context"
	"strings"
	"sync"
	"time"
)

// brake slows guesses down, per account and per address. It never locks
// anybody out: the right password works at any time, after a few seconds at
// most.
type brake struct {
	now     func() time.Time
	mu      sync.Mutex
	failed  map[string]*failures // by account or address
	waiting map[string]int       // attempts under way, by address
}

// failures counts what went wrong lately.
type failures struct {
	count int
	last  time.Time
}

const (
	freeTries   = 3                // failures that cost nothing
	longestWait = 8 * time.Second  // before an answer
	forgetAfter = 15 * time.Minute // without a failure
	mostWaiting = 8                // attempts under way from one address
	mostKept    = 10_000           // accounts and addresses
)

func newBrake(now func() time.Time) *brake {
	return &brake{now: now, failed: map[string]*failures{}, waiting: map[string]int{}}
}

// result is how an attempt ended.
type result int

const (
	passed result = iota
	wrong
	undecided // cut off, or the record failed: it counts as neither
)

// plainEmail is the name under which the guesses at an address count.
func plainEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// enter waits as long as earlier failures ask for. Leave must be called with
// how the attempt ended. It returns ErrBusy when too many attempts from the
// address are under way, and the context's error.
func (b *brake) enter(ctx context.Context, account, address string) (leave func(result), err error) {
	keys := []string{account, "address " + address}
	wait, ok := b.start(keys, address)
	if !ok {
		return nil, ErrBusy
	}
	leave = func(r result) { b.end(keys, address, r) }
	if wait > 0 {
		select {
		case <-ctx.Done():
			leave(undecided)
			return nil, ctx.Err()
		case <-time.After(wait):
		}
	}
	return leave, nil
}

func (b *brake) start(keys []string, address string) (wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiting[address] >= mostWaiting {
		return 0, false
	}
	b.waiting[address]++
	for _, k := range keys {
		if f := b.failed[k]; f != nil && b.now().Sub(f.last) < forgetAfter {
			wait = max(wait, delayAfter(f.count))
		}
	}
	return wait, true
}

// delayAfter doubles from half a second with every failure after the free ones.
func delayAfter(failures int) time.Duration {
	if failures <= freeTries {
		return 0
	}
	return min(longestWait, 500*time.Millisecond<<min(failures-freeTries-1, 10))
}

// end counts a failure, or forgets the account's failures after a success. The
// address keeps its count: one right password must not excuse many guesses.
func (b *brake) end(keys []string, address string, r result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiting[address]--; b.waiting[address] <= 0 {
		delete(b.waiting, address)
	}
	switch r {
	case passed:
		delete(b.failed, keys[0])
		return
	case undecided:
		return
	}
	b.tidy()
	for _, k := range keys {
		f := b.failed[k]
		if f == nil || b.now().Sub(f.last) >= forgetAfter {
			f = &failures{}
			b.failed[k] = f
		}
		f.count++
		f.last = b.now()
	}
}

// tidy keeps the memory bounded: what is old goes first, and if a flood of made
// up names fills it, everything does.
func (b *brake) tidy() {
	if len(b.failed) < mostKept {
		return
	}
	for k, f := range b.failed {
		if b.now().Sub(f.last) >= forgetAfter {
			delete(b.failed, k)
		}
	}
	if len(b.failed) >= mostKept {
		clear(b.failed)
	}
}
