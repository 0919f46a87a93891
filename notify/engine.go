package notify

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"meldklok/incident"
	"meldklok/notify/mailer"
)

// Config is what an engine is made of.
type Config struct {
	Store      incident.Store
	Planner    *Live
	Writer     Writer
	Transports []mailer.Transport // in order of preference
	Now        func() time.Time
	After      func(time.Duration) <-chan time.Time // waits on the clock of Now; nil: time.After
	Log        *slog.Logger

	Period time.Duration // between turns; 0: 5 s
	Batch  int           // planned rows per transaction; 0: 10
	Slice  int           // duties re-derived per period, at most; 0: 10,000
	Keep   time.Duration // how long ended mails keep their text; 0: 30 days

	// Rederive folds the logs of a slice of open duties anew and repairs what
	// disagrees with them. It returns where the next slice begins (zero: from
	// the start) and what did not agree.
	Rederive func(ctx context.Context, after incident.Ref, limit int) (Rederived, error)
	// Pending gives deliveries without an outcome one.
	Pending func(ctx context.Context) error
	// Ended is called for every mail that has ended, once that is recorded.
	Ended func(incident.Message)
	// Findings are those of others: configuration, keys, mailboxes.
	Findings func(now time.Time) []incident.Finding
	// Audited is told the result of every audit, and Alerted of every batch of
	// rungs once it is on disk. Both must return at once: the engine waits.
	Audited func(incident.Health)
	Alerted func(Fired)
	// Alarms are what administrators are mailed about; nil: nothing.
	Alarms func(now time.Time) []incident.Alarm
	// Probes are the mailboxes that are sent a probe, and ProbeEvery how often;
	// 0: 6 hours.
	Probes     []ProbeTo
	ProbeEvery time.Duration
	// Forget destroys the next slice of what is kept no longer; nil: nothing.
	Forget func(ctx context.Context) error
	// Step is called between every two steps; an error ends the engine there.
	// Tests kill it so.
	Step func(step string) error
}

// Engine queues, sends, records and audits.
type Engine struct {
	cfg    Config
	born   time.Time
	wake   chan struct{}
	ready  chan struct{} // something was queued
	health atomic.Pointer[examined]

	queue queueState
	send  sendState
	peers peers
	audit auditState
	sweep sweepState
	aside asideState

	trials  atomic.Uint64 // of the relays, by a person
	rewound rewindState

	digest digestState
}

