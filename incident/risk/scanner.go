package risk

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"meldklok/incident/risk/extract"
)

// The matchers are built once and never written.
var (
	dataMatcher  = newMatcher(slices.Concat(dataWords, specialWords))
	mailMatcher  = newMatcher(slices.Concat(dataWords, specialWords, groupWords, incidentWords, signalWords))
	incidentRank = rankIncidents()
)

func rankIncidents() map[string]int {
	rank := map[string]int{}
	for i, e := range incidentWords {
		rank[e.kind] = i
	}
	return rank
}

// part is one text that somebody wrote as a report: the subject, the body, or
// the body of an attached mail.
type part struct {
	place     string
	told      string // the text without mail headers, as told
	sentences [][]token
	asks      bool
}

func (p part) at(t token) string { return p.place + " line " + itoa(t.line) }

// scanner gathers everything while reading one document.
type scanner struct {
	parts  []part
	finds  []Find
	told   map[string]int
	denied map[string]int
	values map[string]int // values by kind, outside tables and signatures
	counts []count
	tables map[string]*table
	order  []string // tables in order
	unread []Unread
	leak   bool
	words  int // bytes of attached text in which words are still read
	mails  int // bytes of attached mails that are still read as reports
}

// maxWordText is how much attached text is read for words, in bytes; forms such
// as numbers are looked for in all of it.
const maxWordText = 4 << 20

func newScanner() *scanner {
	return &scanner{finds: []Find{}, told: map[string]int{}, denied: map[string]int{}, values: map[string]int{}, tables: map[string]*table{}, words: maxWordText, mails: maxMailText}
}

// maxMailText is how much of a mail's own text is read as a report, in bytes.
// People write less; what follows is read like an attached text.
const maxMailText = 256 << 10

// long reads a text of any length.
func (m *scanner) long(place, text string) {
	head := text[:min(len(text), maxMailText)]
	m.mail(place, strings.ToValidUTF8(head, ""))
	const piece = 64 << 10
	for rest := text[len(head):]; rest != ""; rest = rest[min(len(rest), piece):] {
		m.text(place+" (rest)", rest[:min(len(rest), piece)])
	}
}

// mail reads a text that somebody wrote as a report.
func (m *scanner) mail(place, text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	told, quiet := tellingLines(text)
	p := part{place: place, told: told, asks: strings.Contains(told, "?")}
	p.sentences = sentences(tokenise(told))
	for _, s := range p.sentences {
		if !isDisclaimer(s) {
			m.sentence(p, s)
		}
	}
	starts := lineStarts(told)
	for _, v := range valuesIn(told) {
		line := lineAt(starts, v.at)
		if quiet[line] && oneOf(v.kind, string(Email), string(Phone), string(Address)) {
			continue // the writer's own signature
		}
		m.value(v, place+" line "+itoa(line+1))
	}
	m.parts = append(m.parts, p)
}

// sentence takes the words and amounts of one sentence.
func (m *scanner) sentence(p part, s []token) {
	hits := mailMatcher.find(s)
	for _, h := range hits {
		if h.kind == string(Credentials) && nearAny(s, h, aboutProtection) {
			continue
		}
		if aside(s, h) {
			continue
		}
		if strings.HasPrefix(h.kind, asSignal) {
			m.signal(s, h, hits)
			continue
		}
		m.word(h, words(s, h), p.at(s[h.at]))
	}
	for _, c := range countsIn(s) {
		c.place = p.at(s[0])
		if len(m.counts) < MaxFinds {
			m.counts = append(m.counts, c)
		}
	}
	m.pairs(s)
}

// aside tells words that name where something went, not whose data it was: "to
// the wrong address", "another customer"; and the "addresses" of "e-mail addresses".
func aside(s []token, h hit) bool {
	if h.kind == string(Name) && h.end-h.at == 1 && oneOf(s[h.at].text, "naam", "name") {
		own := h.at > 0 && oneOf(s[h.at-1].text, "mijn", "my", "uw", "your", "in", "uit", "onder", "goede", "file", "domain", "host", "brand", "user", "onze", "our", "een", "a")
		return own || (h.end < len(s) && oneOf(s[h.end].text, "is", "was"))
	}
	where := oneOf(h.kind, string(Address), string(Email), asGroup+"customers", asGroup+"patients", asGroup+"other", asGroup+"students", asGroup+"employees", asGroup+"minors") || strings.HasPrefix(s[h.at].text, "patient")
	if !where || h.at == 0 {
		return false
	}
	before := s[h.at-1].text
	if h.kind == string(Address) && oneOf(before, "e-mail", "email", "mail", "ip", "web") {
		return true
	}
	return oneOf(before, "verkeerde", "verkeerd", "foute", "fout", "wrong", "ander", "andere", "another", "other", "onbekend", "onbekende", "unknown", "extern", "externe", "external", "nieuw", "nieuwe", "new", "former", "oude", "oud") &&
		!oneOf(s[h.at].text, "klantgegevens")
}

// word notes a word found, or denied.
func (m *scanner) word(h hit, text, place string) {
	if h.negated {
		m.denied[h.kind]++
	} else {
		m.told[h.kind]++
	}
	m.add(Find{Kind: h.kind, Evidence: ByWord, Place: place, Masked: safePlace(text), Count: 1, Negated: h.negated})
}

func words(s []token, h hit) string {
	out := make([]string, 0, h.end-h.at)
	for _, t := range s[h.at:h.end] {
		out = append(out, t.text)
	}
	return strings.Join(out, " ")
}

