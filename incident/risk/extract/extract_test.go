package extract

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"codeberg.org/go-pdf/fpdf"
	"github.com/xuri/excelize/v2"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// read runs a file through a reader and gives the text, the rows and the problems.
func read(l Limits, name string, data []byte) (text string, rows [][]string, problems []Problem) {
	var b strings.Builder
	r := NewReader(l, Visitor{
		Text: func(place, text string) { fmt.Fprintf(&b, "[%s]%s\n", place, text) },
		Row: func(_ string, _ int, cells []string) {
			rows = append(rows, append([]string(nil), cells...))
		},
	})
	r.File(name, data)
	return b.String(), rows, r.Problems()
}

func TestFormats(t *testing.T) {
	for _, c := range []struct {
		name, file string
		data       []byte
		want       string // in the text, or in a row
	}{
		{"plain text in UTF-8", "a.txt", []byte("één regel"), "één regel"},
		{"plain text in Windows-1252", "a.txt", []byte("\xe9\xe9n regel"), "één regel"},
		{"plain text in UTF-16", "a.txt", []byte("\xff\xfeh\x00o\x00i\x00"), "hoi"},
		{"a table with semicolons", "a.csv", []byte("naam;plaats\nA;Ede\n"), "A|Ede"},
		{"a table with commas and quotes", "a.csv", []byte("naam,plaats\n\"A, B\",Ede\n"), "A, B|Ede"},
		{"a table with a stray quote", "a.csv", []byte("naam;hoogte\nA;5\" hoog\n"), "A|5\" hoog"},
		{"a web page without its scripts", "a.html", []byte("<html><p>hoi</p><script>geheim()</script></html>"), "hoi"},
		{"rich text", "a.rtf", []byte(`{\rtf1\ansi hoi\par daar}`), "daar"},
		{"a mail in quoted-printable", "a.eml", []byte("From: a@b.nl\nSubject: =?utf-8?q?h=C3=A9?=\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n=C3=A9=C3=A9n\n"), "één"},
		{"its subject", "a.eml", []byte("From: a@b.nl\nSubject: =?utf-8?q?h=C3=A9?=\n\nx\n"), "hé"},
		{"a file inside a mail", "a.eml", []byte("Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Disposition: attachment; filename=l.csv\nContent-Type: text/csv\n\na;b\n1;2\n--x--\n"), "1|2"},
		{"a file inside an archive", "a.zip", archive(t, map[string]string{"l.csv": "a;b\n1;2\n"}), "1|2"},
		{"an archive in an archive", "a.zip", archive(t, map[string]string{"b.zip": string(archive(t, map[string]string{"l.csv": "a;b\n1;2\n"}))}), "1|2"},
		{"an ODF text", "a.odt", archive(t, map[string]string{"content.xml": "<office><text:p>hoi daar</text:p></office>"}), "hoi daar"},
		{"a PDF", "a.pdf", letter(t, "hoi daar"), "hoi daar"},
		{"a spreadsheet", "a.xlsx", sheet(t, 3), "cel 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, rows, problems := read(Limits{}, c.file, c.data)
			for _, r := range rows {
				text += strings.Join(r, "|") + "\n"
			}
			if !strings.Contains(text, c.want) || len(problems) > 0 {
				t.Errorf("got %q and %v, want %q", text, problems, c.want)
			}
			if strings.Contains(text, "geheim") {
				t.Error("a script is no text")
			}
		})
	}
}

