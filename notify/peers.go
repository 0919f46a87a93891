package notify

import (
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	// clockLimit is how far our clock may be from its peers' (LESSONS 37).
	clockLimit = time.Minute
	// peerWindow is how far readings may lie apart to be held against each
	// other: a clock may have been right an hour ago.
	peerWindow = 10 * time.Minute
	// peerLimit bounds how many peers are remembered.
	peerLimit = 32
)

// peers are the latest readings of other clocks: of relays and of webhooks.
type peers struct {
	mu       sync.Mutex
	readings map[string]reading
	latest   reading
}

// reading is what two clocks said at one moment.
type reading struct{ own, peer time.Time }

// off is how far our clock was behind, negative when ahead.
func (r reading) off() time.Duration { return r.peer.Sub(r.own.Round(0)) }

// note keeps a reading of the named peer.
func (p *peers) note(name string, r reading) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.readings == nil || len(p.readings) >= peerLimit {
		p.readings = map[string]reading{}
	}
	p.readings[name], p.latest = r, r
}

// off returns how far our clock is off.
func (p *peers) off() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return clockOff(p.latest, slices.Collect(maps.Values(p.readings)))
}

// clockOff weighs the readings of about the same moment as the latest: one peer
// that agrees with us acquits our clock, since a wrong one disagrees with all.
func clockOff(latest reading, all []reading) (off time.Duration) {
	off = latest.off()
	for _, r := range all {
		if r.own.Round(0).Sub(latest.own.Round(0)).Abs() <= peerWindow && r.off().Abs() < off.Abs() {
			off = r.off()
		}
	}
	return off
}

// NotePeer tells the engine what the clock of a peer says now. Health turns red
// when ours is off by more than a minute.
func (e *Engine) NotePeer(name string, at time.Time) {
	e.peers.note(name, reading{own: e.now(), peer: at})
}
