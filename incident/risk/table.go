package risk

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
)

// table gathers what is in one table, column by column. A column speaks as a
// whole: one nine-digit number may pass the eleven test by chance, a column of
// them does not.
type table struct {
	name    string
	rows    int // rows with more than one filled cell, without the header
	columns []column
	ids     map[uint64]bool // distinct values of the best column, to count people
	idKind  Data
	words   map[string]int // sensitive words in the cells of the first rows, by kind
}

// column is the tally of one column.
type column struct {
	header string // the kind that the header names, or empty
	cells  int    // filled cells below the header
	form   int    // cells of nine digits, or of a card's length
	bsn    int
	card   int
	iban   int
	email  int
	phone  int
	post   int
	first  int // row of the first value found
}

// Limits of one table.
const (
	maxColumns = 300
	wordRows   = 300 // rows in which words are read; the values of all rows are
)

// row takes in one row.
func (t *table) row(n int, cells []string, m *matcher) {
	cells = cells[:min(len(cells), maxColumns)]
	for len(t.columns) < len(cells) {
		t.columns = append(t.columns, column{})
	}
	if t.rows == 0 && t.headers(cells, m) {
		return
	}
	filled := 0
	for i, c := range cells {
		if c == "" {
			continue
		}
		filled++
		t.columns[i].cells++
		t.columns[i].value(c, n)
		if t.columns[i].header == string(t.idKind) && t.idKind != "" {
			t.count(c)
		}
		if t.rows < wordRows && len(c) > 2 && len(c) < 2000 && !isNumber(c) {
			t.cellWords(c, m)
		}
	}
	if filled > 1 {
		t.rows++
	}
}

func isNumber(s string) bool { return strings.Trim(s, "0123456789.,- €") == "" }

// cellWords counts the sensitive words of a cell; a cell is seldom a sentence.
func (t *table) cellWords(c string, m *matcher) {
	for _, h := range m.find(tokenise(c)) {
		if isSpecialKind(h.kind) || h.kind == string(Criminal) || h.kind == string(Debts) {
			if t.words == nil {
				t.words = map[string]int{}
			}
			t.words[h.kind]++
		}
	}
}

func isSpecialKind(kind string) bool {
	return slices.Contains([]string{"health", "race", "politics", "religion", "union", "sex", "genetic", "biometric"}, kind)
}

// headers reads a row as headings; it is one when a cell names a kind of data
// and no cell holds a value.
func (t *table) headers(cells []string, m *matcher) bool {
	found := false
	kinds := make([]string, len(cells))
	for i, c := range cells {
		if len(c) > 60 || len(valuesIn(c)) > 0 {
			return false
		}
		kinds[i] = headerKind(c, m)
		found = found || kinds[i] != ""
	}
	if !found {
		return false
	}
	for i, k := range kinds {
		t.columns[i].header = k
	}
	for _, best := range []Data{BSN, Email, IBAN, Pseudonym, Name} {
		if slices.Contains(kinds, string(best)) {
			t.idKind, t.ids = best, map[uint64]bool{}
			break
		}
	}
	return true
}

// headerWords are headings that are too short or too common to count in a text.
var headerWords = map[string]Data{
	"naam": Name, "name": Name, "voornaam": Name, "achternaam": Name, "firstname": Name, "lastname": Name, "tussenvoegsel": Name, "voorletters": Name, "roepnaam": Name,
	"adres": Address, "straat": Address, "street": Address, "postcode": Address, "woonplaats": Address, "plaats": Address, "city": Address, "zip": Address, "huisnummer": Address,
	"email": Email, "e-mail": Email, "mail": Email, "emailadres": Email, "telefoon": Phone, "tel": Phone, "phone": Phone, "mobiel": Phone, "mobile": Phone, "gsm": Phone,
	"geslacht": Gender, "m/v": Gender, "geboren": BirthDate, "geb": BirthDate, "gebdatum": BirthDate, "birthdate": BirthDate, "rekening": IBAN, "klantnr": Pseudonym, "salaris": Financial, "bedrag": Financial,
	"kenteken": LicencePlate, "pincode": Credentials, "gebruikersnaam": Pseudonym, "username": Pseudonym, "nationaliteit": OtherData,
}

