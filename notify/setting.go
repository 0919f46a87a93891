package notify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// Names of the settings of this room in the organisation's log.
const (
	SettingLadders = "ladders" // JSON as ParseLadders reads it
	SettingOnCall  = "on-call" // a JSON list of person IDs: who is told next when somebody cannot be reached
)

// rungSetting is a rung as people write it: spans as text, like "48h".
type rungSetting struct {
	Name       string        `json:"name"`
	Rank       int           `json:"rank"`
	Base       Base          `json:"base"`
	Offset     string        `json:"offset,omitempty"`
	Every      string        `json:"every,omitempty"`
	For        string        `json:"for,omitempty"`
	To         []people.Role `json:"to,omitempty"`
	Persons    []people.ID   `json:"persons,omitempty"`
	Owner      bool          `json:"owner,omitempty"`
	UnlessSeen bool          `json:"unless_seen,omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (r Rung) MarshalJSON() ([]byte, error) {
	return json.Marshal(rungSetting{
		Name: r.Name, Rank: r.Rank, Base: r.Base, Offset: span(r.Offset), Every: span(r.Every), For: span(r.For),
		To: r.To, Persons: r.Persons, Owner: r.Owner, UnlessSeen: r.UnlessSeen,
	})
}

func span(d time.Duration) string {
	switch {
	case d == 0:
		return ""
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return d.String()
}

// UnmarshalJSON implements json.Unmarshaler. A span that cannot be read names
// the rung and the field.
func (r *Rung) UnmarshalJSON(raw []byte) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	var s rungSetting
	if err := dec.Decode(&s); err != nil {
		return fmt.Errorf("rung: %w", err)
	}
	*r = Rung{Name: s.Name, Rank: s.Rank, Base: s.Base, To: s.To, Persons: s.Persons, Owner: s.Owner, UnlessSeen: s.UnlessSeen}
	for _, f := range []struct {
		name, text string
		into       *time.Duration
	}{{"offset", s.Offset, &r.Offset}, {"every", s.Every, &r.Every}, {"for", s.For, &r.For}} {
		if f.text == "" {
			continue
		}
		d, err := time.ParseDuration(f.text)
		if err != nil || d < 0 {
			return fmt.Errorf("rung %q: %s %q is not a span like 48h or 30m", s.Name, f.name, f.text)
		}
		*f.into = d
	}
	return nil
}

// ParseLadders reads ladders as the setting holds them: an object of lists of
// rungs by kind of duty. A kind that is left out keeps the ladder that ships
// with the program.
func ParseLadders(raw []byte) (Ladders, error) {
	ls := Defaults()
	if len(bytes.TrimSpace(raw)) == 0 {
		return ls, nil
	}
	var given Ladders
	if err := json.Unmarshal(raw, &given); err != nil {
		return nil, fmt.Errorf("ladders: %w", err)
	}
	for kind, l := range given {
		if !slices.Contains(incident.DutyKinds(), kind) {
			return nil, fmt.Errorf("ladders: there is no duty %q; choose from %v", kind, incident.DutyKinds())
		}
		ls[kind] = l
	}
	return ls, ls.Check()
}

// CheckPeople returns an error when a rung would tell only people who are not
// there, or who are absent at the instant without a replacement.
func (ls Ladders) CheckPeople(all people.Directory, at time.Time) error {
	for _, kind := range incident.DutyKinds() {
		for _, r := range ls[kind] {
			for _, id := range r.Persons {
				if p, ok := all.Find(id); !ok || p.Inactive {
					return fmt.Errorf("ladders: the rung %q of %q names %q, who is not there", r.Name, kind, id)
				}
			}
			if len(r.Persons)+len(r.To) > 0 && len(all.Named(r.Persons, at))+len(all.WithRole(r.To, at)) == 0 {
				return fmt.Errorf("ladders: the rung %q of %q would tell nobody today: add a person with one of its roles, or a replacement for those who are away", r.Name, kind)
			}
		}
	}
	return nil
}

// Check of one rung: what it says about itself must make sense.
func (r Rung) check(kind incident.DutyKind) error {
	switch {
	case r.Name == "" || r.Name == incident.RungClosed || r.Name == incident.RungReceipt || r.Name == incident.RungQuestion:
		return fmt.Errorf("ladders: a rung of %q needs a name of its own", kind)
	case !slices.Contains([]Base{AfterStart, BeforeDue, OfficeHours, AfterDue}, r.Base):
		return fmt.Errorf("ladders: the rung %q of %q: base %q is none of after-start, before-due, office-hours, after-due", r.Name, kind, r.Base)
	case r.Rank < 1:
		return fmt.Errorf("ladders: the rung %q of %q needs a rank above 0: a more urgent rung has a higher one", r.Name, kind)
	case r.Every > 0 && (r.Base != AfterDue || r.Every < 10*time.Minute):
		return fmt.Errorf("ladders: the rung %q of %q: only a rung after-due repeats, every 10m or more", r.Name, kind)
	case r.Owner && kind != incident.DutyMeasure:
		return fmt.Errorf("ladders: the rung %q of %q: only a measure has an owner", r.Name, kind)
	case len(r.To)+len(r.Persons) == 0 && !r.Owner:
		return fmt.Errorf("ladders: the rung %q of %q tells nobody", r.Name, kind)
	}
	for _, role := range r.To {
		if !slices.Contains(people.Roles(), role) || role == people.Auditor {
			return fmt.Errorf("ladders: the rung %q of %q: nobody is alerted as %q", r.Name, kind, role)
		}
	}
	return nil
}

// OnCall reads the on-call order of an organisation.
func OnCall(org *incident.Org) (ids []people.ID) {
	if raw := org.Settings[SettingOnCall]; raw != "" {
		_ = json.Unmarshal([]byte(raw), &ids) // checked when it was set
	}
	return ids
}
