package register

import (
	"fmt"
	"io"
	"strings"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
)

// The paper: A4 landscape, in millimetres.
const (
	pageWidth, pageHeight = 297.0, 210.0
	margin                = 10.0
	lineHeight            = 3.3
	fontSize              = 7.5
	tableTop              = 30.0
	tableBottom           = pageHeight - 16
	gap                   = 1.5 // between two blocks
)

// block is one column of the paper: several columns of the register under one
// heading, each named where its value does not speak for itself.
type block struct {
	id    string
	width float64
	plain []string // columns shown without their name
	named []string
}

func blocks() []block {
	return []block{
		{"case", 34, []string{"reference", "status"}, []string{"own-reference", "received", "aware", "due", "merged"}},
		{"happened", 52, []string{"title", "summary"}, []string{"cause", "nature", "intent", "occurred-from", "occurred-until", "channel"}},
		{"data", 37, nil, []string{"data", "special", "groups", "people"}},
		{"effects", 37, []string{"effects"}, []string{"protection"}},
		{"measures", 35, []string{"measures"}, nil},
		{"ap", 47, []string{"ap", "ap-reasons"}, []string{"verdict", "severity", "filed", "filed-number", "late", "delay", "advice", "decided-by"}},
		{"told", 35, []string{"told", "told-reasons"}, []string{"told-at", "role", "controller"}},
	}
}

// pdfWriter writes the register on paper: page x of y, with the period and the
// head of the chain on every page. Its number of pages is known last, so the
// file is held until then.
type pdfWriter struct {
	out    io.Writer
	w      *Words
	about  About
	pdf    *fpdf.Fpdf
	blocks []block
	names  map[string]Column
	rows   int
	y      float64
}

func newPDF(out io.Writer, w *Words, about About) (*pdfWriter, error) {
	p := &pdfWriter{out: out, w: w, about: about, pdf: fpdf.New("L", "mm", "A4", ""), blocks: blocks(), names: map[string]Column{}}
	for _, c := range Columns() {
		p.names[c.ID] = c
	}
	p.pdf.AddUTF8FontFromBytes("go", "", goregular.TTF)
	p.pdf.AddUTF8FontFromBytes("go", "B", gobold.TTF)
	p.pdf.SetMargins(margin, margin, margin)
	p.pdf.SetAutoPageBreak(false, 0)
	p.pdf.SetCellMargin(0)
	p.pdf.SetTitle(w.t("title", nil), true)
	p.pdf.SetLang(w.Lang)
	p.pdf.SetCreationDate(about.Made)
	p.pdf.SetModificationDate(about.Made)
	p.pdf.SetCatalogSort(true)
	p.pdf.AliasNbPages(pagesMark)
	p.page()
	return p, p.failed()
}

// pagesMark stands for the number of pages until it is known.
const pagesMark = "{0123456789}"

func (p *pdfWriter) failed() error {
	if err := p.pdf.Error(); err != nil {
		return fmt.Errorf("register: pdf: %w", err)
	}
	return nil
}

func (p *pdfWriter) print(x, y float64, text string) { p.pdf.Text(x, y, printable(text)) }

// printable leaves out what the font has no place for: its table ends with the
// first plane of Unicode.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r < ' ':
			return ' '
		case r > 0xffff:
			return '□'
		}
		return r
	}, s)
}

// page begins a page with what stands on every one.
func (p *pdfWriter) page() {
	p.pdf.AddPage()
	p.pdf.SetFont("go", "B", 12)
	p.print(margin, margin+4, p.w.t("title", nil))
	p.pdf.SetFont("go", "", 8)
	p.print(margin, margin+9, strings.TrimPrefix(p.about.Organisation+"; ", "; ")+p.w.period(p.about))
	p.foot()
	p.pdf.SetFont("go", "B", fontSize)
	x, y := margin, tableTop-5.5
	for _, b := range p.blocks {
		for i, line := range p.pdf.SplitText(printable(p.w.t("block."+b.id, nil)), b.width-gap) {
			p.pdf.Text(x, y+float64(i)*lineHeight, line)
		}
		x += b.width
	}
	p.y = tableTop
	p.rule(0.4)
	p.pdf.SetFont("go", "", fontSize)
}

func (p *pdfWriter) foot() {
	p.pdf.SetFont("go", "", 6.5)
	said := p.w.t("paper-foot", map[string]any{"at": p.about.Made, "head": headOf(p.about.Head)})
	p.print(margin, pageHeight-8, said)
	page := p.w.t("paper-page", map[string]any{"page": p.pdf.PageNo(), "all": pagesMark})
	p.print(pageWidth-margin-30, pageHeight-8, page)
}

// rule draws a line over the whole table.
func (p *pdfWriter) rule(width float64) {
	p.pdf.SetLineWidth(width)
	p.pdf.Line(margin, p.y-lineHeight+0.6, pageWidth-margin, p.y-lineHeight+0.6)
}

// Row implements Writer. A row that does not fit goes on on the next page.
func (p *pdfWriter) Row(r *Row) error {
	columns := make([][]string, len(p.blocks))
	most := 0
	for i, b := range p.blocks {
		columns[i] = p.pdf.SplitText(printable(p.block(b, r)), b.width-gap)
		most = max(most, len(columns[i]))
	}
	const fits = 49 // lines on a page
	if most <= fits && p.y+float64(most)*lineHeight > tableBottom {
		p.page()
	}
	for i := range most {
		if p.y > tableBottom {
			p.page()
		}
		x := margin
		for j, b := range p.blocks {
			if i < len(columns[j]) {
				p.pdf.Text(x, p.y, columns[j][i])
			}
			x += b.width
		}
		p.y += lineHeight
	}
	p.y += 1
	p.rule(0.1)
	p.y += 0.6
	p.rows++
	return p.failed()
}

// block says what stands in one column of the paper.
func (p *pdfWriter) block(b block, r *Row) string {
	var said []string
	for _, id := range b.plain {
		said = append(said, p.names[id].Cell(p.w, r).Text)
	}
	for _, id := range b.named {
		if text := p.names[id].Cell(p.w, r).Text; text != "" {
			said = append(said, p.w.Heading(id)+": "+text)
		}
	}
	return lines(said...)
}

// Close implements Writer: the last page says what the file is.
func (p *pdfWriter) Close(o Outside) error {
	said := p.w.about(p.about, p.rows, o)
	if p.y+float64(len(said)+2)*lineHeight > tableBottom {
		p.page()
	}
	p.y += lineHeight
	for _, pair := range said {
		p.pdf.SetFont("go", "B", fontSize)
		p.print(margin, p.y, pair[0])
		p.pdf.SetFont("go", "", fontSize)
		for _, line := range p.pdf.SplitText(printable(pair[1]), pageWidth-2*margin-50) {
			p.pdf.Text(margin+50, p.y, line)
			p.y += lineHeight
		}
	}
	if err := p.pdf.Output(p.out); err != nil {
		return fmt.Errorf("register: pdf: %w", err)
	}
	return nil
}