func headerKind(cell string, m *matcher) string {
	tokens := tokenise(strings.ReplaceAll(cell, "_", " "))
	if len(tokens) == 0 {
		return ""
	}
	for _, h := range m.find(tokens) {
		if !strings.Contains(h.kind, ":") {
			return h.kind
		}
	}
	for _, t := range tokens {
		if d, ok := headerWords[t.text]; ok {
			return string(d)
		}
	}
	return ""
}

func (t *table) count(cell string) {
	const most = 1_000_000
	if len(t.ids) < most {
		h := fnv.New64a()
		h.Write([]byte(fold(cell)))
		t.ids[h.Sum64()] = true
	}
}

// value tallies one cell by its form.
func (c *column) value(cell string, row int) {
	if len(cell) < 6 || len(cell) > 200 {
		return
	}
	before := c.bsn + c.card + c.iban + c.email + c.phone + c.post
	switch first := cell[0]; {
	case first >= '0' && first <= '9' || first == '+':
		c.number(cell)
	case strings.IndexByte(cell, '@') > 0:
		if emailForm.MatchString(cell) {
			c.email++
		}
	default:
		if len(cell) >= 15 && len(cell) <= 42 && first >= 'A' && first <= 'Z' {
			if s := strings.ReplaceAll(cell, " ", ""); ibanCheck(s) {
				c.iban++
			}
		}
	}
	if c.first == 0 && c.bsn+c.card+c.iban+c.email+c.phone+c.post > before {
		c.first = row
	}
}

func (c *column) number(cell string) {
	start := 0
	if cell[0] == '+' {
		start = 1
	}
	digits, end := digitRun(cell, start)
	if len(cell) <= 7 && end == 4 && postcodeForm.MatchString(cell) {
		c.post++
		return
	}
	if end != len(cell) {
		return
	}
	switch n := len(digits); {
	case n == 8 || n == 9:
		c.form++
		if elevenTest(strings.Repeat("0", 9-n) + digits) {
			c.bsn++
		}
	case n >= 13 && n <= 19:
		c.form++
		if cardNumber(digits) {
			c.card++
		}
	}
	if n := len(digits); (n == 10 && digits[0] == '0') || (start == 1 && n == 11) {
		c.phone++
	}
}

// finds turns the tallies into finds. For BSN and card the column must agree:
// nearly all of its numbers pass, or its heading says so.
func (t *table) finds() []Find {
	var out []Find
	for i := range t.columns {
		c := &t.columns[i]
		place := fmt.Sprintf("%s column %d, from row %d", t.name, i+1, max(1, c.first))
		add := func(kind Data, n int, masked string) {
			if n > 0 {
				out = append(out, Find{Kind: string(kind), Evidence: ByValue, Place: place, Masked: masked, Count: n})
			}
		}
		add(BSN, agreed(c.bsn, c.form, c.header == string(BSN)), "*********")
		add(Card, agreed(c.card, c.form, c.header == string(Card)), "**** **** **** ****")
		add(IBAN, c.iban, "**** **** ****")
		add(Email, c.email, "***@***")
		add(Phone, agreed(c.phone, c.cells, c.header == string(Phone)), "**********")
		add(Address, c.post, "**** **")
		if c.header != "" && c.cells > 0 {
			out = append(out, Find{Kind: c.header, Evidence: ByHeader, Place: fmt.Sprintf("%s column %d", t.name, i+1), Masked: c.header, Count: c.cells})
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(t.words)) {
		out = append(out, Find{Kind: kind, Evidence: ByWord, Place: t.name, Masked: kind, Count: t.words[kind]})
	}
	return out
}

// agreed gives n when the column is of this kind, else 0.
func agreed(n, of int, headed bool) int {
	if n > 0 && (headed || n*10 >= of*8) {
		return n
	}
	return 0
}

// people gives the number of people in the table: at least the distinct values
// of the best column, at most the rows. Zero when it is not about people.
func (t *table) people() (low, high int) {
	personal := false
	for i := range t.columns {
		c := &t.columns[i]
		personal = personal || slices.Contains([]string{"name", "bsn", "email", "phone", "birth_date", "address", "iban", "pseudonym"}, c.header) ||
			c.iban+c.email > 0 || agreed(c.bsn, c.form, false) > 0
	}
	if !personal || t.rows == 0 {
		return 0, 0
	}
	if low = len(t.ids); low == 0 {
		low = t.rows
	}
	return min(low, t.rows), t.rows
}
