package risk

import (
	"regexp"
	"slices"
	"strings"
)

// value is something found by its form: a number that passes its check, an
// address. It is used while scanning and never leaves the package unmasked.
type value struct {
	kind   string
	at     int    // byte offset in the text
	masked string // what may be shown
}

// Kinds of Find beside the values of Data and Special.
const (
	KindCount = "count" // how many people
)

// hidden stands in for digits and letters that must not survive.
const hidden = "*"

// maskDigits hides every digit and keeps the form.
func maskDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '*'
		}
		return r
	}, s)
}

var (
	emailForm    = regexp.MustCompile(`[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6}`)
	ibanForm     = regexp.MustCompile(`\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}`)
	postcodeForm = regexp.MustCompile(`\b[1-9]\d{3} ?[A-Z]{2}\b`)
	dateForm     = regexp.MustCompile(`\b(?:(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|1[0-2])[-/.](?:19|20)\d{2}|(?:19|20)\d{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))\b`)
	documentForm = regexp.MustCompile(`\b[A-NP-Z]{2}[A-NP-Z0-9]{6}\d\b|\b\d{10}\b`)
	bornWords    = regexp.MustCompile(`(?i)gebor|geb\.|\bborn\b|birth|\bdob\b|leeftijd`)
	documentWord = regexp.MustCompile(`(?i)paspoort|passport|identiteitskaart|identity card|id-kaart|id card|document|rijbewij|driving licen`)
	otherNumber  = regexp.MustCompile(`(?i)(order|factuur|invoice|ticket|zaak|kvk|ref(?:erentie)?|dossier|klant|tracking|case|bestel|kamer van koophandel|btw|serie|serial)[a-z]*[-\s:.#nr]*$`)
)

// valuesIn finds values by their form in one text.
func valuesIn(text string) []value {
	if !strings.ContainsAny(text, "0123456789@") {
		return nil
	}
	var out []value
	used := map[int]bool{}
	if strings.Contains(text, "@") {
		for _, m := range emailForm.FindAllStringIndex(text, -1) {
			out = append(out, value{string(Email), m[0], maskEmail(text[m[0]:m[1]])})
		}
	}
	may := shapesIn(text)
	for _, m := range findAll(ibanForm, may.iban, text) {
		if n, ok := ibanAt(text[m[0]:m[1]]); ok {
			out = append(out, value{string(IBAN), m[0], text[m[0]:m[0]+2] + "** **** ****"})
			for i := m[0]; i < m[0]+n; i++ {
				used[i] = true
			}
		}
	}
	out = append(out, numbersIn(text, used)...)
	out = append(out, nearWord(text, findAll(dateForm, may.date, text), bornWords, string(BirthDate), 40)...)
	out = append(out, nearWord(text, findAll(documentForm, may.document, text), documentWord, string(IDNumber), 60)...)
	for _, m := range findAll(postcodeForm, may.postcode, text) {
		out = append(out, value{string(Address), m[0], "**** **"})
	}
	return out
}

// findAll finds a form where it may occur.
func findAll(form *regexp.Regexp, may bool, text string) [][]int {
	if !may {
		return nil
	}
	return form.FindAllStringIndex(text, -1)
}

// ibanAt finds the longest beginning of s that is an IBAN, and its length in s.
func ibanAt(s string) (int, bool) {
	want := ibanLengths[s[:2]]
	compact := make([]byte, 0, 34)
	for i := range len(s) {
		if s[i] == ' ' {
			continue
		}
		compact = append(compact, s[i])
		if len(compact) == want {
			return i + 1, ibanCheck(string(compact))
		}
	}
	return 0, false
}

// maskEmail keeps the first letter and the top domain.
func maskEmail(s string) string {
	dot := strings.LastIndexByte(s, '.')
	first := s[:1]
	if first[0] >= '0' && first[0] <= '9' {
		first = hidden
	}
	return first + "***@***" + maskDigits(s[dot:])
}

// nearWord keeps of what a form matched what has a telling word shortly before it.
func nearWord(text string, matches [][]int, word *regexp.Regexp, kind string, distance int) []value {
	var out []value
	for _, m := range matches {
		if word.MatchString(text[max(0, m[0]-distance):m[0]]) {
			out = append(out, value{kind, m[0], maskDigits(maskLetters(text[m[0]:m[1]]))})
		}
	}
	return out
}

// maskLetters hides capitals, of which document numbers are made.
func maskLetters(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return '*'
		}
		return r
	}, s)
}

// numbersIn finds BSNs, cards and telephone numbers among runs of digits.
func numbersIn(text string, used map[int]bool) []value {
	var out []value
	for i := 0; i < len(text); {
		if c := text[i]; c < '0' || c > '9' || used[i] {
			i++
			continue
		}
		digits, end := digitRun(text, i)
		if kind, ok := numberKind(text, i, end, digits); ok {
			out = append(out, value{kind, i, strings.Repeat(hidden, len(digits))})
		}
		i = end
	}
	return out
}

// digitRun reads digits with single spaces, dots or hyphens between them.
func digitRun(text string, i int) (digits string, end int) {
	run := make([]byte, 0, 20)
	for end = i; i < len(text) && len(run) < 24; i++ {
		c := text[i]
		if c >= '0' && c <= '9' {
			run = append(run, c)
			end = i + 1
			continue
		}
		joins := (c == ' ' || c == '.' || c == '-') && i+1 < len(text) && text[i+1] >= '0' && text[i+1] <= '9'
		if !joins {
			break
		}
	}
	return string(run), end
}

func numberKind(text string, i, end int, digits string) (string, bool) {
	before, after := byte(' '), byte(' ')
	if i > 0 {
		before = text[i-1]
	}
	if end < len(text) {
		after = text[end]
	}
	if isLetter(before) || isLetter(after) || before == '_' || before == '/' && len(digits) == 9 {
		return "", false
	}
	switch {
	case len(digits) == 9 && before != '+' && elevenTest(digits) && !otherNumber.MatchString(text[max(0, i-40):i]):
		return string(BSN), true
	case cardNumber(digits) && !otherNumber.MatchString(text[max(0, i-40):i]):
		return string(Card), true
	case len(digits) == 10 && digits[0] == '0' && digits[1] != '0', len(digits) == 11 && before == '+' && strings.HasPrefix(digits, "31"):
		return string(Phone), true
	}
	return "", false
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// safePlace hides long numbers and mail addresses in a file's name.
func safePlace(s string) string {
	s = emailForm.ReplaceAllString(s, "***")
	s = longDigits.ReplaceAllStringFunc(s, maskDigits)
	if len(s) > 160 {
		s = strings.ToValidUTF8(s[:160], "") + "..."
	}
	return s
}

// longDigits is a number that could be somebody's, also when written in groups.
var longDigits = regexp.MustCompile(`\d(?:[ ._-]?\d){5,}`)

// lineStarts gives the byte offset of every line.
func lineStarts(text string) []int {
	starts := []int{0}
	for i := range len(text) {
		if text[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// lineAt gives the line, from 0, of a byte offset.
func lineAt(starts []int, at int) int {
	i, found := slices.BinarySearch(starts, at)
	if found {
		return i
	}
	return i - 1
}
