package risk

import "strings"

// phrase is a row of words to find; a word ending in * is a stem.
type phrase struct {
	kind  string
	words []string
}

// matcher finds phrases by their first word.
type matcher struct {
	exact map[string][]phrase
	stems map[string][]phrase
	short int // length of the shortest stem
}

// hit is a phrase found in a sentence, from token at up to token end.
type hit struct {
	kind    string
	at, end int
	negated bool
}

// entry is one line of the lexicon: phrases separated by "|".
type entry struct{ kind, phrases string }

func newMatcher(entries []entry) *matcher {
	m := &matcher{exact: map[string][]phrase{}, stems: map[string][]phrase{}, short: 99}
	for _, e := range entries {
		for _, p := range strings.Split(e.phrases, "|") {
			ph := phrase{e.kind, strings.Fields(p)}
			first := ph.words[0]
			if stem, ok := strings.CutSuffix(first, "*"); ok {
				m.stems[stem] = append(m.stems[stem], ph)
				m.short = min(m.short, len(stem))
			} else {
				m.exact[first] = append(m.exact[first], ph)
			}
		}
	}
	return m
}

// find gives every phrase in a sentence, with its negation decided.
func (m *matcher) find(s []token) []hit {
	var out []hit
	for i := range s {
		out = m.at(s, i, m.exact[s[i].text], out)
		for n := m.short; n <= min(len(s[i].text), 24); n++ {
			out = m.at(s, i, m.stems[s[i].text[:n]], out)
		}
	}
	return out
}

func (m *matcher) at(s []token, i int, candidates []phrase, out []hit) []hit {
	for _, p := range candidates {
		if n := len(p.words); i+n <= len(s) && p.follows(s[i:i+n]) {
			out = append(out, hit{p.kind, i, i + n, negated(s, i, i+n)})
		}
	}
	return out
}

// follows says whether the words after the first match too.
func (p phrase) follows(s []token) bool {
	for j := 1; j < len(p.words); j++ {
		stem, isStem := strings.CutSuffix(p.words[j], "*")
		if (isStem && !strings.HasPrefix(s[j].text, stem)) || (!isStem && s[j].text != p.words[j]) {
			return false
		}
	}
	return true
}

// reach is how many words a "no" reaches over a list: "geen namen, adressen,
// geboortedata of BSN's".
const reach = 14

// negated says whether the words from at to end are denied: by a "no" before
// them in the same clause, or by "is not involved" after them.
func negated(s []token, at, end int) bool {
	return deniedBefore(s, at) || deniedAfter(s, end)
}

func deniedBefore(s []token, at int) bool {
	verbs := 0
	for i := at - 1; i >= max(0, at-reach) && verbs < 2; i-- {
		switch s[i].text {
		case "maar", "but", "wel", "alleen", "only", "echter", "however", "waaronder", "including", "behalve", "except", "dus", "so", "want", "because", "omdat":
			return false
		case "en", "and":
			if i+1 < at && oneOf(s[i+1].text, "de", "het", "er", "ik", "wij", "we", "alle", "the", "there", "all", "i", "they", "ze", "zij") {
				return false // a new clause, not the next thing in a list
			}
		case "staan", "staat", "stond", "stonden", "gelekt", "gezien", "heeft", "hebben", "has", "have", "is", "zijn", "are", "was", "were", "werd", "werden", "kon", "konden", "kan", "kunnen", "could", "can":
			verbs++ // two verbs away the "no" belongs to another clause
		case "zonder", "without":
			return at-i <= 4 && verbs == 0 && !emptyNo(s, i)
		case "geen", "no", "noch", "nor", "none", "neither", "evenmin":
			return !emptyNo(s, i)
		case "niet", "not":
			if i+1 < len(s) && (oneOf(s[i+1].text, "om", "over", "any", "include", "contain", "involve", "the") || i+1 == at && oneOf(s[i+1].text, "medische", "medical", "bijzondere", "special")) {
				return true
			}
		}
	}
	return false
}

// emptyNo is a "no" that denies knowledge, not data: "geen idee of BSN's ...".
func emptyNo(s []token, i int) bool {
	if i+1 >= len(s) {
		return true
	}
	return oneOf(s[i+1].text, "idee", "zicht", "zekerheid", "duidelijkheid", "bevestiging", "reactie", "antwoord", "toestemming",
		"idea", "confirmation", "reply", "answer", "certainty", "permission", "reden", "reason", "rechten", "doubt", "twijfel", "longer")
}

// deniedAfter looks for "zijn niet gelekt", "staan er niet in", "were not involved".
func deniedAfter(s []token, end int) bool {
	for i := end; i < min(len(s), end+8); i++ {
		if oneOf(s[i].text, "maar", "but", "wel", "echter", "however") {
			return false
		}
		if !oneOf(s[i].text, "niet", "not") {
			continue
		}
		for j := i + 1; j < min(len(s), i+4); j++ {
			if hasStem(s[j].text, "gelekt", "betrokken", "ingezien", "geraakt", "getroffen", "opgenomen", "aanwezig", "gestolen", "buitgemaakt", "leaked", "involved", "affected", "included", "compromised", "exposed", "accessed", "stolen", "meegestuurd", "in") {
				return true
			}
		}
	}
	return false
}

func oneOf(s string, list ...string) bool {
	for _, v := range list {
		if s == v {
			return true
		}
	}
	return false
}

// hasStem says whether s begins with a stem; a stem of two letters must be the whole word.
func hasStem(s string, stems ...string) bool {
	for _, v := range stems {
		if s == v || (len(v) > 2 && strings.HasPrefix(s, v)) {
			return true
		}
	}
	return false
}
