package incident

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"meldklok/incident/people"
)

// How much one slice of forgetting looks at, and how much it destroys: small
// transactions between which everybody else gets a turn.
const (
	forgetLooks = 500
	forgetMost  = 20
)

// Forgetter destroys on schedule what the law no longer needs. It goes through
// the record once a day, a slice a turn, and keeps nothing but its place: what is
// due follows from the log, the setting and the time.
type Forgetter struct {
	Service *Service
	Tidy    func(ctx context.Context) error // what else goes once a day, like sessions that have ended; nil: nothing

	mu    sync.Mutex
	place forgetPlace
	done  time.Time // end of the last round
}

// forgetPlace is how far a round has come.
type forgetPlace struct {
	began     bool
	before    Ref    // incidents, newest first
	incidents bool   // all were seen
	org       uint32 // entries of the organisation's log that were seen
}

// forgetEvery is the time between two rounds.
const forgetEvery = 24 * time.Hour

// Turn looks at the next slice and destroys what is due. It returns at once when
// today's round is over, or a hold is on the whole record.
func (f *Forgetter) Turn(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, now := f.Service, f.Service.Now().UTC()
	if since := now.Sub(f.done); !f.place.began && since >= 0 && since < forgetEvery {
		return nil
	}
	org, err := s.Org(ctx)
	if err != nil || len(org.Held) > 0 {
		return err
	}
	periods, err := RetentionOf(org)
	if err != nil {
		return err
	}
	f.place.began = true
	over, err := s.forgetSlice(ctx, periods, now, &f.place)
	if err == nil && over && f.Tidy != nil {
		err = f.Tidy(ctx)
	}
	if err != nil {
		return err
	}
	if err := s.Store.Dispose(ctx); err != nil || !over {
		return err
	}
	f.done, f.place = now, forgetPlace{}
	return s.disposeNow(ctx)
}

// forgetSlice destroys what is due in the next slice. Over says that the round
// has come to its end.
func (s *Service) forgetSlice(ctx context.Context, periods Retention, now time.Time, at *forgetPlace) (over bool, err error) {
	if !at.incidents {
		refs, next, err := s.dueIncidents(ctx, periods, now, at.before)
		if err != nil {
			return false, err
		}
		for _, ref := range refs {
			if err := s.forgetIncident(ctx, ref, periods, now); err != nil {
				return false, fmt.Errorf("incident: forget %s: %w", ref, err)
			}
		}
		at.before, at.incidents = next, next.IsZero()
		return false, nil
	}
	more, err := s.forgetParked(ctx, periods, now, &at.org)
	if err != nil || more {
		return false, err
	}
	return true, s.forgetPeople(ctx, periods, now)
}

// dueIncidents finds incidents of which something goes, and where the next slice
// begins (zero: there are no more).
func (s *Service) dueIncidents(ctx context.Context, periods Retention, now time.Time, before Ref) (refs []Ref, next Ref, err error) {
	err = s.Store.View(ctx, func(v View) error {
		looked := 0
		for inc, err := range v.Incidents(before) {
			if err != nil {
				return err
			}
			if len(due(periods.Schedule(inc, endOf(v, inc)), now)) > 0 {
				refs = append(refs, inc.Ref)
			}
			if looked++; looked == forgetLooks || len(refs) == forgetMost {
				next = inc.Ref
				return nil
			}
		}
		return nil
	})
	return refs, next, err
}

// endOf returns when an incident ended; one that was merged ends with the one it
// was merged into, whichever is later, and not while that is held.
func endOf(v View, inc *Incident) time.Time {
	ended := inc.Ended()
	if !inc.Into.IsZero() && heldWith(v, inc) {
		return time.Time{}
	}
	for range 10 {
		if inc.Into.IsZero() || ended.IsZero() {
			return ended
		}
		into, err := v.Incident(inc.Into)
		if errors.Is(err, ErrDestroyed) {
			return ended // that one is long over
		}
		if err != nil || into.Ended().IsZero() {
			return time.Time{}
		}
		if inc = into; inc.Ended().After(ended) {
			ended = inc.Ended()
		}
	}
	return time.Time{}
}

// due returns what of a schedule goes by itself, and now.
func due(schedule []Leaving, now time.Time) []Leaving {
	return slices.DeleteFunc(schedule, func(l Leaving) bool { return l.What == KeepRegister || l.At.After(now) })
}

