package risk

// Level is what a rule leads to.
type Level int

// The levels, in order. RegisterOnly still means: document (Art. 33(5) GDPR).
const (
	RegisterOnly Level = iota
	NotifyAuthority
	NotifyPeople
)

// rule is one line of the method. Rules are read from top to bottom.
type rule struct {
	code   string
	level  Level
	firm   bool // holds even where a way out applies
	when   func(*reading) bool
	text   Text
	source string
}

// Sources that several rules share.
const (
	srcArt33     = "GDPR Art. 33(1)"
	srcArt34     = "GDPR Art. 34(1)"
	srcAP        = "AP, Datalek: wel of niet melden"
	srcENISA     = "ENISA 2013, severity methodology v1.0"
	srcFactors   = "EDPB Guidelines 9/2022, factors for the risk assessment"
	srcSensitive = "AP policy rules 2015, sensitive data (triage list); EDPB Guidelines 9/2022"
)

// peopleRules lead to telling the people: a high risk is likely.
var peopleRules = []rule{
	{"misuse", NotifyPeople, true, func(c *reading) bool { return c.f.Misuse == Yes },
		Text{"De gegevens worden misbruikt. Het risico is werkelijkheid geworden.", "The data are being misused. The risk has become real."},
		srcArt34 + "; EDPB Guidelines 01/2021, case 17"},
	{"care-interrupted", NotifyPeople, true, func(c *reading) bool { return c.f.Interruption == Care },
		Text{"Zorg of behandeling werd uitgesteld. Dat kan de gezondheid van mensen raken.", "Care or treatment was put off. That can harm people's health."},
		"EDPB Guidelines 01/2021, case 03; 9/2022, Annex B, example viii"},
	{"essential-service", NotifyPeople, true, func(c *reading) bool { return c.f.Interruption == Essential },
		Text{"Een essentiële dienst lag stil voor de mensen om wie het gaat.", "An essential service stood still for the people concerned."},
		srcFactors},
	{"special-exposed", NotifyPeople, false, func(c *reading) bool {
		return c.exposed && c.revealing() && !c.smallAndContained()
	},
		Text{"Bijzondere of strafrechtelijke gegevens kunnen in verkeerde handen zijn.", "Special categories of data or criminal data may be in the wrong hands."},
		"GDPR Art. 9, 10 and 34(1); EDPB Guidelines 01/2021, case 12; " + srcAP},
	{"credentials-exposed", NotifyPeople, false, func(c *reading) bool {
		return c.exposed && c.readable() && !c.smallAndContained()
	},
		Text{"Wachtwoorden of codes zijn bruikbaar voor een ander. Mensen moeten die kunnen vervangen.", "Passwords or codes can be used by others. People must be able to replace them."},
		"EDPB Guidelines 9/2022, Annex B, examples vi and x; 01/2021, case 07"},
	{"identity-numbers-exposed", NotifyPeople, false, func(c *reading) bool {
		return c.exposed && c.identityNumbers() && !c.smallAndContained()
	},
		Text{"BSN, documentnummer of kopie van een identiteitsbewijs kan in verkeerde handen zijn: kans op identiteitsfraude.", "A national number, document number or copy of an identity document may be in the wrong hands: danger of identity fraud."},
		"EDPB Guidelines 01/2021, cases 04 and 14; RvIG advice 1 February 2021"},
	{"payment-data-exposed", NotifyPeople, false, func(c *reading) bool {
		return c.exposed && c.data(Card) && !c.smallAndContained()
	},
		Text{"Betaalkaartgegevens kunnen in verkeerde handen zijn: kans op fraude.", "Payment card data may be in the wrong hands: danger of fraud."},
		"EDPB Guidelines 01/2021, case 04; " + srcENISA},
	{"impersonation", NotifyPeople, false, func(c *reading) bool { return c.exposed && c.f.Incident == Impersonation },
		Text{"Iemand deed zich voor als een ander en kreeg gegevens. Dat was op deze persoon gericht.", "Somebody posed as somebody else and obtained data. It was aimed at this person."},
		"EDPB Guidelines 01/2021, case 17"},
	{"criminals-have-data", NotifyPeople, false, func(c *reading) bool {
		return c.exposed && c.dangerous() && c.malicious && c.beyondContact()
	},
		Text{"Kwaadwillenden hebben, of kunnen hebben, meer dan alleen contactgegevens.", "People with bad intent have, or may have, more than contact details alone."},
		"EDPB Guidelines 01/2021, cases 05 and 18; " + srcAP},
	{"published", NotifyPeople, false, func(c *reading) bool {
		return c.exposed && c.f.Recipients == Public && c.beyondContact()
	},
		Text{"De gegevens waren openbaar en zijn meer dan alleen contactgegevens.", "The data were public and are more than contact details alone."},
		srcENISA + ", confidentiality; " + srcFactors},
	{"mass-identity-data", NotifyPeople, false, massIdentity,
		Text{"Van veel mensen liggen genoeg gegevens bij elkaar voor identiteitsfraude of gerichte phishing.", "Of many people there are enough data together for identity fraud or targeted phishing."},
		"EDPB Guidelines 01/2021, case 11"},
	{"endangered-people", NotifyPeople, false, func(c *reading) bool {
		return c.exposed && c.vulnerable && !c.onlyData(Pseudonym) && !c.smallAndContained()
	},
		Text{"Het gaat om kwetsbare mensen. Ook gewone gegevens kunnen hen in gevaar brengen.", "The people are vulnerable. Even ordinary data can endanger them."},
		srcFactors + "; " + srcENISA + ", simple data, highest step"},
	{"children-exposed", NotifyPeople, false, func(c *reading) bool {
		return c.exposed && c.minors && (c.dangerous() || c.f.Recipients == Finder) && c.beyondContact()
	},
		Text{"Gegevens van kinderen kunnen bij onbekenden zijn.", "Data of children may be with strangers."},
		"GDPR recitals 38 and 75; " + srcFactors},
	{"sensitive-data-lost", NotifyPeople, false, func(c *reading) bool {
		return c.mayBe(Availability) && c.f.Recovery == Forever && (c.revealing() || c.data(Benefits, Debts))
	},
		Text{"Gevoelige gegevens zijn voorgoed verloren. Dat kan zorg, hulp of rechten raken.", "Sensitive data are lost for good. That can affect care, help or rights."},
		"EDPB Guidelines 9/2022, Annex B, example iv; 01/2021, case 12"},
	{"enisa-high", NotifyPeople, false, func(c *reading) bool {
		return c.severity >= 3 && !c.smallAndContained() && (c.exposed || c.outage || c.mayBe(Integrity) && c.f.Alteration != Unaltered && c.f.Alteration != Restored && !c.breachUnknown)
	},
		Text{"De ENISA-score is 3 of hoger: ernstige gevolgen zijn waarschijnlijk.", "The ENISA score is 3 or more: serious consequences are likely."},
		srcENISA + ", bands; practice: 3 or more, tell the people"},
}

