package web

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"meldklok/incident"
)

// errFlood: too much comes from one place, or in all.
var errFlood = errors.New("web: too many requests")

// gate bounds what strangers can make us do. A whole organisation can stand
// behind one address, and in a real leak many people report at once, so the
// bounds are wide: they stop a flood, not a crowd.
type gate struct {
	now  func() time.Time
	mu   sync.Mutex
	all  *rate.Limiter
	from map[string]*rate.Limiter
}

const (
	burstFrom = 30 // at once, from one address
	burstAll  = 300
	mostFrom  = 10_000 // addresses remembered
)

func newGate(now func() time.Time) *gate {
	return &gate{now: now, all: rate.NewLimiter(rate.Every(time.Second), burstAll), from: map[string]*rate.Limiter{}}
}

// admit reports whether one more request from the address is fine.
func (g *gate) admit(address string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.from[address]
	if l == nil {
		if len(g.from) >= mostFrom {
			clear(g.from)
		}
		l = rate.NewLimiter(rate.Every(5*time.Second), burstFrom)
		g.from[address] = l
	}
	now := g.now()
	return l.AllowN(now, 1) && g.all.AllowN(now, 1)
}

// receipts remembers for a while which form led to which receipt, so that a
// form that is sent twice (a double click, a lost answer) is one report. It
// holds codes in memory only.
type receipts struct {
	now  func() time.Time
	mu   sync.Mutex
	sent map[string]*sending
}

type receipt struct {
	ref  incident.Ref
	code string
}

// sending is a form on its way; done is closed when receipt and err stand.
type sending struct {
	at      time.Time
	done    chan struct{}
	receipt receipt
	err     error
}

// errBroken: sending a form broke off.
var errBroken = errors.New("web: the form was not recorded")

const (
	longestOnce  = 64 // bytes of a form's name
	receiptKept  = time.Hour
	mostReceipts = 2000
)

func newReceipts(now func() time.Time) *receipts {
	return &receipts{now: now, sent: map[string]*sending{}}
}

// once calls send for a form that has not been sent, and otherwise returns what
// came of it. A failed one may be sent again.
func (r *receipts) once(name string, send func() (receipt, error)) (receipt, error) {
	if name == "" || len(name) > longestOnce { // not one of ours: a stranger fills no memory with names
		return send()
	}
	r.mu.Lock()
	s, known := r.sent[name]
	if !known {
		r.tidy()
		s = &sending{at: r.now(), done: make(chan struct{})}
		r.sent[name] = s
	}
	r.mu.Unlock()
	if known {
		<-s.done
		return s.receipt, s.err
	}
	defer close(s.done)
	s.err = errBroken // unless send comes back: a panic must not look like a receipt
	defer func() {
		if s.err != nil {
			r.mu.Lock()
			defer r.mu.Unlock()
			delete(r.sent, name)
		}
	}()
	s.receipt, s.err = send()
	return s.receipt, s.err
}

func (r *receipts) tidy() {
	if len(r.sent) < mostReceipts {
		return
	}
	for name, s := range r.sent {
		if r.now().Sub(s.at) >= receiptKept {
			delete(r.sent, name)
		}
	}
	if len(r.sent) >= mostReceipts {
		clear(r.sent)
	}
}

// newOnce makes a name for a form.
func newOnce() (string, error) {
	raw := make([]byte, 16)
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("web: form name: %w", err)
	}
	return hex.EncodeToString(raw), nil
}
