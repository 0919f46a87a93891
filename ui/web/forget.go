package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/people"
)

// retainers may say how long things are kept: who decides, and who keeps the
// tool running. The page names references and no content.
func retainers() Access { return Only(people.Officer, people.Deputy, people.Admin) }

// forgetActions lists what can be done about keeping and about requests.
func forgetActions(inc *incident.Incident) (actions []string) {
	add := func(when bool, name string) {
		if when {
			actions = append(actions, name)
		}
	}
	d := inc.Duty(incident.DutyRequest)
	open := d != nil && d.Open()
	add(open, "answer-request")
	add(open && d.Clock.Basis != incident.ClockPerson, "extend")
	add(inc.Request != nil, "right")
	held := map[incident.Brake]bool{}
	for _, h := range inc.Held {
		held[h.Brake] = true
	}
	add(!held[incident.BrakeHold], "hold")
	add(held[incident.BrakeHold], "lift")
	add(!held[incident.BrakeFreeze], "freeze")
	add(held[incident.BrakeFreeze], "unfreeze")
	return actions
}

// forgetCommand reads a form into the command it stands for.
func forgetCommand(name string, values url.Values) (cmd incident.Command, ok bool) {
	reasons := values.Get("reasons")
	switch name {
	case "answer-request":
		return incident.AnswerRequest{Code: values.Get("code"), Reasons: reasons}, true
	case "extend":
		return incident.ExtendRequest{Reasons: reasons}, true
	case "right":
		return incident.SetRight{Right: incident.Right(values.Get("right"))}, true
	case "hold", "lift":
		return incident.SetBrake{Brake: incident.BrakeHold, On: name == "hold", Reasons: reasons}, true
	case "freeze", "unfreeze":
		return incident.SetBrake{Brake: incident.BrakeFreeze, On: name == "freeze", Reasons: reasons}, true
	}
	return nil, false
}

// AnswerCodes and RightCodes list what a form offers.
func (d incidentData) AnswerCodes() []string        { return incident.AnswerCodes() }
func (d incidentData) RightCodes() []incident.Right { return incident.RightsOfPeople() }

// retentionData is the page of what is kept how long.
type retentionData struct {
	Kinds    []incident.Keep
	Forecast incident.Forecast
	Held     bool
	Until    time.Time
	Sees     bool // the reader may open incidents
	Changes  []version
	Lines    bool // the reader may have lines destroyed
	Gone     int  // lines that were destroyed
	Copies   string
}

// forecastAhead is how far ahead the page looks.
const forecastAhead = 365 * 24 * time.Hour

func (p *Pages) retention(c echo.Context) error {
	v, err := p.retentionView(c)
	if err != nil {
		return err
	}
	return p.render(c, http.StatusOK, v)
}

func (p *Pages) retentionView(c echo.Context) (*View, error) {
	ctx := c.Request().Context()
	org, err := p.cfg.Service.Org(ctx)
	if err != nil {
		return nil, err
	}
	periods, err := incident.RetentionOf(org)
	if err != nil {
		return nil, err
	}
	d := retentionData{Kinds: incident.Keeps(), Until: p.now().Add(forecastAhead), Held: len(org.Held) > 0, Sees: readers().Admits(me(c)), Gone: org.LinesGone}
	if d.Forecast, err = p.cfg.Service.Forecast(ctx, periods, d.Until, func(inc *incident.Incident) bool { return incident.MaySee(*me(c), inc) }); err != nil {
		return nil, err
	}
	v := p.view(c, "retention", nil)
	if d.Changes, err = p.history(c, v, incident.SettingRetention); err != nil {
		return nil, err
	}
	if d.Lines, err = p.Admits(ctx, deciders(), me(c)); err != nil {
		return nil, err
	}
	d.Copies = p.copies(v)
	v.Data = d
	for _, kind := range d.Kinds {
		v.set("retention", string(kind), v.term(periods[kind]))
	}
	return v, nil
}

// setRetention records the periods that a form states.
func (p *Pages) setRetention(c echo.Context) error {
	return p.retained(c, "retention", func(values url.Values) error {
		given := incident.Retention{}
		var wrong []error
		for _, kind := range incident.Keeps() {
			term, err := incident.ParseTerm(values.Get(string(kind)))
			if err != nil {
				wrong = append(wrong, refuse(string(kind), "not-a-term"))
			}
			given[kind] = term
		}
		if len(wrong) > 0 {
			return errors.Join(wrong...)
		}
		raw, err := json.Marshal(given)
		if err != nil {
			return err
		}
		return p.cfg.Service.SetRetention(c.Request().Context(), actor(c), raw)
	})
}

// holdRecord sets or lifts the hold on everything.
func (p *Pages) holdRecord(c echo.Context) error {
	return p.retained(c, "hold-all", func(values url.Values) error {
		return p.cfg.Service.HoldRecord(c.Request().Context(), actor(c), values.Get("on") == "yes", values.Get("reasons"))
	})
}

// retained carries out a change of the page of periods.
func (p *Pages) retained(c echo.Context, name string, change func(url.Values) error) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	if err = change(values); err == nil {
		return c.Redirect(http.StatusSeeOther, "/retention?done=retention")
	}
	v, viewErr := p.retentionView(c)
	if viewErr != nil {
		return viewErr
	}
	status, err := v.refused(name, values, err)
	if err != nil {
		return err
	}
	return p.render(c, status, v)
}
