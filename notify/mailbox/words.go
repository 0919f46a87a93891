package mailbox

import (
	"mime"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jhillyerd/enmime/v2"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/charmap"

	"meldklok/incident"
)

const (
	maxAddressValue = 16 << 10 // bytes of an address field that are parsed
	maxAddressees   = 500      // addresses kept of all fields together
	maxReferences   = 100      // Message-IDs kept of In-Reply-To and References
	maxLine         = 1000     // runes of a subject or a name
)

// decodeWords turns the encoded words of RFC 2047 into text. A value that
// holds raw bytes beside them is read as UTF-8, else as Windows-1252.
func decodeWords(value string) string {
	value = toUTF8(value)
	if strings.Contains(value, "=?") {
		decoder := mime.WordDecoder{CharsetReader: charset.NewReaderLabel}
		if decoded, err := decoder.DecodeHeader(value); err == nil {
			value = toUTF8(decoded)
		}
	}
	return value
}

// toUTF8 makes valid UTF-8 of bytes of unknown origin. Windows-1252 is what
// Western European programs mean when they say nothing.
func toUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	decoded, err := charmap.Windows1252.NewDecoder().String(s)
	if err != nil {
		return strings.ToValidUTF8(s, "�")
	}
	return decoded
}

// cleanLine makes one bounded line for a page: no control characters, none of
// the marks that turn the direction of writing, single blanks.
func cleanLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Cf, r) && r != '\u200d' && r != '\u00ad':
			return -1
		}
		return r
	}, toUTF8(s))
	return cutRunes(strings.Join(strings.Fields(s), " "), maxLine)
}

// cutRunes bounds a string without breaking a character.
func cutRunes(s string, limit int) string {
	for i := range s {
		if limit == 0 {
			return s[:i]
		}
		limit--
	}
	return s
}

var (
	bareAddress = regexp.MustCompile(`[^\s<>"(),:;@\[\]\\]{1,128}@[^\s<>"(),:;@\\]{1,255}`)
	messageID   = regexp.MustCompile(`<([^<>\s]{1,990})>`)
)

// addresses reads an address field. What the RFC grammar refuses is searched
// for anything that looks like an address, so that a broken field still says
// who wrote.
func addresses(value string) []incident.Address {
	if len(value) > maxAddressValue {
		value = value[:maxAddressValue]
	}
	value = toUTF8(value)
	if list, err := enmime.ParseAddressList(value); err == nil {
		found := make([]incident.Address, 0, len(list))
		for _, a := range list {
			found = append(found, incident.Address{Name: cleanLine(decodeWords(a.Name)), Email: cleanLine(a.Address)})
		}
		return found
	}
	var found []incident.Address
	for _, at := range bareAddress.FindAllStringIndex(value, maxAddressees) {
		name := strings.Trim(value[:at[0]], " <\"',;")
		if len(found) > 0 {
			name = ""
		}
		found = append(found, incident.Address{Name: cleanLine(decodeWords(name)), Email: cleanLine(value[at[0]:at[1]])})
	}
	return found
}

// author is who says to have written the mail. The envelope stands in where
// the header names nobody.
func author(h header, envelope string) incident.Address {
	for _, name := range []string{"from", "sender", "reply-to", "return-path"} {
		if list := addresses(h.first(name)); len(list) > 0 && list[0].Email != "" {
			return list[0]
		}
	}
	return incident.Address{Name: cleanLine(decodeWords(h.first("from"))), Email: cleanLine(envelope)}
}

// addressees lists every address a keyed token of ours may stand in, each once
// and spelled as it was sent, because a token is.
func addressees(h header, envelope []string) []string {
	found := slices.Clone(envelope)
	for _, name := range []string{"to", "cc", "delivered-to", "x-original-to", "envelope-to", "resent-to"} {
		for _, value := range h.all(name) {
			for _, a := range addresses(value) {
				if !slices.Contains(found, a.Email) && len(found) < maxAddressees {
					found = append(found, a.Email)
				}
			}
		}
	}
	return found
}

// ids returns the Message-IDs in a field, without their angle brackets.
func ids(value string) []string {
	var found []string
	for _, m := range messageID.FindAllStringSubmatch(value, maxReferences) {
		found = append(found, cleanLine(m[1]))
	}
	return found
}

// messageIDOf reads the Message-ID, with or without brackets.
func messageIDOf(h header) string {
	value := h.first("message-id")
	if found := ids(value); len(found) > 0 {
		return found[0]
	}
	return cleanLine(strings.Trim(value, "<> "))
}

// inReplyTo lists what this mail answers, nearest first (RFC 5322, section
// 3.6.4: References ends with the direct parent).
func inReplyTo(h header) []string {
	references := ids(h.first("references"))
	slices.Reverse(references)
	var found []string
	for _, id := range append(ids(h.first("in-reply-to")), references...) {
		if !slices.Contains(found, id) && len(found) < maxReferences {
			found = append(found, id)
		}
	}
	return found
}
