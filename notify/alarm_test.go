package notify

import (
	"testing"
	"time"

	"meldklok/incident"
)

// TestDueAlarms: an alarm is told at once, told again after its span, and one
// without a span once only.
func TestDueAlarms(t *testing.T) {
	again := incident.Alarm{Key: "mailbox:privacy", Again: 4 * time.Hour}
	once := incident.Alarm{Key: "mailbox-secret:privacy:2027-01-31:7"}
	now := started
	for _, row := range []struct {
		why   string
		alarm incident.Alarm
		told  map[string]time.Time
		want  bool
	}{
		{"nobody was ever told", again, nil, true},
		{"they were told a moment ago", again, map[string]time.Time{again.Key: now.Add(-time.Minute)}, false},
		{"a second less than four hours ago", again, map[string]time.Time{again.Key: now.Add(time.Second - 4*time.Hour)}, false},
		{"four hours ago", again, map[string]time.Time{again.Key: now.Add(-4 * time.Hour)}, true},
		{"they were told of another mailbox", again, map[string]time.Time{"mailbox:second": now}, true},
		{"a warning of seven days before", once, nil, true},
		{"it was given long ago", once, map[string]time.Time{once.Key: now.Add(-6 * 24 * time.Hour)}, false},
		{"our clock was ahead when it was told", again, map[string]time.Time{again.Key: now.Add(time.Hour)}, true},
	} {
		if got := len(dueAlarms([]incident.Alarm{row.alarm}, row.told, now)) == 1; got != row.want {
			t.Errorf("%s: due %t", row.why, got)
		}
	}
}
