package notify

import (
	"slices"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// told is who the steps tell about an incident. Of a restricted one those are
// told who may see it, those who stand in for them, the owner of a measure, and
// management where a rung says so: an alert holds no case content. When that
// leaves nobody who can decide (those who are named left, or are away without a
// stand-in), everybody is told whom the steps name: never zero recipients goes
// first, and who cannot open the case asks the administrator.
func told(all people.Directory, inc *incident.Incident, id incident.DutyID, steps []Step, at time.Time) []people.Person {
	owner := inc.Owner(id)
	ordinary := audience(all, owner, steps, at)
	if inc.Restriction == nil {
		return ordinary
	}
	management := slices.ContainsFunc(steps, func(s Step) bool { return slices.Contains(s.To, people.Management) })
	knows := all.Named(inc.Restriction.May, at)
	narrow := slices.DeleteFunc(slices.Clone(ordinary), func(p people.Person) bool {
		return !(incident.MaySee(p, inc) || p.ID == owner || among(knows, p) || (management && p.Has(people.Management)))
	})
	if enough(narrow, ordinary) {
		return narrow
	}
	for _, p := range knows { // the rung names deputies, and who is named is an officer
		if decides(p) {
			narrow = append(narrow, p)
		}
	}
	if enough(narrow, ordinary) {
		return narrow
	}
	return ordinary
}

// enough reports whether a narrowed audience still does what the ordinary one
// is for.
func enough(narrow, ordinary []people.Person) bool {
	return len(narrow) > 0 && (slices.ContainsFunc(narrow, decides) || !slices.ContainsFunc(ordinary, decides))
}

func decides(p people.Person) bool { return p.Has(people.Officer, people.Deputy) }

func among(list []people.Person, p people.Person) bool {
	return slices.ContainsFunc(list, func(q people.Person) bool { return q.ID == p.ID })
}

// nextTold is the next person to try when alerts have failed: of a restricted
// incident first those who may see it.
func nextTold(org *incident.Org, inc *incident.Incident, tried []people.ID, at time.Time) (people.Person, bool) {
	if inc.Restriction != nil {
		mayNot := func(p people.Person) bool { return !incident.MaySee(p, inc) }
		near := slices.DeleteFunc(slices.Clone(org.People), mayNot)
		if p, ok := near.Next(OnCall(org), tried, at); ok {
			return p, true
		}
	}
	return org.People.Next(OnCall(org), tried, at)
}
