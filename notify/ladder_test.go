package notify_test

import (
	"slices"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/notify"
	"pgregory.net/rapid"
)

// at reads a moment that is written right.
func at(t *testing.T, s string) time.Time {
	t.Helper()
	when, err := incident.ParseWhen(s)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

// apDuty is an incident with an open AP duty whose clock started then.
func apDuty(start time.Time) (*incident.Incident, *incident.Duty) {
	inc := &incident.Incident{Ref: incident.Ref{Year: 2026, Number: 1}, Duties: []incident.Duty{{
		Kind: incident.DutyAP, Hours: 72, Outcome: incident.OutcomeOpen,
		Clock: incident.Clock{Version: 1, Start: start, Due: incident.Deadline(start, 72), Basis: incident.ClockReceipt},
	}}}
	return inc, &inc.Duties[0]
}

// TestDefaultLadder holds the table of the design: every rung at its instant,
// for a report of Friday afternoon over the autumn time change.
func TestDefaultLadder(t *testing.T) {
	inc, d := apDuty(at(t, "2026-10-23T16:30+02:00"))
	p := notify.Planner{Ladders: notify.Defaults()}
	tests := []struct {
		name, at string
		to       []people.Role
	}{
		{"reported", "2026-10-23T16:30+02:00", []people.Role{people.Officer}},
		{"unseen", "2026-10-23T20:30+02:00", []people.Role{people.Officer, people.Deputy}},
		{"day-1", "2026-10-24T16:30+02:00", []people.Role{people.Officer}},
		{"day-2", "2026-10-25T15:30+01:00", []people.Role{people.Officer, people.Deputy, people.FG}},
		{"half-day", "2026-10-26T03:30+01:00", []people.Role{people.Officer, people.Deputy, people.FG, people.Management}},
		{"six", "2026-10-26T09:30+01:00", nil},
		{"three", "2026-10-26T12:30+01:00", nil},
		{"one", "2026-10-26T14:30+01:00", nil},
		{"overdue", "2026-10-26T15:30+01:00", nil},
		{"overdue+4h", "2026-10-26T19:30+01:00", nil},
		{"overdue+8h", "2026-10-26T23:30+01:00", nil},
		{"overdue+12h", "2026-10-27T03:30+01:00", nil},
		{"overdue+16h", "2026-10-27T07:30+01:00", nil},
		{"overdue+20h", "2026-10-27T11:30+01:00", nil},
		{"overdue+24h", "2026-10-27T15:30+01:00", nil},
		{"overdue+36h", "2026-10-28T03:30+01:00", nil},
		{"overdue+48h", "2026-10-28T15:30+01:00", nil},
	}
	for _, tt := range tests {
		s, ok := p.Ladders[incident.DutyAP].Next(inc, *d)
		if !ok || s.Name != tt.name || !s.At.Equal(at(t, tt.at)) {
			t.Fatalf("next is %s at %v, want %s at %s", s.Name, s.At.In(incident.Amsterdam()), tt.name, tt.at)
		}
		if tt.to != nil && !slices.Equal(s.To, tt.to) {
			t.Errorf("%s goes to %v, want %v", tt.name, s.To, tt.to)
		}
		d.FiredAt, d.FiredRank = s.At, max(d.FiredRank, s.Rank)
	}
}

// TestLastOfficeHours: a deadline at night, in a weekend or on a holiday gets a
// reminder on the last working afternoon before it; the deadline never moves.
func TestLastOfficeHours(t *testing.T) {
	tests := []struct{ why, start, want string }{
		{"Sunday after Easter's Good Friday: Thursday afternoon has no 72 hours", "2026-04-02T17:45+02:00", ""},
		{"a Sunday deadline is announced on Friday", "2026-06-04T13:00+02:00", "2026-06-05T15:00+02:00"},
		{"an evening deadline is announced the same afternoon", "2026-06-01T20:00+02:00", "2026-06-04T15:00+02:00"},
		{"a deadline before nine is announced the afternoon before", "2026-06-01T07:00+02:00", "2026-06-03T15:00+02:00"},
		{"a deadline within office hours needs none", "2026-06-01T10:00+02:00", ""},
	}
	for _, tt := range tests {
		inc, d := apDuty(at(t, tt.start))
		p := notify.Planner{Ladders: notify.Defaults()}
		var got string
		for _, s := range p.Passed(inc, *d, d.Clock.Due) {
			if s.Base == notify.OfficeHours {
				got = s.At.In(incident.Amsterdam()).Format("2006-01-02T15:04Z07:00")
			}
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.why, got, tt.want)
		}
	}
}

