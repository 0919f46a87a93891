package notify

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"meldklok/incident"
)

// rehearsalDays is the period of a rehearsed clock whose own length people agree
// on case by case.
const rehearsalDays = 14

// rehearsed is a duty of the kind whose clock starts now, as the rules have it.
func rehearsed(kind incident.DutyKind, rules []incident.Rule, now time.Time) incident.Duty {
	due := now.AddDate(0, 0, rehearsalDays)
	d := incident.Duty{Kind: kind, Outcome: incident.OutcomeOpen}
	if rule, ok := incident.RuleFor(rules, kind, now); ok {
		due, d.Rule, d.Hours = rule.Due(now), rule.ID, rule.Hours
	}
	d.Clock = incident.Clock{Version: 1, Start: now.UTC(), Due: due.UTC(), Basis: incident.ClockReceipt}
	return d
}

// Rehearse returns for each rung when it fires first, UTC, for a clock of the
// kind that starts now, and that clock's deadline. Zero: not for such a clock.
func (l Ladder) Rehearse(kind incident.DutyKind, rules []incident.Rule, now time.Time) (fires []time.Time, due time.Time) {
	d := rehearsed(kind, rules, now)
	for _, r := range l {
		var first time.Time
		r.each(&incident.Incident{}, d, func(s Step) bool { first = s.At; return false })
		fires = append(fires, first)
	}
	return fires, d.Clock.Due
}

// usually is when a rung of a clock comes, for its place in the ladder. The last
// working afternoon depends on the day; for its place it is sixteen hours before
// the deadline, between «24 hours left» and «12 hours left».
func (r Rung) usually(c incident.Clock) time.Time {
	switch r.Base {
	case AfterStart:
		return c.Start.Add(r.Offset)
	case OfficeHours:
		return c.Due.Add(-16 * time.Hour)
	case BeforeDue:
		return c.Due.Add(-r.Offset)
	}
	return c.Due.Add(r.Offset)
}

// Arranged returns the rungs in the order of a rehearsed clock, each with a name
// that says when it comes and a rank. A rung that is known (before: the ladder
// in force, and the one that ships) with the same instant keeps its name and rank, so that what has been
// said already is not said again; another one gets a rank just above that of
// the rung before it.
func (l Ladder) Arranged(kind incident.DutyKind, before Ladder, rules []incident.Rule, now time.Time) Ladder {
	clock := rehearsed(kind, rules, now).Clock
	order := make([]int, len(l))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(yes(l[a].Base == AfterDue), yes(l[b].Base == AfterDue)), l[a].usually(clock).Compare(l[b].usually(clock)), cmp.Compare(yes(l[a].endless()), yes(l[b].endless())))
	})
	out, rank := make(Ladder, 0, len(l)), 0
	for _, i := range order {
		r := l[i]
		if known := slices.IndexFunc(before, r.sameInstant); known >= 0 {
			r.Name, r.Rank = before[known].Name, max(before[known].Rank, rank+1)
		} else {
			r.Name, r.Rank = r.instantName(), rank+1
		}
		out, rank = append(out, r), r.lastRank()
	}
	return out
}

func yes(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sameInstant reports whether two rungs come at the same moments.
func (r Rung) sameInstant(o Rung) bool {
	return r.Base == o.Base && r.Offset == o.Offset && r.Every == o.Every && r.For == o.For && r.UnlessSeen == o.UnlessSeen
}

// lastRank is the rank of a rung's last repetition: each is one higher than the
// one before it. What repeats without end comes last in a ladder.
func (r Rung) lastRank() int {
	if r.Every > 0 && r.For > r.Offset {
		return r.Rank + int((r.For-r.Offset)/r.Every)
	}
	return r.Rank
}

// instantName is the name of a rung that people made, from which a reader's
// language can be had: see locale.Rung.
func (r Rung) instantName() string {
	switch r.Base {
	case OfficeHours:
		return "last-office-hours"
	case AfterDue:
		return "overdue"
	case BeforeDue:
		return fmt.Sprintf("left-%s", span(max(r.Offset, time.Second)))
	}
	if r.Offset == 0 {
		return "opened"
	}
	if r.UnlessSeen {
		return "unseen-" + span(r.Offset)
	}
	return "since-" + span(r.Offset)
}

// NextAlerts compares the next alert of each open duty under two planners.
func NextAlerts(rows []incident.Row, was, will Planner) (changed []incident.NextAlert) {
	for _, r := range rows {
		old, _ := was.Ladders[r.Duty.Kind].Next(r.Incident, r.Duty)
		next, _ := will.Ladders[r.Duty.Kind].Next(r.Incident, r.Duty)
		if !old.At.Equal(next.At) || old.Name != next.Name {
			changed = append(changed, incident.NextAlert{Ref: r.Ref, Duty: r.Duty.ID(), Rung: next.Name, At: next.At})
		}
	}
	return changed
}
