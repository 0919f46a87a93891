package api

import (
	"fmt"
	"strconv"
	"time"

	"meldklok/incident"
)

// Clock is an open duty.
type Clock struct {
	Reference string    `json:"reference" doc:"of the incident"`
	Duty      string    `json:"duty" doc:"ap, follow-up, people, controller, measure/1 …"`
	Status    string    `json:"status" doc:"of the incident"`
	StartAt   time.Time `json:"start_at" doc:"start of the clock in force"`
	DueAt     time.Time `json:"due_at" doc:"the deadline"`
	HoursLeft float64   `json:"hours_left" doc:"at the moment of the answer; negative: too late"`
	Overdue   bool      `json:"overdue" doc:"the deadline has passed"`
}

// Clocks is the open duties, nearest deadline first.
type Clocks struct {
	At     time.Time `json:"at" doc:"the moment of the answer"`
	Clocks []Clock   `json:"clocks" doc:"nearest deadline first"`
}

// Page is a page of incidents, newest first.
type Page struct {
	Incidents []Summary `json:"incidents" doc:"newest first"`
	Next      *string   `json:"next" doc:"ask for after=NEXT; null at the end"`
}

// Log is an incident's log.
type Log struct {
	Reference string     `json:"reference" doc:"of the incident"`
	Log       []LogEntry `json:"log" doc:"oldest first"`
}

// How many rows an answer has: unless asked, and at most.
const (
	someRows = 100
	mostRows = 500
)

// limit reads how many rows are wanted.
func limit(c Call) (int, error) {
	text := c.QueryParam("limit")
	if text == "" {
		return someRows, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > mostRows {
		return 0, &incident.Refusal{Field: "limit", Code: "limit", Args: map[string]any{"most": mostRows}}
	}
	return n, nil
}

// clocks lists the open duties.
func (a *API) clocks(c Call) error {
	n, err := limit(c)
	if err != nil {
		return err
	}
	rows, err := a.sight(c).Board(c.ctx(), n)
	if err != nil {
		return err
	}
	now := a.cfg.Now().UTC()
	out := Clocks{At: now, Clocks: []Clock{}}
	for _, r := range rows {
		out.Clocks = append(out.Clocks, Clock{
			Reference: r.Ref.String(), Duty: string(r.Duty.ID()), Status: string(r.Status()),
			StartAt: r.Duty.Clock.Start.UTC(), DueAt: r.Duty.Clock.Due.UTC(),
			HoursLeft: float64(r.Duty.Clock.Due.Sub(now).Truncate(36*time.Second)) / float64(time.Hour), Overdue: r.Duty.Overdue(now),
		})
	}
	return ok(c, out)
}

// incidents lists incidents, newest first.
func (a *API) incidents(c Call) error {
	n, err := limit(c)
	if err != nil {
		return err
	}
	var after incident.Ref
	if text := c.QueryParam("after"); text != "" {
		if after, err = incident.ParseRef(text); err != nil {
			return renamed(err, map[string]string{"reference": "after"})
		}
	}
	rows, err := a.sight(c).List(c.ctx(), after, n+1)
	if err != nil {
		return err
	}
	out := Page{Incidents: []Summary{}}
	if len(rows) > n {
		rows = rows[:n]
		next := rows[n-1].Ref.String()
		out.Next = &next
	}
	for _, r := range rows {
		out.Incidents = append(out.Incidents, SummaryOf(r.Incident))
	}
	return ok(c, out)
}

// show tells one incident.
func (a *API) show(c Call) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	out, err := Show(c.ctx(), a.cfg.Service, inc)
	if err != nil {
		return fmt.Errorf("api: show %s: %w", inc.Ref, err)
	}
	return ok(c, out)
}

// log tells one incident's log.
func (a *API) log(c Call) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	entries, err := logOf(c.ctx(), a.cfg.Service, inc.Ref)
	if err != nil {
		return fmt.Errorf("api: log of %s: %w", inc.Ref, err)
	}
	return ok(c, Log{Reference: inc.Ref.String(), Log: entries})
}
