package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/people"
)

// laddersData is who is alerted when, for every kind of duty.
type laddersData struct {
	Kinds   []ladderView
	Places  []string // fields of the on-call order
	People  people.Directory
	History []version
}

// ladderView is one ladder, in words.
type ladderView struct {
	Kind     incident.DutyKind
	Standard bool
	Rungs    []rungView
}

// rungView is one rung, in words, and its place in the form.
type rungView struct {
	N        int
	When, To string
	Fires    time.Time // for a clock that starts now
	Wrong    bool      // something in its part of the form is refused
}

func (p *Pages) laddersInWords(v *View) string {
	if p.cfg.Ladders == nil {
		return v.T("settings.unknown")
	}
	own := 0
	for _, kind := range incident.DutyKinds() {
		if !p.cfg.Ladders.Standard(kind) {
			own++
		}
	}
	if own == 0 {
		return v.T("settings.ladders.none")
	}
	return v.T("settings.ladders.value", "n", own)
}

func (p *Pages) ladders(c echo.Context) error {
	v, err := p.laddersView(c)
	if err != nil {
		return err
	}
	return p.render(c, http.StatusOK, v)
}

func (p *Pages) laddersView(c echo.Context) (*View, error) {
	if p.cfg.Ladders == nil {
		return nil, fmt.Errorf("web: ladders: %w", incident.ErrNotFound)
	}
	org, err := p.cfg.Service.Org(c.Request().Context())
	if err != nil {
		return nil, err
	}
	v, d := p.view(c, "ladders", nil), laddersData{People: org.People}
	for _, kind := range incident.DutyKinds() {
		one := ladderView{Kind: kind, Standard: p.cfg.Ladders.Standard(kind)}
		for n, r := range p.cfg.Ladders.Ladder(kind) {
			one.Rungs = append(one.Rungs, rungView{N: n, When: v.rungWhen(r), To: v.rungTo(r, org.People)})
		}
		d.Kinds = append(d.Kinds, one)
	}
	order, err := p.cfg.Ladders.OnCall(c.Request().Context())
	if err != nil {
		return nil, err
	}
	for n := range min(len(order)+2, mostOnCall) {
		name := "person-" + strconv.Itoa(n)
		d.Places = append(d.Places, name)
		if n < len(order) {
			v.set("oncall", name, string(order[n]))
		}
	}
	if d.History, err = p.history(c, v, settingLadders); err != nil {
		return nil, err
	}
	v.Data = d
	return v, nil
}

// mostOnCall is how long the on-call order can be on the page.
const mostOnCall = 12

// Somebody is a field with the persons who can be alerted.
func (v *View) Somebody(p people.Directory, form, name string, flags ...string) Field {
	f := v.Field(form, name, flags...)
	chosen := v.values(form, name)
	for _, person := range p {
		if !person.Inactive && !(len(person.Roles) == 1 && person.Has(people.Auditor)) {
			f.Options = append(f.Options, Option{Value: string(person.ID), Label: nameOf(p, person.ID), Chosen: slices.Contains(chosen, string(person.ID))})
		}
	}
	return f
}

// setOnCall puts the on-call order in force.
func (p *Pages) setOnCall(c echo.Context) error {
	return p.set(c, saver{form: "oncall", view: p.laddersView, done: "/settings/ladders?done=on-call-set", save: func(c echo.Context) error {
		if p.cfg.Ladders == nil {
			return incident.ErrNotFound
		}
		values := c.Request().PostForm
		var order []people.ID
		var places []string
		for n := range mostOnCall {
			name := "person-" + strconv.Itoa(n)
			if id := values.Get(name); id != "" {
				if at := slices.Index(order, people.ID(id)); at >= 0 {
					return refuse(name, "on-call-twice")
				}
				order, places = append(order, people.ID(id)), append(places, name)
			}
		}
		err := p.cfg.Ladders.SetOnCall(c.Request().Context(), actor(c), order)
		var r *incident.Refusal
		if errors.As(err, &r) && len(places) > 0 {
			return refuse(places[0], r.Code)
		}
		return err
	}})
}

