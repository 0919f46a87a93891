package notify

import (
	"iter"
	"testing"
	"time"

	"pgregory.net/rapid"

	"meldklok/incident"
)

func moment(t testing.TB, s string) time.Time {
	t.Helper()
	when, err := incident.ParseWhen(s)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

// TestDigestDue holds the weekly digest to Monday at eight, Dutch time.
func TestDigestDue(t *testing.T) {
	tests := []struct{ why, last, now, from, until string }{
		{"one second before eight it is not due", "2026-10-19T08:00+02:00", "2026-10-26T07:59:59+01:00", "", ""},
		{"at eight it is, also after the clock went back", "2026-10-19T08:00+02:00", "2026-10-26T08:00+01:00", "2026-10-19T08:00+02:00", "2026-10-26T08:00+01:00"},
		{"at eight it is, also after the clock went forward", "2026-03-23T08:00+01:00", "2026-03-30T08:00+02:00", "2026-03-23T08:00+01:00", "2026-03-30T08:00+02:00"},
		{"in summer eight is six in UTC, and half past seven is too early", "2026-03-23T08:00+01:00", "2026-03-30T07:30+02:00", "", ""},
		{"once sent it is not due again that week", "2026-10-26T08:00+01:00", "2026-11-01T23:59+01:00", "", ""},
		{"a late start on Thursday sends Monday's", "2026-10-19T08:00+02:00", "2026-10-29T12:00+01:00", "2026-10-19T08:00+02:00", "2026-10-26T08:00+01:00"},
		{"three missed weeks are one digest", "2026-10-05T08:00+02:00", "2026-10-28T12:00+01:00", "2026-10-05T08:00+02:00", "2026-10-26T08:00+01:00"},
		{"a record begun on Wednesday waits for Monday", "2026-10-21T11:00+02:00", "2026-10-22T11:00+02:00", "", ""},
		{"its first digest begins where it began", "2026-10-21T11:00+02:00", "2026-10-26T08:00+01:00", "2026-10-21T11:00+02:00", "2026-10-26T08:00+01:00"},
		{"on Sunday the week is not over", "2026-10-19T08:00+02:00", "2026-10-25T23:00+01:00", "", ""},
		{"a clock that ran ahead sends nothing twice", "2026-11-02T08:00+01:00", "2026-10-26T09:00+01:00", "", ""},
		{"with nothing known, a week is a week", "", "2026-10-26T09:00+01:00", "2026-10-19T08:00+02:00", "2026-10-26T08:00+01:00"},
	}
	for _, tt := range tests {
		var last time.Time
		if tt.last != "" {
			last = moment(t, tt.last)
		}
		week, due := DigestDue(last, moment(t, tt.now))
		if due != (tt.from != "") {
			t.Errorf("%s: due %v, %+v", tt.why, due, week)
		} else if due && (!week.From.Equal(moment(t, tt.from)) || !week.Until.Equal(moment(t, tt.until))) {
			t.Errorf("%s: %+v", tt.why, week)
		}
	}
}

// TestDigestWeeksMeet: however often and however late it is asked, the weeks
// follow one another without gap or overlap, each ends on a Monday at eight,
// and none comes before it is over.
func TestDigestWeeksMeet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		last := time.Unix(rapid.Int64Range(1.6e9, 2e9).Draw(t, "begun"), 0).UTC()
		now := last
		for range rapid.IntRange(1, 60).Draw(t, "turns") {
			now = now.Add(time.Duration(rapid.IntRange(0, 12*24*3600).Draw(t, "pass")) * time.Second)
			w, due := DigestDue(last, now)
			if !due {
				if now.Sub(last) > week+time.Hour {
					t.Fatalf("nothing is due at %v, last %v", now, last)
				}
				continue
			}
			local := w.Until.In(incident.Amsterdam())
			if !w.From.Equal(last) || w.Until.After(now) || now.Sub(w.Until) > week+time.Hour || local.Weekday() != time.Monday || local.Hour() != 8 || local.Minute() != 0 {
				t.Fatalf("at %v, last %v: %+v", now, last, w)
			}
			last = w.Until
		}
	})
}

