package incident

import (
	"bytes"
	"hash"
)

// canonical feeds a hash with a mail as it is whatever road it took: a mail
// server writes CRLF where a pipe writes LF, and adds the line end that SMTP
// needs at the end. Two deliveries that differ in nothing else are the same
// bytes, and one report.
type canonical struct {
	sum     hash.Hash
	cr      bool // a CR is held back: it may belong to a line end
	newline int  // line ends held back: they may be the last ones
}

// Write implements io.Writer; it never fails.
func (c *canonical) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		i := bytes.IndexAny(rest, "\r\n")
		if i != 0 {
			text := rest
			if i > 0 {
				text = rest[:i]
			}
			c.release()
			c.sum.Write(text)
			rest = rest[len(text):]
			continue
		}
		c.mark(rest[0])
		rest = rest[1:]
	}
	return len(p), nil
}

// mark takes a CR or an LF.
func (c *canonical) mark(b byte) {
	switch {
	case b == '\n':
		c.cr = false
		c.newline++
	case c.cr:
		c.release() // the CR before this one stood alone
		c.cr = true
	default:
		c.cr = true
	}
}

// release writes what was held back, because more follows.
func (c *canonical) release() {
	const ends = "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
	for ; c.newline > 0; c.newline -= min(c.newline, len(ends)) {
		c.sum.Write([]byte(ends[:min(c.newline, len(ends))]))
	}
	if c.cr {
		c.sum.Write([]byte{'\r'})
		c.cr = false
	}
}

// Sum returns the hash of everything but the line ends at the end.
func (c *canonical) Sum() []byte { return c.sum.Sum(nil) }
