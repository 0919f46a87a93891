package dossier

import (
	"io"
	"strings"
	"time"

	"meldklok/ui/locale"
)

// document is a paper before it is written in a format.
type document struct {
	Lang   string
	Title  string
	About  []pair // reference, date, source: under the title
	Draft  string // why it is a draft; shown on top and on every page
	Footer string
	At     time.Time // UTC; when it was made
	Blocks []block
}

// pair is a term and what stands beside it.
type pair struct{ Term, Text string }

// blockKind says what a block is.
type blockKind string

// The blocks.
const (
	blockHeading blockKind = "heading"
	blockPara    blockKind = "para"
	blockNote    blockKind = "note" // something to act on
	blockList    blockKind = "list"
	blockAnswer  blockKind = "answer"
)

// block is one piece of a paper. Answers are questions of a form with what was
// answered; the other kinds speak for themselves.
type block struct {
	Kind  blockKind
	Text  string
	Items []string // of a list; lines of an answer

	Number string // of an answer
	Other  string // the label in the other language
	State  State
	Word   string // the state in words
	Note   string
	Bad    bool
}

// paragraphs splits a text of a person into blocks: paragraphs with an empty
// line between them, «# » a heading, «- » an item.
func paragraphs(text string) (blocks []block) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	for part := range strings.SplitSeq(text, "\n\n") {
		blocks = append(blocks, paragraph(strings.Split(strings.Trim(part, "\n"), "\n"))...)
	}
	return blocks
}

// paragraph reads the lines of one part: headings and items may stand directly
// above or below plain lines.
func paragraph(lines []string) (blocks []block) {
	for _, line := range lines {
		last := len(blocks) - 1
		heading, isHeading := strings.CutPrefix(line, "# ")
		item, isItem := strings.CutPrefix(line, "- ")
		switch {
		case strings.TrimSpace(line) == "":
		case isHeading:
			blocks = append(blocks, block{Kind: blockHeading, Text: strings.TrimSpace(heading)})
		case isItem && last >= 0 && blocks[last].Kind == blockList:
			blocks[last].Items = append(blocks[last].Items, strings.TrimSpace(item))
		case isItem:
			blocks = append(blocks, block{Kind: blockList, Items: []string{strings.TrimSpace(item)}})
		case last >= 0 && blocks[last].Kind == blockPara:
			blocks[last].Text += "\n" + line
		default:
			blocks = append(blocks, block{Kind: blockPara, Text: line})
		}
	}
	return blocks
}

// exercise marks the papers of a drill in every format and on every page, so
// that none is ever filed or sent by mistake.
func (d *document) exercise(c Case) {
	if !c.Incident.Exercise {
		return
	}
	word := locale.T(d.Lang, "dossier.exercise", nil)
	d.Title, d.Footer = word+": "+d.Title, word+" · "+d.Footer
	d.Draft = strings.TrimSpace(locale.T(d.Lang, "banner.exercise", nil) + " " + d.Draft)
}

// write writes a document of the case.
func (f File) write(w io.Writer, c Case) error {
	if letter, ok := f.Kind.Letter(); ok {
		l := LetterOf(c, letter, f.Lang)
		return l.document(c).write(w, f.Format)
	}
	form, _ := f.Kind.Form()
	filled := form.Fill(c)
	if f.Format == JSON {
		return filled.writeJSON(w, c)
	}
	return filled.document(c, f.Lang).write(w, f.Format)
}

func (d *document) write(w io.Writer, f Format) error {
	switch f {
	case PDF:
		return d.writePDF(w)
	case DOCX:
		return d.writeDOCX(w)
	case Text:
		return d.writeText(w)
	}
	return d.writeHTML(w)
}
