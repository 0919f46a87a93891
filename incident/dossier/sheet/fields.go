package sheet

import (
	"slices"
	"strings"

	"meldklok/incident"
)

// Field is what a column can mean. Stored in the mapping a person confirms;
// stable, since `meldklok import --map` names them.
type Field struct {
	ID    string
	Names []string // how the heading of such a column is often written: Dutch, English
}

// Fields lists what a column can mean, in the order in which a page offers them.
func Fields() []Field {
	return []Field{
		{"own-reference", []string{"eigen nummer", "nummer", "nr", "volgnummer", "incidentnummer", "kenmerk", "datalek nummer", "id", "referentie", "registratienummer", "own reference", "reference", "number", "no", "ref", "incident number", "case number"}},
		{"title", []string{"titel", "onderwerp", "incident", "korte omschrijving", "naam incident", "title", "subject", "short description", "name"}},
		{"summary", []string{"omschrijving", "beschrijving", "omschrijving incident", "wat is er gebeurd", "feiten", "toelichting", "samenvatting", "description", "summary", "what happened", "facts", "details"}},
		{"occurred-from", []string{"datum incident", "datum inbreuk", "inbreuk vanaf", "begin", "startdatum", "datum datalek", "incident date", "date of incident", "date of breach", "breach from", "start date"}},
		{"occurred-until", []string{"inbreuk tot", "einde", "einddatum", "end date", "breach until"}},
		{"received", []string{"melding ontvangen", "datum melding", "ontvangen", "gemeld door melder op", "datum interne melding", "intern gemeld op", "datum", "report received", "reported", "received", "date reported", "date"}},
		{"aware", []string{"kennis gekregen", "ontdekt op", "datum ontdekking", "datum ontdekt", "ontdekt", "bekend geworden", "became aware", "discovered", "date discovered", "detected", "aware", "date of awareness"}},
		{"status", []string{"status", "state"}},
		{"closed", []string{"afgesloten op", "gesloten op", "datum afgesloten", "datum afsluiting", "afgesloten", "closed", "closed on", "date closed"}},
		{"cause", []string{"oorzaak", "soort incident", "type incident", "aard van het incident", "cause", "type", "incident type", "nature of the incident"}},
		{"data", []string{"persoonsgegevens", "soort gegevens", "welke gegevens", "type persoonsgegevens", "categorieën persoonsgegevens", "gegevens", "personal data", "data", "data categories", "type of data"}},
		{"groups", []string{"betrokkenen", "groep betrokkenen", "categorieën betrokkenen", "people concerned", "data subjects", "categories of data subjects"}},
		{"people", []string{"aantal betrokkenen", "aantal personen", "aantal", "number of people", "number of data subjects", "data subjects affected", "people affected", "affected"}},
		{"effects", []string{"gevolgen", "mogelijke gevolgen", "impact", "effects", "consequences"}},
		{"measures", []string{"maatregelen", "genomen maatregelen", "acties", "corrigerende maatregelen", "measures", "measures taken", "actions", "remedial action"}},
		{"severity", []string{"ernst", "ernst in woorden", "risico", "risico inschatting", "severity", "severity in words", "risk", "risk level"}},
		{"filed-yes", []string{"gemeld aan ap", "gemeld bij ap", "melding ap", "ap melding", "melding bij de ap", "gemeld bij de ap", "melden ap", "gemeld ap", "notified to the ap", "notified", "notification to the ap", "reported to authority", "notified authority", "reported to dpa"}},
		{"filed", []string{"gemeld op", "datum melding ap", "datum ap melding", "datum gemeld ap", "datum ap", "datum melding bij ap", "datum gemeld bij ap", "gemeld bij ap op", "notified on", "date notified", "date notified to authority", "notification date"}},
		{"filed-number", []string{"meldingsnummer ap", "meldingsnummer", "ap nummer", "nummer ap", "ap notification number", "notification number"}},
		{"reasons", []string{"redenen van het besluit", "redenen", "reden", "reden niet melden", "reden niet gemeld", "motivatie", "motivering", "onderbouwing", "afweging", "reasons for the decision", "reasons", "reason", "reason not notified", "reasoning", "justification"}},
		{"delay", []string{"reden van vertraging", "reden vertraging", "reden te laat", "reasons for delay", "reason for delay"}},
		{"told-yes", []string{"betrokkenen geïnformeerd", "gemeld aan betrokkenen", "betrokkenen ingelicht", "melding betrokkenen", "people told", "data subjects informed", "data subjects notified"}},
		{"told-at", []string{"geïnformeerd op", "datum betrokkenen geïnformeerd", "told on", "date data subjects informed"}},
		{"told-reasons", []string{"hoe, of waarom niet", "reden niet informeren", "how, or why not", "how told"}},
	}
}