// forgetIncident destroys what is due of one incident, in one transaction that
// looks again whether it still is.
func (s *Service) forgetIncident(ctx context.Context, ref Ref, periods Retention, now time.Time) error {
	next, err := s.Store.NewItem()
	if err != nil {
		return err
	}
	err = s.Store.Update(ctx, func(tx Tx) error {
		inc, err := tx.Incident(ref)
		if err != nil {
			return err
		}
		if len(tx.Org().Held) > 0 {
			return nil
		}
		for _, l := range due(periods.Schedule(inc, endOf(tx, inc)), now) {
			b := &Destroyed{What: l.What, Parts: l.Parts, Reports: l.Reports, Files: l.Files, Bytes: l.Bytes, Under: l.Under}
			if err := s.destroy(tx, inc, b, next, s.Act(System)); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.As(err, new(*Refusal)) {
		return nil // a mail is still under way: the next round looks again
	}
	return err
}

// destroy orders a destruction and says so in the incident's log. When the keys
// go that seal the incident's correspondence, next takes their place.
func (s *Service) destroy(tx Tx, inc *Incident, b *Destroyed, next uint64, act Act) error {
	sealing := cmp.Or(inc.Sealing, inc.Reports[0].Item)
	items, all := map[uint64]Parts{}, true
	for _, r := range inc.Reports {
		if slices.Contains(b.Reports, r.N) {
			items[r.Item] |= b.Parts
			continue
		}
		all = all && r.Forgotten != nil
	}
	for _, f := range inc.Files {
		if slices.Contains(b.Files, f.N) {
			items[f.Item] |= PartOriginals
		}
	}
	if all { // then the correspondence goes with the last of them
		items[sealing] |= b.Parts & PartPersonal
	}
	if items[sealing].Has(PartPersonal) {
		b.Next = next
		if err := passOn(tx, inc.Ref, b, act); err != nil {
			return err
		}
	}
	for item, parts := range items {
		if parts == 0 {
			continue
		}
		if err := tx.Destroy(item, parts); err != nil {
			return err
		}
	}
	_, err := tx.Append(Stream{inc.Ref}, act, b)
	return err
}

// mostPassedOn keeps a destruction a small transaction. More mails than that are a
// burst that has just been queued, and gone in a moment.
const mostPassedOn = 10

// passOn looks after the mails about an incident that are still to go when the
// keys go that seal them. One to the reporter goes no more; one to somebody of
// ours says nothing personal (DESIGN, promise 8) and goes on under the next keys,
// byte for byte.
func passOn(tx Tx, ref Ref, b *Destroyed, act Act) error {
	mails, err := tx.Unsent(ref)
	if err != nil {
		return err
	}
	if len(mails) > mostPassedOn {
		return refuse("", "erase-mail-under-way")
	}
	for _, m := range mails {
		if m.Person == "" {
			err = endMail(tx, m, act, "erased")
		} else {
			b.Mails++
			err = tx.Reseal(m.ID, b.Next)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// forgetParked destroys parked messages that were reviewed and whose period is
// over. More says that there may be others.
func (s *Service) forgetParked(ctx context.Context, periods Retention, now time.Time, at *uint32) (more bool, err error) {
	period := periods[KeepParked]
	if _, ends := period.After(now); !ends {
		return false, nil
	}
	b := &Destroyed{What: KeepParked, Parts: PartPersonal | PartOriginals, Under: string(KeepParked) + " " + period.String()}
	err = s.Store.View(ctx, func(v View) error {
		*at = max(*at, v.Org().ParkedGone)
		looked := 0
		for e, err := range v.Log(OrgStream(), *at+1) {
			if err != nil {
				return err
			}
			if u, ok := e.Body.(*Unparked); ok {
				over, _ := period.After(e.At)
				if over.After(now) {
					return nil // later ones were reviewed later
				}
				if u.Ref.IsZero() {
					b.Items, b.Upto = append(b.Items, u.Item), e.N
				}
			}
			*at = e.N
			if looked++; looked == forgetLooks || len(b.Items) == forgetMost {
				more = true
				return nil
			}
		}
		return nil
	})
	if err != nil || len(b.Items) == 0 {
		return more, err
	}
	return more, s.Store.Update(ctx, func(tx Tx) error {
		for _, item := range b.Items {
			if err := tx.Destroy(item, b.Parts); err != nil {
				return err
			}
		}
		_, err := tx.Append(OrgStream(), s.Act(System), b)
		return err
	})
}

// forgetPeople destroys names and addresses of persons who left long enough ago.
func (s *Service) forgetPeople(ctx context.Context, periods Retention, now time.Time) error {
	org, err := s.Org(ctx)
	if err != nil {
		return err
	}
	for id, left := range org.Left {
		if over, ends := periods[KeepAccounts].After(left); !ends || over.After(now) {
			continue
		}
		under := string(KeepAccounts) + " " + periods[KeepAccounts].String()
		if err := s.forgetPerson(ctx, System, id, &Destroyed{What: KeepAccounts, Under: under}); err != nil {
			return err
		}
	}
	return nil
}

// forgetPerson destroys what is known of a person who left.
func (s *Service) forgetPerson(ctx context.Context, by Actor, id people.ID, b *Destroyed) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		org := tx.Org()
		if _, left := org.Left[id]; !left {
			return refuse("", "person-active")
		}
		if b.Person, b.Parts = id, PartPersonal; org.Keys[id] != 0 {
			if err := tx.Destroy(org.Keys[id], PartPersonal); err != nil {
				return err
			}
		}
		if s.Forgotten != nil {
			if err := s.Forgotten(tx, id); err != nil {
				return fmt.Errorf("incident: forget a person: %w", err)
			}
		}
		_, err := tx.Append(OrgStream(), s.Act(by), b)
		return err
	})
}
