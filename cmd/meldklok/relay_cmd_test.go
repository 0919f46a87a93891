package main

import (
	"strings"
	"testing"

	"meldklok/notify/mailer/mailertest"
)

// TestRelayTestCommand tries relays on this machine: each is named with what it
// did, in its own words where it refuses, and the status is 0 only when all take
// mail.
func TestRelayTestCommand(t *testing.T) {
	relay, url := relayOnSocket(t)
	gone := "smtp://" + freeAddress(t)
	s := newShell(t)
	for _, row := range []struct {
		why   string
		args  []string
		fault mailertest.Fault
		code  int
		want  []string
	}{
		{"it takes connections", []string{"--relay", url}, mailertest.Fault{}, 0, []string{url, "ok        connects"}},
		{"it takes mail", []string{"--relay", url, "--from", "meldklok@example.org", "--to", "it@example.org"}, mailertest.Fault{}, 0, []string{"ok        took the test mail: 250"}},
		{"it refuses our sender", []string{"--relay", url, "--from", "meldklok@example.org", "--to", "it@example.org"},
			mailertest.Refuse(mailertest.AtMail, 553, "5.7.1", "not your address"), exitFailed, []string{"FAILED    the sender", "by a rule of its own", "553 5.7.1 not your address", "1 of 1 relays"}},
		{"nobody answers at the second", []string{"--relay", url, "--relay", gone}, mailertest.Fault{}, exitFailed, []string{gone, "FAILED    connecting", "cannot be reached", "connection refused", "1 of 2 relays"}},
		{"an address that is none", []string{"--relay", url, "--to", "it"}, mailertest.Fault{}, exitUsage, []string{"--from, --to"}},
		{"none is configured", nil, mailertest.Fault{}, exitUsage, []string{"no relay is configured"}},
	} {
		relay.Script(func(string, int) mailertest.Fault { return row.fault })
		out, errs, code := s.run("", append([]string{"relay", "test"}, row.args...)...)
		for _, want := range row.want {
			if !strings.Contains(out+errs, want) {
				t.Errorf("%s: %q is missing:\n%s%s", row.why, want, out, errs)
			}
		}
		if code != row.code {
			t.Errorf("%s: status %d, want %d:\n%s%s", row.why, code, row.code, out, errs)
		}
	}
	if n := len(relay.Messages()); n != 1 {
		t.Errorf("the relay took %d mails", n)
	}
}
