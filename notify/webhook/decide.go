package webhook

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"meldklok/incident"
)

const (
	// again is after how long a lasting trouble is told of once more.
	again = 4 * time.Hour
	// settle is how long a trouble must be gone before it is over: one that
	// comes and goes is one trouble.
	settle = 5 * time.Minute
	// beatEvery is the shortest time between two pings.
	beatEvery = time.Minute
)

// Memory is what was said: the red findings of the audits so far, and when each
// was last told of. The zero value has said nothing.
type Memory struct {
	troubles map[string]trouble
	beat     time.Time // last ping, of either kind
	red      bool      // the last audit was red
}

// trouble is a red finding that was told of and is not over.
type trouble struct {
	finding incident.Finding
	since   time.Time // first seen
	told    time.Time // last told of
	gone    time.Time // first audit without it; zero while it is there
}

// Decide returns what is to be posted after an audit, and what has been said
// then. It is pure: h.At is the present, and m is not changed.
//
// A red finding is told of when it is new, every four hours while it lasts, and
// once when it has been gone for five minutes. A clean audit gives a ping, at
// most one a minute; a red one never does, and gives a [KindFail] instead, at
// once and then every minute.
func Decide(m Memory, h incident.Health) (Memory, []Note) {
	next := Memory{troubles: maps.Clone(m.troubles), beat: m.beat, red: h.Red()}
	if next.troubles == nil {
		next.troubles = map[string]trouble{}
	}
	var notes []Note
	say := func(kind Kind, t trouble) {
		notes = append(notes, Note{Kind: kind, At: h.At, Head: h.Head, Finding: t.finding, Since: t.since})
	}
	present := next.meet(h, say)
	next.part(h.At, present, say)
	kind, due := KindBeat, passed(m.beat, h.At, beatEvery)
	if next.red {
		kind, due = KindFail, due || !m.red
	}
	if due {
		next.beat = h.At
		notes = append(notes, Note{Kind: kind, At: h.At, Head: h.Head})
	}
	return next, notes
}

// meet takes up the red findings of an audit and returns their keys.
func (m Memory) meet(h incident.Health, say func(Kind, trouble)) map[string]bool {
	present := map[string]bool{}
	for _, f := range h.Findings {
		if f.Level != incident.Red || present[key(f)] {
			continue
		}
		present[key(f)] = true
		t, known := m.troubles[key(f)]
		t.finding, t.gone = f, time.Time{}
		switch {
		case !known:
			t.since, t.told = h.At, h.At
			say(KindTrouble, t)
		case passed(t.told, h.At, again):
			t.told = h.At
			say(KindLasting, t)
		}
		m.troubles[key(f)] = t
	}
	return present
}

// part tells of the troubles that have been gone for long enough.
func (m Memory) part(now time.Time, present map[string]bool, say func(Kind, trouble)) {
	for _, k := range slices.Sorted(maps.Keys(m.troubles)) {
		t := m.troubles[k]
		switch {
		case present[k]:
		case t.gone.IsZero():
			t.gone = now
			m.troubles[k] = t
		case passed(t.gone, now, settle):
			delete(m.troubles, k)
			say(KindOver, t)
		}
	}
}

// passed reports whether the pause is over. A clock that was set back counts as
// passed: better a word too many than hours of silence.
func passed(from, now time.Time, pause time.Duration) bool {
	since := now.Sub(from)
	return from.IsZero() || since < 0 || since >= pause
}

// key tells troubles apart: the code, and what it is about. Figures and the
// reason change while a trouble lasts, so they are left out.
func key(f incident.Finding) string {
	parts := []string{f.Code}
	for _, name := range slices.Sorted(maps.Keys(f.Args)) {
		if text, ok := f.Args[name].(string); ok && name != "reason" {
			parts = append(parts, fmt.Sprintf("%s=%s", name, text))
		}
	}
	return strings.Join(parts, "\x00")
}

// pick returns the post about a batch of queued rungs; ok is false when none of
// them goes over this road.
func pick(batch Alerts) (n Note, ok bool) {
	n = Note{Kind: KindAlert, At: batch.At, Head: batch.Head, MailDown: batch.MailDown}
	for _, a := range batch.List {
		if batch.MailDown || a.urgent(batch.At) {
			n.Alerts = append(n.Alerts, a)
		}
	}
	slices.SortStableFunc(n.Alerts, func(a, b Alert) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Ref.Year, b.Ref.Year), cmp.Compare(a.Ref.Number, b.Ref.Number))
	})
	return n, len(n.Alerts) > 0
}
