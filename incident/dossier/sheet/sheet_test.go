package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"

	"meldklok/incident"
	"meldklok/incident/risk"
)

const dutch = "Nr;Datum melding;Titel;Omschrijving;Aantal betrokkenen;Gemeld aan AP;Datum melding AP;Meldingsnummer;Reden niet melden;Status\r\n" +
	"14;1-4-2019;USB-stick verloren;\"Stick met; lijst\";ca. 1.200;ja;2-4-2019;190402-1;;afgesloten\r\n" +
	"15;13-5-2019 09:15;Brief verkeerd bezorgd;Café;1;nee;;;Ongeopend retour;gesloten\r\n" +
	"\r\n" +
	"16;31-03-2026 10:00;Mailbox gehackt;;onbekend;;;;;open\r\n"

func converted(t *testing.T, raw []byte, order Order) Result {
	t.Helper()
	table, err := Read(raw)
	if err != nil {
		t.Fatal(err)
	}
	return Convert(table, Options{Mapping: Guess(table.Headings), Order: order})
}

// TestReasonsUnderShortHeadings: «Reden» and «Redenen» alone are the reasons of
// the decision; what goes on may be another field.
func TestReasonsUnderShortHeadings(t *testing.T) {
	for _, row := range []struct{ heading, want string }{
		{"Reden", "reasons"},
		{"Redenen", "reasons"},
		{"REDENEN:", "reasons"},
		{"Reasons", "reasons"},
		{"Reden vertraging", "delay"},
		{"Reden te laat gemeld", "delay"},
		{"Reden van uitstel", ""},
	} {
		if got := Guess([]string{"Nr", row.heading})[1]; got != row.want {
			t.Errorf("%s is taken for %q, want %q", row.heading, got, row.want)
		}
	}
}

func TestADutchRegister(t *testing.T) {
	cp1252, _ := charmap.Windows1252.NewEncoder().Bytes([]byte(dutch))
	utf16, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(strings.ReplaceAll(dutch, ";", "\t")))
	utf16 = bytes.ReplaceAll(utf16, []byte("m\x00e\x00t\x00\t\x00"), []byte("m\x00e\x00t\x00;\x00"))
	for name, raw := range map[string][]byte{
		"utf-8": []byte(dutch), "with its mark": []byte("\ufeff" + dutch), "windows-1252": cp1252, "utf-16 with tabs": utf16,
		"sep": []byte("sep=;\r\n" + dutch), "a title above": []byte("Register datalekken 2019;;;\r\n\r\n" + dutch),
	} {
		out := converted(t, raw, Auto)
		if len(out.Lines) != 3 || out.AskOrder {
			t.Errorf("%s: %d lines, ask %v", name, len(out.Lines), out.AskOrder)
			continue
		}
		for i, l := range out.Lines {
			if len(l.Problems) > 0 {
				t.Errorf("%s, line %d: %+v", name, i, l.Problems)
			}
		}
		first, second, third := out.Lines[0].Row, out.Lines[1].Row, out.Lines[2].Row
		if first.OwnReference != "14" || !first.IsClosed || first.Filed != risk.Yes || first.Number != "190402-1" || *first.Facts.PeopleMax != 1200 ||
			first.Received.At.Format(time.RFC3339) != "2019-03-31T22:00:00Z" || !first.Received.DayOnly {
			t.Errorf("%s: first %+v", name, first)
		}
		if second.Filed != risk.No || second.Reasons != "Ongeopend retour" || second.Summary != "Café" || second.Received.At.Format(time.RFC3339) != "2019-05-13T07:15:00Z" {
			t.Errorf("%s: second %+v", name, second)
		}
		if third.IsClosed || third.Facts.PeopleMax != nil || third.Line < 5 {
			t.Errorf("%s: third %+v", name, third)
		}
	}
}

func TestAnEnglishSpreadsheet(t *testing.T) {
	f := excelize.NewFile()
	day, _ := f.NewStyle(&excelize.Style{NumFmt: 14}) // shows mm-dd-yy
	for i, row := range [][]any{
		{"Case number", "Date discovered", "Title", "Notified", "Reason not notified", "Data categories", "Date closed"},
		{7, 46084.5, "Laptop stolen", "No", "=1+1", "Name; E-mail address", 46090},
		{8, 46085, "Wrong recipient", "maybe", "", "Shoe size", ""},
	} {
		_ = f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row)
		_ = f.SetCellStyle("Sheet1", fmt.Sprintf("B%d", i+1), fmt.Sprintf("B%d", i+1), day)
	}
	var raw bytes.Buffer
	if err := f.Write(&raw); err != nil {
		t.Fatal(err)
	}
	out := converted(t, raw.Bytes(), Auto)
	first, second := out.Lines[0], out.Lines[1]
	if first.Row.OwnReference != "7" || first.Row.Aware.DayOnly || first.Row.Aware.At.Format(time.RFC3339) != "2026-03-03T11:00:00Z" || !first.Row.IsClosed || first.Row.Filed != risk.No {
		t.Errorf("first: %+v", first)
	}
	if len(second.Problems) != 1 || second.Problems[0].Code != "import-yes-no" || len(second.Notes) != 1 || !second.Row.Aware.DayOnly {
		t.Errorf("second: %+v", second)
	}
}

