package risk

// The ways out: each shows by positive facts that a risk is unlikely, so that
// registering is enough (Art. 33(1) and 33(5) GDPR). An unknown keeps a way out
// closed. The order is fixed; the first that holds is the reason given.

var gates = []rule{
	{"encrypted", RegisterOnly, false, encryptionHolds,
		Text{"De gegevens waren versleuteld of sterk gehasht en aan alle drie voorwaarden van de AP is voldaan.", "The data were encrypted or strongly hashed and all three conditions of the AP are met."},
		srcAP + ", three conditions; EDPB Guidelines 01/2021, cases 01, 06 and 10; 9/2022, Annex B, example i"},
	{"returned-unopened", RegisterOnly, false, func(c *reading) bool {
		return c.only(Confidentiality) && has(c.f.Mitigation, ReturnedUnopened) &&
			(c.f.Recipients == KnownFew || c.f.Recipients == Trusted || c.f.Recipients == Nobody) &&
			c.f.Access != Taken && c.f.Access != Seen && !c.malicious
	},
		Text{"De zending kwam ongeopend terug. Niemand heeft de gegevens gezien.", "The item came back unopened. Nobody saw the data."},
		"GDPR Art. 33(1); recital 85"},
	{"trusted-recipient", RegisterOnly, false, trustedHolds,
		Text{"Alleen een betrouwbare ontvanger kreeg de gegevens en bevestigde dat niets is bewaard.", "Only a trusted recipient had the data, and confirmed that nothing was kept."},
		"AP, answer on trusted recipients, 26 February 2020; EDPB Guidelines 01/2021, case 09"},
	{"brief-outage", RegisterOnly, false, func(c *reading) bool {
		return c.only(Availability) && !c.malicious && c.smoothlyBack() && c.calm() &&
			(c.f.Recovery == NeverGone || c.f.Recovery == Brief)
	},
		Text{"De gegevens waren alleen kort niet bereikbaar en niemand had er echt last van.", "The data were only briefly out of reach and nobody had real trouble from it."},
		"EDPB Guidelines 9/2022, Annex B, example iii"},
	{"slight", RegisterOnly, false, slightHolds,
		Text{"Weinig mensen, onschuldige gegevens, bekende ontvangers en een lage ENISA-score.", "Few people, harmless data, known recipients and a low ENISA score."},
		"EDPB Guidelines 01/2021, cases 13 and 15; 9/2022, Annex B, example x; " + srcENISA},
}

// notBreach are the two ways in which it is no personal data breach at all
// (Art. 4(12) GDPR). It is registered with its reason all the same.
var notBreach = []rule{
	{"no-personal-data", RegisterOnly, false, func(c *reading) bool { return c.f.PersonalData == No && len(c.f.Data) == 0 && !c.special },
		Text{"Er zijn geen persoonsgegevens bij betrokken. Het is een incident, geen datalek.", "No personal data are involved. It is an incident, not a data breach."}, "GDPR Art. 4(12)"},
	{"access-excluded", RegisterOnly, false, func(c *reading) bool {
		return c.excluded && !c.breachUnknown && c.smoothlyBack() && (!has(c.f.Breach, Availability) || c.calm()) && (!has(c.f.Breach, Integrity) || c.f.Alteration == Unaltered || c.f.Alteration == Restored)
	},
		Text{"Bewijs sluit uit dat iemand de gegevens zag of dat ze verloren gingen.", "Evidence excludes that anybody saw the data or that they were lost."},
		"GDPR Art. 4(12) and 33(1); EDPB Guidelines 9/2022, Annex B, example vii"},
}

// encryptionHolds is the AP's rule. Hashes count for passwords only: a hashed
// name or BSN can be found by trying them all.
func encryptionHolds(c *reading) bool {
	f := c.f
	if f.DataIntact != Yes || f.DataInControl != Yes || f.KeySafe != Yes || !c.smoothlyBack() {
		return false
	}
	switch f.Protection {
	case Encrypted:
		return true
	case Hashed:
		return !c.dataUnknown && c.onlyData(Credentials, Pseudonym) && !c.special
	}
	return false
}

