package mailbox

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxHTML bounds the HTML that is turned into text or sanitised.
const maxHTML = 4 << 20

// htmlToText turns HTML into plain text in one pass over its tokens: no tree,
// so nesting costs nothing. A link shows where it really leads, which is what
// a reader of a phishing report needs to see.
func htmlToText(source string) string {
	t := htmlText{}
	z := html.NewTokenizer(strings.NewReader(source[:min(len(source), maxHTML)]))
	for {
		switch z.Next() {
		case html.ErrorToken:
			t.endLink()
			return t.out.String()
		case html.TextToken:
			t.word(z.Text())
		case html.StartTagToken:
			t.open(z)
		case html.SelfClosingTagToken:
			name, _ := z.TagName()
			t.shape(atom.Lookup(name))
		case html.EndTagToken:
			name, _ := z.TagName()
			t.close(atom.Lookup(name))
		}
	}
}

// htmlText collects the text of a page.
type htmlText struct {
	out    bytes.Buffer
	hidden int    // inside elements whose text is not for reading
	pre    int    // inside elements whose blanks count
	blank  bool   // a blank is owed before the next word
	link   string // where the open link leads
	linkAt int    // where its text began
}

var (
	htmlSilent = []atom.Atom{atom.Script, atom.Style, atom.Title, atom.Iframe, atom.Noframes}
	htmlBlocks = []atom.Atom{
		atom.P, atom.Div, atom.Table, atom.Tr, atom.Ul, atom.Ol, atom.Blockquote, atom.Pre, atom.H1, atom.H2,
		atom.H3, atom.H4, atom.H5, atom.H6, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Dl, atom.Dt, atom.Dd, atom.Form,
	}
)

func (t *htmlText) open(z *html.Tokenizer) {
	name, more := z.TagName()
	tag := atom.Lookup(name)
	switch {
	case slices.Contains(htmlSilent, tag):
		t.hidden++
	case tag == atom.Pre:
		t.shape(tag)
		t.pre++
	case tag == atom.A:
		t.endLink()
		t.link, t.linkAt = attribute(z, more, "href"), t.out.Len()
	default:
		t.shape(tag)
	}
}

func (t *htmlText) close(tag atom.Atom) {
	switch {
	case slices.Contains(htmlSilent, tag):
		t.hidden = max(t.hidden-1, 0)
	case tag == atom.A:
		t.endLink()
	case tag == atom.Li:
	default:
		if tag == atom.Pre {
			t.pre = max(t.pre-1, 0)
		}
		t.shape(tag)
	}
}

// shape writes what an element means for the layout.
func (t *htmlText) shape(tag atom.Atom) {
	switch {
	case tag == atom.Br:
		t.out.WriteByte('\n')
		t.blank = false
	case tag == atom.Li:
		t.newline()
		t.out.WriteString("- ")
	case tag == atom.Td || tag == atom.Th:
		t.blank = true
	case tag == atom.Hr:
		t.newline()
		t.out.WriteString("---\n")
	case slices.Contains(htmlBlocks, tag):
		t.newline()
	}
}

// newline ends the line that is being written, if one is.
func (t *htmlText) newline() {
	if n := t.out.Len(); n > 0 && t.out.Bytes()[n-1] != '\n' {
		t.out.WriteByte('\n')
	}
	t.blank = false
}

// word adds text, with blanks folded unless they count.
func (t *htmlText) word(text []byte) {
	if t.hidden > 0 {
		return
	}
	if t.pre > 0 {
		t.out.Write(text)
		return
	}
	folded := bytes.Fields(text)
	if len(folded) == 0 {
		t.blank = t.blank || len(text) > 0
		return
	}
	if n := t.out.Len(); n > 0 && t.out.Bytes()[n-1] != '\n' && (t.blank || startsBlank(text)) {
		t.out.WriteByte(' ')
	}
	t.out.Write(bytes.Join(folded, []byte(" ")))
	t.blank = endsBlank(text)
}

// endLink shows the target behind a link, unless its text says it already.
func (t *htmlText) endLink() {
	target := strings.TrimPrefix(strings.TrimSpace(t.link), "mailto:")
	shown := string(t.out.Bytes()[min(t.linkAt, t.out.Len()):])
	if target != "" && !strings.HasPrefix(target, "#") && !strings.Contains(shown, target) && t.hidden == 0 {
		t.out.WriteString(" <" + cleanLine(target) + ">")
	}
	t.link = ""
}

// attribute returns one attribute of the open tag.
func attribute(z *html.Tokenizer, more bool, name string) string {
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		if string(key) == name {
			return string(value)
		}
	}
	return ""
}

func startsBlank(text []byte) bool {
	r, _ := utf8.DecodeRune(text)
	return unicode.IsSpace(r)
}

func endsBlank(text []byte) bool {
	r, _ := utf8.DecodeLastRune(text)
	return unicode.IsSpace(r)
}
