package mailbox

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"time"

	"meldklok/incident"
)

// pass takes in everything that stands behind the cursor, oldest first: small
// messages several at a time (together.go), the others each by itself and never in
// memory as a whole. It returns the error that ends the connection; what was
// accepted before it stays accepted.
func (w *Watcher) pass(ctx context.Context, c *connection) error {
	state, err := c.open(ctx)
	if err != nil {
		return err
	}
	w.enter(state)
	uids, err := c.after(ctx, w.cursor.UID)
	if err != nil {
		return err
	}
	w.update(func(s *Status) { s.Connected, s.InFolder, s.Backlog = true, state.messages, len(uids) })
	if err := w.takeAll(ctx, c, uids); err != nil {
		return err
	}
	if err := w.retryAside(ctx, c); err != nil {
		return err
	}
	return w.reconcile(ctx, c)
}

// takeAll works through UIDs in batches, so that a backlog of any length needs
// the memory of its numbers only.
func (w *Watcher) takeAll(ctx context.Context, c *connection, uids []uint32) error {
	var stuck suspect
	for len(uids) > 0 {
		batch := uids[:min(len(uids), w.batchSize())]
		found, err := c.list(ctx, batch)
		if err != nil {
			return w.listFailed(uids, err)
		}
		if stuck, err = w.takeBatch(ctx, c, batch, found, stuck); err != nil {
			return err
		}
		uids = uids[len(batch):]
		w.update(func(s *Status) { s.Backlog = len(uids) })
	}
	return stuck.err // nobody behind it showed whose fault it is
}

// takeBatch takes messages in their order: together as long as that goes well, one
// by one where it does not.
func (w *Watcher) takeBatch(ctx context.Context, c *connection, batch []uint32, found map[uint32]listed, stuck suspect) (suspect, error) {
	for len(batch) > 0 {
		group := w.together(batch, found, stuck)
		batch = batch[len(group):]
		if len(group) > 1 {
			switch err := w.takeTogether(ctx, c, group, found); {
			case err == nil:
				continue
			case !usable(err):
				return stuck, err
			}
		}
		for _, uid := range group {
			at, there := found[uid]
			if !there {
				w.pastIt(uid) // gone since it was listed
				continue
			}
			var err error
			if stuck, err = w.takeNext(ctx, c, uid, at.date, stuck); err != nil {
				return stuck, err
			}
		}
	}
	return stuck, nil
}

// suspect is a message that Accept refused several times, while it is not yet
// known whether the fault is the message's or the store's.
type suspect struct {
	uid  uint32
	date time.Time
	err  error
}

func (w *Watcher) batchSize() int {
	if w.single {
		return 1
	}
	return listAtOnce
}

// listFailed decides what a failed question about dates means. The library
// gives up the whole connection over one malformed date, so the messages are
// then asked for one by one, and the one that does it is set aside.
func (w *Watcher) listFailed(uids []uint32, err error) error {
	if w.single {
		if w.tries[uids[0]]++; w.tries[uids[0]] >= triesBeforeAside {
			w.setAside(uids[0], w.seams.Now()) // its own date cannot be had
			w.pastIt(uids[0])
		}
	}
	w.single = true
	return err
}

// takeNext takes one message. A failure ends the pass, until the message has
// failed often enough. What the server cannot give is then set aside. What
// Accept did not keep waits for the next message: when that one is kept, the
// fault was the first one's own; when not, it is the store's, and nothing is
// set aside.
func (w *Watcher) takeNext(ctx context.Context, c *connection, uid uint32, date time.Time, stuck suspect) (suspect, error) {
	err := w.take(ctx, c, uid, date)
	if err == nil {
		if stuck.err != nil {
			w.setAside(stuck.uid, stuck.date)
		}
		return suspect{}, nil
	}
	if ctx.Err() != nil {
		return stuck, ctx.Err()
	}
	w.tries[uid]++
	switch {
	case stuck.err != nil || w.tries[uid] < triesBeforeAside:
		return stuck, err
	case isOurs(err):
		return suspect{uid, date, err}, nil
	}
	w.setAside(uid, date)
	w.pastIt(uid)
	if usable(err) {
		return suspect{}, nil
	}
	return suspect{}, err
}

