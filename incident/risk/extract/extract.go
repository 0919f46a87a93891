package extract

import (
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/gabriel-vasile/mimetype"
)

// Limits bounds the work for all files of one document together. The zero value
// of a field means its default.
type Limits struct {
	FileBytes int // bytes of one file; default 32 MiB
	TextBytes int // bytes of text handed over in all; default 64 MiB
	Rows      int // table rows in all; default 500,000
	Pages     int // pages of one PDF; default 1,000
	Entries   int // entries of one archive; default 200
	Depth     int // archives and mails inside one another; default 3
	Unpacked  int // bytes that all archives together unpack to; default 256 MiB
}

func (l Limits) withDefaults() Limits {
	for _, d := range []struct {
		field *int
		value int
	}{
		{&l.FileBytes, 32 << 20}, {&l.TextBytes, 64 << 20}, {&l.Rows, 500_000},
		{&l.Pages, 1000}, {&l.Entries, 200}, {&l.Depth, 3}, {&l.Unpacked, 256 << 20},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	return l
}

// Reason says why a file, or a part of it, was not read.
type Reason string

// The reasons.
const (
	Encrypted   Reason = "encrypted"   // protected by a password
	Unsupported Reason = "unsupported" // a format we do not read
	Image       Reason = "image"       // a picture, sound or film: no text in it for us
	Damaged     Reason = "damaged"     // does not follow its own format
	TooLarge    Reason = "too_large"   // a limit was reached; what came before was read
)

// Problem is one file that was not read in full.
type Problem struct {
	Name   string
	Reason Reason
}

// Visitor receives what is read. A place names the file and the page or line in
// it. Row's cells are only valid during the call; row counts from 1.
type Visitor struct {
	Text func(place, text string)
	Row  func(table string, row int, cells []string)
}

// Reader reads files within one set of limits. It is used by one goroutine.
type Reader struct {
	limits   Limits
	text     int           // bytes of text still allowed
	rows     int           // rows still allowed
	unpacked int           // bytes that may still be unpacked
	patience time.Duration // for what is left of the PDFs
	visit    Visitor
	problems []Problem
}

// NewReader prepares to read the files of one document.
func NewReader(l Limits, v Visitor) *Reader {
	l = l.withDefaults()
	return &Reader{limits: l, text: l.TextBytes, rows: l.Rows, unpacked: l.Unpacked, patience: pdfPatience, visit: v}
}

// Problems lists what was not read in full, in the order of reading.
func (r *Reader) Problems() []Problem { return r.problems }

func (r *Reader) problem(name string, reason Reason) {
	const most = 100 // an archive of broken files must not fill the memory
	if len(r.problems) < most {
		r.problems = append(r.problems, Problem{name, reason})
	}
}

// File reads one file. The content decides what it is; the name is a hint for
// text only.
func (r *Reader) File(name string, data []byte) { r.file(name, data, 0) }

func (r *Reader) file(name string, data []byte, depth int) {
	// A library that panics on hostile bytes must not take the report with it.
	defer func() {
		if recover() != nil {
			r.problem(name, Damaged)
		}
	}()
	if len(data) == 0 {
		return
	}
	if len(data) > r.limits.FileBytes || depth > r.limits.Depth {
		r.problem(name, TooLarge)
		return
	}
	r.dispatch(name, data, depth)
}

func (r *Reader) dispatch(name string, data []byte, depth int) {
	ext := strings.ToLower(path.Ext(name))
	m := mimetype.Detect(data)
	is := func(types ...string) bool {
		for p := m; p != nil; p = p.Parent() {
			for _, t := range types {
				if p.Is(t) {
					return true
				}
			}
		}
		return false
	}
	switch {
	case is("application/pdf"):
		r.pdf(name, data)
	case is("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"):
		r.xlsx(name, data)
	case is("application/zip"):
		r.zip(name, data, depth)
	case ext == ".eml", is("message/rfc822"):
		r.mail(name, data, depth)
	case is("text/html"), ext == ".html", ext == ".htm":
		r.html(name, decode(data))
	case is("text/rtf"):
		r.rtf(name, data)
	case is("text/csv", "text/tab-separated-values"), ext == ".csv", ext == ".tsv", ext == ".tab":
		r.csv(name, decode(data))
	case is("text/plain"):
		r.lines(name, decode(data))
	case strings.HasPrefix(m.String(), "image/"), strings.HasPrefix(m.String(), "audio/"), strings.HasPrefix(m.String(), "video/"):
		r.problem(name, Image)
	case is("application/x-ole-storage"):
		r.problem(name, oleReason(data))
	default:
		r.problem(name, Unsupported)
	}
}

// oleReason tells an encrypted modern document from an old one: the former is an
// old-style container with a stream of this name in UTF-16.
func oleReason(data []byte) Reason {
	if strings.Contains(string(data[:min(len(data), 1<<16)]), "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e") {
		return Encrypted
	}
	return Unsupported
}

// emit hands over one text; false means that the limit is reached.
func (r *Reader) emit(place, text string) bool {
	if len(text) > r.text {
		text = text[:r.text]
		r.text = 0
		r.visit.Text(place, text)
		return false
	}
	r.text -= len(text)
	r.visit.Text(place, text)
	return true
}

// emitRow hands over one row; false means that a limit is reached.
func (r *Reader) emitRow(table string, row int, cells []string) bool {
	size := len(cells) // an empty cell costs something too: a row can have thousands
	for _, c := range cells {
		size += len(c)
	}
	if r.rows <= 0 || size > r.text {
		return false
	}
	r.rows--
	r.text -= size
	r.visit.Row(table, row, cells)
	return true
}

// lines hands over a text in blocks of lines, each with the number of its first.
func (r *Reader) lines(name, text string) {
	line := 1
	for len(text) > 0 {
		block := cut(text, 4096)
		if !r.emit(fmt.Sprintf("%s line %d", name, line), block) {
			r.problem(name, TooLarge)
			return
		}
		line += strings.Count(block, "\n")
		text = text[len(block):]
	}
}

// cut takes a first block of about n bytes that ends at the end of a line, or of
// a word when the line is longer.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	if i := strings.LastIndexByte(text[:n], '\n'); i >= 0 {
		return text[:i+1]
	}
	if i := strings.LastIndexByte(text[:n], ' '); i >= 0 {
		return text[:i+1]
	}
	return text[:n]
}
