package incident_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"meldklok/incident"
	"meldklok/incident/risk"
)

var (
	filed   = incident.File{Kind: incident.FilingInitial, Number: "1", At: received.Add(time.Minute)}
	told    = incident.Telling{Duty: incident.DutyPeople, At: received.Add(time.Minute), Way: incident.WayLetter, Count: 40}
	planned = incident.PlanMeasure{What: "two factors for every mailbox", Owner: "p1", Due: received.Add(14 * 24 * time.Hour)}
)

func role(r incident.ChainRole, change ...func(*incident.Chain)) incident.SetRole {
	c := incident.Chain{Role: r}
	for _, f := range change {
		f(&c)
	}
	return incident.SetRole{Chain: c, Reason: "the contract"}
}

func contract(hours int) func(*incident.Chain) { return func(c *incident.Chain) { c.Hours = hours } }
func theyLead(c *incident.Chain)               { c.Leads = incident.LeadThem }

// TestDutyRefusals: what may not be done about filings, tellings, roles and
// measures is refused, beside the input that has to change.
func TestDutyRefusals(t *testing.T) {
	began := incident.SetPeriod{Period: incident.Period{From: received.Add(-time.Hour)}}
	before := received.Add(-2 * time.Hour)
	later := received.Add(2 * time.Hour)
	tell := func(change func(*incident.Telling)) incident.Tell {
		c := incident.Tell{Telling: told}
		change(&c.Telling)
		return c
	}
	plan := func(change func(*incident.PlanMeasure)) incident.PlanMeasure {
		c := planned
		change(&c)
		return c
	}
	file := func(kind incident.FilingKind, at time.Time) incident.File {
		return incident.File{Kind: kind, Number: "2", At: at, WhyEarlier: "called ahead"}
	}
	exempt := func(code string) incident.DoesNotApply {
		return incident.DoesNotApply{Duty: incident.DutyPeople, Code: code, Reasons: "r"}
	}
	for _, tt := range []struct {
		why         string
		first       []incident.Command
		cmd         incident.Command
		field, code string
	}{
		{"a filing before the breach began", []incident.Command{began}, file(incident.FilingInitial, before), "at", "before-breach"},
		{"a filing in the future", nil, file(incident.FilingInitial, later), "at", "in-the-future"},
		{"a filing before our receipt without saying why", nil, incident.File{Kind: incident.FilingInitial, Number: "1", At: before}, "earlier", "before-receipt"},
		{"a follow-up before the first filing", []incident.Command{filed}, file(incident.FilingFollowUp, received), "at", "before-first-filing"},
		{"an attempt to file without what happened", nil, incident.TryFiling{FilingTry: incident.FilingTry{At: received}}, "what", "required"},
		{"an attempt to file in the future", nil, incident.TryFiling{FilingTry: incident.FilingTry{At: later, What: "down"}}, "at", "in-the-future"},
		{"a period that ends before it begins", nil, incident.SetPeriod{Period: incident.Period{From: received, Until: before}}, "until", "ends-before-begin"},
		{"a period that ended and goes on", nil, incident.SetPeriod{Period: incident.Period{From: before, Until: received, Ongoing: true}}, "until", "ended-or-ongoing"},
		{"a breach that begins tomorrow", nil, incident.SetPeriod{Period: incident.Period{From: later}}, "from", "in-the-future"},
		{"no period at all", nil, incident.SetPeriod{}, "from", "required"},

		{"telling without a way", nil, tell(func(x *incident.Telling) { x.Way = "pigeon" }), "way", "choose-one"},
		{"telling tomorrow", nil, tell(func(x *incident.Telling) { x.At = later }), "at", "in-the-future"},
		{"telling before the breach", []incident.Command{began}, tell(func(x *incident.Telling) { x.At = before }), "at", "before-breach"},
		{"telling nobody knows whom", nil, tell(func(x *incident.Telling) { x.Count = 0 }), "count", "how-many-or-whom"},
		{"a public notice that nobody can find", nil, tell(func(x *incident.Telling) { x.Way = incident.WayPublic }), "text", "where-to-read"},
		{"telling the AP", nil, tell(func(x *incident.Telling) { x.Duty = incident.DutyAP }), "duty", "choose-one"},
		{"finishing a telling that was never due", nil, incident.Tell{Telling: told, Done: true}, "done", "duty-not-open"},
		{"telling the people twice over", []incident.Command{incident.MustTell{}}, incident.MustTell{}, "", "must-tell-already"},

		{"an exemption without reasons", nil, incident.DoesNotApply{Duty: incident.DutyPeople, Code: incident.NotDueUnintelligible}, "reasons", "required"},
		{"an exemption of art. 34 for the AP", nil, incident.DoesNotApply{Code: incident.NotDueFinancial, Reasons: "r"}, "code", "choose-one"},
		{"disproportionate effort without a public notice", nil, exempt(incident.NotDueDisproportionate), "code", "public-notice-first"},
		{"a joint controller notifies, but we do by the arrangement", []incident.Command{role(incident.RoleJoint, func(c *incident.Chain) { c.Leads = incident.LeadUs })}, incident.DoesNotApply{Code: incident.NotDueJoint, Reasons: "r"}, "code", "joint-role-first"},
		{"a lead authority that nobody named", nil, incident.DoesNotApply{Code: incident.NotDueLeadAuthority, Reasons: "r"}, "code", "lead-authority-first"},
		{"a processor by decision, a controller by record", []incident.Command{role(incident.RoleController)}, incident.DoesNotApply{Code: incident.NotDueProcessor, Reasons: "r"}, "code", "role-says-otherwise"},

		{"a role without a reason", nil, incident.SetRole{Chain: incident.Chain{Role: incident.RoleProcessor}}, "reason", "required"},
		{"no role", nil, role(""), "role", "choose-one"},
		{"joint controllers without who notifies", nil, role(incident.RoleJoint), "leads", "choose-one"},
		{"a contract of two months", nil, role(incident.RoleProcessor, contract(1440)), "hours", "contract-hours"},
		{"a country in words", nil, role(incident.RoleController, func(c *incident.Chain) { c.Countries = []string{"België"} }), "countries", "not-a-country"},

		{"a measure without an owner", nil, plan(func(c *incident.PlanMeasure) { c.Owner = "" }), "owner", "choose-one"},
		{"a measure for somebody unknown", nil, plan(func(c *incident.PlanMeasure) { c.Owner = "p99" }), "owner", "no-such-person"},
		{"a measure for somebody who left", nil, plan(func(c *incident.PlanMeasure) { c.Owner = "p7" }), "owner", "no-such-person"},
		{"a measure for somebody who may not see the case", []incident.Command{incident.Restrict{Reasons: "a colleague"}}, plan(func(c *incident.PlanMeasure) { c.Owner = "p6" }), "owner", "owner-may-not-see"},
		{"a measure due yesterday", nil, plan(func(c *incident.PlanMeasure) { c.Due = before }), "due", "in-the-past"},
		{"a measure without words", nil, plan(func(c *incident.PlanMeasure) { c.What = " " }), "what", "required"},
		{"changing a measure that is not there", nil, incident.PlanMeasure{N: 1, Reason: "r"}, "", "no-open-measure"},
		{"changing a measure without a reason", []incident.Command{planned}, incident.PlanMeasure{N: 1, Owner: "p2"}, "reason", "required"},
		{"taking a measure tomorrow", []incident.Command{planned}, incident.TakeMeasure{N: 1, At: later}, "at", "in-the-future"},
		{"taking a measure twice", []incident.Command{planned, incident.TakeMeasure{N: 1, At: received}}, incident.TakeMeasure{N: 1, At: received}, "", "no-open-measure"},
		{"dropping a measure without reasons", []incident.Command{planned}, incident.DropMeasure{N: 1}, "reasons", "required"},
		{"waiving a measure like a duty of the law", []incident.Command{planned}, incident.Waive{Duty: "measure/1", Reasons: "r"}, "duty", "choose-one"},
		{"a measure by no number", nil, incident.DropMeasure{Reasons: "r"}, "", "no-open-measure"},
	} {
		c := opened(t).must(tt.first...)
		var refusal *incident.Refusal
		entries := c.inc.Entries
		if err := c.do(tt.cmd); !errors.As(err, &refusal) || refusal.Field != tt.field || refusal.Code != tt.code {
			t.Errorf("%s: got %v, want %s at %q", tt.why, err, tt.code, tt.field)
		}
		if c.inc.Entries != entries {
			t.Errorf("%s: a refused command wrote an entry", tt.why)
		}
	}
}

