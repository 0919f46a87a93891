package risk

import "slices"

// Enisa is the severity by ENISA's Recommendations for a methodology of the
// assessment of severity of personal data breaches (v1.0, December 2013):
// SE = DPC x EI + CB, in steps of a quarter.
type Enisa struct {
	DPC       DPC     `json:"dpc"`
	EI        EI      `json:"ei"`
	CB        CB      `json:"cb"`
	Malicious float64 `json:"malicious"` // 0 or 0.5, part of CB.Total
	Flags     Flags   `json:"flags"`
}

// DPC is the data processing context: the highest class decides.
type DPC struct {
	Value   int     `json:"value"`   // 1 to 4
	Class   string  `json:"class"`   // the class that decided: simple, behavioural, financial, sensitive, unknown
	Classes []Class `json:"classes"` // every class present, in ENISA's order
}

// Class is the score of one ENISA class and how it came about.
type Class struct {
	Class  string `json:"class"`
	Base   int    `json:"base"`             // the class's ordinary score
	Value  int    `json:"value"`            // the score used
	Step   Step   `json:"step"`             // the step used
	How    string `json:"how"`              // chosen, derived, base, or unknown data
	Ground Ground `json:"ground,omitempty"` // the assessor's circumstance
	Reason string `json:"reason,omitempty"` // the assessor's argument
}

// EI is the ease of identification.
type EI struct {
	Value float64 `json:"value"` // 0.25, 0.5, 0.75 or 1
	How   string  `json:"how"`   // chosen, or derived from the data
}

// CB is the circumstances of the breach; Total includes malicious intent.
type CB struct {
	Confidentiality float64 `json:"confidentiality"`
	Integrity       float64 `json:"integrity"`
	Availability    float64 `json:"availability"`
	Total           float64 `json:"total"`
}

// Flags stand beside the score and do not change it.
type Flags struct {
	Over100        bool `json:"over_100_people"` // more than 100 people
	Unintelligible bool `json:"unintelligible"`  // encrypted, and the key is safe
}

// How a score came about.
const (
	howChosen  = "chosen"
	howDerived = "derived"
	howBase    = "base"
	howUnknown = "unknown"
)

// class is one of ENISA's four classes of data with its steps.
type class struct {
	name    string
	base    int
	low     Step // lowest step, for the best case
	high    Step // highest step, for the worst case
	values  map[Step]int
	data    []Data
	stated  func(*Facts) Step
	ground  func(*Facts) Ground
	reason  func(*Facts) string
	derived func(*reading) Step // Base when nothing raises or lowers it
}

// classes are ENISA's classes in its order; never written after start-up.
// Identification numbers and credentials are no class: a number counts under
// EI, a credential by what it opens; both fall under simple so that they score.
var classes = []class{
	{
		name: "simple", base: 1, low: Base, high: SafetyCritical,
		values: map[Step]int{Base: 1, StatusProfile: 2, SensitiveAssumptions: 3, SafetyCritical: 4},
		data: []Data{Name, Gender, BirthDate, BSN, Contact, Address, Email, Phone, Pseudonym, Credentials, Insurance,
			IDCopy, IDNumber, Order, EducationWork, Family, Photo, LicencePlate, OtherData},
		stated:  func(f *Facts) Step { return f.SimpleStep },
		ground:  func(f *Facts) Ground { return f.SimpleGround },
		reason:  func(f *Facts) string { return f.SimpleReason },
		derived: derivedSimple,
	},
	{
		name: "behavioural", base: 2, low: NoInsight, high: SensitiveProfile,
		values:  map[Step]int{NoInsight: 1, Base: 2, DailyLifeProfile: 3, SensitiveProfile: 4},
		data:    []Data{Location, Traffic, Purchases},
		stated:  func(f *Facts) Step { return f.BehaviouralStep },
		ground:  func(f *Facts) Ground { return f.BehaviouralGround },
		reason:  func(f *Facts) string { return f.BehaviouralReason },
		derived: func(*reading) Step { return Base },
	},
	{
		name: "financial", base: 3, low: NoInsight, high: FullProfile,
		values:  map[Step]int{NoInsight: 1, LittleInsight: 2, Base: 3, FullProfile: 4},
		data:    []Data{Financial, IBAN, Card, Debts, Benefits},
		stated:  func(f *Facts) Step { return f.FinancialStep },
		ground:  func(f *Facts) Ground { return f.FinancialGround },
		reason:  func(f *Facts) string { return f.FinancialReason },
		derived: derivedFinancial,
	},
	{
		name: "sensitive", base: 4, low: NoInsight, high: Base,
		values:  map[Step]int{NoInsight: 1, LittleInsight: 2, Assumptions: 3, Base: 4},
		data:    []Data{Criminal},
		stated:  func(f *Facts) Step { return f.SensitiveStep },
		ground:  func(f *Facts) Ground { return f.SensitiveGround },
		reason:  func(f *Facts) string { return f.SensitiveReason },
		derived: func(*reading) Step { return Base },
	},
}

