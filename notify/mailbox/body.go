package mailbox

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"

	"meldklok/incident"
)

// maxText bounds the text of one report, in bytes. The raw message has it all.
const maxText = 1 << 20

// contents is what a reader sees of a message: its text and its files.
type contents struct {
	text     strings.Builder
	html     []string // HTML texts, decoded, outermost first
	files    []incident.Attachment
	problems *problems
}

// walk goes through a message in reading order.
func (c *contents) walk(p *part) {
	switch {
	case p.message:
		c.attach(p)
		c.nested(p.children[0])
	case p.mediaType == "multipart/alternative":
		c.alternative(p)
	case len(p.children) > 0:
		c.noteEnvelope(p)
		for _, child := range p.children {
			c.walk(child)
		}
	case p.isText() && p.disposition != "attachment":
		c.addText(p)
	case !p.cut: // half a file helps nobody; half a text does
		c.attach(p)
	}
}

// alternative shows the plain version of a text that was sent in several, or
// the HTML one when the plain one is empty. Whatever is no text is a file.
func (c *contents) alternative(p *part) {
	before := c.text.Len()
	for _, child := range p.children {
		if child.mediaType == "text/html" && len(child.children) == 0 && child.disposition != "attachment" {
			html := child.text(c.problems)
			c.html = append(c.html, html)
			if strings.TrimSpace(c.text.String()[before:]) == "" {
				c.write(htmlToText(html))
			}
			continue
		}
		if c.text.Len() > before && len(child.children) > 0 {
			c.besides(child)
			continue
		}
		c.walk(child)
	}
}

// besides walks a richer version of a text that is already there, for its
// files and its HTML only.
func (c *contents) besides(p *part) {
	quiet := &contents{problems: c.problems}
	quiet.walk(p)
	c.html = append(c.html, quiet.html...)
	c.files = append(c.files, quiet.files...)
}

// addText adds one text part.
func (c *contents) addText(p *part) {
	text := p.text(c.problems)
	if p.mediaType == "text/html" {
		c.html = append(c.html, text)
		text = htmlToText(text)
	} else if strings.EqualFold(p.params["format"], "flowed") {
		text = unflow(text, strings.EqualFold(p.params["delsp"], "yes"))
	}
	if strings.Contains(text, "-----BEGIN PGP MESSAGE-----") {
		c.problems.add(ProblemPGP)
	}
	c.write(text)
}

// nested shows an attached message below what the sender wrote, under the
// lines that say whose it is.
func (c *contents) nested(p *part) {
	var head strings.Builder
	head.WriteString("---------- message/rfc822 ----------\n")
	for _, name := range []string{"From", "To", "Date", "Subject"} {
		if v := cleanLine(decodeWords(p.header.first(strings.ToLower(name)))); v != "" {
			fmt.Fprintf(&head, "%s: %s\n", name, v)
		}
	}
	c.write(head.String())
	c.walk(p)
}

// write adds text, a line apart from what is there.
func (c *contents) write(text string) {
	text = tidy(text)
	if text == "" {
		return
	}
	if c.text.Len() > 0 {
		c.text.WriteString("\n\n")
	}
	if room := maxText - c.text.Len(); len(text) > room {
		c.problems.add(ProblemTextCut)
		text = strings.ToValidUTF8(text[:max(room, 0)], "")
	}
	c.text.WriteString(text)
}

// tidy makes text fit for a page: line feeds only, no other control
// characters, no blank lines at its ends.
func tidy(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return '\n'
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, text)
	return strings.TrimRight(strings.TrimLeft(text, "\n"), " \t\n")
}

// unflow joins the lines of format=flowed (RFC 3676, section 4).
func unflow(text string, delsp bool) string {
	var b strings.Builder
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		line = strings.TrimPrefix(line, " ")
		if flows := strings.HasSuffix(line, " ") && line != "-- "; flows {
			if delsp {
				line = line[:len(line)-1]
			}
			b.WriteString(line)
			continue
		}
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// noteEnvelope notes a part that hides what is in it.
func (c *contents) noteEnvelope(p *part) {
	if p.mediaType == "multipart/encrypted" {
		c.problems.add(ProblemPGP)
	}
}

// attach keeps a leaf, or a whole attached message, as a file.
func (c *contents) attach(p *part) {
	data, ok := p.content()
	if !ok {
		c.problems.add(ProblemPart)
	}
	c.noteSealed(p, data)
	c.files = append(c.files, incident.Attachment{
		Name: safeName(p.fileName, p.mediaType, len(c.files)+1),
		Type: safeType(p.mediaType),
		Size: len(data),
		Data: data,
	})
}

// noteSealed says which files a reader will not be able to open here.
func (c *contents) noteSealed(p *part, data []byte) {
	name := strings.ToLower(p.fileName)
	switch {
	case p.mediaType == "application/ms-tnef" || p.mediaType == "application/vnd.ms-tnef" || name == "winmail.dat":
		c.problems.add(ProblemTNEF)
	case p.mediaType == "application/pkcs7-mime" || p.mediaType == "application/x-pkcs7-mime" || strings.HasSuffix(name, ".p7m"):
		c.problems.add(ProblemSMIME)
	case p.mediaType == "application/pgp-encrypted" || bytes.HasPrefix(data, []byte("-----BEGIN PGP MESSAGE-----")):
		c.problems.add(ProblemPGP)
	case strings.HasSuffix(name, ".msg"):
		c.problems.add(ProblemOutlookItem)
	}
}
