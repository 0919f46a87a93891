package mailbox

import (
	"strings"

	"github.com/microcosm-cc/bluemonday"
)

// HTML returns the HTML text of a message, made harmless: no scripts, styles,
// forms, frames or pictures, and links that cannot be followed, so that
// showing it in a sandboxed page loads nothing from outside and tells nobody
// that it was read. It returns "" when the message has none. The result is
// bounded, and the same for the same bytes.
func HTML(raw []byte) (page string) {
	defer func() {
		if recover() != nil {
			page = "" // the plain text is still there
		}
	}()
	unlock := reserve(len(raw))
	defer unlock()
	s := splitter{}
	root := s.splitMessage(raw[:min(len(raw), maxParse)], 0)
	c := contents{problems: &s.problems}
	c.walk(root)
	policy := htmlPolicy()
	var out strings.Builder
	for _, html := range c.html {
		if out.Len()+len(html) > maxHTML {
			break
		}
		out.WriteString(strings.TrimSpace(policy.Sanitize(html)))
	}
	return out.String()
}

// htmlPolicy allows text and its layout, and no attribute that can fetch,
// submit, move or disguise anything.
func htmlPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements(
		"p", "div", "span", "br", "hr", "b", "strong", "i", "em", "u", "s", "sub", "sup", "small",
		"h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code", "ul", "ol", "li", "dl", "dt", "dd",
		"table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption",
	)
	p.AllowAttrs("colspan", "rowspan").Matching(bluemonday.Integer).OnElements("td", "th")
	p.SkipElementsContent("script", "style", "title", "iframe", "object", "embed", "svg", "math", "noscript")
	return p
}
