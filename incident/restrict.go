package incident

import (
	"slices"
	"strings"
	"time"

	"meldklok/incident/people"
)

// Restricted: from here on only the named persons may see the incident, or,
// when Lifted, again everybody whose role allows it.
type Restricted struct {
	noPersonal
	May     []people.ID `json:"may,omitempty"` // who may see it; with the person who said so
	Reasons string      `json:"reasons,omitempty"`
	Lifted  bool        `json:"lifted,omitempty"`
}

// Kind implements Body.
func (Restricted) Kind() Kind { return "restricted" }

// Restriction is the need-to-know of an incident as it stands.
type Restriction struct {
	May     []people.ID `json:"may"`
	Reasons string      `json:"reasons"`
	At      time.Time   `json:"at"`
	By      Actor       `json:"by"`
}

// MaySee reports whether a person may see an incident at all. What their role
// lets them do with it is asked apart. A restricted incident is for the persons
// it names, and for the FG, whose access the law secures (GDPR art. 38(2)).
//
// Absence and leaving change nothing here: a stand-in sees what they are named
// for. When nobody who is named can open the incident any more, the
// administrator names others on the command line; the alerts do not wait for it
// (notify tells the ordinary audience instead).
//
// Every way in which a person reads an incident asks this one function; [Sight]
// does it for lists. For other tools it is [MayShow].
func MaySee(p people.Person, inc *Incident) bool {
	return inc.Restriction == nil || p.Has(people.FG) || slices.Contains(inc.Restriction.May, p.ID)
}

// Restrict makes an incident need-to-know: for the named persons and whoever
// decides so. Said again it names others.
type Restrict struct {
	May     []people.ID
	Reasons string
}

// Decide implements Command. A restriction that leaves nobody who can decide is
// refused: the duties would run on with their deciders shut out.
func (c Restrict) Decide(_ *Incident, act Act) ([]Body, error) {
	if blank(c.Reasons) {
		return nil, refuse("reasons", "required")
	}
	may := slices.Clone(c.May)
	if id, ok := act.By.Person(); ok {
		may = append(may, id)
	}
	slices.Sort(may)
	may = slices.Compact(may)
	decides := false
	for _, id := range may {
		p, ok := act.people().Find(id)
		if !ok {
			return nil, refuse("may", "no-such-person")
		}
		decides = decides || (!p.Inactive && p.Has(people.Officer, people.Deputy))
	}
	if !decides {
		return nil, refuse("may", "restriction-without-officer")
	}
	return []Body{&Restricted{May: may, Reasons: strings.TrimSpace(c.Reasons)}}, nil
}

// Unrestrict gives the incident back to everybody whose role allows it.
type Unrestrict struct{ Reasons string }

// Decide implements Command.
func (c Unrestrict) Decide(inc *Incident, _ Act) ([]Body, error) {
	switch {
	case inc.Restriction == nil:
		return nil, refuse("", "not-restricted")
	case blank(c.Reasons):
		return nil, refuse("reasons", "required")
	}
	return []Body{&Restricted{Lifted: true, Reasons: strings.TrimSpace(c.Reasons)}}, nil
}

func (inc *Incident) applyRestricted(e Entry, b *Restricted) {
	if b.Lifted {
		inc.Restriction = nil
		return
	}
	inc.Restriction = &Restriction{May: b.May, Reasons: b.Reasons, At: e.At, By: e.By}
}

// opens reports whether merging dup into keep would show somebody what dup's
// restriction keeps from them: answers to dup come in under keep from then on.
func opens(dup, keep *Incident) bool {
	if dup.Restriction == nil {
		return false
	}
	return keep.Restriction == nil || slices.ContainsFunc(keep.Restriction.May, func(id people.ID) bool {
		return !slices.Contains(dup.Restriction.May, id)
	})
}
