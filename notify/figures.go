package notify

import "time"

// Relays returns every relay by name, and whether it takes our mail; two of one
// name are one, well while one of them is.
func (e *Engine) Relays() map[string]bool {
	e.send.mu.Lock()
	defer e.send.mu.Unlock()
	well := map[string]bool{}
	for _, r := range e.send.roads {
		name := r.transport.Name()
		well[name] = well[name] || later(r.since, r.refusedAt).IsZero()
	}
	return well
}

// ClockOff returns how far this computer's clock is behind its peers',
// negative when it is ahead.
func (e *Engine) ClockOff() time.Duration { return e.peers.off() }
