package store

import (
	"strings"
	"testing"
	"time"

	"meldklok/incident"
)

// TestNobodySwitchesSyncingOff (promise 1): a yes means on disk. No test can pull
// the plug, so this one looks at what bbolt was told, also after the file was
// written anew.
func TestNobodySwitchesSyncingOff(t *testing.T) {
	r := onDisk(t, t.TempDir())
	for name, engine := range map[string]Engine{"record": r.record, "keys": r.keys} {
		for _, when := range []string{"opened", "renewed"} {
			if db := engine.(*boltEngine).db.Load(); db.NoSync || db.NoGrowSync {
				t.Errorf("%s, %s: commits are not synced", name, when)
			}
			if err := engine.Renew(AsItIs); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func countersOf(t *testing.T, r *rig) (c incident.Counters) {
	t.Helper()
	if err := r.View(t.Context(), func(v incident.View) error { c = v.Counters(); return nil }); err != nil {
		t.Fatal(err)
	}
	return c
}

// planned is a planner that a test makes up.
type planned func(inc *incident.Incident) []incident.Planned

func (p planned) Plan(inc *incident.Incident) []incident.Planned { return p(inc) }

// TestAnOpenDutyNeedsExactlyOneNextAlert (promise 3): the record refuses what a
// planner forgets or plans too much, and keeps the delivery for a better one.
func TestAnOpenDutyNeedsExactlyOneNextAlert(t *testing.T) {
	row := func(inc *incident.Incident, duty incident.DutyID) incident.Planned {
		return incident.Planned{At: start.Add(time.Hour), Ref: inc.Ref, What: incident.WhatDuty(duty)}
	}
	for _, tt := range []struct {
		why  string
		plan planned
		says string
	}{
		{"nothing is planned", func(*incident.Incident) []incident.Planned { return nil }, "has no next alert"},
		{"the same duty twice", func(inc *incident.Incident) []incident.Planned {
			return []incident.Planned{row(inc, incident.DutyAP), row(inc, incident.DutyAP)}
		}, "has a next alert too many"},
		{"a duty that is not open", func(inc *incident.Incident) []incident.Planned {
			return []incident.Planned{row(inc, incident.DutyAP), row(inc, incident.DutyPeople)}
		}, "has a next alert too many"},
	} {
		t.Run(tt.why, func(t *testing.T) {
			r := inMemory(t)
			good := r.Store.cfg.Planner
			r.Store.cfg.Planner = tt.plan
			svc := r.service()
			if _, err := tryReport(svc, mailText(1, "een lijst")); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("recorded: %v", err)
			}
			if c := countersOf(t, r); c.Incidents != 0 || c.OpenDuties != 0 {
				t.Errorf("half of it was written: %+v", c)
			}
			r.Store.cfg.Planner = good
			processPending(t, svc)
			if c := countersOf(t, r); c.Incidents != 1 || c.OpenDuties != 1 || c.PlannedOpen != 1 {
				t.Errorf("the delivery was kept: %+v", c)
			}
			r.verify()
		})
	}
}
