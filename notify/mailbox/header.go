package mailbox

import (
	"bytes"
	"slices"
	"strings"
)

// Bounds of a header section. A real one is a few kibibytes; these are wide
// enough for any relay and narrow enough for a page.
const (
	maxHeaderBytes = 1 << 20  // of one header section that is looked at
	maxFields      = 2000     // fields kept, but for the few that say who writes what
	maxFieldValue  = 64 << 10 // bytes of one value kept
)

// field is one header field: its name in lower case and its value on one line,
// otherwise as it was sent.
type field struct{ name, value string }

// header is a header section in the order of the mail, newest Received first.
type header []field

// first returns the topmost value of a field, or "". Relays prepend, so the
// topmost is the one that the nearest server wrote.
func (h header) first(name string) string {
	for _, f := range h {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// has reports whether a field is there, empty or not.
func (h header) has(name string) bool {
	return slices.ContainsFunc(h, func(f field) bool { return f.name == name })
}

// all returns every value of a field, topmost first.
func (h header) all(name string) []string {
	var values []string
	for _, f := range h {
		if f.name == name {
			values = append(values, f.value)
		}
	}
	return values
}

// mailFields are names of which any real mail has at least one. Without any of
// them the "header" is taken for the text of somebody who typed no header.
var mailFields = []string{
	"from", "to", "subject", "date", "received", "message-id", "return-path",
	"content-type", "mime-version", "sender", "reply-to", "delivered-to", "x-meldklok",
}

// cutHeader parts a message into its header and its body. It is total: a line
// that is no field is skipped and noted, an mbox "From " line is ignored, and a
// message without any header is all body.
func cutHeader(raw []byte) (h header, body []byte, notes []string) {
	section, body := cutSection(trimStart(raw))
	if len(section) > maxHeaderBytes {
		section, notes = section[:maxHeaderBytes], append(notes, ProblemHeaderLong)
	}
	h, broken := fields(section)
	if broken {
		notes = append(notes, ProblemHeaderBroken)
	}
	return h, body, notes
}

// trimStart drops what mail stores put before the first field: empty lines, a
// byte order mark, and the mbox line.
func trimStart(raw []byte) []byte {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	raw = bytes.TrimLeft(raw, "\r\n")
	if bytes.HasPrefix(raw, []byte("From ")) || bytes.HasPrefix(raw, []byte(">From ")) {
		_, raw, _ = bytes.Cut(raw, []byte("\n"))
	}
	return raw
}

// cutSection finds the empty line that ends a header section. A part may begin
// with it, which means that it has no header at all.
func cutSection(raw []byte) (section, body []byte) {
	for _, empty := range []string{"\n", "\r\n"} {
		if bytes.HasPrefix(raw, []byte(empty)) {
			return nil, raw[len(empty):]
		}
	}
	at, width := len(raw), 0
	for _, gap := range []string{"\n\n", "\n\r\n"} {
		if i := bytes.Index(raw[:min(len(raw), at+len(gap))], []byte(gap)); i >= 0 && i < at {
			at, width = i, len(gap)
		}
	}
	return raw[:at], raw[at+width:]
}

// fields unfolds a header section. It reports whether lines had to be skipped.
func fields(section []byte) (h header, broken bool) {
	var value strings.Builder
	keep := func() {
		if len(h) > 0 && h[len(h)-1].value == "" {
			h[len(h)-1].value = strings.TrimSpace(value.String())
		}
		value.Reset()
	}
	skipping := false // the folds of a line that was skipped are skipped with it
	for line := range bytes.SplitSeq(section, []byte("\n")) {
		line = bytes.TrimSuffix(line, []byte("\r"))
		switch name, rest, ok := cutField(line); {
		case len(line) == 0:
		case line[0] == ' ' || line[0] == '\t':
			if !skipping {
				appendBounded(&value, line)
			}
		case !ok || (len(h) >= maxFields && (name == "received" || !slices.Contains(mailFields, name))):
			broken, skipping = true, true
		default:
			keep()
			skipping = false
			h = append(h, field{name: name})
			appendBounded(&value, rest)
		}
	}
	keep()
	return h, broken
}

// cutField splits "Name: value". A name is printable ASCII (RFC 5322, section
// 2.2); the blank before the colon that some programs write is forgiven.
func cutField(line []byte) (name string, value []byte, ok bool) {
	n, v, ok := bytes.Cut(line, []byte(":"))
	n = bytes.TrimRight(n, " \t")
	if !ok || len(n) == 0 || len(n) > 200 {
		return "", nil, false
	}
	for _, c := range n {
		if c <= ' ' || c >= 0x7f {
			return "", nil, false
		}
	}
	return strings.ToLower(string(n)), v, true
}

// appendBounded adds one folded line, with the fold turned into one blank.
func appendBounded(b *strings.Builder, line []byte) {
	line = bytes.Trim(line, " \t")
	if room := maxFieldValue - b.Len(); len(line) > room {
		line = line[:max(room, 0)]
	}
	if b.Len() > 0 && len(line) > 0 {
		b.WriteByte(' ')
	}
	b.Write(line)
}

// isMail reports whether a header section belongs to a mail.
func (h header) isMail() bool {
	return slices.ContainsFunc(h, func(f field) bool { return slices.Contains(mailFields, f.name) })
}
