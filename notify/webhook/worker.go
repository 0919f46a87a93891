package webhook

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"
)

const (
	// patience is how long after it was made a post is tried.
	patience = 10 * time.Minute
	// queueLimit is how many posts wait for one receiver; beyond it the oldest
	// is dropped.
	queueLimit = 64
	// missedEvery is how often a receiver is told that it missed posts, until
	// it hears it.
	missedEvery = 10 * time.Minute
	// loudFailures is how many failures in a row are logged as warnings.
	loudFailures = 5
)

// worker carries the posts of one receiver, one after another.
type worker struct {
	road   *Road
	target Target
	wake   chan struct{}

	mu     sync.Mutex
	queue  []Note
	status Status
}

// push queues a post. It never waits.
func (w *worker) push(n Note) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n.once() { // a newer ping takes the place of one that waits
		w.queue = nil
	}
	if len(w.queue) == queueLimit {
		w.queue = slices.Delete(w.queue, 0, 1)
		w.status.Lost++
		w.status.Reason = reasonOverflow
	}
	w.queue = append(w.queue, n)
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// forget drops what waits of a kind: after a red audit no ping goes out.
func (w *worker) forget(kind Kind) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue = slices.DeleteFunc(w.queue, func(n Note) bool { return n.Kind == kind })
}

// run carries posts until ctx ends.
func (w *worker) run(ctx context.Context) {
	for {
		n, ok := w.next(ctx)
		if !ok {
			return
		}
		w.deliver(ctx, n)
	}
}

// next waits for a post. When none comes and some were lost, it makes one that
// says so. ok is false when ctx has ended.
func (w *worker) next(ctx context.Context) (n Note, ok bool) {
	for ctx.Err() == nil {
		n, lost, ok := w.pop()
		if ok {
			return n, true
		}
		var again <-chan time.Time
		if lost > 0 {
			again = time.After(missedEvery)
		}
		select {
		case <-ctx.Done():
		case <-w.wake:
		case <-again:
			return w.missed(), true
		}
	}
	return Note{}, false
}

func (w *worker) pop() (n Note, lost int, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		return Note{}, w.status.Lost, false
	}
	n = w.queue[0]
	w.queue = slices.Delete(w.queue, 0, 1)
	return n, 0, true
}

// missed is the post that tells of lost ones.
func (w *worker) missed() Note {
	w.mu.Lock()
	defer w.mu.Unlock()
	return Note{ID: newID(), Kind: KindMissed, At: w.road.cfg.Now().UTC(), Missed: w.status.Lost}
}

// deliver tries a post until it is taken, refused for good, or too old.
func (w *worker) deliver(ctx context.Context, n Note) {
	for try := 1; ; try++ {
		err := w.road.attempt(ctx, w.target, n)
		if ctx.Err() != nil {
			return
		}
		now := w.road.cfg.Now().UTC()
		if err == nil {
			w.good(n, now)
			return
		}
		f := w.failed(err, now)
		pause := max(backoff(try), f.after)
		if f.final || n.once() || now.Add(pause).Sub(n.At) > patience {
			w.lose(n)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// backoff is the pause after the n-th failure: 5 s, doubled up to two minutes.
func backoff(n int) time.Duration {
	return min(5*time.Second<<min(n-1, 5), 2*time.Minute)
}

// good records that a post was taken. Lost ones are made good only by the post
// that tells of them.
func (w *worker) good(n Note, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status.Good, w.status.Tried, w.status.Failures = now, now, 0
	if w.status.Lost -= n.Missed; w.status.Lost == 0 {
		w.status.Reason = ""
	}
}

// failed records a failed attempt. Only the first ones are worth a line in the
// log; health tells the rest.
func (w *worker) failed(err error, now time.Time) *failure {
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{reason: reasonForm, err: err}
	}
	w.mu.Lock()
	w.status.Tried, w.status.Reason = now, f.reason
	w.status.Failures++
	failures := w.status.Failures
	w.mu.Unlock()
	level := slog.LevelWarn
	if failures > loudFailures {
		level = slog.LevelDebug
	}
	w.road.cfg.Log.Log(context.Background(), level, "a webhook did not take a post", "webhook", w.target.name, "reason", f.reason, "err", f.err, "failures", failures)
	return f
}

// lose gives a post up. A ping is not counted: the next one comes in a minute.
func (w *worker) lose(n Note) {
	if n.once() {
		return
	}
	w.mu.Lock()
	w.status.Lost++
	reason := w.status.Reason
	w.mu.Unlock()
	w.road.cfg.Log.Error("a post was given up; alerts by mail go on", "webhook", w.target.name, "kind", string(n.Kind), "reason", reason)
}
