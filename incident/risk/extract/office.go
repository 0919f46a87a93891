package extract

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/xuri/excelize/v2"
)

// xlsx reads every sheet row by row. Both limits of the library are the same,
// so that it never moves a large sheet to a temporary file.
func (r *Reader) xlsx(name string, data []byte) {
	limit := int64(min(r.unpacked, r.limits.TextBytes*4)) // XML around the text
	reason, unpacked := Workbook(data, limit)
	if r.unpacked -= int(unpacked); reason != "" {
		r.problem(name, reason)
		return
	}
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: limit, UnzipXMLSizeLimit: limit})
	if err != nil {
		r.problem(name, Damaged)
		return
	}
	defer f.Close()
	for _, sheet := range f.GetSheetList() {
		if !r.sheet(f, name, sheet) {
			r.problem(name, TooLarge)
			return
		}
	}
}

// sheet reads one sheet; false means that a limit is reached.
func (r *Reader) sheet(f *excelize.File, name, sheet string) bool {
	rows, err := f.Rows(sheet)
	if err != nil {
		r.problem(name, Damaged)
		return true
	}
	defer rows.Close()
	for n := 1; rows.Next(); n++ {
		cells, err := rows.Columns()
		if err != nil {
			r.problem(name, Damaged)
			return true
		}
		if len(cells) > 0 && !r.emitRow(name+" sheet "+sheet, n, cells) {
			return false
		}
	}
	return true
}

// entryReason tells a password from a fault: bit 0 marks encryption.
func entryReason(e *zip.File) Reason {
	if e.Flags&1 != 0 {
		return Encrypted
	}
	return Damaged
}

// zip reads an archive. Documents of office programs are archives of XML: of
// those the parts with text are read; of any other archive every file.
func (r *Reader) zip(name string, data []byte, depth int) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		r.problem(name, Damaged)
		return
	}
	office := isOffice(z)
	for i, e := range z.File {
		if i >= r.limits.Entries*10 || (!office && i >= r.limits.Entries) {
			r.problem(name, TooLarge)
			return
		}
		switch {
		case e.FileInfo().IsDir(), office && !hasText(e.Name):
		case e.Flags&1 != 0:
			r.problem(name+"/"+path.Base(e.Name), Encrypted)
		case r.unpacked <= 0:
			r.problem(name, TooLarge)
			return
		case office:
			r.officePart(name, e)
		default:
			r.entry(name, e, depth)
		}
	}
}

func isOffice(z *zip.Reader) bool {
	for _, e := range z.File {
		if e.Name == "[Content_Types].xml" || e.Name == "content.xml" {
			return true
		}
	}
	return false
}

// hasText names the parts of DOCX, PPTX, ODT and ODS that hold what people wrote.
func hasText(entry string) bool {
	dir, base := path.Split(entry)
	switch dir {
	case "word/":
		for _, p := range []string{"document", "header", "footer", "comments", "footnotes", "endnotes"} {
			if strings.HasPrefix(base, p) {
				return true
			}
		}
	case "ppt/slides/", "ppt/notesSlides/":
		return strings.HasSuffix(base, ".xml")
	case "":
		return base == "content.xml"
	}
	return false
}

// entry reads one file of an archive, bounded by what is left to read.
func (r *Reader) entry(name string, e *zip.File, depth int) {
	rc, err := e.Open()
	if err != nil {
		r.problem(name, entryReason(e))
		return
	}
	defer rc.Close()
	data, err := io.ReadAll(io.LimitReader(rc, int64(min(r.limits.FileBytes, r.text, r.unpacked))+1))
	r.unpacked -= len(data)
	if err != nil {
		r.problem(name, Damaged)
		return
	}
	r.file(name+"/"+path.Base(e.Name), data, depth+1)
}

// officePart hands over the paragraphs of one XML part.
func (r *Reader) officePart(name string, e *zip.File) {
	rc, err := e.Open()
	if err != nil {
		r.problem(name, Damaged)
		return
	}
	defer rc.Close()
	limited := &io.LimitedReader{R: rc, N: int64(min(r.unpacked, r.limits.TextBytes*4))}
	defer func(before int64) { r.unpacked -= int(before - limited.N) }(limited.N)
	d := xml.NewDecoder(limited)
	d.Strict = false
	number, text := 1, strings.Builder{}
	flush := func() bool {
		ok := strings.TrimSpace(text.String()) == "" || r.emit(fmt.Sprintf("%s paragraph %d", name, number), text.String())
		number++
		text.Reset()
		return ok
	}
	for {
		t, err := d.Token()
		if err != nil {
			if !flush() || limited.N <= 0 {
				r.problem(name, TooLarge)
			} else if !errors.Is(err, io.EOF) {
				r.problem(name, Damaged)
			}
			return
		}
		switch t := t.(type) {
		case xml.CharData:
			text.Write(t)
		case xml.StartElement:
			if t.Name.Local == "tab" || t.Name.Local == "br" {
				text.WriteByte(' ')
			}
		case xml.EndElement:
			if (t.Name.Local == "p" || t.Name.Local == "h" || text.Len() > 1<<16) && !flush() {
				r.problem(name, TooLarge)
				return
			}
		}
	}
}
