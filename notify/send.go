package notify

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"meldklok/incident"
	"meldklok/notify/mailer"
)

const (
	// sendBatch is how many ready mails the sender looks at together.
	sendBatch = 50
	// mostFlying is how many outcomes may be on their way to disk: sending goes
	// on meanwhile, and a crash sends no more than these again.
	mostFlying = 200
	// patience is how long we may be put off before the next person is told as
	// well. The mail is still tried: whoever puts us off may be a relay that puts
	// everybody off, and then there is no next person (LESSONS 25, 26).
	patience = time.Hour
	// stageLimit bounds one attempt, whatever the transport's own limits.
	stageLimit = 5 * time.Minute
)

// sendState is what the sender remembers between turns.
type sendState struct {
	mu     sync.Mutex
	roads  []*road
	flying map[uint64]bool // mails whose outcome is being recorded
}

// road is one transport with its back-off.
type road struct {
	transport mailer.Transport
	downUntil time.Time
	failures  int
	reason    mailer.Reason
	since     time.Time // since when it cannot be opened; zero when it can
	refusedAt time.Time // when it first refused our mail; zero once it took one

	answeredAt time.Time // when it last answered to a mail
	answer     string    // and what it said
}

func (s *sendState) init(transports []mailer.Transport) {
	s.flying = map[uint64]bool{}
	for _, t := range transports {
		s.roads = append(s.roads, &road{transport: t})
	}
}

const longestBackoff = 10 * time.Minute

// backoff is the pause after the n-th failure in a row: half a minute, doubled
// up to ten minutes.
func backoff(n int) time.Duration {
	pause := 30 * time.Second << min(max(n-1, 0), 5)
	return min(pause, longestBackoff)
}

// sendTurn sends everything that is ready, nearest deadline first, unless
// sending is held.
func (e *Engine) sendTurn(ctx context.Context) error {
	if held, err := e.held(ctx); err != nil || held {
		return err
	}
	s := &sending{e: e, slots: make(chan struct{}, mostFlying)}
	defer s.finish()
	for sent := false; ; sent = true {
		mails, err := e.readyMails(ctx)
		if err := errors.Join(err, s.failed()); err != nil {
			return err // asked only now: what was not recorded is ready again
		}
		if len(mails) == 0 {
			if err := s.settle(sent); err != nil {
				return err
			}
			e.probe(ctx)
			return nil
		}
		for _, m := range mails {
			if err := ctx.Err(); err != nil {
				return nil
			}
			more, err := s.one(ctx, m)
			switch {
			case err != nil && !forAll(err):
				e.putMailAside(m, err, mailAside)
			case err != nil || !more:
				return err
			}
		}
	}
}

// readyMails returns the next mails that no one is recording.
func (e *Engine) readyMails(ctx context.Context) (mails []incident.Message, err error) {
	e.send.mu.Lock()
	defer e.send.mu.Unlock()
	err = e.cfg.Store.View(ctx, func(v incident.View) error {
		now := e.cfg.Now()
		for m, err := range v.Ready(func(id uint64) bool { return e.send.flying[id] || e.mailIsAside(id, now) }) {
			if err != nil && forAll(err) {
				return err
			}
			if err != nil {
				e.putMailAside(m, err, asideFor) // it cannot even be tried
				continue
			}
			if mails = append(mails, m); len(mails) == sendBatch {
				break
			}
		}
		return nil
	})
	return mails, err
}

// sending is one turn of the sender: a connection that is used again and
// again, and the outcomes being recorded behind it.
type sending struct {
	e       *Engine
	road    *road
	conn    mailer.Conn
	records sync.WaitGroup
	slots   chan struct{} // one for each outcome being recorded
	mu      sync.Mutex
	err     error
}

// settle waits until every outcome is on disk, if something was sent.
func (s *sending) settle(sent bool) error {
	s.records.Wait()
	if err := s.failed(); err != nil || !sent {
		return err
	}
	return s.e.step("after-record")
}

// failed returns why outcomes could not be recorded.
func (s *sending) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *sending) finish() {
	s.records.Wait()
	s.hangUp()
}

func (s *sending) hangUp() {
	if s.conn != nil {
		_ = s.conn.Close()
		s.conn = nil
	}
}

