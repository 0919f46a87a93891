package incident

import "time"

// When a watched mailbox alarms.
const (
	// DefaultMailboxAlarm is how old the last good look may be (LESSONS 6).
	DefaultMailboxAlarm = 5 * time.Minute
	// MailboxTell is how long trouble lasts before administrators are mailed.
	MailboxTell = 10 * time.Minute
	// foundShown is how long a loss that was found and repaired stays visible.
	foundShown = 24 * time.Hour
	// ProbeLimit is how long a probe may travel.
	ProbeLimit = 30 * time.Minute
	// clockLimit is how far our clock may be ahead of the mailbox's (LESSONS 37).
	clockLimit = time.Minute
)

// WatchedMailbox is how a watched mailbox stands: for its page, the health
// answer and the alarm, which must not depend on this mailbox. All times are
// UTC; the zero time is never.
type WatchedMailbox struct {
	Name   string        `json:"name"`
	Server string        `json:"server"`
	Folder string        `json:"folder"`
	MoveTo string        `json:"move_to,omitempty"`
	From   time.Time     `json:"from"`  // what it held before this moment is history
	Alarm  time.Duration `json:"alarm"` // how old the last good look may be

	Started   time.Time `json:"started"`
	Connected bool      `json:"connected"`
	LastGood  time.Time `json:"last_good,omitzero"`
	LastTaken time.Time `json:"last_taken,omitzero"`

	Trouble   string    `json:"trouble,omitempty"` // code; the sentence is in Why
	Detail    string    `json:"detail,omitempty"`  // what the server said
	TroubleAt time.Time `json:"trouble_at,omitzero"`
	Why       string    `json:"-"` // in the language that was asked for

	InFolder   int       `json:"in_folder"`
	Backlog    int       `json:"backlog"`
	Known      int       `json:"known"`
	Missing    int       `json:"missing"` // in the folder, not in the record
	Aside      int       `json:"aside"`   // of those, what cannot be fetched or kept
	Found      int       `json:"found"`   // found missing by a comparison, and fetched then
	FoundAt    time.Time `json:"found_at,omitzero"`
	Compared   time.Time `json:"compared,omitzero"`
	SecretEnds time.Time `json:"secret_ends,omitzero"`
	Probed     bool      `json:"probed"` // probe mails are sent to it
	Probe      Probe     `json:"probe,omitzero"`
}

// Age is how long ago the mailbox was last looked at to the end, or a message
// was taken from it: catching up with a long backlog is no standstill. Before
// the first look it counts from the start.
func (m WatchedMailbox) Age(now time.Time) time.Duration {
	last := m.Started
	for _, at := range []time.Time{m.LastGood, m.LastTaken} {
		if at.After(last) {
			last = at
		}
	}
	return now.Sub(last)
}

// Findings says what is wrong with a watched mailbox. Every finding names the
// mailbox in its argument "name".
func (m WatchedMailbox) Findings(now time.Time) (f []Finding) {
	add := func(when bool, level Level, code string, kv ...any) {
		if !when {
			return
		}
		args := map[string]any{"name": m.Name}
		for i := 0; i+1 < len(kv); i += 2 {
			args[kv[i].(string)] = kv[i+1]
		}
		f = append(f, Finding{Code: code, Level: level, Args: args})
	}
	age, lost := m.Age(now), m.Missing-m.Aside
	add(age > m.Alarm, Red, "mailbox-old", "since", age)
	add(lost > 0, Red, "mailbox-missing", "n", lost)
	add(lost <= 0 && !m.FoundAt.IsZero() && now.Sub(m.FoundAt) < foundShown, Amber, "mailbox-found", "n", m.Found)
	add(m.Aside > 0, Amber, "mailbox-aside", "n", m.Aside)
	add(m.stays(), Amber, "mailbox-move")
	add(m.Probed && m.Probe.Lost(m.LastGood, now), Red, "probe-missing", "at", m.Probe.Sent)
	add(m.Probe.Ahead() > clockLimit, Red, "clock-wrong", "off", m.Probe.Ahead())
	if days, level, ok := m.secretLeft(now); ok {
		add(days >= 0, level, "mailbox-secret", "n", days)
		add(days < 0, Red, "mailbox-secret-expired")
	}
	return f
}

// stays reports that messages are read and cannot be moved away.
func (m WatchedMailbox) stays() bool { return m.Trouble == "no-move" || m.Trouble == "move-folder" }

// secretLeft counts the days until the secret expires, from 30 days before on
// (LESSONS 6). It is negative once it has expired.
func (m WatchedMailbox) secretLeft(now time.Time) (days int, level Level, ok bool) {
	const day = 24 * time.Hour
	left := m.SecretEnds.Sub(now)
	switch {
	case m.SecretEnds.IsZero() || left > 30*day:
		return 0, "", false
	case left <= 0:
		return -1, Red, true
	case left <= 7*day:
		level = Red
	default:
		level = Amber
	}
	return int((left + day - 1) / day), level, true
}

// Alarm is something about the tool itself that administrators are mailed
// about, over the outgoing relay. Key tells alarms apart in the organisation's
// log; Again is after how long it is said once more, 0 for never.
type Alarm struct {
	Key     string
	Finding Finding
	Again   time.Duration
	Path    string // of the page to act on; empty: the mailboxes
}

// tellAgain is how often administrators are reminded of a mailbox in trouble.
const tellAgain = 4 * time.Hour

// Alarms lists what administrators are mailed about: trouble that lasts, mail
// that is missing, and a secret that expires in 30, 14 or 7 days.
func (m WatchedMailbox) Alarms(now time.Time) (alarms []Alarm) {
	for _, f := range m.Findings(now) {
		switch f.Code {
		case "mailbox-secret", "mailbox-secret-expired":
			key := "mailbox-secret:" + m.Name + ":" + m.SecretEnds.Format(time.DateOnly) + ":" + secretStep(f)
			alarms = append(alarms, Alarm{Key: key, Finding: f})
		case "mailbox-old":
			if m.Age(now) >= MailboxTell {
				alarms = append(alarms, Alarm{Key: "mailbox:" + m.Name, Finding: f, Again: tellAgain})
			}
		case "mailbox-found":
			alarms = append(alarms, Alarm{Key: "mailbox-found:" + m.Name, Finding: f, Again: foundShown})
		case "probe-missing":
			alarms = append(alarms, Alarm{Key: "probe:" + m.Name, Finding: f, Again: tellAgain})
		default:
			if !m.TroubleAt.IsZero() && now.Sub(m.TroubleAt) >= MailboxTell {
				alarms = append(alarms, Alarm{Key: f.Code + ":" + m.Name, Finding: f, Again: tellAgain})
			}
		}
	}
	return alarms
}

// secretStep names the warning before the expiry of a secret, so that each is
// given once.
func secretStep(f Finding) string {
	days, ok := f.Args["n"].(int)
	switch {
	case !ok:
		return "0"
	case days <= 7:
		return "7"
	case days <= 14:
		return "14"
	}
	return "30"
}