// TestLatenessUnderBothClocks (promise 2): the instant of the first filing is
// frozen; a clock that is corrected later shows beside the one then in force.
func TestLatenessUnderBothClocks(t *testing.T) {
	c := opened(t)
	c.now = received.Add(70 * time.Hour)
	c.must(incident.File{Kind: incident.FilingInitial, Number: "1", At: c.now, Filer: "Hosting BV"})
	if l, ok := c.inc.Lateness(); !ok || l.Then != 0 || l.Now != 0 || l.Corrected() || l.Unexplained() {
		t.Fatalf("in time: %+v", l)
	}
	c.must(incident.ConfirmAwareness{At: received.Add(-5 * time.Hour), Reason: "the helpdesk knew"},
		incident.File{Kind: incident.FilingFollowUp, Number: "2", At: c.now})
	l, _ := c.inc.Lateness()
	if l.Then != 0 || l.Now != 3*time.Hour || !l.Corrected() || !l.Unexplained() {
		t.Errorf("corrected: %+v", l)
	}
	if f, _ := c.inc.FirstFiling(); !f.At.Equal(c.now) || f.Filer != "Hosting BV" {
		t.Errorf("the first filing moved: %+v", f)
	}
	if wants := c.inc.Wants(); !slices.Equal(wants, []incident.Want{incident.WantDelay}) {
		t.Errorf("closing wants %v", wants)
	}
	c.must(incident.Close{Delay: "the helpdesk did not pass it on"})
	if l, _ := c.inc.Lateness(); l.Unexplained() {
		t.Error("the delay is still unexplained")
	}
}

