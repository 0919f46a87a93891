package incident

import (
	"slices"
	"strings"
	"time"

	"meldklok/incident/people"
)

// Parts names compartments of an item, as bits. The values are part of the
// file's format.
type Parts byte

// The compartments that can be destroyed on their own. The register part, what
// people decided and why, goes by itself never (GDPR art. 33(5)): only as a whole,
// with everything else of the incident, when a named officer says so
// ([Service.DestroyLines]).
const (
	PartRegister  Parts = 1 << 0 // the line in the register, the log and the state
	PartPersonal  Parts = 1 << 1 // the reporter, correspondence, mails about it
	PartOriginals Parts = 1 << 2 // raw mail and the attachments inside it
)

// Has reports whether all the given parts are among p.
func (p Parts) Has(other Parts) bool { return p&other == other && other != 0 }

// Destroyed: content was destroyed, by destroying the keys that open it. It says
// what, why and how much, and nothing of the content. It is appended in the
// transaction that orders the destruction; the keys follow within the second, or
// at the next start.
type Destroyed struct {
	noPersonal
	What    Keep      `json:"what"`
	Parts   Parts     `json:"parts"`
	Reports []int     `json:"reports,omitempty"` // of the incident whose log this is
	Files   []int     `json:"files,omitempty"`   // attached to it
	Bytes   int64     `json:"bytes,omitempty"`   // of the originals and the files
	Items   []uint64  `json:"items,omitempty"`   // parked messages
	Upto    uint32    `json:"upto,omitempty"`    // of the organisation's log: every message reviewed up to there
	Line    Ref       `json:"line,omitzero"`     // the incident that went as a whole, with its line in the register
	Person  people.ID `json:"person,omitempty"`
	Under   string    `json:"under"`             // the setting that asked for it, like "originals 6m", or RequestErasure
	Request Ref       `json:"request,omitzero"`  // the request that asked for it
	Reasons string    `json:"reasons,omitempty"` // in words, for a request
	Next    uint64    `json:"next,omitempty"`    // whose keys seal personal parts from now on; 0: as before
	Mails   int       `json:"mails,omitempty"`   // that were still to go, and are sealed with these now
}

// Kind implements Body.
func (Destroyed) Kind() Kind { return "destroyed" }

// UnderRequest stands in Destroyed.Under when a person asked for it (GDPR
// art. 17) and not a period of the schedule.
const UnderRequest = "request"

// Gone says when something was destroyed, and under what.
type Gone struct {
	At    time.Time `json:"at"`
	Under string    `json:"under"`
}

// applyDestroyed folds a destruction into the incident.
func (inc *Incident) applyDestroyed(e Entry, b *Destroyed) {
	gone := &Gone{At: e.At, Under: b.Under}
	for i := range inc.Reports {
		r := &inc.Reports[i]
		if !slices.Contains(b.Reports, r.N) {
			continue
		}
		if b.Parts.Has(PartOriginals) && r.Gone == nil {
			r.Gone = gone
		}
		if b.Parts.Has(PartPersonal) && r.Forgotten == nil {
			r.Forgotten = gone
		}
	}
	for i := range inc.Files {
		if f := &inc.Files[i]; slices.Contains(b.Files, f.N) && f.Gone == nil {
			f.Gone = gone
		}
	}
	if b.Next != 0 {
		inc.Sealing, inc.Private = b.Next, time.Time{}
	}
	if b.Mails > 0 {
		inc.Private = e.At
	}
}

// applyDestroyed folds a destruction into the organisation.
func (o *Org) applyDestroyed(e Entry, b *Destroyed) {
	o.ParkedGone = max(o.ParkedGone, b.Upto)
	if !b.Line.IsZero() {
		o.applyLineGone(e, b)
	}
	if b.Person == "" {
		return
	}
	o.setPerson(b.Person, people.Person{Inactive: true})
	delete(o.Left, b.Person)
	delete(o.Keys, b.Person)
	if o.Forgotten == nil {
		o.Forgotten = map[people.ID]time.Time{}
	}
	o.Forgotten[b.Person] = e.At
}

