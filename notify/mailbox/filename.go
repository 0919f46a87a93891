package mailbox

import (
	"fmt"
	"path"
	"strings"
	"unicode"
)

// maxFileName is in runes: short enough for every file system.
const maxFileName = 100

// safeName makes a name for a page and for a download out of the one a
// stranger chose. It is never used as a path, and could not be: no separators,
// no leading dot, no control or direction marks, no device names of Windows.
func safeName(name, mediaType string, number int) string {
	name = strings.ReplaceAll(cleanLine(name), `\`, "/")
	name = path.Base("/" + name)
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/<>:"|?*%`, r) || !unicode.IsPrint(r) {
			return '_'
		}
		return r
	}, name)
	name = strings.Trim(name, ". _")
	if name == "" {
		name = fmt.Sprintf("file-%d%s", number, extensionOf(mediaType))
	}
	if isDevice(name) {
		name = "_" + name
	}
	return shortName(name)
}

// shortName cuts a long name before its extension, because the extension is
// what warns a reader.
func shortName(name string) string {
	ext := path.Ext(name)
	if len(ext) > 20 {
		ext = ""
	}
	stem := strings.TrimSuffix(name, ext)
	return cutRunes(stem, maxFileName-len([]rune(ext))) + ext
}

// isDevice reports a name that Windows gives to a device.
func isDevice(name string) bool {
	stem, _, _ := strings.Cut(strings.ToUpper(name), ".")
	switch strings.TrimRight(stem, "0123456789") {
	case "CON", "PRN", "AUX", "NUL", "COM", "LPT":
		return true
	}
	return false
}

// extensionOf names a file that came without a name. A fixed list, so that the
// same bytes give the same name on every machine.
func extensionOf(mediaType string) string {
	switch mediaType {
	case "message/rfc822", "message/global":
		return ".eml"
	case "text/plain", "message/delivery-status", "message/disposition-notification", "text/rfc822-headers":
		return ".txt"
	case "text/html":
		return ".html"
	case "text/calendar":
		return ".ics"
	case "application/pdf":
		return ".pdf"
	case "image/jpeg":
		return ".jpg"
	case "image/png":
		return ".png"
	case "application/zip":
		return ".zip"
	}
	return ".bin"
}

// safeType keeps a media type only if it is one.
func safeType(mediaType string) string {
	kind, sub, ok := strings.Cut(mediaType, "/")
	if !ok || kind == "" || sub == "" || len(mediaType) > 100 || strings.IndexFunc(kind+sub, notToken) >= 0 {
		return "application/octet-stream"
	}
	return mediaType
}
