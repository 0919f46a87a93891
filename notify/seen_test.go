package notify_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"meldklok/incident"
	"meldklok/notify"
)

// TestSeenTakesNothingFromTheLadder (promise 5): whenever somebody presses «seen»
// or acts, every step of every duty stands where it stood, but for those that ask
// whether anybody looked.
func TestSeenTakesNothingFromTheLadder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := time.Unix(rapid.Int64Range(1.7e9, 1.9e9).Draw(t, "start"), 0).UTC()
		inc, d := apDuty(start)
		d.Kind = rapid.SampledFrom(incident.DutyKinds()).Draw(t, "kind")
		p := notify.Planner{Ladders: notify.Defaults()}
		far := start.Add(30 * 24 * time.Hour)
		steps := func() (names []string) {
			for _, s := range p.Passed(inc, *d, far) {
				if !s.UnlessSeen {
					names = append(names, s.Name+s.At.String())
				}
			}
			return names
		}
		before := steps()
		at := start.Add(time.Duration(rapid.IntRange(0, 120*60).Draw(t, "minutes")) * time.Minute)
		if rapid.Bool().Draw(t, "pressed") {
			inc.PressedAt = at
		}
		inc.SeenAt = at
		if after := steps(); !slices.Equal(after, before) || len(after) == 0 {
			t.Fatalf("seen at %v: the ladder is %q, was %q", at, after, before)
		}
	})
}
