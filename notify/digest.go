package notify

import (
	"context"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/notify/mailer"
)

// Week is what one digest is about: what was recorded after From, up to and
// including Until. Both are UTC. It is longer than a week when earlier digests
// could not be sent.
type Week struct{ From, Until time.Time }

// The digest goes out on Monday at eight in the morning, Dutch time.
const digestHour = 8

// DigestDue returns the digest that is due at now, when the last one ended at
// last (before the first: when the record began; zero: unknown). Weeks that
// were missed are one digest. Local days are counted, so that a time change
// neither moves it nor brings it twice.
func DigestDue(last, now time.Time) (w Week, due bool) {
	until := monday(now, 0)
	if until.After(now) {
		until = monday(now, -7)
	}
	if last.IsZero() {
		last = monday(until, -7)
	}
	if !until.After(last) {
		return Week{}, false
	}
	return Week{From: last.UTC(), Until: until.UTC()}, true
}

// monday returns the hour of the digest in the local week of t, some days later.
func monday(t time.Time, days int) time.Time {
	local := t.In(incident.Amsterdam())
	sinceMonday := (int(local.Weekday()) + 6) % 7
	return time.Date(local.Year(), local.Month(), local.Day()-sinceMonday+days, digestHour, 0, 0, 0, incident.Amsterdam())
}

// tally counts the duties that ended in a week, by how they ended.
type tally struct{ met, late, waived, notDue int }

// add counts the duties that an incident's log ended in the week. What counts
// is when it was recorded, so that a filing noted on Monday evening is in the
// next digest, and in no digest twice; and how it stood at the end of the week,
// so that what was reopened does not count.
func (t *tally) add(log iter.Seq2[incident.Entry, error], w Week) error {
	var inc incident.Incident
	ended := map[incident.DutyID]incident.Duty{}
	for e, err := range log {
		if err != nil {
			return err
		}
		if e.At.After(w.Until) {
			break
		}
		open := openDuties(&inc)
		inc.Apply(e)
		for _, d := range inc.Duties {
			switch {
			case d.Open():
				delete(ended, d.ID())
			case slices.Contains(open, d.ID()) && e.At.After(w.From):
				ended[d.ID()] = d
			}
		}
	}
	if inc.Exercise || inc.Is(incident.DecideNoReport) {
		return nil // outside register and statistics
	}
	for d := range maps.Values(ended) {
		t.count(d)
	}
	return nil
}

func openDuties(inc *incident.Incident) (ids []incident.DutyID) {
	for _, d := range inc.Duties {
		if d.Open() {
			ids = append(ids, d.ID())
		}
	}
	return ids
}

// count counts one ended duty; one that was merged goes on elsewhere.
func (t *tally) count(d incident.Duty) {
	switch {
	case d.Kind == incident.DutyMeasure, d.Kind == incident.DutyRequest: // no figure about the law on breaches
	case d.Outcome == incident.OutcomeMet && d.EndedAt.After(d.Clock.Due):
		t.late++
	case d.Outcome == incident.OutcomeMet:
		t.met++
	case d.Outcome == incident.OutcomeWaived:
		t.waived++
	case d.Outcome == incident.OutcomeNotDue:
		t.notDue++
	}
}

// digest is what a digest says.
type digest struct {
	week        Week
	ended       tally
	open        []incident.OpenDuty // the most urgent ones, nearest first
	more        int                 // further open duties
	overdue     int                 // of all open duties
	unreachable int                 // persons whose address was refused
}

// digestList is how many open duties a digest names.
const digestList = 25

// digestState is how far the counting has come. It is lost in a crash, and then
// begins anew: nothing is sent before the whole is counted.
type digestState struct {
	mu    sync.Mutex
	week  Week
	ended tally
	after incident.Ref // the walk's place
	whole bool
}

// digestTurn sends the weekly digest when one is due. The incidents are counted
// a slice at a time, so that no turn takes long. That it was sent stands in the
// organisation's log, written together with the mails: no restart sends it
// twice.
func (e *Engine) digestTurn(ctx context.Context) error {
	now := e.now()
	var week Week
	due := false
	err := e.cfg.Store.View(ctx, func(v incident.View) error {
		week, due = DigestDue(lastDigest(v.Org()), now)
		due = due && v.Org().People.CanAlert()
		return nil
	})
	if err != nil || !due {
		return err
	}
	s := &e.digest
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.week != week {
		s.week, s.ended, s.after, s.whole = week, tally{}, incident.Ref{}, false
	}
	if !s.whole {
		if err := e.countSlice(ctx, s); err != nil || !s.whole {
			return err
		}
	}
	return e.sendDigest(ctx, digest{week: week, ended: s.ended}, now)
}

// lastDigest is where the last digest ended, or when the record began.
func lastDigest(org *incident.Org) time.Time {
	if last := org.LastTold[incident.TroubleDigest]; !last.IsZero() {
		return last
	}
	return org.Created
}

// countSlice counts the next incidents; those untouched since the week began
// cost no more than a look.
func (e *Engine) countSlice(ctx context.Context, s *digestState) error {
	ended, after, n := s.ended, s.after, 0
	err := e.cfg.Store.View(ctx, func(v incident.View) error {
		for inc, err := range v.Incidents(s.after) {
			if err != nil {
				continue // health names it
			}
			if n++; n > e.cfg.Slice {
				return nil
			}
			after = inc.Ref
			if !inc.LastAt.After(s.week.From) {
				continue
			}
			if err := ended.add(v.Log(incident.Stream{Ref: inc.Ref}, 1), s.week); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.ended, s.after, s.whole = ended, after, n <= e.cfg.Slice
	return nil
}

// sendDigest queues the digest for management, or for the next in line.
func (e *Engine) sendDigest(ctx context.Context, d digest, now time.Time) error {
	return e.cfg.Store.Update(ctx, func(tx incident.Tx) error {
		if week, due := DigestDue(lastDigest(tx.Org()), now); !due || week != d.week {
			return nil
		}
		if err := d.look(tx, now); err != nil {
			return err
		}
		head := tx.Counters().Head
		return e.tellOutside(tx, incident.TroubleDigest, d.week.Until, []people.Role{people.Management}, now, func(p people.Person, id uint64) mailer.Mail {
			return e.cfg.Writer.digestMail(p, id, d, head, now)
		})
	})
}

// look takes the open clocks as they stand. Drills are none.
func (d *digest) look(v incident.View, now time.Time) error {
	d.open, d.more, d.overdue, d.unreachable = nil, 0, 0, 0
	listed := 0
	for o, err := range v.OpenDuties() {
		if err != nil {
			continue
		}
		late := o.Duty.Overdue(now)
		if len(d.open) == digestList && !late {
			break
		}
		switch {
		case o.Incident.Exercise:
			listed++
			continue
		case len(d.open) < digestList:
			listed++
			d.open = append(d.open, o)
		}
		if late {
			d.overdue++
		}
	}
	d.more = max(0, int(v.Counters().OpenDuties)-listed)
	for _, p := range v.Org().People {
		if p.Refused != "" && !p.Inactive {
			d.unreachable++
		}
	}
	return nil
}
