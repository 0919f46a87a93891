package web

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/dossier/register"
)

// managementData says whether we are on time, without any case content.
type managementData struct {
	Clocks  []managementClock
	More    bool
	Late    int
	Urgent  int
	Months  []managementMonth
	Usual   time.Duration // median from awareness to filing
	AnyFile bool
	Known   time.Duration // median from receipt to awareness
	AnyKnow bool
	Filed   int // filed too late this year
	Causes  []cause
	Paces   []pace
	Reach   register.Reach
}

// AllLate reports whether a whole page of clocks is late, and there are more: the
// most urgent come first, so the others may be late too.
func (d managementData) AllLate() bool { return d.More && d.Late == len(d.Clocks) }

// managementClock is a clock without its case: reference and time only.
type managementClock struct {
	Ref   incident.Ref
	Clock clockView
}

type managementMonth struct {
	month
	Bar [4]bar // in time, late, not needed, open
}

// bar is a piece of a stacked bar, in per cent of the busiest month.
type bar struct{ X, Width int }

func (p *Pages) management(c echo.Context) error {
	ctx, now := c.Request().Context(), p.now()
	rows, err := p.cfg.Service.Board(ctx, mostRows+1)
	if err != nil {
		return err
	}
	f, reach, err := p.figures(ctx)
	if err != nil {
		return err
	}
	d := managementData{Reach: reach}
	if d.More = len(rows) > mostRows; d.More {
		rows = rows[:mostRows]
	}
	for _, r := range rows {
		if r.Exercise {
			continue
		}
		clock := clockOf(r.Duty, now)
		d.Clocks = append(d.Clocks, managementClock{r.Ref, clock})
		switch clock.Level {
		case "late":
			d.Late++
		case "urgent":
			d.Urgent++
		}
	}
	d.Months = drawMonths(f.months)
	d.Usual, d.AnyFile = f.fromAware.usual()
	d.Known, d.AnyKnow = f.toAware.usual()
	d.Filed = f.lateThisYear
	d.Paces = f.paces()
	v := p.view(c, "management", nil)
	d.Causes = causesOf(v, f.causes)
	v.Data = d
	return p.render(c, http.StatusOK, v)
}

// drawMonths lays the pieces of every month's bar end to end.
func drawMonths(months []month) []managementMonth {
	most := 0
	for _, m := range months {
		most = max(most, m.Reports)
	}
	out := make([]managementMonth, len(months))
	for i, m := range months {
		out[i].month = m
		x := 0
		for j, n := range []int{m.InTime, m.Late, m.NotFiled, m.Open} {
			width := m.share(n, most)
			out[i].Bar[j] = bar{X: x, Width: width}
			x += width
		}
	}
	return out
}
