package dossier

import (
	"fmt"
	"slices"

	"meldklok/incident"
	"meldklok/incident/risk"
)

// ---- 5: the breach ----

func (c *Case) isBreach(b risk.Breach) bool { return slices.Contains(c.facts().Breach, b) }

// nature: the AP tells a lasting loss from a passing one, the facts by how the
// data came back.
func (c *Case) nature() found {
	var keys set
	keys.add(c.isBreach(risk.Confidentiality), "seen")
	keys.add(c.isBreach(risk.Integrity), "changed")
	lost := c.facts().Recovery == risk.Forever
	keys.add(c.isBreach(risk.Availability) && lost, "gone")
	keys.add(c.isBreach(risk.Availability) && !lost, "unavailable")
	f := c.byFacts(keys)
	if c.isBreach(risk.Availability) && c.facts().Recovery == "" {
		f.sure, f.note = false, both("dossier.note.recovery")
	}
	return f
}

// incidentType is the AP's own list of twelve; what it has no option for goes
// under «other» with our words beside it.
func (c *Case) incidentType() found {
	i := c.facts().Incident
	if i == "" {
		return found{}
	}
	f := c.byFacts([]string{i.APForm()})
	if i.APForm() == "other" && i != risk.OtherIncident {
		f.lines = labels(c.facts(), "incident")
	}
	return f
}

func (c *Case) description() found { return found{lines: said(c.Incident.Summary), sure: true} }

// attachments counts the files of the case; which of them may go out, and with
// what taken out, a person has to see.
func (c *Case) attachments() found {
	if len(c.Incident.Files) == 0 {
		return found{}
	}
	return found{lines: []risk.Text{both("dossier.files", "n", len(c.Incident.Files))}}
}

// ---- 6: the data ----

// apData names the AP's option for a category of data; what has none goes under
// «other» in words.
func apData(d risk.Data) string {
	switch d {
	case risk.Name, risk.Gender, risk.BirthDate, risk.BSN, risk.Contact, risk.Address, risk.Email, risk.Phone, risk.Credentials,
		risk.Financial, risk.IBAN, risk.Card, risk.Debts, risk.Benefits, risk.IDCopy, risk.Location, risk.Criminal:
		return string(d)
	case risk.UnknownData:
		return "unknown"
	case risk.Insurance:
		return "other_financial"
	}
	return "other"
}

func (c *Case) data() found {
	var keys set
	var others []risk.Text
	for _, d := range c.facts().Data {
		key := apData(d)
		keys.add(true, key)
		if key == "other" && d != risk.OtherData {
			others = append(others, labels(risk.Facts{Data: []risk.Data{d}}, "data")...)
		}
	}
	list := []string{"name", "gender", "birth_date", "bsn", "contact", "address", "email", "phone", "credentials", "financial", "iban", "card",
		"debts", "benefits", "other_financial", "id_copy", "location", "criminal", "unknown", "other"}
	f := c.byFacts(ordered(keys, list...))
	if len(others) > 0 {
		f.lines = []risk.Text{join(others)}
	}
	return f
}

func (c *Case) special() found {
	var keys set
	for _, s := range c.facts().Special {
		keys.add(s != risk.UnknownSpecial, string(s))
	}
	f := c.byFacts(keys)
	if slices.Contains(c.facts().Special, risk.UnknownSpecial) {
		f.sure, f.note = false, both("dossier.note.perhaps-more")
	}
	return f
}

// ---- 7: the people ----

func (c *Case) groups() found {
	var keys set
	for _, g := range c.facts().Groups {
		keys.add(g != risk.UnknownGroup, string(g))
	}
	f := c.byFacts(keys)
	if slices.Contains(c.facts().Groups, risk.UnknownGroup) {
		f.sure, f.note = false, both("dossier.note.perhaps-more")
	}
	return f
}

// people: equal bounds are an exact number.
func (c *Case) people() found {
	low, high := c.facts().PeopleMin, c.facts().PeopleMax
	switch {
	case low != nil && high != nil && *low == *high:
		return c.byFacts(nil, both("dossier.exact", "n", *low))
	case low != nil && high != nil:
		return c.byFacts(nil, both("dossier.range", "low", *low, "high", *high))
	case low != nil:
		f := c.byFacts(nil, both("dossier.at-least", "low", *low))
		f.sure = false
		return f
	case high != nil:
		f := c.byFacts(nil, both("dossier.at-most", "high", *high))
		f.sure = false
		return f
	}
	return found{}
}

