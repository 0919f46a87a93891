package incident

import "testing"

// TestTermsAsPeopleWriteThem: in both languages, with and without a space.
func TestTermsAsPeopleWriteThem(t *testing.T) {
	for said, want := range map[string]string{
		"5 jaar": "5y", "5j": "5y", "5 jr.": "5y", "één jaar": "1y", "een maand": "1m", "6 maanden": "6m", "6 mnd": "6m", "30 dagen": "30d", "1 dag": "1d",
		"5 years": "5y", "one year": "1y", "6 Months": "6m", " 30   days ": "30d", "5yr": "5y", "30d": "30d", "6m": "6m", "5y": "5y",
		"altijd": "keep", "Nooit": "keep", "forever": "keep", "for ever": "keep", "always": "keep", "never": "keep", "keep": "keep",
	} {
		if got, err := ParseTerm(said); err != nil || got.String() != want {
			t.Errorf("%q is read as %s (%v), want %s", said, got, err, want)
		}
	}
	for _, bad := range []string{"2 weken", "anderhalf jaar", "1,5 jaar", "jaar", "5 jaar en 2 maanden", "0 jaar", "-5 jaar", "keep|altijd", "|", "twee jaar", "5 5 jaar"} {
		if got, err := ParseTerm(bad); err == nil {
			t.Errorf("%q is read as %s", bad, got)
		}
	}
}

func FuzzParseTerm(f *testing.F) {
	for _, seed := range []string{"5 jaar", "één dag", "keep", "٥ jaar", "99999999999999999999d"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		term, err := ParseTerm(s)
		if err != nil {
			return
		}
		if again, err := ParseTerm(term.String()); err != nil || again != term {
			t.Fatalf("%q is %s, which is read as %s (%v)", s, term, again, err)
		}
	})
}