func TestHostileFilesAreRefusedWithAReason(t *testing.T) {
	for _, c := range []struct {
		name, file string
		data       []byte
		want       Reason
	}{
		{"a picture", "logo.png", []byte("\x89PNG\r\n\x1a\n0000IHDR"), Image},
		{"an unknown format", "a.bin", []byte{0, 1, 2, 3, 4, 0xff, 0xfe, 0, 0, 9}, Unsupported},
		{"an old office file", "a.xls", append([]byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}, make([]byte, 600)...), Unsupported},
		{"a cut archive", "a.zip", archive(t, map[string]string{"a.txt": "x"})[:30], Damaged},
		{"a cut PDF", "a.pdf", letter(t, "x")[:200], Damaged},
		{"a spreadsheet that unpacks to far too much", "a.xlsx", bombXLSX(t), TooLarge},
		{"an archive that unpacks to far too much", "a.zip", archive(t, map[string]string{"a.txt": strings.Repeat("a", 3<<20)}), TooLarge},
		{"a PDF stream that unpacks to far too much", "a.pdf", pdfWith("/Length 1", packed(6<<20)), TooLarge},
		{"a PDF stream packed twice", "a.pdf", pdfWith("/Length 1", packedTwice()), TooLarge},
		{"a PDF that names a billion objects", "a.pdf", pdfWith("/Type /XRef /Size 1000000000 /W [1 2 1]", nil), Damaged},
		{"a PDF with an absurd index", "a.pdf", pdfWith("/Type /XRef /Size 5 /Index [999999999 1]", nil), Damaged},
		{"a PDF whose names hide letters", "a.pdf", pdfWith("/Si#7ae 1000000000", nil), Damaged},
		{"a PDF whose tables point in a circle", "a.pdf", circular(), Damaged},
		{"a file larger than the limit", "a.txt", bytes.Repeat([]byte("a "), 2<<20), TooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _, problems := read(Limits{FileBytes: 2 << 20, TextBytes: 1 << 20}, c.file, c.data)
			runtime.ReadMemStats(&after)
			if len(problems) == 0 || problems[0].Reason != c.want {
				t.Errorf("got %v, want %s", problems, c.want)
			}
			if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 300 {
				t.Errorf("used %d MiB", used)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	text, _, problems := read(Limits{TextBytes: 100}, "a.txt", bytes.Repeat([]byte("woord "), 100))
	if len(text) > 200 || len(problems) != 1 || problems[0].Reason != TooLarge {
		t.Errorf("text: %d bytes, %v", len(text), problems)
	}
	_, rows, problems := read(Limits{Rows: 5}, "a.csv", bytes.Repeat([]byte("a;b\n"), 100))
	if len(rows) != 5 || len(problems) != 1 {
		t.Errorf("rows: %d, %v", len(rows), problems)
	}
	deep := archive(t, map[string]string{"a.txt": "bodem"})
	for range 6 {
		deep = archive(t, map[string]string{"a.zip": string(deep)})
	}
	text, _, problems = read(Limits{}, "a.zip", deep)
	if strings.Contains(text, "bodem") || len(problems) != 1 {
		t.Errorf("depth: %q, %v", text, problems)
	}
	_, _, problems = read(Limits{Pages: 2}, "a.pdf", pages(t, 5))
	if len(problems) != 1 || problems[0].Reason != TooLarge {
		t.Errorf("pages: %v", problems)
	}
}

// Personal data must not reach the disk, not even for a moment. The library would
// put a sheet of this size in a temporary file by default; the test looks in the
// temporary folder while the rows come by.
func TestLargeSpreadsheetWritesNoTemporaryFile(t *testing.T) {
	const most = 2200
	data := wideSheet(t, most, 8000) // more than the 16 MiB that the library keeps in memory by default
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	rows := 0
	r := NewReader(Limits{}, Visitor{Row: func(string, int, []string) {
		if rows++; rows == 1 || rows == most {
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("row %d: %v in the temporary folder, %v", rows, left, err)
			}
		}
	}})
	r.File("a.xlsx", data)
	if rows != most || len(r.Problems()) > 0 {
		t.Errorf("%d rows, %v", rows, r.Problems())
	}
}

func FuzzFile(f *testing.F) {
	f.Add("a.pdf", letter(f, "hoi"))
	f.Add("a.xlsx", sheet(f, 2))
	f.Add("a.zip", archive(f, map[string]string{"a.csv": "a;b"}))
	f.Add("a.eml", []byte("Content-Type: multipart/mixed; boundary=x\n\n--x\n\nhoi\n--x--\n"))
	f.Add("a.rtf", []byte(`{\rtf1 a\'e9\`))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		text, _, _ := read(Limits{TextBytes: 1 << 20, Rows: 1000}, name, data)
		if len(text) > 8<<20 {
			t.Fatalf("%d bytes came out", len(text))
		}
	})
}

func archive(t testing.TB, files map[string]string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range files {
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

func sheet(t testing.TB, rows int) []byte { return wideSheet(t, rows, 20) }

// wideSheet is a spreadsheet whose rows hold about width bytes each.
func wideSheet(t testing.TB, rows, width int) []byte {
	x := excelize.NewFile()
	defer x.Close()
	w, err := x.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if err := w.SetRow(fmt.Sprintf("A%d", i+1), []any{fmt.Sprintf("cel %d", i), "klant", strings.Repeat("bijzonderheden ", width/15)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := x.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bombXLSX is a real spreadsheet with one entry that unpacks to 6 MiB of nothing.
func bombXLSX(t testing.TB) []byte {
	z, err := zip.NewReader(bytes.NewReader(sheet(t, 1)), int64(len(sheet(t, 1))))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	for _, e := range z.File {
		if err := out.Copy(e); err != nil {
			t.Fatal(err)
		}
	}
	w, err := out.Create("xl/media/x.xml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 6<<20)); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func letter(t testing.TB, text string) []byte { return pagesOf(t, 1, text) }
func pages(t testing.TB, n int) []byte        { return pagesOf(t, n, "bladzijde") }

func pagesOf(t testing.TB, n int, text string) []byte {
	p := fpdf.New("P", "mm", "A4", "")
	p.SetFont("Helvetica", "", 11)
	for range n {
		p.AddPage()
		p.MultiCell(0, 6, text, "", "", false)
	}
	var b bytes.Buffer
	if err := p.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func packed(n int) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(make([]byte, n))
	w.Close()
	return b.Bytes()
}

func packedTwice() []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(packed(1 << 20))
	w.Close()
	return b.Bytes()
}

// pdfWith is a PDF of one object with this dictionary and stream.
func pdfWith(dict string, stream []byte) []byte {
	head := "%PDF-1.5\n1 0 obj\n<< " + dict + " >>\n"
	return []byte(head + "stream\n" + string(stream) + "\nendstream\nendobj\nstartxref\n9\n%%EOF\n" + strings.Repeat(" ", 0))
}

// circular is a PDF whose cross-reference table names itself as the one before.
func circular() []byte {
	head := "%PDF-1.5\n"
	return []byte(head + fmt.Sprintf("xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 1 /Prev %d >>\n", len(head)) +
		strings.Repeat("% filler to make the file long enough for its last lines\n", 4) + fmt.Sprintf("startxref\n%d\n%%%%EOF\n", len(head)))
}
