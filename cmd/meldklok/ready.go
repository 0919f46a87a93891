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

// lookForRoom is how often the audit asks by itself. Nothing else may be written
// for hours, and a disk that filled up meanwhile takes no report.
const lookForRoom = 10 * time.Minute

// roomFindings says so when no report can be stored.
func (a *App) roomFindings(now time.Time) []incident.Finding {
	r := &a.probed
	r.mu.Lock()
	err, old := r.err, now.Sub(r.at) >= lookForRoom || now.Before(r.at)
	r.mu.Unlock()
	if old || err != nil {
		err = a.ready()
	}
	if err == nil {
		return nil
	}
	a.log.Error("no report can be stored", "err", err)
	return []incident.Finding{{Code: "reports-refused", Level: incident.Red}}
}
