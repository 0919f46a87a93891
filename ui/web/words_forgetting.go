package web

import (
	"strings"

	"meldklok/incident"
)

// Parts says which compartments were destroyed.
func (v *View) Parts(p incident.Parts) string {
	switch {
	case p.Has(incident.PartRegister):
		return v.T("parts.line")
	case p.Has(incident.PartPersonal | incident.PartOriginals):
		return v.T("parts.both")
	case p.Has(incident.PartOriginals):
		return v.T("parts.originals")
	}
	return v.T("parts.personal")
}

// Under says what asked for a destruction: a period of the schedule, or a person.
func (v *View) Under(under string) string {
	what, term, ok := strings.Cut(under, " ")
	if !ok {
		return v.Word("under", under)
	}
	if t, err := incident.ParseTerm(term); err == nil {
		term = v.term(t)
	}
	return v.T("under.rule", "what", v.Word("keep", what), "term", term)
}

// Right says which right a request uses.
func (v *View) Right(r incident.Right) string {
	if r == "" {
		r = "unknown"
	}
	return v.Word("right", r)
}

// Braked says what became of a hold or a restriction.
func (v *View) Braked(b *incident.Braked) string {
	if b.On {
		return v.T("log.braked-on", "brake", v.Word("brake", b.Brake))
	}
	return v.T("log.braked-off", "brake", v.Word("brake", b.Brake))
}