// one sends one mail, or records why it no longer has to be sent. more is
// false when no road is open, so that the rest waits.
func (s *sending) one(ctx context.Context, m incident.Message) (more bool, err error) {
	needed, reason, err := s.e.stillNeeded(ctx, m)
	if err != nil {
		return false, err
	}
	if !needed {
		m.State, m.Reply, m.Ended = reason, string(reason), s.e.cfg.Now().UTC()
		return true, s.e.record(ctx, m)
	}
	raw, err := s.e.mailBytes(ctx, m.ID)
	if errors.Is(err, incident.ErrDestroyed) && s.e.takenBack(ctx, m.ID) {
		return true, nil // the reporter was forgotten a moment ago
	}
	if err != nil {
		return false, err
	}
	if err := s.e.step("before-send"); err != nil {
		return false, err
	}
	result, sent := s.try(ctx, m, raw)
	if !sent {
		return false, nil
	}
	if err := s.e.step("after-send"); err != nil {
		return false, err
	}
	s.recordLater(ctx, s.e.judge(m, s.road, result))
	return true, nil
}

// stillNeeded reads the incidents again immediately before sending (LESSONS
// 29). A mail goes as long as one of its alerts is still wanted.
func (e *Engine) stillNeeded(ctx context.Context, m incident.Message) (needed bool, reason incident.DeliveryState, err error) {
	if m.Class != incident.ClassAlert {
		return true, "", nil
	}
	reason = incident.Cancelled
	err = e.cfg.Store.View(ctx, func(v incident.View) error {
		for _, a := range m.Alerts {
			inc, err := v.Incident(a.Ref)
			if errors.Is(err, incident.ErrNotFound) {
				continue // destroyed since
			}
			state := incident.Queued // nobody can tell: rather a mail too many
			if err == nil {
				state = alertState(inc, a, m)
			}
			if state == incident.Queued {
				needed = true
				return nil
			}
			if state == incident.Superseded {
				reason = state
			}
		}
		return nil
	})
	return needed, reason, err
}

// alertState says how an alert stands that has not been sent: still wanted
// (Queued), covered by a later rung, or no longer wanted.
func alertState(inc *incident.Incident, a incident.Alert, m incident.Message) incident.DeliveryState {
	d := inc.Duty(a.Duty)
	switch {
	case d == nil || !d.Open() || d.Clock.Version != a.Version:
		return incident.Cancelled
	case m.Attempts > 0 && inc.PressedAt.After(m.Queued):
		return incident.Cancelled // somebody pressed «seen»: this rung's retries end
	case !d.Awaits(m.ID):
		return incident.Superseded
	}
	return incident.Queued
}

// takenBack reports whether a mail that was ready is no longer to be sent.
func (e *Engine) takenBack(ctx context.Context, id uint64) (so bool) {
	_ = e.cfg.Store.View(ctx, func(v incident.View) error {
		m, err := v.Message(id)
		so = errors.Is(err, incident.ErrDestroyed) || (err == nil && m.State.Final())
		return nil
	})
	return so
}

func (e *Engine) mailBytes(ctx context.Context, id uint64) (raw []byte, err error) {
	err = e.cfg.Store.View(ctx, func(v incident.View) error {
		raw, err = v.Mail(id)
		return err
	})
	return raw, err
}

// try sends over the first road that takes the mail; the next road is tried
// when one refuses us or puts us off. sent is false when none is open.
func (s *sending) try(ctx context.Context, m incident.Message, raw []byte) (result mailer.Result, sent bool) {
	tried := map[*road]bool{}
	for {
		if !s.connect(ctx, tried) {
			return result, sent
		}
		attempt, cancel := context.WithTimeout(ctx, stageLimit)
		result, sent = s.conn.Send(attempt, s.e.cfg.Writer.From, m.To, raw), true
		cancel()
		if !result.PeerTime.IsZero() {
			s.e.NotePeer(s.road.transport.Name(), result.PeerTime)
		}
		if result.Gone {
			s.hangUp()
		}
		switch result.Verdict {
		case mailer.Accepted, mailer.RefusedPerson, mailer.Unknown:
			return result, true
		}
		tried[s.road] = true
		s.hangUp()
	}
}

// connect makes sure that a connection over a road not yet tried is open.
func (s *sending) connect(ctx context.Context, tried map[*road]bool) bool {
	if s.conn != nil {
		return true
	}
	for _, r := range s.e.send.roads {
		if tried[r] || s.e.isDown(r) {
			continue
		}
		conn, err := r.transport.Open(ctx)
		if err != nil {
			if ctx.Err() == nil {
				s.e.trouble(r, err)
			}
			continue
		}
		s.e.well(r)
		s.road, s.conn = r, conn
		return true
	}
	return false
}

