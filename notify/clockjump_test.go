package notify_test

import (
	"slices"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/notify"
	"pgregory.net/rapid"
)

// turn is what the engine does with an open duty at one reading of the clock:
// the highest step that has passed is fired, and names the others. It returns
// all of them, each with the instant at which it was due.
func turn(p notify.Planner, inc *incident.Incident, d *incident.Duty, now time.Time) (told []string, due []time.Time) {
	passed := p.Passed(inc, *d, now)
	if len(passed) == 0 {
		return nil, nil
	}
	last := passed[len(passed)-1]
	fired := &incident.Alerted{Duty: d.ID(), Version: d.Clock.Version, Rung: last.Name, Due: last.At}
	for _, s := range passed {
		fired.Rank = max(fired.Rank, s.Rank)
		told = append(told, s.Name)
		if s.Base != notify.AfterDue {
			s.At = s.At.Add(-p.Lead)
		}
		due = append(due, s.At)
	}
	inc.Apply(incident.Entry{At: now, Body: fired})
	return told, due
}

// TestClockJump (issue 4 point 9, LESSONS 37): however often and however far our
// clock jumps, no step is told before its instant by the reading in force, none is told
// twice unless the clock went back behind it, each one that any reading has
// passed is told, and an open duty keeps exactly one planned row, which is due
// exactly when a step has passed.
func TestClockJump(t *testing.T) {
	const day = 24 * time.Hour
	jumps := []time.Duration{time.Second, time.Minute, time.Hour, 5 * time.Hour, day, 10 * day, 365 * day}
	rapid.Check(t, func(t *rapid.T) {
		start := time.Unix(rapid.Int64Range(1.6e9, 2e9).Draw(t, "start"), 0).UTC()
		inc, d := apDuty(start)
		d.Kind = rapid.SampledFrom(incident.DutyKinds()).Draw(t, "kind")
		p := notify.Planner{Ladders: notify.Defaults(), Lead: time.Duration(rapid.IntRange(0, 60).Draw(t, "lead")) * time.Second}
		lowest := map[string]time.Time{} // of the readings since a step was told
		now, furthest := start, time.Time{}
		for range rapid.IntRange(1, 40).Draw(t, "turns") {
			now = now.Add(time.Duration(rapid.IntRange(0, 10*3600).Draw(t, "pass")) * time.Second)
			switch jump := rapid.SampledFrom(jumps).Draw(t, "jump"); rapid.IntRange(0, 7).Draw(t, "way") {
			case 0:
				now = now.Add(jump)
			case 1:
				now = now.Add(-jump)
			}
			if now.After(furthest) {
				furthest = now
			}
			rows := p.Plan(inc)
			names, dues := turn(p, inc, d, now)
			if due := len(rows) == 1 && !rows[0].At.After(now); len(rows) != 1 || due != (len(names) > 0) {
				t.Fatalf("at %v the plan is %v and the ladder tells %q", now, rows, names)
			}
			for name, since := range lowest {
				if now.Before(since) {
					lowest[name] = now
				}
			}
			for i, name := range names {
				if dues[i].After(now) {
					t.Fatalf("%s of %v was told at %v", name, dues[i], now)
				}
				if since, told := lowest[name]; told && !since.Before(dues[i]) {
					t.Fatalf("%s was told twice", name)
				}
				lowest[name] = now
			}
		}
		fresh := *d
		fresh.FiredAt, fresh.FiredRank = time.Time{}, 0
		for _, s := range p.Passed(inc, fresh, furthest) {
			if _, told := lowest[s.Name]; !told {
				t.Fatalf("%s of %v was never told, though the clock has read %v", s.Name, s.At, furthest)
			}
		}
	})
}

// TestClockJumpCases walks through the jumps that happen, with the AP duty.
func TestClockJumpCases(t *testing.T) {
	const hour = time.Hour
	type reading struct {
		at   time.Duration // after the clock's start, by our clock
		told []string
	}
	tests := []struct {
		why      string
		readings []reading
	}{
		{"an hour ahead and back again: nothing twice, and the next rung at its instant", []reading{
			{0, []string{"reported"}}, {10 * hour, []string{"unseen"}},
			{11 * hour, nil}, {10 * hour, nil}, {24 * hour, []string{"day-1"}},
		}},
		{"a machine that slept: one mail names all that was missed", []reading{
			{0, []string{"reported"}}, {67 * hour, []string{"unseen", "day-1", "day-2", "half-day", "six"}},
		}},
		{"a clock that falls back to the year it was built in: silence, then everything at once", []reading{
			{0, []string{"reported"}}, {-20 * 365 * 24 * hour, nil}, {-20*365*24*hour + 5*hour, nil},
			{25 * hour, []string{"unseen", "day-1"}},
		}},
		{"back by less than a rung: what was told is not told again", []reading{
			{0, []string{"reported"}}, {5 * hour, []string{"unseen"}}, {3 * hour, nil}, {4 * hour, nil}, {5 * hour, nil},
		}},
	}
	for _, tt := range tests {
		start := at(t, "2026-06-01T10:00+02:00") // due within office hours
		inc, d := apDuty(start)
		p := notify.Planner{Ladders: notify.Defaults()}
		for _, r := range tt.readings {
			if told, _ := turn(p, inc, d, start.Add(r.at)); !slices.Equal(told, r.told) {
				t.Errorf("%s: at %v told %q, want %q", tt.why, r.at, told, r.told)
			}
		}
	}
}
