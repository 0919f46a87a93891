package webhook

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"meldklok/incident"
)

// Config is what a road is made of.
type Config struct {
	Targets []Target
	URL     string // address of the pages; only source of links
	Now     func() time.Time
	Log     *slog.Logger
	// Peer is told of a receiver's clock as its answer's Date header gives it,
	// to the second.
	Peer func(name string, at time.Time)
	// Dial makes the connections; nil for the network.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Record is what posts about entries are made from; nil: there are none.
	Record Log
	// RootCAs are the authorities trusted; nil for the system's.
	RootCAs *x509.CertPool
}

// Road carries posts to its receivers. Make it with [New].
type Road struct {
	cfg     Config
	client  *http.Client
	workers []*worker
	feeds   []*feed

	mu     sync.Mutex
	memory Memory
}

// New returns a road. Without targets it does nothing, at no cost.
func New(cfg Config) *Road {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	r := &Road{cfg: cfg, client: newClient(cfg)}
	named := map[string]int{}
	for _, t := range cfg.Targets {
		if named[t.name]++; named[t.name] > 1 {
			t.name = fmt.Sprintf("%s (%d)", t.name, named[t.name])
		}
		w := &worker{road: r, target: t, wake: make(chan struct{}, 1), status: Status{Name: t.name}}
		r.workers = append(r.workers, w)
		if len(t.Entries) > 0 && cfg.Record != nil {
			r.feeds = append(r.feeds, &feed{worker: w, log: cfg.Record, wake: make(chan struct{}, 1)})
		}
	}
	return r
}

// Run carries posts until ctx ends.
func (r *Road) Run(ctx context.Context) error {
	var running sync.WaitGroup
	for _, w := range r.workers {
		running.Go(func() { w.run(ctx) })
	}
	for _, f := range r.feeds {
		running.Go(func() { f.run(ctx) })
	}
	running.Wait()
	r.client.CloseIdleConnections()
	return nil
}

// Audited takes up the result of an audit. It returns at once.
func (r *Road) Audited(h incident.Health) {
	if len(r.workers) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var notes []Note
	if r.memory, notes = Decide(r.memory, h); h.Red() {
		for _, w := range r.workers {
			w.forget(KindBeat)
		}
	}
	r.hand(notes)
}

// Grown says that the record may have new entries. It returns at once.
func (r *Road) Grown() {
	for _, f := range r.feeds {
		select {
		case f.wake <- struct{}{}:
		default:
		}
	}
}

// Alerted takes up a batch of queued rungs. It returns at once.
func (r *Road) Alerted(batch Alerts) {
	if n, ok := pick(batch); ok {
		r.hand([]Note{n})
	}
}

// hand gives posts to every receiver that takes them.
func (r *Road) hand(notes []Note) {
	for _, n := range notes {
		n.ID = newID()
		for _, w := range r.workers {
			if w.target.takes(n.Kind) {
				w.push(n)
			}
		}
	}
}

// Findings tells which receivers cannot be reached. Amber: mail goes on.
func (r *Road) Findings() (f []incident.Finding) {
	for _, s := range r.Status() {
		if s.Trouble() {
			f = append(f, incident.Finding{Code: "webhook-trouble", Level: incident.Amber, Args: map[string]any{
				"webhook": s.Name, "reason": s.Reason,
			}})
		}
	}
	return f
}

// Status returns how each receiver stands, in the order of the settings.
func (r *Road) Status() (all []Status) {
	for _, w := range r.workers {
		w.mu.Lock()
		all = append(all, w.status)
		w.mu.Unlock()
	}
	return all
}

// Status is how one receiver stands. It is kept in memory alone.
type Status struct {
	Name     string
	Good     time.Time // last post or ping that was taken, UTC; zero: none
	Tried    time.Time // last attempt, UTC
	Failures int       // failed attempts since then
	Lost     int       // posts given up or dropped since then
	Reason   string    // of the last failure
}

// Trouble reports whether posts do not arrive: one was lost, or three attempts
// in a row failed.
func (s Status) Trouble() bool { return s.Lost > 0 || s.Failures >= 3 }