// Mapping says for each column what it means; an empty one is only kept as it
// was.
type Mapping []string

// Guess maps columns by their headings: the same words first, then a heading
// that begins with them. No field is taken twice.
func Guess(headings []string) Mapping {
	m := make(Mapping, len(headings))
	taken := map[string]bool{}
	for _, same := range []func(heading, name string) bool{
		func(heading, name string) bool { return heading == name },
		func(heading, name string) bool {
			return len(name) > 4 && !begins(name) && strings.HasPrefix(heading, name+" ")
		},
	} {
		for _, f := range Fields() {
			for i, h := range headings {
				if m[i] == "" && !taken[f.ID] && slices.ContainsFunc(f.Names, func(n string) bool { return same(plain(h), plain(n)) }) {
					m[i], taken[f.ID] = f.ID, true
				}
			}
		}
	}
	return m
}

// begins reports whether a name only says something when it stands alone: a
// heading that goes on after it may mean another field.
func begins(name string) bool {
	return slices.Contains([]string{"reden", "redenen", "reason", "reasons"}, name)
}

// plain folds a heading: lower case, and only letters, digits and single spaces.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(".,:;?!()[]/\\-_*'\"", r):
			return ' '
		case r == 'ï':
			return 'i'
		case r == 'ë':
			return 'e'
		}
		return r
	}, strings.ToLower(s))
	return strings.Join(strings.Fields(s), " ")
}

// Set maps a column by its heading, as «heading=field» on a command line; an
// empty field takes the column out. It returns a *Refusal for what is none.
func (m Mapping) Set(headings []string, pair string) error {
	i := strings.LastIndexByte(pair, '=')
	if i < 0 {
		return &incident.Refusal{Field: "map", Code: "import-map"}
	}
	heading, field := plain(pair[:i]), strings.TrimSpace(pair[i+1:])
	column := slices.IndexFunc(headings, func(h string) bool { return plain(h) == heading })
	if column < 0 || !known(field) {
		return &incident.Refusal{Field: "map", Code: "import-map"}
	}
	return m.put(column, field)
}

// put gives a column its field and takes that away from any other.
func (m Mapping) put(column int, field string) error {
	for i := range m {
		if field != "" && m[i] == field {
			m[i] = ""
		}
	}
	m[column] = field
	return nil
}

func known(field string) bool {
	return field == "" || slices.ContainsFunc(Fields(), func(f Field) bool { return f.ID == field })
}

// ParseMapping reads a mapping that a form sends, column by column. What is no
// field is left out; one that stands twice is a *Refusal.
func ParseMapping(columns int, at func(i int) string) (Mapping, error) {
	m := make(Mapping, columns)
	for i := range m {
		field := at(i)
		if field == "" || !known(field) {
			continue
		}
		if slices.Contains(m, field) {
			return nil, &incident.Refusal{Field: "column", Code: "import-twice", Args: map[string]any{"field": field}}
		}
		m[i] = field
	}
	return m, nil
}
