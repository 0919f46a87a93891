package dossier

import (
	"fmt"
	"io"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
)

// Measures of a sheet, in millimetres; text in points.
const (
	pdfMargin = 18.0
	pdfBottom = 20.0
	pdfText   = 10.0
	pdfSmall  = 8.5
	pdfLine   = 4.9 // of ordinary text
	pdfFont   = "go"
)

// sheet is a PDF under way: A4, an embedded font with every letter of Dutch, and
// a foot with the page's number.
type sheet struct{ *fpdf.Fpdf }

// newSheet begins a PDF. The date of its making is the caller's, so that the
// same document is the same bytes.
func newSheet(lang, title, foot, orientation string, at time.Time) sheet {
	s := sheet{fpdf.New(orientation, "mm", "A4", "")}
	s.AddUTF8FontFromBytes(pdfFont, "", goregular.TTF)
	s.AddUTF8FontFromBytes(pdfFont, "B", gobold.TTF)
	s.SetMargins(pdfMargin, pdfMargin, pdfMargin)
	s.SetAutoPageBreak(true, pdfBottom)
	s.SetCatalogSort(true)
	s.SetCreationDate(at)
	s.SetModificationDate(at)
	s.SetLang(lang)
	s.SetTitle(title, true)
	s.SetProducer("Meldklok", true)
	s.AliasNbPages("{n}")
	s.SetFooterFunc(func() {
		s.SetY(-14)
		s.style("", pdfSmall, 90)
		width, _ := s.GetPageSize()
		s.CellFormat(width-2*pdfMargin-20, 5, foot, "", 0, "L", false, 0, "")
		s.CellFormat(20, 5, fmt.Sprintf("%d / {n}", s.PageNo()), "", 0, "R", false, 0, "")
	})
	s.AddPage()
	return s
}

// style sets font and grey.
func (s sheet) style(weight string, size float64, grey int) {
	s.SetFont(pdfFont, weight, size)
	s.SetTextColor(grey, grey, grey)
}

// para writes a text that may span lines, and space below it.
func (s sheet) para(text string, line, below float64) {
	s.MultiCell(0, line, printable(text), "", "L", false)
	s.Ln(below)
}

// printable leaves out what the font has no sign for but a box: control signs,
// and everything outside the first plane (the library cannot embed it).
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case r < ' ' || (r >= 0x7f && r < 0xa0) || r == 0xfeff || (r >= 0x200b && r <= 0x200f):
			return -1
		case r > 0xffff:
			return '□'
		}
		return r
	}, text)
}

// room begins a new page when less than h is left on this one.
func (s sheet) room(h float64) {
	_, height := s.GetPageSize()
	if s.GetY()+h > height-pdfBottom {
		s.AddPage()
	}
}

// writePDF writes the copy for the file. It is untagged: the page in HTML is the
// accessible original.
func (d *document) writePDF(w io.Writer) error {
	s := newSheet(d.Lang, d.Title, d.Footer, "P", d.At)
	s.style("B", 16, 20)
	s.para(d.Title, 7, 2)
	for _, p := range d.About {
		s.style("", pdfText, 90)
		s.CellFormat(34, pdfLine, printable(p.Term), "", 0, "L", false, 0, "")
		s.style("", pdfText, 20)
		s.para(p.Text, pdfLine, 0)
	}
	if len(d.About) > 0 {
		s.Ln(3)
	}
	if d.Draft != "" {
		s.note(block{Text: d.Draft})
	}
	for _, b := range d.Blocks {
		s.block(b)
	}
	if err := s.Output(w); err != nil {
		return fmt.Errorf("pdf: %w", err)
	}
	return nil
}

func (s sheet) block(b block) {
	switch b.Kind {
	case blockHeading:
		s.room(34) // with the first question below it
		s.Ln(3)
		s.style("B", 12, 20)
		s.para(b.Text, 6, 1)
	case blockNote:
		s.note(b)
	case blockList:
		s.items(b.Items)
	case blockAnswer:
		s.answer(b)
	default:
		s.style("", pdfText, 20)
		s.para(b.Text, pdfLine, 2.5)
	}
}

// indented writes a text between an indent and the right margin.
func (s sheet) indented(indent float64, text string, line, below float64) {
	s.SetLeftMargin(pdfMargin + indent)
	s.SetX(pdfMargin + indent)
	s.para(text, line, below)
	s.SetLeftMargin(pdfMargin)
	s.SetX(pdfMargin)
}

func (s sheet) items(items []string) {
	for _, item := range items {
		s.room(pdfLine)
		s.style("", pdfText, 20)
		s.CellFormat(5, pdfLine, "•", "", 0, "L", false, 0, "")
		s.indented(5, item, pdfLine, 0.8)
	}
	s.Ln(1.8)
}

// note writes a frame with something to act on.
func (s sheet) note(b block) {
	text := printable(b.Text)
	for _, item := range b.Items {
		text += "\n•  " + printable(item)
	}
	s.style("", pdfText, 20)
	width, _ := s.GetPageSize()
	s.room(float64(len(s.SplitText(text, width-2*pdfMargin-4)))*pdfLine + 4)
	s.SetFillColor(253, 240, 213)
	if b.Bad {
		s.SetFillColor(252, 232, 232)
	}
	s.MultiCell(0, pdfLine, text, "", "L", true)
	s.Ln(3)
}

// answer writes one question: number, label, state; below it what was answered.
func (s sheet) answer(b block) {
	const no, tag = 15.0, 28.0
	width, _ := s.GetPageSize()
	label := width - 2*pdfMargin - no - tag
	s.room(24)
	s.SetDrawColor(205, 212, 219)
	s.Line(pdfMargin, s.GetY(), width-pdfMargin, s.GetY())
	s.Ln(1.8)
	top, page := s.GetY(), s.PageNo()
	s.style("B", pdfText, 20)
	s.CellFormat(no, pdfLine, b.Number, "", 0, "L", false, 0, "")
	s.MultiCell(label, pdfLine, printable(b.Text), "", "L", false)
	below := s.GetY()
	if s.PageNo() == page {
		s.SetXY(width-pdfMargin-tag, top)
		s.stateColour(b.State)
		s.CellFormat(tag, pdfLine, b.Word, "", 0, "R", false, 0, "")
		s.SetXY(pdfMargin, below)
	}
	if b.Other != "" {
		s.style("", pdfSmall, 90)
		s.indented(no, b.Other, 4.2, 0.6)
	}
	for _, line := range b.Items {
		s.style("", pdfText, 20)
		s.indented(no, line, pdfLine, 0.3)
	}
	if b.Note != "" {
		s.style("", pdfSmall, 90)
		s.indented(no, b.Note, 4.2, 0.3)
	}
	s.Ln(2)
}

func (s sheet) stateColour(state State) {
	s.SetFont(pdfFont, "B", pdfSmall)
	switch state {
	case Recorded:
		s.SetTextColor(29, 107, 60)
	case Missing:
		s.SetTextColor(164, 22, 26)
	case Skipped:
		s.SetTextColor(90, 90, 90)
	default:
		s.SetTextColor(122, 74, 0)
	}
}
