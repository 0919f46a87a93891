package web

import (
	"slices"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/ui/locale"
)

func TestNextFor(t *testing.T) {
	begin := time.Date(2026, 10, 23, 14, 30, 0, 0, time.UTC)
	duty := func(kind incident.DutyKind, hours int) incident.Duty {
		return incident.Duty{Kind: kind, Hours: hours, Outcome: incident.OutcomeOpen, Clock: incident.Clock{Start: begin, Due: begin.Add(time.Duration(hours) * time.Hour)}}
	}
	ended := func(kind incident.DutyKind) incident.Duty {
		d := duty(kind, 72)
		d.Outcome = incident.OutcomeMet
		return d
	}
	aware, score := &incident.Awareness{At: begin}, func(notify bool) *incident.Score { return &incident.Score{Notify: notify} }
	ap := duty(incident.DutyAP, 72)
	for _, row := range []struct {
		why  string
		inc  incident.Incident
		late time.Duration
		want string
	}{
		{"nobody has confirmed when we knew", incident.Incident{Duties: []incident.Duty{ap}}, 0, "next.confirm"},
		{"the machine takes it for a question", incident.Incident{Duties: []incident.Duty{ap}, NoReport: "question", ByMachine: true}, 0, "next.perhaps-no-report"},
		{"confirmed, scored only by the machine", incident.Incident{Duties: []incident.Duty{ap}, Aware: aware, Score: score(true), ByMachine: true}, 0, "next.assess"},
		{"the score asks to notify", incident.Incident{Duties: []incident.Duty{ap}, Aware: aware, Score: score(true)}, 0, "next.file-scored"},
		{"the score does not ask to notify", incident.Incident{Duties: []incident.Duty{ap}, Aware: aware, Score: score(false)}, 0, "next.waive"},
		{"decided to notify", incident.Incident{Duties: []incident.Duty{ap}, Decisions: []incident.Decided{{Decision: incident.DecideNotify}}}, 0, "next.file"},
		{"the very instant of the deadline is in time", incident.Incident{Duties: []incident.Duty{ap}}, 72 * time.Hour, "next.confirm"},
		{"a second late, whatever else is missing", incident.Incident{Duties: []incident.Duty{ap}}, 72*time.Hour + time.Second, "next.overdue"},
		{"the AP comes before the people", incident.Incident{Duties: []incident.Duty{duty(incident.DutyPeople, 1), ap}, Aware: aware, Score: score(true)}, 0, "next.file-scored"},
		{"the controller comes before the people", incident.Incident{Duties: []incident.Duty{ended(incident.DutyAP), duty(incident.DutyPeople, 72), duty(incident.DutyController, 24)}}, 0, "next.controller"},
		{"only the people are left", incident.Incident{Duties: []incident.Duty{ended(incident.DutyAP), duty(incident.DutyPeople, 72)}}, 0, "next.people"},
		{"only the follow-up is left", incident.Incident{Duties: []incident.Duty{ended(incident.DutyAP), duty(incident.DutyFollowUp, 672)}, Filings: []incident.Filing{{Kind: incident.FilingInitial}}}, 0, "next.follow-up"},
		{"everything is decided", incident.Incident{Duties: []incident.Duty{ended(incident.DutyAP)}}, 0, "next.close"},
		{"closed", incident.Incident{Duties: []incident.Duty{ended(incident.DutyAP)}, Closed: true}, 0, "next.nothing"},
		{"merged", incident.Incident{Duties: []incident.Duty{ap}, Into: incident.Ref{Year: 2026, Number: 1}}, 0, "next.merged"},
		{"an exercise is never filed", incident.Incident{Duties: []incident.Duty{ap}, Exercise: true}, 99 * time.Hour, "next.exercise"},
		{"from before the start", incident.Incident{History: true}, 0, "next.history"},
	} {
		got := nextFor(&row.inc, begin.Add(row.late))
		if got.ID != row.want {
			t.Errorf("%s: %s, want %s", row.why, got.ID, row.want)
		}
		if got.Form != "" && got.Form != "assess" && !slices.Contains(actionsFor(&row.inc), got.Form) {
			t.Errorf("%s: the page does not offer %q", row.why, got.Form)
		}
	}
}

// TestEveryKindOfDutyHasItsOwnNextStep: a kind without a sentence of its own
// must not pass for the duty to notify the AP.
func TestEveryKindOfDutyHasItsOwnNextStep(t *testing.T) {
	due := time.Date(2026, 10, 23, 14, 30, 0, 0, time.UTC)
	seen := map[string]incident.DutyKind{}
	for _, kind := range incident.DutyKinds() {
		d := incident.Duty{Kind: kind, N: 1, Outcome: incident.OutcomeOpen, Clock: incident.Clock{Due: due}}
		inc := incident.Incident{Duties: []incident.Duty{d}, Measures: []incident.Measure{{N: 1, What: "Sloten vervangen", Outcome: incident.OutcomeOpen}}}
		got := nextForDuty(&inc, d, due.Add(time.Hour))
		if other, taken := seen[got.ID]; taken || !locale.Has(got.ID) {
			t.Errorf("%s: no sentence of its own but %q (also of %q)", kind, got.ID, other)
		}
		seen[got.ID] = kind
		if (kind == incident.DutyMeasure) != (got.What == "Sloten vervangen") || got.Form == "" || got.Due != due {
			t.Errorf("%s: %+v", kind, got)
		}
	}
}

func TestClockOf(t *testing.T) {
	begin := time.Date(2026, 10, 23, 14, 30, 0, 0, time.UTC)
	d := incident.Duty{Outcome: incident.OutcomeOpen, Clock: incident.Clock{Start: begin, Due: begin.Add(72 * time.Hour)}}
	for _, row := range []struct {
		why   string
		after time.Duration
		level string
		used  int
	}{
		{"at the start", 0, "calm", 0},
		{"half way", 36 * time.Hour, "calm", 50},
		{"24 hours left", 48 * time.Hour, "soon", 66},
		{"12 hours left", 60 * time.Hour, "urgent", 83},
		{"a second before", 72*time.Hour - time.Second, "urgent", 99},
		{"at the deadline", 72 * time.Hour, "urgent", 100},
		{"a second after", 72*time.Hour + time.Second, "late", 100},
		{"our clock was set back", -time.Hour, "calm", 0},
	} {
		if got := clockOf(d, begin.Add(row.after)); got.Level != row.level || got.Used != row.used {
			t.Errorf("%s: %s, %d %%; want %s, %d %%", row.why, got.Level, got.Used, row.level, row.used)
		}
	}
}