// derivedSimple raises simple data when being in the file says something
// sensitive, and when an address can endanger somebody.
func derivedSimple(c *reading) Step {
	switch {
	case c.vulnerable && c.data(Address, Contact, Phone, Location):
		return SafetyCritical
	case c.contextSensitive:
		return SensitiveAssumptions
	}
	return Base
}

// derivedFinancial follows ENISA's examples: complete card data 4, bare account
// numbers 2.
func derivedFinancial(c *reading) Step {
	switch {
	case c.data(Card):
		return FullProfile
	case !c.data(Financial, Debts, Benefits):
		return LittleInsight
	}
	return Base
}

// score gives the class's score; ok is false when no data of the class are present.
// A step that departs from base counts only with its argument, except upwards.
func (k *class) score(c *reading) (Class, bool) {
	if !c.data(k.data...) && !(k.name == "sensitive" && c.special) {
		return Class{}, false
	}
	out := Class{Class: k.name, Base: k.base, Step: k.stated(c.f), Ground: k.ground(c.f), Reason: k.reason(c.f), How: howChosen}
	value, valid := k.values[out.Step]
	if !valid || (value < k.base && blank(out.Reason)) {
		out.Step, out.How = k.derived(c), howDerived
		out.Ground, out.Reason = "", ""
		if out.Step == Base {
			out.How = howBase
		}
	}
	out.Value = k.values[out.Step]
	return out, true
}

// unknownDPC is the score while no data are named: between the lowest and the
// highest, for unknown never counts as nothing.
const unknownDPC = 2

// scoreDPC scores every class present and takes the highest.
func scoreDPC(c *reading) DPC {
	out := DPC{Classes: make([]Class, 0, len(classes))}
	for i := range classes {
		k, ok := classes[i].score(c)
		if !ok {
			continue
		}
		out.Classes = append(out.Classes, k)
		if k.Value > out.Value {
			out.Value, out.Class = k.Value, k.Class
		}
	}
	if out.Value == 0 {
		out.Value, out.Class = unknownDPC, howUnknown
		out.Classes = append(out.Classes, Class{Class: howUnknown, Base: unknownDPC, Value: unknownDPC, Step: Base, How: howUnknown})
	}
	return out
}

var eiValues = map[Identifiability]float64{Negligible: 0.25, Limited: 0.5, Significant: 0.75, Maximum: 1}

// scoreEI takes the assessor's value or derives it from the data. A name with
// any second identifier is one person; data nobody named count as one too.
func scoreEI(c *reading) EI {
	if v, ok := eiValues[c.f.Identifiability]; ok {
		return EI{Value: v, How: howChosen}
	}
	return EI{Value: derivedEI(c), How: howDerived}
}

