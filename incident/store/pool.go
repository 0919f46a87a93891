package store

import (
	"crypto/rand"
	"fmt"
	"sync"
)

// poolBatch is for how many items keys are made, and synced, at a time.
const poolBatch = 100

// pool holds numbers whose keys are on disk and unused. Keys are made in
// advance and are on disk before the record can use them, so a record never
// points to a key that a crash took; and a writer waits for no sync but its own.
type pool struct {
	mu     sync.Mutex
	ready  []uint64
	next   uint64  // first number without keys
	refill *refill // under way; nil if none
	closed bool
	idle   sync.WaitGroup
}

// refill is one batch being made. Its err may be read once done is closed.
type refill struct {
	done chan struct{}
	err  error
}

// take reserves a number with its keys. A number that a crash leaves unused is
// never given out again. It fails only when there are none in advance and none
// can be stored now.
func (k *keyring) take() (uint64, error) {
	p := &k.pool
	for {
		p.mu.Lock()
		if p.closed {
			p.mu.Unlock()
			return 0, ErrClosed
		}
		n := len(p.ready)
		if n < poolBatch/2 {
			k.startRefill()
		}
		if n > 0 {
			item := p.ready[0]
			p.ready = p.ready[1:]
			p.mu.Unlock()
			return item, nil
		}
		wait := p.refill
		p.mu.Unlock()
		<-wait.done
		if wait.err != nil {
			return 0, fmt.Errorf("store: keys: %w", wait.err)
		}
	}
}

// startRefill makes keys in the background unless that is under way. The
// pool's mutex is held.
func (k *keyring) startRefill() {
	p := &k.pool
	if p.refill != nil {
		return
	}
	r := &refill{done: make(chan struct{})}
	p.refill = r
	first := p.next
	p.next += poolBatch
	p.idle.Go(func() {
		r.err = k.make(first)
		p.mu.Lock()
		if r.err == nil {
			for item := first; item < first+poolBatch; item++ {
				p.ready = append(p.ready, item)
			}
		}
		p.refill = nil
		p.mu.Unlock()
		close(r.done)
		if r.err != nil {
			k.failing(r.err)
		}
	})
}

// make stores fresh keys for a batch of items in one transaction.
func (k *keyring) make(first uint64) error {
	made := make(map[keyID]*compartmentKey, compartments*poolBatch)
	k.mu.Lock()
	generation := k.generation
	k.mu.Unlock()
	err := k.engine.Update(func(w Writer) error {
		for item := first; item < first+poolBatch; item++ {
			keys, row, err := k.fresh(item)
			if err != nil {
				return err
			}
			if err := w.Put(tableKeys, key8(item), row); err != nil {
				return err
			}
			for c, key := range keys {
				made[keyID{item, Compartment(c + 1)}] = key
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for id, key := range made {
		k.remember(id, key, generation)
	}
	return nil
}

// fresh makes the keys of one item and the row that holds them, wrapped.
func (k *keyring) fresh(item uint64) (keys [compartments]*compartmentKey, row []byte, err error) {
	for c := range keys {
		raw := make([]byte, keySize)
		if _, err := rand.Read(raw); err != nil {
			return keys, nil, err
		}
		wrapped, err := k.master.Encrypt(raw, wrapContext(item, c))
		if err != nil {
			return keys, nil, err
		}
		if keys[c], err = k.newCompartmentKey(raw); err != nil {
			return keys, nil, err
		}
		row = append(row, byte(len(wrapped)))
		row = append(row, wrapped...)
	}
	return keys, row, nil
}

// close gives out no more and waits for the batch under way.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.idle.Wait()
}