// TestLatenessAfterTwoCorrections (promise 2): however often the clock is
// corrected after the filing, its instant and the deadline of then stay, and the
// second figure follows the clock of today.
func TestLatenessAfterTwoCorrections(t *testing.T) {
	c := opened(t)
	c.now = received.Add(71 * time.Hour)
	c.must(incident.File{Kind: incident.FilingInitial, Number: "1", At: c.now})
	for _, row := range []struct{ known, late time.Duration }{{-5 * time.Hour, 4 * time.Hour}, {-10 * time.Hour, 9 * time.Hour}, {-2 * time.Hour, time.Hour}, {0, 0}} {
		c.now = c.now.Add(time.Hour)
		c.must(incident.ConfirmAwareness{At: received.Add(row.known), Reason: "said so"})
		l, ok := c.inc.Lateness()
		if !ok || l.Then != 0 || l.Now != row.late || !l.DueThen.Equal(incident.Deadline(received, 72)) || !l.DueNow.Equal(incident.Deadline(received.Add(row.known), 72)) {
			t.Errorf("known %s before: %+v", -row.known, l)
		}
		if f, _ := c.inc.FirstFiling(); !f.At.Equal(received.Add(71 * time.Hour)) {
			t.Errorf("the filing moved to %s", f.At)
		}
	}
}

// TestAttemptsEndNothing: trying in vain is recorded, and the clock runs on.
func TestAttemptsEndNothing(t *testing.T) {
	c := opened(t).must(incident.TryFiling{FilingTry: incident.FilingTry{At: received, What: "the AP's site was down", Files: []int{1}}})
	if len(c.inc.Tries) != 1 || !c.inc.Duty(incident.DutyAP).Open() || len(c.inc.Filings) != 0 {
		t.Errorf("tries %+v, duty %+v", c.inc.Tries, c.inc.Duty(incident.DutyAP))
	}
}

// TestWithdrawalAndProvisionalFollowUps: a follow-up that is itself provisional
// leaves the duty open, a withdrawal ends it.
func TestWithdrawalAndProvisionalFollowUps(t *testing.T) {
	first := filed
	first.Provisional = true
	c := opened(t).must(first, incident.File{Kind: incident.FilingFollowUp, Provisional: true, Number: "2", At: filed.At})
	if d := c.inc.Duty(incident.DutyFollowUp); d == nil || !d.Open() || !d.Clock.Start.Equal(filed.At) {
		t.Fatalf("follow-up: %+v", d)
	}
	c.must(incident.File{Kind: incident.FilingWithdrawal, Number: "3", At: c.now})
	if d := c.inc.Duty(incident.DutyFollowUp); d.Outcome != incident.OutcomeNotDue || d.Reason != "withdrawn" {
		t.Errorf("after the withdrawal: %+v", d)
	}
}