func TestDates(t *testing.T) {
	for _, row := range []struct {
		why, text string
		order     Order
		want      string // RFC 3339, d for a day only; or the error
	}{
		{"the Dutch way", "3-4-2026", Auto, "2026-04-02T22:00:00Z d"},
		{"slashes can be either", "03/04/2026", Auto, "?"},
		{"slashes, told", "03/04/2026", MDY, "2026-03-03T23:00:00Z d"},
		{"slashes, told Dutch", "03/04/2026 9:15", DMY, "2026-04-03T07:15:00Z"},
		{"the same either way", "04/04/2026", Auto, "2026-04-03T22:00:00Z d"},
		{"shows its order itself", "13/4/2026", Auto, "2026-04-12T22:00:00Z d"},
		{"the American one, too", "4/13/2026 9:15 PM", Auto, "2026-04-13T19:15:00Z"},
		{"against what was told", "4/13/2026", DMY, "no"},
		{"as machines write", "2026-04-03 09:15", Auto, "2026-04-03T07:15:00Z"},
		{"with an offset", "2026-04-03T09:15:00+02:00", Auto, "2026-04-03T07:15:00Z"},
		{"in Dutch words", "vrijdag 3 april 2026 om 9.15 uur", Auto, "2026-04-03T07:15:00Z"},
		{"shortened", "3 mrt 2026", Auto, "2026-03-02T23:00:00Z d"},
		{"in English words", "April 3, 2026", Auto, "2026-04-02T22:00:00Z d"},
		{"two digits of a year", "3-4-19", Auto, "2019-04-02T22:00:00Z d"},
		{"no such day", "31-2-2026", Auto, "no"},
		{"no such hour", "3-4-2026 25:00", Auto, "no"},
		{"an hour that never was", "29-03-2026 02:30", Auto, "local"},
		{"an hour that came twice", "25-10-2026 02:30", Auto, "local"},
		{"words", "vorige week", Auto, "no"},
		{"a number where dates are texts", "46084", Auto, "no"},
	} {
		m, err := dates{order: row.order, told: row.order != Auto}.parse(row.text)
		got := m.At.Format(time.RFC3339)
		if m.DayOnly {
			got += " d"
		}
		switch {
		case errors.As(err, new(*incident.LocalTimeError)):
			got = "local"
		case errors.Is(err, errAmbiguous):
			got = "?"
		case err != nil:
			got = "no"
		}
		if got != row.want {
			t.Errorf("%s: %q reads %s, want %s", row.why, row.text, got, row.want)
		}
	}
}

// TestTheFileShowsTheOrder: one day above 12 settles the others; two that
// contradict each other settle nothing.
func TestTheFileShowsTheOrder(t *testing.T) {
	file := func(days ...string) []byte {
		return []byte("Nr,Datum,Titel,Gemeld AP\n1," + strings.Join(days, ",a,ja\n2,") + ",a,ja\n")
	}
	for _, row := range []struct {
		why   string
		days  []string
		order Order
		first string
		ask   bool
	}{
		{"nothing shows it", []string{"03/04/2026", "05/06/2026"}, Auto, "", true},
		{"Dutch", []string{"03/04/2026", "13/06/2026"}, Auto, "2026-04-02", false},
		{"American", []string{"03/04/2026", "06/13/2026"}, Auto, "2026-03-03", false},
		{"both", []string{"03/04/2026", "06/13/2026,a,ja\n3,13/06/2026"}, Auto, "", true},
		{"told", []string{"03/04/2026", "05/06/2026"}, MDY, "2026-03-03", false},
		{"dashes that contradict each other", []string{"03-04-2026", "06-13-2026,a,ja\n3,13-06-2026"}, Auto, "", true},
	} {
		out := converted(t, file(row.days...), row.order)
		got := ""
		if at := out.Lines[0].Row.Received.At; !at.IsZero() {
			got = at.Format("2006-01-02")
		}
		if out.AskOrder != row.ask || got != row.first {
			t.Errorf("%s: first %q, ask %v", row.why, got, out.AskOrder)
		}
	}
}

