package notify_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"meldklok/incident/people"
	"meldklok/notify"
)

// TestLaddersRoundTrip: what show prints, set takes.
func TestLaddersRoundTrip(t *testing.T) {
	raw, err := json.Marshal(notify.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	again, err := notify.ParseLadders(raw)
	if err != nil || !reflect.DeepEqual(again, notify.Defaults()) {
		t.Errorf("%v\n%s", err, raw)
	}
	for _, empty := range []string{"", "{}"} {
		if ls, err := notify.ParseLadders([]byte(empty)); err != nil || !reflect.DeepEqual(ls, notify.Defaults()) {
			t.Errorf("%q does not give the ladders that ship: %v", empty, err)
		}
	}
}

// TestLaddersRefused: each mistake is named, with the rung it is in.
func TestLaddersRefused(t *testing.T) {
	endless := `{"name":"overdue","rank":100,"base":"after-due","every":"4h","to":["officer"]}`
	tests := []struct{ why, json, say string }{
		{"no JSON", `x`, "ladders"},
		{"an unknown duty", `{"gdpr":[]}`, "no duty"},
		{"nothing after the deadline", `{"ap":[{"name":"a","rank":1,"base":"before-due","offset":"1h","to":["officer"]}]}`, "repeats until a decision"},
		{"an end after the deadline", `{"ap":[{"name":"a","rank":1,"base":"after-due","every":"1h","for":"24h","to":["officer"]}]}`, "repeats until a decision"},
		{"nobody to tell", `{"ap":[{"name":"a","rank":1,"base":"after-start"},` + endless + `]}`, "tells nobody"},
		{"a role that is not alerted", `{"ap":[{"name":"a","rank":1,"base":"after-start","to":["auditor"]},` + endless + `]}`, "auditor"},
		{"a base that does not exist", `{"ap":[{"name":"a","rank":1,"base":"noon","to":["officer"]},` + endless + `]}`, "noon"},
		{"a span that cannot be read", `{"ap":[{"name":"a","rank":1,"base":"before-due","offset":"2 days","to":["officer"]},` + endless + `]}`, "2 days"},
		{"a misspelt field", `{"ap":[{"name":"a","rang":1}]}`, "rang"},
		{"a rung without a rank", `{"ap":[{"name":"a","base":"after-start","to":["officer"]},` + endless + `]}`, "rank"},
		{"a repetition every second", `{"ap":[{"name":"a","rank":1,"base":"after-due","every":"1s","to":["officer"]}]}`, "10m"},
	}
	for _, tt := range tests {
		if _, err := notify.ParseLadders([]byte(tt.json)); err == nil || !strings.Contains(err.Error(), tt.say) {
			t.Errorf("%s: %v", tt.why, err)
		}
	}
}

// TestLaddersPeople: a rung that would reach nobody today is refused; a
// replacement is enough.
func TestLaddersPeople(t *testing.T) {
	now := time.Date(2026, 10, 23, 14, 0, 0, 0, time.UTC)
	away := []people.Absence{{From: now.Add(-time.Hour), Until: now.Add(time.Hour)}}
	covered := []people.Absence{{From: now.Add(-time.Hour), Until: now.Add(time.Hour), Replacement: "p2"}}
	everyone := []people.Role{people.Officer, people.Deputy, people.FG, people.Management}
	named := notify.Defaults()
	named["ap"][0].To, named["ap"][0].Persons = nil, []people.ID{"p1"}
	gone := notify.Defaults()
	gone["ap"][0].Persons = []people.ID{"p9"}
	tests := []struct {
		why     string
		ladders notify.Ladders
		all     people.Directory
		ok      bool
	}{
		{"everybody is there", notify.Defaults(), people.Directory{{ID: "p1", Roles: everyone}}, true},
		{"nobody is there", notify.Defaults(), nil, false},
		{"only management: the officers' rungs reach nobody", notify.Defaults(), people.Directory{{ID: "p1", Roles: []people.Role{people.Management}}}, false},
		{"the only officer is away", notify.Defaults(), people.Directory{{ID: "p1", Roles: everyone, Absences: away}}, false},
		{"and has a replacement", notify.Defaults(), people.Directory{{ID: "p1", Roles: everyone, Absences: covered}, {ID: "p2"}}, true},
		{"a named person is away", named, people.Directory{{ID: "p1", Absences: away}, {ID: "p2", Roles: everyone}}, false},
		{"a named person who never was", gone, people.Directory{{ID: "p1", Roles: everyone}}, false},
	}
	for _, tt := range tests {
		if err := tt.ladders.CheckPeople(tt.all, now); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.why, err)
		}
	}
}
