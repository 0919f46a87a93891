package incident_test

import (
	"errors"
	"testing"
	"time"

	"meldklok/incident"
	"pgregory.net/rapid"
)

// TestReadings holds the vectors of the domain study (section 2.5): the strict
// deadline in UTC, the hour reading in local time, and the two disputed
// readings of art. 3(5), of which «-» means no extension.
func TestReadings(t *testing.T) {
	tests := []struct{ why, aware, strict, hours, a, b string }{
		{"an ordinary Tuesday", "2026-03-10T12:17+01:00", "2026-03-13T11:17Z", "2026-03-13 13:00", "-", "-"},
		{"a minute before the full hour", "2026-06-02T12:59+02:00", "2026-06-05T10:59Z", "2026-06-05 13:00", "-", "-"},
		{"the full hour itself is not counted", "2026-06-02T13:00+02:00", "2026-06-05T11:00Z", "2026-06-05 14:00", "-", "-"},
		{"over a weekend", "2026-01-16T09:00+01:00", "2026-01-19T08:00Z", "2026-01-19 10:00", "-", "2026-01-20"},
		{"over the spring change", "2026-03-27T16:30+01:00", "2026-03-30T15:30Z", "2026-03-30 18:00", "-", "2026-03-31"},
		{"over the autumn change", "2026-10-23T16:30+02:00", "2026-10-26T14:30Z", "2026-10-26 16:00", "-", "2026-10-27"},
		{"the first 02:30 of the autumn night", "2026-10-25T02:30+02:00", "2026-10-28T00:30Z", "2026-10-28 02:00", "-", "-"},
		{"the second 02:30 of the autumn night", "2026-10-25T02:30+01:00", "2026-10-28T01:30Z", "2026-10-28 03:00", "-", "-"},
		{"Easter", "2026-04-02T17:45+02:00", "2026-04-05T15:45Z", "2026-04-05 18:00", "2026-04-07", "2026-04-08"},
		{"Good Friday", "2026-04-03T10:00+02:00", "2026-04-06T08:00Z", "2026-04-06 11:00", "2026-04-08", "2026-04-08"},
		{"Koningsdag", "2026-04-24T15:20+02:00", "2026-04-27T13:20Z", "2026-04-27 16:00", "2026-04-28", "2026-04-29"},
		{"Koningsdag on the Saturday before", "2025-04-25T11:05+02:00", "2025-04-28T09:05Z", "2025-04-28 12:00", "-", "2025-04-29"},
		{"Ascension and the equated Friday", "2026-05-13T18:10+02:00", "2026-05-16T16:10Z", "2026-05-16 19:00", "2026-05-18", "2026-05-19"},
		{"Pentecost", "2026-05-22T16:30+02:00", "2026-05-25T14:30Z", "2026-05-25 17:00", "2026-05-26", "2026-05-27"},
		{"Bevrijdingsdag", "2026-05-04T09:30+02:00", "2026-05-07T07:30Z", "2026-05-07 10:00", "-", "2026-05-07"},
		{"Christmas into a Sunday", "2026-12-24T16:05+01:00", "2026-12-27T15:05Z", "2026-12-27 17:00", "2026-12-28", "2026-12-29"},
		{"Christmas into a Saturday", "2025-12-24T11:00+01:00", "2025-12-27T10:00Z", "2025-12-27 12:00", "2025-12-29", "2025-12-30"},
		{"New Year's Eve, last minute", "2025-12-31T23:59+01:00", "2026-01-03T22:59Z", "2026-01-04 00:00", "2026-01-06", "2026-01-06"},
	}
	for _, tt := range tests {
		t.Run(tt.why, func(t *testing.T) {
			aware, err := incident.ParseWhen(tt.aware)
			if err != nil {
				t.Fatal(err)
			}
			r := incident.Read(aware, 72)
			if got := r.Strict.Format("2006-01-02T15:04Z07:00"); got != tt.strict {
				t.Errorf("strict = %s, want %s", got, tt.strict)
			}
			if got := r.Hours.In(incident.Amsterdam()).Format("2006-01-02 15:04"); got != tt.hours {
				t.Errorf("hours = %s, want %s", got, tt.hours)
			}
			if got := lastDay(r.TwoDaysA); got != tt.a {
				t.Errorf("A = %s, want %s", got, tt.a)
			}
			if got := lastDay(r.TwoDaysB); got != tt.b {
				t.Errorf("B = %s, want %s", got, tt.b)
			}
		})
	}
}

// lastDay names the day of which an instant is the end (24:00 local).
func lastDay(end time.Time) string {
	if end.IsZero() {
		return "-"
	}
	return end.In(incident.Amsterdam()).Add(-time.Minute).Format("2006-01-02")
}

// TestDecidedCases holds the AP's own dates: awareness on these days, whatever
// the hour, gave a deadline on those, weekends included.
func TestDecidedCases(t *testing.T) {
	tests := []struct{ why, aware, by string }{
		{"PVV Overijssel: Friday 11 January 2019 gave Monday the 14th", "2019-01-11T15:00+01:00", "2019-01-14"},
		{"Booking.com: Sunday 13 January 2019 gave Wednesday the 16th", "2019-01-13T15:00+01:00", "2019-01-16"},
	}
	for _, tt := range tests {
		aware, err := incident.ParseWhen(tt.aware)
		if err != nil {
			t.Fatal(err)
		}
		if got := incident.Deadline(aware, 72).In(incident.Amsterdam()).Format("2006-01-02"); got != tt.by {
			t.Errorf("%s: got %s", tt.why, got)
		}
	}
}

