package incident_test

import (
	"errors"
	"testing"

	"meldklok/incident"
	"meldklok/incident/people"
)

// staff is one person of each role and one officer who left.
func staff() people.Directory {
	return people.Directory{
		{ID: "p1", Roles: []people.Role{people.Officer}},
		{ID: "p2", Roles: []people.Role{people.Officer}},
		{ID: "p3", Roles: []people.Role{people.Deputy}},
		{ID: "p4", Roles: []people.Role{people.FG}},
		{ID: "p5", Roles: []people.Role{people.Auditor}},
		{ID: "p6", Roles: []people.Role{people.Management}},
		{ID: "p7", Roles: []people.Role{people.Officer}, Inactive: true},
	}
}

func TestRestrict(t *testing.T) {
	for _, row := range []struct {
		why     string
		by      incident.Actor
		may     []people.ID
		reasons string
		code    string
		sees    string
	}{
		{"an officer keeps it to themselves", "person:p1", nil, "a colleague", "", "p1 p4"},
		{"an officer names an auditor and a deputy", "person:p1", []people.ID{"p5", "p3", "p3"}, "a colleague", "", "p1 p3 p4 p5"},
		{"the administrator names an officer", incident.System, []people.ID{"p2"}, "p1 left", "", "p2 p4"},
		{"the administrator names nobody", incident.System, nil, "why not", "restriction-without-officer", ""},
		{"only an auditor, who decides nothing", incident.System, []people.ID{"p5"}, "audit", "restriction-without-officer", ""},
		{"only an officer who left", incident.System, []people.ID{"p7"}, "old case", "restriction-without-officer", ""},
		{"somebody unknown", "person:p1", []people.ID{"p9"}, "a colleague", "no-such-person", ""},
		{"without reasons", "person:p1", []people.ID{"p2"}, " ", "required", ""},
	} {
		c := opened(t)
		bodies, err := incident.Restrict{May: row.may, Reasons: row.reasons}.Decide(c.inc, incident.Act{By: row.by, Now: c.now, Org: &incident.Org{People: staff()}})
		var refusal *incident.Refusal
		if errors.As(err, &refusal) != (row.code != "") || (refusal != nil && refusal.Code != row.code) {
			t.Errorf("%s: %v, want %q", row.why, err, row.code)
			continue
		}
		for _, b := range bodies {
			c.apply(row.by, b)
		}
		if row.code == "" && seers(c.inc) != row.sees {
			t.Errorf("%s: seen by %s, want %s", row.why, seers(c.inc), row.sees)
		}
	}
}

// seers lists who of the staff may see an incident.
func seers(inc *incident.Incident) (ids string) {
	for _, p := range staff() {
		if incident.MaySee(p, inc) {
			ids += " " + string(p.ID)
		}
	}
	return ids[1:]
}

func TestUnrestrict(t *testing.T) {
	c := opened(t)
	if err := c.do(incident.Unrestrict{Reasons: "over"}); err == nil {
		t.Error("what is not restricted cannot be lifted")
	}
	c.apply(officer, &incident.Restricted{May: []people.ID{"p1"}})
	if err := c.do(incident.Unrestrict{}); err == nil {
		t.Error("lifting asks for reasons")
	}
	c.must(incident.Unrestrict{Reasons: "over"})
	if got := seers(c.inc); got != "p1 p2 p3 p4 p5 p6 p7" {
		t.Errorf("lifted: seen by %s", got)
	}
}

// TestAMergeOpensNoRestriction: answers to the duplicate come in under the
// survivor, so nobody may see the survivor who may not see the duplicate.
func TestAMergeOpensNoRestriction(t *testing.T) {
	for _, row := range []struct {
		why       string
		dup, keep []people.ID
		fine      bool
	}{
		{"neither is restricted", nil, nil, true},
		{"only the survivor is", nil, []people.ID{"p1"}, true},
		{"only the duplicate is", []people.ID{"p1"}, nil, false},
		{"the same people", []people.ID{"p1", "p2"}, []people.ID{"p1", "p2"}, true},
		{"fewer see the survivor", []people.ID{"p1", "p2"}, []people.ID{"p1"}, true},
		{"more see the survivor", []people.ID{"p1"}, []people.ID{"p1", "p2"}, false},
	} {
		dup, keep := opened(t), opened(t)
		keep.inc.Ref.Number = 2
		for c, may := range map[*casefile][]people.ID{dup: row.dup, keep: row.keep} {
			if may != nil {
				c.apply(officer, &incident.Restricted{May: may})
			}
		}
		if _, _, err := incident.MergeDecision(dup.inc, keep.inc, ""); (err == nil) != row.fine {
			t.Errorf("%s: %v", row.why, err)
		}
	}
}
