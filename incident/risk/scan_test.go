package risk

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

// received is a Wednesday morning, 10:30 in Amsterdam.
var received = time.Date(2026, 3, 4, 9, 30, 0, 0, time.UTC)

func TestChecks(t *testing.T) {
	for _, c := range []struct {
		name string
		got  bool
		want bool
	}{
		{"a known test BSN passes the eleven test", elevenTest("123456782"), true},
		{"one digit off does not", elevenTest("123456783"), false},
		{"all zeros divide by eleven and are no BSN", elevenTest("000000000"), false},
		{"eight digits are no BSN", elevenTest("12345678"), false},
		{"a known test card passes", cardNumber("4111111111111111"), true},
		{"one digit off does not", cardNumber("4111111111111112"), false},
		{"fifteen digits only when it begins with 3", cardNumber("378282246310005"), true},
		{"sixteen digits that begin with 9 are no card", cardNumber("9111111111111119"), false},
		{"the usual example IBAN passes", ibanCheck("NL91ABNA0417164300"), true},
		{"two letters swapped do not", ibanCheck("NL91BANA0417164300"), false},
		{"a Dutch IBAN has 18 characters", ibanCheck("NL91ABNA041716430"), false},
		{"an unknown country is refused", ibanCheck("ZZ91ABNA0417164300"), false},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v", c.name, c.got)
		}
	}
}

func TestValuesInText(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       string
	}{
		{"a bare BSN", "BSN 123456782 stond erin", "bsn"},
		{"a BSN with dots", "bsn: 1234.56.782", "bsn"},
		{"a BSN glued to letters is something else", "X123456782Y", ""},
		{"an order number that happens to pass", "ordernummer 123456782", ""},
		{"an IBAN in groups", "rekening NL91 ABNA 0417 1643 00 graag", "iban"},
		{"a card in groups", "kaart 4111 1111 1111 1111", "card"},
		{"a date of birth needs its word", "geboren op 12-03-1984", "birth_date"},
		{"any other date is not one", "verstuurd op 12-03-2024", ""},
		{"a mobile number", "bel 06-12345678", "phone"},
		{"a mail address", "schrijf naar info@example.org", "email"},
		{"a passport number needs its word", "paspoort NW1234567", "id_number"},
		{"a postcode", "woont op 1234 AB", "address"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var kinds []string
			for _, v := range valuesIn(c.text) {
				kinds = append(kinds, v.kind)
			}
			if got := strings.Join(kinds, ","); got != c.want {
				t.Errorf("%q: found %q, want %q", c.text, got, c.want)
			}
		})
	}
}

func TestKnownSince(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       string // Amsterdam time; empty for none
	}{
		{"since Monday", "Sinds maandag staat dit open.", "2026-03-02 00:00"},
		{"yesterday I noticed", "Yesterday I noticed that the list was public.", "2026-03-03 00:00"},
		{"yesterday with a time", "Ik merkte het gisteren om 16:30.", "2026-03-03 16:30"},
		{"a part of the day", "Gistermiddag kwamen we erachter.", "2026-03-03 12:00"},
		{"sending is not knowing", "Ik heb de mail gisteren verstuurd.", ""},
		{"two days ago", "Twee dagen geleden ontdekte een collega dit.", "2026-03-02 00:00"},
		{"a date in full", "We discovered this on 27 February 2026.", "2026-02-27 00:00"},
		{"a date in numbers", "Op 01-03-2026 is dit vastgesteld.", "2026-03-01 00:00"},
		{"a date without a year is the last one", "Op 12 december ontdekt.", "2025-12-12 00:00"},
		{"the earliest counts", "Vandaag gemeld, maar al sinds vrijdag bekend.", "2026-02-27 00:00"},
		{"the future is no knowledge", "Op 12-03-2026 bekend.", ""},
		{"last week", "Dit is sinds vorige week bekend.", "2026-02-23 00:00"},
		{"31 February does not exist", "Op 31 februari ontdekt.", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Scan(Document{Text: c.text, Received: received})
			if c.want == "" {
				if s.KnownSince != nil {
					t.Fatalf("found %+v", s.KnownSince)
				}
				return
			}
			zone, _ := time.LoadLocation("Europe/Amsterdam")
			if s.KnownSince == nil || s.KnownSince.At.In(zone).Format("2006-01-02 15:04") != c.want {
				t.Fatalf("got %+v, want %s", s.KnownSince, c.want)
			}
			if s.KnownSince.Quote == "" || s.KnownSince.Place == "" {
				t.Errorf("no words or place: %+v", s.KnownSince)
			}
		})
	}
}

