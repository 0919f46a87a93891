package risk

// The questions about protection, loss, measures and the organisation, and
// those for the assessor about ENISA's steps.

var questionsProtection = []Question{
	{Field: "protection", Section: "protection", Kind: One, Quick: true, Label: Text{"Waren de gegevens vooraf onleesbaar gemaakt?", "Were the data made unreadable beforehand?"},
		Help: Text{"Versleuteling door gijzelsoftware telt niet.", "Encryption by ransomware does not count."}, Options: []Option{
			opt(Encrypted, "Ja, alles versleuteld", "Yes, all encrypted"),
			opt(Hashed, "Ja, gehasht (wachtwoorden)", "Yes, hashed (passwords)"),
			opt(OtherProtection, "Ja, op een andere manier", "Yes, in another way"),
			opt(PartProtected, "Een deel", "In part"),
			opt(Unprotected, "Nee", "No"),
		}},
	{Field: "data_intact", Section: "protection", Kind: One, Options: yesNo(), Label: Text{"Zijn de gegevens nog volledig intact?", "Are the data still fully intact?"},
		Help: Text{"Voorwaarde 1 van de AP bij versleuteling.", "Condition 1 of the AP for encryption."}, Skip: unprotected()},
	{Field: "data_in_control", Section: "protection", Kind: One, Options: yesNo(), Label: Text{"Heeft u nog volledige controle over de gegevens, bijvoorbeeld door een recente reservekopie?", "Do you still have full control of the data, for instance by a recent backup?"},
		Help: Text{"Voorwaarde 2 van de AP bij versleuteling.", "Condition 2 of the AP for encryption."}, Skip: unprotected()},
	{Field: "key_safe", Section: "protection", Kind: One, Options: yesNo(), Label: Text{"Is de sleutel veilig gebleven en niet te achterhalen?", "Did the key stay safe, and can it not be found?"},
		Help: Text{"Voorwaarde 3 van de AP bij versleuteling. Bij hashen: een sterke methode met veilige salt.", "Condition 3 of the AP for encryption. For hashing: a strong method with a safe salt."}, Skip: unprotected()},
	{Field: "backup", Section: "loss", Kind: One, Label: Text{"Is er een reservekopie?", "Is there a backup?"}, Options: []Option{
		opt(FullBackup, "Ja, volledig en recent", "Yes, complete and recent"),
		opt(PartialBackup, "Gedeeltelijk of oud", "In part or old"),
		opt(NoBackup, "Nee", "No"),
	}, Skip: onlyWithout(Availability)},
	{Field: "recovery", Section: "loss", Kind: One, Label: Text{"Hoe lang waren de gegevens niet bereikbaar?", "How long were the data out of reach?"}, Options: []Option{
		opt(NeverGone, "Nooit", "Never"),
		opt(Brief, "Minuten of enkele uren", "Minutes or some hours"),
		opt(SomeDays, "Een dag of langer, daarna hersteld", "A day or longer, then restored"),
		opt(Forever, "Voorgoed verloren", "Lost for good"),
	}, Skip: onlyWithout(Availability)},
	{Field: "interruption", Section: "loss", Kind: One, Label: Text{"Wat merkten mensen van de uitval?", "What did people notice of the outage?"}, Options: []Option{
		opt(NotInterrupted, "Niets", "Nothing"),
		opt(Minor, "Licht ongemak, kleine vertraging", "Slight inconvenience, small delay"),
		opt(Serious, "Duidelijke hinder, bijvoorbeeld te laat betaald", "Clear trouble, for instance paid too late"),
		opt(Essential, "Een essentiële dienst lag stil", "An essential service stood still"),
		opt(Care, "Zorg of behandeling werd uitgesteld", "Care or treatment was put off"),
	}, Skip: onlyWithout(Availability)},
	{Field: "alteration", Section: "loss", Kind: One, Label: Text{"Wat gebeurde er met de gewijzigde gegevens?", "What happened with the changed data?"}, Options: []Option{
		opt(Unaltered, "Niet gewijzigd", "Not changed"),
		opt(Restored, "Hersteld voordat ze gebruikt werden", "Restored before they were used"),
		opt(UsedRecoverable, "Mogelijk verkeerd gebruikt, te herstellen", "Possibly used wrongly, can be put right"),
		opt(UsedLasting, "Mogelijk verkeerd gebruikt, niet te herstellen", "Possibly used wrongly, cannot be put right"),
	}, Skip: onlyWithout(Integrity)},
}

