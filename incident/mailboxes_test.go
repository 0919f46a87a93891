package incident

import (
	"slices"
	"testing"
	"time"
)

var mailboxNow = time.Date(2026, 10, 23, 14, 30, 0, 0, time.UTC)

// codes lists findings as "level code".
func codes(findings []Finding) (list []string) {
	for _, f := range findings {
		list = append(list, string(f.Level)+" "+f.Code)
	}
	return list
}

// healthyMailbox was read a minute ago.
func healthyMailbox() WatchedMailbox {
	return WatchedMailbox{
		Name: "privacy", Alarm: DefaultMailboxAlarm, Started: mailboxNow.Add(-48 * time.Hour), Connected: true,
		LastGood: mailboxNow.Add(-time.Minute), InFolder: 3, Known: 3, Compared: mailboxNow.Add(-time.Hour),
	}
}

// TestMailboxFindings: what is wrong with a mailbox, and how bad it is.
func TestMailboxFindings(t *testing.T) {
	const day = 24 * time.Hour
	ago := func(d time.Duration) time.Time { return mailboxNow.Add(-d) }
	for _, row := range []struct {
		why    string
		change func(*WatchedMailbox)
		want   []string
	}{
		{"nothing is wrong", func(*WatchedMailbox) {}, nil},
		{"five minutes ago is still good", func(m *WatchedMailbox) { m.LastGood = ago(5 * time.Minute) }, nil},
		{"a second more is not", func(m *WatchedMailbox) { m.LastGood = ago(5*time.Minute + time.Second) }, []string{"red mailbox-old"}},
		{"a long backlog is being caught up", func(m *WatchedMailbox) { m.LastGood, m.LastTaken = ago(time.Hour), ago(time.Second) }, nil},
		{"never since the start, which was just now", func(m *WatchedMailbox) { m.LastGood, m.Started = time.Time{}, ago(time.Minute) }, nil},
		{"never since the start", func(m *WatchedMailbox) { m.LastGood, m.Started = time.Time{}, ago(time.Hour) }, []string{"red mailbox-old"}},
		{"one message is missing", func(m *WatchedMailbox) { m.Missing = 1 }, []string{"red mailbox-missing"}},
		{"the missing one is set aside", func(m *WatchedMailbox) { m.Missing, m.Aside = 1, 1 }, []string{"amber mailbox-aside"}},
		{"one of two is set aside", func(m *WatchedMailbox) { m.Missing, m.Aside = 2, 1 }, []string{"red mailbox-missing", "amber mailbox-aside"}},
		{"one was found and fetched an hour ago", func(m *WatchedMailbox) { m.Found, m.FoundAt = 1, ago(time.Hour) }, []string{"amber mailbox-found"}},
		{"one was found and fetched two days ago", func(m *WatchedMailbox) { m.Found, m.FoundAt = 1, ago(2*day) }, nil},
		{"nothing can be moved", func(m *WatchedMailbox) { m.Trouble = "move-folder" }, []string{"amber mailbox-move"}},
		{"31 days before the secret expires", func(m *WatchedMailbox) { m.SecretEnds = mailboxNow.Add(31 * day) }, nil},
		{"30 days before", func(m *WatchedMailbox) { m.SecretEnds = mailboxNow.Add(30 * day) }, []string{"amber mailbox-secret"}},
		{"8 days before", func(m *WatchedMailbox) { m.SecretEnds = mailboxNow.Add(8 * day) }, []string{"amber mailbox-secret"}},
		{"7 days before", func(m *WatchedMailbox) { m.SecretEnds = mailboxNow.Add(7 * day) }, []string{"red mailbox-secret"}},
		{"it has expired", func(m *WatchedMailbox) { m.SecretEnds = mailboxNow }, []string{"red mailbox-secret-expired"}},
		{"a probe is under way", func(m *WatchedMailbox) { m.Probed, m.Probe = true, Probe{Message: 1, Sent: ago(29 * time.Minute)} }, nil},
		{"a probe is lost", func(m *WatchedMailbox) { m.Probed, m.Probe = true, Probe{Message: 1, Sent: ago(31 * time.Minute)} }, []string{"red probe-missing"}},
		{"it came in", func(m *WatchedMailbox) {
			m.Probed, m.Probe = true, Probe{Message: 1, Sent: ago(time.Hour), Seen: ago(40 * time.Minute)}
		}, nil},
		{"nobody could have seen it: the mailbox itself is not read", func(m *WatchedMailbox) {
			m.Probed, m.Probe, m.LastGood = true, Probe{Message: 1, Sent: ago(31 * time.Minute)}, ago(10*time.Minute)
		}, []string{"red mailbox-old"}},
		{"probes were switched off", func(m *WatchedMailbox) { m.Probe = Probe{Message: 1, Sent: ago(31 * time.Minute)} }, nil},
	} {
		m := healthyMailbox()
		row.change(&m)
		if got := codes(m.Findings(mailboxNow)); !slices.Equal(got, row.want) {
			t.Errorf("%s: %v, want %v", row.why, got, row.want)
		}
	}
}

