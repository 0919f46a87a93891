package incident

import (
	"encoding/base32"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Tokens makes and recognises the keyed marks by which a reply or a bounce is
// known to belong to a mail of ours. A reference alone proves nothing: anybody
// can guess one (LESSONS 18).
type Tokens struct {
	MAC    func(purpose string, data ...[]byte) []byte
	Domain string // right-hand side of our Message-IDs
}

// bundle stands for the reference in the Message-ID of a mail about several
// incidents.
const bundle = "bundle"

// MessageID returns the Message-ID (RFC 5322 section 3.6.4, without angle
// brackets) of the mail with the number, queued at the instant. A zero ref
// means several incidents, or none.
func (t Tokens) MessageID(ref Ref, id uint64, queued time.Time) string {
	name := bundle
	if !ref.IsZero() {
		name = ref.String()
	}
	local := fmt.Sprintf("%s.%d.%s", name, id, strconv.FormatInt(queued.Unix(), 36))
	return local + "." + t.tag(local) + "@" + t.Domain
}

// ThreadID returns the Message-ID that all mails about an incident refer to,
// so that a mail program shows them as one conversation.
func (t Tokens) ThreadID(ref Ref) string {
	local := ref.String() + ".0.thread"
	return local + "." + t.tag(local) + "@" + t.Domain
}

// DrillID returns a Message-ID for a mail that orders a drill under the rule.
func (t Tokens) DrillID(rule string, at time.Time) string {
	local := rule + ".0." + strconv.FormatInt(at.UnixNano(), 36)
	return local + "." + t.tag(local) + "@" + t.Domain
}

// Drill reads a Message-ID made by [Tokens.DrillID]: only we can order a drill.
func (t Tokens) Drill(messageID string) (rule string, ok bool) {
	parts, ok := t.verified(messageID)
	if !ok || (parts[0] != DrillRule && parts[0] != FastDrillRule) {
		return "", false
	}
	return parts[0], true
}

// Address returns a mailbox's address with the token of a Message-ID behind a
// plus (RFC 5233, section 1), for those whose relays write Message-IDs of their
// own. An address whose local part would become longer than 64 characters (RFC
// 5321, section 4.5.3.1.1) stays as it is.
func (t Tokens) Address(mailbox, messageID string) string {
	local, domain, ok := strings.Cut(mailbox, "@")
	token, _, _ := strings.Cut(messageID, "@")
	if tagged := local + "+" + token; ok && len(tagged) <= 64 {
		return tagged + "@" + domain
	}
	return mailbox
}

// Mark is what a verified token says.
type Mark struct {
	Ref     Ref    // zero for a bundle
	Message uint64 // 0 for the thread itself
}

// Read verifies a Message-ID, with or without angle brackets. Some relays put
// another domain behind it, so only the local part counts; ok is false for
// everything that our key did not make.
func (t Tokens) Read(messageID string) (m Mark, ok bool) {
	parts, ok := t.verified(messageID)
	if !ok {
		return Mark{}, false
	}
	id, err := strconv.ParseUint(parts[1], 10, 64)
	if err != nil {
		return Mark{}, false
	}
	m.Message = id
	if parts[0] == bundle {
		return m, true
	}
	m.Ref, err = ParseRef(parts[0])
	return m, err == nil
}

// verified splits the local part of a Message-ID that our key made.
func (t Tokens) verified(messageID string) (parts []string, ok bool) {
	local, _, _ := strings.Cut(strings.Trim(strings.TrimSpace(messageID), "<>"), "@")
	if _, tag, plus := strings.Cut(local, "+"); plus {
		local = tag // an address of ours with the token behind the plus
	}
	parts = strings.Split(strings.ToLower(local), ".")
	if len(parts) != 4 || t.tag(strings.Join(parts[:3], ".")) != parts[3] {
		return nil, false
	}
	return parts, true
}

func (t Tokens) tag(local string) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(t.MAC("message-id", []byte(local))[:10]))
}
