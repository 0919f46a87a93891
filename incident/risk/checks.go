package risk

// elevenTest says whether nine digits can be a BSN: weights 9 to 2, the last
// digit minus one, divisible by eleven, and not all zero (Besluit burger-
// servicenummer; the test of the RvIG).
func elevenTest(digits string) bool {
	if len(digits) != 9 || digits == "000000000" {
		return false
	}
	sum := 0
	for i := range 8 {
		sum += int(digits[i]-'0') * (9 - i)
	}
	return (sum-int(digits[8]-'0'))%11 == 0
}

// luhn says whether a card number's check digit is right (ISO/IEC 7812-1).
func luhn(digits string) bool {
	sum, double := 0, false
	for i := len(digits) - 1; i >= 0; i-- {
		d := int(digits[i] - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum, double = sum+d, !double
	}
	return sum%10 == 0
}

// cardNumber says whether digits can be a payment card: length and first digit
// of the large networks, and the check digit.
func cardNumber(digits string) bool {
	if len(digits) < 13 || len(digits) > 19 || digits[0] < '3' || digits[0] > '6' {
		return false
	}
	if (digits[0] == '3') != (len(digits) == 14 || len(digits) == 15) {
		return false
	}
	return luhn(digits)
}

// ibanLengths holds the length of the IBANs that Dutch files contain most.
var ibanLengths = map[string]int{
	"NL": 18, "BE": 16, "DE": 22, "FR": 27, "LU": 20, "GB": 22, "ES": 24, "IT": 27, "AT": 20, "CH": 21,
	"PL": 28, "PT": 25, "IE": 22, "DK": 18, "SE": 24, "NO": 15, "FI": 18, "CZ": 24, "RO": 24, "BG": 22, "HU": 28,
}

// ibanCheck says whether s, capitals and digits without spaces, is an IBAN by
// its check digits (ISO 13616, mod 97).
func ibanCheck(s string) bool {
	if n, ok := ibanLengths[s[:min(2, len(s))]]; !ok || n != len(s) {
		return false
	}
	rest := 0
	for i := range len(s) {
		c := s[(i+4)%len(s)]
		switch {
		case c >= '0' && c <= '9':
			rest = (rest*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			rest = (rest*100 + int(c-'A') + 10) % 97
		default:
			return false
		}
	}
	return rest == 1
}
