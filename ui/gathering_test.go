package ui_test

import (
	"net/http"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/notify"
	"meldklok/ui"
)

// TestACaseSaysThatItsAlertIsOnItsWay: while the alert about a second report
// waits for company, its page says until when, also when it is restricted.
func TestACaseSaysThatItsAlertIsOnItsWay(t *testing.T) {
	var engine *notify.Engine
	s := newSite(t, works(t), func(c *ui.Config) { engine = c.Roads.(*notify.Engine) })
	s.plan.real = notify.Planner{Ladders: notify.Defaults()}
	officer := s.person(people.Officer)
	v := s.signedIn(officer)
	turn := func() {
		t.Helper()
		if err := engine.Turn(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	first := "/incidents/" + s.mailIn("Eerste", "Een lijst ging mee.").String()
	turn()
	v.get(first).want(http.StatusOK, "bij ontvangst").lacks("is onderweg")
	s.wait(time.Minute)
	ref := s.mailIn("Tweede", "Een laptop is weg.")
	second := "/incidents/" + ref.String()
	s.do(ref, officer, incident.Restrict{May: []people.ID{officer.ID}, Reasons: "Betreft een collega"})
	turn()
	v.get(second).want(http.StatusOK, "Een waarschuwing over dit dossier is onderweg", "16:35").lacks("Er is nog niemand gewaarschuwd")
	s.wait(5 * time.Minute)
	turn()
	v.get(second).want(http.StatusOK).lacks("is onderweg")
}