// ladderData is one ladder with its form, and what a typed one would do.
type ladderData struct {
	ladderView
	Due     time.Time
	People  people.Directory
	Roles   []string
	Bases   []string
	Form    []rungView            // the parts of the form, the last one empty
	Trial   *incident.LadderTrial // what was typed, tried; nil: nothing was
	Changes []version
	Seen    string // names what the trial showed
}

func (p *Pages) ladder(c echo.Context) error {
	v, d, err := p.ladderView(c)
	if err != nil {
		return err
	}
	p.fillLadder(v, d, p.cfg.Ladders.Ladder(d.Kind))
	return p.render(c, http.StatusOK, v)
}

// ladderView begins the page of one ladder; its form is still empty.
func (p *Pages) ladderView(c echo.Context) (*View, *ladderData, error) {
	ctx, kind := c.Request().Context(), incident.DutyKind(c.Param("kind"))
	if p.cfg.Ladders == nil || !slices.Contains(incident.DutyKinds(), kind) {
		return nil, nil, fmt.Errorf("web: ladder: %w", incident.ErrNotFound)
	}
	org, err := p.cfg.Service.Org(ctx)
	if err != nil {
		return nil, nil, err
	}
	d := &ladderData{
		ladderView: ladderView{Kind: kind, Standard: p.cfg.Ladders.Standard(kind)}, People: org.People,
		Bases: []string{"after-start", "before-due", "office-hours", "after-due"},
	}
	for _, r := range people.Roles() {
		if r != people.Auditor {
			d.Roles = append(d.Roles, string(r))
		}
	}
	v := p.view(c, "ladder", d)
	v.Title = v.T("ladder.title", "duty", v.Duty("duty", kind))
	inForce := p.cfg.Ladders.Ladder(kind)
	now, err := p.cfg.Ladders.Try(ctx, kind, inForce)
	var r *incident.Refusal
	if err != nil && !errors.As(err, &r) { // a ladder in force can be refused today: its only reader left
		return nil, nil, err
	}
	d.Due = now.Due
	for n, r := range inForce {
		row := rungView{N: n, When: v.rungWhen(r), To: v.rungTo(r, org.People)}
		if n < len(now.Fires) {
			row.Fires = now.Fires[n]
		}
		d.Rungs = append(d.Rungs, row)
	}
	d.Changes, err = p.history(c, v, settingLadders)
	return v, d, err
}

// fillLadder puts a ladder into the form, with an empty part for one more rung.
func (p *Pages) fillLadder(v *View, d *ladderData, rungs []incident.RungSetting) {
	d.Form = nil
	for n, r := range rungs {
		i := "-" + strconv.Itoa(n)
		v.set("ladder", "base"+i, r.Base)
		v.set("ladder", "offset"+i, v.shortSpan(r.Offset))
		v.set("ladder", "every"+i, v.shortSpan(r.Every))
		v.set("ladder", "for"+i, v.shortSpan(r.For))
		v.set("ladder", "to"+i, r.To...)
		v.set("ladder", "persons"+i, r.Persons...)
		v.setTick("ladder", "owner"+i, r.Owner)
		v.setTick("ladder", "unseen"+i, r.UnlessSeen)
		d.Form = append(d.Form, rungView{N: n, When: v.rungWhen(r), To: v.rungTo(r, d.People)})
	}
	d.Form = append(d.Form, rungView{N: len(rungs)})
}

func (v *View) setTick(form, name string, on bool) {
	if on {
		v.set(form, name, "yes")
	}
}

// partsOf is how many parts the form has, one for each rung.
func partsOf(values url.Values) (n int) {
	for i := range mostParts {
		if values.Has("base-" + strconv.Itoa(i)) {
			n = i + 1
		}
	}
	return n
}

// mostParts bounds what is read of a form; a ladder can have fewer rungs.
const mostParts = 50

// rungsOf reads the form. Row says in which part of the form each rung stood.
func rungsOf(values url.Values) (rungs []incident.RungSetting, row []int) {
	for n := range partsOf(values) {
		i := "-" + strconv.Itoa(n)
		if values.Get("base"+i) == "" || values.Get("drop"+i) == "yes" {
			continue
		}
		rungs = append(rungs, incident.RungSetting{
			Base: values.Get("base" + i), Offset: longSpan(values.Get("offset" + i)), Every: longSpan(values.Get("every" + i)), For: longSpan(values.Get("for" + i)),
			To: values["to"+i], Persons: values["persons"+i], Owner: values.Get("owner"+i) == "yes", UnlessSeen: values.Get("unseen"+i) == "yes",
		})
		row = append(row, n)
	}
	return rungs, row
}

