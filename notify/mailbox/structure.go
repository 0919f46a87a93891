package mailbox

import (
	"bytes"
	"io"
	"mime/quotedprintable"
	"strings"

	"github.com/jhillyerd/enmime/v2/mediatype"
)

// Bounds of a message's structure. Neither mail library of our choice has
// them, and without them a mail of 200 KiB stalls a core.
const (
	maxParse      = 25 << 20 // bytes of a message that are read; the rest is kept, not understood
	maxDepth      = 50       // multiparts and messages inside one another
	maxParts      = 1000     // parts in all
	maxTypeValue  = 8 << 10  // bytes of a Content-Type that are parsed
	maxUnwrapping = 5        // messages inside messages that are themselves encoded
)

// part is a node of a message: slices of the raw bytes, nothing decoded yet.
type part struct {
	header      header
	body        []byte
	mediaType   string // lower case; text/plain when absent or broken (RFC 2045, section 5.2)
	params      map[string]string
	disposition string // "attachment", "inline" or ""
	fileName    string // as sent, decoded; never a path, see safeName
	children    []*part
	message     bool // children[0] is a whole message of its own
	cut         bool // the part runs into the place where a too large mail was cut
}

// splitter cuts one message. It counts over the whole tree, so that a bound
// cannot be passed by nesting.
type splitter struct {
	parts    int
	unwraps  int
	problems problems
}

// splitMessage reads a message and everything in it.
func (s *splitter) splitMessage(raw []byte, depth int) *part {
	h, body, notes := cutHeader(raw)
	s.problems.add(notes...)
	if !h.isMail() {
		s.problems.add(ProblemNoHeader)
		h, body = nil, raw
	}
	return s.describe(h, body, depth)
}

// describe makes a part of a header and a body and goes on inside it.
func (s *splitter) describe(h header, body []byte, depth int) *part {
	s.parts++
	p := &part{header: h, body: body}
	p.mediaType, p.params = contentType(h.first("content-type"))
	disposition, dispositionParams := mediaValue(h.first("content-disposition"))
	p.disposition = disposition
	p.fileName = decodeWords(firstOf(dispositionParams["filename"], p.params["name"], p.params["file"]))
	switch {
	case depth >= maxDepth && (p.isMultipart() || p.isMessage()):
		s.problems.add(ProblemTooDeep)
		p.mediaType = "application/octet-stream"
	case p.isMultipart():
		s.splitMultipart(p, depth)
	case p.isMessage():
		s.openMessage(p, depth)
	}
	return p
}

// splitMultipart cuts a multipart at its boundary (RFC 2046, section 5.1). One
// without a usable boundary stays a leaf and is shown as the text it is.
func (s *splitter) splitMultipart(p *part, depth int) {
	pieces := cutAtBoundary(p.body, p.params["boundary"], maxParts-s.parts+1)
	if len(pieces) == 0 {
		s.problems.add(ProblemStructure)
		p.mediaType = "text/plain"
		return
	}
	for _, piece := range pieces {
		if s.parts >= maxParts {
			s.problems.add(ProblemTooManyParts)
			return
		}
		section, body := cutSection(piece)
		h, _ := fields(section[:min(len(section), maxHeaderBytes)])
		child := s.describe(h, body, depth+1)
		if p.mediaType == "multipart/digest" && !h.has("content-type") {
			child.mediaType = "message/rfc822"
			s.openMessage(child, depth+1)
		}
		p.children = append(p.children, child)
	}
}

// openMessage looks into a message that is attached to this one.
func (s *splitter) openMessage(p *part, depth int) {
	raw := p.body
	if enc := transferEncoding(p.header); enc == "base64" || enc == "quoted-printable" {
		if s.unwraps++; s.unwraps > maxUnwrapping {
			s.problems.add(ProblemTooDeep)
			return
		}
		raw = unwrap(raw, enc)
	}
	h, body, notes := cutHeader(raw)
	if !h.isMail() {
		return
	}
	s.problems.add(notes...)
	p.message = true
	p.children = []*part{s.describe(h, body, depth+1)}
}

