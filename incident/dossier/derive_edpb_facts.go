package dossier

import (
	"slices"
	"strconv"

	"meldklok/incident/risk"
)

// The EDPB template's chapters 3.2 to 3.5: nature, people, data.

func (c *Case) edpbNature() found {
	var keys set
	keys.add(c.isBreach(risk.Confidentiality), "a")
	keys.add(c.isBreach(risk.Integrity), "b")
	keys.add(c.isBreach(risk.Availability), "c")
	return c.byFacts(keys)
}

// keyed answers with the template's letter for a value of a fact.
func keyed[V ~string](c *Case, value V, letters map[V]string) found {
	letter, ok := letters[value]
	if !ok {
		return found{}
	}
	return c.byFacts([]string{letter})
}

func (c *Case) edpbConfidentiality() found {
	return keyed(c, c.facts().Access, map[risk.Access]string{risk.Taken: "a", risk.Seen: "a", risk.Possible: "b", risk.Excluded: "c"})
}

func (c *Case) edpbUnintelligible() found {
	f := c.facts()
	switch {
	case f.Protection == risk.Unprotected:
		return c.byFacts([]string{"c"})
	case f.Protection == risk.Encrypted || f.Protection == risk.Hashed || f.Protection == risk.OtherProtection:
		if f.KeySafe == risk.Yes {
			return c.byFacts([]string{"a"})
		}
		if f.KeySafe == risk.No {
			return c.byFacts([]string{"b"})
		}
		return found{keys: []string{"e"}}
	}
	return found{}
}

func (c *Case) edpbIntegrity() found {
	return keyed(c, c.facts().Alteration, map[risk.Alteration]string{risk.Restored: "a", risk.UsedRecoverable: "b", risk.UsedLasting: "c"})
}

func (c *Case) edpbAvailability() found {
	if c.facts().Recovery == "" {
		return found{keys: []string{"c"}}
	}
	return keyed(c, c.facts().Recovery, map[risk.Recovery]string{risk.Brief: "a", risk.SomeDays: "a", risk.Forever: "b"})
}

func (c *Case) edpbIncident() found {
	f := keyed(c, c.facts().Incident, map[risk.Incident]string{
		risk.EmailWrongRecipient: "r", risk.EmailOpenRecipients: "s", risk.PostWrongRecipient: "l", risk.PostReturnedOpened: "l", risk.PostLost: "l",
		risk.WrongAuthorisation: "n", risk.FolderTooWide: "n", risk.Lost: "i", risk.Stolen: "i", risk.Published: "v", risk.Hacking: "c",
		risk.Ransomware: "b", risk.Phishing: "d", risk.Impersonation: "d", risk.Insider: "a", risk.WrongFile: "h", risk.Deleted: "p",
		risk.Outage: "t", risk.Vulnerability: "e", risk.OtherIncident: "y",
	})
	if i := c.facts().Incident; i == risk.Lost || i == risk.Stolen || i == risk.Vulnerability {
		f.sure = false // a device or paper; exploited or only found
	}
	return f
}

// edpbCause: who did it inside or outside follows from the kind of incident
// only where that is beyond doubt.
func (c *Case) edpbCause() found {
	f := c.facts()
	switch outside := []risk.Incident{risk.Hacking, risk.Ransomware, risk.Phishing, risk.Impersonation, risk.Stolen}; {
	case f.Intent == risk.Malicious && f.Incident == risk.Insider:
		return found{keys: []string{"b"}}
	case f.Intent == risk.Malicious && slices.Contains(outside, f.Incident):
		return found{keys: []string{"d"}}
	case f.Intent == risk.Accidental:
		return found{keys: []string{"a"}}
	}
	return found{}
}

// ---- 3.3 and 3.4 ----

func (c *Case) edpbPeople() found {
	letters := map[risk.Group]string{risk.Customers: "a", risk.Employees: "b", risk.Minors: "d", risk.Patients: "e", risk.Students: "f", risk.Vulnerable: "i", risk.OtherGroup: "j", risk.UnknownGroup: "k"}
	var keys set
	for _, g := range c.facts().Groups {
		keys.add(true, letters[g])
	}
	return c.byFacts(keys)
}

func (c *Case) edpbNumberKind() found {
	low, high := c.facts().PeopleMin, c.facts().PeopleMax
	switch {
	case low == nil && high == nil:
		return found{}
	case low != nil && high != nil && *low == *high:
		return c.byFacts([]string{"a"})
	}
	return c.byFacts([]string{"b"})
}

// edpbNumber is one number: the most, so that the estimate is not too low.
func (c *Case) edpbNumber() found {
	n := c.facts().PeopleMax
	if n == nil {
		n = c.facts().PeopleMin
	}
	if n == nil {
		return found{}
	}
	return c.byFacts(nil, said(strconv.Itoa(*n))...)
}

func (c *Case) edpbData() found {
	letters := map[string]string{
		"name": "a", "gender": "a", "birth_date": "a", "contact": "b", "address": "b", "email": "b", "phone": "b", "bsn": "n", "id_number": "n",
		"pseudonym": "u", "credentials": "s", "financial": "l", "debts": "l", "benefits": "l", "insurance": "l", "iban": "q", "card": "q",
		"id_copy": "p", "location": "o", "traffic": "r", "purchases": "r", "order": "u", "education_work": "u", "family": "u", "photo": "u",
		"licence_plate": "u", "criminal": "d", "other": "u", "unknown": "t",
		"race": "f", "politics": "e", "religion": "g", "union": "i", "sex": "h", "health": "k", "genetic": "j", "biometric": "c",
	}
	var keys set
	for _, d := range c.facts().Data {
		keys.add(true, letters[string(d)])
	}
	for _, s := range c.facts().Special {
		keys.add(s != risk.NoSpecial, letters[string(s)])
	}
	slices.Sort(keys)
	return c.byFacts(keys)
}

func (c *Case) edpbBefore() found {
	f := c.facts()
	var keys set
	keys.add(f.Backup == risk.FullBackup || f.Backup == risk.PartialBackup, "b")
	keys.add(f.Protection == risk.Encrypted || f.Protection == risk.PartProtected, "c")
	return derived(keys)
}