func TestKnownSinceCountsInDutchSummerTime(t *testing.T) {
	s := Scan(Document{Text: "Zondag ontdekt.", Received: time.Date(2026, 3, 30, 8, 0, 0, 0, time.UTC)})
	if want := time.Date(2026, 3, 28, 23, 0, 0, 0, time.UTC); s.KnownSince == nil || !s.KnownSince.At.Equal(want) {
		t.Errorf("got %+v, want midnight in winter time, %s", s.KnownSince, want)
	}
}

func TestNegationCounts(t *testing.T) {
	for _, text := range []string{
		"Er zijn geen BSN's gelekt.", "Er zijn geen namen, adressen of BSN's gelekt.", "BSN's zijn niet gelekt.",
		"No social security numbers were leaked.", "The social security numbers were not affected.", "Het gaat niet om BSN's.",
	} {
		if s := Scan(Document{Text: text, Received: received}); has(s.Facts.Data, BSN) {
			t.Errorf("%q counted as a leaked BSN", text)
		}
	}
	for _, text := range []string{
		"Er is geen wachtwoord nodig en de BSN's zijn gelekt.", "Geen idee of er BSN's gelekt zijn.", "Geen adressen, maar wel BSN's gelekt.",
		"Not only names but also social security numbers leaked.", "We weten niet of de BSN's zijn ingezien.",
	} {
		if s := Scan(Document{Text: text, Received: received}); !has(s.Facts.Data, BSN) {
			t.Errorf("%q was taken as a denial", text)
		}
	}
}

// secrets are numbers that must not survive a scan in any form.
var secrets = []string{"123456782", "111222333", "4111111111111111", "NL91ABNA0417164300", "0417164300"}

// survives looks for a secret in the output, also with its digits spread out.
func survives(t interface{ Fatalf(string, ...any) }, s Scanned) {
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatalf("%v", err)
	}
	squeezed := strings.NewReplacer(" ", "", ".", "", "-", "", "_", "").Replace(string(b))
	for _, secret := range secrets {
		if strings.Contains(squeezed, secret) {
			t.Fatalf("%s survives in %s", secret, b)
		}
	}
}

func TestNoNumberSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		for range rapid.IntRange(1, 12).Draw(t, "n") {
			text.WriteString(rapid.SampledFrom(append([]string{"sinds", "gisteren", "ontdekt", "BSN", "klanten", "\n", "geen", ". ", "paspoort", "1234.56.782", "4111 1111 1111 1111",
				"NL91 ABNA 0417 1643 00", "sinds maandag 123456782 ontdekt", "a@b.nl", "123456782@example.org"}, secrets...)).Draw(t, "word"))
			text.WriteByte(' ')
		}
		name := rapid.SampledFrom([]string{"x.csv", "123456782.csv", "kaart 4111-1111-1111-1111.txt", "111222333@x.nl.csv", "map/1234.56.782.eml"}).Draw(t, "name")
		s := Scan(Document{Subject: text.String(), Text: text.String(), Received: received, Attachments: []Attachment{
			{Name: name, Data: []byte("naam;bsn\n" + text.String() + ";123456782\n" + text.String() + ";111222333\n")},
		}})
		survives(t, s)
	})
}

