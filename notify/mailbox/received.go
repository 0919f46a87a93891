package mailbox

import (
	"net/mail"
	"strings"
	"time"

	"meldklok/incident"
)

// Why a received time deserves a look (Reading.ReceivedFlag). Stable words.
const (
	FlagFuture      = "future"      // a source names a time that had not come yet; another was taken
	FlagDisagrees   = "disagrees"   // the sources are more than an hour apart; the earlier one was taken
	FlagImplausible = "implausible" // a source lies too far back to be true; another was taken
)

const (
	clockSkew = 5 * time.Minute     // servers' clocks may differ this much before anybody is told
	disagree  = time.Hour           // further apart than this is flagged (DESIGN section 5)
	dateReach = 30 * 24 * time.Hour // how far back a sender's own Date field is believed
)

// lawBegins returns the first day of the GDPR (Art. 99(2)). No 72 hours could
// start before it, so an earlier time is a clock gone wrong.
func lawBegins() time.Time { return time.Date(2018, time.May, 25, 0, 0, 0, 0, time.UTC) }

// source is one answer to "when was it received?".
type source struct {
	at    time.Time
	basis incident.ReceivedBasis
}

// received decides when the organisation had the mail (DESIGN section 5). What
// one of its own hosts recorded is best: a sender can forge every line below
// those, and none of those. Where two sources differ the earlier plausible one
// counts, because a clock that starts too early only costs a question.
func received(h header, in incident.Incoming, o incident.ReadOptions) (best source, flag string) {
	fallback := source{firstTime(in.Arrived, o.Now), fallbackBasis(in.Channel)}
	if isFuture(fallback.at, o.Now) {
		fallback.at, flag = o.Now, FlagFuture
	}
	claim, oldest := claimed(h, in, o.OwnHosts, fallback.at)
	switch {
	case claim.at.IsZero():
		best = fallback
	case isFuture(claim.at, o.Now):
		best, flag = fallback, FlagFuture
	case claim.at.Before(oldest):
		best, flag = fallback, FlagImplausible
	case claim.basis == incident.BasisStated:
		best = claim
	default:
		best, flag = reconcile(claim, fallback, flag)
	}
	if !o.Now.IsZero() && best.at.After(o.Now) {
		best.at = o.Now // within the skew of two clocks
	}
	best.at = best.at.UTC()
	return best, flag
}

// reconcile chooses between a claim and the fallback when both are plausible.
func reconcile(claim, fallback source, flag string) (source, string) {
	apart := claim.at.Sub(fallback.at)
	switch {
	case apart > disagree:
		return fallback, FlagDisagrees
	case apart < -disagree:
		return claim, FlagDisagrees
	case claim.basis == incident.BasisDateField && apart > 0:
		return fallback, flag
	}
	return claim, flag
}

// claimed finds the most trusted time that the mail or the caller gives, and
// how old it may be before it is disbelieved. With no such time it is zero.
func claimed(h header, in incident.Incoming, own []string, fallback time.Time) (claim source, oldest time.Time) {
	oldest = lawBegins()
	if !in.Stated.IsZero() {
		return source{in.Stated, incident.BasisStated}, oldest
	}
	if at := ownHostTime(h, own); !at.IsZero() {
		return source{at, incident.BasisOwnHost}, oldest
	}
	if in.Channel == incident.ChannelPipe {
		return source{dateOf(h), incident.BasisDateField}, fallback.Add(-dateReach)
	}
	return source{}, oldest
}

// fallbackBasis names what stands behind Incoming.Arrived.
func fallbackBasis(c incident.Channel) incident.ReceivedBasis {
	if c == incident.ChannelIMAP {
		return incident.BasisMailbox
	}
	return incident.BasisListener
}

// dateOf reads the Date field; zero if there is none or it cannot be read.
func dateOf(h header) time.Time { return parseDate(h.first("date")) }

// parseDate reads an RFC 5322 date, in UTC.
func parseDate(value string) time.Time {
	value = strings.TrimSpace(value)
	if value == "" || len(value) > 200 {
		return time.Time{}
	}
	at, err := mail.ParseDate(value)
	if err != nil || at.Year() < 1 || at.Year() > 9999 {
		return time.Time{}
	}
	return at.UTC()
}

// isFuture reports a time that has not come, clocks' differences allowed for.
func isFuture(at, now time.Time) bool { return !now.IsZero() && at.After(now.Add(clockSkew)) }

// firstTime returns the first time that is set.
func firstTime(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}
