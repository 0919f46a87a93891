package incident

import (
	"maps"
	"slices"
	"time"

	"meldklok/incident/people"
)

// Org is the fold of the organisation's own log.
type Org struct {
	ID       string            `json:"id"`
	Name     string            `json:"name,omitempty"`
	Entries  uint32            `json:"entries"`
	People   people.Directory  `json:"people"`
	Settings map[string]string `json:"settings,omitempty"` // JSON by name
	// Changed says of each setting when it was changed, and where its history is.
	Changed map[string]Changes `json:"changed,omitempty"`

	Parked  int       `json:"parked"`           // unreviewed
	Oldest  time.Time `json:"oldest,omitzero"`  // arrival of the message that made Parked leave zero
	Created time.Time `json:"created,omitzero"` // when the record began

	// LastTold says for each trouble for which instant people were last told of it.
	LastTold map[string]time.Time `json:"last_told,omitempty"`
	// Probes holds the last probe of each watched mailbox, by its name.
	Probes map[string]Probe `json:"probes,omitempty"`
	// Review is the last look through who may see what; nil: none yet.
	Review *AccessReview `json:"review,omitempty"`
	// Backups says how the backups stand, and whether sending is held.
	Backups Backups `json:"backups,omitzero"`

	Held       []Held                  `json:"held,omitempty"`        // what keeps anything of the whole record from being destroyed
	ParkedGone uint32                  `json:"parked_gone,omitempty"` // of what was reviewed up to that entry of this log, no bytes are left
	Keys       map[people.ID]uint64    `json:"keys,omitempty"`        // whose keys seal what is known of a person
	Left       map[people.ID]time.Time `json:"left,omitempty"`        // when a person left
	Forgotten  map[people.ID]time.Time `json:"forgotten,omitempty"`   // when name and address of a person were destroyed
	LinesGone  int                     `json:"lines_gone,omitempty"`  // lines of the register that were destroyed
	GoneLines  []GoneLine              `json:"gone_lines,omitempty"`  // the last of them, oldest first
}

// Apply folds the next entry into the organisation.
func (o *Org) Apply(e Entry) {
	o.Entries = e.N
	switch b := e.Body.(type) {
	case *RecordCreated:
		o.ID, o.Name, o.Created = b.Organisation, b.Name, e.At
	case *PersonSet:
		o.applyPerson(e, b)
	case *SettingSet:
		o.applySetting(e, b)
	case *Parked:
		if o.Parked++; o.Parked == 1 {
			o.Oldest = b.Arrived
		}
	case *Unparked:
		if o.Parked--; o.Parked == 0 {
			o.Oldest = time.Time{}
		}
	case *TroubleAlerted:
		if o.LastTold == nil {
			o.LastTold = map[string]time.Time{}
		}
		o.LastTold[b.Trouble] = b.Due
	case *AccessReviewed:
		o.Review = &AccessReview{At: e.At, By: e.By, Remarks: b.Remarks}
	case *ProbeSent, *ProbeSeen:
		o.applyProbe(e)
	case *BackupMade, *BackupTested, *Restored, *Released:
		o.Backups.apply(e)
	case *Destroyed:
		o.applyDestroyed(e, b)
	case *Braked:
		o.Held = applyBraked(o.Held, e, b)
	}
}

func (o *Org) setPerson(id people.ID, p people.Person) {
	p.ID = id
	i := slices.IndexFunc(o.People, func(q people.Person) bool { return q.ID == id })
	if i < 0 {
		o.People = append(o.People, p)
		return
	}
	o.People[i] = p
}

// Clone returns a copy that shares nothing with o.
func (o *Org) Clone() *Org {
	c := *o
	c.People, c.Settings, c.LastTold = slices.Clone(o.People), maps.Clone(o.Settings), maps.Clone(o.LastTold)
	c.Probes, c.Changed = maps.Clone(o.Probes), maps.Clone(o.Changed)
	c.GoneLines = slices.Clone(o.GoneLines)
	c.Keys, c.Left, c.Forgotten = maps.Clone(o.Keys), maps.Clone(o.Left), maps.Clone(o.Forgotten)
	return &c
}
