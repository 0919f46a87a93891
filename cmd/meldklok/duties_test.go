package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/ui/api"
)

const daily = 24 * hour

// slowly lets the engine turn every five minutes: these ladders take weeks.
func (h *house) slowly() {
	h.stop()
	h.turn = 5 * time.Minute
	h.start()
}

// quiet waives the AP duty, so that what follows is the ladder of another one.
func (h *house) quiet() {
	h.t.Helper()
	h.do(firstRef, incident.Waive{Code: "unlikely-risk", Reasons: "a trusted recipient"})
}

// TestFollowUpAfterAProvisionalFiling: the AP's ladder ends, the one of the
// follow-up begins, and completing the notification ends that too.
func TestFollowUpAfterAProvisionalFiling(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.slowly()
		h.deliver(report)
		time.Sleep(hour)
		h.do(firstRef, incident.File{Kind: incident.FilingInitial, Provisional: true, Number: "AP-1", At: time.Now()})
		time.Sleep(30*daily - hour)

		h.expect("deputy@example.org", hour+27*daily, hour+28*daily, hour+29*daily)
		h.expect("fg@example.org", hour+28*daily, hour+29*daily)
		h.expect("board@example.org")
		want := []string{"reported", "closed", "opened", "week", "day-2", "overdue", "overdue+24h"}
		if got := h.rungs("officer@example.org"); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
			t.Errorf("the officer was told %v, want %v", got, want)
		}
		last := h.mails("fg@example.org")[1]
		if !strings.Contains(last.text, "Voorlopige melding aanvullen") || !strings.Contains(last.text, "De streefdatum is verstreken") {
			t.Errorf("the late follow-up is asked for like this:\n%s", last.text)
		}

		h.do(firstRef, incident.File{Kind: incident.FilingFollowUp, Number: "AP-2", At: time.Now()})
		time.Sleep(20 * daily)
		for _, who := range []string{"officer", "deputy", "fg"} {
			list := h.mails(who + "@example.org")
			if last := list[len(list)-1]; !strings.Contains(last.subject, "afgerond") || last.at > 30*daily+h.turn {
				t.Errorf("%s: the last mail is %q at %v", who, last.subject, last.at)
			}
		}
		h.accounted()
	})
}

// TestMeasureLadder: whoever took a measure on is told at once, three days
// before, at the agreed date, and every week after it, until it is taken; the
// officers hear of it too. The mails name the measure by its number only.
func TestMeasureLadder(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.slowly()
		h.deliver(report)
		time.Sleep(hour)
		h.quiet()
		due := friday.Add(4 * daily)
		h.do(firstRef, incident.PlanMeasure{What: "tweede factor voor iedereen", Owner: "p4", Due: due})
		h.do(firstRef, incident.PlanMeasure{What: "andere software", Owner: "p2", Due: friday.Add(100 * daily)})
		h.do(firstRef, incident.Close{Reasons: "the project goes on", Leave: true})
		time.Sleep(12*daily - hour)

		h.expect("board@example.org", hour, daily, 4*daily, 11*daily)
		h.expect("officer@example.org", 0, hour, daily, 4*daily, 11*daily) // at an hour the waiver's closing mail
		h.expect("deputy@example.org", hour)                               // the other measure is far away
		for _, m := range h.mails("board@example.org") {
			if !strings.Contains(m.text, "Maatregel 1") || strings.Contains(string(m.raw), "factor") {
				t.Errorf("the owner reads:\n%s", m.text)
			}
		}
		if late := h.mails("board@example.org")[3]; !strings.Contains(late.text, "De afgesproken datum van deze maatregel is verstreken") {
			t.Errorf("a week late the owner reads:\n%s", late.text)
		}

		// Another owner hears of it at once; the first one that it moved, and no
		// more until it is over.
		h.do(firstRef, incident.PlanMeasure{N: 1, Owner: "p3", Reason: "holidays", Due: friday.Add(16 * daily)})
		time.Sleep(5 * daily)
		h.expect("board@example.org", hour, daily, 4*daily, 11*daily, 12*daily)
		h.expect("fg@example.org", 12*daily, 13*daily, 16*daily)

		h.do(firstRef, incident.TakeMeasure{N: 1, At: time.Now()})
		time.Sleep(8 * daily)
		list := h.mails("board@example.org")
		if last := list[len(list)-1]; len(list) != 6 || !strings.Contains(last.subject, "afgerond") {
			t.Errorf("after the measure was taken: %d mails, the last %q", len(list), last.subject)
		}
		shown := api.DutiesOf(h.incident(firstRef))
		if m := shown.Measures; m[0].Outcome != "met" || m[0].Owner != "p3" || m[1].Outcome != "open" || shown.List[2].Duty != "measure/2" || !slices.Equal(shown.Wants, []string{"measures"}) {
			t.Errorf("show --json says %+v", shown)
		}
		h.accounted()
	})
}

// TestControllerDutyByContract: as a processor we tell the controller within
// the hours of the contract, counted from when we became aware.
func TestControllerDutyByContract(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.deliver(report)
		time.Sleep(hour)
		h.do(firstRef, incident.SetRole{Chain: incident.Chain{Role: incident.RoleProcessor, Party: "Ziekenhuis", Hours: 8}, Reason: "article 7 of the contract"})
		h.do(firstRef, incident.DoesNotApply{Code: incident.NotDueProcessor, Reasons: "the hospital notifies"})
		if due := h.incident(firstRef).Duty(incident.DutyController).Clock.Due; !due.Equal(friday.Add(8 * hour)) {
			t.Errorf("due %v", due)
		}
		time.Sleep(8 * hour)

		h.expect("fg@example.org", 5*hour, 8*hour)
		h.expect("board@example.org", 8*hour)
		last := h.mails("board@example.org")[0]
		if !strings.Contains(last.text, "Contracttermijn") || !strings.Contains(last.text, "za 24 oktober 2026 00:30 (+02:00)") {
			t.Errorf("management reads:\n%s", last.text)
		}

		h.do(firstRef, incident.Tell{Done: true, Telling: incident.Telling{Duty: incident.DutyController, At: time.Now(), Way: incident.WayPhone, Whom: "Ziekenhuis"}})
		time.Sleep(5 * daily)
		h.expect("board@example.org", 8*hour, 9*hour)
		if h.incident(firstRef).AnyOpen() {
			t.Error("a duty is still open")
		}
		h.accounted()
	})
}
