package register

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"meldklok/incident"
)

// mostLines bounds a ledger to some 100 MB.
const mostLines = 1_000_000

// Ledger keeps a line of every incident in memory, so that figures and pages
// open only what they show. It follows the record: what was committed before a
// question is in the answer. It is safe for concurrent use.
type Ledger struct {
	service *incident.Service
	log     *slog.Logger
	most    int // lines; the oldest incidents are left out

	work sync.Mutex // held by whoever changes the lines

	mu      sync.RWMutex
	lines   []line // by reference, the oldest first
	texts   *numbered
	head    uint64 // of the chain: how far they reach
	version uint64 // grows when a line changes
	before  incident.Ref
	state   ledgerState
	done    int
}

type ledgerState int

const (
	ledgerEmpty ledgerState = iota // whoever asks first fills it
	ledgerBusy                     // it is being filled in the background
	ledgerReady
)

// NewLedger returns an empty ledger. [Ledger.Run] fills it in the background;
// without that the first question does.
func NewLedger(s *incident.Service, log *slog.Logger) *Ledger {
	return &Ledger{service: s, log: log, most: mostLines, texts: newNumbered()}
}

// Run fills the ledger slowly, out of everybody's way, and follows the record
// until ctx ends. It never fails: what goes wrong is logged and tried again.
func (l *Ledger) Run(ctx context.Context) error {
	l.begin(ledgerEmpty)
	for ctx.Err() == nil {
		err := l.fill(ctx)
		for err == nil && wait(ctx, time.Second) {
			err = l.follow(ctx)
		}
		if ctx.Err() == nil {
			l.log.Error("the ledger of the register could not go on; it is filled anew", "err", err)
			l.begin(ledgerReady)
			wait(ctx, 10*time.Second)
		}
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// begin says that the ledger is being filled, if it stands as given.
func (l *Ledger) begin(from ledgerState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state == from {
		l.state = ledgerBusy
	}
}

// Reach says how far a ledger reaches.
type Reach struct {
	Ready  bool         // all incidents are in it that it has room for
	Done   int          // those read so far
	Before incident.Ref // incidents older than this are left out; zero: none
}

// Whole reports whether every incident is in the ledger.
func (r Reach) Whole() bool { return r.Ready && r.Before.IsZero() }

// Fresh brings the ledger up to the record and says how far it reaches. While it
// is being filled in the background it returns at once.
func (l *Ledger) Fresh(ctx context.Context) (Reach, error) {
	if r := l.reach(); !r.Ready && l.busy() {
		return r, nil
	}
	l.work.Lock()
	defer l.work.Unlock()
	var err error
	switch {
	case l.reach().Ready:
		err = l.catchUp(ctx)
	case !l.busy():
		err = l.fillLocked(ctx, l.walk)
	}
	return l.reach(), err
}

func (l *Ledger) reach() Reach {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return Reach{l.state == ledgerReady, l.done, l.before}
}

func (l *Ledger) busy() bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.state == ledgerBusy
}

// walk is Service.Walk with the end of the chain from which changes follow.
func (l *Ledger) walk(ctx context.Context, fn func(*incident.Incident) (bool, error)) (head uint64, err error) {
	err = l.service.Store.View(ctx, func(v incident.View) error { head = v.Counters().Head.Seq; return nil })
	if err != nil {
		return 0, err
	}
	return head, l.service.Walk(ctx, incident.Ref{}, fn)
}

type walker = func(context.Context, func(*incident.Incident) (bool, error)) (uint64, error)

// fill fills the ledger in the background, unless a question has done so.
func (l *Ledger) fill(ctx context.Context) error {
	l.work.Lock()
	defer l.work.Unlock()
	if l.reach().Ready {
		return nil
	}
	return l.fillLocked(ctx, l.service.Stroll)
}

func (l *Ledger) fillLocked(ctx context.Context, walk walker) error {
	var lines []line
	var before incident.Ref
	texts := newNumbered()
	head, err := walk(ctx, func(inc *incident.Incident) (bool, error) {
		if len(lines) == l.most {
			before = lines[len(lines)-1].ref
			return false, nil
		}
		lines = append(lines, lineOf(inc, texts))
		l.mu.Lock()
		l.done = len(lines)
		l.mu.Unlock()
		return true, nil
	})
	if err != nil {
		return err
	}
	slices.Reverse(lines)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines, l.texts, l.head, l.before, l.state = lines, texts, head, before, ledgerReady
	l.version++
	return nil
}

func (l *Ledger) follow(ctx context.Context) error {
	l.work.Lock()
	defer l.work.Unlock()
	return l.catchUp(ctx)
}

// catchUp takes over what changed since the lines were last looked after.
func (l *Ledger) catchUp(ctx context.Context) error {
	changed, last, err := l.service.Changes(ctx, l.head)
	if err != nil {
		return err
	}
	fresh, gone := make([]*incident.Incident, 0, len(changed)), map[incident.Ref]bool{}
	for _, ref := range changed {
		inc, err := l.service.Incident(ctx, ref)
		if errors.Is(err, incident.ErrNotFound) {
			gone[ref] = true // its line was destroyed
			continue
		}
		if err != nil {
			return err
		}
		fresh = append(fresh, inc)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.head = last
	l.take(fresh)
	l.drop(gone)
	return nil
}

// take puts the lines of incidents where they belong. New ones mostly come last.
func (l *Ledger) take(fresh []*incident.Incident) {
	known := len(l.lines)
	for _, inc := range fresh {
		if !l.before.IsZero() && order(inc.Ref, l.before) < 0 {
			continue // among those that are left out
		}
		line := lineOf(inc, l.texts)
		if i, found := l.find(inc.Ref, known); found {
			l.lines[i] = line
		} else {
			l.lines = append(l.lines, line)
		}
		l.version++
	}
	if byRef := func(a, b line) int { return order(a.ref, b.ref) }; !slices.IsSortedFunc(l.lines[max(0, known-1):], byRef) {
		slices.SortFunc(l.lines, byRef)
	}
	if over := len(l.lines) - l.most; over > l.most/10 {
		l.lines = slices.Clone(l.lines[over:])
		l.before = l.lines[0].ref
	}
}

// drop removes the lines of incidents that were destroyed as a whole.
func (l *Ledger) drop(gone map[incident.Ref]bool) {
	before := len(l.lines)
	if len(gone) == 0 {
		return
	}
	l.lines = slices.DeleteFunc(l.lines, func(line line) bool { return gone[line.ref] })
	l.version += uint64(before - len(l.lines))
}

func (l *Ledger) find(ref incident.Ref, among int) (int, bool) {
	return slices.BinarySearchFunc(l.lines[:among], ref, func(line line, ref incident.Ref) int { return order(line.ref, ref) })
}

// order sorts references, the oldest first.
func order(a, b incident.Ref) int {
	if a.Year != b.Year {
		return int(a.Year) - int(b.Year)
	}
	return int(int64(a.Number) - int64(b.Number))
}

// Each calls fn with every incident, newest reference first, until fn returns
// false, and returns the version of the lines: as long as that stays, so does
// what was counted. Fn must be quick: writers wait.
func (l *Ledger) Each(fn func(Summary) bool) (version uint64) {
	return l.each(func(line *line) bool { return fn(line.summary(l.texts)) })
}

func (l *Ledger) each(fn func(*line) bool) (version uint64) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for i := range l.lines {
		if !fn(&l.lines[len(l.lines)-1-i]) {
			break
		}
	}
	return l.version
}

// Version returns the version of the lines.
func (l *Ledger) Version() uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.version
}

// Years adds the register up by year as it stands at now, and says which
// version of the lines that was.
func (l *Ledger) Years(now time.Time) (list []Year, version uint64) {
	years, row := Years{}, Row{}
	version = l.each(func(line *line) bool {
		if line.fill(&row, l.texts, now); inRegister(row.Status) {
			years.Add(&row)
		}
		return true
	})
	return years.Sorted(), version
}