// setLadder first shows what a ladder would do, and puts it in force only when
// that very ladder was shown.
func (p *Pages) setLadder(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	v, d, err := p.ladderView(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	rungs, row := rungsOf(values)
	if values.Get("do") == "shipped" {
		rungs = p.cfg.Ladders.Shipped(d.Kind)
	}
	trial, err := p.cfg.Ladders.Try(ctx, d.Kind, rungs)
	if err != nil {
		return p.ladderRefused(c, v, d, values, row, err)
	}
	seen := markOf(trial.Rungs)
	if values.Get("do") == "save" && values.Get("seen") == seen {
		if err := p.cfg.Ladders.Set(ctx, actor(c), d.Kind, rungs); err != nil {
			return p.ladderRefused(c, v, d, values, row, err)
		}
		return c.Redirect(http.StatusSeeOther, "/settings/ladders/"+string(d.Kind)+"?done=ladder-set")
	}
	d.Trial, d.Seen = &trial, seen
	p.fillLadder(v, d, trial.Rungs)
	for n := range trial.Fires {
		d.Form[n].Fires = trial.Fires[n]
	}
	return p.render(c, http.StatusOK, v)
}

// ladderRefused shows the form as it was sent, with what is wrong at its place.
func (p *Pages) ladderRefused(c echo.Context, v *View, d *ladderData, values url.Values, row []int, err error) error {
	var r *incident.Refusal
	if errors.As(err, &r) {
		if name, n, ok := numbered(r.Field); ok && n < len(row) {
			moved := *r
			moved.Field = name + "-" + strconv.Itoa(row[n])
			err = &moved
		}
	}
	for n := range partsOf(values) {
		i := strconv.Itoa(n)
		part := rungView{N: n}
		if values.Get("base-"+i) != "" {
			part.When = v.rungWhen(incident.RungSetting{
				Base: values.Get("base-" + i), Offset: longSpan(values.Get("offset-" + i)), Every: longSpan(values.Get("every-" + i)), For: longSpan(values.Get("for-" + i)), UnlessSeen: values.Get("unseen-"+i) == "yes",
			})
			part.To = v.rungTo(incident.RungSetting{To: values["to-"+i], Persons: values["persons-"+i], Owner: values.Get("owner-"+i) == "yes"}, d.People)
		}
		d.Form = append(d.Form, part)
	}
	if len(d.Form) == 0 {
		p.fillLadder(v, d, p.cfg.Ladders.Ladder(d.Kind))
	}
	status, err := v.refused("ladder", values, err)
	if err != nil {
		return err
	}
	for _, problem := range v.Form.Problems {
		if _, n, ok := numbered(problem.Field); ok && n < len(d.Form) {
			d.Form[n].Wrong = true
		}
	}
	return p.render(c, status, v)
}

// markOf names a ladder by what it says. Names and ranks follow from the rest.
func markOf(rungs []incident.RungSetting) string {
	plain := slices.Clone(rungs)
	for i := range plain {
		plain[i].Name, plain[i].Rank = "", 0
	}
	raw, err := json.Marshal(plain)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}

// sample sends one mail of a rung to whoever asks for it.
func (p *Pages) sample(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	v, d, err := p.ladderView(c)
	if err != nil {
		return err
	}
	inForce := p.cfg.Ladders.Ladder(d.Kind)
	n, err := strconv.Atoi(values.Get("n"))
	if err != nil || n < 0 || n >= len(inForce) || p.cfg.Roads == nil {
		return fmt.Errorf("web: sample: %w", incident.ErrNotFound)
	}
	if err = p.cfg.Roads.Sample(c.Request().Context(), *me(c), d.Kind, inForce[n]); err == nil {
		return c.Redirect(http.StatusSeeOther, "/settings/ladders/"+string(d.Kind)+"?done=sample-sent")
	}
	p.fillLadder(v, d, inForce)
	status, err := v.refused("sample", values, err)
	if err != nil {
		return err
	}
	return p.render(c, status, v)
}
