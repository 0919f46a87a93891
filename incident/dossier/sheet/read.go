package sheet

import (
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"meldklok/incident"
	"meldklok/incident/risk/extract"
)

// Bounds of a file. A register larger than this is imported in parts.
const (
	MaxBytes   = 20 << 20
	MaxRows    = 20_000
	maxColumns = 200
	maxUnzip   = 200 << 20
)

// Table is what stands in a file: headings, and the rows below them.
type Table struct {
	Headings []string
	Rows     [][]string
	Lines    []int // of each row in the file, from 1
	Serials  bool  // dates are numbers of days, as XLSX keeps them
	From1904 bool  // counted from 1904
}

func either(is bool, then, otherwise string) string {
	if is {
		return then
	}
	return otherwise
}

func refuse(code string) error { return &incident.Refusal{Field: "file", Code: code} }

// Read reads a file by its content, whatever it is called. Every error is a
// *Refusal: not readable, empty, or too large.
func Read(raw []byte) (t Table, err error) {
	defer func() {
		if p := recover(); p != nil { // a library that stumbles over a stranger's bytes
			err = refuse("import-unreadable")
		}
	}()
	switch {
	case len(raw) > MaxBytes:
		return t, refuse("import-too-large")
	case bytes.HasPrefix(raw, []byte("PK")):
		return readXLSX(raw)
	}
	return readCSV(raw)
}

// ---- CSV ----

func readCSV(raw []byte) (Table, error) {
	text, err := decode(raw)
	if err != nil {
		return Table{}, err
	}
	comma := separator(text)
	if rest, ok := strings.CutPrefix(text, "sep="); ok && len(rest) > 1 {
		comma = rune(rest[0])
		_, text, _ = strings.Cut(text, "\n")
	}
	if !slices.Contains([]rune{';', ',', '\t', '|'}, comma) {
		return Table{}, refuse("import-unreadable")
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = comma, -1, true
	var rows [][]string
	var lines []int
	for {
		row, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return Table{}, refuse("import-unreadable")
		}
		line, _ := r.FieldPos(0)
		rows, lines = append(rows, row), append(lines, line)
		if len(rows) > MaxRows+50 {
			return Table{}, refuse("import-too-many")
		}
	}
	return shape(rows, lines)
}

// decode turns bytes into text: UTF-8, UTF-16 with its mark, or else Windows-1252,
// which a Dutch Excel writes without saying so.
func decode(raw []byte) (string, error) {
	switch {
	case bytes.HasPrefix(raw, []byte{0xff, 0xfe}), bytes.HasPrefix(raw, []byte{0xfe, 0xff}):
		text, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(raw)
		if err != nil {
			return "", refuse("import-unreadable")
		}
		raw = text
	case !utf8.Valid(raw):
		text, err := charmap.Windows1252.NewDecoder().Bytes(raw)
		if err != nil {
			return "", refuse("import-unreadable")
		}
		raw = text
	}
	if bytes.IndexByte(raw, 0) >= 0 {
		return "", refuse("import-unreadable")
	}
	return strings.TrimPrefix(string(raw), "\ufeff"), nil
}

// separator is what stands most often outside quotes in the first lines.
func separator(text string) rune {
	count, quoted := map[rune]int{}, false
	for _, r := range text[:min(len(text), 8192)] {
		switch {
		case r == '"':
			quoted = !quoted
		case !quoted && strings.ContainsRune(";,\t|", r):
			count[r]++
		}
	}
	best := ';'
	for _, r := range ",\t|" {
		if count[r] > count[best] {
			best = r
		}
	}
	return best
}

// ---- XLSX ----

// readXLSX reads the first sheet that has a table. Numbers are read as they are
// stored, so that a day is its number and not how some column shows it. The
// file is unpacked in memory only.
func readXLSX(raw []byte) (Table, error) {
	if reason, _ := extract.Workbook(raw, maxUnzip); reason != "" {
		return Table{}, refuse(either(reason == extract.TooLarge, "import-too-large", "import-unreadable"))
	}
	f, err := excelize.OpenReader(bytes.NewReader(raw), excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnzip, UnzipXMLSizeLimit: maxUnzip})
	if err != nil {
		return Table{}, refuse("import-unreadable")
	}
	defer f.Close()
	props, err := f.GetWorkbookProps()
	if err != nil {
		return Table{}, refuse("import-unreadable")
	}
	for _, name := range f.GetSheetList() {
		rows, lines, err := sheetRows(f, name)
		if err != nil {
			return Table{}, err
		}
		if t, err := shape(rows, lines); err == nil {
			t.Serials, t.From1904 = true, props.Date1904 != nil && *props.Date1904
			return t, nil
		}
	}
	return Table{}, refuse("import-empty")
}

func sheetRows(f *excelize.File, name string) (rows [][]string, lines []int, err error) {
	it, err := f.Rows(name)
	if err != nil {
		return nil, nil, refuse("import-unreadable")
	}
	defer it.Close()
	for line := 1; it.Next(); line++ {
		row, err := it.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return nil, nil, refuse("import-unreadable")
		}
		switch {
		case line > MaxRows*2, len(rows) > MaxRows+50:
			return nil, nil, refuse("import-too-many")
		case len(row) > maxColumns && filled(row[maxColumns:]) > 0: // 16,000 cells a row would fill the memory
			return nil, nil, refuse("import-too-large")
		}
		row = row[:min(len(row), maxColumns)]
		if len(row) > 0 {
			rows, lines = append(rows, row), append(lines, line)
		}
	}
	return rows, lines, nil
}

// ---- both ----

// shape finds the headings, the first row with at least two texts, and drops
// empty rows and what lies beyond the headings.
func shape(rows [][]string, lines []int) (t Table, err error) {
	for i, row := range rows {
		for j := range row {
			row[j] = strings.TrimSpace(row[j])
		}
		if len(row) > maxColumns {
			return t, refuse("import-too-large")
		}
		switch filled := filled(row); {
		case t.Headings == nil && filled >= 2:
			t.Headings = headings(row)
		case t.Headings != nil && filled > 0:
			for len(row) < len(t.Headings) {
				row = append(row, "")
			}
			t.Rows, t.Lines = append(t.Rows, row[:len(t.Headings)]), append(t.Lines, lines[i])
		}
	}
	switch {
	case len(t.Rows) == 0:
		return t, refuse("import-empty")
	case len(t.Rows) > MaxRows:
		return t, refuse("import-too-many")
	}
	return t, nil
}

func filled(row []string) (n int) {
	for _, cell := range row {
		if cell != "" {
			n++
		}
	}
	return n
}

// headings makes one line of each heading.
func headings(row []string) []string {
	out := make([]string, len(row))
	for i, h := range row {
		out[i] = strings.Join(strings.Fields(h), " ")
	}
	return out
}