// TestTellingInRounds: several rounds, and done when the officer says so.
func TestTellingInRounds(t *testing.T) {
	c := opened(t).must(incident.MustTell{Reasons: "passports"}, incident.Tell{Telling: told}, incident.Tell{Telling: told})
	if d := c.inc.Duty(incident.DutyPeople); !d.Open() || len(c.inc.Told(incident.DutyPeople)) != 2 {
		t.Fatalf("after two rounds: %+v, %d", d, len(c.inc.Tellings))
	}
	c.must(incident.Tell{Telling: told, Done: true})
	if d := c.inc.Duty(incident.DutyPeople); d.Outcome != incident.OutcomeMet || d.Reason != "told" {
		t.Errorf("after the last round: %+v", d)
	}
	c.must(incident.Tell{Telling: told}) // somebody who was found later
}

// TestExemptions of art. 34(3) and UAVG art. 42, before or after the duty was
// opened; the register shows that it was considered.
func TestExemptions(t *testing.T) {
	notice := incident.Tell{Telling: incident.Telling{Duty: incident.DutyPeople, At: received, Way: incident.WayPublic, Text: "https://www.example.org/datalek"}}
	for _, code := range []string{incident.NotDueUnintelligible, incident.NotDueRiskRemoved, incident.NotDueDisproportionate, incident.NotDueFinancial} {
		for _, first := range [][]incident.Command{{notice}, {notice, incident.MustTell{}}} {
			c := opened(t).must(first...).must(incident.DoesNotApply{Duty: incident.DutyPeople, Code: code, Reasons: "r"})
			if d := c.inc.Duty(incident.DutyPeople); d == nil || d.Outcome != incident.OutcomeNotDue || d.Reason != code {
				t.Errorf("%s after %d commands: %+v", code, len(first), d)
			}
			if c.inc.Duty(incident.DutyAP).Outcome != incident.OutcomeOpen {
				t.Errorf("%s ended the duty towards the AP", code)
			}
			c.must(incident.MustTell{Reasons: "the AP ordered it (art. 34(4))"})
			if !c.inc.Duty(incident.DutyPeople).Open() {
				t.Errorf("%s cannot be taken back", code)
			}
		}
	}
}

// TestRolesInTheChain: what each role opens, moves, ends and brings back.
func TestRolesInTheChain(t *testing.T) {
	notOurs := func(code string) incident.Command { return incident.DoesNotApply{Code: code, Reasons: "r"} }
	abroad := role(incident.RoleController, func(c *incident.Chain) { c.Countries, c.Lead = []string{"be", "DE", "be"}, "be" })
	for _, tt := range []struct {
		why        string
		cmds       []incident.Command
		ap         incident.Outcome
		controller incident.Outcome // empty: no such duty
		hours      int
	}{
		{"a processor tells the controller within the contract's hours", []incident.Command{role(incident.RoleProcessor, contract(8))}, incident.OutcomeOpen, incident.OutcomeOpen, 8},
		{"without a contract's hours by our own target", []incident.Command{role(incident.RoleProcessor)}, incident.OutcomeOpen, incident.OutcomeOpen, 24},
		{"a sub-processor tells its processor", []incident.Command{role(incident.RoleSubProcessor, contract(4))}, incident.OutcomeOpen, incident.OutcomeOpen, 4},
		{"the contract was read again", []incident.Command{role(incident.RoleProcessor), role(incident.RoleProcessor, contract(12))}, incident.OutcomeOpen, incident.OutcomeOpen, 12},
		{"no processor after all", []incident.Command{role(incident.RoleProcessor), role(incident.RoleController)}, incident.OutcomeOpen, incident.OutcomeNotDue, 24},
		{"and a processor again", []incident.Command{role(incident.RoleProcessor), role(incident.RoleController), role(incident.RoleProcessor, contract(6))}, incident.OutcomeOpen, incident.OutcomeOpen, 6},
		{"a processor does not notify the AP", []incident.Command{role(incident.RoleProcessor), notOurs(incident.NotDueProcessor)}, incident.OutcomeNotDue, incident.OutcomeOpen, 24},
		{"a controller after all notifies", []incident.Command{notOurs(incident.NotDueProcessor), role(incident.RoleController)}, incident.OutcomeOpen, incident.OutcomeNotDue, 24},
		{"the other joint controller notifies", []incident.Command{role(incident.RoleJoint, theyLead), notOurs(incident.NotDueJoint)}, incident.OutcomeNotDue, "", 0},
		{"until the arrangement turns out otherwise", []incident.Command{role(incident.RoleJoint, theyLead), notOurs(incident.NotDueJoint), role(incident.RoleController)}, incident.OutcomeOpen, "", 0},
		{"the Belgian authority leads", []incident.Command{abroad, notOurs(incident.NotDueLeadAuthority)}, incident.OutcomeNotDue, "", 0},
		{"until the AP does", []incident.Command{abroad, notOurs(incident.NotDueLeadAuthority), role(incident.RoleController, func(c *incident.Chain) { c.Lead = "NL" })}, incident.OutcomeOpen, "", 0},
	} {
		c := opened(t).must(tt.cmds...)
		if d := c.inc.Duty(incident.DutyAP); d.Outcome != tt.ap {
			t.Errorf("%s: the AP duty is %s", tt.why, d.Outcome)
		}
		d := c.inc.Duty(incident.DutyController)
		switch {
		case tt.controller == "" && d != nil, tt.controller != "" && (d == nil || d.Outcome != tt.controller):
			t.Errorf("%s: the controller's duty is %+v", tt.why, d)
		case d != nil && (d.Hours != tt.hours || !d.Clock.Due.Equal(incident.Deadline(received, tt.hours))):
			t.Errorf("%s: %d hours, due %v", tt.why, d.Hours, d.Clock.Due)
		}
	}
	if chain := opened(t).must(abroad).inc.Chain; chain.Lead != "BE" || !slices.Equal(chain.Countries, []string{"BE", "DE"}) {
		t.Errorf("the countries were not tidied: %+v", chain)
	}
}

