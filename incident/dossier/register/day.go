package register

import (
	"strings"
	"time"

	"meldklok/incident"
)

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
