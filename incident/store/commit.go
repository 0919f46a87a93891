package store

import "sync"

// committer lets writers share a sync without waiting for each other: whoever
// finds the engine idle commits at once; whoever comes while a commit is under
// way joins the next one.
type committer struct {
	run func([]*call) // runs the calls in one commit and answers each

	mu    sync.Mutex
	queue []*call
	busy  bool
}

// call is one writer's transaction.
type call struct {
	fn   func(*group) error
	done chan error
}

// do hands fn to a commit and waits for it.
func (c *committer) do(fn func(*group) error) error {
	me := &call{fn: fn, done: make(chan error, 1)}
	c.mu.Lock()
	c.queue = append(c.queue, me)
	lead := !c.busy
	c.busy = true
	c.mu.Unlock()
	if lead {
		go c.drain()
	}
	return <-me.done
}

// drain commits whatever has gathered until nothing has.
func (c *committer) drain() {
	for {
		c.mu.Lock()
		batch := c.queue
		c.queue = nil
		c.busy = len(batch) > 0
		c.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		c.run(batch)
	}
}