// TestTheControllersClockFollowsAwareness: it runs from when we became aware.
func TestTheControllersClockFollowsAwareness(t *testing.T) {
	c := opened(t).must(role(incident.RoleProcessor, contract(8)), incident.ConfirmAwareness{At: received.Add(-2 * time.Hour), Reason: "night shift"})
	d := c.inc.Duty(incident.DutyController)
	if !d.Clock.Due.Equal(received.Add(6*time.Hour)) || d.Clock.Version != 2 {
		t.Errorf("clock %+v", d.Clock)
	}
}

// TestMeasures are duties of their own, numbered, and go their own way.
func TestMeasures(t *testing.T) {
	c := opened(t).must(planned, planned, incident.TakeMeasure{What: "revoked the password", At: received}, planned)
	if len(c.inc.Measures) != 4 || len(c.inc.OpenMeasures()) != 3 || len(c.inc.Duties) != 4 {
		t.Fatalf("%d measures, %d open, %d duties", len(c.inc.Measures), len(c.inc.OpenMeasures()), len(c.inc.Duties))
	}
	later := planned.Due.Add(24 * time.Hour)
	c.must(incident.PlanMeasure{N: 2, Due: later, Reason: "supplier is late"}, incident.DropMeasure{N: 4, Reasons: "doubled"})
	m, d := c.inc.Measures[1], c.inc.Duty(incident.DutyMeasure.Numbered(2))
	if !m.Due.Equal(later) || !d.Clock.Due.Equal(later) || d.Clock.Version != 2 || m.What != planned.What || c.inc.Owner(d.ID()) != "p1" {
		t.Errorf("moved: %+v %+v", m, d)
	}
	if m := c.inc.Measures[3]; m.Outcome != incident.OutcomeWaived || m.Note != "doubled" {
		t.Errorf("dropped: %+v", m)
	}
	c.must(incident.Waive{Reasons: "r"})
	if c.inc.Status() != incident.StatusDecided || !c.inc.AnyOpen() {
		t.Errorf("with only measures open the status is %s", c.inc.Status())
	}
	c.must(incident.Reopen{Reasons: "new facts"})
	if len(c.inc.OpenMeasures()) != 2 {
		t.Error("reopening brought a dropped measure back")
	}
	c.must(incident.NotABreach{Excludes: "a test file"})
	if len(c.inc.OpenMeasures()) != 2 {
		t.Error("finding no breach ended the measures")
	}
	for range incident.MostDuties - 4 {
		c.must(planned)
	}
	if err := c.do(planned); err == nil {
		t.Error("measure number 100 was taken")
	}
}

