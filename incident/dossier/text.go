package dossier

import (
	"fmt"
	"io"
	"strings"
)

// textWidth is how long lines of a mail's text are (RFC 5322, section 2.1.1).
const textWidth = 76

// writeText writes a letter as the text of a mail: the subject first, lines
// wrapped, headings in capitals.
func (d *document) writeText(w io.Writer) error {
	var b strings.Builder
	b.WriteString(d.Title + "\n\n")
	for _, x := range d.Blocks {
		switch x.Kind {
		case blockHeading:
			b.WriteString(strings.ToUpper(x.Text) + "\n\n")
		case blockList:
			for _, item := range x.Items {
				b.WriteString(wrap(item, "- ", "  "))
			}
			b.WriteString("\n")
		default:
			for line := range strings.SplitSeq(x.Text, "\n") {
				b.WriteString(wrap(line, "", ""))
			}
			b.WriteString("\n")
		}
	}
	if _, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n"); err != nil {
		return fmt.Errorf("text: %w", err)
	}
	return nil
}

// wrap breaks a line at spaces; first stands before its first line, rest before
// the others.
func wrap(text, first, rest string) string {
	var b strings.Builder
	b.WriteString(first)
	length := len([]rune(first))
	for i, word := range strings.Fields(text) {
		n := len([]rune(word))
		if i > 0 && length+1+n > textWidth {
			b.WriteString("\n" + rest)
			length = len([]rune(rest))
		} else if i > 0 {
			b.WriteString(" ")
			length++
		}
		b.WriteString(word)
		length += n
	}
	return b.String() + "\n"
}
