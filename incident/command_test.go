package incident_test

import (
	"errors"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/risk"
)

var (
	received = time.Date(2026, 10, 23, 14, 30, 0, 0, time.UTC)
	officer  = incident.ByPerson("p1")
)

// casefile is an incident that grows by commands, without a store.
type casefile struct {
	t   *testing.T
	inc *incident.Incident
	now time.Time
}

// opened is a fresh report with its provisional clock.
func opened(t *testing.T) *casefile {
	t.Helper()
	c := &casefile{t: t, inc: &incident.Incident{Ref: incident.Ref{Year: 2026, Number: 1}}, now: received}
	c.apply(incident.System, &incident.Reported{Report: 1, Channel: incident.ChannelSMTP, Received: received})
	c.apply(incident.System, &incident.DutyOpened{Duty: incident.DutyAP, Rule: "gdpr-33-72h", Hours: 72, Clock: incident.Clock{
		Version: 1, Start: received, Due: incident.Deadline(received, 72), Basis: incident.ClockReceipt,
	}})
	c.now = received.Add(time.Hour)
	return c
}

func (c *casefile) apply(by incident.Actor, b incident.Body) {
	c.inc.Apply(incident.Entry{Stream: incident.Stream{Ref: c.inc.Ref}, N: c.inc.Entries + 1, At: c.now, By: by, Body: b})
}

// do carries out a command as the officer.
func (c *casefile) do(cmd incident.Command) error {
	bodies, err := cmd.Decide(c.inc, incident.Act{By: officer, Now: c.now, Rules: incident.Rules(), Org: &incident.Org{People: staff()}})
	for _, b := range bodies {
		c.apply(officer, b)
	}
	return err
}

func (c *casefile) must(cmds ...incident.Command) *casefile {
	c.t.Helper()
	for _, cmd := range cmds {
		if err := c.do(cmd); err != nil {
			c.t.Fatalf("%T: %v", cmd, err)
		}
	}
	return c
}

// TestRefusals: what may not be done is refused, with the input that has to
// change and a code that the catalogue translates.
func TestRefusals(t *testing.T) {
	filed := incident.File{Kind: incident.FilingInitial, Number: "1", At: received.Add(time.Minute)}
	waived := incident.Waive{Reasons: "r"}
	late := received.Add(73 * time.Hour)
	tests := []struct {
		why   string
		first []incident.Command
		now   time.Time // zero: an hour after receipt
		cmd   incident.Command
		field string
		code  string
	}{
		{"awareness in the future", nil, time.Time{}, incident.ConfirmAwareness{At: late}, "at", "in-the-future"},
		{"awareness that moves without a reason", nil, time.Time{}, incident.ConfirmAwareness{At: received.Add(-time.Hour)}, "reason", "moved-needs-reason"},
		{"awareness without a moment", nil, time.Time{}, incident.ConfirmAwareness{}, "at", "required"},
		{"a waiver without reasons", nil, time.Time{}, incident.Waive{Reasons: "  "}, "reasons", "waive-needs-reasons"},
		{"a waiver of what is filed", []incident.Command{filed}, time.Time{}, waived, "", "duty-not-open"},
		{"«not a breach» without saying what excludes it", nil, time.Time{}, incident.NotABreach{}, "reasons", "what-excludes-it"},
		{"«does not apply» without a choice", nil, time.Time{}, incident.DoesNotApply{Code: "x", Reasons: "r"}, "code", "choose-one"},
		{"«does not apply» without reasons", nil, time.Time{}, incident.DoesNotApply{Code: incident.NotDueExempt}, "reasons", "required"},
		{"«no report» without a choice", nil, time.Time{}, incident.NoReport{}, "code", "choose-one"},
		{"«no report» of what was filed", []incident.Command{filed}, time.Time{}, incident.NoReport{Code: incident.NoReportSpam}, "", "already-filed"},
		{"a filing in the future", nil, time.Time{}, incident.File{Kind: incident.FilingInitial, Number: "1", At: late}, "at", "in-the-future"},
		{"a filing before our receipt without saying why", nil, time.Time{}, incident.File{Kind: incident.FilingInitial, Number: "1", At: received.Add(-time.Hour)}, "earlier", "before-receipt"},
		{"a filing without the AP's number", nil, time.Time{}, incident.File{Kind: incident.FilingInitial, At: received}, "number", "required"},
		{"a late filing without reasons for delay", nil, late, incident.File{Kind: incident.FilingInitial, Number: "1", At: late}, "delay", "late-needs-reasons"},
		{"a second initial filing", []incident.Command{filed}, time.Time{}, filed, "kind", "already-filed"},
		{"a follow-up of nothing", nil, time.Time{}, incident.File{Kind: incident.FilingFollowUp, Number: "1", At: received}, "kind", "nothing-filed-yet"},
		{"closing while a duty is open", nil, time.Time{}, incident.Close{}, "", "duty-still-open"},
		{"closing twice", []incident.Command{waived, incident.Close{}}, time.Time{}, incident.Close{}, "", "already-closed"},
		{"reopening what is open", nil, time.Time{}, incident.Reopen{Reasons: "r"}, "", "nothing-to-reopen"},
		{"reopening without reasons", []incident.Command{waived}, time.Time{}, incident.Reopen{}, "reasons", "required"},
		{"«seen» when nothing is open", []incident.Command{waived}, time.Time{}, incident.Seen{}, "", "duty-not-open"},
		{"telling the people when that is no duty", nil, time.Time{}, incident.PeopleTold{Duty: incident.DutyPeople, Reasons: "r"}, "", "duty-not-open"},
		{"a title of nothing", nil, time.Time{}, incident.Describe{}, "title", "required"},
	}
	for _, tt := range tests {
		c := opened(t).must(tt.first...)
		if !tt.now.IsZero() {
			c.now = tt.now
		}
		var refusal *incident.Refusal
		before := c.inc.Entries
		if err := c.do(tt.cmd); !errors.As(err, &refusal) || refusal.Field != tt.field || refusal.Code != tt.code {
			t.Errorf("%s: got %v, want %s at %q", tt.why, err, tt.code, tt.field)
		}
		if c.inc.Entries != before {
			t.Errorf("%s: a refused command wrote an entry", tt.why)
		}
	}
}