func derivedEI(c *reading) float64 {
	second := c.data(BirthDate, Email, Contact, Address, Phone, BSN, IDNumber, Photo, LicencePlate, IBAN, Card, Financial)
	switch {
	case c.data(IDCopy), c.data(Name) && second:
		return 1
	case c.data(Name, Email, Contact, Address, Phone, BSN, IDNumber, Photo, LicencePlate):
		return 0.75
	case len(c.f.Data) > 0 && !c.dataUnknown && c.onlyData(Pseudonym, Credentials):
		return 0.25
	}
	return 1
}

// scoreCB adds up the circumstances. What is unknown takes the middle of the
// three values, never zero.
func scoreCB(c *reading) (CB, float64) {
	cb := CB{Confidentiality: cbConfidentiality(c), Integrity: cbIntegrity(c), Availability: cbAvailability(c)}
	malicious := 0.0
	if c.malicious {
		malicious = 0.5
	}
	cb.Total = cb.Confidentiality + cb.Integrity + cb.Availability + malicious
	return cb, malicious
}

func cbConfidentiality(c *reading) float64 {
	if !c.mayBe(Confidentiality) || c.excluded {
		return 0
	}
	switch c.f.Recipients {
	case Nobody:
		return 0
	case UnknownMany, Public, Criminals:
		return 0.5
	case Finder:
		if c.f.Access == Taken || c.f.Access == Seen {
			return 0.5
		}
		return 0
	}
	return 0.25
}

func cbIntegrity(c *reading) float64 {
	if !c.mayBe(Integrity) {
		return 0
	}
	switch c.f.Alteration {
	case Unaltered, Restored:
		return 0
	case UsedLasting:
		return 0.5
	case UsedRecoverable:
		return 0.25
	}
	if c.breachUnknown {
		return 0
	}
	return 0.25
}

func cbAvailability(c *reading) float64 {
	if !c.mayBe(Availability) {
		return 0
	}
	switch c.f.Recovery {
	case NeverGone, Brief:
		return 0
	case SomeDays:
		return 0.25
	case Forever:
		return 0.5
	}
	if c.breachUnknown {
		return 0
	}
	return 0.25
}

// Band is ENISA's level of severity.
type Band string

// The bands: SE below 2, 3, 4, and the rest.
const (
	Low      Band = "low"
	Medium   Band = "medium"
	High     Band = "high"
	VeryHigh Band = "very_high"
)

func bandOf(se float64) Band {
	switch {
	case se < 2:
		return Low
	case se < 3:
		return Medium
	case se < 4:
		return High
	}
	return VeryHigh
}

// Label gives the band's meaning in words (ENISA 2013, severity levels).
func (b Band) Label() Text {
	switch b {
	case Low:
		return Text{"Laag: hooguit wat ongemak", "Low: some inconvenience at most"}
	case Medium:
		return Text{"Gemiddeld: duidelijke hinder, met enige moeite te overkomen", "Medium: clear trouble, overcome with some difficulty"}
	case High:
		return Text{"Hoog: ernstige gevolgen, met grote moeite te overkomen", "High: serious consequences, overcome with great difficulty"}
	case VeryHigh:
		return Text{"Zeer hoog: zware of blijvende gevolgen", "Very high: severe or lasting consequences"}
	}
	return Text{}
}

// enisa computes severity and its parts.
func enisa(c *reading) (float64, Enisa) {
	e := Enisa{DPC: scoreDPC(c), EI: scoreEI(c)}
	e.CB, e.Malicious = scoreCB(c)
	e.Flags = Flags{Over100: c.peopleOver(100), Unintelligible: c.unintelligible}
	return float64(e.DPC.Value)*e.EI.Value + e.CB.Total, e
}

// has says whether list holds any of the values.
func has[T comparable](list []T, values ...T) bool {
	return slices.ContainsFunc(list, func(v T) bool { return slices.Contains(values, v) })
}