// massIdentity holds when many people's identity data may be with strangers: a
// name with a date of birth of more than 100 people, or with two ways to reach
// them of 1,000 people or more. The numbers are ours; 100 is ENISA's flag.
func massIdentity(c *reading) bool {
	stranger := c.dangerous() || c.f.Recipients == Finder
	if !c.exposed || !stranger || !c.data(Name) {
		return false
	}
	ways := 0
	for _, d := range []Data{Address, Email, Phone, Contact} {
		if c.data(d) {
			ways++
		}
	}
	return (c.data(BirthDate) && ways > 0 && c.peopleOver(100)) || (ways > 1 && c.peopleOver(999))
}

// authorityRules lead to notifying the AP: a risk is not unlikely.
var authorityRules = []rule{
	{"telecom", NotifyAuthority, true, func(c *reading) bool { return has(c.f.Regimes, Telecom) },
		Text{"Een aanbieder van openbare telecommunicatie meldt elk datalek, zonder drempel, binnen 24 uur.", "A provider of public telecommunications notifies every breach, without a threshold, within 24 hours."},
		"Telecommunicatiewet art. 11.3a; Regulation 611/2013"},
	{"special", NotifyAuthority, false, func(c *reading) bool { return c.revealing() },
		Text{"Er zijn bijzondere of strafrechtelijke gegevens bij betrokken.", "Special categories of data or criminal data are involved."}, srcSensitive},
	{"context", NotifyAuthority, false, func(c *reading) bool { return c.contextSensitive },
		Text{"Door de soort organisatie zeggen ook gewone gegevens iets gevoeligs.", "Because of the kind of organisation even ordinary data say something sensitive."},
		"AP, fine PVV Overijssel, 16 June 2020; EDPB Guidelines 9/2022, Annex B, example x"},
	{"identity-numbers", NotifyAuthority, false, (*reading).identityNumbers,
		Text{"Er is een BSN, documentnummer of kopie van een identiteitsbewijs bij.", "A national number, document number or copy of an identity document is involved."}, srcSensitive},
	{"credentials", NotifyAuthority, false, (*reading).readable,
		Text{"Er zijn inloggegevens bij betrokken.", "Log-in data are involved."}, srcSensitive},
	{"financial", NotifyAuthority, false, func(c *reading) bool { return c.data(Financial, Card, Debts, Benefits) },
		Text{"Er zijn financiële gegevens bij betrokken.", "Financial data are involved."}, srcSensitive},
	{"children", NotifyAuthority, false, func(c *reading) bool { return c.minors || c.vulnerable },
		Text{"Er zijn kinderen of andere kwetsbare mensen bij betrokken.", "Children or other vulnerable people are involved."}, srcFactors},
	{"malicious", NotifyAuthority, false, func(c *reading) bool { return c.malicious },
		Text{"Het was opzet: een hack, diefstal of misbruik.", "It was done on purpose: a hack, theft or abuse."},
		srcAP + "; EDPB Guidelines 01/2021, cases 02 and 08"},
	{"publication", NotifyAuthority, false, func(c *reading) bool {
		return c.exposed && (c.f.Recipients == Public || c.f.Recipients == UnknownMany)
	},
		Text{"Een onbekend aantal mensen kon bij de gegevens.", "An unknown number of people could reach the data."}, srcENISA + ", confidentiality"},
	{"long-exposed", NotifyAuthority, false, func(c *reading) bool { return c.exposed && c.longExposed() },
		Text{"De gegevens lagen weken of langer open. Dat iemand ze vond, is dan niet uit te sluiten.", "The data lay open for weeks or longer. That somebody found them cannot be ruled out then."}, srcFactors},
	{"many-recipients", NotifyAuthority, false, func(c *reading) bool {
		return c.exposed && c.f.Recipients == KnownMany && c.f.Incident != EmailOpenRecipients
	},
		Text{"De gegevens gingen naar veel mensen tegelijk.", "The data went to many people at once."}, "EDPB Guidelines 9/2022, Annex B, example ix"},
	{"many-people", NotifyAuthority, false, func(c *reading) bool { return c.peopleOver(100) },
		Text{"Het gaat om meer dan 100 mensen.", "More than 100 people are concerned."}, srcENISA + ", flag; " + srcFactors},
	{"unavailable", NotifyAuthority, false, func(c *reading) bool { return c.outage },
		Text{"De gegevens waren lang niet bereikbaar, zijn verloren, of mensen hadden er last van.", "The data were out of reach for long, are lost, or people had trouble from it."},
		"EDPB Guidelines 01/2021, case 02; 9/2022, Annex B, examples iv and viii"},
	{"altered", NotifyAuthority, false, func(c *reading) bool {
		return c.f.Alteration == UsedRecoverable || c.f.Alteration == UsedLasting
	},
		Text{"Gewijzigde gegevens zijn mogelijk verkeerd gebruikt.", "Changed data may have been used wrongly."}, srcENISA + ", integrity"},
	{"identity-data", NotifyAuthority, false, func(c *reading) bool { return c.exposed && c.data(BirthDate) },
		Text{"Met een geboortedatum erbij is misbruik van iemands identiteit niet uit te sluiten.", "With a date of birth, misuse of somebody's identity cannot be ruled out."},
		"EDPB Guidelines 01/2021, case 16"},
	{"enisa-medium", NotifyAuthority, false, func(c *reading) bool { return c.severity >= 2 },
		Text{"De ENISA-score is 2 of hoger.", "The ENISA score is 2 or more."}, srcENISA + ", bands; practice: 2 or more, notify"},
	{"doubt", NotifyAuthority, false, func(*reading) bool { return true },
		Text{"Het staat niet vast dat een risico onwaarschijnlijk is. Bij twijfel meldt u.", "It has not been shown that a risk is unlikely. When in doubt, notify."},
		srcArt33 + "; GDPR recital 85; " + srcAP},
}
