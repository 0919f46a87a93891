package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// Desk is where ladders are tried and changed, by a command and by a page.
type Desk struct {
	Service *incident.Service
	Planner *Live
	// Rederive plans a slice of the open duties anew; see [Config].
	Rederive func(ctx context.Context, after incident.Ref, limit int) (Rederived, error)
}

// Ladder returns the ladder in force for a kind of duty, as people write it.
func (d *Desk) Ladder(kind incident.DutyKind) (rungs []incident.RungSetting) {
	for _, r := range d.Planner.Planner().Ladders[kind] {
		rungs = append(rungs, r.Setting())
	}
	return rungs
}

// Standard reports whether the ladder in force is the one that ships.
func (d *Desk) Standard(kind incident.DutyKind) bool {
	return same(d.Planner.Planner().Ladders[kind], Defaults()[kind])
}

func same(a, b Ladder) bool {
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && string(x) == string(y)
}

// Shipped returns the ladder that ships with the program.
func (d *Desk) Shipped(kind incident.DutyKind) (rungs []incident.RungSetting) {
	for _, r := range Defaults()[kind] {
		rungs = append(rungs, r.Setting())
	}
	return rungs
}

// Try checks a ladder and says what it would do. It changes nothing. It returns
// a *incident.Refusal whose field is that of the rung with its place, from 0:
// "to-3".
func (d *Desk) Try(ctx context.Context, kind incident.DutyKind, rungs []incident.RungSetting) (incident.LadderTrial, error) {
	trial, _, err := d.try(ctx, kind, rungs)
	return trial, err
}

func (d *Desk) try(ctx context.Context, kind incident.DutyKind, rungs []incident.RungSetting) (t incident.LadderTrial, fresh Planner, err error) {
	now := d.Service.Now().UTC()
	ladder, err := d.read(kind, rungs, now)
	if err != nil {
		return t, fresh, refusal(err)
	}
	org, err := d.Service.Org(ctx)
	if err != nil {
		return t, fresh, err
	}
	if err := ladder.checkPeople(kind, org.People, now); err != nil {
		return t, fresh, refusal(err)
	}
	was := d.Planner.Planner()
	fresh = was
	fresh.Ladders = make(Ladders, len(was.Ladders))
	for k, l := range was.Ladders {
		fresh.Ladders[k] = l
	}
	fresh.Ladders[kind] = ladder.Arranged(kind, slices.Concat(was.Ladders[kind], Defaults()[kind]), d.Service.Rules, now)
	rows, err := d.openOf(ctx, kind)
	if err != nil {
		return t, fresh, err
	}
	for _, r := range fresh.Ladders[kind] {
		t.Rungs = append(t.Rungs, r.Setting())
	}
	t.Fires, t.Due = fresh.Ladders[kind].Rehearse(kind, d.Service.Rules, now)
	t.Open, t.Changed = len(rows), NextAlerts(rows, was, fresh)
	if t.More = len(t.Changed) - incident.MostNextAlerts; t.More > 0 {
		t.Changed = t.Changed[:incident.MostNextAlerts]
	}
	t.More = max(0, t.More)
	return t, fresh, nil
}

// read reads the rungs and checks the ladder they make. Names and ranks are
// ours to give, so they are filled in before the check.
func (d *Desk) read(kind incident.DutyKind, rungs []incident.RungSetting, now time.Time) (l Ladder, err error) {
	if !slices.Contains(incident.DutyKinds(), kind) {
		return nil, fmt.Errorf("ladder of %q: %w", kind, incident.ErrNotFound)
	}
	for n, s := range rungs {
		s.Name, s.Rank = "new", 1
		r, err := readRung(s)
		if err != nil {
			return nil, at(err, kind, n)
		}
		if err := r.check(kind); err != nil {
			return nil, at(err, kind, n)
		}
		l = append(l, r)
	}
	all := Defaults()
	all[kind] = l
	return l, all.Check()
}

// openOf returns the open duties of a kind.
func (d *Desk) openOf(ctx context.Context, kind incident.DutyKind) ([]incident.Row, error) {
	rows, err := d.Service.Board(ctx, 0)
	return slices.DeleteFunc(rows, func(r incident.Row) bool { return r.Duty.Kind != kind }), err
}

// refusal turns the error about a ladder into one that a page can show beside
// its field.
func refusal(err error) error {
	var e *LadderError
	if !errors.As(err, &e) {
		return err
	}
	r := *e.Refusal
	if r.Field != "" && e.Rung >= 0 {
		r.Field = fmt.Sprintf("%s-%d", r.Field, e.Rung)
	}
	return &r
}

// Set records a ladder and plans every open duty anew. It refuses as Try does.
func (d *Desk) Set(ctx context.Context, by incident.Actor, kind incident.DutyKind, rungs []incident.RungSetting) error {
	_, fresh, err := d.try(ctx, kind, rungs)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(changedOnly(fresh.Ladders))
	if err != nil {
		return fmt.Errorf("notify: write ladders: %w", err)
	}
	return d.Put(ctx, by, raw, fresh)
}

// changedOnly leaves out the ladders that ship, so that a newer program may
// bring better ones.
func changedOnly(ls Ladders) Ladders {
	out, shipped := Ladders{}, Defaults()
	for kind, l := range ls {
		if !same(l, shipped[kind]) {
			out[kind] = l
		}
	}
	return out
}

// Put records checked ladders and plans every open duty anew.
func (d *Desk) Put(ctx context.Context, by incident.Actor, raw json.RawMessage, fresh Planner) error {
	if err := d.Service.PutSetting(ctx, by, SettingLadders, raw); err != nil {
		return err
	}
	d.Planner.Set(fresh)
	for after := (incident.Ref{}); ; {
		slice, err := d.Rederive(ctx, after, 1000)
		if err != nil {
			return err
		}
		if after = slice.Next; after.IsZero() {
			return nil
		}
	}
}

// SetOnCall records who is told next when somebody cannot be reached, in order;
// none: the order of the roles.
func (d *Desk) SetOnCall(ctx context.Context, by incident.Actor, order []people.ID) error {
	org, err := d.Service.Org(ctx)
	if err != nil {
		return err
	}
	for i, id := range order {
		if p, ok := org.People.Find(id); !ok || p.Inactive {
			return &incident.Refusal{Field: "on-call", Code: "ladder-gone"}
		}
		if slices.Contains(order[:i], id) {
			return &incident.Refusal{Field: "on-call", Code: "on-call-twice"}
		}
	}
	raw, err := json.Marshal(append([]people.ID{}, order...))
	if err != nil {
		return fmt.Errorf("notify: write the on-call order: %w", err)
	}
	return d.Service.PutSetting(ctx, by, SettingOnCall, raw)
}

// OnCall returns the order in force.
func (d *Desk) OnCall(ctx context.Context) ([]people.ID, error) {
	org, err := d.Service.Org(ctx)
	if err != nil {
		return nil, err
	}
	return OnCall(org), nil
}