// ---- 8: protection ----

func (c *Case) protection() found {
	switch p := c.facts().Protection; p {
	case risk.Encrypted, risk.Hashed, risk.OtherProtection, risk.Unprotected:
		f := c.byFacts([]string{string(p)})
		if p != risk.Unprotected {
			f.note = both("dossier.note.technique")
		}
		return f
	case risk.PartProtected:
		return c.byFacts([]string{"other"}, labels(c.facts(), "protection")...)
	}
	return found{}
}

// ---- 9: consequences ----

// derived marks keys that follow from facts by a rule of ours.
func derived(keys []string, lines ...risk.Text) found {
	f := found{keys: keys, lines: lines}
	if !f.empty() {
		f.note = both("dossier.note.rule")
	}
	return f
}

func (c *Case) consequencesData() found {
	f := c.facts()
	var keys set
	open := c.isBreach(risk.Confidentiality) && f.Access != risk.Excluded
	keys.add(open, "seen")
	keys.add(open && (f.Misuse == risk.Yes || f.Intent == risk.Malicious || f.Recipients == risk.Criminals || f.Recipients == risk.Public), "misuse")
	keys.add(f.Alteration == risk.UsedRecoverable || f.Alteration == risk.UsedLasting, "wrong_used")
	stood := f.Interruption == risk.Essential || f.Interruption == risk.Care
	keys.add(stood && f.Recovery != risk.Forever, "service_temporary")
	keys.add(stood && f.Recovery == risk.Forever, "service_permanent")
	return derived(keys)
}

// secrecy are the kinds of organisation whose staff are bound by professional
// secrecy.
func secrecy() []risk.Controller {
	return []risk.Controller{risk.HealthCare, risk.YouthCare, risk.Justice, risk.DebtHelp}
}

func (c *Case) consequencesPeople() found {
	f := c.facts()
	has := func(ds ...risk.Data) bool {
		return slices.ContainsFunc(ds, func(d risk.Data) bool { return slices.Contains(f.Data, d) })
	}
	special := slices.ContainsFunc(f.Special, func(s risk.Special) bool { return s != risk.NoSpecial && s != risk.UnknownSpecial })
	open := c.isBreach(risk.Confidentiality) && f.Access != risk.Excluded
	var keys set
	keys.add(open && (special || has(risk.Criminal) || f.ContextSensitive == risk.Yes), "discrimination")
	keys.add(open && (has(risk.BSN, risk.IDCopy, risk.IDNumber, risk.Credentials) || (has(risk.Name) && has(risk.BirthDate) && has(risk.Address))), "identity")
	keys.add(open && has(risk.Card, risk.IBAN, risk.Financial, risk.Credentials), "financial")
	keys.add(open && (special || has(risk.Criminal, risk.Debts, risk.Benefits) || f.ContextSensitive == risk.Yes), "reputation")
	keys.add(open && slices.Contains(secrecy(), f.Controller), "secrecy")
	keys.add(c.isBreach(risk.Availability), "access")
	keys.add(open, "control")
	return derived(keys)
}

// severity puts ENISA's four bands beside the form's four words; they were not
// made for one another, so it is always to be checked.
func (c *Case) severity() found {
	s := c.Incident.Score
	if s == nil || s.Band == "" {
		return found{}
	}
	key := map[risk.Band]string{risk.Low: "negligible", risk.Medium: "limited", risk.High: "considerable", risk.VeryHigh: "very_large"}[risk.Band(s.Band)]
	return found{keys: []string{key}, note: both("dossier.note.severity", "severity", fmt.Sprintf("%.2f", s.Severity))}
}

// ---- 10: measures ----

func (c *Case) measures() found {
	var lines []risk.Text
	for _, m := range c.facts().Mitigation {
		if m != risk.NothingDone {
			lines = append(lines, labels(risk.Facts{Mitigation: []risk.Mitigation{m}}, "mitigation")...)
		}
	}
	for _, m := range c.Incident.Measures {
		switch m.Outcome {
		case incident.OutcomeMet:
			lines = append(lines, said(m.What)...)
		case incident.OutcomeOpen:
			lines = append(lines, both("dossier.planned", "what", m.What, "at", m.Due))
		}
	}
	f := c.byFacts(nil, lines...)
	if !f.empty() && len(c.Incident.Measures) == 0 {
		f.sure, f.note = false, both("dossier.note.measures")
	}
	return f
}
