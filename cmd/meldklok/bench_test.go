package main

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// BenchmarkTable measures the whole product against floors taken in the same
// run and prints one table:
//
//	go test -run '^$' -bench . ./cmd/meldklok
//
// Every figure is a median of at least five. With MELDKLOK_BENCH=small the
// million incidents are left out; the row about Dovecot needs MELDKLOK_REAL=1.
func BenchmarkTable(b *testing.B) {
	t := new(scoreboard)
	for _, part := range []struct {
		name string
		run  func(*testing.B, *scoreboard)
	}{
		{"intake", benchIntake},
		{"backlog", benchBacklog},
		{"alerts", benchAlerts},
		{"size", benchSize},
		{"growth", benchGrowth},
		{"find", benchFind},
		{"trust", benchTrust},
	} {
		b.Run(part.name, func(b *testing.B) { once(b, func() { part.run(b, t) }) })
	}
	if len(t.rows) > 0 {
		fmt.Print("\n", t, "\n")
	}
}

// once runs a measurement that sets its own size, whatever b.N says.
func once(b *testing.B, run func()) {
	b.StopTimer()
	run()
	b.StartTimer()
	for b.Loop() {
	}
	b.ReportMetric(0, "ns/op")
}

// scoreboard is the table: what was measured, what the floor was, and the aim.
type scoreboard struct{ rows [][4]string }

func (t *scoreboard) add(what, own, floor, result string) {
	t.rows = append(t.rows, [4]string{what, own, floor, result})
}

// versus adds a row whose result is the median ratio of pairs that were
// measured one after the other.
func (t *scoreboard) versus(what, aim string, unit func(float64) string, own, floor []float64) {
	ratios := make([]float64, len(own))
	for i := range own {
		ratios[i] = own[i] / floor[i]
	}
	t.add(what, unit(median(own)), unit(median(floor)), fmt.Sprintf("%.2f (aim %s)", median(ratios), aim))
}

// String draws the table in Markdown.
func (t *scoreboard) String() string {
	var out strings.Builder
	fmt.Fprintln(&out, "| measured | Meldklok | floor | result |\n|---|---|---|---|")
	for _, r := range t.rows {
		fmt.Fprintf(&out, "| %s |\n", strings.Join(r[:], " | "))
	}
	return out.String()
}

func median(samples []float64) float64 { return quantile(samples, 0.5) }

// quantile returns the q-th quantile by nearest rank; NaN without samples.
func quantile(samples []float64, q float64) float64 {
	if len(samples) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(samples))
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

func perSecond(v float64) string { return fmt.Sprintf("%.0f/s", v) }

// seconds writes a duration in the unit that suits it.
func seconds(v float64) string {
	switch {
	case v < 1e-3:
		return fmt.Sprintf("%.0f µs", v*1e6)
	case v < 1:
		return fmt.Sprintf("%.1f ms", v*1e3)
	}
	return fmt.Sprintf("%.2f s", v)
}

// sizes are the numbers of incidents at which growth is measured.
func sizes() []int {
	if os.Getenv("MELDKLOK_BENCH") == "small" {
		return []int{1_000, 100_000}
	}
	return []int{1_000, 100_000, 1_000_000}
}

// exponent returns how a cost grows between the first and the last size: 0 is
// not at all, 1 is in proportion.
func exponent(sizes []int, cost []float64) float64 {
	last := len(cost) - 1
	return math.Log(cost[last]/cost[0]) / math.Log(float64(sizes[last])/float64(sizes[0]))
}

// rounds is how often each thing is measured; the median counts.
const rounds = 5
