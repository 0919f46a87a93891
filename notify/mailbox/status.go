package mailbox

import "time"

// Status is what a page and the health answer show of a watched mailbox. All
// times are in UTC; the zero time is never.
type Status struct {
	Mailbox   string
	Started   time.Time
	Connected bool
	LastGood  time.Time // the last time that everything in the folder had been looked at
	LastTaken time.Time // the last message taken in
	Trouble   *Trouble  // what is wrong now; nil when nothing is
	Since     time.Time // since when that trouble lasts

	InFolder int // messages in the folder, as the server counts them
	Backlog  int // of those, not yet taken in
	Taken    int // taken in since the start of this process

	Reconciled time.Time // the last comparison of the folder with the record
	Known      int       // in the folder and in the record: that comparison, and what came since
	Missing    int       // in the folder and not in the record, and not fetched yet
	Found      int       // found missing by all comparisons of this process, and fetched then
	Aside      int       // messages that cannot be fetched or kept; tried again every ten minutes
}

// Age is how long ago the last good look was, for the alarm that must not
// depend on this mailbox (LESSONS 6). Before the first look it counts from the
// start.
func (s Status) Age(now time.Time) time.Duration {
	if s.LastGood.IsZero() {
		return now.Sub(s.Started)
	}
	return now.Sub(s.LastGood)
}

// Status returns how things are. It may be called at any time.
func (w *Watcher) Status() Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.status
}

func (w *Watcher) update(change func(*Status)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.status)
}

// good records a finished look. What stays wrong beside it, a folder that
// cannot be moved to or a message set aside, is still shown.
func (w *Watcher) good() {
	now := w.seams.Now().UTC()
	w.update(func(s *Status) {
		s.LastGood, s.Connected = now, true
		switch {
		case w.moveErr != nil:
			s.trouble(Explain(w.moveErr), now)
		case s.Aside > 0:
			s.trouble(Trouble{Code: TroubleMessage}, now)
		default:
			s.Trouble, s.Since = nil, time.Time{}
		}
	})
}

// trouble notes what is wrong, and since when that has been wrong.
func (s *Status) trouble(t Trouble, now time.Time) {
	if s.Trouble == nil || s.Trouble.Code != t.Code {
		s.Since = now
	}
	s.Trouble = &t
}

// failed records trouble, and since when.
func (w *Watcher) failed(t Trouble) {
	now := w.seams.Now().UTC()
	w.update(func(s *Status) {
		s.trouble(t, now)
		s.Connected = false
	})
}
