package incident

import "time"

// Holiday names the public holiday on the local day of t under article 3 of the
// Algemene termijnenwet, in Dutch; empty on an ordinary day. Good Friday (art.
// 3(2)) and the days equated by royal decree (art. 3(3)) count. It is for the
// readings of [Read] and for "who is at work"; it never moves a deadline.
func Holiday(t time.Time) string {
	y, m, d := t.In(Amsterdam()).Date()
	switch {
	case m == time.January && d == 1:
		return "Nieuwjaarsdag"
	case m == time.April && d == kingsDay(y):
		return "Koningsdag"
	case m == time.May && d == 5:
		return "Bevrijdingsdag"
	case m == time.December && d == 25:
		return "Eerste Kerstdag"
	case m == time.December && d == 26:
		return "Tweede Kerstdag"
	}
	day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	switch int(day.Sub(easter(y)).Hours() / 24) {
	case -2:
		return "Goede Vrijdag"
	case 0:
		return "Eerste Paasdag"
	case 1:
		return "Tweede Paasdag"
	case 39:
		return "Hemelvaartsdag"
	case 49:
		return "Eerste Pinksterdag"
	case 50:
		return "Tweede Pinksterdag"
	}
	if equated(y, m, d) {
		return "Gelijkgestelde dag"
	}
	return ""
}

// WorkingDay reports whether the local day of t is neither a Saturday, nor a
// Sunday, nor a holiday.
func WorkingDay(t time.Time) bool {
	switch t.In(Amsterdam()).Weekday() {
	case time.Saturday, time.Sunday:
		return false
	}
	return Holiday(t) == ""
}

// kingsDay returns the day in April: the 27th, or the 26th when that is a
// Sunday.
func kingsDay(year int) int {
	if time.Date(year, time.April, 27, 0, 0, 0, 0, time.UTC).Weekday() == time.Sunday {
		return 26
	}
	return 27
}

// equated lists the days equated with holidays by royal decree for 2023-2028.
// They cannot be computed; a new decree adds a line.
func equated(y int, m time.Month, d int) bool {
	type date struct {
		y int
		m time.Month
		d int
	}
	switch (date{y, m, d}) {
	case date{2025, time.May, 30},
		date{2026, time.January, 2}, date{2026, time.May, 15},
		date{2027, time.May, 7},
		date{2028, time.April, 28}, date{2028, time.May, 26}:
		return true
	}
	return false
}

// easter returns Easter Sunday of the Gregorian calendar at midnight UTC, by
// the anonymous Gregorian computus.
func easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 19*l) / 433
	month := (h + l - 7*m + 90) / 25
	day := (h + l - 7*m + 33*month + 19) % 32
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}
