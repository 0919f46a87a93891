package extract

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// decode makes UTF-8 of a text: by its byte order mark, else as UTF-8 if it is,
// else as Windows-1252, in which Dutch office files are written.
func decode(data []byte) string {
	var enc encoding.Encoding
	switch {
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}), bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		enc = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case bytes.HasPrefix(data, []byte{0xEF, 0xBB, 0xBF}):
		data = data[3:]
	case !utf8.Valid(data):
		enc = charmap.Windows1252
	}
	if enc != nil {
		if out, err := enc.NewDecoder().Bytes(data); err == nil {
			data = out
		}
	}
	return strings.ToValidUTF8(string(data), "\uFFFD")
}

// csv reads a table with any of the usual separators, as sloppily as people write them.
func (r *Reader) csv(name, text string) {
	bound := &recordBound{r: strings.NewReader(text)}
	cr := csv.NewReader(bound)
	cr.Comma = separator(text)
	cr.LazyQuotes, cr.FieldsPerRecord, cr.ReuseRecord = true, -1, true
	for row := 1; ; row++ {
		cells, err := cr.Read()
		bound.n = 0
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			r.problem(name, either(errors.Is(err, errRecord), TooLarge, Damaged))
			return
		}
		if !r.emitRow(name, row, cells) {
			r.problem(name, TooLarge)
			return
		}
	}
}

// mostRecord bounds one row of a table, in bytes. The library keeps sixteen bytes
// and more for every separator, so a file of nothing else would fill the memory.
const mostRecord = 1 << 20

var errRecord = errors.New("extract: a row without end")

// recordBound ends the reading of a row without end; n is what was read of it.
type recordBound struct {
	r io.Reader
	n int
}

// Read implements io.Reader.
func (b *recordBound) Read(p []byte) (int, error) {
	if b.n > mostRecord {
		return 0, errRecord
	}
	n, err := b.r.Read(p)
	b.n += n
	return n, err
}

func either(is bool, then, otherwise Reason) Reason {
	if is {
		return then
	}
	return otherwise
}

// separator is the one seen most in the first lines. Dutch spreadsheets write a semicolon.
func separator(text string) rune {
	head := text[:min(len(text), 4096)]
	best, most := ';', strings.Count(head, ";")
	for _, c := range []rune{',', '\t', '|'} {
		if n := strings.Count(head, string(c)); n > most {
			best, most = c, n
		}
	}
	return best
}

// html takes the text between the tags, without scripts and styles.
func (r *Reader) html(name, text string) {
	z := html.NewTokenizer(strings.NewReader(text))
	var out strings.Builder
	skip := 0
	for {
		switch z.Next() {
		case html.ErrorToken:
			r.lines(name, out.String())
			return
		case html.TextToken:
			if skip == 0 {
				out.Write(z.Text())
			}
		case html.StartTagToken:
			tag, _ := z.TagName()
			if t := string(tag); t == "script" || t == "style" {
				skip++
			}
			out.WriteByte(gap(string(tag)))
		case html.EndTagToken:
			tag, _ := z.TagName()
			if t := string(tag); (t == "script" || t == "style") && skip > 0 {
				skip--
			}
			out.WriteByte(gap(string(tag)))
		case html.SelfClosingTagToken:
			out.WriteByte('\n')
		}
	}
}

// gap separates what a reader sees apart: blocks by a line, the rest by a space.
func gap(tag string) byte {
	switch tag {
	case "p", "div", "br", "tr", "li", "h1", "h2", "h3", "table", "ul", "ol", "blockquote":
		return '\n'
	}
	return ' '
}

// rtf takes the plain characters: control words and groups are dropped roughly,
// which is enough to find words and numbers.
func (r *Reader) rtf(name string, data []byte) {
	var out strings.Builder
	for i := 0; i < len(data); i++ {
		switch b := data[i]; b {
		case '{', '}', '\r', '\n':
		case '\\':
			i = control(data, i, &out)
		default:
			out.WriteRune(charmap.Windows1252.DecodeByte(b))
		}
	}
	r.lines(name, out.String())
}

// control skips one control word and writes what it stands for; it gives the
// index of its last byte.
func control(data []byte, i int, out *strings.Builder) int {
	j := i + 1
	for j < len(data) && (data[j]|0x20 >= 'a' && data[j]|0x20 <= 'z') {
		j++
	}
	word := string(data[i+1 : j])
	if word == "" {
		return min(j, len(data)-1)
	}
	for j < len(data) && (data[j] == '-' || data[j] >= '0' && data[j] <= '9') {
		j++
	}
	if word == "par" || word == "line" || word == "cell" || word == "row" || word == "tab" {
		out.WriteByte('\n')
	}
	if j < len(data) && data[j] == ' ' {
		return j
	}
	return j - 1
}
