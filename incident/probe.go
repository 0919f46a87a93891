package incident

import (
	"strconv"
	"strings"
	"time"
)

// A probe is a mail that Meldklok sends to a watched mailbox, to see it come in
// (LESSONS 12). Its Message-ID carries a token of ours, so nobody else can make
// one, and each token counts once, so that a copy of one hides nothing.

// Probe is the last probe of a watched mailbox. Times are UTC.
type Probe struct {
	Message uint64        `json:"message,omitempty"` // number in the outbox; 0: there was none yet
	Sent    time.Time     `json:"sent,omitzero"`     // when it was queued
	Seen    time.Time     `json:"seen,omitzero"`     // when it came in; zero: it has not
	Travel  time.Duration `json:"travel,omitempty"`  // from Sent by our clock to its receipt by the mailbox's; below zero when ours is ahead
}

// Due reports whether the next probe should be sent. As long as one is under
// way no other is, so that they never pile up behind a relay in trouble; after a
// whole period a lost one is given up.
func (p Probe) Due(now time.Time, every time.Duration, underWay bool) bool {
	return p.Message == 0 || (!underWay && !now.Before(p.Sent.Add(every)))
}

// Lost reports a probe that should have come in. It is not lost while the
// mailbox itself could not be read to its end since the limit: then that is the
// trouble, and it has a finding of its own.
func (p Probe) Lost(lastGood, now time.Time) bool {
	limit := p.Sent.Add(ProbeLimit)
	return p.Message != 0 && p.Seen.IsZero() && !now.Before(limit) && !lastGood.Before(limit)
}

// Ahead is by how much our clock must be ahead of the mailbox's, since a probe
// cannot come in before it was sent; zero when it need not be (LESSONS 37).
func (p Probe) Ahead() time.Duration { return max(0, -p.Travel) }

// Took is how long it travelled, as far as the clocks agree.
func (p Probe) Took() time.Duration { return max(0, p.Travel) }

// probeMark stands for the reference in the Message-ID of a probe.
const probeMark = "probe"

// ProbeID returns the Message-ID of the probe with the number in the outbox.
func (t Tokens) ProbeID(id uint64, queued time.Time) string {
	local := probeMark + "." + strconv.FormatUint(id, 10) + "." + strconv.FormatInt(queued.Unix(), 36)
	return local + "." + t.tag(local) + "@" + t.Domain
}

// Probe reads a Message-ID made by [Tokens.ProbeID].
func (t Tokens) Probe(messageID string) (id uint64, ok bool) {
	parts, ok := t.verified(messageID)
	if !ok || parts[0] != probeMark {
		return 0, false
	}
	id, err := strconv.ParseUint(parts[1], 10, 64)
	return id, err == nil
}

// ProbeSent: a probe was queued for a watched mailbox.
type ProbeSent struct {
	noPersonal
	Mailbox string `json:"mailbox"`
	Message uint64 `json:"message"`
}

// Kind implements Body.
func (ProbeSent) Kind() Kind { return "probe-sent" }

// ProbeSeen: a probe came in.
type ProbeSeen struct {
	noPersonal
	Message uint64        `json:"message"`
	Travel  time.Duration `json:"travel"`
}

// Kind implements Body.
func (ProbeSeen) Kind() Kind { return "probe-seen" }

// applyProbe folds what is said about probes.
func (o *Org) applyProbe(e Entry) {
	switch b := e.Body.(type) {
	case *ProbeSent:
		if o.Probes == nil {
			o.Probes = map[string]Probe{}
		}
		o.Probes[b.Mailbox] = Probe{Message: b.Message, Sent: e.At}
	case *ProbeSeen:
		for name, p := range o.Probes {
			if p.Message == b.Message {
				p.Seen, p.Travel = e.At, b.Travel
				o.Probes[name] = p
			}
		}
	}
}

// forgedProbe reports a Message-ID that looks like a probe's and was not made by
// our key.
func (t Tokens) forgedProbe(messageID string) bool {
	_, ours := t.Probe(messageID)
	return !ours && strings.HasPrefix(strings.ToLower(strings.Trim(messageID, "<> ")), probeMark+".")
}

// probed recognises a probe that comes in for the first time. The mail must be
// our own by its marks, carry a token that our key made, and be the one that is
// awaited. A copy of one is our own mail coming back, and is parked; a forged
// one is a report like any other. Some relays write a Message-ID of their own,
// so the token also stands in References.
func (p *processing) probed() (Settled, bool, error) {
	if p.reading.Park != ParkOwnMail {
		return Settled{}, false, nil
	}
	if p.s.Tokens.forgedProbe(p.reading.MessageID) {
		p.reading.Park = ""
		return Settled{}, false, nil
	}
	for _, id := range append([]string{p.reading.MessageID}, p.reading.InReplyTo...) {
		message, ok := p.s.Tokens.Probe(id)
		if !ok {
			continue
		}
		for _, probe := range p.tx.Org().Probes {
			if probe.Message == message && probe.Seen.IsZero() {
				return p.seeProbe(probe)
			}
		}
	}
	return Settled{}, false, nil
}

// seeProbe records the travel time. The bytes are remembered, so that a rescan
// of the mailbox recognises them, and then dropped.
func (p *processing) seeProbe(probe Probe) (Settled, bool, error) {
	travel := p.reading.Received.Sub(probe.Sent)
	if err := p.tx.Remember(p.d.Hash, Known{}); err != nil {
		return Settled{}, true, err
	}
	_, err := p.tx.Append(OrgStream(), p.act, &ProbeSeen{Message: probe.Message, Travel: travel})
	return Settled{Probe: true}, true, err
}
