package web

import (
	"testing"

	"pgregory.net/rapid"
)

// TestFoldingLosesNoLine: whatever a log looks like, every line is still there,
// in order; only runs of three or more about mail fold.
func TestFoldingLosesNoLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		machine := rapid.SliceOf(rapid.Bool()).Draw(t, "machine")
		lines := make([]logLine, len(machine))
		for i, m := range machine {
			lines[i] = logLine{N: uint32(i), Machine: m}
		}
		next, out := uint32(0), folded(lines)
		for i, l := range out {
			run := []logLine{l}
			if l.Folded != nil {
				run = l.Folded
				if len(run) < leastFolded || (i > 0 && out[i-1].Machine) {
					t.Fatalf("%d lines folded at %d of %v", len(run), i, machine)
				}
			}
			for _, one := range run {
				if one.N != next || (l.Folded != nil && !one.Machine) {
					t.Fatalf("line %d where %d belongs, of %v", one.N, next, machine)
				}
				next++
			}
		}
		if int(next) != len(lines) {
			t.Fatalf("%d of %d lines are left", next, len(lines))
		}
		open, older := split(lines, 5)
		if len(open)+len(older) != len(lines) || len(older) == 1 {
			t.Fatalf("%d is split into %d and %d", len(lines), len(open), len(older))
		}
	})
}
