package mailbox

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"meldklok/incident"
)

// mostHeld bounds what is in memory of messages that are taken together.
const mostHeld = 4 << 20

// together returns how many of the next messages are taken with one FETCH and one
// transaction. It is one message, if that is large, if one before it is under
// suspicion, or if something broke lately and is being looked for.
func (w *Watcher) together(batch []uint32, found map[uint32]listed, stuck suspect) []uint32 {
	if w.single || stuck.err != nil {
		return batch[:1]
	}
	n, held := 0, int64(0)
	for ; n < len(batch); n++ {
		size := found[batch[n]].size // nothing for one that is gone
		if held += size; size > w.seams.MostTogether || held > mostHeld || w.tries[batch[n]] > 0 {
			break
		}
	}
	return batch[:max(n, 1)]
}

// takeTogether fetches several messages, has them accepted in one transaction, and
// only then moves on. After an error none of them was taken; when it broke the
// connection, the next one looks for the message that did it.
func (w *Watcher) takeTogether(ctx context.Context, c *connection, uids []uint32, found map[uint32]listed) error {
	there := slices.DeleteFunc(slices.Clone(uids), func(uid uint32) bool { _, ok := found[uid]; return !ok })
	bodies, err := c.bodies(ctx, there, w.seams.MostTogether)
	if err != nil {
		w.single = !usable(err)
		return err
	}
	taken := slices.DeleteFunc(there, func(uid uint32) bool { _, ok := bodies[uid]; return !ok }) // the others are gone since
	all := make([]incident.Incoming, len(taken))
	for i, uid := range taken {
		all[i] = w.incoming(uid, found[uid].date)
		all[i].Body = bytes.NewReader(bodies[uid])
	}
	if err := w.acceptAll(ctx, all); err != nil {
		return err
	}
	for _, uid := range uids {
		w.pastIt(uid)
	}
	w.update(func(s *Status) { s.Taken += len(all); s.Known += len(all); s.LastTaken = w.seams.Now().UTC() })
	return w.moveAway(ctx, c, taken...)
}

// acceptAll calls AcceptAll, and takes a panic in it for a failure.
func (w *Watcher) acceptAll(ctx context.Context, all []incident.Incoming) (err error) {
	defer func() {
		if recover() != nil {
			err = &stage{stageAccept, errors.New("accept panicked")}
		}
	}()
	if len(all) == 0 {
		return nil
	}
	if err := w.seams.AcceptAll(ctx, all); err != nil {
		return &stage{stageAccept, err}
	}
	return nil
}
