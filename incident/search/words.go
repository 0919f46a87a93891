package search

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// longestWord bounds a word, in bytes: what is longer is encoded data.
const longestWord = 40

// letters that decomposing does not take apart.
func plain(r rune) string {
	switch r {
	case 'ß':
		return "ss"
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	case 'ø':
		return "o"
	case 'đ', 'ð':
		return "d"
	case 'þ':
		return "th"
	case 'ł':
		return "l"
	case 'ı':
		return "i"
	}
	return ""
}

// fold writes a text in lower case without diacritics, so that "Coördinator"
// and "coordinator" are the same word.
func fold(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range norm.NFKD.String(text) {
		if r < unicode.MaxASCII {
			if 'A' <= r && r <= 'Z' {
				r += 'a' - 'A'
			}
			b.WriteByte(byte(r))
			continue
		}
		if unicode.Is(unicode.Mn, r) {
			continue
		}
		r = unicode.ToLower(r)
		if s := plain(r); s != "" {
			b.WriteString(s)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// whole reports whether a piece between spaces is also a word as a whole: an
// e-mail address, a reference, a number with signs in it.
func whole(piece string) bool {
	return strings.ContainsAny(piece, "@-._/") && strings.ContainsFunc(piece, isWord)
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// words yields the words of a text, folded: the runs of letters and digits, and
// beside them addresses and references as a whole.
func words(text string, yield func(string)) {
	for piece := range strings.FieldsSeq(fold(text)) {
		piece = strings.TrimFunc(piece, func(r rune) bool { return !isWord(r) })
		if whole(piece) && len(piece) <= longestWord {
			yield(piece)
		}
		for run := range strings.FieldsFuncSeq(piece, func(r rune) bool { return !isWord(r) }) {
			if run != piece || !whole(piece) {
				yield(run[:min(len(run), longestWord)])
			}
		}
	}
}

// terms returns what a query asks for: a piece with signs in it is asked for as
// a whole, a plain one as a word. At most mostTerms.
func terms(query string) (list []string) {
	for piece := range strings.FieldsSeq(fold(query)) {
		piece = strings.TrimFunc(piece, func(r rune) bool { return !isWord(r) })
		if piece != "" && len(list) < mostTerms {
			list = append(list, piece[:min(len(piece), longestWord)])
		}
	}
	return list
}

// mostTerms bounds a query.
const mostTerms = 8
