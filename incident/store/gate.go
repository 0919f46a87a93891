package store

import (
	"context"
	"sync"
)

// gate keeps destructions out of a backup. A backup copies the record and then
// its keys; were keys destroyed in between, it would hold incidents that its keys
// do not open and that its log does not call destroyed. A destruction that comes
// meanwhile is put off until the backup is through: to every reader what it is
// about is gone already, and a crash leaves the marks for the next start.
type gate struct {
	destroying sync.Mutex // held while keys are destroyed
	mu         sync.Mutex
	copying    int  // backups under way
	due        bool // a destruction was put off
}

// copies lets a backup begin once no destruction is under way and first has
// run, and returns what ends it.
func (g *gate) copies(first func() error) (end func() (due bool), err error) {
	g.destroying.Lock()
	defer g.destroying.Unlock()
	if err := first(); err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.copying++
	return g.copied, nil
}

// copied ends a backup; due says that a destruction was put off until now.
func (g *gate) copied() (due bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.copying--; g.copying == 0 {
		due, g.due = g.due, false
	}
	return due
}

// destroys runs fn unless a backup is under way; then it is put off.
func (g *gate) destroys(fn func() error) error {
	g.destroying.Lock()
	defer g.destroying.Unlock()
	g.mu.Lock()
	if g.copying > 0 {
		g.due = true
		g.mu.Unlock()
		return nil
	}
	g.mu.Unlock()
	return fn()
}

// catchUp carries out the destructions that a backup put off.
func (s *Store) catchUp(ctx context.Context) {
	err := s.Dispose(ctx)
	if err == nil {
		err = s.Shred(ctx)
	}
	if err != nil && ctx.Err() == nil {
		s.cfg.Log.Error("what a backup had put off could not be destroyed; the next start does it", "err", err)
	}
}
