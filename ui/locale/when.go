package locale

import (
	"fmt"
	"sync"
	"time"
	_ "time/tzdata" // the zone must be there on a machine that has none
)

// zone is Europe/Amsterdam; it is embedded, so loading it cannot fail.
var zone = sync.OnceValue(func() *time.Location {
	loc, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		panic("locale: the embedded time zone database lacks Europe/Amsterdam: " + err.Error())
	}
	return loc
})

func days(lang string) [7]string {
	if Pick(lang) == English {
		return [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}
	}
	return [7]string{"zo", "ma", "di", "wo", "do", "vr", "za"}
}

func months(lang string) [12]string {
	if Pick(lang) == English {
		return [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	}
	return [12]string{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"}
}

// When writes an instant in Amsterdam's time with its offset, so that the night
// in which an hour comes twice is told apart: «ma 26 oktober 2026 15:30
// (+01:00)». The zero time is a dash.
func When(lang string, t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	local := t.In(zone())
	return Date(lang, t) + local.Format(" 15:04 (-07:00)")
}

// Date writes the local day of an instant: «ma 26 oktober 2026».
func Date(lang string, t time.Time) string {
	local := t.In(zone())
	return fmt.Sprintf("%s %d %s %d", days(lang)[local.Weekday()], local.Day(), months(lang)[local.Month()-1], local.Year())
}

// Clock writes the local time of day of an instant: «15:30».
func Clock(t time.Time) string { return t.In(zone()).Format("15:04") }

// Month writes the local month of an instant: «oktober 2026».
func Month(lang string, t time.Time) string {
	local := t.In(zone())
	return fmt.Sprintf("%s %d", months(lang)[local.Month()-1], local.Year())
}

// Left writes how much time is left, or by how much it is too late: «nog 5 uur
// en 12 minuten», «3 uur te laat». It rounds towards less time left.
func Left(lang string, left time.Duration) string {
	id := "time.left"
	if left < 0 {
		id, left = "time.late", -left
	}
	return T(lang, id, map[string]any{"span": left})
}

// Ago writes how long ago something was: «3 uur geleden».
func Ago(lang string, d time.Duration) string {
	return T(lang, "time.ago", map[string]any{"span": max(0, d)})
}

// daysFrom is the length from which a span is written in days: the 72 hours of
// the law stay hours.
const daysFrom = 96 * time.Hour

// Span writes a length of time in its two largest units, rounded down.
func Span(lang string, d time.Duration) string {
	if d < 0 {
		d = -d
	}
	hours, minutes := int(d/time.Hour), int(d%time.Hour/time.Minute)
	switch {
	case d < time.Minute:
		return T(lang, "time.moment", nil)
	case hours == 0:
		return count(lang, "time.minutes", minutes)
	case d >= daysFrom:
		return pair(lang, count(lang, "time.days", hours/24), "time.hours", hours%24)
	}
	return pair(lang, count(lang, "time.hours", hours), "time.minutes", minutes)
}

func pair(lang, large, id string, n int) string {
	if n == 0 {
		return large
	}
	return List(lang, []string{large, count(lang, id, n)})
}

func count(lang, id string, n int) string { return T(lang, id, map[string]any{"n": n}) }
