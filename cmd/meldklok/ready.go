package main

import (
	"context"
	"sync"
	"time"

	"meldklok/incident"
)

// readiness is the last answer to «are reports accepted?».
type readiness struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

// askAgain is how long an answer holds: anybody may ask, and each answer costs
// a write to disk.
const askAgain = time.Second

// ready answers whether reports are accepted: a row is written and synced, as
// for a report. A transaction that writes nothing would succeed on a full disk.
func (a *App) ready() error {
	r := &a.probed
	r.mu.Lock()
	defer r.mu.Unlock()
	if since := a.now().Sub(r.at); since >= 0 && since < askAgain {
		return r.err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	r.at = a.now()
	r.err = a.store.Update(ctx, func(tx incident.Tx) error { return tx.SetCredential("probe of readiness", []byte("written")) })
	return r.err
}
