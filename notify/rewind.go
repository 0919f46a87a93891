package notify

import (
	"context"
	"time"

	"meldklok/incident"
)

// A clock that ran ahead and is set right leaves duties behind that were fired
// «in the future»: what falls due until then would count as said. So at the
// start, and whenever our clock has gone back, the engine walks the open duties,
// beside its turns, and notes in the log of each such one that its ladder goes on from now.

// backLimit is how far our clock may go back without a walk: peers and drift
// correct it by seconds.
const backLimit = time.Minute

// rewindState is the walk's place.
type rewindState struct {
	last    time.Time // of the last turn
	walking bool
	started bool
	after   incident.DutyRow
}

// Rewind walks one slice, if there is a reason to.
func (e *Engine) Rewind(ctx context.Context) error {
	r, now := &e.rewound, e.now()
	if !r.started || now.Before(r.last.Add(-backLimit)) {
		r.started, r.walking, r.after = true, true, incident.DutyRow{}
	}
	r.last = now
	if !r.walking {
		return nil
	}
	ahead, err := e.firedAhead(ctx, now)
	if err != nil {
		return err
	}
	for _, row := range ahead {
		switch err := e.rewindOne(ctx, row, now); {
		case err != nil && !forAll(err):
			e.noteDamaged(row.Ref, err)
		case err != nil:
			return err
		}
	}
	if len(ahead) > 0 {
		e.Wake() // what is due of them
	}
	return nil
}

// firedAhead looks at the next slice of open duties for those fired in the
// future.
func (e *Engine) firedAhead(ctx context.Context, now time.Time) (ahead []incident.DutyRow, err error) {
	r := &e.rewound
	limit := now.Add(e.cfg.Planner.Planner().Lead + backLimit)
	err = e.cfg.Store.View(ctx, func(v incident.View) error {
		seen := 0
		for row, err := range v.DutiesAfter(r.after.Ref, r.after.What) {
			if err != nil {
				return err
			}
			inc, err := v.Incident(row.Ref)
			if err != nil {
				e.noteDamaged(row.Ref, err)
				r.after = row
				continue
			}
			if id, ok := row.What.Duty(); ok && inc.Duty(id) != nil && inc.Duty(id).FiredAt.After(limit) {
				ahead = append(ahead, row)
			}
			r.after = row
			if seen++; seen == e.cfg.Slice {
				return nil
			}
		}
		r.walking = false
		return nil
	})
	return ahead, err
}

// rewindOne records that a ladder goes on from now: the steps up to now were
// said, later ones were not.
func (e *Engine) rewindOne(ctx context.Context, row incident.DutyRow, now time.Time) error {
	id, _ := row.What.Duty()
	return e.cfg.Store.Update(ctx, func(tx incident.Tx) error {
		inc, err := tx.Incident(row.Ref)
		if err != nil {
			return err
		}
		fresh := *inc.Duty(id)
		if !fresh.Open() || !fresh.FiredAt.After(now) {
			return nil
		}
		fresh.FiredAt, fresh.FiredRank = time.Time{}, 0
		body := &incident.Rewound{Duty: id, To: now}
		for _, s := range e.cfg.Planner.Planner().Passed(inc, fresh, now) {
			body.Rank = max(body.Rank, s.Rank)
		}
		_, err = tx.Append(incident.Stream{Ref: row.Ref}, incident.Act{By: incident.System, Now: now}, body)
		return err
	})
}
