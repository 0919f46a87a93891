package register

import (
	"strings"
	"time"

	"meldklok/incident"
)

// Days sets the period to the days from the one up to and including the other;
// empty: no bound. What is not a day is a *Refusal of "from" or "until".
func (f *Filter) Days(from, until string) error {
	for _, day := range []struct {
		text, field string
		to          *time.Time
		add         int
	}{{from, "from", &f.From, 0}, {until, "until", &f.Until, 1}} {
		if day.text == "" {
			continue
		}
		at, err := ParseDay(day.text)
		if err != nil {
			return &incident.Refusal{Field: day.field, Code: "not-a-day"}
		}
		*day.to = at.In(incident.Amsterdam()).AddDate(0, 0, day.add).UTC()
	}
	return nil
}

// ParseDay reads a day as browsers and Dutch people write it (2026-10-23,
// 23-10-2026) and returns its beginning in Amsterdam, in UTC; anything else is
// a *Refusal.
func ParseDay(text string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02", "2-1-2006"} {
		if t, err := time.ParseInLocation(layout, strings.TrimSpace(text), incident.Amsterdam()); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, &incident.Refusal{Code: "not-a-day"}
}