// TestMovedClock: a clock that moves later repeats what comes again, one that
// moves earlier says at once what has become due, and neither repeats what was
// said.
func TestMovedClock(t *testing.T) {
	start := at(t, "2026-06-01T10:00+02:00")
	fired := start.Add(50 * time.Hour) // day-2 was fired two hours before
	tests := []struct {
		why   string
		moved time.Duration
		want  string
		in    time.Duration // from the firing; 0: at once
	}{
		{"ten hours later, so 24 hours are left once more", 10 * time.Hour, "day-2", 8 * time.Hour},
		{"twenty hours earlier, so six hours are nearly left", -17 * time.Hour, "half-day", 0},
		{"a minute earlier changes nothing", -time.Minute, "half-day", 10*time.Hour - time.Minute},
	}
	for _, tt := range tests {
		inc, d := apDuty(start.Add(tt.moved))
		d.FiredAt, d.FiredRank = fired, 40
		s, ok := notify.Defaults()[incident.DutyAP].Next(inc, *d)
		due := s.At.Sub(fired)
		if tt.in == 0 && due <= 0 {
			due = 0
		}
		if !ok || s.Name != tt.want || due != tt.in {
			t.Errorf("%s: next is %s in %v, want %s in %v", tt.why, s.Name, due, tt.want, tt.in)
		}
	}
}

// TestLadderCheck: a ladder that ends at the deadline, or tells nobody, is refused.
func TestLadderCheck(t *testing.T) {
	if err := notify.Defaults().Check(); err != nil {
		t.Fatal(err)
	}
	ends := notify.Defaults()
	ends[incident.DutyAP] = ends[incident.DutyAP][:9]
	silent := notify.Defaults()
	silent[incident.DutyPeople][0].To = nil
	missing := notify.Defaults()
	delete(missing, incident.DutyController)
	for name, ls := range map[string]notify.Ladders{"ends": ends, "silent": silent, "missing": missing} {
		if ls.Check() == nil {
			t.Errorf("the ladder that %s is accepted", name)
		}
	}
}

// TestLadderNeverEnds (promise 3): whatever was fired and whenever, an open duty
// has a next step, firing it moves on, and every step that was due is behind.
func TestLadderNeverEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(incident.DutyKinds()).Draw(t, "kind")
		start := time.Unix(rapid.Int64Range(1.6e9, 2e9).Draw(t, "start"), 0).UTC()
		hours := rapid.IntRange(1, 1000).Draw(t, "hours")
		inc, d := apDuty(start)
		d.Kind, d.Hours, d.Clock.Due = kind, hours, incident.Deadline(start, hours)
		p := notify.Planner{Ladders: notify.Defaults(), Lead: time.Duration(rapid.IntRange(0, 300).Draw(t, "lead")) * time.Second}
		if rapid.Bool().Draw(t, "seen") {
			inc.SeenAt = start
		}
		now := start
		for range rapid.IntRange(1, 30).Draw(t, "turns") {
			now = now.Add(time.Duration(rapid.IntRange(0, 50*3600).Draw(t, "pass")) * time.Second)
			if rapid.IntRange(0, 9).Draw(t, "move") == 0 {
				moved := time.Duration(rapid.IntRange(-72, 72).Draw(t, "by")) * time.Hour
				d.Clock.Start, d.Clock.Due, d.Clock.Version = d.Clock.Start.Add(moved), d.Clock.Due.Add(moved), d.Clock.Version+1
			}
			passed := p.Passed(inc, *d, now)
			rows := p.Plan(inc)
			if len(rows) != 1 {
				t.Fatalf("an open duty has %d rows", len(rows))
			}
			if due := !rows[0].At.After(now); due != (len(passed) > 0) {
				t.Fatalf("the plan says due %v, the ladder %d steps", due, len(passed))
			}
			if len(passed) == 0 {
				continue
			}
			for _, s := range passed {
				if s.At.After(d.FiredAt) {
					d.FiredAt = s.At
				}
				d.FiredRank = max(d.FiredRank, s.Rank)
			}
			if now.After(d.FiredAt) {
				d.FiredAt = now
			}
			if again := p.Passed(inc, *d, now); len(again) != 0 {
				t.Fatalf("fired at %v, and %s at %v is due again", now, again[0].Name, again[0].At)
			}
		}
	})
}
