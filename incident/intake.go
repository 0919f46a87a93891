package incident

import (
	"io"
	"time"
)

// Channel says by which door a report came in. Stored values: never rename one.
type Channel string

// The doors.
const (
	ChannelSMTP  Channel = "smtp"  // our own listener
	ChannelLMTP  Channel = "lmtp"  // our own listener, handed over by the organisation's mail server
	ChannelIMAP  Channel = "imap"  // fetched from a watched mailbox
	ChannelPipe  Channel = "pipe"  // `meldklok report`
	ChannelForm  Channel = "form"  // the open web form
	ChannelPhone Channel = "phone" // entered by an officer on behalf of somebody
	ChannelAPI   Channel = "api"   // another tool

	ChannelImport Channel = "import" // a row of another register
)

// IsForm reports whether the raw bytes of what came in by this door are a [Form].
func (c Channel) IsForm() bool {
	switch c {
	case ChannelForm, ChannelPhone, ChannelAPI, ChannelImport:
		return true
	}
	return false
}

// Cursor is a place in a watched mailbox (RFC 9051, section 2.3.1.1). It is
// stored in the same transaction as the message it stands behind, so a crash
// can neither skip a message nor take it for new.
type Cursor struct {
	Mailbox  string `json:"mailbox"`
	Validity uint32 `json:"validity"`
	UID      uint32 `json:"uid"`
}

// Incoming is one delivery: bytes that somebody handed us, before anything of
// them has been understood.
type Incoming struct {
	Channel    Channel
	Sender     string    // envelope sender; empty for <> and for channels without one
	Recipients []string  // envelope recipients
	Arrived    time.Time // when the bytes reached us: INTERNALDATE for IMAP, the moment of acceptance elsewhere; UTC
	Stated     time.Time // received time that the caller vouches for (`report --received-at`); zero if none
	Cursor     *Cursor   // where the message stands in a watched mailbox; nil elsewhere
	History    bool      // older than the chosen start of a watched mailbox: kept and searchable, no clock, no alert, no receipt
	Body       io.Reader // the raw bytes
}

// Address is a mailbox with its display name.
type Address struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
}

// ParkReason names why a message is parked instead of becoming an incident.
// Only these are ever parked (DESIGN section 5); whatever else a mail is, it is
// a report. Stored values.
type ParkReason string

// The reasons.
const (
	ParkBounce      ParkReason = "bounce"       // a delivery report (RFC 3464)
	ParkAutoReply   ParkReason = "auto-reply"   // out of office (RFC 3834)
	ParkCalendar    ParkReason = "calendar"     // a reply to an invitation (RFC 6047)
	ParkReadReceipt ParkReason = "read-receipt" // a disposition notification (RFC 8098)
	ParkOwnMail     ParkReason = "own-mail"     // our own mail coming back
)

// ReceivedBasis says where the received time of a report was found.
type ReceivedBasis string

// The bases, from the most to the least trusted.
const (
	BasisStated    ReceivedBasis = "stated"       // the caller vouched for it
	BasisOwnHost   ReceivedBasis = "own-host"     // the Received line of one of our own hosts
	BasisMailbox   ReceivedBasis = "internaldate" // the mailbox's own INTERNALDATE
	BasisListener  ReceivedBasis = "listener"     // our own listener or form, at that moment
	BasisDateField ReceivedBasis = "date-field"   // a piped mail with nothing better: its Date field, if plausible
)

// Attachment is one file that came with a report. Its name is made safe for a
// page and for a download, and never used as a path.
type Attachment struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Size int    `json:"size"`
	Data []byte `json:"-"`
}

// Bounce is what a delivery report says about a mail of ours. It counts only
// if MessageID carries our keyed token.
type Bounce struct {
	MessageID string // of the mail that came back, as the report quotes it
	Recipient string
	Status    string // RFC 3463 enhanced status, like 5.1.1
	Action    string // failed, delayed, …
}

// Reading is what a parser made of the raw bytes of one delivery. It is made
// again whenever a page needs it; only its decisions are recorded.
type Reading struct {
	Unreadable bool     // nothing could be made of it; the raw file speaks for itself
	Problems   []string // what the parser stumbled over

	From       Address   // who says to have written it; for a forwarded mail the forwarder
	Original   *Address  // the sender quoted in a forwarded mail: a suggestion
	Subject    string    // decoded, one line
	Date       time.Time // the Date field; zero if absent or broken
	MessageID  string
	InReplyTo  []string // In-Reply-To and References, nearest first
	Addressees []string // every address in To, Cc, Delivered-To and the envelope: where our keyed token may stand

	Text        string // plain text for a page
	Attachments []Attachment

	Received      time.Time // when the organisation's mailbox had it, UTC
	ReceivedBasis ReceivedBasis
	ReceivedFlag  string // why the received time deserves a look; empty if it does not

	Park    ParkReason // empty: this is a report
	Bounce  *Bounce    // set when Park is ParkBounce and the report could be read
	Machine string     // why no receipt may be sent (RFC 3834 section 2); empty for a person's mail

	Authentication string // SPF, DKIM and DMARC as the organisation's own server recorded them, like "spf=pass dkim=none"
}

// ReadOptions is what a parser must know of the organisation.
type ReadOptions struct {
	OwnHosts []string // hosts whose Received and Authentication-Results lines are believed
	OwnMail  []string // addresses from which Meldklok itself sends
	Now      time.Time
}