// logOf makes a log; each body is an hour after the one before, from start on.
func logOf(start time.Time, bodies ...incident.Body) iter.Seq2[incident.Entry, error] {
	return func(yield func(incident.Entry, error) bool) {
		for i, b := range bodies {
			e := incident.Entry{N: uint32(i + 1), At: start.Add(time.Duration(i) * time.Hour), By: "person:p1", Body: b}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// TestTally counts endings by when they were recorded and how they stood when
// the week ended.
func TestTally(t *testing.T) {
	clock := incident.Clock{Version: 1, Start: started, Due: started.Add(72 * time.Hour)}
	opened := &incident.DutyOpened{Duty: incident.DutyAP, Rule: "gdpr-33-72h", Hours: 72, Clock: clock}
	people := &incident.DutyOpened{Duty: incident.DutyPeople, Clock: clock}
	reported := &incident.Reported{Report: 1}
	filed := func(at time.Time) incident.Body {
		return &incident.Filed{Filing: incident.Filing{Kind: incident.FilingInitial, At: at}}
	}
	decided := func(d incident.Decision) incident.Body { return &incident.Decided{Decision: d, Duty: incident.DutyAP} }
	in := Week{started.Add(-time.Hour), started.Add(24 * time.Hour)}
	tests := []struct {
		why    string
		week   Week
		bodies []incident.Body
		want   tally
	}{
		{"a filing before the deadline is in time", in, []incident.Body{opened, filed(clock.Due)}, tally{met: 1}},
		{"a filing after the deadline is late", in, []incident.Body{opened, filed(clock.Due.Add(time.Second))}, tally{late: 1}},
		{"a filing before the week but recorded in it counts", in, []incident.Body{opened, filed(started.Add(-24 * time.Hour))}, tally{met: 1}},
		{"what was recorded at the first instant belongs to the week before", Week{started.Add(time.Hour), in.Until}, []incident.Body{opened, filed(clock.Due)}, tally{}},
		{"what was recorded at the last instant counts", Week{in.From, started.Add(time.Hour)}, []incident.Body{opened, filed(clock.Due)}, tally{met: 1}},
		{"what was recorded after the week does not", Week{in.From, started.Add(30 * time.Minute)}, []incident.Body{opened, filed(clock.Due)}, tally{}},
		{"a waiver counts as one", in, []incident.Body{opened, decided(incident.DecideWaive)}, tally{waived: 1}},
		{"what was reopened does not count", in, []incident.Body{opened, decided(incident.DecideWaive), decided(incident.DecideReopen), opened}, tally{}},
		{"ended twice counts once, as it ended last", in, []incident.Body{opened, decided(incident.DecideWaive), opened, filed(clock.Due)}, tally{met: 1}},
		{"no breach ends every duty", in, []incident.Body{opened, people, decided(incident.DecideNotABreach)}, tally{notDue: 2}},
		{"no report is outside the statistics", in, []incident.Body{opened, decided(incident.DecideNoReport)}, tally{}},
		{"a merged one goes on elsewhere", in, []incident.Body{opened, decided(incident.DecideMerge)}, tally{}},
		{"a drill counts for nothing", in, []incident.Body{&incident.Reported{Report: 1, Exercise: true}, opened, decided(incident.DecideDrillDone)}, tally{}},
		{"an open one has not ended", in, []incident.Body{reported, opened}, tally{}},
	}
	for _, tt := range tests {
		var got tally
		if err := got.add(logOf(started, tt.bodies...), tt.week); err != nil || got != tt.want {
			t.Errorf("%s: %+v, want %+v (%v)", tt.why, got, tt.want, err)
		}
	}
}
