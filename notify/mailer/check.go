package mailer

import (
	"bytes"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/textproto"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// check finds what cannot become a mail, before anything is written.
func (m Mail) check() error {
	if err := checkAddress(m.From); err != nil {
		return fmt.Errorf("from: %w", err)
	}
	if err := checkAddress(m.To); err != nil {
		return fmt.Errorf("to: %w", err)
	}
	if m.ReplyTo != "" {
		if err := checkAddress(m.ReplyTo); err != nil {
			return fmt.Errorf("reply-to: %w", err)
		}
	}
	if m.Text == "" {
		return errors.New("no text")
	}
	if m.Date.IsZero() {
		return errors.New("no date")
	}
	if err := m.checkIDs(); err != nil {
		return err
	}
	if err := m.checkHeader(); err != nil {
		return err
	}
	return m.checkCalendar()
}

// checkIDs wants every identifier to be one (RFC 5322 section 3.6.4).
func (m Mail) checkIDs() error {
	ids := append([]string{m.MessageID}, m.References...)
	if m.InReplyTo != "" {
		ids = append(ids, m.InReplyTo)
	}
	for _, id := range ids {
		left, right, ok := strings.Cut(bareID(id), "@")
		if !ok || left == "" || right == "" || strings.ContainsFunc(left+right, notInAddress) {
			return fmt.Errorf("message identifier %q is malformed", id)
		}
	}
	return nil
}

// checkHeader refuses names that are no names, come twice, or are made here.
func (m Mail) checkHeader() error {
	seen := map[string]bool{}
	for _, h := range m.Header {
		name := textproto.CanonicalMIMEHeaderKey(h[0])
		if name == "" || strings.ContainsFunc(name, notInFieldName) {
			return fmt.Errorf("header name %q is malformed", h[0])
		}
		if ownHeader(name) {
			return fmt.Errorf("header %s is made from the other fields", name)
		}
		if seen[name] {
			return fmt.Errorf("header %s is given twice", name)
		}
		seen[name] = true
	}
	return nil
}

// checkCalendar wants the two places that name the method to agree: a program
// that finds them different shows no event at all (RFC 6047 section 2.4).
func (m Mail) checkCalendar() error {
	if len(m.Calendar) == 0 {
		return nil
	}
	methods := []string{"PUBLISH", "REQUEST", "REPLY", "ADD", "CANCEL", "REFRESH", "COUNTER", "DECLINECOUNTER"}
	if !slices.Contains(methods, m.CalendarMethod) {
		return fmt.Errorf("calendar method %q is not one of RFC 5546", m.CalendarMethod)
	}
	if !bytes.Contains(m.Calendar, []byte("\r\nMETHOD:"+m.CalendarMethod+"\r\n")) {
		return fmt.Errorf("calendar does not say METHOD:%s", m.CalendarMethod)
	}
	return nil
}

// ownHeader tells the fields that Compose makes itself, and those that would
// let a caller address, sign or structure a mail behind its back.
func ownHeader(name string) bool {
	switch name {
	case "From", "Sender", "To", "Cc", "Bcc", "Reply-To", "Subject", "Date", "Message-Id",
		"In-Reply-To", "References", "Mime-Version", "Dkim-Signature", "Return-Path", "Received":
		return true
	}
	return strings.HasPrefix(name, "Content-") || strings.HasPrefix(name, "Resent-")
}

// checkAddress wants a bare ASCII address that can stand between the angle
// brackets of an SMTP command. Its error wraps ErrAddress.
func checkAddress(addr string) error {
	parsed, err := netmail.ParseAddress(addr)
	if err != nil || parsed.Address != addr || len(addr) > 254 || strings.ContainsFunc(addr, notInAddress) {
		return fmt.Errorf("%q: %w", addr, ErrAddress)
	}
	return nil
}

// checkWire holds the finished bytes against what every mail server carries
// unchanged (RFC 5321 section 4.5.3.1.6, RFC 5322 section 2.1.1).
func checkWire(raw []byte) error {
	if !bytes.HasSuffix(raw, []byte("\r\n")) {
		return errors.New("the last line has no end")
	}
	for line := range bytes.SplitSeq(bytes.TrimSuffix(raw, []byte("\r\n")), []byte("\r\n")) {
		if len(line) > 998 {
			return errors.New("a line is longer than 998 octets")
		}
		if slices.ContainsFunc(line, notInMail) {
			return errors.New("a line holds a character that mail does not carry")
		}
	}
	return nil
}

// notInMail tells what stands in no line of a mail.
func notInMail(c byte) bool { return c == '\r' || c == '\n' || c == 0 || c > 126 }

// notInAddress tells what is neither in a bare address nor in an identifier
// as we take them: spaces, controls, brackets, anything beyond ASCII.
func notInAddress(r rune) bool {
	return r <= ' ' || r >= 0x7f || r == '<' || r == '>'
}

// notInFieldName tells what a field name is not made of. RFC 5322 section
// 3.6.8 allows more than letters, digits and hyphens; nobody uses it.
func notInFieldName(r rune) bool {
	return r != '-' && (r > 0x7f || !unicode.IsLetter(r) && !unicode.IsDigit(r))
}

// bareID takes the angle brackets off a message identifier.
func bareID(id string) string {
	return strings.TrimSuffix(strings.TrimPrefix(id, "<"), ">")
}

// clean makes a header value out of any text: one line, single spaces, and no
// "=?", which a reader would take for an encoded word that we never wrote.
func clean(s string) string {
	s = strings.Map(printable, strings.ToValidUTF8(s, "?"))
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "=?", "= ?")
}

// printable turns every control, format and line-separating character into a
// space. Format characters can show text in another order than it is written.
func printable(r rune) rune {
	if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
		return ' '
	}
	return r
}

// clip shortens s to at most n characters.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// body makes s a part of a mail: valid UTF-8 in whole lines, every line end of
// any kind a CRLF. The encoder would swallow the next line end after a lone CR.
func body(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	if !strings.HasSuffix(s, "\n") {
		s += "\n"
	}
	return strings.ReplaceAll(s, "\n", "\r\n")
}
