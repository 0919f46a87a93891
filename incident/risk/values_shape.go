package risk

// shapes says which of the forms of values may occur in a text at all. It is one
// pass over the bytes, and spares most texts the regular expressions: it may say
// yes for nothing, never no for something.
type shapes struct{ iban, postcode, date, document bool }

func shapesIn(text string) (s shapes) {
	run, digits := 0, 0 // how many capitals and digits, and digits, stand before i
	for i := range len(text) {
		c := text[i]
		switch {
		case isDigit(c):
			run, digits = run+1, digits+1
			s.document = s.document || run >= 9
			s.iban = s.iban || (run >= 4 && digits == 2)
			continue
		case c >= 'A' && c <= 'Z':
			run++
			s.postcode = s.postcode || endsFour(text[:i])
		case (c == '-' || c == '/' || c == '.') && digits > 0:
			s.date = s.date || (i+1 < len(text) && isDigit(text[i+1]))
			run = 0
		default:
			run = 0
		}
		digits = 0
	}
	return s
}

// endsFour reports whether a text ends in four digits, with a space after them or
// not.
func endsFour(text string) bool {
	if n := len(text); n > 0 && text[n-1] == ' ' {
		text = text[:n-1]
	}
	n := len(text)
	return n >= 4 && isDigit(text[n-4]) && isDigit(text[n-3]) && isDigit(text[n-2]) && isDigit(text[n-1])
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
