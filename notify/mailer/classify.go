package mailer

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/textproto"
	"strconv"
	"strings"
)

// classify decides what an error at a stage means. It is the one place where
// that is decided. A nil error is Accepted.
//
// The rules, in order: silence after the end of data is Unknown; any other
// fault without an answer is Temporary, unless encryption was disproved; an
// answer of 4xx, or one that is not understood, is Temporary; an answer of 5xx
// is a refusal, and the stage and the codes say of whom.
func classify(stage Stage, err error) (Verdict, Reason) {
	if err == nil {
		return Accepted, ReasonAccepted
	}
	code, enhanced, reply := answer(err)
	switch {
	case code == 0:
		return classifySilence(stage, err)
	case code >= 500 && code <= 599:
		return classifyRefusal(stage, code, enhanced, reply)
	case stage == StageEnd && code >= 200 && code <= 299:
		// RFC 5321 section 4.2.1: every 2yz is a positive completion.
		return Accepted, ReasonAccepted
	case stage == StageEnd && (code < 400 || code > 499):
		return Unknown, ReasonOutcome
	default:
		return Temporary, ReasonLater
	}
}

// classifySilence decides when there was no answer at all.
func classifySilence(stage Stage, err error) (Verdict, Reason) {
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		return refused.verdict, refused.reason
	case stage == StageEnd:
		return Unknown, ReasonOutcome
	case disprovesTLS(err):
		return RefusedRelay, ReasonTLS
	default:
		return Temporary, ReasonNetwork
	}
}

// classifyRefusal decides whom a 5xx concerns. Before RCPT it can only be us.
func classifyRefusal(stage Stage, code int, enhanced, reply string) (Verdict, Reason) {
	switch stage {
	case StageConnect:
		return RefusedRelay, ReasonPolicy
	case StageTLS:
		return RefusedRelay, ReasonTLS
	case StageLogin:
		return RefusedRelay, ReasonLogin
	case StageMail:
		return RefusedRelay, usReason(code, enhanced, ReasonSender)
	}
	if reason, ok := personReason(enhanced); ok {
		return RefusedPerson, reason
	}
	if stage == StageRcpt && unspecific(enhanced) {
		if reason, ok := bareRcpt(code, reply); ok {
			return RefusedPerson, reason
		}
	}
	return RefusedRelay, usReason(code, enhanced, ReasonPolicy)
}

// personReason reads the enhanced codes that speak of the recipient (the
// registry of RFC 5248). Not among them: 5.1.7 and 5.1.8 (our sender address),
// 5.2.3 (our message is too long), and all of 5.7 but the three that say that
// the mailbox or its domain is closed or has another owner.
func personReason(enhanced string) (Reason, bool) {
	switch enhanced {
	case "5.1.7", "5.1.8", "5.2.3":
		return "", false
	case "5.7.2", "5.7.17", "5.7.18":
		return ReasonMailbox, true
	}
	switch {
	case strings.HasPrefix(enhanced, "5.1."):
		return ReasonAddress, true
	case strings.HasPrefix(enhanced, "5.2."):
		return ReasonMailbox, true
	case strings.HasPrefix(enhanced, "5.4."):
		// Routing belongs to the recipient's domain. Microsoft 365 answers
		// 5.4.1 for an address that does not exist.
		return ReasonRoute, true
	}
	return "", false
}

// bareRcpt reads a refusal at RCPT without a telling enhanced code (RFC 5321
// section 4.2.3; 521 and 556 are RFC 7504).
func bareRcpt(code int, reply string) (Reason, bool) {
	switch code {
	case 550, 551, 553:
		// Some servers refuse relaying with a bare 550. Calling that a dead
		// address would strike every person off in turn for our own fault.
		if strings.Contains(strings.ToLower(reply), "relay") {
			return "", false
		}
		return ReasonAddress, true
	case 552:
		return ReasonMailbox, true
	case 521, 556:
		return ReasonRoute, true
	}
	return "", false
}

// usReason names a refusal that concerns us; other is the name when the codes
// say nothing more precise.
func usReason(code int, enhanced string, other Reason) Reason {
	switch enhanced {
	case "5.1.7", "5.1.8":
		return ReasonSender
	case "5.2.3", "5.3.4":
		return ReasonSize
	case "5.7.3", "5.7.4", "5.7.8", "5.7.9":
		return ReasonLogin
	case "5.7.10", "5.7.11":
		return ReasonTLS
	}
	switch code {
	case 530, 534, 535:
		return ReasonLogin
	case 523, 538:
		return ReasonTLS
	case 552:
		return ReasonSize
	case 500, 501, 502, 503, 504, 555:
		return ReasonProtocol
	}
	if strings.HasPrefix(enhanced, "5.7.") {
		return ReasonPolicy
	}
	return other
}

// unspecific tells an enhanced code that adds nothing to the basic one.
func unspecific(enhanced string) bool {
	return enhanced == "" || enhanced == "5.0.0"
}

// refusal is a certain refusal found on our side of the wire.
type refusal struct {
	verdict Verdict
	reason  Reason
	text    string
}

func (r *refusal) Error() string { return r.text }

// disprovesTLS tells a peer that cannot be trusted or does not speak TLS from
// one that merely went away.
func disprovesTLS(err error) bool {
	var (
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		alert     tls.AlertError
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	return errors.As(err, &verify) || errors.As(err, &record) || errors.As(err, &alert) ||
		errors.As(err, &authority) || errors.As(err, &hostname) || errors.As(err, &invalid)
}

// answer takes the server's answer out of an error: its code, enhanced code
// and text on one line. The code is 0 when the server gave none.
func answer(err error) (code int, enhanced, reply string) {
	var said *textproto.Error
	if !errors.As(err, &said) {
		return 0, "", ""
	}
	reply = oneLine(said.Msg)
	return said.Code, enhancedCode(reply), reply
}

// enhancedCode reads the status code of RFC 3463 at the start of a reply.
func enhancedCode(reply string) string {
	word, _, _ := strings.Cut(reply, " ")
	parts := strings.Split(word, ".")
	if len(parts) != 3 || len(parts[0]) != 1 || !strings.Contains("245", parts[0]) {
		return ""
	}
	for _, p := range parts[1:] {
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n > 999 {
			return ""
		}
	}
	return word
}

// maxReply bounds what is kept of a reply: RFC 5321 section 4.5.3.1.5 allows
// 512 octets a line, and nobody reads more.
const maxReply = 512

// oneLine makes a server's text safe to store and show: one line, valid UTF-8,
// no control characters, bounded.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(strings.Map(printable, strings.ToValidUTF8(s, "?"))), " ")
	if len(s) > maxReply {
		s = strings.ToValidUTF8(s[:maxReply], "")
	}
	return s
}