var questionsMeasures = []Question{
	{Field: "mitigation", Section: "measures", Kind: Many, Quick: true, Label: Text{"Wat is er al gedaan?", "What has been done already?"}, Options: []Option{
		opt(ReturnedUnopened, "Ongeopend teruggekregen", "Got back unopened"),
		opt(Returned, "Teruggekregen", "Got back"),
		opt(DeletionConfirmed, "Ontvanger bevestigde schriftelijk dat alles gewist is", "Recipient confirmed in writing that all is deleted"),
		opt(DeletionRequested, "Ontvanger gevraagd te wissen of terug te sturen", "Recipient asked to delete or send back"),
		opt(RemoteWiped, "Apparaat op afstand gewist", "Device wiped remotely"),
		opt(PasswordsReset, "Wachtwoorden vervangen", "Passwords reset"),
		opt(AccessClosed, "Toegang afgesloten of lek gedicht", "Access closed or hole fixed"),
		opt(TakenOffline, "Offline gehaald", "Taken offline"),
		opt(NothingDone, "Nog niets", "Nothing yet"),
		opt(UnknownMitigation, "Misschien meer", "Perhaps more"),
	}},
	{Field: "later_measures", Section: "measures", Kind: One, Options: yesNo(), Label: Text{"Hebben maatregelen achteraf het hoge risico weggenomen?", "Did later measures take the high risk away?"},
		Help: Text{"Art. 34 lid 3 onder b AVG. Dan hoeft u de mensen niet te informeren, de AP wel.", "Art. 34(3)(b) GDPR. Then the people need not be told; the AP still must be."}},
	{Field: "later_measures_reason", Section: "measures", Kind: Line, Label: Text{"Waarom is er geen hoog risico meer?", "Why is there no high risk any more?"},
		Skip: []Skip{{Field: "later_measures", Empty: true}, {Field: "later_measures", In: []string{"no"}}}},
	{Field: "direct_contact", Section: "measures", Kind: One, Options: yesNo(), Label: Text{"Kunt u ieder van hen zonder onevenredige moeite bereiken?", "Can you reach each of them without disproportionate effort?"},
		Help: Text{"Zo niet, dan doet u een openbare mededeling (art. 34 lid 3 onder c AVG).", "If not, you make a public announcement (Art. 34(3)(c) GDPR)."}},
	{Field: "controller", Section: "organisation", Kind: One, Quick: true, Label: Text{"Wat voor organisatie is het?", "What kind of organisation is it?"}, Options: []Option{
		opt(Ordinary, "Gewoon bedrijf, winkel of vereniging", "Ordinary company, shop or club"),
		opt(HealthCare, "Zorg (ook therapie en apotheek)", "Health care (also therapy and pharmacy)"),
		opt(Political, "Politieke partij of groep", "Political party or group"),
		opt(Religious, "Kerk, moskee of andere levensbeschouwing", "Church, mosque or other belief"),
		opt(UnionBody, "Vakbond", "Trade union"),
		opt(SexLife, "Dating, seksualiteit of gezondheid daarvan", "Dating, sexuality or sexual health"),
		opt(DebtHelp, "Schuldhulp of bewindvoering", "Debt help or administration"),
		opt(YouthCare, "Jeugdzorg", "Youth care"),
		opt(Shelter, "Opvang, asiel of slachtofferhulp", "Shelter, asylum or victim support"),
		opt(Justice, "Politie, justitie, advocatuur of reclassering", "Police, justice, lawyers or probation"),
		opt(Education, "Onderwijs", "Education"),
		opt(Finance, "Bank, verzekering of andere financiële dienst", "Bank, insurance or other financial service"),
		opt(Government, "Overheid", "Government"),
		opt(TelecomSector, "Telecom of internet", "Telecom or internet"),
	}},
	{Field: "context_sensitive", Section: "organisation", Kind: One, Options: yesNo(), Label: Text{"Zegt het al iets gevoeligs dat iemand in dit bestand staat?", "Does it already say something sensitive that a person is in this file?"},
		Help: Text{"Bijvoorbeeld lid van een partij, cliënt van een therapeut of klant van schuldhulp.", "For instance member of a party, client of a therapist or customer of debt help."}},
	{Field: "regimes", Section: "organisation", Kind: Many, Label: Text{"Geldt een bijzondere wet?", "Does a special law apply?"}, Options: []Option{
		opt(NoRegime, "Nee", "No"),
		optHelp(Wft, "Financiële onderneming (Wft)", "Financial undertaking (Wft)", "UAVG artikel 42: artikel 34 AVG geldt dan niet.", "UAVG article 42: Article 34 GDPR does not apply then."),
		optHelp(Telecom, "Aanbieder van openbare telecommunicatie", "Provider of public telecommunications", "Elk datalek melden, binnen 24 uur.", "Every breach must be notified, within 24 hours."),
		opt(UnknownRegime, "Misschien meer", "Perhaps more"),
	}},
}

