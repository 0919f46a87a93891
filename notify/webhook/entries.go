package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"meldklok/incident"
)

// KindEntry is a post about one entry of a log, to those who asked for it with
// #entries.
const KindEntry Kind = "entry"

// AllKinds asks for the entries of every kind.
const AllKinds = "all"

// Unreadable stands for the kind of an entry that is damaged on disk. Whoever is
// told of entries is told of it, because it may be one of those asked for.
const Unreadable incident.Kind = "unreadable"

// Entry is one entry of a log: that something happened, without what was said
// and by whom.
type Entry struct {
	Seq  uint64        // place in the chain of the whole record
	Ref  incident.Ref  // zero: the organisation's own log
	N    uint32        // place in that log, from 1
	Kind incident.Kind // what happened
	At   time.Time     // UTC; zero: unreadable
	By   string        // a role, or system, reporter, token; empty: unreadable
}

// EntryPayload is the body of a post about an entry.
type EntryPayload struct {
	Version   int           `json:"version"` // 1
	ID        string        `json:"id"`      // the same for every attempt, also after a restart: drop repeats by it
	Kind      Kind          `json:"kind"`    // entry
	Reference *incident.Ref `json:"reference,omitempty"`
	Seq       uint64        `json:"seq"`
	N         uint32        `json:"n"`
	Entry     incident.Kind `json:"entry"`
	At        time.Time     `json:"at,omitzero"`
	By        string        `json:"by,omitempty"`
}

// Log is the record as the posts about entries need it. Each method may block
// for as long as the record does.
type Log interface {
	// After returns the entries behind a place in the chain, in order, at most
	// limit.
	After(ctx context.Context, seq uint64, limit int) ([]Entry, error)
	// Cursor returns up to where a receiver was told; for a new one that is the
	// end of the chain, and from then on kept.
	Cursor(ctx context.Context, receiver string) (seq uint64, err error)
	// Keep keeps up to where a receiver was told.
	Keep(ctx context.Context, receiver string, seq uint64) error
	// Held reports whether nothing may be sent for now.
	Held() bool
}

const (
	// entryBatch is how many entries are read at once, and so at most how many
	// posts are repeated after a crash.
	entryBatch = 50
	// lookAgain is when the record is looked at even if nobody said that it grew.
	lookAgain = time.Minute
	// mostSkipped is after how many entries that nobody asked for the place is
	// kept all the same.
	mostSkipped = 500
)

// wants reports whether a receiver asked for entries of the kind.
func (t Target) wants(kind incident.Kind) bool {
	return kind == Unreadable || slices.Contains(t.Entries, AllKinds) || slices.Contains(t.Entries, string(kind))
}

// feed tells one receiver of every entry that it asked for, in order, at least
// once. Its place in the chain stands in the record, so a restart loses none.
type feed struct {
	*worker
	log  Log
	wake chan struct{}

	told    uint64 // up to here
	kept    uint64 // up to here it is written down
	skipped int    // since then
}

// run tells of entries until ctx ends.
func (f *feed) run(ctx context.Context) {
	for !f.begin(ctx) {
		if !f.pause(ctx, lookAgain) {
			return
		}
	}
	for ctx.Err() == nil {
		more, err := f.turn(ctx)
		if err != nil && ctx.Err() == nil {
			f.road.cfg.Log.Warn("entries for a webhook could not be read or kept; it is tried again", "webhook", f.target.name, "err", err)
		}
		if more && err == nil {
			continue
		}
		if !f.pause(ctx, lookAgain) {
			return
		}
	}
}

// begin finds the place; false: the record cannot tell for now.
func (f *feed) begin(ctx context.Context) bool {
	seq, err := f.log.Cursor(ctx, f.target.key())
	if err != nil {
		return false
	}
	f.told, f.kept = seq, seq
	return true
}

// pause waits until the record grew, or for a while; false: ctx has ended.
func (f *feed) pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-f.wake:
	case <-time.After(d):
	}
	return true
}

// turn tells of the next entries. More is true when others may wait behind them.
func (f *feed) turn(ctx context.Context) (more bool, err error) {
	if f.log.Held() {
		return false, nil
	}
	list, err := f.log.After(ctx, f.told, entryBatch)
	if err != nil {
		return false, err
	}
	posted := false
	for _, e := range list {
		if f.target.wants(e.Kind) {
			if !f.tell(ctx, e) {
				break
			}
			posted = true
		} else {
			f.skipped++
		}
		f.told = e.Seq
	}
	if f.told > f.kept && (posted || f.skipped >= mostSkipped) {
		if err := f.log.Keep(context.WithoutCancel(ctx), f.target.key(), f.told); err != nil {
			return false, err
		}
		f.kept, f.skipped = f.told, 0
	}
	return len(list) == entryBatch, nil
}

// tell posts one entry until it is taken: what comes behind it waits, because a
// receiver that gets them in order need not sort. False: ctx has ended first.
func (f *feed) tell(ctx context.Context, e Entry) bool {
	n := Note{ID: "entry_" + strconv.FormatUint(e.Seq, 10), Kind: KindEntry, At: e.At, Entry: e}
	for try := 1; ; try++ {
		err := f.road.attempt(ctx, f.target, n)
		if ctx.Err() != nil {
			return err == nil
		}
		now := f.road.cfg.Now().UTC()
		if err == nil {
			f.good(n, now)
			return true
		}
		pause := max(backoff(try), f.failed(err, now).after)
		select {
		case <-ctx.Done():
			return false
		case <-time.After(pause):
		}
	}
}

// entryBody is the body of a post about an entry.
func entryBody(n Note) ([]byte, error) {
	e := n.Entry
	p := EntryPayload{Version: 1, ID: n.ID, Kind: KindEntry, Seq: e.Seq, N: e.N, Entry: e.Kind, At: e.At, By: e.By}
	if !e.Ref.IsZero() {
		p.Reference = &e.Ref
	}
	body, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("webhook: write entry: %w", err)
	}
	return body, nil
}
