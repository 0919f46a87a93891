package mailbox

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"meldklok/incident"
)

// Seams are the functions through which a watcher reaches the rest.
type Seams struct {
	// Accept keeps a message. It records Incoming.Cursor in the same
	// transaction, also when it recognises the bytes as known ones, and moves
	// the stored cursor of that mailbox forward only: a new validity replaces
	// it, a lower UID leaves it where it is. History without a clock is asked
	// for by Incoming.History.
	Accept Accept
	// AcceptAll keeps several messages of at most MostTogether bytes as Accept keeps
	// one, in one transaction: all of them, or after an error none.
	AcceptAll    func(ctx context.Context, all []incident.Incoming) error
	MostTogether int64
	// LoadCursor returns the stored cursor of a mailbox; ok is false when it
	// was never watched.
	LoadCursor func(ctx context.Context, mailbox string) (c incident.Cursor, ok bool, err error)
	// Missing returns those of the UIDs that were never accepted under this
	// validity. It is also how a message that was set aside is found again
	// after a restart.
	Missing func(ctx context.Context, mailbox string, validity uint32, uids []uint32) ([]uint32, error)
	Now     func() time.Time
	Log     *slog.Logger // nil is silence
}

// Watcher reads one mailbox for as long as Run runs.
//
// It keeps its own cursor (UIDVALIDITY and the last UID) and asks for what
// stands behind it, so a message that a colleague or a phone has read, or that
// somebody marked, is fetched all the same. It changes nothing on the server
// unless Mailbox.MoveTo says so, and then only after Accept returned nil.
type Watcher struct {
	m     Mailbox
	seams Seams

	// What follows belongs to Run alone.
	cursor    incident.Cursor
	loaded    bool
	boundary  uint32               // the first UID that came while we watched: never history
	tries     map[uint32]int       // failures of a message since the last success
	aside     map[uint32]time.Time // messages that failed while later ones did not, and their date
	asideNext time.Time            // when they are tried again
	single    bool                 // everything is asked for one by one, to find the message that breaks it
	compareAt time.Time            // when the folder is compared next
	moveErr   error                // why moving does not work; nil while it does

	mu     sync.Mutex
	status Status
}

// NewWatcher checks the settings; Run starts.
func NewWatcher(m Mailbox, s Seams) (*Watcher, error) {
	m = m.withDefaults()
	if err := m.check(); err != nil {
		return nil, err
	}
	if s.Accept == nil || s.AcceptAll == nil || s.LoadCursor == nil || s.Missing == nil || s.Now == nil {
		return nil, fmt.Errorf("mailbox %s: a watcher needs Accept, AcceptAll, LoadCursor, Missing and Now", m.Name)
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	w := &Watcher{m: m, seams: s, tries: map[uint32]int{}, aside: map[uint32]time.Time{}}
	w.status = Status{Mailbox: m.Name, Started: s.Now().UTC()}
	return w, nil
}

// Run watches until ctx ends, and returns its error. Every other error is
// shown in Status and tried again, with a growing pause of a minute at most.
func (w *Watcher) Run(ctx context.Context) error {
	pause, fresh := reconnectBackOff, false
	for {
		before := w.Status().LastGood
		err := w.session(ctx, fresh)
		if ctx.Err() != nil {
			w.update(func(s *Status) { s.Connected = false })
			return ctx.Err()
		}
		if w.Status().LastGood.After(before) {
			pause = reconnectBackOff
		}
		trouble := Explain(err)
		fresh = trouble.Code == TroubleSignIn && !fresh
		w.failed(trouble)
		w.seams.Log.Warn("mailbox", "name", w.m.Name, "trouble", trouble.Code, "again_in", pause)
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, maxBackOff)
	}
}

// session is one connection, from signing in to the error that ends it.
func (w *Watcher) session(ctx context.Context, fresh bool) error {
	if err := w.load(ctx); err != nil {
		return err
	}
	c, err := connect(ctx, w.m, fresh)
	if err != nil {
		return err
	}
	defer c.close()
	if w.moveErr = nil; w.m.MoveTo != "" {
		if w.moveErr = c.prepareMove(ctx); w.moveErr != nil && !harmless(w.moveErr) {
			return w.moveErr
		}
	}
	canIdle := c.canIdle(ctx)
	for {
		if err := w.pass(ctx, c); err != nil {
			return err
		}
		w.single = false
		w.good()
		if err := w.wait(ctx, c, canIdle); err != nil {
			return err
		}
	}
}

// load reads the stored cursor, once.
func (w *Watcher) load(ctx context.Context) error {
	if w.loaded {
		return nil
	}
	cursor, ok, err := w.seams.LoadCursor(ctx, w.m.Name)
	if err != nil {
		return &stage{stageRecord, err}
	}
	if ok {
		w.cursor = cursor
	}
	w.cursor.Mailbox, w.loaded = w.m.Name, true
	return nil
}

// wait lets the poll interval pass, less when the server tells of new mail.
func (w *Watcher) wait(ctx context.Context, c *connection, canIdle bool) error {
	if canIdle {
		return c.idle(ctx, min(w.m.Poll, maxIdle))
	}
	return sleep(ctx, w.m.Poll)
}

// sleep waits, or returns the error of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// enter compares the folder's validity with the cursor's. A new one means that
// the UIDs start anew: everything is fetched again, and Accept knows by content
// what it has (LESSONS 9).
func (w *Watcher) enter(state folderState) {
	if w.boundary == 0 {
		w.boundary = nextUID(state)
	}
	if w.cursor.Validity == state.validity {
		return
	}
	if w.cursor.Validity != 0 {
		w.seams.Log.Warn("mailbox", "name", w.m.Name, "event", "new UIDVALIDITY, everything is read again")
		w.boundary = nextUID(state)
	}
	w.cursor = incident.Cursor{Mailbox: w.m.Name, Validity: state.validity}
	clear(w.tries)
	clear(w.aside)
	w.compareAt = time.Time{}
}

// incoming describes one message for Accept.
func (w *Watcher) incoming(uid uint32, date time.Time) incident.Incoming {
	cursor := incident.Cursor{Mailbox: w.m.Name, Validity: w.cursor.Validity, UID: uid}
	return incident.Incoming{
		Channel: incident.ChannelIMAP,
		Arrived: date.UTC(),
		Cursor:  &cursor,
		History: !date.IsZero() && date.Before(w.m.Since) && uid < w.boundary,
	}
}

// nextUID is where new mail begins. A server that does not say makes every
// message one that may be history, if its date says so.
func nextUID(state folderState) uint32 {
	if state.next == 0 {
		return math.MaxUint32
	}
	return state.next
}
