package web

import (
	"cmp"
	"slices"
	"time"

	"meldklok/incident/dossier/register"
	"meldklok/incident/risk"
)

// span collects lengths of time of which the median is shown.
type span []time.Duration

// median of the collected; negative ones (known before it was received) count
// as none.
func (s span) median() time.Duration {
	if len(s) == 0 {
		return 0
	}
	return max(0, slices.Sorted(slices.Values(s))[len(s)/2])
}

// addPace notes how long an incident took from receipt to awareness to filing.
func (f *figures) addPace(inc register.Summary) {
	if !inc.Aware.IsZero() {
		f.toAware = append(f.toAware, inc.Aware.Sub(inc.Received))
	}
	if !inc.Aware.IsZero() && !inc.Filed.IsZero() {
		f.fromAware = append(f.fromAware, inc.Filed.Sub(inc.Aware))
	}
	if !inc.Filed.IsZero() {
		f.toFile = append(f.toFile, inc.Filed.Sub(inc.Received))
	}
}

// cause is how often something was the cause.
type cause struct {
	Label string
	N     int
	Width int // of its bar, in per cent of the most frequent
}

// causesOf puts the causes into words, the most frequent first. What nobody has
// assessed yet comes last.
func causesOf(v *View, counts map[risk.Incident]int) (list []cause) {
	most := 0
	for _, n := range counts {
		most = max(most, n)
	}
	for value, n := range counts {
		list = append(list, cause{causeWord(v, value), n, 100 * n / most})
	}
	slices.SortFunc(list, func(a, b cause) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Label, b.Label))
	})
	return list
}

func causeWord(v *View, value risk.Incident) string {
	for _, q := range risk.Questions() {
		if q.Field != "incident" {
			continue
		}
		for _, o := range q.Options {
			if o.Value == string(value) {
				return v.Say(o.Label)
			}
		}
	}
	return v.T("management.cause-unknown")
}

// pace is one step from receipt to filing, with a bar on the scale of 72 hours.
type pace struct {
	ID     string
	Median time.Duration
	N      int
	Width  int
}

// paces are the usual times from receipt to awareness to filing.
func (f *figures) paces() (list []pace) {
	for _, x := range []struct {
		id string
		s  span
	}{{"management.from-aware", f.fromAware}, {"management.to-aware", f.toAware}, {"management.to-file", f.toFile}} {
		if m := x.s.median(); len(x.s) > 0 {
			list = append(list, pace{x.id, m, len(x.s), int(min(100, 100*m/(72*time.Hour)))})
		}
	}
	return list
}
