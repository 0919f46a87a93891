package extract

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// TestSmallFilesThatAreMuchWork: what a stranger mails must not keep the reports
// of others waiting, nor fill the memory. Each of these is a few KiB to send.
func TestSmallFilesThatAreMuchWork(t *testing.T) {
	zeros := zeroes(t, 20, 1<<20)
	for _, c := range []struct {
		name, file string
		data       []byte
	}{
		{"archives in an archive, full of zeros that nobody reads as text", "a.zip", archive(t, map[string]string{"a.zip": zeros, "b.zip": zeros, "c.zip": zeros})},
		{"a table with a row of nothing but separators", "a.csv", []byte("a;b\nc;d\n" + strings.Repeat(";", 2<<20))},
		{"a spreadsheet with one cell at the far end of every row", "a.xlsx", workbook(t, "xl/worksheets/sheet1.xml", farCells(300))},
		{"a spreadsheet with texts that no cell shows", "a.xlsx", workbook(t, "xl/sharedStrings.xml", "<sst>"+strings.Repeat("<si><t>a</t></si>", mostTags/4+1)+"</sst>")},
		{"a PDF that says its size a million times", "a.pdf", []byte("%PDF-1.5\n" + strings.Repeat("/Size 1\n", 1<<20))},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := NewReader(Limits{TextBytes: 4 << 20, Unpacked: 32 << 20}, Visitor{Text: func(string, string) {}, Row: func(string, int, []string) {}})
			r.File(c.file, c.data)
			for _, p := range r.Problems() {
				if p.Reason == TooLarge || p.Reason == Damaged {
					return
				}
			}
			t.Errorf("it was read to the end: %v", r.Problems())
		})
	}
}

// TestUnpackingIsBoundedForAllFilesTogether: the bound is of the report, not of
// each file in it.
func TestUnpackingIsBoundedForAllFilesTogether(t *testing.T) {
	r := NewReader(Limits{Unpacked: 8 << 20}, Visitor{Text: func(string, string) {}})
	for range 5 {
		r.File("a.zip", []byte(zeroes(t, 3, 1<<20)))
	}
	if r.unpacked < -(1<<20) || r.unpacked > 0 {
		t.Errorf("%d bytes are left of 8 MiB after 15 MiB", r.unpacked)
	}
	if r.patience = 0; len(r.Problems()) == 0 {
		t.Error("nobody is told that a part was not read")
	}
	before := len(r.Problems())
	r.File("a.pdf", letter(t, "hoi"))
	if len(r.Problems()) != before+1 {
		t.Error("a PDF is read although the others used all time up")
	}
}

func zeroes(t testing.TB, files, size int) string {
	content := map[string]string{}
	for i := range files {
		content[fmt.Sprintf("%d.bin", i)] = string(make([]byte, size))
	}
	return string(archive(t, content))
}

func farCells(rows int) string {
	var b strings.Builder
	for i := range rows {
		fmt.Fprintf(&b, `<row r="%d"><c r="A%d"><v>1</v></c><c r="XFD%d"><v>1</v></c></row>`, i+1, i+1, i+1)
	}
	return `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + b.String() + `</sheetData></worksheet>`
}

// workbook is an empty spreadsheet with one of its parts exchanged.
func workbook(t testing.TB, part, content string) []byte {
	empty := excelize.NewFile()
	defer empty.Close()
	var raw, b bytes.Buffer
	if err := empty.Write(&raw); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(raw.Bytes()), int64(raw.Len()))
	if err != nil {
		t.Fatal(err)
	}
	out := zip.NewWriter(&b)
	for _, e := range z.File {
		if e.Name == part {
			continue
		}
		if err := out.Copy(e); err != nil {
			t.Fatal(err)
		}
	}
	w, err := out.Create(part)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(w, content)
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
