package risk

import (
	"strconv"
	"strings"
)

// count is a number of people as somebody wrote it; max is 0 when open.
type count struct {
	min, max int
	place    string
	masked   string
}

// peopleNouns are the words that a number of people stands before.
var peopleNouns = []string{
	"mensen", "personen", "klant", "klanten", "patient", "patienten", "client", "clienten", "medewerker", "medewerkers", "leerling", "leerlingen", "studenten", "student",
	"leden", "deelnemers", "inwoners", "burgers", "betrokkenen", "ontvangers", "abonnees", "kinderen", "ouders", "gezinnen", "huishoudens", "sollicitanten", "werknemers",
	"gebruikers", "accounts", "adressen", "e-mailadressen", "mailadressen", "records", "dossiers", "collega's", "bewoners", "huurders", "vrijwilligers", "donateurs", "gasten",
	"kandidaten", "cursisten", "reizigers", "verzekerden", "brieven", "namen", "personeelsleden", "contacten", "relaties", "bestellers", "asielzoekers", "relatie", "persoon",
	"people", "persons", "customers", "customer", "patients", "clients", "employees", "pupils", "students", "members", "participants", "residents", "citizens",
	"inwoner", "bewoner", "kind", "lid", "deelnemer", "huurder", "werknemer", "veroordeelde", "sollicitant", "gast", "donateur", "resident", "employee", "child", "member", "pupil", "participant", "tenant", "applicant", "person",
	"recipients", "subscribers", "children", "parents", "applicants", "users", "addresses", "individuals", "guests", "volunteers", "donors", "tenants", "names", "files",
	"contacts", "staff", "households", "families", "colleagues", "candidates", "passengers", "letters", "policyholders", "visitors",
}

// isPeople says whether a word stands for people.
var isPeople = wordSet(peopleNouns)

func wordSet(words []string) map[string]bool {
	set := make(map[string]bool, len(words))
	for _, w := range words {
		set[w] = true
	}
	return set
}

// numberWords are the amounts that people write in words: exact and vague.
var numberWords = map[string][2]int{
	"een": {1, 1}, "twee": {2, 2}, "drie": {3, 3}, "vier": {4, 4}, "vijf": {5, 5}, "zes": {6, 6}, "zeven": {7, 7}, "acht": {8, 8},
	"negen": {9, 9}, "tien": {10, 10}, "elf": {11, 11}, "twaalf": {12, 12}, "dertien": {13, 13}, "veertien": {14, 14}, "vijftien": {15, 15},
	"twintig": {20, 20}, "dertig": {30, 30}, "veertig": {40, 40}, "vijftig": {50, 50}, "honderd": {100, 100}, "duizend": {1000, 1000},
	"one": {1, 1}, "two": {2, 2}, "three": {3, 3}, "four": {4, 4}, "five": {5, 5}, "six": {6, 6}, "seven": {7, 7}, "eight": {8, 8}, "nine": {9, 9},
	"ten": {10, 10}, "eleven": {11, 11}, "twelve": {12, 12}, "fifteen": {15, 15}, "twenty": {20, 20}, "thirty": {30, 30}, "forty": {40, 40}, "fifty": {50, 50},
	"tientallen": {20, 99}, "honderden": {200, 999}, "duizenden": {2000, 9999}, "dozens": {24, 96}, "hundreds": {200, 999}, "thousands": {2000, 9999},
	"handvol": {3, 6}, "handful": {3, 6}, "enkele": {2, 9}, "several": {3, 9}, "dozijn": {12, 12}, "dozen": {12, 12}, "a": {1, 1}, "an": {1, 1},
}

// countsIn finds amounts of people in a sentence.
func countsIn(s []token) []count {
	var out []count
	for i := range s {
		low, high, next, ok := amountAt(s, i)
		if !ok || !peopleFollow(s, next) {
			continue
		}
		low, high = qualified(s, i, low, high)
		out = append(out, count{min: low, max: high, masked: shownCount(low, high)})
	}
	return out
}

// peopleFollow looks for the noun within three words after an amount, past
// adjectives but not past another number or the end of the clause.
func peopleFollow(s []token, i int) bool {
	for n := 0; n < 4 && i < len(s); i, n = i+1, n+1 {
		if n > 0 && s[i].comma {
			return false
		}
		if isPeople[s[i].text] {
			return true
		}
		if oneOf(s[i].text, "naar", "aan", "door", "to", "by", "in", "op", "voor", "for", "met", "with", "keer", "times", "uur", "hours", "dagen", "days", "jaar", "years", "en", "and", "is", "zijn", "heeft", "laptop", "mail", "brief", "lijst", "list", "of", "van", "die", "dat", "that", "which", "bestand", "file", "collega", "colleague", "andere", "other", "verkeerde", "wrong") {
			return false
		}
		if s[i].text[0] >= '0' && s[i].text[0] <= '9' {
			return false
		}
	}
	return false
}