// TestOverdueAtTheSecond: the deadline's own instant is still in time.
// LESSONS 35.
func TestOverdueAtTheSecond(t *testing.T) {
	due := time.Date(2026, 10, 26, 14, 30, 0, 0, time.UTC)
	d := incident.Duty{Outcome: incident.OutcomeOpen, Clock: incident.Clock{Due: due}}
	for offset, want := range map[time.Duration]bool{-time.Second: false, 0: false, time.Second: true} {
		if got := d.Overdue(due.Add(offset)); got != want {
			t.Errorf("overdue at deadline %+v = %v, want %v", offset, got, want)
		}
	}
	d.Outcome = incident.OutcomeMet
	if d.Overdue(due.Add(time.Hour)) {
		t.Error("a duty that was met is never overdue")
	}
}

// TestParseWhen reads what people write, and refuses to guess.
func TestParseWhen(t *testing.T) {
	tests := []struct{ why, in, want string }{
		{"RFC 3339", "2026-10-23T16:30:05+02:00", "2026-10-23T14:30:05Z"},
		{"RFC 3339 without seconds", "2026-10-23T16:30+02:00", "2026-10-23T14:30:00Z"},
		{"Dutch local time in summer", "23-10-2026 16:30", "2026-10-23T14:30:00Z"},
		{"Dutch local time in winter", "3-1-2026 09:05", "2026-01-03T08:05:00Z"},
		{"what a browser's field sends", "2026-01-03T09:05", "2026-01-03T08:05:00Z"},
		{"an hour before the spring change", "29-03-2026 01:59", "2026-03-29T00:59:00Z"},
		{"the first minute after it", "29-03-2026 03:00", "2026-03-29T01:00:00Z"},
		{"the minute before the autumn change repeats", "25-10-2026 01:59", "2026-10-24T23:59:00Z"},
		{"the first minute after the repeated hour", "25-10-2026 03:00", "2026-10-25T02:00:00Z"},
	}
	for _, tt := range tests {
		got, err := incident.ParseWhen(tt.in)
		if err != nil || got.Format(time.RFC3339) != tt.want {
			t.Errorf("%s: ParseWhen(%q) = %v, %v; want %s", tt.why, tt.in, got, err, tt.want)
		}
	}
}

// TestParseWhenRefuses: a local time that names no instant, or two, is refused
// with the choice.
// LESSONS 34, 36.
func TestParseWhenRefuses(t *testing.T) {
	tests := []struct {
		why, in, first, second string
		ambiguous              bool
	}{
		{"02:30 of the spring night does not exist", "2026-03-29T02:30", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", false},
		{"02:30 of the autumn night exists twice", "25-10-2026 02:30", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", true},
	}
	for _, tt := range tests {
		_, err := incident.ParseWhen(tt.in)
		var local *incident.LocalTimeError
		if !errors.As(err, &local) {
			t.Fatalf("%s: got %v", tt.why, err)
		}
		if local.Ambiguous != tt.ambiguous || local.First.Format(time.RFC3339) != tt.first || local.Second.Format(time.RFC3339) != tt.second {
			t.Errorf("%s: got %+v", tt.why, local)
		}
	}
	for _, in := range []string{"", "tomorrow", "2026-02-30T10:00", "10:00", "2026-10-23"} {
		var refusal *incident.Refusal
		if _, err := incident.ParseWhen(in); !errors.As(err, &refusal) {
			t.Errorf("ParseWhen(%q) = %v, want a refusal", in, err)
		}
	}
}

// TestClockProperties: whatever the start, 72 hours are 72 elapsed hours, the
// readings only ever extend, and the hour reading by at most an hour.
// LESSONS 33, 34.
func TestClockProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := time.Unix(rapid.Int64Range(1.5e9, 2.5e9).Draw(t, "start"), 0)
		hours := rapid.IntRange(1, 200).Draw(t, "hours")
		r := incident.Read(start, hours)
		if r.Strict.Sub(start) != time.Duration(hours)*time.Hour {
			t.Fatalf("strict is %v after start", r.Strict.Sub(start))
		}
		if late := r.Hours.Sub(r.Strict); late <= 0 || late > time.Hour {
			t.Fatalf("the hour reading is %v after strict", late)
		}
		for _, extended := range []time.Time{r.TwoDaysA, r.TwoDaysB} {
			if !extended.IsZero() && !extended.After(r.Hours) {
				t.Fatalf("an extension to %v is none", extended)
			}
		}
	})
}

// TestWallClockRoundTrip: every instant, written as local time, is read back
// or refused as ambiguous with itself among the choices.
func TestWallClockRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(1.5e9, 2.5e9).Draw(t, "at")/60*60, 0).UTC()
		got, err := incident.ParseWhen(at.In(incident.Amsterdam()).Format("02-01-2006 15:04"))
		var local *incident.LocalTimeError
		switch {
		case err == nil && got.Equal(at):
		case errors.As(err, &local) && local.Ambiguous && (local.First.Equal(at) || local.Second.Equal(at)):
		default:
			t.Fatalf("%v came back as %v, %v", at, got, err)
		}
	})
}

// FuzzParseWhen: no input panics or yields a moment outside UTC.
func FuzzParseWhen(f *testing.F) {
	for _, s := range []string{"2026-10-23T16:30+02:00", "25-10-2026 02:30", "29-03-2026 02:30", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if at, err := incident.ParseWhen(s); err == nil && at.Location() != time.UTC {
			t.Errorf("%q is read in %v", s, at.Location())
		}
	})
}
