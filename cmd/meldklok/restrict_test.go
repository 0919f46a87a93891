package main

import (
	"strings"
	"testing"
)

// TestRestrictCommand: the administrator names who may see an incident, and
// sees it all the same.
func TestRestrictCommand(t *testing.T) {
	s := newShell(t)
	s.ok("vier losse woorden samen", "user", "add", "--email", "officer@example.org", "--role", "officer")
	s.ok("vier losse woorden samen", "user", "add", "--email", "auditor@example.org", "--role", "auditor")
	ref := strings.TrimSpace(s.ok("From: a@example.org\nSubject: lek\n\nEen lijst.\n", "report"))
	for _, row := range []struct {
		why  string
		args []string
		code int
		says string
	}{
		{"nobody is named", nil, exitUsage, "--to"},
		{"both at once", []string{"--to", "officer@example.org", "--lift"}, exitUsage, "--lift"},
		{"a stranger", []string{"--to", "x@example.org"}, exitRefused, "no such person"},
		{"nobody who decides", []string{"--to", "auditor@example.org"}, exitRefused, "privacy officer"},
		{"it is not restricted yet", []string{"--lift"}, exitRefused, "not restricted"},
		{"two people", []string{"--to", "officer@example.org", "--to", "auditor@example.org"}, 0, "officer@example.org and auditor@example.org"},
		{"and no longer", []string{"--lift"}, 0, "no longer restricted"},
		{"again", []string{"--to", "officer@example.org"}, 0, "can be seen"},
	} {
		out, errs, code := s.run("", append([]string{"restrict", ref, "--reasons", "a colleague"}, row.args...)...)
		if code != row.code || !strings.Contains(out+errs, row.says) {
			t.Errorf("%s: status %d, %s%s", row.why, code, out, errs)
		}
	}
	if list := s.list(); len(list) != 1 {
		t.Errorf("the command line sees all: %v", list)
	}
	if out := s.ok("", "show", ref); !strings.Contains(out, "restricted") {
		t.Errorf("the log should say so: %s", out)
	}
}

// TestTheFGIsGrantedWithAWarning: the grant is explicit, and says what the law
// says about it.
func TestTheFGIsGrantedWithAWarning(t *testing.T) {
	s := newShell(t)
	s.ok("vier losse woorden samen", "user", "add", "--email", "fg@example.org", "--role", "fg")
	if _, errs, code := s.run("", "user", "fg-may-decide", "yes"); code != 0 || !strings.Contains(errs, "art. 38(6)") {
		t.Errorf("status %d, %s", code, errs)
	}
	if _, errs, code := s.run("", "user", "fg-may-decide", "no"); code != 0 || errs != "" {
		t.Errorf("status %d, %s", code, errs)
	}
	if _, _, code := s.run("", "user", "fg-may-decide", "maybe"); code != exitUsage {
		t.Errorf("status %d", code)
	}
}
