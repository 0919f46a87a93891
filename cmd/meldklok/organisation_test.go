package main

import (
	"encoding/json"
	"strings"
	"testing"

	"meldklok/incident"
)

// TestOrganisationCommand: what is set is shown; what cannot be right is refused
// with what to do, and changes nothing.
func TestOrganisationCommand(t *testing.T) {
	s := newShell(t)
	s.ok(report, "report")
	s.ok(`{"name":"Stichting Voorbeeld","kvk":"1234 5678","fg":{"email":"fg@voorbeeld.example"}}`, "organisation", "set")
	for _, tt := range []struct{ why, in, say string }{
		{"a KvK number of seven digits", `{"kvk":"1234567"}`, "8 digits"},
		{"a mistyped name", `{"naam":"x"}`, "naam"},
		{"nothing", ``, "organisation show"},
		{"an address that is none", `{"notifier":{"email":"x"}}`, "notifier_email"},
	} {
		if _, stderr, code := s.run(tt.in, "organisation", "set"); code != exitRefused || !strings.Contains(stderr, tt.say) {
			t.Errorf("%s: status %d, %q", tt.why, code, stderr)
		}
	}
	var o incident.Organisation
	if err := json.Unmarshal([]byte(s.ok("", "organisation", "show")), &o); err != nil || o.Name != "Stichting Voorbeeld" || o.KvK != "12345678" || o.FG.Email == "" {
		t.Errorf("%+v, %v", o, err)
	}
}
