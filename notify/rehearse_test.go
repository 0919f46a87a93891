package notify_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/notify"
)

// TestTheShippedLaddersStayThemselves: opening the page of a ladder and saving
// it changes no name and no rank, so nothing is said twice.
func TestTheShippedLaddersStayThemselves(t *testing.T) {
	now := at(t, "2026-10-23T14:30:00Z")
	for kind, l := range notify.Defaults() {
		got := l.Arranged(kind, l, incident.Rules(), now)
		for _, r := range l {
			if !slices.ContainsFunc(got, func(g notify.Rung) bool { return g.Name == r.Name && g.Rank == r.Rank && g.Base == r.Base }) {
				t.Errorf("%s: %s with rank %d is gone: %+v", kind, r.Name, r.Rank, got)
			}
		}
		if len(got) != len(l) {
			t.Errorf("%s: %d rungs of %d", kind, len(got), len(l))
		}
	}
}

// TestRehearse says when the rungs of a clock that starts on a Friday afternoon
// come.
func TestRehearse(t *testing.T) {
	now := at(t, "2026-10-23T14:30:00Z")
	fires, due := notify.Defaults()[incident.DutyAP].Rehearse(incident.DutyAP, incident.Rules(), now)
	want := []string{
		"2026-10-23T14:30:00Z", "2026-10-23T18:30:00Z", "2026-10-24T14:30:00Z", "2026-10-25T14:30:00Z", "", "2026-10-26T02:30:00Z",
		"2026-10-26T08:30:00Z", "2026-10-26T11:30:00Z", "2026-10-26T13:30:00Z", "2026-10-26T14:30:00Z", "2026-10-28T02:30:00Z",
	}
	for i, w := range want {
		if w == "" && !fires[i].IsZero() || w != "" && !fires[i].Equal(at(t, w)) {
			t.Errorf("rung %d fires at %v, want %q", i, fires[i], w)
		}
	}
	if !due.Equal(now.Add(72 * time.Hour)) {
		t.Error(due)
	}
}

// TestArrangedLadders: whatever people make, a rung that comes later never has a
// lower rank than one before it, unchanged rungs keep their names, and the
// ladder still passes the check.
func TestArrangedLadders(t *testing.T) {
	now := time.Date(2026, 10, 23, 14, 30, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(incident.DutyKinds()).Draw(t, "kind")
		before := notify.Defaults()[kind]
		l := slices.Clone(before)
		for range rapid.IntRange(0, 5).Draw(t, "changes") {
			r := notify.Rung{Base: rapid.SampledFrom(notify.Bases()).Draw(t, "base"), To: []people.Role{people.Officer}}
			r.Offset = time.Duration(rapid.IntRange(0, 100).Draw(t, "offset")) * time.Hour
			if r.Base == notify.AfterDue && rapid.Bool().Draw(t, "repeats") {
				r.Every, r.For = 3*time.Hour, r.Offset+time.Duration(rapid.IntRange(1, 50).Draw(t, "for"))*time.Hour
			}
			l = slices.Insert(l, rapid.IntRange(0, len(l)).Draw(t, "place"), r)
		}
		got := l.Arranged(kind, before, incident.Rules(), now)
		fires, _ := got.Rehearse(kind, incident.Rules(), now)
		for i := 1; i < len(got); i++ {
			if got[i].Rank <= got[i-1].Rank {
				t.Fatalf("rank %d follows %d: %+v", got[i].Rank, got[i-1].Rank, got)
			}
			if got[i].Base == got[i-1].Base && !fires[i].IsZero() && fires[i].Before(fires[i-1]) {
				t.Fatalf("%v comes before %v", fires[i], fires[i-1])
			}
		}
		all := notify.Defaults()
		all[kind] = got
		if err := all.Check(); err != nil {
			t.Fatal(err)
		}
	})
}
