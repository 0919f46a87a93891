package web

import (
	"context"
	"slices"
	"sync"
	"time"

	"meldklok/incident"
	"meldklok/incident/dossier/register"
	"meldklok/incident/risk"
)

// monthsShown is how far back the figures for management go, this month
// included.
const monthsShown = 12

// month is the figures of one local month of receipt. It counts leaks: what was
// sorted out as no report, and duplicates, are not in it.
type month struct {
	Start    time.Time // local midnight of the first, as an instant
	Reports  int
	InTime   int // filed with the AP before the deadline then in force
	Late     int
	NotFiled int // decided that it need not be filed
	Open     int
}

// share is the part of n in the busiest month, in per cent, for a bar.
func (m month) share(n, most int) int {
	if most == 0 {
		return 0
	}
	return 100 * n / most
}

// figures adds incidents up by month of receipt.
type figures struct {
	months []month // newest first
	causes map[risk.Incident]int

	lateThisYear int // filed with the AP this year, after the deadline then in force

	toAware   span // from receipt to awareness,
	fromAware span // from awareness to filing,
	toFile    span // from receipt to filing
}

func newFigures(now time.Time) *figures {
	f := &figures{causes: map[risk.Incident]int{}}
	y, m, _ := now.In(incident.Amsterdam()).Date()
	for i := range monthsShown {
		f.months = append(f.months, month{Start: time.Date(y, m-time.Month(i), 1, 0, 0, 0, 0, incident.Amsterdam())})
	}
	return f
}

// add counts an incident; false says that this one and all older ones lie
// before what is shown. References follow the year of receipt, so a year's
// margin is enough.
func (f *figures) add(inc register.Summary) (more bool) {
	first := f.months[len(f.months)-1].Start
	if int(inc.Ref.Year) < first.Year() {
		return false
	}
	if !inc.HasAP || slices.Contains([]incident.Status{incident.StatusExercise, incident.StatusNoReport, incident.StatusMerged}, inc.Status) {
		return true
	}
	if inc.FiledLate && inc.Filed.In(incident.Amsterdam()).Year() == f.months[0].Start.Year() {
		f.lateThisYear++
	}
	i := slices.IndexFunc(f.months, func(m month) bool { return !inc.Received.Before(m.Start) })
	if i < 0 {
		return true
	}
	m := &f.months[i]
	m.Reports++
	f.causes[inc.Cause]++
	f.addPace(inc)
	switch {
	case inc.FiledLate:
		m.Late++
	case !inc.Filed.IsZero():
		m.InTime++
	case inc.OpenAP:
		m.Open++
	default:
		m.NotFiled++
	}
	return true
}

// usual is the median of a span; ok is false without any.
func (s span) usual() (d time.Duration, ok bool) {
	if len(s) == 0 {
		return 0, false
	}
	return s.median(), true
}

// figuresCache keeps figures as long as no line of the ledger changes, and not
// longer than a minute: time alone changes some.
type figuresCache[T any] struct {
	mu      sync.Mutex
	at      time.Time
	version uint64
	last    T
}

const figuresLast = time.Minute

// get returns what is kept, or counts anew. Count returns the version of the
// lines it counted.
func (c *figuresCache[T]) get(now time.Time, version uint64, count func() (T, uint64)) T {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() || c.version != version || now.Sub(c.at) >= figuresLast || now.Before(c.at) {
		c.last, c.version = count()
		c.at = now
	}
	return c.last
}

// figures returns the figures for management; reach says whether they are
// complete. While the ledger is being filled there are none.
func (p *Pages) figures(ctx context.Context) (f *figures, reach register.Reach, err error) {
	now, ledger := p.now(), p.cfg.Ledger
	if reach, err = ledger.Fresh(ctx); err != nil || !reach.Ready {
		return newFigures(now), reach, err
	}
	f = p.sums.get(now, ledger.Version(), func() (*figures, uint64) {
		f := newFigures(now)
		return f, ledger.Each(f.add)
	})
	return f, reach, nil
}
