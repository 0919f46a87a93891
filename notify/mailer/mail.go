package mailer

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Mail is one message to one recipient, before it becomes bytes.
type Mail struct {
	From     string // bare address, required
	FromName string
	ReplyTo  string // bare address, empty for none
	To       string // bare address, required
	ToName   string
	Subject  string
	// MessageID, InReplyTo and References are message identifiers, with or
	// without their angle brackets. MessageID is required: the caller chose and
	// stored it, so that a second attempt has the same one.
	MessageID  string
	InReplyTo  string
	References []string
	// Date is the Date header, shown in the zone that it carries. Required.
	Date time.Time
	// Header holds further fields. Auto-Submitted (RFC 3834) is
	// "auto-generated" unless it is given here; receipts say "auto-replied".
	// Fields that Mail itself makes are refused.
	Header [][2]string
	Text   string // required: every mail can be read as plain text
	HTML   string // empty for none
	// Calendar is an iCalendar object (RFC 5545), empty for none.
	// CalendarMethod is its METHOD, such as REQUEST or CANCEL.
	Calendar       []byte
	CalendarMethod string
}

// ErrAddress means that From, To or ReplyTo is not a usable mail address.
// Addresses are ASCII: relays that carry others (RFC 6531) are still rare.
var ErrAddress = errors.New("not a usable mail address")

// Bounds in characters, so that no text from outside can make a line that mail
// does not carry, and with it an alert that cannot be sent.
const (
	maxSubject = 200 // what decides stands in front
	maxName    = 100
)

// Compose makes the final bytes of a mail: CRLF line ends, 7-bit, no line
// beyond 998 octets (RFC 5322 section 2.1.1). The same Mail always gives the
// same bytes. Nothing of the program that made it is told.
//
// Line breaks and other control characters in names, subject and header values
// become spaces, and overlong names and subjects are cut. Everything else that does not fit is an error: errors.Is(err,
// ErrAddress) for an address, a plain error for the rest.
func Compose(m Mail) ([]byte, error) { return ComposeSigned(m, nil) }

// ComposeSigned is Compose with an S/MIME signature (RFC 8551) by the
// certificate, if there is one. A signature holds its time and random numbers,
// so signing again gives other bytes: whoever queues a mail signs it once.
func ComposeSigned(m Mail, sign *tls.Certificate) ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("mailer: compose: %w", err)
	}
	boundary, err := m.boundary()
	if err != nil {
		return nil, fmt.Errorf("mailer: compose: %w", err)
	}
	msg := gomail.NewMsg(
		gomail.WithNoDefaultUserAgent(),
		gomail.WithEncoding(gomail.EncodingQP),
		gomail.WithBoundary(boundary),
	)
	m.address(msg)
	m.identify(msg)
	m.fill(msg)
	if sign != nil {
		if err := msg.SignWithTLSCertificate(sign); err != nil {
			return nil, fmt.Errorf("mailer: sign: %w", err)
		}
	}
	var raw bytes.Buffer
	if _, err := msg.WriteTo(&raw); err != nil {
		return nil, fmt.Errorf("mailer: compose: %w", err)
	}
	if err := checkWire(raw.Bytes()); err != nil {
		return nil, fmt.Errorf("mailer: compose: %w", err)
	}
	return raw.Bytes(), nil
}

// address sets sender and recipient. The structured form is used throughout,
// since go-mail's textual one would let a quote in a name end it.
func (m Mail) address(msg *gomail.Msg) {
	msg.FromMailAddress(&netmail.Address{Name: clip(clean(m.FromName), maxName), Address: m.From})
	msg.ToMailAddress(&netmail.Address{Name: clip(clean(m.ToName), maxName), Address: m.To})
	if m.ReplyTo != "" {
		msg.ReplyToMailAddress(&netmail.Address{Address: m.ReplyTo})
	}
}

// identify sets everything by which programs know the mail.
func (m Mail) identify(msg *gomail.Msg) {
	msg.Subject(clip(clean(m.Subject), maxSubject))
	msg.SetDateWithValue(m.Date)
	msg.SetMessageIDWithValue(bareID(m.MessageID))
	if m.InReplyTo != "" {
		msg.SetGenHeader(gomail.HeaderInReplyTo, "<"+bareID(m.InReplyTo)+">")
	}
	if len(m.References) > 0 {
		ids := make([]string, len(m.References))
		for i, id := range m.References {
			ids[i] = "<" + bareID(id) + ">"
		}
		msg.SetGenHeader(gomail.HeaderReferences, strings.Join(ids, " "))
	}
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	for _, h := range m.Header {
		msg.SetGenHeader(gomail.Header(h[0]), clean(h[1]))
	}
}

// fill sets the alternatives, plainest first (RFC 2046 section 5.1.4).
func (m Mail) fill(msg *gomail.Msg) {
	msg.SetBodyString(gomail.TypeTextPlain, body(m.Text))
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, body(m.HTML))
	}
	if len(m.Calendar) > 0 {
		// Base64, so that no mail server can touch the line ends that
		// calendar programs insist on.
		kind := gomail.ContentType("text/calendar; method=" + m.CalendarMethod)
		msg.AddAlternativeString(kind, string(m.Calendar), gomail.WithPartEncoding(gomail.EncodingB64))
	}
}

// boundary derives the part separator from the whole mail: the same for the
// same input, and not to be foreseen by whoever wrote a part of it. Letters and
// digits alone, because go-mail does not quote it.
func (m Mail) boundary() (string, error) {
	all, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("boundary: %w", err)
	}
	sum := sha256.Sum256(all)
	return "meldklok" + hex.EncodeToString(sum[:16]), nil
}
