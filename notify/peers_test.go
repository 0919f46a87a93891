package notify

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestClockOff: when our clock is held to be wrong (LESSONS 37).
func TestClockOff(t *testing.T) {
	noon := time.Date(2026, 10, 26, 12, 0, 0, 0, time.UTC)
	type said struct {
		name     string
		own, off time.Duration // our reading after noon, and how far the peer was from it
	}
	tests := []struct {
		why  string
		said []said
		want time.Duration
	}{
		{"nobody has said anything", nil, 0},
		{"one peer is all there is", []said{{"mail", 0, 2 * time.Minute}}, 2 * time.Minute},
		{"one that agrees acquits us of one that does not", []said{{"mail", 0, time.Second}, {"hook", time.Minute, time.Hour}}, time.Second},
		{"in either order", []said{{"hook", 0, -time.Hour}, {"mail", time.Minute, time.Second}}, time.Second},
		{"all disagree: the nearest says how far", []said{{"mail", 0, time.Hour}, {"hook", time.Minute, time.Hour + time.Minute}}, time.Hour},
		{"what was right an hour ago says nothing", []said{{"mail", 0, 0}, {"hook", time.Hour, 5 * time.Minute}}, 5 * time.Minute},
		{"our clock was set back by an hour: only the new reading counts", []said{{"mail", 0, 0}, {"hook", -time.Hour, time.Hour}}, time.Hour},
		{"a peer that was corrected", []said{{"mail", 0, time.Hour}, {"mail", time.Minute, 0}}, 0},
	}
	for _, tt := range tests {
		var p peers
		for _, s := range tt.said {
			own := noon.Add(s.own)
			p.note(s.name, reading{own: own, peer: own.Add(s.off)})
		}
		if got := p.off(); got != tt.want {
			t.Errorf("%s: off by %v, want %v", tt.why, got, tt.want)
		}
	}
}

// TestClockOffProperties: a clock that jumped is noticed as soon as one peer is
// heard after a jump beyond the window, and a right clock is never accused
// while one right peer is heard.
func TestClockOffProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		noon := time.Date(2026, 10, 26, 12, 0, 0, 0, time.UTC)
		var p peers
		for i, n := 0, rapid.IntRange(1, 2*peerLimit).Draw(t, "peers"); i < n; i++ {
			p.note(rapid.StringN(1, 3, 5).Draw(t, "name"), reading{own: noon, peer: noon.Add(time.Duration(rapid.IntRange(-900, 900).Draw(t, "off")) * time.Second)})
		}
		if len(p.readings) > peerLimit {
			t.Fatalf("%d peers are remembered", len(p.readings))
		}
		p.note("right", reading{own: noon, peer: noon})
		if off := p.off(); off != 0 {
			t.Fatalf("a right clock is said to be off by %v", off)
		}
		jump := time.Duration(rapid.IntRange(601, 1_000_000).Draw(t, "jump")) * time.Second
		if rapid.Bool().Draw(t, "back") {
			jump = -jump
		}
		p.note("right", reading{own: noon.Add(jump), peer: noon})
		if p.off() != -jump {
			t.Fatalf("after a jump of %v the clock is said to be off by %v", jump, p.off())
		}
	})
}
