package incident

import (
	"strings"
	"time"
)

// LocalTimeError says that a local time names no instant, or two. First and
// Second are what the writer can have meant, as instants: for a time that does
// not exist, the instants that far after the change and that far before it; for
// one that exists twice, the earlier and the later.
type LocalTimeError struct {
	Input         string
	Ambiguous     bool // it exists twice; otherwise it does not exist
	First, Second time.Time
}

// Error implements error.
func (e *LocalTimeError) Error() string {
	what := "does not exist in Europe/Amsterdam (the clock skips that hour)"
	if e.Ambiguous {
		what = "exists twice in Europe/Amsterdam (the clock goes back that night)"
	}
	const layout = "2006-01-02T15:04Z07:00"
	return e.Input + " " + what + "; write " + e.First.In(Amsterdam()).Format(layout) +
		" or " + e.Second.In(Amsterdam()).Format(layout)
}

// ParseWhen reads a moment that a person wrote: RFC 3339 with or without
// seconds, or a local time of Europe/Amsterdam as Dutch people and browsers
// write it (23-10-2026 16:30, 2026-10-23 16:30, 2026-10-23T16:30). It never
// guesses: a local time that does not exist or exists twice is a
// *LocalTimeError with the choice, anything else a *Refusal. The result is UTC.
func ParseWhen(s string) (time.Time, error) {
	s = strings.TrimSpace(s)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02 15:04Z07:00", "2006-01-02 15:04:05Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	for _, layout := range []string{"2-1-2006 15:04", "2-1-2006 15:04:05", "2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return fromWall(s, t)
		}
	}
	return time.Time{}, refuse("when", "not-a-time")
}

// fromWall finds the instant at which Amsterdam's wall clock shows what wall
// (whose zone is ignored) shows. Both offsets in force around it are tried:
// one hit is the answer, two are an ambiguity, none is a skipped hour.
func fromWall(input string, wall time.Time) (time.Time, error) {
	var hits, tries []time.Time
	for _, near := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		_, offset := wall.Add(near).In(Amsterdam()).Zone()
		t := wall.Add(-time.Duration(offset) * time.Second).UTC()
		if len(tries) == 1 && tries[0].Equal(t) {
			continue
		}
		tries = append(tries, t)
		if sameWall(t.In(Amsterdam()), wall) {
			hits = append(hits, t)
		}
	}
	switch {
	case len(hits) == 1:
		return hits[0], nil
	case len(hits) == 2:
		first, second := order(hits[0], hits[1])
		return time.Time{}, &LocalTimeError{Input: input, Ambiguous: true, First: first, Second: second}
	}
	first, second := order(tries[0], tries[len(tries)-1])
	return time.Time{}, &LocalTimeError{Input: input, First: first, Second: second}
}

func sameWall(a, b time.Time) bool {
	const layout = "2006-01-02T15:04:05"
	return a.Format(layout) == b.Format(layout)
}

func order(a, b time.Time) (time.Time, time.Time) {
	if b.Before(a) {
		return b, a
	}
	return a, b
}
