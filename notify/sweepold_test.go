package notify

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"meldklok/incident"
)

// TestASweepThatNeverEndsIsRed (promise 3): the first one has a quarter of an hour
// from the start, each later one from the end of the one before; whether it fails,
// or is too slow.
func TestASweepThatNeverEndsIsRed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ends := false
		e := New(Config{Now: time.Now, Rederive: func(_ context.Context, after incident.Ref, _ int) (Rederived, error) {
			if ends {
				return Rederived{}, nil
			}
			return Rederived{Next: incident.Ref{Year: 2026, Number: after.Number + 1}}, nil
		}})
		e.begun(time.Now())
		red := func() (found bool) {
			for _, f := range e.sweepFindings(time.Now()) {
				found = found || (f.Code == "sweep-old" && f.Level == incident.Red)
			}
			return found
		}
		for _, step := range []struct {
			why   string
			after time.Duration
			ends  bool
			red   bool
		}{
			{"it has begun", time.Minute, false, false},
			{"nearly too long", 13 * time.Minute, false, false},
			{"it does not end", 2 * time.Minute, false, true},
			{"it has ended", time.Minute, true, false},
			{"the next one does not", 16 * time.Minute, false, true},
		} {
			ends = step.ends
			for range int(step.after / time.Minute) {
				time.Sleep(time.Minute)
				if err := e.Sweep(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if red() != step.red {
				t.Errorf("%s: red is %v", step.why, red())
			}
		}
	})
}
