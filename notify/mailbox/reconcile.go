package mailbox

import (
	"context"
	"slices"
)

// reconcile compares, once an hour, what is in the folder with what was ever
// accepted (LESSONS 5). Whatever is missing is fetched now, whatever the
// cursor says, and the numbers are shown: a loss without an error must not
// stay unseen. With a folder to move to, what a crash left behind is moved.
func (w *Watcher) reconcile(ctx context.Context, c *connection) error {
	if w.seams.Now().Before(w.compareAt) {
		return nil
	}
	uids, err := c.after(ctx, 0)
	if err != nil {
		return err
	}
	uids = slices.DeleteFunc(uids, func(u uint32) bool { return u > w.cursor.UID })
	missing, err := w.seams.Missing(ctx, w.m.Name, w.cursor.Validity, uids)
	if err != nil {
		return &stage{stageRecord, err}
	}
	w.compareAt = w.seams.Now().Add(w.m.Reconcile)
	w.update(func(s *Status) {
		s.Reconciled, s.Known, s.Missing = w.seams.Now().UTC(), len(uids)-len(missing), len(missing)
		s.Found += len(missing)
	})
	if len(missing) > 0 {
		w.seams.Log.Error("mailbox", "name", w.m.Name, "event", "messages were missing", "count", len(missing))
	}
	if err := w.takeMissing(ctx, c, missing); err != nil {
		return err
	}
	wasMissing := map[uint32]bool{}
	for _, u := range missing {
		wasMissing[u] = true
	}
	left := slices.DeleteFunc(uids, func(u uint32) bool { return wasMissing[u] })
	return w.moveAway(ctx, c, left[:min(len(left), reconcileMoveMost)]...)
}

// takeMissing fetches what the comparison found.
func (w *Watcher) takeMissing(ctx context.Context, c *connection, missing []uint32) error {
	missing = slices.DeleteFunc(slices.Clone(missing), func(u uint32) bool { _, known := w.aside[u]; return known })
	if err := w.takeAll(ctx, c, missing); err != nil {
		w.compareAt = w.seams.Now() // again as soon as there is a connection
		return err
	}
	w.update(func(s *Status) { s.Missing = len(w.aside) })
	return nil
}

// harmless reports a refusal about moving: the message is kept, and it stays
// where it is.
func harmless(err error) bool { return refused(err) || Explain(err).Code == TroubleNoMove }
