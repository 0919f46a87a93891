package main

import (
	"slices"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// TestNobodyBehind: health says that a whole ladder leads to one person, also
// when the second is away without a replacement.
// LESSONS 22.
func TestNobodyBehind(t *testing.T) {
	inDir(t, t.TempDir(), func(t *testing.T, h *house) {
		alone := func(when string, want bool) {
			t.Helper()
			time.Sleep(2 * time.Minute)
			got := slices.ContainsFunc(h.app.engine.Health().Findings, func(f incident.Finding) bool { return f.Code == "nobody-behind" })
			if got != want {
				t.Errorf("%s: found %v, want %v", when, got, want)
			}
		}
		alone("nobody at all, which is another finding", false)
		h.person("officer@example.org", people.Officer)
		h.person("admin@example.org", people.Admin)
		alone("one officer and one who keeps the tool running", true)
		id := h.person("board@example.org", people.Management)
		alone("one officer and management", false)
		board, _ := h.org().People.Find(id)
		board.Absences = []people.Absence{{From: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour)}}
		if _, err := h.app.service.SetPerson(t.Context(), incident.System, board); err != nil {
			t.Fatal(err)
		}
		alone("management is away without a replacement", true)
	})
}