func (e *Engine) now() time.Time { return e.cfg.Now().UTC() }

// isDown reports whether a road is to be left alone for now. A pause longer than
// any we take was begun by a clock that has gone back since.
func (e *Engine) isDown(r *road) bool {
	e.send.mu.Lock()
	defer e.send.mu.Unlock()
	left := r.downUntil.Sub(e.now())
	return left > 0 && left <= longestBackoff
}

// trouble backs off from a road that cannot be opened: that concerns us, never
// a person.
func (e *Engine) trouble(r *road, err error) {
	e.send.mu.Lock()
	defer e.send.mu.Unlock()
	r.failures++
	r.downUntil = e.now().Add(backoff(r.failures))
	r.reason = mailer.ReasonNetwork
	var open *mailer.OpenError
	if errors.As(err, &open) {
		r.reason = open.Reason
	}
	if r.since.IsZero() {
		r.since = e.now()
	}
	e.cfg.Log.Warn("a relay cannot be used; it is tried again", append([]any{"relay", r.transport.Name(), "reason", string(r.reason), "failures", r.failures}, details(open)...)...)
}

// details is what a log may say of a relay that could not be opened: where it
// ended, and the server's number or our own error, never the server's words.
func details(open *mailer.OpenError) []any {
	switch {
	case open == nil:
		return nil
	case open.Code != 0:
		return []any{"stage", string(open.Stage), "code", open.Code, "enhanced", open.Enhanced}
	case open.Stage == mailer.StageLogin:
		return []any{"stage", string(open.Stage)} // a token's endpoint may repeat who asked
	}
	return []any{"stage", string(open.Stage), "err", open.Err}
}

func (e *Engine) well(r *road) {
	e.send.mu.Lock()
	defer e.send.mu.Unlock()
	r.failures, r.downUntil, r.since = 0, time.Time{}, time.Time{}
}

// took notes that a road has taken a mail of ours.
func (e *Engine) took(r *road) {
	e.send.mu.Lock()
	defer e.send.mu.Unlock()
	r.refusedAt = time.Time{}
}

// probe opens every road that was in trouble and may be tried again, so that
// health does not stay red for want of a mail.
func (e *Engine) probe(ctx context.Context) {
	for _, r := range e.send.roads {
		e.send.mu.Lock()
		troubled := !r.since.IsZero()
		e.send.mu.Unlock()
		if !troubled || e.isDown(r) {
			continue
		}
		conn, err := r.transport.Open(ctx)
		if err != nil {
			if ctx.Err() == nil {
				e.trouble(r, err)
			}
			continue
		}
		e.well(r)
		_ = conn.Close()
	}
}

// refused marks a road that takes connections and refuses our mail.
func (e *Engine) refused(r *road, reason mailer.Reason) {
	e.send.mu.Lock()
	defer e.send.mu.Unlock()
	r.reason = reason
	if r.refusedAt.IsZero() {
		r.refusedAt = e.now()
	}
}

// judge says how a mail stands after an attempt. Only a proved refusal of this
// person is final; whatever is not understood is tried again (LESSONS section 5).
func (e *Engine) judge(m incident.Message, r *road, result mailer.Result) incident.Message {
	now := e.now()
	m.Attempts++
	m.Relay, m.Reply = r.transport.Name(), fmt.Sprintf("%d %s", result.Code, result.Reply)
	if result.Code == 0 {
		m.Reply = result.Reply
	}
	if m.Reply == "" {
		m.Reply = string(result.Reason)
	}
	e.answered(r, m.Reply)
	switch result.Verdict {
	case mailer.Accepted:
		e.took(r)
		m.State, m.Ended = incident.Accepted, now
		if result.Reason == mailer.ReasonKept {
			m.State = incident.Kept
		}
		return m
	case mailer.RefusedPerson:
		m.State, m.Ended = incident.Failed, now
		return m
	case mailer.Unknown:
		m.Uncertain = true
	case mailer.RefusedRelay:
		e.refused(r, result.Reason)
	}
	if result.Verdict == mailer.Temporary && m.Class == incident.ClassAlert && now.Sub(m.Queued) >= patience {
		m.PutOff = true
	}
	m.State, m.Next = incident.Retrying, now.Add(backoff(m.Attempts))
	return m
}
