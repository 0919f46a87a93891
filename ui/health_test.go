package ui_test

import (
	"net/http"
	"testing"
	"time"

	"meldklok/incident/people"
	"meldklok/notify"
	"meldklok/ui"
)

// TestWhatWasMendedIsNotFoundAnyMore: between two audits the page after a change
// already knows of it, and an engine that stands still is not hidden by that.
func TestWhatWasMendedIsNotFoundAnyMore(t *testing.T) {
	var engine *notify.Engine
	s := newSite(t, works(t), func(c *ui.Config) {
		engine = c.Roads.(*notify.Engine)
		c.Health = engine.Health
	})
	auditor := s.signedIn(s.person(people.Auditor))
	ref := s.mailIn("Automatisch antwoord", "Ik ben met verlof.", "Auto-Submitted: auto-replied\r\n")
	if !ref.IsZero() {
		t.Fatal("it was not parked")
	}
	s.wait(5 * time.Hour)
	if err := engine.Turn(t.Context()); err != nil {
		t.Fatal(err)
	}
	audited := engine.Health()
	auditor.get("/health").want(http.StatusOK, "Er is niemand die gewaarschuwd kan worden", "Er staat 1 bericht geparkeerd")
	officer := s.signedIn(s.person(people.Officer))
	auditor.get("/health").want(http.StatusOK, "Er staat 1 bericht geparkeerd").lacks("Er is niemand die gewaarschuwd kan worden")
	officer.post(s.parkedPath() + "/reviewed")
	officer.get("/health").want(http.StatusOK).lacks("Er staat 1 bericht geparkeerd")
	if now := engine.Health(); !now.At.Equal(audited.At) || !now.Turned.Equal(audited.Turned) || !now.Swept.Equal(audited.Swept) {
		t.Errorf("looking anew passes for an audit: %+v, was %+v", now, audited)
	}
}
