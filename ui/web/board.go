package web

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/people"
)

// mostRows is how many rows one page of a list shows.
const mostRows = 100

// home leads everybody to the page that is theirs.
func (p *Pages) home(c echo.Context) error {
	to := "/health"
	switch person := me(c); {
	case readers().Admits(person):
		to = "/board"
	case person.Has(people.Management):
		to = "/management"
	}
	if done := c.QueryParam("done"); done == "welcome" {
		to += "?done=welcome"
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// boardData is the open clocks and what else waits.
type boardData struct {
	Rows        []boardRow
	More        bool
	New         int // nobody has confirmed when we became aware
	Late        int
	Undelivered int
	Parked      int
	Oldest      time.Time // of the parked messages
	Begin       *beginData
}

// AtLeast is a number of what is on this page; more rows than fit may hold more.
func (d boardData) AtLeast(n int) string {
	if d.More {
		return strconv.Itoa(n) + "+"
	}
	return strconv.Itoa(n)
}

// LateCount is how many are late. They come first, so only a page full of them
// hides others.
func (d boardData) LateCount() string {
	if d.Late < len(d.Rows) {
		return strconv.Itoa(d.Late)
	}
	return d.AtLeast(d.Late)
}

type boardRow struct {
	incident.Row
	Clock clockView
	Next  next
}

// clockView is a clock as a page draws it.
type clockView struct {
	Duty  incident.Duty
	Left  time.Duration
	Late  bool
	Level string // calm, soon, urgent or late
	Used  int    // per cent of the period that is over, 0-100
}

// Thresholds of the colours; the words beside them say the same.
const (
	soonFrom   = 24 * time.Hour
	urgentFrom = 12 * time.Hour
)

func clockOf(d incident.Duty, now time.Time) clockView {
	v := clockView{Duty: d, Left: d.Left(now), Late: d.Overdue(now), Level: "calm"}
	switch {
	case v.Late:
		v.Level = "late"
	case v.Left <= urgentFrom:
		v.Level = "urgent"
	case v.Left <= soonFrom:
		v.Level = "soon"
	}
	if whole := d.Clock.Due.Sub(d.Clock.Start); whole > 0 {
		v.Used = int(min(100, max(0, 100*now.Sub(d.Clock.Start)/whole)))
	}
	return v
}

func (p *Pages) board(c echo.Context) error {
	data, err := p.boardData(c)
	if err != nil {
		return err
	}
	return p.show(c, "board", data)
}

func (p *Pages) boardData(c echo.Context) (d boardData, err error) {
	ctx := c.Request().Context()
	rows, err := p.sight(c).Board(ctx, mostRows+1)
	if err != nil {
		return d, err
	}
	org, err := p.cfg.Service.Org(ctx)
	if err != nil {
		return d, err
	}
	if d.More = len(rows) > mostRows; d.More {
		rows = rows[:mostRows]
	}
	now := p.now()
	counted := map[incident.Ref]bool{}
	for _, r := range rows {
		row := boardRow{Row: r, Clock: clockOf(r.Duty, now), Next: nextForDuty(r.Incident, r.Duty, now)}
		d.Rows = append(d.Rows, row)
		if row.Clock.Late {
			d.Late++
		}
		if counted[r.Ref] {
			continue
		}
		counted[r.Ref] = true
		if r.Status() == incident.StatusNew {
			d.New++
		}
		if len(r.Trouble) > 0 {
			d.Undelivered++
		}
	}
	d.Parked, d.Oldest = org.Parked, org.Oldest
	if len(d.Rows) == 0 {
		d.Begin, err = p.firstSteps(c, org)
	}
	return d, err
}

// listData is one page of all incidents, newest first.
type listData struct {
	Rows  []incident.Row
	Older incident.Ref // zero: there is nothing older
	First bool
	Codes []string
}

func (p *Pages) list(c echo.Context) error {
	data, err := p.listData(c)
	if err != nil {
		return err
	}
	return p.show(c, "incidents", data)
}

func (p *Pages) listData(c echo.Context) (d listData, err error) {
	before, err := incident.ParseRef(c.QueryParam("before"))
	d.First = err != nil // no place given, or none that means anything
	rows, err := p.sight(c).List(c.Request().Context(), before, mostRows+1)
	if err != nil {
		return d, err
	}
	if len(rows) > mostRows {
		rows = rows[:mostRows]
		d.Older = rows[mostRows-1].Ref
	}
	d.Rows, d.Codes = rows, incident.NoReportCodes()
	return d, nil
}

// sortOut marks several incidents at once as no report. Each is an entry in its
// own log; one that refuses does not stop the others.
func (p *Pages) sortOut(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	refused, err := p.sortEach(c, values["ref"], values.Get("code"))
	if err == nil && len(refused) == 0 {
		return c.Redirect(http.StatusSeeOther, "/incidents?done=sorted-out")
	}
	data, dataErr := p.listData(c)
	if dataErr != nil {
		return dataErr
	}
	v := p.view(c, "incidents", data)
	status := http.StatusUnprocessableEntity
	if err != nil {
		if status, err = v.refused("sort-out", values, err); err != nil {
			return err
		}
	}
	v.Form.Name, v.Form.Values = "sort-out", values
	v.Form.Problems = append(v.Form.Problems, refused...)
	return p.render(c, status, v)
}

func (p *Pages) sortEach(c echo.Context, refs []string, code string) (refused []Problem, err error) {
	if len(refs) == 0 {
		return nil, refuse("", "choose-incidents")
	}
	if !slices.Contains(incident.NoReportCodes(), code) {
		return nil, refuse("code", "choose-one")
	}
	for _, s := range refs[:min(len(refs), mostRows)] {
		ref, err := incident.ParseRef(s)
		if err != nil {
			return refused, err
		}
		if _, err = p.sight(c).Incident(c.Request().Context(), ref); err == nil {
			_, err = p.cfg.Service.Do(c.Request().Context(), ref, actor(c), incident.NoReport{Code: code})
		}
		if problems, ok := problemsOf(p.language(c), err); ok {
			refused = append(refused, Problem{Text: ref.String() + ": " + problems[0].Text})
		} else if err != nil {
			return refused, err
		}
	}
	return refused, nil
}
