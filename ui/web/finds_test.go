package web

import (
	"strings"
	"testing"

	"meldklok/incident"
	"meldklok/incident/risk"
	"meldklok/ui/locale"
)

// TestFindsAreInTheReadersLanguage: on a Dutch page neither the kind of a find
// nor its place keeps a word of the scanner.
func TestFindsAreInTheReadersLanguage(t *testing.T) {
	sheet := "naam;geboortedatum;telefoon\nA de Vries;01-02-1980;0612345678\nB Bakker;03-04-1981;0687654321\n"
	reading := incident.Reading{Subject: "Lijst met 30 klanten gestuurd", Text: "Er stonden patiëntgegevens in, van leerlingen.", Attachments: []incident.Attachment{{Name: "lijst.csv", Type: "text/csv", Data: []byte(sheet)}}}
	for _, row := range []struct {
		lang        string
		want, never []string
	}{
		{locale.Dutch, []string{"onderwerp", "kolom 2", "Geboortedatum"}, []string{"subject", "column", " row", "line", "birth_date", "group:"}},
		{locale.English, []string{"subject", "column 2", "Date of birth"}, []string{"kolom", "birth_date", "group:"}},
	} {
		var said strings.Builder
		for _, f := range finds(&View{Lang: row.lang}, reading) {
			said.WriteString(f.What + "|" + f.Masked + "|" + f.Place + "\n")
		}
		for _, w := range row.want {
			if !strings.Contains(said.String(), w) {
				t.Errorf("%s: no %q in\n%s", row.lang, w, said.String())
			}
		}
		for _, w := range row.never {
			if strings.Contains(said.String(), w) {
				t.Errorf("%s: %q in\n%s", row.lang, w, said.String())
			}
		}
	}
}

// TestPlacesInDutch has a row for every form in which the scanner writes one.
func TestPlacesInDutch(t *testing.T) {
	v := &View{Lang: locale.Dutch}
	for place, want := range map[string]string{
		"text line 3":            "regel 3",
		"brief.docx paragraph 2": "brief.docx alinea 2",
		"leden.xlsx sheet Blad1 column 2, from row 4": "leden.xlsx tabblad Blad1 kolom 2, vanaf rij 4",
		"scan.pdf page 9": "scan.pdf bladzijde 9",
	} {
		if got := v.place(place); got != want {
			t.Errorf("%q is %q, want %q", place, got, want)
		}
	}
	if got := v.findKind(string(risk.BSN)); got == string(risk.BSN) {
		t.Errorf("a BSN is called %q", got)
	}
}