func TestAttachedTable(t *testing.T) {
	csv := "Naam;BSN;IBAN;E-mail;Diagnose\n"
	for i := range 40 {
		csv += fmt.Sprintf("P%d;%s;NL91 ABNA 0417 1643 00;p%d@example.org;diabetes\n", i, []string{"123456782", "111222333"}[i%2], i)
	}
	s := Scan(Document{Subject: "bestand", Text: "zie bijlage, per ongeluk gemaild", Received: received, Attachments: []Attachment{{Name: "klanten.csv", Data: []byte(csv)}}})
	survives(t, s)
	if !has(s.Facts.Data, BSN) || !has(s.Facts.Data, IBAN) || !has(s.Facts.Data, Email) || !has(s.Facts.Data, Name) || !has(s.Facts.Special, Health) {
		t.Errorf("found %v %v", s.Facts.Data, s.Facts.Special)
	}
	if s.Facts.PeopleMax == nil || *s.Facts.PeopleMax != 40 {
		t.Errorf("counted %v people", s.Facts.PeopleMax)
	}
	if !s.Assessment.Verdict.NotifyAuthority || s.NoReport != nil {
		t.Errorf("verdict %+v, no report %+v", s.Assessment.Verdict, s.NoReport)
	}
	if s.Finds[0].Place != "klanten.csv column 2, from row 2" || s.Finds[0].Masked != "*********" || s.Finds[0].Count != 40 {
		t.Errorf("first find %+v", s.Finds[0])
	}
}

func TestOrderNumbersAreNoBSNs(t *testing.T) {
	csv := "order;omschrijving\n"
	for i := range 200 {
		csv += fmt.Sprintf("%09d;stoel\n", 200000000+i*7)
	}
	s := Scan(Document{Received: received, Attachments: []Attachment{{Name: "orders.csv", Data: []byte(csv)}}})
	if has(s.Facts.Data, BSN) {
		t.Errorf("one in eleven numbers passes by chance; the column does not: %+v", s.Finds)
	}
}

func TestAttachedOfficeFilesAndPDF(t *testing.T) {
	for name, data := range map[string][]byte{"lijst.xlsx": xlsx(t), "brief.docx": docx(t), "brief.pdf": pdfOf(t, 2), "alles.zip": zipped(t, "lijst.csv", []byte("naam;bsn\nA;123456782\nB;111222333\n"))} {
		t.Run(name, func(t *testing.T) {
			s := Scan(Document{Text: "zie bijlage", Received: received, Attachments: []Attachment{{Name: name, Data: data}}})
			survives(t, s)
			if !has(s.Facts.Data, BSN) {
				t.Errorf("no BSN found: %+v %+v", s.Finds, s.Unread)
			}
			if len(s.Finds) > 0 && !strings.HasPrefix(s.Finds[0].Place, strings.TrimSuffix(name, "x")[:4]) {
				t.Errorf("place %q", s.Finds[0].Place)
			}
		})
	}
}

func TestUnreadFilesLeaveDoubt(t *testing.T) {
	s := Scan(Document{Text: "De lijst met namen is naar de verkeerde klant gemaild.", Received: received,
		Attachments: []Attachment{{Name: "lijst.xls", Data: append([]byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}, make([]byte, 600)...)}}})
	if len(s.Unread) != 1 || !has(s.Facts.Data, UnknownData) || s.Assessment.Worst.Verdict.Level() != NotifyPeople {
		t.Errorf("unread %+v, data %v", s.Unread, s.Facts.Data)
	}
}

// A machine's facts alone never lead to "register only": too little is known.
func TestTheMachineNeverWaives(t *testing.T) {
	for _, l := range corpus(t) {
		if s := Scan(l.doc); !s.Assessment.Verdict.NotifyAuthority {
			t.Errorf("%s: register only, by %s", l.id, s.Assessment.DecidedBy)
		}
	}
}

func TestScanJSONIsTheAssessmentWithFinds(t *testing.T) {
	s := Scan(Document{Text: "Sinds maandag staan namen en BSN 123456782 van 12 klanten online, gepubliceerd door een fout.", Received: received,
		Attachments: []Attachment{{Name: "oud.xls", Data: []byte{0, 1, 2, 3, 255, 254, 0, 9}}}})
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(b, &keys); err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"severity", "band", "verdict", "reasons", "best", "worst", "finds", "facts", "known_since", "unread", "language"} {
		if _, ok := keys[k]; !ok {
			t.Errorf("%s is missing from %s", k, b)
		}
	}
	var back Scanned
	if err := json.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(s, back) {
		t.Errorf("%v: %+v became %+v", err, s, back)
	}
}

