package notify

import (
	"strings"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// TestWhoIsToldOfARestrictedIncident: those who may see it, management where a
// rung says so, and never nobody.
func TestWhoIsToldOfARestrictedIncident(t *testing.T) {
	now := time.Date(2026, 10, 23, 14, 30, 0, 0, time.UTC)
	away := func(instead people.ID) []people.Absence {
		return []people.Absence{{From: now.Add(-time.Hour), Until: now.Add(time.Hour), Replacement: instead}}
	}
	staff := func(change func(people.Directory)) people.Directory {
		all := people.Directory{
			{ID: "o1", Roles: []people.Role{people.Officer}}, {ID: "o2", Roles: []people.Role{people.Officer}},
			{ID: "d1", Roles: []people.Role{people.Deputy}}, {ID: "fg", Roles: []people.Role{people.FG}},
			{ID: "mg", Roles: []people.Role{people.Management}},
		}
		change(all)
		return all
	}
	as := func(people.Directory) {}
	officers, everyone := []people.Role{people.Officer}, []people.Role{people.Officer, people.Deputy, people.FG, people.Management}
	for _, row := range []struct {
		why    string
		may    []people.ID
		to     []people.Role
		change func(people.Directory)
		want   string
	}{
		{"not restricted: the ladder as it is", nil, officers, as, "o1 o2"},
		{"only the officer who is named", []people.ID{"o1"}, officers, as, "o1"},
		{"the officers' rung, while only the deputy is named", []people.ID{"d1"}, officers, as, "d1"},
		{"the FG and management hear on their rungs", []people.ID{"o1"}, everyone, as, "o1 fg mg"},
		{"management's own rung", []people.ID{"o1"}, []people.Role{people.Management}, as, "mg"},
		{"who is named is away: the stand-in is told", []people.ID{"o1"}, officers, func(d people.Directory) { d[0].Absences = away("o2") }, "o2"},
		{"away without a stand-in: the others who are named", []people.ID{"o1", "d1"}, officers, func(d people.Directory) { d[0].Absences = away("") }, "d1"},
		{"away without a stand-in, nobody else is named: the ordinary audience", []people.ID{"o1"}, officers, func(d people.Directory) { d[0].Absences = away("") }, "o2"},
		{"who is named left: the ordinary audience, also where the FG would remain", []people.ID{"o1"}, everyone, func(d people.Directory) { d[0].Inactive = true }, "o2 d1 fg mg"},
	} {
		inc := &incident.Incident{}
		if row.may != nil {
			inc.Restriction = &incident.Restriction{May: row.may}
		}
		var got []string
		for _, p := range told(staff(row.change), inc, incident.DutyAP, []Step{{Rung: Rung{To: row.to}}}, now) {
			got = append(got, string(p.ID))
		}
		if strings.Join(got, " ") != row.want {
			t.Errorf("%s: told %v, want %s", row.why, got, row.want)
		}
	}
}

// TestAFailedAlertClimbsAmongThoseWhoMaySee before it climbs elsewhere.
func TestAFailedAlertClimbsAmongThoseWhoMaySee(t *testing.T) {
	org := &incident.Org{People: people.Directory{
		{ID: "o1", Roles: []people.Role{people.Officer}}, {ID: "o2", Roles: []people.Role{people.Officer}},
		{ID: "d1", Roles: []people.Role{people.Deputy}}, {ID: "fg", Roles: []people.Role{people.FG}},
	}}
	inc := &incident.Incident{Restriction: &incident.Restriction{May: []people.ID{"o1", "d1"}}}
	tried := []people.ID{"o1"}
	for _, want := range []people.ID{"d1", "fg", "o2"} {
		p, ok := nextTold(org, inc, tried, time.Now())
		if !ok || p.ID != want {
			t.Fatalf("after %v: %v, want %s", tried, p.ID, want)
		}
		tried = append(tried, p.ID)
	}
	if p, ok := nextTold(org, inc, tried, time.Now()); ok {
		t.Errorf("everybody was tried, and yet %s", p.ID)
	}
}