// TestOutcomes: which decision ends which duty, and how.
func TestOutcomes(t *testing.T) {
	tests := []struct {
		why    string
		cmds   []incident.Command
		want   incident.Outcome
		reason string
		status incident.Status
	}{
		{"nothing yet", nil, incident.OutcomeOpen, "", incident.StatusNew},
		{"confirmed", []incident.Command{incident.ConfirmAwareness{At: received}}, incident.OutcomeOpen, "", incident.StatusOpen},
		{"the intention to notify ends nothing", []incident.Command{incident.WillNotify{}}, incident.OutcomeOpen, "", incident.StatusNew},
		{"seen ends nothing", []incident.Command{incident.Seen{}}, incident.OutcomeOpen, "", incident.StatusNew},
		{"waived", []incident.Command{incident.Waive{Code: "unlikely-risk", Reasons: "r"}}, incident.OutcomeWaived, "unlikely-risk", incident.StatusDecided},
		{"not a breach", []incident.Command{incident.NotABreach{Excludes: "e"}}, incident.OutcomeNotDue, "not-a-breach", incident.StatusDecided},
		{"the processor's", []incident.Command{incident.DoesNotApply{Code: incident.NotDueExempt, Reasons: "r"}}, incident.OutcomeNotDue, "exempt", incident.StatusDecided},
		{"no report", []incident.Command{incident.NoReport{Code: incident.NoReportSpam}}, incident.OutcomeNotDue, "no-report", incident.StatusNoReport},
		{"filed", []incident.Command{incident.File{Kind: incident.FilingInitial, Number: "1", At: received}}, incident.OutcomeMet, "filed", incident.StatusDecided},
		{"closed", []incident.Command{incident.Waive{Reasons: "r"}, incident.Close{}}, incident.OutcomeWaived, "", incident.StatusClosed},
		{"reopened", []incident.Command{incident.Waive{Reasons: "r"}, incident.Close{}, incident.Reopen{Reasons: "r"}}, incident.OutcomeOpen, "", incident.StatusNew},
		{"no report, taken back", []incident.Command{incident.NoReport{Code: incident.NoReportSpam}, incident.Reopen{Reasons: "r"}}, incident.OutcomeOpen, "", incident.StatusNew},
	}
	for _, tt := range tests {
		c := opened(t).must(tt.cmds...)
		d := c.inc.Duty(incident.DutyAP)
		if d.Outcome != tt.want || d.Reason != tt.reason || c.inc.Status() != tt.status {
			t.Errorf("%s: %s (%s), %s; want %s (%s), %s", tt.why, d.Outcome, d.Reason, c.inc.Status(), tt.want, tt.reason, tt.status)
		}
	}
}

