package risk

import "slices"

// reading is what the rules see: the facts with the questions that several
// rules ask already answered. A bool is true only when the facts say so.
type reading struct {
	f *Facts

	breachUnknown  bool
	dataUnknown    bool // no data named, or "and perhaps more"
	special        bool // a special category is present
	specialUnknown bool
	minors         bool
	vulnerable     bool // vulnerable people other than minors
	groupsUnknown  bool

	contextSensitive bool // being in the file says something sensitive
	contextUnknown   bool
	malicious        bool
	excluded         bool // access excluded, with evidence
	unintelligible   bool // encrypted and the key safe
	contained        bool // known recipients confirmed deletion, or gave it back
	untrusted        bool // somebody untrusted has the data, or may have
	exposed          bool // readable data may be in untrusted hands
	outage           bool // real unavailability: days, lost, or people noticed

	severity float64
}

func read(f *Facts) *reading {
	c := &reading{f: f}
	c.breachUnknown = len(f.Breach) == 0
	c.dataUnknown = len(f.Data) == 0 || has(f.Data, UnknownData)
	c.special = slices.ContainsFunc(f.Special, func(s Special) bool { return s != NoSpecial && s != UnknownSpecial })
	c.specialUnknown = len(f.Special) == 0 || has(f.Special, UnknownSpecial)
	c.minors = has(f.Groups, Minors)
	c.vulnerable = has(f.Groups, Vulnerable)
	c.groupsUnknown = len(f.Groups) == 0 || has(f.Groups, UnknownGroup)
	c.readContext()
	c.readThreat()
	return c
}

// readContext decides whether the organisation colours the data. An explicit
// answer wins; no special categories at all settles an unknown organisation.
func (c *reading) readContext() {
	switch c.f.ContextSensitive {
	case Yes:
		c.contextSensitive = true
		return
	case No:
		return
	}
	switch c.f.Controller {
	case HealthCare, Political, Religious, UnionBody, SexLife, DebtHelp, YouthCare, Shelter, Justice:
		// The staff list of a hospital says nothing about health.
		c.contextSensitive = !onlyEmployees(c.f.Groups)
	case "":
		c.contextUnknown = !slices.Equal(c.f.Special, []Special{NoSpecial})
	}
}

func onlyEmployees(groups []Group) bool {
	return len(groups) == 1 && groups[0] == Employees
}

// readThreat decides who may have the data, and whether they can read them.
func (c *reading) readThreat() {
	f := c.f
	c.malicious = f.Intent == Malicious || (f.Intent == "" && (f.Recipients == Criminals || hostile(f.Incident)))
	c.excluded = f.Access == Excluded && !blank(f.ExcludedBecause) && f.Misuse != Yes
	c.unintelligible = f.Protection == Encrypted && f.KeySafe == Yes
	returned := has(f.Mitigation, DeletionConfirmed, Returned, ReturnedUnopened)
	c.contained = returned && (f.Recipients == KnownFew || f.Recipients == Trusted)
	c.untrusted = f.Recipients != Nobody && !(f.Recipients == Trusted && c.contained)
	c.exposed = c.mayBe(Confidentiality) && !c.excluded && !c.unintelligible && c.untrusted
	gone := f.Recovery == SomeDays || f.Recovery == Forever
	c.outage = f.Interruption == Serious || c.essential() || (gone && c.mayBe(Availability))
}

// hostile says whether this kind of incident is done on purpose.
func hostile(i Incident) bool {
	return slices.Contains([]Incident{Hacking, Ransomware, Phishing, Impersonation, Insider, Stolen}, i)
}

// mayBe says whether the breach is, or may be, of this type.
func (c *reading) mayBe(b Breach) bool { return c.breachUnknown || has(c.f.Breach, b) }

// only says whether the breach is of this type and no other.
func (c *reading) only(b Breach) bool { return len(c.f.Breach) == 1 && c.f.Breach[0] == b }

func (c *reading) data(any ...Data) bool { return has(c.f.Data, any...) }

// onlyData says whether every category named is one of these.
func (c *reading) onlyData(allowed ...Data) bool {
	return !slices.ContainsFunc(c.f.Data, func(d Data) bool { return !slices.Contains(allowed, d) })
}

// peopleOver says whether certainly more than n people are concerned.
func (c *reading) peopleOver(n int) bool { return c.f.PeopleMin != nil && *c.f.PeopleMin > n }

// peopleAtMost says whether certainly no more than n people are concerned.
func (c *reading) peopleAtMost(n int) bool { return c.f.PeopleMax != nil && *c.f.PeopleMax <= n }

// essential says whether care or an essential service stood still.
func (c *reading) essential() bool {
	return c.f.Interruption == Care || c.f.Interruption == Essential
}

// revealing says whether special or criminal data give any insight: the
// assessor can argue that they do not (ENISA, sensitive data, first step).
func (c *reading) revealing() bool {
	if !c.special && !c.data(Criminal) {
		return false
	}
	return !(c.f.SensitiveStep == NoInsight && !blank(c.f.SensitiveReason))
}

// beyondContact says whether the data go further than who somebody is and how
// to reach them.
func (c *reading) beyondContact() bool {
	plain := []Data{Name, Gender, Contact, Address, Email, Phone, Pseudonym, Order, UnknownData}
	if !c.readable() {
		plain = append(plain, Credentials)
	}
	return c.revealing() || !c.onlyData(plain...)
}

// identityNumbers says whether the data help to pose as somebody by document or number.
func (c *reading) identityNumbers() bool { return c.data(BSN, IDCopy, IDNumber) }

// readable says whether passwords or codes can be used: strong hashes cannot.
func (c *reading) readable() bool {
	return c.data(Credentials) && !(c.f.Protection == Hashed && c.f.KeySafe == Yes)
}

// dangerous says whether the recipients mean harm or cannot be asked anything.
func (c *reading) dangerous() bool {
	switch c.f.Recipients {
	case Criminals, Public, UnknownMany:
		return true
	case "", KnownFew:
		// A leaving employee who takes the customer list is known, and can be
		// held to give it back (Guidelines 01/2021, case 08).
		return c.malicious && c.f.Incident != Insider
	}
	return c.malicious
}

// longExposed says whether the data lay open for weeks or longer.
func (c *reading) longExposed() bool {
	return c.f.Exposure == ForWeeks || c.f.Exposure == ForMonths
}

// calm says whether nobody noticed more of an outage than slight trouble.
func (c *reading) calm() bool {
	return c.f.Interruption == NotInterrupted || c.f.Interruption == Minor
}

// smallAndContained says whether at most 100 people are concerned and known
// recipients have confirmed that they kept nothing.
func (c *reading) smallAndContained() bool {
	return c.contained && c.peopleAtMost(100) && !c.malicious
}

// smoothlyBack says whether nobody had real trouble from unavailability. For a
// breach that may have touched availability this must be shown.
func (c *reading) smoothlyBack() bool {
	f := c.f
	if c.outage || f.Alteration == UsedLasting || f.Alteration == UsedRecoverable {
		return false
	}
	quick := f.Recovery == NeverGone || f.Recovery == Brief
	if has(f.Breach, Availability) || f.Incident == Ransomware || f.Incident == Outage || f.Incident == Deleted {
		return (quick && (c.calm() || f.Interruption == "")) || (c.calm() && f.Backup == FullBackup)
	}
	return f.Backup != NoBackup || quick
}