// TestMergingTakesOpenMeasuresAlong: none is lost with the duplicate.
func TestMergingTakesOpenMeasuresAlong(t *testing.T) {
	dup, keep := opened(t).must(planned, planned, incident.DropMeasure{N: 1, Reasons: "r"}), opened(t).must(planned)
	dup.inc.Ref.Number = 2
	inDup, inKeep, err := incident.MergeDecision(dup.inc, keep.inc, "twice")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range inKeep {
		keep.apply(officer, b)
	}
	for _, b := range inDup {
		dup.apply(officer, b)
	}
	if len(keep.inc.OpenMeasures()) != 2 || dup.inc.AnyOpen() || keep.inc.Measures[1].Owner != "p1" {
		t.Errorf("keep has %+v, dup %+v", keep.inc.Measures, dup.inc.Measures)
	}
}

// TestClosingSaysWhatItWants: open duties, an undecided telling, and open
// measures, which may stay if somebody means it.
func TestClosingSaysWhatItWants(t *testing.T) {
	high, err := risk.Parse([]byte(`{"incident":"phishing","breach":["confidentiality"],"data":["name","id_copy"],"people_min":40,"people_max":60,"groups":["customers"],"intent":"malicious"}`))
	if err != nil {
		t.Fatal(err)
	}
	c := opened(t).must(incident.Assess{Facts: high}, planned)
	if !c.inc.Score.TellThem {
		t.Fatal("the test's facts are too harmless")
	}
	refused := func(code string, cmd incident.Close) *incident.Refusal {
		t.Helper()
		var r *incident.Refusal
		if err := c.do(cmd); !errors.As(err, &r) || r.Code != code {
			t.Fatalf("closing: %v, want %s", err, code)
		}
		return r
	}
	if r := refused("duty-still-open", incident.Close{}); !slices.Equal(r.Args["duties"].([]incident.DutyID), []incident.DutyID{incident.DutyAP}) {
		t.Errorf("names %v", r.Args)
	}
	c.must(filed)
	refused("telling-undecided", incident.Close{})
	c.must(incident.DoesNotApply{Duty: incident.DutyPeople, Code: incident.NotDueRiskRemoved, Reasons: "passports were replaced the same day"})
	if r := refused("measures-open", incident.Close{Reasons: "r"}); !slices.Equal(r.Args["duties"].([]incident.DutyID), []incident.DutyID{"measure/1"}) || r.Field != "leave" {
		t.Errorf("names %v at %q", r.Args, r.Field)
	}
	refused("required", incident.Close{Leave: true})
	c.must(incident.Close{Leave: true, Reasons: "the project takes until spring"})
	if c.inc.Status() != incident.StatusClosed || !c.inc.AnyOpen() {
		t.Errorf("closed: %s, open %v", c.inc.Status(), c.inc.AnyOpen())
	}
	c.must(incident.TakeMeasure{N: 1, At: c.now})
	if c.inc.AnyOpen() {
		t.Error("the measure of a closed case cannot be taken")
	}
}

// TestDutyNames: every name comes back from its row, and no two rows collide.
func TestDutyNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) incident.DutyID {
			id := rapid.SampledFrom(incident.DutyKinds()).Draw(t, label)
			if n := rapid.IntRange(0, incident.MostDuties).Draw(t, label+" number"); n > 0 {
				id = id.Numbered(n)
			}
			return id
		}
		a, b := draw("a"), draw("b")
		if back, ok := incident.WhatDuty(a).Duty(); !ok || back != a {
			t.Fatalf("%s came back as %s", a, back)
		}
		if d := (incident.Duty{Kind: a.Kind(), N: a.Number()}); d.ID() != a {
			t.Fatalf("%s is named %s", a, d.ID())
		}
		if back, ok := (incident.WhatClosing + incident.WhatDuty(a) - incident.WhatClosing).Duty(); !ok || back != a {
			t.Fatalf("the closing of %s is of %s", a, back)
		}
		if (incident.WhatDuty(a) == incident.WhatDuty(b)) != (a == b) {
			t.Fatalf("%s and %s share a row", a, b)
		}
		for _, chore := range []incident.What{incident.WhatReceipt, incident.WhatHandover, incident.WhatQuestion, incident.WhatClosing + incident.WhatDuty(a)} {
			if id, ok := chore.Duty(); ok {
				t.Fatalf("a chore is taken for %s", id)
			}
		}
	})
	for _, broken := range []incident.DutyID{"measure/0", "measure/100", "measure/x", "measure/-1", "measure/"} {
		if broken.Number() != 0 {
			t.Errorf("%q has a number", broken)
		}
	}
}
