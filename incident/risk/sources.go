package risk

import "strings"

// dutchSources turns the words of a source into Dutch. Titles that exist in one
// language only stay as they are; what is ENISA's keeps its English title beside
// the Dutch words, so that it can be found. Longer phrases come first.
var dutchSources = strings.NewReplacer(
	"GDPR Art. 9, 10 and 34(1)", "AVG art. 9, 10 en 34 lid 1",
	"GDPR Art. 4(12) and 33(1)", "AVG art. 4 onder 12 en art. 33 lid 1",
	"GDPR Art. 4(12)", "AVG art. 4 onder 12",
	"GDPR Art. 33(1)", "AVG art. 33 lid 1",
	"GDPR Art. 33(5)", "AVG art. 33 lid 5",
	"GDPR Art. 34(1)", "AVG art. 34 lid 1",
	"GDPR Art. 34(3)(a)", "AVG art. 34 lid 3 onder a",
	"GDPR Art. 34(3)(b)", "AVG art. 34 lid 3 onder b",
	"GDPR Art. 34(3)(c)", "AVG art. 34 lid 3 onder c",
	"GDPR recitals", "AVG overwegingen", "GDPR recital", "AVG overweging", "recital", "overweging",
	"EDPB Guidelines", "EDPB-richtsnoeren",
	"factors for the risk assessment", "factoren voor de risicobeoordeling",
	"Annex B", "bijlage B", "examples", "voorbeelden", "example", "voorbeeld", "cases", "gevallen", "case", "geval",
	"ENISA 2013, severity methodology v1.0", "ENISA 2013, methode voor de ernst (severity methodology v1.0)",
	"bands; practice: 3 or more, tell the people", "klassen; praktijk: vanaf 3 de mensen informeren",
	"bands; practice: 2 or more, notify", "klassen; praktijk: vanaf 2 melden",
	"simple data, highest step", "gewone gegevens (simple data), hoogste stap",
	"confidentiality", "vertrouwelijkheid (confidentiality)", "integrity", "integriteit (integrity)", "flag", "signaal (flag)",
	"AP policy rules 2015, sensitive data (triage list)", "AP, beleidsregels 2015, gevoelige gegevens (triagelijst)",
	"three conditions", "drie voorwaarden",
	"answer on trusted recipients, 26 February 2020", "antwoord over betrouwbare ontvangers, 26 februari 2020",
	"fine PVV Overijssel, 16 June 2020", "boete PVV Overijssel, 16 juni 2020",
	"RvIG advice 1 February 2021", "RvIG, advies van 1 februari 2021",
	"Regulation", "Verordening",
	" and ", " en ",
)

// Cited gives the source in a language; English for any other.
func (r Reason) Cited(lang Lang) string {
	if lang == Dutch {
		return dutchSources.Replace(r.Source)
	}
	return r.Source
}
