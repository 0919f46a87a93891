package incident_test

import (
	"errors"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// as carries out a command as one of the staff.
func (c *casefile) as(by incident.Actor, cmd incident.Command) error {
	bodies, err := cmd.Decide(c.inc, incident.Act{By: by, Now: c.now, Rules: incident.Rules(), Org: &incident.Org{People: staff()}})
	for _, b := range bodies {
		c.apply(by, b)
	}
	return err
}

func codeOf(err error) string {
	var refusal *incident.Refusal
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return ""
}

func TestOnlyTheFGAdvises(t *testing.T) {
	for _, row := range []struct {
		why  string
		by   incident.Actor
		cmd  incident.Advise
		code string
	}{
		{"the FG", "person:p4", incident.Advise{Lean: incident.LeanNotify, Text: "Meld het."}, ""},
		{"an officer", "person:p1", incident.Advise{Lean: incident.LeanNotify, Text: "Meld het."}, "only-the-fg-advises"},
		{"the program", incident.System, incident.Advise{Lean: incident.LeanNotify, Text: "Meld het."}, "only-the-fg-advises"},
		{"without words", "person:p4", incident.Advise{Lean: incident.LeanNotify, Text: " "}, "required"},
		{"without an end", "person:p4", incident.Advise{Text: "Hm."}, "choose-one"},
	} {
		c := opened(t)
		if err := c.as(row.by, row.cmd); codeOf(err) != row.code || len(c.inc.Advice) != btoi(row.code == "") {
			t.Errorf("%s: %v", row.why, err)
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestADecisionAgainstTheAdviceSaysWhy, and one that follows it, or is about
// something else, asks nothing.
func TestADecisionAgainstTheAdviceSaysWhy(t *testing.T) {
	notify, not, other := incident.Advise{Lean: incident.LeanNotify, Text: "ja"}, incident.Advise{Lean: incident.LeanNotNotify, Text: "nee"}, incident.Advise{Lean: incident.LeanOther, Text: "bel eerst"}
	waive := incident.Waive{Reasons: "klein"}
	for _, row := range []struct {
		why    string
		advice []incident.Advise
		cmd    incident.Command
		code   string
		named  int
	}{
		{"no advice", nil, waive, "", 0},
		{"waived as advised", []incident.Advise{not}, waive, "", 0},
		{"waived against the advice, silently", []incident.Advise{notify}, waive, "why-not-advice", 0},
		{"waived against the advice, with reasons", []incident.Advise{notify}, incident.Waive{Reasons: "klein", Against: "versleuteld"}, "", 1},
		{"the last advice counts", []incident.Advise{not, notify}, incident.Waive{Reasons: "klein", Against: "versleuteld"}, "", 2},
		{"an advice that leans nowhere leaves the last one in force", []incident.Advise{notify, other}, waive, "why-not-advice", 0},
		{"an advice that leans nowhere asks nothing", []incident.Advise{other}, waive, "", 0},
		{"not a breach, against the advice", []incident.Advise{notify}, incident.NotABreach{Excludes: "leeg"}, "why-not-advice", 0},
		{"does not apply, against the advice", []incident.Advise{notify}, incident.DoesNotApply{Code: incident.NotDueExempt, Reasons: "wet"}, "why-not-advice", 0},
		{"no report, against the advice", []incident.Advise{notify}, incident.NoReport{Code: incident.NoReportSpam}, "why-not-advice", 0},
		{"notifying against the advice", []incident.Advise{not}, incident.WillNotify{}, "why-not-advice", 0},
		{"notifying as advised", []incident.Advise{notify}, incident.WillNotify{}, "", 0},
	} {
		c := opened(t)
		for _, a := range row.advice {
			if err := c.as("person:p4", a); err != nil {
				t.Fatal(err)
			}
		}
		err := c.as("person:p1", row.cmd)
		if codeOf(err) != row.code || (err == nil && c.inc.Decisions[0].Advice != row.named) {
			t.Errorf("%s: %v, %+v", row.why, err, c.inc.Decisions)
		}
	}
}

func TestTheFGDecidesOnlyWhereTheOrganisationSaysSo(t *testing.T) {
	silent, granted := &incident.Org{}, &incident.Org{Settings: map[string]string{incident.SettingFGDecides: "true"}}
	refused := &incident.Org{Settings: map[string]string{incident.SettingFGDecides: "false"}}
	for _, row := range []struct {
		role people.Role
		org  *incident.Org
		may  bool
	}{
		{people.Officer, silent, true}, {people.Deputy, silent, true}, {people.FG, silent, false}, {people.FG, nil, false},
		{people.FG, granted, true}, {people.FG, refused, false}, {people.Auditor, granted, false}, {people.Management, granted, false}, {people.Admin, granted, false},
	} {
		if got := incident.MayDecide(people.Person{Roles: []people.Role{row.role}}, row.org); got != row.may {
			t.Errorf("%s with %v: %v", row.role, row.org, got)
		}
	}
}

func TestLinks(t *testing.T) {
	a, b := opened(t), opened(t)
	b.inc.Ref.Number = 2
	link := func(undo bool) error {
		inA, inB, err := incident.LinkDecision(a.inc, b.inc, "one thief", undo)
		for _, x := range inA {
			a.apply(officer, x)
		}
		for _, x := range inB {
			b.apply(officer, x)
		}
		return err
	}
	for _, row := range []struct {
		why  string
		undo bool
		code string
		n    int
	}{
		{"nothing to undo", true, "not-linked", 0}, {"linked", false, "", 1}, {"linked twice", false, "already-linked", 1}, {"undone", true, "", 0}, {"linked again", false, "", 1},
	} {
		if err := link(row.undo); codeOf(err) != row.code || len(a.inc.Links) != row.n || len(b.inc.Links) != row.n {
			t.Errorf("%s: %v, %v, %v", row.why, err, a.inc.Links, b.inc.Links)
		}
	}
	if _, _, err := incident.LinkDecision(a.inc, a.inc, "", false); codeOf(err) != "link-to-itself" {
		t.Errorf("linked to itself: %v", err)
	}
}

// TestAFilingAgainstTheAdviceSaysWhy once: neither again when a decision said so
// before, nor when it follows the advice.
func TestAFilingAgainstTheAdviceSaysWhy(t *testing.T) {
	notify, not := incident.Advise{Lean: incident.LeanNotify, Text: "ja"}, incident.Advise{Lean: incident.LeanNotNotify, Text: "nee"}
	file := func(kind incident.FilingKind, against string) incident.Command {
		return incident.File{Kind: kind, Number: "1", At: received.Add(time.Minute), Against: against}
	}
	for _, row := range []struct {
		why    string
		first  []incident.Command
		cmd    incident.Command
		code   string
		advice int
	}{
		{"no advice", nil, file(incident.FilingInitial, ""), "", 0},
		{"as advised", []incident.Command{notify}, file(incident.FilingInitial, ""), "", 0},
		{"against the advice, silently", []incident.Command{not}, file(incident.FilingInitial, " "), "why-not-advice", 0},
		{"against the advice, with the reason", []incident.Command{not}, file(incident.FilingInitial, "meer mensen dan gedacht"), "", 1},
		{"the decision said why", []incident.Command{not, incident.WillNotify{Against: "meer mensen"}}, file(incident.FilingInitial, ""), "", 0},
		{"a later advice asks anew", []incident.Command{not, incident.WillNotify{Against: "meer mensen"}, not}, file(incident.FilingInitial, ""), "why-not-advice", 0},
		{"a follow-up decides nothing", []incident.Command{not, file(incident.FilingInitial, "zo is het"), not}, file(incident.FilingFollowUp, ""), "", 0},
		{"withdrawn although the FG says notify", []incident.Command{file(incident.FilingInitial, ""), notify}, file(incident.FilingWithdrawal, ""), "why-not-advice", 0},
	} {
		c := opened(t)
		for _, cmd := range row.first {
			by := incident.Actor("person:p1")
			if _, advice := cmd.(incident.Advise); advice {
				by = "person:p4"
			}
			if err := c.as(by, cmd); err != nil {
				t.Fatal(row.why, err)
			}
		}
		err := c.as("person:p1", row.cmd)
		if codeOf(err) != row.code || (err == nil && c.inc.Filings[len(c.inc.Filings)-1].Advice != row.advice) {
			t.Errorf("%s: %v, %+v", row.why, err, c.inc.Filings)
		}
	}
}
