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

// MarshalJSON implements json.Marshaler.
func (r Rung) MarshalJSON() ([]byte, error) {
	return json.Marshal(r.Setting())
}

// Setting returns the rung as people write it.
func (r Rung) Setting() incident.RungSetting {
	return incident.RungSetting{
		Name: r.Name, Rank: r.Rank, Base: string(r.Base), Offset: span(r.Offset), Every: span(r.Every), For: span(r.For),
		To: texts[string](r.To), Persons: texts[string](r.Persons), Owner: r.Owner, UnlessSeen: r.UnlessSeen,
	}
}

// texts turns a list of one kind of text into another; nil stays nil.
func texts[To, From ~string](list []From) (out []To) {
	for _, s := range list {
		out = append(out, To(s))
	}
	return out
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
	var s incident.RungSetting
	if err := dec.Decode(&s); err != nil {
		return fmt.Errorf("rung: %w", err)
	}
	read, err := readRung(s)
	if err != nil {
		return err
	}
	*r = read
	return nil
}

// readRung reads a rung as people write it.
func readRung(s incident.RungSetting) (Rung, error) {
	r := Rung{
		Name: s.Name, Rank: s.Rank, Base: Base(s.Base), Owner: s.Owner, UnlessSeen: s.UnlessSeen,
		To: texts[people.Role](s.To), Persons: texts[people.ID](s.Persons),
	}
	for _, f := range []struct {
		name, text string
		into       *time.Duration
	}{{"offset", s.Offset, &r.Offset}, {"every", s.Every, &r.Every}, {"for", s.For, &r.For}} {
		if f.text == "" {
			continue
		}
		d, err := time.ParseDuration(f.text)
		if err != nil || d < 0 || d > longestSpan {
			return r, wrongRung(f.name, "ladder-span", "rung %q: %s %q is not a span like 48h or 30m", s.Name, f.name, f.text)
		}
		*f.into = d
	}
	return r, nil
}

// longestSpan bounds a span of a ladder: nothing is reminded of years before.
const longestSpan = 366 * 24 * time.Hour

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

// OnCall reads the on-call order of an organisation.
func OnCall(org *incident.Org) (ids []people.ID) {
	if raw := org.Settings[SettingOnCall]; raw != "" {
		_ = json.Unmarshal([]byte(raw), &ids) // checked when it was set
	}
	return ids
}
