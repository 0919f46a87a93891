package risk

import "testing"

// FuzzShapes: what a regular expression finds, the quick look has not ruled out.
func FuzzShapes(f *testing.F) {
	for _, text := range []string{
		"NL91ABNA0417164300", "NL91 ABNA 0417 1643 00", "1234 AB", "1234AB", "12-03-1984", "1/1/1900", "2026-10-23", "31.12.2099",
		"NW1234567", "SPECI2014", "0123456789", "op 2026 10 23", "A1B2C3", "1234-AB", "é1234 ABé", "DE12 ", "12.", "-1", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		may := shapesIn(text)
		for name, c := range map[string]struct{ may, found bool }{
			"iban": {may.iban, ibanForm.MatchString(text)}, "postcode": {may.postcode, postcodeForm.MatchString(text)},
			"date": {may.date, dateForm.MatchString(text)}, "document": {may.document, documentForm.MatchString(text)},
		} {
			if c.found && !c.may {
				t.Errorf("%s in %q is ruled out", name, text)
			}
		}
	})
}
