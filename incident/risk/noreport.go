package risk

// noReportWords are the signs of mail that is no report of a breach.
var noReportWords = newMatcher([]entry{
	{NoReportRequest, "inzageverzoek*|recht op inzage|verzoek om inzage|verzoek tot inzage|inzage in mijn|artikel 15|article 15|subject access request*|access request*|dsar|verwijderverzoek*|recht op vergetelheid|recht om vergeten|mijn gegevens te verwijderen|mijn gegevens verwijderen|mijn gegevens laten verwijderen|mijn account verwijderen|verwijder mijn|delete my data|delete my account|erase my|remove my data|right to be forgotten|right to erasure|bezwaar tegen|bezwaar maken|object to the processing|dataportabiliteit|data portability|welke gegevens u van mij|welke gegevens jullie van mij|which data you hold|what data you hold|rectificatie*|mijn gegevens te corrigeren|trek mijn toestemming in|toestemming intrekken|withdraw my consent|copy of my data|kopie van mijn gegevens|correct my data|afmelden voor"},
	{NoReportSpam, "loterij*|lottery|bitcoin*|crypto-*|cryptocurrency|seo|seo-*|casino*|viagra|backlink*|gewonnen|winnaar|you have won|inheritance|million dollars|special offer|limited offer|korting|kortingsactie|aanbieding*|unsubscribe|uitschrijven|afmeldlink|webinar*|nieuwsbrief|newsletter|sponsored|lead generation|guest post|investering met|gratis proef*|free trial|black friday|investment opportunity|zonnepanelen|energiecontract|salesgesprek|leadgeneratie|whitepaper|demo inplannen|schedule a demo|book a demo|ontdek onze|discover our"},
	{NoReportQuestion, "mogen wij|mag ik|mogen we|mag een|mag dat|mag je|mogen ouders|mogen medewerkers|kunnen jullie|kunt u mij|kun je|hoe moet|hoe lang|hoelang|is het toegestaan|moeten wij|moeten we|moet ik|wat moet|wanneer moet|wie is|waar vind|heb je|hebben jullie|heeft u|zouden jullie|wil je|can we|may we|may i|how long|are we allowed|do we need|do i need|is it allowed|should we|should i|could you|can you|who is|where can|what is|wat is|is er een|is there a|verwerkersovereenkomst*|dpia|privacyverklaring|bewaartermijn*|retention period*"},
})

// noReport proposes that a mail is no report: only when nothing in it speaks of
// a leak. A person decides; meanwhile the clock runs as for any report.
func noReport(m *scanner) *Proposal {
	if m.evidence() {
		return nil
	}
	votes := map[string]int{}
	places := map[string]string{}
	asks := false
	for _, part := range m.parts {
		for _, s := range part.sentences {
			for _, h := range noReportWords.find(s) {
				votes[h.kind]++
				if places[h.kind] == "" {
					places[h.kind] = part.at(s[h.at])
				}
			}
		}
		asks = asks || part.asks
	}
	if !asks {
		delete(votes, NoReportQuestion)
	}
	return proposalOf(votes, places, m.leak)
}

// proposalOf weighs the votes. A mail that uses the word breach must ask, and
// must say nothing else, before it counts as a question.
func proposalOf(votes map[string]int, places map[string]string, leak bool) *Proposal {
	switch {
	case votes[NoReportRequest] > 0 && !leak:
		return &Proposal{NoReportRequest, Text{"Dit lijkt een verzoek van een betrokkene (art. 15-21 AVG). Dat heeft een eigen termijn van een maand.", "This looks like a request by a data subject (Art. 15-21 GDPR). That has its own term of one month."}, places[NoReportRequest]}
	case votes[NoReportSpam] > 1 && !leak, votes[NoReportSpam] > 0 && votes[NoReportQuestion] == 0 && !leak:
		return &Proposal{NoReportSpam, Text{"Dit lijkt reclame of oplichting.", "This looks like advertising or fraud."}, places[NoReportSpam]}
	case votes[NoReportQuestion] > 0:
		return &Proposal{NoReportQuestion, Text{"Dit lijkt een vraag, geen melding van een datalek.", "This looks like a question, not a report of a breach."}, places[NoReportQuestion]}
	}
	return nil
}