// cutAtBoundary returns what stands between the delimiter lines, at most limit
// pieces. Preamble and epilogue are dropped; a missing last line is forgiven.
func cutAtBoundary(body []byte, boundary string, limit int) (pieces [][]byte) {
	if boundary == "" {
		return nil
	}
	delimiter := []byte("--" + boundary)
	start := -1
	for at := 0; len(pieces) < limit; {
		i := bytes.Index(body[at:], delimiter)
		if i < 0 {
			break
		}
		from, last, next := lineAt(body, at+i, len(delimiter))
		at = next
		if from < 0 {
			continue
		}
		if start >= 0 {
			pieces = append(pieces, body[start:max(start, from)])
		}
		start = next
		if last {
			return pieces
		}
	}
	if start >= 0 && start < len(body) && len(pieces) < limit {
		pieces = append(pieces, body[start:])
	}
	return pieces
}

// lineAt checks that the bytes at i are a delimiter line. It returns where the
// part before it ends (-1 if this is no such line), whether it is the last
// one, and where to go on.
func lineAt(body []byte, i, width int) (end int, last bool, next int) {
	next = i + width
	if i > 0 && body[i-1] != '\n' {
		return -1, false, next
	}
	line, _, found := bytes.Cut(body[next:], []byte("\n"))
	rest := bytes.TrimRight(line, " \t\r")
	last = bytes.Equal(rest, []byte("--"))
	if len(rest) > 0 && !last {
		return -1, false, next
	}
	next += len(line)
	if found {
		next++
	}
	end = i
	for _, eol := range []string{"\n", "\r"} {
		if end > 0 && string(body[end-1:end]) == eol {
			end--
		}
	}
	return end, last, next
}

// contentType reads a Content-Type; whatever cannot be read is plain text when
// absent and a file when broken.
func contentType(value string) (string, map[string]string) {
	if strings.TrimSpace(value) == "" {
		return "text/plain", nil
	}
	mediaType, params := mediaValue(value)
	if !strings.Contains(mediaType, "/") {
		if strings.HasPrefix(strings.ToLower(value), "text") {
			return "text/plain", params
		}
		return "application/octet-stream", params
	}
	return mediaType, params
}

// mediaValue reads a structured value tolerantly.
func mediaValue(value string) (string, map[string]string) {
	if strings.TrimSpace(value) == "" {
		return "", nil
	}
	if len(value) > maxTypeValue {
		value = value[:maxTypeValue]
	}
	mediaType, params, _, err := mediatype.ParseWithOptions(value, mediatype.ParseOptions{StripMediaTypeInvalidCharacters: true})
	if err != nil {
		mediaType, _, _ = strings.Cut(value, ";")
	}
	return strings.ToLower(strings.TrimSpace(mediaType)), params
}

// transferEncoding is the Content-Transfer-Encoding in lower case.
func transferEncoding(h header) string {
	return strings.ToLower(strings.TrimSpace(h.first("content-transfer-encoding")))
}

// unwrap decodes a message that was sent encoded, which RFC 2046 forbids and
// some programs do. What cannot be decoded is left out.
func unwrap(raw []byte, encoding string) []byte {
	if encoding == "base64" {
		return decodeBase64(raw)
	}
	out, _ := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(raw)))
	return out
}

func (p *part) isMultipart() bool { return strings.HasPrefix(p.mediaType, "multipart/") }
func (p *part) isText() bool      { return p.mediaType == "text/plain" || p.mediaType == "text/html" }
func (p *part) isMessage() bool {
	return p.mediaType == "message/rfc822" || p.mediaType == "message/global" ||
		(strings.HasSuffix(strings.ToLower(p.fileName), ".eml") && !p.isMultipart())
}

// firstOf returns the first string that is not empty.
func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
