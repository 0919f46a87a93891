package mailbox

import (
	"regexp"
	"strings"

	"meldklok/incident"
)

// original suggests who wrote a mail that somebody passed on. It is only a
// suggestion: whoever forwarded it stays the reporter, and the quoted lines
// are that person's text (LESSONS 17).
func original(root *part, subject, text string, from incident.Address) *incident.Address {
	found := attachedAuthor(root, 0)
	if found == nil && (forwardSubject.MatchString(subject) || forwardMark.MatchString(text)) {
		found = quotedAuthor(text)
	}
	if found == nil {
		found = rewrittenAuthor(root.header)
	}
	if found == nil || strings.EqualFold(found.Email, from.Email) {
		return nil
	}
	return found
}

// attachedAuthor reads the author of the first message that is attached.
func attachedAuthor(p *part, depth int) *incident.Address {
	if p.mediaType == "multipart/report" || depth > maxDepth {
		return nil
	}
	for _, child := range p.children {
		if p.message {
			if a := author(child.header, ""); a.Email != "" {
				return &a
			}
			return nil
		}
		if found := attachedAuthor(child, depth+1); found != nil {
			return found
		}
	}
	return nil
}

var (
	forwardSubject = regexp.MustCompile(`(?i)^\s*(fw|fwd|doorst|dsb|wg|tr)\s*:`)
	forwardMark    = regexp.MustCompile(`(?im)^[->\s]*(-{2,}\s*)?(forwarded message|begin forwarded message|doorgestuurd bericht|begin doorgestuurd bericht|doorgestuurde e-mail)\b`)
	quotedFrom     = regexp.MustCompile(`(?im)^[>\s*_]{0,20}(from|van|von|de)\s*:[*_\s]*(.{3,300})$`)
)

// quotedAuthor reads the first "From:" or "Van:" line below the forwarder's
// own words.
func quotedAuthor(text string) *incident.Address {
	for _, m := range quotedFrom.FindAllStringSubmatch(text, 5) {
		line := strings.NewReplacer("[mailto:", "<", "<mailto:", "<", "]", ">").Replace(m[2])
		for _, a := range addresses(line) {
			if bareAddress.MatchString(a.Email) {
				return &a
			}
		}
	}
	return nil
}

// rewrittenAuthor reads what a group address kept of the author that it
// replaced by its own.
func rewrittenAuthor(h header) *incident.Address {
	for _, name := range []string{"x-original-from", "x-original-sender"} {
		if list := addresses(h.first(name)); len(list) > 0 && list[0].Email != "" {
			return &list[0]
		}
	}
	return nil
}