var questionsSeverity = []Question{
	stepQuestion("simple_step", "Gewone gegevens: hoeveel zeggen ze?", "Simple data: how much do they reveal?",
		opt(Base, "Niets bijzonders (1)", "Nothing special (1)"),
		opt(StatusProfile, "Een beeld van sociale of financiële positie (2)", "A picture of social or financial status (2)"),
		opt(SensitiveAssumptions, "Vermoedens over gezondheid, geloof, politiek of seksualiteit (3)", "Assumptions on health, belief, politics or sexuality (3)"),
		opt(SafetyCritical, "Kritiek voor iemands veiligheid of toestand (4)", "Critical for a person's safety or condition (4)")),
	groundQuestion("simple_ground", "simple_step"), reasonQuestion("simple_reason", "simple_step"),
	stepQuestion("behavioural_step", "Gedragsgegevens: hoeveel zeggen ze?", "Behavioural data: how much do they reveal?",
		opt(NoInsight, "Geen echt inzicht (1)", "No real insight (1)"),
		opt(Base, "Gewoon (2)", "Ordinary (2)"),
		opt(DailyLifeProfile, "Een gedetailleerd beeld van het dagelijks leven (3)", "A detailed picture of daily life (3)"),
		opt(SensitiveProfile, "Een profiel op grond van gevoelige gegevens (4)", "A profile based on sensitive data (4)")),
	groundQuestion("behavioural_ground", "behavioural_step"), reasonQuestion("behavioural_reason", "behavioural_step"),
	stepQuestion("financial_step", "Financiële gegevens: hoeveel zeggen ze?", "Financial data: how much do they reveal?",
		opt(NoInsight, "Geen echt inzicht (1)", "No real insight (1)"),
		opt(LittleInsight, "Enig inzicht, niet wezenlijk (2)", "Some insight, nothing significant (2)"),
		opt(Base, "Gewoon (3)", "Ordinary (3)"),
		opt(FullProfile, "Fraude mogelijk of een volledig financieel beeld (4)", "Fraud possible or a full financial picture (4)")),
	groundQuestion("financial_ground", "financial_step"), reasonQuestion("financial_reason", "financial_step"),
	stepQuestion("sensitive_step", "Gevoelige gegevens: hoeveel zeggen ze?", "Sensitive data: how much do they reveal?",
		opt(NoInsight, "Geen wezenlijk inzicht, of al openbaar (1)", "No substantial insight, or public already (1)"),
		opt(LittleInsight, "Algemene vermoedens mogelijk (2)", "General assumptions possible (2)"),
		opt(Assumptions, "Vermoedens over iets gevoeligs mogelijk (3)", "Assumptions about something sensitive possible (3)"),
		opt(Base, "Het gevoelige gegeven zelf (4)", "The sensitive fact itself (4)")),
	groundQuestion("sensitive_ground", "sensitive_step"), reasonQuestion("sensitive_reason", "sensitive_step"),
	{Field: "identifiability", Section: "severity", Kind: One, Label: Text{"Hoe makkelijk is te herkennen om wie het gaat?", "How easily can the people be identified?"}, Options: []Option{
		opt(Negligible, "Verwaarloosbaar (0,25)", "Negligible (0.25)"),
		opt(Limited, "Beperkt (0,5)", "Limited (0.5)"),
		opt(Significant, "Aanzienlijk (0,75)", "Significant (0.75)"),
		opt(Maximum, "Maximaal (1)", "Maximum (1)"),
	}},
}

func stepQuestion(field, nl, en string, options ...Option) Question {
	return Question{Field: field, Section: "severity", Kind: One, Label: Text{nl, en}, Options: options,
		Help: Text{"Laat leeg om het uit de gegevens af te leiden.", "Leave empty to derive it from the data."}}
}

func groundQuestion(field, step string) Question {
	return Question{Field: field, Section: "severity", Kind: One,
		Label: Text{"Welke omstandigheid?", "Which circumstance?"}, Options: []Option{
			opt(Volume, "Hoeveelheid gegevens per persoon", "Volume of data per person"),
			opt(ByController, "Soort organisatie", "Kind of organisation"),
			opt(ByPersons, "Soort mensen", "Kind of people"),
			opt(Inaccurate, "Gegevens onjuist of verouderd", "Data wrong or outdated"),
			opt(PublicBefore, "Al openbaar voor het lek", "Public before the breach"),
			opt(Nature, "Aard van de gegevens", "Nature of the data"),
		}, Skip: baseOrEmpty(step)}
}

func reasonQuestion(field, step string) Question {
	return Question{Field: field, Section: "severity", Kind: Line, Skip: baseOrEmpty(step),
		Label: Text{"Waarom deze stap?", "Why this step?"},
		Help:  Text{"Verplicht als u van de gewone stap afwijkt.", "Required when you depart from the ordinary step."}}
}

func baseOrEmpty(step string) []Skip {
	return []Skip{{Field: step, Empty: true}, {Field: step, In: []string{string(Base)}}}
}

func unprotected() []Skip {
	return []Skip{{Field: "protection", In: []string{string(Unprotected), string(PartProtected)}}}
}

func onlyWithout(b Breach) []Skip {
	return []Skip{{Field: "breach", Lacks: []string{string(b)}}}
}
