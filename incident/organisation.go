package incident

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// SettingOrganisation names the setting that holds who the organisation is.
const SettingOrganisation = "organisation"

// Organisation is who we are, as the AP and the people concerned are told. All
// of it may be empty: what is missing is named where it is needed.
type Organisation struct {
	Name        string  `json:"name,omitempty"`
	Address     string  `json:"address,omitempty"` // street and number
	Postcode    string  `json:"postcode,omitempty"`
	City        string  `json:"city,omitempty"`
	Country     string  `json:"country,omitempty"` // in words; empty: the Netherlands
	KvK         string  `json:"kvk,omitempty"`     // number in the trade register, 8 digits
	FGNumber    string  `json:"fg_number,omitempty"`
	Sector      string  `json:"sector,omitempty"`   // in words; the AP's list is not established
	Public      bool    `json:"public,omitempty"`   // a public body (EDPB template, field 14)
	Size        string  `json:"size,omitempty"`     // see [OrganisationSizes]; EDPB template, field 15
	Activity    string  `json:"activity,omitempty"` // NACE code or words; EDPB template, field 17
	Website     string  `json:"website,omitempty"`
	FG          Contact `json:"fg,omitzero"`           // functionaris gegevensbescherming, GDPR art. 33(3)(b)
	Notifier    Contact `json:"notifier,omitzero"`     // who files with the AP
	Contact     Contact `json:"contact,omitzero"`      // whom the AP may ask, if another person
	PeopleDesk  Contact `json:"people_desk,omitzero"`  // whom the people concerned may ask
	Controllers string  `json:"controllers,omitempty"` // other controllers, when we are one of several
}

// Contact is somebody who can be reached about an incident.
type Contact struct {
	Name     string `json:"name,omitempty"`
	Function string `json:"function,omitempty"`
	Email    string `json:"email,omitempty"`
	Phone    string `json:"phone,omitempty"`
}

// Zero reports whether nothing is known.
func (c Contact) Zero() bool { return c == Contact{} }

// OrganisationSizes lists the size classes, as the EDPB template's field 15
// tells them apart. Stored values.
func OrganisationSizes() []string { return []string{"micro", "sme", "large", "other"} }

// ParseOrganisation reads the setting from JSON and checks it. Unknown names are
// an error, so that a mistyped one is not silently lost. It returns a *Refusal
// that names the field for a value that cannot be right.
func ParseOrganisation(raw []byte) (Organisation, error) {
	var o Organisation
	if len(bytes.TrimSpace(raw)) == 0 {
		return o, nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&o); err != nil {
		return Organisation{}, fmt.Errorf("incident: organisation: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Organisation{}, errors.New("incident: organisation: something stands behind the JSON object")
	}
	return o.Checked()
}

// Checked returns the organisation without stray space, or a *Refusal that names
// the field that has to change.
func (o Organisation) Checked() (Organisation, error) {
	for _, s := range o.texts() {
		*s = strings.TrimSpace(*s)
	}
	o.KvK = strings.NewReplacer(" ", "", ".", "").Replace(o.KvK)
	switch {
	case o.KvK != "" && !digits(o.KvK, 8):
		return Organisation{}, refuse("kvk", "kvk-eight-digits")
	case o.Size != "" && !slices.Contains(OrganisationSizes(), o.Size):
		return Organisation{}, refuse("size", "choose-one")
	}
	for _, p := range []struct {
		field string
		Contact
	}{{"fg_email", o.FG}, {"notifier_email", o.Notifier}, {"contact_email", o.Contact}, {"people_desk_email", o.PeopleDesk}} {
		if p.Email != "" && (!strings.Contains(p.Email, "@") || strings.ContainsAny(p.Email, " \r\n<>")) {
			return Organisation{}, refuse(p.field, "not-an-address")
		}
	}
	return o, nil
}

// texts lists every text of the organisation.
func (o *Organisation) texts() []*string {
	all := []*string{
		&o.Name, &o.Address, &o.Postcode, &o.City, &o.Country, &o.KvK, &o.FGNumber, &o.Sector,
		&o.Size, &o.Activity, &o.Website, &o.Controllers,
	}
	for _, p := range []*Contact{&o.FG, &o.Notifier, &o.Contact, &o.PeopleDesk} {
		all = append(all, &p.Name, &p.Function, &p.Email, &p.Phone)
	}
	return all
}

func digits(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789") == ""
}

// OrganisationOf reads the setting of an organisation. Its name falls back to
// the one the record was created with.
func OrganisationOf(org *Org) Organisation {
	o, err := ParseOrganisation([]byte(org.Settings[SettingOrganisation]))
	if err != nil {
		o = Organisation{} // it was checked when it was set; an unreadable one is a missing one
	}
	if o.Name == "" {
		o.Name = org.Name
	}
	return o
}

// Organisation returns who we are.
func (s *Service) Organisation(ctx context.Context) (Organisation, error) {
	org, err := s.Org(ctx)
	if err != nil {
		return Organisation{}, fmt.Errorf("incident: organisation: %w", err)
	}
	return OrganisationOf(org), nil
}

// SetOrganisation records who we are. It returns a *Refusal that names the field
// for a value that cannot be right.
func (s *Service) SetOrganisation(ctx context.Context, by Actor, o Organisation) error {
	o, err := o.Checked()
	if err != nil {
		return err
	}
	raw, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("incident: organisation: %w", err)
	}
	return s.PutSetting(ctx, by, SettingOrganisation, raw)
}