// TestMailboxAlarms: administrators are mailed of what lasts ten minutes, and of
// each step before a secret expires once.
func TestMailboxAlarms(t *testing.T) {
	const day = 24 * time.Hour
	ago := func(d time.Duration) time.Time { return mailboxNow.Add(-d) }
	for _, row := range []struct {
		why    string
		change func(*WatchedMailbox)
		want   []string
	}{
		{"all is well", func(*WatchedMailbox) {}, nil},
		{"not read for nine minutes", func(m *WatchedMailbox) { m.LastGood = ago(9 * time.Minute) }, nil},
		{"not read for ten", func(m *WatchedMailbox) { m.LastGood = ago(10 * time.Minute) }, []string{"mailbox:privacy"}},
		{"a message was set aside just now", func(m *WatchedMailbox) { m.Missing, m.Aside, m.TroubleAt = 1, 1, ago(time.Minute) }, nil},
		{"a message was set aside an hour ago", func(m *WatchedMailbox) { m.Missing, m.Aside, m.TroubleAt = 1, 1, ago(time.Hour) }, []string{"mailbox-aside:privacy"}},
		{"a loss was found", func(m *WatchedMailbox) { m.Found, m.FoundAt = 1, ago(time.Second) }, []string{"mailbox-found:privacy"}},
		{"29 days before a secret expires", func(m *WatchedMailbox) { m.SecretEnds = mailboxNow.Add(29 * day) }, []string{"mailbox-secret:privacy:2026-11-21:30"}},
		{"14 days before", func(m *WatchedMailbox) { m.SecretEnds = mailboxNow.Add(14 * day) }, []string{"mailbox-secret:privacy:2026-11-06:14"}},
		{"3 days before", func(m *WatchedMailbox) { m.SecretEnds = mailboxNow.Add(3 * day) }, []string{"mailbox-secret:privacy:2026-10-26:7"}},
		{"it has expired", func(m *WatchedMailbox) { m.SecretEnds = ago(day) }, []string{"mailbox-secret:privacy:2026-10-22:0"}},
		{"a probe is lost", func(m *WatchedMailbox) { m.Probed, m.Probe = true, Probe{Message: 1, Sent: ago(time.Hour)} }, []string{"probe:privacy"}},
	} {
		m := healthyMailbox()
		row.change(&m)
		var got []string
		for _, a := range m.Alarms(mailboxNow) {
			got = append(got, a.Key)
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: %v, want %v", row.why, got, row.want)
		}
	}
}

// TestProbeDue: one at a time, a period apart, whatever happened meanwhile.
func TestProbeDue(t *testing.T) {
	const every = 6 * time.Hour
	sent := func(ago time.Duration) Probe { return Probe{Message: 1, Sent: mailboxNow.Add(-ago)} }
	for _, row := range []struct {
		why      string
		probe    Probe
		underWay bool
		want     bool
	}{
		{"there was none yet", Probe{}, false, true},
		{"the last one is a second too young", sent(every - time.Second), false, false},
		{"a period has passed", sent(every), false, true},
		{"many have passed while the program was down", sent(100 * every), false, true},
		{"the last one has not left yet", sent(100 * every), true, false},
	} {
		if got := row.probe.Due(mailboxNow, every, row.underWay); got != row.want {
			t.Errorf("%s: due %t", row.why, got)
		}
	}
}