// applyPerson folds a person into the organisation. One whose keys were
// destroyed is nobody any more.
func (o *Org) applyPerson(e Entry, b *PersonSet) {
	p := b.Private
	if p.ID == "" {
		p = people.Person{Inactive: true}
	}
	if b.Key != 0 {
		if o.Keys == nil {
			o.Keys = map[people.ID]uint64{}
		}
		o.Keys[b.ID] = b.Key
	}
	if _, left := o.Left[b.ID]; !p.Inactive {
		delete(o.Left, b.ID)
		delete(o.Forgotten, b.ID)
	} else if !left {
		if o.Left == nil {
			o.Left = map[people.ID]time.Time{}
		}
		o.Left[b.ID] = e.At
	}
	o.setPerson(b.ID, p)
}

// SetPerson returns the entry that states a known person anew, sealed under the
// person's own key.
func (o *Org) SetPerson(p people.Person) *PersonSet {
	return &PersonSet{ID: p.ID, Private: p, Key: o.Keys[p.ID]}
}

// KeyRotated: the master key was exchanged. What it wraps was wrapped anew;
// content was not touched.
type KeyRotated struct{ noPersonal }

// Kind implements Body.
func (KeyRotated) Kind() Kind { return "key-rotated" }

// Brake is what keeps content from being destroyed. Stored values.
type Brake string

// The brakes.
const (
	BrakeHold   Brake = "hold"   // needed for a dispute or an inquiry
	BrakeFreeze Brake = "freeze" // somebody asked to have it kept and not used (GDPR art. 18)
)

// Braked: a brake was set or lifted, with reasons. In the organisation's log a
// hold is on the whole record.
type Braked struct {
	noPersonal
	Brake   Brake  `json:"brake"`
	On      bool   `json:"on"`
	Reasons string `json:"reasons"`
	Request Ref    `json:"request,omitzero"` // the request that asked for it
}

// Kind implements Body.
func (Braked) Kind() Kind { return "braked" }

// Held is a brake that stands.
type Held struct {
	Brake   Brake     `json:"brake"`
	At      time.Time `json:"at"`
	By      Actor     `json:"by"`
	Reasons string    `json:"reasons"`
}

// KeptBack reports whether a brake keeps what belongs to an incident, or all of
// the record. It is for what ages out beside the schedule: the text of mails, and
// who looked.
func KeptBack(v View, ref Ref) bool {
	if len(v.Org().Held) > 0 {
		return true
	}
	inc, err := v.Incident(ref)
	return err == nil && heldWith(v, inc)
}

// heldWith reports whether a brake stands on an incident, or on one that it was
// merged into: what was said of a case in a second report is part of it.
func heldWith(v View, inc *Incident) bool {
	for range 10 {
		if len(inc.Held) > 0 {
			return true
		}
		into, err := v.Incident(inc.Into)
		if inc.Into.IsZero() || err != nil {
			return false
		}
		inc = into
	}
	return false
}

// applyBraked sets or lifts a brake in a list.
func applyBraked(held []Held, e Entry, b *Braked) []Held {
	held = slices.DeleteFunc(slices.Clone(held), func(h Held) bool { return h.Brake == b.Brake })
	if b.On {
		held = append(held, Held{b.Brake, e.At, e.By, b.Reasons})
	}
	return held
}

// SetBrake sets or lifts a brake on an incident.
type SetBrake struct {
	Brake   Brake
	On      bool
	Reasons string
	Request Ref // the request that asks for it; may be zero
}

// Decide implements Command.
func (c SetBrake) Decide(inc *Incident, _ Act) ([]Body, error) { return c.decide(inc.Held) }

func (c SetBrake) decide(held []Held) ([]Body, error) {
	stands := slices.ContainsFunc(held, func(h Held) bool { return h.Brake == c.Brake })
	switch {
	case c.Brake != BrakeHold && c.Brake != BrakeFreeze:
		return nil, refuse("brake", "choose-one")
	case c.On && stands:
		return nil, refuse("", "brake-stands")
	case !c.On && !stands:
		return nil, refuse("", "no-brake")
	case blank(c.Reasons):
		return nil, refuse("reasons", "required")
	}
	return []Body{&Braked{Brake: c.Brake, On: c.On, Reasons: strings.TrimSpace(c.Reasons), Request: c.Request}}, nil
}