// isOurs reports a failure on our side: Accept did not keep the message.
func isOurs(err error) bool {
	known := new(stage)
	return errors.As(err, &known) && known.doing == stageAccept
}

// usable reports an error after which the connection can go on: a refusal, or
// a failure on our side of it.
func usable(err error) bool {
	return isOurs(err) || refused(err) || errors.Is(err, errNoBody) || errors.Is(err, errNotSmall)
}

// take fetches one message, has it accepted, and only then moves on.
func (w *Watcher) take(ctx context.Context, c *connection, uid uint32, date time.Time) error {
	in := w.incoming(uid, date)
	found, err := c.body(ctx, uid, func(body io.Reader) error {
		watched := &watchedReader{r: body, step: func() {}}
		in.Body = watched
		return acceptOutcome(w.accept(ctx, in), watched)
	})
	if err != nil {
		return err
	}
	w.pastIt(uid)
	if !found {
		return nil
	}
	w.update(func(s *Status) { s.Taken++; s.Known++; s.LastTaken = w.seams.Now().UTC() })
	return w.moveAway(ctx, c, uid)
}

// moveAway moves a message that is kept, if that is asked for. One that cannot
// be moved stays until the next reconciliation.
func (w *Watcher) moveAway(ctx context.Context, c *connection, uids ...uint32) error {
	if w.m.MoveTo == "" || len(uids) == 0 || (w.moveErr != nil && Explain(w.moveErr).Code == TroubleNoMove) {
		return nil
	}
	w.moveErr = c.move(ctx, uids)
	switch {
	case w.moveErr == nil:
		w.update(func(s *Status) { s.Known, s.InFolder = s.Known-len(uids), max(s.InFolder-len(uids), 0) })
	case !harmless(w.moveErr):
		return w.moveErr
	}
	return nil
}

// accept calls Accept, and takes a panic in it for a failure.
func (w *Watcher) accept(ctx context.Context, in incident.Incoming) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("accept panicked")
		}
	}()
	return w.seams.Accept(ctx, in)
}

// acceptOutcome tells an error of our own side from one of the connection, and
// takes a message that was not read to its end for not accepted.
func acceptOutcome(err error, body *watchedReader) error {
	network := new(stage)
	switch {
	case body.failed != nil && errors.As(body.failed, &network):
		return body.failed
	case body.failed != nil:
		return &stage{stageFetch, body.failed}
	case err != nil:
		return &stage{stageAccept, err}
	case !body.ended:
		return &stage{stageAccept, errors.New("accept returned before the end of the message")}
	}
	return nil
}

// pastIt moves the cursor in memory; the stored one moved in Accept.
func (w *Watcher) pastIt(uid uint32) {
	w.cursor.UID = max(w.cursor.UID, uid)
	delete(w.tries, uid)
}

// setAside remembers a message that fails by itself, so that those behind it
// are not kept waiting (LESSONS 4). It is tried again, and shown.
func (w *Watcher) setAside(uid uint32, date time.Time) {
	w.aside[uid] = date
	w.asideNext = w.seams.Now().Add(retryAside)
	w.update(func(s *Status) { s.Aside = len(w.aside) })
	w.seams.Log.Error("mailbox", "name", w.m.Name, "event", "message set aside", "uid", uid)
}

// retryAside tries the messages that were set aside, with the dates known from
// then: the question about a date may be what broke the connection.
func (w *Watcher) retryAside(ctx context.Context, c *connection) error {
	if len(w.aside) == 0 || w.seams.Now().Before(w.asideNext) {
		return nil
	}
	w.asideNext = w.seams.Now().Add(retryAside)
	for _, uid := range slices.Sorted(maps.Keys(w.aside)) {
		if err := w.take(ctx, c, uid, w.aside[uid]); err != nil {
			if !usable(err) {
				return err
			}
			continue
		}
		delete(w.aside, uid)
		w.update(func(s *Status) { s.Aside = len(w.aside) })
	}
	return nil
}