// amountAt reads an amount at word i; next is the word after it.
func amountAt(s []token, i int) (low, high, next int, ok bool) {
	word := s[i].text
	if n, isNumber := numeral(word); isNumber {
		next = i + 1
		if next < len(s) {
			if factor, scaled := scales[s[next].text]; scaled {
				return n * factor, n * factor, next + 1, true
			}
		}
		return n, n, next, n > 0
	}
	if before, after, found := strings.Cut(word, "-"); found {
		a, okA := numeral(before)
		b, okB := numeral(after)
		return a, b, i + 1, okA && okB && a < b
	}
	r, known := numberWords[word]
	if !known {
		return 0, 0, 0, false
	}
	if i+2 < len(s) && oneOf(s[i+1].text, "paar", "few") {
		if scale, many := vague[s[i+2].text]; many {
			return 2 * scale, 4 * scale, i + 3, true
		}
		return 2, 5, i + 2, true
	}
	if i+1 < len(s) && oneOf(s[i+1].text, "couple", "handful", "handvol", "dozijn", "dozen", "tiental", "twintigtal", "honderdtal", "hundred", "thousand", "honderd", "duizend") {
		r = groups[s[i+1].text]
		factor := max(1, numberWords[word][0])
		return r[0] * factor, r[1] * factor, i + 2, true
	}
	return r[0], r[1], i + 1, true
}

var (
	scales = map[string]int{"duizend": 1000, "miljoen": 1_000_000, "thousand": 1000, "million": 1_000_000, "k": 1000}
	vague  = map[string]int{"dozijn": 12, "dozen": 12, "honderd": 100, "hundred": 100, "duizend": 1000, "thousand": 1000, "tientallen": 10}
	groups = map[string][2]int{"couple": {2, 3}, "handful": {3, 6}, "handvol": {3, 6}, "dozijn": {12, 12}, "dozen": {12, 12}, "tiental": {8, 12},
		"twintigtal": {18, 22}, "honderdtal": {90, 110}, "hundred": {100, 100}, "thousand": {1000, 1000}, "honderd": {100, 100}, "duizend": {1000, 1000}}
)

// mostPeople is more than the inhabitants of the Netherlands.
const mostPeople = 20_000_000

// numeral reads 250, 2.500, 2,500 and 12k. Dates, times and decimals are no amounts.
func numeral(s string) (int, bool) {
	if k, ok := strings.CutSuffix(s, "k"); ok && k != "" {
		n, err := strconv.Atoi(k)
		return n * 1000, err == nil && n < 1_000_000
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '.' || r == ',' })
	for i, p := range parts {
		if i > 0 && len(p) != 3 {
			return 0, false
		}
	}
	if len(parts) == 1 && len(s) > 7 {
		return 0, false // so long a number without dots is somebody's number
	}
	n, err := strconv.Atoi(strings.Join(parts, ""))
	return n, err == nil && n <= mostPeople && len(parts) > 0 && s[0] != '0'
}

// qualified widens an amount by the words before it.
func qualified(s []token, i, low, high int) (int, int) {
	for back := 1; back <= 3 && i-back >= 0; back++ {
		switch s[i-back].text {
		case "ongeveer", "circa", "ca", "zo'n", "about", "around", "approximately", "roughly", "plusminus", "rond", "naar", "schatting", "estimated", "some":
			return low * 4 / 5, (high*6 + 4) / 5
		case "meer", "more", "minstens", "minimaal", "least", "over", "tenminste", "ruim", "boven":
			return low, 0
		case "maximaal", "hooguit", "hoogstens", "most", "minder", "fewer", "less", "onder", "under":
			return 1, high
		case "tussen", "between":
			return low, upper(s, i, high)
		case "and", "en", "tot", "to", "a":
			if back == 1 && i >= 2 {
				if first, ok := numeral(s[i-2].text); ok && first < low {
					return first, high
				}
			}
		}
	}
	return low, high
}

// upper reads the second number of "between 50 and 100".
func upper(s []token, i, high int) int {
	for j := i + 1; j < min(len(s), i+4); j++ {
		if n, ok := numeral(s[j].text); ok && n > high {
			return n
		}
	}
	return high
}

// shownCount puts an amount in words that hide nothing: it is no personal data.
func shownCount(low, high int) string {
	switch {
	case high == 0:
		return strconv.Itoa(low) + "+"
	case low == high:
		return strconv.Itoa(low)
	}
	return strconv.Itoa(low) + "-" + strconv.Itoa(high)
}