// New returns an engine. Its ladders must have been checked.
func New(cfg Config) *Engine {
	cfg.Period = or(cfg.Period, 5*time.Second)
	cfg.Batch = or(cfg.Batch, 10)
	cfg.Slice = or(cfg.Slice, 10_000)
	cfg.Keep = or(cfg.Keep, 30*24*time.Hour)
	if cfg.Step == nil {
		cfg.Step = func(string) error { return nil }
	}
	if cfg.After == nil {
		cfg.After = time.After
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	e := &Engine{cfg: cfg, wake: make(chan struct{}, 2), ready: make(chan struct{}, 1)}
	e.born = e.now()
	e.queue.init()
	e.send.init(cfg.Transports)
	e.health.Store(&examined{Health: incident.Health{Findings: []incident.Finding{{Code: "starting", Level: incident.Amber}}}})
	return e
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Wake makes the engine turn at once: something changed.
func (e *Engine) Wake() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// tellSender makes the sender look for mails at once.
func (e *Engine) tellSender() {
	select {
	case e.ready <- struct{}{}:
	default:
	}
}

// Run turns until ctx ends. Queueing, sending and sweeping run side by side, so
// that neither a slow relay nor a large record keeps a rung from being
// recorded. A failed turn is logged and tried again; only a Step error ends Run.
func (e *Engine) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var loops sync.WaitGroup
	loops.Go(func() { e.loop(ctx, cancel, e.ready, e.sendTurn) })
	loops.Go(func() { e.sweepLoop(ctx) })
	loops.Go(func() {
		e.loop(ctx, cancel, e.wake, func(ctx context.Context) error {
			err := e.queueTurn(ctx)
			e.tellSender()
			return err
		})
	})
	loops.Wait()
	if cause := context.Cause(ctx); isStep(cause) {
		return cause
	}
	return nil
}

// gather is how long a turn waits, once something changed, for more to change:
// a flood of reports is not a flood of turns.
const gather = 10 * time.Millisecond

// loop runs turn every period, at the next planned instant, and when woken.
func (e *Engine) loop(ctx context.Context, end context.CancelCauseFunc, wake <-chan struct{}, turn func(context.Context) error) {
	for {
		switch err := turn(ctx); {
		case isStep(err):
			end(err)
			return
		case err != nil && ctx.Err() == nil:
			e.cfg.Log.Error("a turn of the engine failed; it is tried again", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-wake:
			time.Sleep(gather)
		case <-e.cfg.After(e.pause(ctx)):
		}
	}
}

// sweepLoop does every period what reads the whole record in time, so that no
// turn waits for it: the walk after our clock went back, a slice of the sweep, and
// the destruction of the next slice of what is kept no longer.
func (e *Engine) sweepLoop(ctx context.Context) {
	for {
		if err := e.Rewind(ctx); err != nil && ctx.Err() == nil {
			e.cfg.Log.Error("the walk after our clock went back failed; it is tried again", "err", err)
		}
		if err := e.Sweep(ctx); err != nil && ctx.Err() == nil {
			e.cfg.Log.Error("a slice of the sweep failed; it is tried again", "err", err)
		}
		if e.cfg.Forget != nil {
			if err := e.cfg.Forget(ctx); err != nil && ctx.Err() == nil {
				e.cfg.Log.Error("what is kept no longer could not be destroyed; it is tried again", "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-e.cfg.After(e.cfg.Period):
		}
	}
}

// pause is the time to the next turn: a period, or less when a row is planned
// sooner.
func (e *Engine) pause(ctx context.Context) time.Duration {
	pause := e.cfg.Period
	_ = e.cfg.Store.View(ctx, func(v incident.View) error {
		if at, ok := v.NextPlanned(); ok {
			if left := at.Sub(e.cfg.Now()); left > 0 && left < pause {
				pause = left
			}
		}
		return nil
	})
	return pause
}

// Turn runs one whole turn: queue, send, audit. Run does the same side by side,
// and beside it [Engine.Rewind] and [Engine.Sweep].
func (e *Engine) Turn(ctx context.Context) error {
	if err := e.queueAll(ctx); err != nil {
		return err
	}
	if err := e.sendTurn(ctx); err != nil {
		return err
	}
	return e.auditTurn(ctx)
}

// queueTurn queues, and audits once a period.
func (e *Engine) queueTurn(ctx context.Context) error {
	if err := e.queueAll(ctx); err != nil || !e.auditDue() {
		return err
	}
	return e.auditTurn(ctx)
}

// queueAll settles what a crash left, wakes waiting mails and queues what is due.
func (e *Engine) queueAll(ctx context.Context) error {
	if e.cfg.Pending != nil {
		if err := e.cfg.Pending(ctx); err != nil {
			return err
		}
	}
	if err := e.wakeWaiting(ctx); err != nil {
		return err
	}
	return e.queueDue(ctx)
}

// auditDue reports whether a period has passed since the last audit; turns
// that a change brought about do not all audit.
func (e *Engine) auditDue() bool {
	e.audit.mu.Lock()
	defer e.audit.mu.Unlock()
	now := e.cfg.Now()
	if since := now.Sub(e.audit.last); since >= 0 && since < e.cfg.Period/2 {
		return false
	}
	e.audit.last = now
	return true
}

// stepError marks that Step asked to stop.
type stepError struct{ err error }

func (s *stepError) Error() string { return "stopped at a step: " + s.err.Error() }
func (s *stepError) Unwrap() error { return s.err }

func isStep(err error) bool {
	var s *stepError
	return errors.As(err, &s)
}

func (e *Engine) step(name string) error {
	if err := e.cfg.Step(name); err != nil {
		return &stepError{err}
	}
	return nil
}
