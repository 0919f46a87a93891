package risk

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is one word or number of a text, in lower case and without accents.
type token struct {
	text  string
	start int  // byte offset in the text
	end   int  // byte offset after it
	line  int  // counts from 1
	comma bool // a comma, colon or bracket stands before it
	stop  bool // a sentence ends before it
	ask   bool // a question mark stands before it
}

// tokenise splits a text into words. Hyphens, apostrophes and @ stay inside a
// word; dots and commas inside a number. The ">" of a quoted mail counts as space.
func tokenise(text string) []token {
	out := make([]token, 0, len(text)/6)
	t := token{line: 1}
	newlines := 2 // a text begins a sentence
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !isWord(r) {
			newlines = t.pass(r, newlines)
			i += size
			continue
		}
		t.start, t.end = i, wordEnd(text, i)
		t.stop = t.stop || newlines > 1
		t.text = fold(strings.TrimRight(text[t.start:t.end], "-'’._"))
		i = t.end
		out = append(out, t)
		t, newlines = token{line: t.line}, 0
	}
	return out
}

// pass notes a character between words; it gives the number of newlines so far.
func (t *token) pass(r rune, newlines int) int {
	switch r {
	case '\n':
		t.line++
		return newlines + 1
	case ',', ':', '(', ')', ';':
		t.comma = true
	case '.', '!':
		t.stop = true
	case '?':
		t.stop, t.ask = true, true
	case '*', '•':
		t.stop = t.stop || newlines > 0
	}
	return newlines
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// wordEnd finds the end of the word that starts at i.
func wordEnd(text string, i int) int {
	end := i
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		if isWord(r) {
			i += size
			end = i
			continue
		}
		next, _ := utf8.DecodeRuneInString(text[i+size:])
		prev := text[i-1]
		digits := prev >= '0' && prev <= '9' && next >= '0' && next <= '9'
		joins := r == '-' || r == '\'' || r == '’' || r == '@' || r == '_'
		if !isWord(next) || !(joins || digits && (r == '.' || r == ',' || r == ':' || r == '/')) {
			return end
		}
		i += size
	}
	return end
}

// fold lowers a word and takes the accents of Dutch and French letters off.
func fold(s string) string {
	plain := true
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || (c >= 'A' && c <= 'Z') {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch r = unicode.ToLower(r); r {
		case 'á', 'à', 'ä', 'â', 'å':
			return 'a'
		case 'é', 'è', 'ë', 'ê':
			return 'e'
		case 'í', 'ì', 'ï', 'î':
			return 'i'
		case 'ó', 'ò', 'ö', 'ô':
			return 'o'
		case 'ú', 'ù', 'ü', 'û':
			return 'u'
		case 'ç':
			return 'c'
		case 'ñ':
			return 'n'
		case '’':
			return '\''
		}
		return r
	}, s)
}

// sentences splits tokens where a sentence ends.
func sentences(tokens []token) [][]token {
	var out [][]token
	begin := 0
	for i := range tokens {
		if tokens[i].stop && i > begin {
			out = append(out, tokens[begin:i])
			begin = i
		}
	}
	if begin < len(tokens) {
		out = append(out, tokens[begin:])
	}
	return out
}
