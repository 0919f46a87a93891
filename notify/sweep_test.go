package notify_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"meldklok/incident"
	"meldklok/notify"
)

// sweeper is a record of so many open duties, one an incident, that notes how
// often each was looked at.
type sweeper struct {
	duties  int
	looks   map[uint32]int
	slowly  time.Duration // what one duty takes
	broken  error
	unsound int
}

func (s *sweeper) rederive(_ context.Context, after incident.Ref, limit int) (notify.Rederived, error) {
	if s.broken != nil {
		return notify.Rederived{Next: after}, s.broken
	}
	for n := after.Number + 1; n <= uint32(s.duties); n++ {
		if limit--; limit < 0 {
			return notify.Rederived{Next: incident.Ref{Year: 2026, Number: n - 1}, Unsound: s.unsound}, nil
		}
		s.looks[n]++
		time.Sleep(s.slowly)
	}
	return notify.Rederived{Unsound: s.unsound}, nil
}

func (s *sweeper) looked() (least, most int) {
	least = s.looks[1]
	for n := range s.duties {
		least, most = min(least, s.looks[uint32(n+1)]), max(most, s.looks[uint32(n+1)])
	}
	return least, most
}

// TestSweep: every duty is looked at within minutes, whatever there is, and
// none for ever and again.
func TestSweep(t *testing.T) {
	for _, row := range []struct {
		why         string
		duties      int
		slowly      time.Duration
		run         time.Duration
		least, most int
	}{
		{"a small record is looked at once a minute", 30, 0, 10 * time.Minute, 10, 11},
		{"one that takes longer than a minute has no rest", 100_000, 0, 3 * time.Minute, 3, 4},
		{"a slow machine takes a thousand at a time", 10_000, time.Millisecond, 50 * time.Second, 0, 1},
		{"… and has covered all of them after ten slices", 10_000, time.Millisecond, 70 * time.Second, 1, 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &sweeper{duties: row.duties, looks: map[uint32]int{}, slowly: row.slowly}
			e := notify.New(notify.Config{Now: time.Now, Rederive: s.rederive})
			for until := time.Now().Add(row.run); time.Now().Before(until); time.Sleep(5 * time.Second) {
				began := time.Now()
				if err := e.Sweep(t.Context()); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took > 1100*time.Millisecond {
					t.Errorf("%s: a slice took %v", row.why, took)
				}
			}
			if least, most := s.looked(); least < row.least || most > row.most {
				t.Errorf("%s: looked at %d to %d times, want %d to %d", row.why, least, most, row.least, row.most)
			}
		})
	}
}

// TestSweepGoesOnAfterAFailure, at the same place, and says that it failed.
func TestSweepGoesOnAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sweeper{duties: 15_000, looks: map[uint32]int{}}
		e := notify.New(notify.Config{Now: time.Now, Rederive: s.rederive})
		if err := e.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.broken = errors.New("a page cannot be read")
		if err := e.Sweep(t.Context()); !errors.Is(err, s.broken) {
			t.Fatalf("the failure was not told: %v", err)
		}
		s.broken = nil
		if err := e.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if least, most := s.looked(); least != 1 || most != 1 {
			t.Errorf("looked at %d to %d times, want once", least, most)
		}
	})
}

// TestSweepAfterTheClockWentBack does not rest until the old time comes again.
func TestSweepAfterTheClockWentBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sweeper{duties: 3, looks: map[uint32]int{}}
		now := time.Now()
		e := notify.New(notify.Config{Now: func() time.Time { return now }, Rederive: s.rederive})
		for range 2 {
			if err := e.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			now = now.Add(-time.Hour)
		}
		if least, _ := s.looked(); least != 2 {
			t.Errorf("looked at %d times, want twice", least)
		}
	})
}