// TestReopenKeepsTheClock: the old period goes on under a new version, so that
// its rungs are due anew.
func TestReopenKeepsTheClock(t *testing.T) {
	c := opened(t).must(incident.Waive{Reasons: "r"}, incident.Reopen{Reasons: "new facts"})
	clock := c.inc.Duty(incident.DutyAP).Clock
	if !clock.Start.Equal(received) || !clock.Due.Equal(incident.Deadline(received, 72)) || clock.Version != 2 {
		t.Errorf("clock = %+v", clock)
	}
}

// TestAwarenessMovesTheClock: a named person with a reason, and only then; the
// first filing's instant and its lateness stay what they were.
func TestAwarenessMovesTheClock(t *testing.T) {
	moved := received.Add(-30 * time.Hour)
	c := opened(t).must(incident.ConfirmAwareness{At: moved, Reason: "the help desk knew on Thursday"})
	d := c.inc.Duty(incident.DutyAP)
	if !d.Clock.Due.Equal(incident.Deadline(moved, 72)) || d.Clock.Version != 2 || d.Clock.Provisional() {
		t.Errorf("clock = %+v", d.Clock)
	}
	c.now = received.Add(50 * time.Hour)
	c.must(incident.File{Kind: incident.FilingInitial, Number: "1", At: c.now, Delay: "d"})
	f, _ := c.inc.FirstFiling()
	if late := f.Late(f.Due); late != 8*time.Hour {
		t.Errorf("late by %v under the clock in force, want 8h", late)
	}
	if late := f.Late(incident.Deadline(received, 72)); late != 0 {
		t.Errorf("late by %v under the first clock, want 0", late)
	}
}

// TestProvisionalFilingOpensFollowUp, and completing it ends that duty.
func TestProvisionalFilingOpensFollowUp(t *testing.T) {
	c := opened(t).must(incident.File{Kind: incident.FilingInitial, Provisional: true, Number: "1", At: received})
	if d := c.inc.Duty(incident.DutyFollowUp); d == nil || !d.Open() {
		t.Fatal("no follow-up duty")
	}
	c.must(incident.File{Kind: incident.FilingFollowUp, Number: "2", At: c.now})
	if d := c.inc.Duty(incident.DutyFollowUp); d.Outcome != incident.OutcomeMet || c.inc.AnyOpen() {
		t.Errorf("follow-up is %s", d.Outcome)
	}
}

// TestProcessorTellsController: the duty to notify is not ours, another one is.
func TestProcessorTellsController(t *testing.T) {
	c := opened(t).must(incident.DoesNotApply{Code: incident.NotDueProcessor, Reasons: "we host it for them"})
	if d := c.inc.Duty(incident.DutyController); d == nil || !d.Open() || !d.Clock.Start.Equal(received) {
		t.Fatalf("duty = %+v", d)
	}
	c.must(incident.PeopleTold{Duty: incident.DutyController, Reasons: "called and mailed"})
	if c.inc.AnyOpen() {
		t.Error("a duty is still open")
	}
}

