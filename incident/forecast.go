package incident

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"meldklok/incident/people"
)

// Forecast says what goes when, before it goes.
type Forecast struct {
	Periods Retention
	Held    []Held  // on the whole record: nothing goes
	Rows    []Going // earliest first
	More    bool    // there are others; only so many are shown
	Kept    []Stays
}

// Going is one thing that goes.
type Going struct {
	Ref Ref
	Leaving
}

// Stays is an incident whose content stays, and why: «open», «not-closed»,
// «hold» or «freeze».
type Stays struct {
	Ref Ref
	Why string
}

// mostForecast bounds a forecast.
const mostForecast = 200

// Forecast lists what of incidents goes until a moment, and what stays because
// something holds it. It reads slice by slice, and leaves out what the asker may
// not see.
func (s *Service) Forecast(ctx context.Context, periods Retention, until time.Time, sees func(*Incident) bool) (f Forecast, err error) {
	org, err := s.Org(ctx)
	if err != nil {
		return f, err
	}
	f.Periods, f.Held = periods, org.Held
	for before, more := (Ref{}), true; more && err == nil; {
		err = s.Store.View(ctx, func(v View) error {
			more = false
			looked := 0
			for inc, err := range v.Incidents(before) {
				if err != nil {
					return err
				}
				if sees(inc) {
					f.add(v, inc, until)
				}
				before = inc.Ref
				if looked++; looked == forgetLooks {
					more = true
					return nil
				}
			}
			return nil
		})
	}
	slices.SortStableFunc(f.Rows, func(a, b Going) int { return a.At.Compare(b.At) })
	if len(f.Rows) > mostForecast {
		f.Rows, f.More = f.Rows[:mostForecast], true
	}
	return f, err
}

func (f *Forecast) add(v View, inc *Incident, until time.Time) {
	ended := endOf(v, inc)
	why := staysFor(inc, ended)
	if why == "not-closed" && !inc.Into.IsZero() && heldWith(v, inc) {
		why = string(BrakeHold) // on what it was merged into
	}
	if why != "" && len(f.Kept) < mostForecast {
		f.Kept = append(f.Kept, Stays{inc.Ref, why})
	}
	for _, l := range f.Periods.Schedule(inc, ended) {
		if !l.At.After(until) {
			f.Rows = append(f.Rows, Going{inc.Ref, l})
		}
	}
}

func staysFor(inc *Incident, ended time.Time) string {
	switch {
	case len(inc.Held) > 0:
		return string(inc.Held[0].Brake)
	case inc.AnyOpen():
		return "open"
	case ended.IsZero():
		return "not-closed"
	}
	return ""
}

// HoldRecord sets or lifts the hold on the whole record: while it stands, nothing
// is destroyed on schedule.
func (s *Service) HoldRecord(ctx context.Context, by Actor, on bool, reasons string) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		bodies, err := SetBrake{Brake: BrakeHold, On: on, Reasons: reasons}.decide(tx.Org().Held)
		if err != nil {
			return err
		}
		_, err = tx.Append(OrgStream(), s.Act(by), bodies...)
		return err
	})
}

// SetRetention records the periods in force from now on. Raw is JSON as
// [ParseRetention] reads it.
func (s *Service) SetRetention(ctx context.Context, by Actor, raw []byte) error {
	if _, err := ParseRetention(raw); err != nil {
		return err
	}
	return s.PutSetting(ctx, by, SettingRetention, raw)
}

// Erase destroys at once what is known of the reporters of some reports of an
// incident, and the raw bytes of these, because somebody asked for it (GDPR
// art. 17). The register part stays (art. 17(3)(b) with 33(5)).
type Erase struct {
	Ref     Ref
	Reports []int // none: all
	Request Ref   // the request it answers; may be zero
	Reasons string
}

// Erase carries out an erasure. It refuses while a duty of the incident is open,
// or something holds it. A mail to the reporter that is still to go is taken back;
// those to our own people go on.
func (s *Service) Erase(ctx context.Context, by Actor, c Erase) error {
	next, err := s.Store.NewItem()
	if err != nil {
		return err
	}
	err = s.Store.Update(ctx, func(tx Tx) error {
		inc, err := tx.Incident(c.Ref)
		if err != nil {
			return err
		}
		b, err := c.decide(inc, tx.Org())
		if err == nil && heldWith(tx, inc) {
			err = refuse("", "erase-held")
		}
		if err != nil {
			return err
		}
		return s.destroy(tx, inc, b, next, s.Act(by))
	})
	if err != nil {
		return err
	}
	return s.disposeNow(ctx)
}

// disposeNow carries out what was ordered to be destroyed, until nothing of it is
// left: keys, bytes, remains of keys, and mails in a folder.
func (s *Service) disposeNow(ctx context.Context) error {
	if err := s.Store.Dispose(ctx); err != nil {
		return err
	}
	if err := s.Store.Shred(ctx); err != nil || s.DropKept == nil {
		return err
	}
	return s.DropKept(func(messageID string) (gone bool, err error) {
		mark, ours := s.Tokens.Read(messageID)
		if !ours {
			return false, nil
		}
		err = s.Store.View(ctx, func(v View) error { _, err := v.Message(mark.Message); return err })
		if gone = errors.Is(err, ErrDestroyed); gone || errors.Is(err, ErrNotFound) {
			err = nil
		}
		return gone, err
	})
}

func (c Erase) decide(inc *Incident, org *Org) (*Destroyed, error) {
	b := &Destroyed{
		What: KeepPersonal, Parts: PartPersonal | PartOriginals, Under: UnderRequest, Request: c.Request, Reasons: strings.TrimSpace(c.Reasons),
	}
	for _, r := range inc.Reports {
		if (len(c.Reports) == 0 || slices.Contains(c.Reports, r.N)) && (r.Gone == nil || r.Forgotten == nil) {
			b.Reports, b.Bytes = append(b.Reports, r.N), b.Bytes+r.Size
		}
	}
	switch {
	case blank(c.Reasons):
		return nil, refuse("reasons", "required")
	case inc.AnyOpen():
		return nil, refuse("", "erase-open")
	case len(inc.Held) > 0 || len(org.Held) > 0:
		return nil, refuse("", "erase-held")
	case len(b.Reports) == 0:
		return nil, refuse("", "nothing-to-erase")
	}
	return b, nil
}

// ErasePerson is the request to forget somebody of the organisation.
type ErasePerson struct {
	Person  people.ID
	Request Ref
	Reasons string
}

// ForgetPerson destroys name and address of a person who left, on request.
func (s *Service) ForgetPerson(ctx context.Context, by Actor, e ErasePerson) error {
	if blank(e.Reasons) {
		return refuse("reasons", "required")
	}
	b := &Destroyed{What: KeepAccounts, Under: UnderRequest, Request: e.Request, Reasons: strings.TrimSpace(e.Reasons)}
	if err := s.forgetPerson(ctx, by, e.Person, b); err != nil {
		return err
	}
	return s.disposeNow(ctx)
}
