package mailer

import (
	"context"
	"fmt"
	"time"
)

// Verdict says what an attempt means for the person, the relay and the mail.
type Verdict string

// The verdicts of an attempt.
const (
	// Accepted: the server took responsibility for the mail. Final.
	Accepted Verdict = "accepted"
	// Temporary: not accepted, and nothing proves that it never will be.
	// Try again later, meanwhile by another relay.
	Temporary Verdict = "temporary"
	// Unknown: the whole mail was handed over but no answer came. It may have
	// been accepted. Send the same bytes again.
	Unknown Verdict = "unknown"
	// RefusedPerson: this recipient cannot be reached by mail. The next
	// person's turn; the relay is fine.
	RefusedPerson Verdict = "refused-person"
	// RefusedRelay: the server refuses us (login, TLS, policy, size, sender).
	// The next relay's turn, and the administrator's; the person is fine.
	RefusedRelay Verdict = "refused-relay"
)

// Reason names why a verdict was given, for the record and the screen.
type Reason string

// The reasons of a verdict.
const (
	ReasonAccepted Reason = "accepted"        // the server said 2xx at the end of data
	ReasonKept     Reason = "kept-in-folder"  // written to a folder, not sent
	ReasonNetwork  Reason = "network"         // refused dial, hang-up, timeout
	ReasonLater    Reason = "asked-to-wait"   // 4xx
	ReasonOutcome  Reason = "outcome-unknown" // silence after the end of data
	ReasonAddress  Reason = "address-refused" // no such address or domain
	ReasonMailbox  Reason = "mailbox-refused" // mailbox disabled, full, handed on
	ReasonRoute    Reason = "no-route"        // no way to the recipient's server
	ReasonLogin    Reason = "login"           // login refused, missing or impossible
	ReasonTLS      Reason = "tls"             // no or unproved encryption
	ReasonSender   Reason = "sender-refused"  // our own address was refused
	ReasonSize     Reason = "too-large"       // larger than the server takes
	ReasonPolicy   Reason = "policy"          // relaying, content or any other rule of the server
	ReasonProtocol Reason = "protocol"        // the server does not know what we said
	ReasonFolder   Reason = "folder"          // the folder could not be written
)

// Stage is the step of the conversation at which an attempt ended.
type Stage string

// The stages, in order.
const (
	StageConnect Stage = "connect" // dial, greeting, EHLO
	StageTLS     Stage = "tls"
	StageLogin   Stage = "login"
	StageMail    Stage = "mail"
	StageRcpt    Stage = "rcpt"
	StageData    Stage = "data" // the DATA command and the bytes before the final dot
	StageEnd     Stage = "end"  // the final dot and its answer
)

// Result is the outcome of one attempt for one recipient.
type Result struct {
	Verdict Verdict
	Reason  Reason
	Stage   Stage
	// Code is the server's three-digit answer (RFC 5321 section 4.2), 0 when
	// there was none.
	Code int
	// Enhanced is the status code of RFC 3463, as in "5.1.1"; empty when the
	// server gave none.
	Enhanced string
	// Reply is the server's text on one line, without the code: the evidence
	// of acceptance (often a queue number). It may quote the address.
	Reply string
	// PeerTime is the server's clock at this moment, taken from its greeting
	// and carried forward; zero when the greeting had no date. Precise to a
	// second or so: meant for noticing that our own clock is wrong.
	PeerTime time.Time
	// Gone says that the connection can carry nothing more: close it and open
	// another. A refused mail alone does not make a connection go.
	Gone bool
	// Err is nil if and only if Verdict is Accepted. It may quote the address.
	Err error
}

// OpenError says why no connection came about.
type OpenError struct {
	Relay    string  // the transport's name, without secrets
	Verdict  Verdict // Temporary or RefusedRelay
	Reason   Reason
	Stage    Stage // StageConnect, StageTLS or StageLogin
	Code     int   // as in Result
	Enhanced string
	Reply    string
	Err      error
}

// Error tells relay, stage and cause.
func (e *OpenError) Error() string {
	return fmt.Sprintf("mailer: open %s: %s: %v", e.Relay, e.Stage, e.Err)
}

// Unwrap gives the cause.
func (e *OpenError) Unwrap() error { return e.Err }

// Transport is a way out for mail: a [Relay] or a [Folder].
type Transport interface {
	// Open makes a connection for any number of messages. Its error is always
	// an *OpenError. The context bounds the opening only.
	Open(ctx context.Context) (Conn, error)
	// Name is stable, short and without secrets; results are recorded under it.
	Name() string
}

// Conn is an open connection. One goroutine uses it at a time.
type Conn interface {
	// Send transmits raw, unchanged, to one recipient. From and to are bare
	// addresses; an empty from is the null sender (RFC 5321 section 4.5.5).
	// Raw has CRLF line ends and ends with one, as Compose makes it.
	Send(ctx context.Context, from, to string, raw []byte) Result
	// Close says goodbye, briefly, and lets go. What the server answers to the
	// goodbye changes no earlier result.
	Close() error
}
