package web

import (
	"context"
	"slices"
	"sync"
	"time"

	"meldklok/incident"
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
func (f *figures) add(inc *incident.Incident) (more bool) {
	first := f.months[len(f.months)-1].Start
	if int(inc.Ref.Year) < first.Year() {
		return false
	}
	i := slices.IndexFunc(f.months, func(m month) bool { return !inc.Received.Before(m.Start) })
	ap := inc.Duty(incident.DutyAP)
	if ap == nil || inc.Exercise || inc.Is(incident.DecideNoReport) || !inc.Into.IsZero() {
		return true
	}
	filing, filed := inc.FirstFiling()
	late := filed && filing.Late(filing.Due) > 0
	if late && filing.At.In(incident.Amsterdam()).Year() == f.months[0].Start.Year() {
		f.lateThisYear++
	}
	if i < 0 {
		return true
	}
	m := &f.months[i]
	m.Reports++
	f.causes[inc.Facts.Incident]++
	f.addPace(inc)
	switch {
	case late:
		m.Late++
	case filed:
		m.InTime++
	case ap.Open():
		m.Open++
	default:
		m.NotFiled++
	}
	if filed {
		f.toFile = append(f.toFile, filing.At.Sub(inc.Received))
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

// figuresCache keeps the figures for a minute: they walk a year of incidents.
type figuresCache struct {
	mu   sync.Mutex
	at   time.Time
	last *figures
}

const figuresLast = time.Minute

func (p *Pages) figures(ctx context.Context) (*figures, error) {
	p.sums.mu.Lock()
	defer p.sums.mu.Unlock()
	now := p.now()
	if p.sums.last != nil && now.Sub(p.sums.at) < figuresLast && !now.Before(p.sums.at) {
		return p.sums.last, nil
	}
	f := newFigures(now)
	if err := p.cfg.Service.Each(ctx, f.add); err != nil {
		return nil, err
	}
	p.sums.at, p.sums.last = now, f
	return f, nil
}
