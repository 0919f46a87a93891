package store

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"meldklok/incident"
)

// committer lets writers share a sync without waiting for each other: whoever
// finds the engine idle commits at once; whoever comes while a commit is under
// way joins the next one. The queue is taken whole and in order, so nobody
// starves.
type committer struct {
	run func([]*call) // runs the calls and answers each

	mu     sync.Mutex
	queue  []*call
	busy   bool
	closed bool
	idle   sync.WaitGroup // the drain under way
}

// call is one writer's transaction.
type call struct {
	fn       func(*group) error
	err      error // fn's own refusal
	answered bool
	done     chan error
}

func (c *call) answer(err error) {
	if !c.answered {
		c.answered = true
		c.done <- err
	}
}

// invoke runs the writer's function. A panic is that writer's error: it must
// take neither the process nor the others with it.
func (c *call) invoke(g *group) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("store: a transaction panicked: %v\n%s", p, debug.Stack())
		}
	}()
	return c.fn(g)
}

// do hands fn to a commit and waits for it. Waiting is not cut short: the
// caller has to know what became of it.
func (c *committer) do(fn func(*group) error) error {
	me := &call{fn: fn, done: make(chan error, 1)}
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return ErrClosed
	}
	c.queue = append(c.queue, me)
	if !c.busy {
		c.busy = true
		c.idle.Go(c.drain)
	}
	c.mu.Unlock()
	return <-me.done
}

// drain commits whatever has gathered until nothing has.
func (c *committer) drain() {
	var batch []*call
	defer func() { c.abandon(batch) }()
	for {
		c.mu.Lock()
		batch, c.queue = c.queue, nil
		c.busy = len(batch) > 0
		c.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		c.run(batch)
	}
}

// abandon is for a writer's function that ended the goroutine (a test that
// fails inside a transaction does): nobody may wait for an answer for ever.
func (c *committer) abandon(batch []*call) {
	for _, me := range batch {
		me.answer(errors.New("store: a transaction in the same commit ended its goroutine"))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(batch) > 0 {
		c.idle.Go(c.drain)
	}
}

// close refuses further calls and waits for those under way.
func (c *committer) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.idle.Wait()
}

// group is what the writers of one commit share. It is their Writer, and
// counts what they change.
type group struct {
	Writer
	keys     *keyring
	changes  int
	counters counters
	org      *incident.Org // nil until one of them changes it
}

func (g *group) Put(t Table, key, value []byte) error {
	g.changes++
	if value == nil {
		value = []byte{} // an empty value is a value
	}
	g.counters.note(g.keys, g, t, key, value)
	return g.Writer.Put(t, key, value)
}

func (g *group) Delete(t Table, key []byte) error {
	g.changes++
	g.counters.note(g.keys, g, t, key, nil)
	return g.Writer.Delete(t, key)
}

// keysPerCall is about how many keys one writer's transaction writes.
const keysPerCall = 16

// commit runs calls and answers each of them.
func (s *Store) commit(calls []*call) {
	share := max(1, s.engine.MaxKeys()/keysPerCall)
	for len(calls) > 0 {
		batch := calls[:min(len(calls), share)]
		calls = calls[len(batch):]
		for len(batch) > 0 {
			batch = s.attempt(batch)
		}
	}
}

var (
	errSpoiled = errors.New("a writer failed after it had written")
	errNothing = errors.New("nobody wrote anything")
)

// attempt runs a batch in one transaction. A writer that refuses before it has
// written anything is simply passed over. One that fails later spoils the
// transaction: it is answered, and the others are returned to be run again
// without it, for a refusal of one writer is not another's.
func (s *Store) attempt(batch []*call) (again []*call) {
	var g *group
	spoiler := -1
	err := s.engine.Update(func(w Writer) error {
		c, err := s.readCounters(w)
		if err != nil {
			return err
		}
		g = &group{Writer: w, keys: s.keys, counters: c}
		for i, me := range batch {
			before := g.changes
			if me.err = me.invoke(g); me.err != nil && g.changes != before {
				spoiler = i
				return errSpoiled
			}
		}
		if g.changes == 0 {
			return errNothing
		}
		return s.writeCounters(w, g.counters)
	})
	switch {
	case errors.Is(err, errSpoiled):
		batch[spoiler].answer(batch[spoiler].err)
		return append(batch[:spoiler:spoiler], batch[spoiler+1:]...)
	case errors.Is(err, errNothing):
		s.answer(batch, nil)
	case err != nil:
		s.answer(batch, s.failed(err))
	default:
		if g.org != nil {
			s.org.Store(g.org)
		}
		s.answer(batch, nil)
		s.cfg.Changed()
	}
	return nil
}

// answer tells each writer its own refusal, or what became of the commit.
func (s *Store) answer(batch []*call, err error) {
	for _, me := range batch {
		if me.err != nil {
			me.answer(me.err)
			continue
		}
		me.answer(err)
	}
}
