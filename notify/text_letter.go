package notify

import (
	"embed"
	"fmt"
	"html/template"
	"strings"
	"sync"

	"meldklok/incident"
)

// letter is a mail before it is written out. The plain text and the HTML are
// both made from it, so that neither says what the other does not.
type letter struct {
	Lang    string
	Subject string
	Tone    tone
	Intro   []string // paragraphs
	Blocks  []block
	Footer  []string
	Head    string // of the chain, with its word; empty for strangers
}

// block is what a letter says about one incident, or about one subject.
type block struct {
	Title string
	Rows  []row
	Notes []string // sentences below the rows
	Link  row      // where to go; empty for nowhere
}

// row is one fact with its word.
type row struct {
	Label, Value string
	Strong       bool
}

// tone is the colour of a letter's top: a ground and an ink that can be read
// on each other whatever the mail program does with the rest.
type tone string

// The tones. Each has a contrast above 6 to 1 with white.
const (
	calm   tone = "#173f5f"
	urgent tone = "#7a4a00"
	late   tone = "#a4161a"
	done   tone = "#1d6b3c"
)

// Colour returns the tone for a style attribute.
func (t tone) Colour() string { return string(t) }

// text writes the letter as plain text, with the signature mark before what
// stands in every mail (RFC 3676 section 4.3).
func (l letter) text() string {
	var b strings.Builder
	for _, p := range l.Intro {
		b.WriteString(p + "\n\n")
	}
	for _, bl := range l.Blocks {
		bl.text(&b)
	}
	b.WriteString("-- \n")
	for _, f := range l.Footer {
		b.WriteString(f + "\n")
	}
	if l.Head != "" {
		b.WriteString(l.Head + "\n")
	}
	return b.String()
}

func (bl block) text(b *strings.Builder) {
	if bl.Title != "" {
		b.WriteString(bl.Title + "\n")
	}
	for _, r := range bl.Rows {
		r.text(b)
	}
	for _, n := range bl.Notes {
		b.WriteString(n + "\n")
	}
	if bl.Link.Value != "" {
		bl.Link.text(b)
	}
	b.WriteString("\n")
}

func (r row) text(b *strings.Builder) { fmt.Fprintf(b, "%-22s%s\n", r.Label+":", r.Value) }

//go:embed text_letter.html prooffile.html
var pages embed.FS

// letterPage and proofPage are embedded and executed by tests, so that reading
// them cannot fail; they are read once, for ten thousand mails at a time.
var (
	letterPage = sync.OnceValue(func() *template.Template { return page("text_letter.html") })
	proofPage  = sync.OnceValue(func() *template.Template { return page("prooffile.html") })
)

func page(name string) *template.Template {
	return template.Must(template.ParseFS(pages, name))
}

// html writes the letter as one page of HTML: styles in the elements, no
// picture, nothing loaded from anywhere. Should the page ever fail, the mail
// goes as plain text: no alert waits for its looks.
func (l letter) html() string {
	var b strings.Builder
	if err := letterPage().Execute(&b, l); err != nil {
		return ""
	}
	return b.String()
}

// headLine is the head of the chain as a mail shows it: whoever keeps the mail
// can later prove that nothing before it was changed (promise 6).
func (w words) headLine(h incident.Head) string {
	return fmt.Sprintf("%s: %d %x", w.t("mail.head", nil), h.Seq, h.Hash)
}
