package mailbox

import (
	"bytes"
	"regexp"
	"strings"

	"meldklok/incident"
)

// reportPart finds the machine-readable part of a multipart/report (RFC 6522).
// Only the message itself is looked at: a report inside a mail that somebody
// forwarded is that person's evidence, not a report to us.
func reportPart(root *part, mediaTypes ...string) *part {
	if root.mediaType != "multipart/report" {
		return nil
	}
	for _, child := range root.children {
		for _, t := range mediaTypes {
			if child.mediaType == t {
				return child
			}
		}
	}
	return nil
}

// deliveryPart finds the part of RFC 3464.
func deliveryPart(root *part) *part {
	return reportPart(root, "message/delivery-status", "message/global-delivery-status")
}

// isBounce reports a delivery report: the standard form, or one of the older
// plain ones, which are believed only with an empty return path. A report that
// came with a person's return path was sent on by that person.
func (m *mailFacts) isBounce() bool {
	if deliveryPart(m.root) != nil {
		sender, known := m.returnPath()
		if !known {
			sender = m.from.Email
		}
		return m.nullSender() || isMailSystem(sender)
	}
	return m.nullSender() && isMailSystem(m.from.Email) &&
		(m.header().has("x-failed-recipients") || oldBounce.MatchString(head(m.text, 500)))
}

// oldBounce matches how qmail and older Exim and Exchange servers begin.
var oldBounce = regexp.MustCompile(`(?i)^\s*(hi\. this is the qmail-send program|this message was created automatically by mail delivery software|your message did not reach some or all of the intended recipients)`)

// mailSystems are the local parts under which mail servers write.
var mailSystems = []string{"mailer-daemon", "postmaster", "mail-daemon", "mdaemon", "microsoftexchange329e71ec88ae4615bbc36ab6ce41109e"}

// isMailSystem reports an address of a mail server.
func isMailSystem(address string) bool {
	local, _, _ := strings.Cut(strings.ToLower(address), "@")
	for _, name := range mailSystems {
		if local == name {
			return true
		}
	}
	return false
}

// readBounce reads what a delivery report says of one mail of ours; nil when
// it says nothing that can be read. Of several recipients the first one that
// failed counts.
func readBounce(root *part) *incident.Bounce {
	status := deliveryPart(root)
	if status == nil {
		return nil
	}
	b := &incident.Bounce{MessageID: quotedMessageID(root)}
	data, _ := status.content()
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	blocks := bytes.SplitN(data, []byte("\n\n"), maxParts)
	for _, block := range blocks {
		h, _ := fields(block)
		if !h.has("action") && !h.has("final-recipient") {
			continue
		}
		if b.Action == "" || strings.EqualFold(h.first("action"), "failed") {
			b.Action = strings.ToLower(cleanLine(h.first("action")))
			b.Status = statusCode.FindString(h.first("status"))
			b.Recipient = typedAddress(firstOf(h.first("original-recipient"), h.first("final-recipient")))
		}
		if b.Action == "failed" {
			break
		}
	}
	if b.MessageID == "" && b.Action == "" && b.Recipient == "" {
		return nil
	}
	return b
}

// statusCode is RFC 3463, section 2.
var statusCode = regexp.MustCompile(`[245]\.\d{1,3}\.\d{1,3}`)

// typedAddress reads "rfc822; someone@example.org".
func typedAddress(value string) string {
	if _, after, ok := strings.Cut(value, ";"); ok {
		value = after
	}
	return cleanLine(strings.Trim(strings.TrimSpace(value), "<>"))
}

// quotedMessageID finds the Message-ID of the mail that came back, in the copy
// of it or of its header that the report carries.
func quotedMessageID(root *part) string {
	for _, child := range root.children {
		switch {
		case child.message:
			return ownMessageID(child.children[0].header)
		case child.mediaType == "text/rfc822-headers" || child.mediaType == "message/rfc822-headers" || child.mediaType == "message/rfc822":
			data, _ := child.content()
			h, _, _ := cutHeader(data)
			return ownMessageID(h)
		}
	}
	return ""
}

// ownMessageID is the Message-ID that we gave a mail: the one in our loop mark,
// which a relay that writes Message-IDs of its own leaves as it is, else that of
// the mail.
func ownMessageID(h header) string {
	if words := strings.Fields(h.first("x-meldklok")); len(words) == 2 {
		return cleanLine(strings.Trim(words[1], "<>"))
	}
	return messageIDOf(h)
}

// head returns the first n bytes at most.
func head(s string, n int) string { return s[:min(len(s), n)] }