// TestNewFactsReviveAWaiver: a higher score brings the duty back; a lower one
// takes nothing away (promise 7).
func TestNewFactsReviveAWaiver(t *testing.T) {
	mild, err := risk.Parse([]byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	c := opened(t)
	c.apply(incident.System, &incident.Assessed{Facts: mild, Score: incident.Score{Severity: 1}, Machine: true})
	c.must(incident.Waive{Reasons: "harmless"})
	c.must(incident.Assess{Facts: mild}) // unknown facts: doubt means notify
	if !c.inc.Score.Notify {
		t.Fatal("unknown facts do not ask to notify: doubt means notify")
	}
	if d := c.inc.Duty(incident.DutyAP); !d.Open() {
		t.Errorf("the duty stays %s although the score now asks to notify", d.Outcome)
	}
	c.apply(officer, &incident.Assessed{Facts: mild, Score: incident.Score{Severity: 0.5}})
	if d := c.inc.Duty(incident.DutyAP); !d.Open() {
		t.Error("a lower score ended a duty")
	}
}

// TestMerge: the earlier clock goes on in the incident that is kept.
func TestMerge(t *testing.T) {
	keep := opened(t)
	keep.inc.Ref.Number = 2
	dup := opened(t)
	dup.inc.Duties[0].Clock.Start = received.Add(-5 * time.Hour)
	dup.inc.Duties[0].Clock.Due = incident.Deadline(received.Add(-5*time.Hour), 72)
	inDup, inKeep, err := incident.MergeDecision(dup.inc, keep.inc, "the same letter")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range inDup {
		dup.apply(officer, b)
	}
	for _, b := range inKeep {
		keep.apply(officer, b)
	}
	if d := dup.inc.Duty(incident.DutyAP); d.Outcome != incident.OutcomeMovedTo || dup.inc.Into != keep.inc.Ref {
		t.Errorf("dup: %s into %s", d.Outcome, dup.inc.Into)
	}
	if d := keep.inc.Duty(incident.DutyAP); !d.Clock.Start.Equal(received.Add(-5*time.Hour)) || !d.Open() {
		t.Errorf("keep: %+v", d.Clock)
	}
	if _, _, err := incident.MergeDecision(keep.inc, dup.inc, ""); err == nil {
		t.Error("merging into a merged incident is accepted")
	}
	if _, _, err := incident.MergeDecision(keep.inc, keep.inc, ""); err == nil {
		t.Error("merging into itself is accepted")
	}
}

// TestMergeGoesOnFromTheEarlierClock (promise 2): whichever of the two clocks a
// person had confirmed, and however often, the ladder goes on from the one that
// began first, and lateness is counted from it.
func TestMergeGoesOnFromTheEarlierClock(t *testing.T) {
	const hour = time.Hour
	for _, row := range []struct {
		why       string
		dup, keep []time.Duration // confirmed awareness, against receipt
		want      time.Duration
	}{
		{"nobody confirmed anything", nil, nil, 0},
		{"the one that stays was confirmed, later", nil, []time.Duration{2 * hour}, 0},
		{"both were confirmed, the other earlier", []time.Duration{-9 * hour}, []time.Duration{-3 * hour}, -9 * hour},
		{"both were confirmed, the other later", []time.Duration{-3 * hour}, []time.Duration{-9 * hour}, -9 * hour},
		{"confirmed twice", []time.Duration{-9 * hour, -4 * hour}, []time.Duration{-8 * hour, -2 * hour}, -4 * hour},
	} {
		dup, keep := opened(t), opened(t)
		keep.inc.Ref.Number = 2
		for c, list := range map[*casefile][]time.Duration{dup: row.dup, keep: row.keep} {
			c.now = received.Add(3 * hour)
			for _, at := range list {
				c.must(incident.ConfirmAwareness{At: received.Add(at), Reason: "said so"})
			}
		}
		version := keep.inc.Duty(incident.DutyAP).Clock.Version
		inDup, inKeep, err := incident.MergeDecision(dup.inc, keep.inc, "the same letter")
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range inDup {
			dup.apply(officer, b)
		}
		for _, b := range inKeep {
			keep.apply(officer, b)
		}
		want := received.Add(row.want)
		d := keep.inc.Duty(incident.DutyAP)
		if !d.Open() || !d.Clock.Start.Equal(want) || !d.Clock.Due.Equal(incident.Deadline(want, 72)) {
			t.Errorf("%s: %+v, want a start at %s", row.why, d.Clock, want)
		}
		if moved := d.Clock.Version != version; moved != (len(inKeep) > 1) {
			t.Errorf("%s: version %d, was %d", row.why, d.Clock.Version, version)
		}
	}
}

// TestAMergeCanBeTakenBack: an incident that was merged by mistake stands by itself
// again, with its duty open and its own clock.
func TestAMergeCanBeTakenBack(t *testing.T) {
	keep, dup := opened(t), opened(t)
	keep.inc.Ref.Number = 2
	clock := dup.inc.Duty(incident.DutyAP).Clock
	inDup, _, err := incident.MergeDecision(dup.inc, keep.inc, "the same letter")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range inDup {
		dup.apply(officer, b)
	}
	dup.must(incident.Reopen{Reasons: "another letter after all"})
	d := dup.inc.Duty(incident.DutyAP)
	if !dup.inc.Into.IsZero() || dup.inc.Closed || !d.Open() || !d.Clock.Start.Equal(clock.Start) || !d.Clock.Due.Equal(clock.Due) || d.Clock.Version != clock.Version+1 {
		t.Errorf("into %s, closed %v, %+v", dup.inc.Into, dup.inc.Closed, d)
	}
}

// TestAScoreNeverEndsADuty (promise 7): whatever facts are recorded, in whatever
// order, by whomever, an open duty stays open with its clock; a score may only bring
// one back.
func TestAScoreNeverEndsADuty(t *testing.T) {
	all := []string{
		`{}`, `{"personal_data":"no"}`, `{"personal_data":"yes","breach":["confidentiality"],"data":["name"],"people_min":1,"people_max":1,"protection":"strong","key_safe":"yes","recipients":"trusted"}`,
		`{"personal_data":"yes","breach":["confidentiality"],"data":["name","id_copy"],"special":["health"],"people_min":5000,"people_max":9000,"intent":"malicious"}`,
	}
	var facts []risk.Facts
	for _, raw := range all {
		f, err := risk.Parse([]byte(raw))
		if err != nil {
			t.Logf("%s: %v", raw, err)
			continue
		}
		facts = append(facts, f)
	}
	if len(facts) < 3 {
		t.Fatal("too few facts: the test lost its grip")
	}
	lowered := false
	for _, first := range facts {
		for _, then := range facts {
			c := opened(t).must(incident.Assess{Facts: first})
			clock := c.inc.Duty(incident.DutyAP).Clock
			high := c.inc.Score.Notify
			c.must(incident.Assess{Facts: then})
			lowered = lowered || (high && !c.inc.Score.Notify)
			if d := c.inc.Duty(incident.DutyAP); !d.Open() || d.Clock != clock || len(c.inc.Decisions) > 0 || c.inc.Closed {
				t.Errorf("from %+v to %+v: %+v, decisions %+v", first, then, d, c.inc.Decisions)
			}
		}
	}
	if !lowered {
		t.Error("no score went down: the test lost its grip")
	}
}

// TestTokens: a mark that our key did not make is not believed.
func TestTokens(t *testing.T) {
	mac := func(key string) func(string, ...[]byte) []byte {
		return func(purpose string, data ...[]byte) []byte {
			out := []byte(key + purpose)
			for _, d := range data {
				for i, b := range d {
					out[i%len(out)] ^= b * byte(i+1)
				}
			}
			return append(out, make([]byte, 16)...)[:16]
		}
	}
	ours := incident.Tokens{MAC: mac("ours"), Domain: "example.org"}
	theirs := incident.Tokens{MAC: mac("them"), Domain: "example.org"}
	ref := incident.Ref{Year: 2026, Number: 42}
	id := ours.MessageID(ref, 7, received)
	if m, ok := ours.Read("<" + id + ">"); !ok || m.Ref != ref || m.Message != 7 {
		t.Errorf("our own mark: %+v, %v", m, ok)
	}
	if m, ok := ours.Read("2026-0042.7.x@elsewhere.example"); ok {
		t.Errorf("a guess is believed: %+v", m)
	}
	if _, ok := ours.Read(theirs.MessageID(ref, 7, received)); ok {
		t.Error("a mark of another key is believed")
	}
	if m, ok := ours.Read(ours.ThreadID(ref)); !ok || m.Ref != ref || m.Message != 0 {
		t.Errorf("the thread's mark: %+v, %v", m, ok)
	}
	if m, ok := ours.Read(ours.MessageID(incident.Ref{}, 9, received)); !ok || !m.Ref.IsZero() || m.Message != 9 {
		t.Errorf("a bundle's mark: %+v, %v", m, ok)
	}
}
