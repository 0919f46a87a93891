package mailbox

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/jhillyerd/enmime/v2"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// content undoes the transfer encoding of a leaf and keeps what can be kept of
// a damaged one. ok is false when nothing could be decoded and the returned
// bytes are the raw ones.
func (p *part) content() (data []byte, ok bool) {
	switch transferEncoding(p.header) {
	case "base64":
		data = decodeBase64(p.body)
		if len(data) == 0 && len(bytes.TrimSpace(p.body)) > 0 {
			return p.body, false
		}
		return data, true
	case "quoted-printable":
		return p.decode("application/octet-stream")
	}
	return p.body, true
}

// decodeBase64 skips whatever is not of the alphabet (RFC 2045, section 6.8).
// enmime would too, but it remembers every wrong byte, and a mail of nothing
// else then takes two hundred times its size.
func decodeBase64(body []byte) []byte {
	out := make([]byte, 0, len(body)/4*3+3)
	var bits uint32
	held := 0 // of the bits, how many are not written yet
	for _, c := range body {
		v, ok := sextet(c)
		if c == '=' {
			held = 0 // the end of a piece; another one may follow
		}
		if !ok {
			continue
		}
		bits, held = bits<<6|v, held+6
		if held >= 8 {
			held -= 8
			out = append(out, byte(bits>>held))
		}
	}
	return out
}

// sextet is the value of one letter of the alphabet.
func sextet(c byte) (uint32, bool) {
	switch {
	case c >= 'A' && c <= 'Z':
		return uint32(c - 'A'), true
	case c >= 'a' && c <= 'z':
		return uint32(c-'a') + 26, true
	case c >= '0' && c <= '9':
		return uint32(c-'0') + 52, true
	case c == '+':
		return 62, true
	case c == '/':
		return 63, true
	}
	return 0, false
}

// decode hands one leaf to enmime under a Content-Type of our choice. Only the
// fields that matter travel along, so a long header costs nothing here.
func (p *part) decode(contentType string) (data []byte, ok bool) {
	head := "Content-Type: " + contentType + "\r\nContent-Transfer-Encoding: " + transferEncoding(p.header) + "\r\n\r\n"
	parser := enmime.NewParser(
		enmime.DisableCharacterDetection(true),
		enmime.DisableTextConversion(true),
		enmime.MaxStoredPartErrors(10),
		enmime.SetReadPartErrorPolicy(func(*enmime.Part, error) bool { return true }))
	read, err := parser.ReadParts(io.MultiReader(strings.NewReader(head), bytes.NewReader(p.body)))
	if err != nil || (len(read.Content) == 0 && len(bytes.TrimSpace(p.body)) > 0) {
		return p.body, false
	}
	return read.Content, true
}

// text decodes a text leaf to UTF-8. Programs lie about charsets so often that
// a claim is only believed where the bytes allow it.
func (p *part) text(found *problems) string {
	data, ok := p.content()
	if !ok {
		found.add(ProblemPart)
	}
	claimed := strings.ToLower(strings.Trim(strings.TrimSpace(p.params["charset"]), `"'`))
	switch claimed {
	case "", "us-ascii", "ascii", "utf-8", "utf8", "unknown-8bit", "x-unknown", "iso-ir-6":
		if claimed == "" && p.mediaType == "text/html" && !utf8.Valid(data) {
			enc, _, _ := charset.DetermineEncoding(data, "text/html")
			return decodeWith(enc, data)
		}
		return guessText(data, found)
	}
	if enc, name := charset.Lookup(claimed); enc != nil && name != "replacement" {
		return decodeWith(enc, data)
	}
	// enmime knows rare names, UTF-7 among them, that the web's list lacks.
	if strings.IndexFunc(claimed, notToken) < 0 {
		if decoded, ok := p.decode("text/plain; charset=\"" + claimed + "\""); ok && utf8.Valid(decoded) && !bytes.Equal(decoded, data) {
			return string(decoded)
		}
	}
	found.add(ProblemCharset)
	return guessText(data, found)
}

// guessText reads bytes whose charset is not, or wrongly, said: by a byte order
// mark, as UTF-8 when they are valid, else as Windows-1252.
func guessText(data []byte, found *problems) string {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")):
		return decodeWith(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), data)
	case utf8.Valid(data):
		return string(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	}
	found.add(ProblemCharset)
	return decodeWith(charmap.Windows1252, data)
}

// decodeWith never fails: what has no character becomes a replacement mark.
func decodeWith(enc encoding.Encoding, data []byte) string {
	decoded, err := enc.NewDecoder().Bytes(data)
	if err != nil {
		return strings.ToValidUTF8(string(data), "�")
	}
	return strings.ToValidUTF8(string(decoded), "�")
}

// notToken reports a character that no charset name has.
func notToken(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?=`, r)
}