// trustedHolds asks for a confirmed deletion and keeps special categories,
// identity numbers, log-ins and payment data out.
func trustedHolds(c *reading) bool {
	f := c.f
	toxic := c.revealing() || c.specialUnknown || c.dataUnknown || c.identityNumbers() ||
		c.data(Credentials, Card, Debts, Benefits, Criminal) || c.contextSensitive || c.contextUnknown
	return c.only(Confidentiality) && f.Recipients == Trusted && c.contained && !toxic && !c.malicious &&
		!c.vulnerable && !c.groupsUnknown
}

// slightHolds is the narrow way for everyday mistakes.
func slightHolds(c *reading) bool {
	harmless := c.onlyData(Name, Gender, Contact, Address, Email, Phone, Pseudonym, Order) && !c.dataUnknown
	calm := !c.malicious && !c.minors && !c.vulnerable && !c.groupsUnknown && !c.contextSensitive && !c.contextUnknown && !c.longExposed()
	return c.only(Confidentiality) && harmless && calm && !c.revealing() && !c.specialUnknown &&
		c.peopleAtMost(100) && c.severity < 2 && knownAndAsked(c)
}

// knownAndAsked holds when we know who received the data and have asked them to
// delete or return it. For open e-mail addresses among few people asking back
// would reveal them once more, so there it is not required.
func knownAndAsked(c *reading) bool {
	asked := has(c.f.Mitigation, DeletionRequested, DeletionConfirmed, Returned, ReturnedUnopened)
	switch c.f.Recipients {
	case KnownMany:
		// With many readers only a name and a mail address are slight.
		if !c.onlyData(Name, Gender, Email, Contact, Pseudonym) {
			return false
		}
		fallthrough
	case Trusted, KnownFew:
		return asked || (c.f.Incident == EmailOpenRecipients && c.onlyData(Name, Email, Contact))
	}
	return false
}

// exemptions take the duty to tell the people away; the AP is still notified.
var exemptions = []rule{
	{"art-34-3-b", NotifyAuthority, false, func(c *reading) bool {
		return c.f.LaterMeasures == Yes && !blank(c.f.LaterMeasuresReason)
	},
		Text{"Maatregelen achteraf namen het hoge risico weg. De mensen hoeven niet te worden geïnformeerd.", "Later measures took the high risk away. The people need not be told."},
		"GDPR Art. 34(3)(b)"},
	{"uavg-42", NotifyAuthority, false, func(c *reading) bool { return has(c.f.Regimes, Wft) },
		Text{"Voor een financiële onderneming geldt artikel 34 AVG niet. Zorgplicht en Wft kunnen wel vragen om te informeren.", "Article 34 GDPR does not apply to a financial undertaking. Its duty of care and the Wft may still ask it to tell people."},
		"UAVG art. 42"},
}

// notes change nothing, but belong beside the verdict.
var notes = []rule{
	{"public-announcement", NotifyPeople, false, func(c *reading) bool { return c.f.DirectContact == No },
		Text{"Niet iedereen is te bereiken: doe een openbare mededeling of iets dat even goed werkt.", "Not everybody can be reached: make a public announcement or something equally effective."},
		"GDPR Art. 34(3)(c)"},
	{"key-lost-later", RegisterOnly, false, func(c *reading) bool { return c.unintelligible },
		Text{"Blijkt later dat de sleutel uitlekte, dan moet u alsnog melden.", "If it turns out later that the key leaked, you must notify after all."},
		"EDPB Guidelines 9/2022, Annex B, example i"},
	{"unintelligible", NotifyAuthority, false, func(c *reading) bool { return c.unintelligible },
		Text{"De gegevens waren onleesbaar voor wie ze kreeg.", "The data were unreadable for whoever got them."},
		"GDPR Art. 34(3)(a)"},
}

// documentRule is always true.
var documentRule = rule{"document", RegisterOnly, true, nil,
	Text{"Elk datalek komt in het register, ook als u het niet meldt.", "Every breach goes into the register, even when it is not notified."},
	"GDPR Art. 33(5)"}