func TestPeople(t *testing.T) {
	for text, want := range map[string]string{
		"3": "3 3", "ca. 120": "120 120", "10-20": "10 20", "10 tot 20": "10 20", "1.200": "1200 1200", "meer dan 50": "50 -", "20-10": "no", "veel": "no", "1 2 3 4": "no", "99999999999999999999": "no",
	} {
		low, high, ok := people(text)
		got := "no"
		switch {
		case ok && high == nil:
			got = fmt.Sprint(*low, " -")
		case ok:
			got = fmt.Sprint(*low, " ", *high)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestWhatIsNoRegister: each is refused with a sentence, none with a panic.
func TestWhatIsNoRegister(t *testing.T) {
	for why, raw := range map[string][]byte{
		"nothing": nil, "headings only": []byte("a;b\r\n"), "zeros": make([]byte, 100), "a broken archive": []byte("PK\x03\x04 niets"),
		"too many columns": []byte(strings.Repeat("a;", 300) + "\n" + strings.Repeat("b;", 300)),
		"too many rows":    []byte("a;b\n" + strings.Repeat("c;d\n", MaxRows+1)),
		"too large":        make([]byte, MaxBytes+1),
	} {
		_, err := Read(raw)
		var refusal *incident.Refusal
		if !errors.As(err, &refusal) {
			t.Errorf("%s: %v", why, err)
		}
	}
}

func TestMapping(t *testing.T) {
	headings := []string{"Nr", "Datum", "Wat"}
	m := Guess(headings)
	if m[0] != "own-reference" || m[1] != "received" || m[2] != "" {
		t.Errorf("guessed %q", m)
	}
	if err := m.Set(headings, "wat=title"); err != nil || m[2] != "title" {
		t.Errorf("%q %v", m, err)
	}
	if err := m.Set(headings, "Datum=title"); err != nil || m[2] != "" || m[1] != "title" {
		t.Errorf("a field is given twice: %q %v", m, err)
	}
	for _, bad := range []string{"wat", "wat=nergens", "zus=title"} {
		if err := m.Set(headings, bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if _, err := ParseMapping(2, func(int) string { return "title" }); err == nil {
		t.Error("two columns have the same field")
	}
}

// TestNoFieldTwice: whatever the headings are, no two columns mean the same.
func TestNoFieldTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var headings []string
		for _, f := range rapid.SliceOf(rapid.SampledFrom(Fields())).Draw(t, "fields") {
			headings = append(headings, rapid.SampledFrom(f.Names).Draw(t, "name"))
		}
		seen := map[string]bool{}
		for _, field := range Guess(headings) {
			if field != "" && seen[field] {
				t.Fatalf("%s twice in %q", field, headings)
			}
			seen[field] = true
		}
	})
}

// FuzzRead: whatever the bytes, an answer; and every row can be converted.
func FuzzRead(f *testing.F) {
	f.Add([]byte(dutch))
	f.Add([]byte("sep=,\n\"a\",b\n1,\"2"))
	book := excelize.NewFile()
	_ = book.SetSheetRow("Sheet1", "A1", &[]any{"Nr", "Datum"})
	_ = book.SetSheetRow("Sheet1", "A2", &[]any{1, 46084.5})
	var raw bytes.Buffer
	_ = book.Write(&raw)
	f.Add(raw.Bytes())
	f.Fuzz(func(t *testing.T, raw []byte) {
		table, err := Read(raw)
		if err != nil {
			if !errors.As(err, new(*incident.Refusal)) {
				t.Errorf("an error that tells a person nothing: %v", err)
			}
			return
		}
		m := Guess(table.Headings)
		for i := range m {
			if m[i] == "" && i < len(Fields()) {
				_ = m.put(i, Fields()[i].ID)
			}
		}
		if out := Convert(table, Options{Mapping: m}); len(out.Lines) != len(table.Rows) {
			t.Errorf("%d rows, %d lines", len(table.Rows), len(out.Lines))
		}
	})
}

// TestDataAsRegistersAbbreviateIt: what is known goes into the facts, special
// categories apart; what is not is noted and kept as it was.
func TestDataAsRegistersAbbreviateIt(t *testing.T) {
	for _, row := range []struct {
		text          string
		data, special string
		all           bool
	}{
		{"NAW, gezondheid", "[name address]", "[health]", true},
		{"naw-gegevens; BSN; salaris", "[name address bsn financial]", "[]", true},
		{"Naam, e-mail, telefoon", "[name email phone]", "[]", true},
		{"Financiële gegevens: inkomen, transacties, saldo", "[financial]", "[]", true},
		{"medische info", "[]", "[health]", true},
		{"NAW, schoenmaat", "[name address]", "[]", false},
		{"Geen", "[]", "[]", false},
	} {
		f, all := data(row.text, shorthand())
		if fmt.Sprint(f.data) != row.data || fmt.Sprint(f.special) != row.special || all != row.all {
			t.Errorf("%q: %v %v %v, want %s %s %v", row.text, f.data, f.special, all, row.data, row.special, row.all)
		}
	}
	out := converted(t, []byte("Nr;Datum melding;Soort gegevens;Gemeld bij AP;Meldingsnummer AP;Datum AP;Status\r\n1;3-2-2025;NAW, gezondheid;ja;AP-1;4-2-2025 10:00;gesloten\r\n2;13-2-2025;;nee;;;gesloten\r\n"), Auto)
	row := out.Lines[0].Row
	if len(out.Lines[0].Problems)+len(out.Lines[0].Notes) > 0 || fmt.Sprint(row.Facts.Data, row.Facts.Special) != "[name address] [health]" || row.FiledAt.At.Format(time.RFC3339) != "2025-02-04T09:00:00Z" {
		t.Errorf("%+v %+v", out.Lines[0], row.Facts)
	}
}