// Nothing grows with the square of the input: four times the text takes about
// four times as long, never sixteen.
func TestHostileTextTakesLinearTime(t *testing.T) {
	took := func(piece string, size int) time.Duration {
		text := strings.Repeat(piece, size/len(piece))
		files := []Attachment{{Name: "a.txt", Data: []byte(text)}, {Name: "a.csv", Data: []byte(text)}, {Name: "a.eml", Data: []byte(text)}}
		start := time.Now()
		if s := Scan(Document{Subject: text, Text: text, Received: received, Attachments: files}); len(s.Finds) > MaxFinds {
			t.Errorf("%q: %d finds", piece, len(s.Finds))
		}
		return time.Since(start)
	}
	for _, piece := range []string{"maandag ", "sinds maandag ontdekt ", "a@b.nl ", "a@", "123456782 ", "12 klanten ", "geen BSN ", "NL91 ABNA 0417 1643 00 ", "1 ", "paspoort 12-03-1984 ", "\n", "...", "-'-'", "> "} {
		small, large := took(piece, 16<<10), took(piece, 64<<10)
		if large > 11*small+500*time.Millisecond { // the machine may be busy
			t.Errorf("%q: %s, and %s for four times as much", piece, small, large)
		}
	}
}

func TestAnAttachedMailIsAReport(t *testing.T) {
	s := Scan(Document{Text: "zie bijlage", Received: received, Attachments: []Attachment{{Name: "melding.eml",
		Data: []byte("From: a@example.org\nSubject: laptop gestolen\nContent-Type: text/plain\n\nGisteren ontdekt dat de laptop met BSN's van 40 klanten is gestolen.\n")}}})
	if s.Facts.Incident != Stolen || !has(s.Facts.Data, BSN) || s.KnownSince == nil || s.Facts.PeopleMax == nil || *s.Facts.PeopleMax != 40 {
		t.Errorf("%+v, known since %+v", s.Facts, s.KnownSince)
	}
}

func FuzzScan(f *testing.F) {
	for _, seed := range [][]byte{xlsx(f), docx(f), pdfOf(f, 1), []byte("naam;bsn\nA;123456782\n"), []byte("Content-Type: multipart/mixed; boundary=x\n\n--x\n\nhoi\n--x--\n"), []byte("{\\rtf1 BSN 123456782\\par}")} {
		f.Add("a.eml", "sinds maandag 250 klanten", seed)
	}
	f.Fuzz(func(t *testing.T, name, text string, data []byte) {
		s := Scan(Document{Subject: text, Text: text, Received: received, Attachments: []Attachment{{Name: name, Data: data}}})
		if len(s.Finds) > MaxFinds || s.Finds == nil {
			t.Fatal("too many finds, or none listed")
		}
		if _, err := json.Marshal(s); err != nil {
			t.Fatal(err)
		}
	})
}

func xlsx(t testing.TB) []byte {
	x := excelize.NewFile()
	defer x.Close()
	for i, row := range [][]any{{"naam", "bsn"}, {"A", "123456782"}, {"B", "111222333"}} {
		if err := x.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := x.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func docx(t testing.TB) []byte {
	return zipOf(t, map[string]string{
		"[Content_Types].xml": `<?xml version="1.0"?><Types/>`,
		"word/document.xml":   `<?xml version="1.0"?><w:document xmlns:w="w"><w:body><w:p><w:r><w:t>BSN 123</w:t></w:r><w:r><w:t>456782</w:t></w:r></w:p></w:body></w:document>`,
	})
}

func zipped(t testing.TB, name string, data []byte) []byte {
	return zipOf(t, map[string]string{name: string(data)})
}

func zipOf(t testing.TB, files map[string]string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"[Content_Types].xml", "word/document.xml", "lijst.csv"} {
		content, ok := files[name]
		if !ok {
			continue
		}
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pdfOf makes a PDF with a page of letter text on every page.
func pdfOf(t testing.TB, pages int) []byte {
	p := fpdf.New("P", "mm", "A4", "")
	p.SetFont("Helvetica", "", 11)
	for i := range pages {
		p.AddPage()
		p.MultiCell(0, 6, fmt.Sprintf("Page %d. BSN 123456782 of the patient.\n", i+1)+strings.Repeat("The quick brown fox jumps over the lazy dog. ", 40), "", "", false)
	}
	var b bytes.Buffer
	if err := p.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