// value notes something found by its form.
func (m *scanner) value(v value, place string) {
	m.values[v.kind]++
	m.add(Find{Kind: v.kind, Evidence: ByValue, Place: place, Masked: v.masked, Count: 1})
}

// add keeps a find; the same at the same place is counted, not repeated.
func (m *scanner) add(f Find) {
	const most = 5000 // far beyond what is listed; the rest would only cost memory
	for i := len(m.finds) - 1; i >= max(0, len(m.finds)-40); i-- {
		have := &m.finds[i]
		if have.Kind == f.Kind && have.Place == f.Place && have.Evidence == f.Evidence && have.Negated == f.Negated {
			have.Count += f.Count
			return
		}
	}
	if len(m.finds) < most {
		m.finds = append(m.finds, f)
	}
}

// files reads the attachments.
func (m *scanner) files(list []Attachment) {
	r := extract.NewReader(extract.Limits{}, extract.Visitor{Text: m.text, Row: m.row})
	for i, a := range list {
		name := a.Name
		if strings.TrimSpace(name) == "" {
			name = "attachment " + itoa(i+1)
		}
		r.File(safePlace(path.Base(strings.ReplaceAll(name, "\\", "/")))+extOf(name), a.Data)
	}
	for _, p := range r.Problems() {
		m.unread = append(m.unread, Unread{safePlace(p.Name), string(p.Reason)})
	}
}

// extOf gives the extension when hiding or cutting may have taken it off.
func extOf(name string) string {
	ext := path.Ext(name)
	if len(name) <= 160 || len(ext) > 8 {
		return ""
	}
	return ext
}

// text takes a piece of an attached file. An attached mail is a report too.
func (m *scanner) text(place, text string) {
	place = safePlace(place)
	if strings.Contains(place, ".eml") && len(text) <= m.mails {
		m.mails -= len(text)
		m.mail(place, text)
		return
	}
	for _, v := range valuesIn(text) {
		m.value(v, place)
		m.values["attached:"+v.kind]++
	}
	if m.words -= len(text); m.words < 0 {
		return
	}
	for _, s := range sentences(tokenise(text)) {
		for _, h := range dataMatcher.find(s) {
			m.word(h, words(s, h), place)
		}
	}
}

// row takes a row of an attached table.
func (m *scanner) row(name string, n int, cells []string) {
	t, ok := m.tables[name]
	if !ok {
		t = &table{name: safePlace(name)}
		m.tables[name] = t
		m.order = append(m.order, name)
	}
	t.row(n, cells, dataMatcher)
}

// settle turns the tables into finds and puts the finds in order: values first,
// then headings, then words; what was denied last.
func (m *scanner) settle() {
	for _, name := range m.order {
		for _, f := range m.tables[name].finds() {
			m.told[f.Kind] += f.Count
			m.finds = append(m.finds, f)
		}
	}
	for _, c := range m.counts {
		m.finds = append(m.finds, Find{Kind: KindCount, Evidence: ByWord, Place: c.place, Masked: c.masked, Count: 1})
	}
	rank := func(f Find) int {
		switch {
		case f.Negated:
			return 3
		case f.Evidence == ByValue:
			return 0
		case f.Evidence == ByHeader:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(m.finds, func(a, b Find) int { return cmp.Compare(rank(a), rank(b)) })
}

// tellingLines empties the lines of mail headers and cuts the text at a
// signature mark; quiet tells the lines of a signature, where a mail address is
// the writer's own. Line numbers stay true.
func tellingLines(text string) (told string, quiet map[int]bool) {
	lines := strings.Split(text, "\n")
	quiet = map[int]bool{}
	after := 99
	for i, line := range lines {
		bare := strings.TrimLeft(line, "> \t")
		switch {
		case bare == "-- " || bare == "--" || bare == "-- \r":
			after = 0
		case isHeaderLine(bare):
			lines[i], after = "", 99
		case isClosing(bare):
			after = 0
		default:
			after++
			lines[i] = bare
		}
		quiet[i] = after <= 8
	}
	return strings.Join(lines, "\n"), quiet
}

func isHeaderLine(line string) bool {
	name, _, ok := strings.Cut(line, ":")
	return ok && oneOf(fold(strings.TrimSpace(strings.Trim(name, "*"))), "van", "from", "aan", "to", "cc", "verzonden", "sent", "datum", "date", "reply-to", "beantwoorden")
}

func isClosing(line string) bool {
	if len(line) > 60 {
		return false
	}
	l := fold(strings.TrimSpace(line))
	for _, c := range []string{"met vriendelijke groet", "vriendelijke groet", "met groet", "hartelijke groet", "groet", "gr.", "gr,", "mvg", "kind regards", "best regards", "regards", "best,", "thanks,", "sincerely", "hoogachtend", "sent from my", "verzonden vanaf mijn", "verstuurd vanaf mijn"} {
		if strings.HasPrefix(l, c) {
			return true
		}
	}
	return false
}

// isDisclaimer tells the sentences that stand under every mail of some firms.
func isDisclaimer(s []token) bool {
	for i := range s {
		if i+2 < len(s) && (oneOf(s[i].text+" "+s[i+1].text, "uitsluitend bestemd", "intended only", "intended solely", "ten onrechte", "onterecht ontvangen", "received in") && len(s) > 7 || s[i].text+" "+s[i+1].text+" "+s[i+2].text == "niet de geadresseerde") {
			return true
		}
	}
	return false
}

func nearAny(s []token, h hit, list []string) bool {
	for i := max(0, h.at-4); i < min(len(s), h.end+4); i++ {
		if oneOf(s[i].text, list...) {
			return true
		}
	}
	return false
}
