package extract

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/ledongthuc/pdf"
)

// pdfPatience is how long the PDFs of one report may take together. It is a last resort behind the other
// limits; a real file of 300 pages takes well under a second.
const pdfPatience = 20 * time.Second

// errSpent stops the PDF library when it has read far more than the file holds.
var errSpent = errors.New("extract: the reading budget is spent")

// meter is a file that can be read only so much. A file whose parts point in a
// circle would otherwise be read for ever; when the meter is empty, the library
// gets an error and gives up.
type meter struct {
	data []byte
	left atomic.Int64
}

func (m *meter) ReadAt(p []byte, off int64) (int, error) {
	if m.left.Add(-int64(len(p))) < 0 {
		return 0, errSpent
	}
	if off < 0 || off >= int64(len(m.data)) {
		return 0, io.EOF
	}
	n := copy(p, m.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// page is one page's text on its way from the reading goroutine.
type page struct {
	number int
	text   string
}

// pdf reads the text of every page. The work runs beside, so that a file that
// keeps the library busy without reading costs a bounded wait.
func (r *Reader) pdf(name string, data []byte) {
	if r.patience <= 0 { // an archive can hold hundreds of files that use it up
		r.problem(name, TooLarge)
		return
	}
	defer func(from time.Time) { r.patience -= time.Since(from) }(time.Now())
	if reason := pdfTrouble(data, r.limits.TextBytes); reason != "" {
		r.problem(name, reason)
		return
	}
	m := &meter{data: data}
	m.left.Store(int64(len(data))*32 + 16<<20)
	pages, done := make(chan page), make(chan Reason, 1)
	stop := make(chan struct{})
	go func() { done <- readPages(m, r.limits.Pages, pages, stop) }()
	defer close(stop)
	defer m.left.Store(0)
	patience := time.NewTimer(r.patience)
	defer patience.Stop()
	for {
		select {
		case p := <-pages:
			if !r.emit(fmt.Sprintf("%s page %d", name, p.number), p.text) {
				r.problem(name, TooLarge)
				return
			}
		case reason := <-done:
			if reason != "" {
				r.problem(name, reason)
			}
			return
		case <-patience.C:
			r.problem(name, TooLarge)
			return
		}
	}
}

// readPages walks the page tree itself, in one pass; the library's own page
// look-up starts from the top for every page.
func readPages(m *meter, most int, pages chan<- page, stop <-chan struct{}) (reason Reason) {
	defer func() {
		if recover() != nil {
			reason = Damaged
		}
	}()
	doc, err := pdf.NewReader(m, int64(len(m.data)))
	if errors.Is(err, pdf.ErrInvalidPassword) {
		return Encrypted
	}
	if err != nil {
		return Damaged
	}
	w := &pageWalk{most: most, fonts: map[string]*pdf.Font{}, pages: pages, stop: stop}
	w.walk(doc.Trailer().Key("Root").Key("Pages"), 0)
	return w.reason
}

// pageWalk is the state of one walk over the page tree.
type pageWalk struct {
	count, most int
	fonts       map[string]*pdf.Font
	pages       chan<- page
	stop        <-chan struct{}
	reason      Reason
}

// walk visits a node of the tree; false means stop.
func (w *pageWalk) walk(node pdf.Value, depth int) bool {
	if depth > 32 {
		w.reason = Damaged
		return false
	}
	kids := node.Key("Kids")
	if kids.Kind() != pdf.Array {
		return node.Kind() != pdf.Dict || w.visit(pdf.Page{V: node})
	}
	for i := range kids.Len() {
		if !w.walk(kids.Index(i), depth+1) {
			return false
		}
	}
	return true
}

func (w *pageWalk) visit(p pdf.Page) bool {
	if w.count++; w.count > w.most {
		w.reason = TooLarge
		return false
	}
	text, err := p.GetPlainText(nil)
	if err != nil {
		w.reason = Damaged // one bad page; the others may be fine
		return true
	}
	select {
	case w.pages <- page{w.count, text}:
		return true
	case <-w.stop:
		return false
	}
}

var (
	pdfStream  = regexp.MustCompile(`stream\r?\n`)
	pdfSize    = regexp.MustCompile(`/(?:Size|N|Columns|Colors|Count|First)[\s\x00]+(\d+)`)
	pdfIndex   = regexp.MustCompile(`/(?:Index|W)[\s\x00]*\[([^\]]{0,1000})\]`)
	pdfTable   = regexp.MustCompile(`(?m)^\s*(\d{1,12}) (\d{1,12})\s*$`)
	pdfEscape  = regexp.MustCompile(`/[A-Za-z]*#[4-7][0-9A-Fa-f]`)
	pdfNumbers = regexp.MustCompile(`\d+`)
)

// pdfTrouble refuses, before the library sees it, a file that names absurd
// sizes (the library would set that much memory aside) or unpacks to too much.
func pdfTrouble(data []byte, limit int) Reason {
	const mostObjects, mostHits = 2_000_000, 200_000
	sizes, tables := pdfSize.FindAllSubmatch(data, mostHits), pdfTable.FindAllSubmatch(data, mostHits)
	if len(sizes) == mostHits || len(tables) == mostHits {
		return Damaged
	}
	absurd := func(digits []byte) bool {
		n, err := strconv.ParseInt(string(digits), 10, 64)
		return err != nil || n > mostObjects || n > int64(len(data))
	}
	for _, m := range sizes {
		if absurd(m[1]) {
			return Damaged
		}
	}
	for _, m := range pdfIndex.FindAllSubmatch(data, mostHits) {
		for _, n := range pdfNumbers.FindAll(m[1], -1) {
			if absurd(n) {
				return Damaged
			}
		}
	}
	for _, m := range tables {
		if absurd(m[1]) || absurd(m[2]) {
			return Damaged
		}
	}
	if pdfEscape.Match(data) {
		return Damaged // a letter has no need to hide
	}
	return pdfBomb(data, limit)
}

// pdfBomb unpacks every stream once, throwing the result away.
func pdfBomb(data []byte, limit int) Reason {
	left := int64(limit) * 4
	var z io.ReadCloser // one for all streams: each takes 40 KiB, and there can be millions
	for _, at := range pdfStream.FindAllIndex(data, -1) {
		var err error
		if z == nil {
			z, err = zlib.NewReader(bytes.NewReader(data[at[1]:]))
		} else {
			err = z.(zlib.Resetter).Reset(bytes.NewReader(data[at[1]:]), nil)
		}
		if err != nil {
			continue
		}
		var head [2]byte
		n, _ := io.ReadFull(z, head[:])
		if n == 2 && head[0] == 0x78 && (int(head[0])<<8|int(head[1]))%31 == 0 {
			return TooLarge // packed twice: only a bomb does that
		}
		more, _ := io.Copy(io.Discard, io.LimitReader(z, left+1))
		if left -= more; left < 0 {
			return TooLarge
		}
	}
	return ""
}
