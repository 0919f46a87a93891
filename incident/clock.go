package incident

import (
	"sync"
	"time"
	_ "time/tzdata" // the zone must be there on a machine that has none
)

// amsterdam is the zone of every local time on a screen or in a mail. It is
// embedded, so loading it cannot fail.
var amsterdam = sync.OnceValue(func() *time.Location {
	loc, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		panic("incident: the embedded time zone database lacks Europe/Amsterdam: " + err.Error())
	}
	return loc
})

// Amsterdam returns the zone Europe/Amsterdam, for display and for the calendar
// of holidays. Deadlines never use it: they are elapsed hours in UTC.
func Amsterdam() *time.Location { return amsterdam() }

// Deadline returns the instant at which a period of the given hours ends that
// began at start, in UTC. Hours are elapsed hours: neither a time change nor a
// weekend nor a holiday moves it (GDPR art. 33(1); the AP's decisions on PVV
// Overijssel, 2020, and Booking.com, 2020, count weekends).
func Deadline(start time.Time, hours int) time.Time {
	return start.UTC().Add(time.Duration(hours) * time.Hour)
}

// Readings are the ways in which one period of hours can be counted. All alarms
// use Strict. The others are information, never an excuse.
type Readings struct {
	Start  time.Time // UTC
	Strict time.Time // start plus elapsed hours, UTC

	// Hours counts as Regulation (EEC, Euratom) 1182/71 art. 3(1) and 3(2)(a)
	// do: the hour in which the event falls is not counted. At most one hour
	// after Strict. UTC.
	Hours time.Time

	// TwoDaysA and TwoDaysB are two readings of art. 3(5) of the same
	// Regulation, under which a period holds at least two working days. Both
	// are disputed, and the AP has not followed them. A counts any working day
	// that the period touches; B does not count the day of the start. Each is
	// the end (24:00 local) of the second working day, in UTC, or zero when the
	// reading gives no extension.
	TwoDaysA time.Time
	TwoDaysB time.Time
}

// Read counts a period of hours from start in every reading. The working days
// are those of the Algemene termijnenwet (see [Holiday]).
func Read(start time.Time, hours int) Readings {
	start = start.UTC()
	first := start.Truncate(time.Hour).Add(time.Hour)
	r := Readings{Start: start, Strict: Deadline(start, hours), Hours: Deadline(first, hours)}

	// The hour not counted lies before the period, so a start in the last hour
	// of a day does not touch that day.
	if countWorkingDays(first, r.Hours) < 2 {
		r.TwoDaysA = endOfWorkingDay(first, 2)
	}
	if end := endOfWorkingDay(nextDay(start), 2); end.After(r.Hours) {
		r.TwoDaysB = end
	}
	return r
}

// countWorkingDays counts the working days of which at least a moment lies in
// the period from (included) to (excluded).
func countWorkingDays(from, to time.Time) int {
	n := 0
	for day := midnight(from); day.Before(to); day = nextDay(day) {
		if WorkingDay(day) {
			n++
		}
	}
	return n
}

// endOfWorkingDay returns the end (24:00 local) of the n-th working day, the
// day of from included.
func endOfWorkingDay(from time.Time, n int) time.Time {
	day := midnight(from)
	for {
		if WorkingDay(day) {
			n--
		}
		day = nextDay(day)
		if n == 0 {
			return day.UTC()
		}
	}
}

// midnight returns the start of the local day of t.
func midnight(t time.Time) time.Time {
	y, m, d := t.In(Amsterdam()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, Amsterdam())
}

// nextDay returns the start of the local day after the day of t.
func nextDay(t time.Time) time.Time {
	y, m, d := t.In(Amsterdam()).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, Amsterdam())
}
