// Package webhook is the second road: short posts over HTTPS for the hours in
// which mail itself is the trouble, and the outside heartbeat whose silence is
// the alarm.
//
// # What goes over it
//
//	alert     a rung with twelve hours or less left was queued, or any rung
//	          while no relay takes mail
//	trouble   the audit found something red that was not red before
//	lasting   it still is, four hours after the last word about it
//	over      it has been gone for five minutes
//	entry     a log grew, for a receiver that asked for it with #entries
//	missed    posts were lost on the way to this receiver; sent as soon as one
//	          can be
//	test      an administrator asked whether posts arrive
//
// and to a heartbeat's address one ping a minute, only after an audit without a
// red finding. A post is extra: the record counts mails alone, and a rung stays
// due by mail whatever happens here. Posts that wait when the program stops are
// gone; what is still wrong is told anew after the next start.
//
// Posts about entries are no alarm but a feed for other tools (entries.go), and
// the exception: up to where a receiver was told stands in the record, so they
// come in order, each at least once, also over a restart, however long the
// receiver is away: the log is the outbox, written in the transaction of what it
// tells of. The first start with the option begins at the end of the log.
// A refused post is tried again too, every two minutes: what is wrong with it is
// the receiver's setting, and health says so.
//
// # What decides, and what only acts
//
// decide.go is pure: what was said before and the new health in, posts out.
// text.go and format.go are pure: a post in, a request out. send.go makes one
// attempt. road.go keeps one goroutine and a bounded queue for each receiver, so
// that [Road.Audited] and [Road.Alerted] return at once, whatever hangs.
//
// # No case content
//
// A post holds a finding's code and sentence, or reference, duty, deadline and
// hours left, a link, and the head of the chain. The addresses of receivers
// are secrets: logs, errors and findings name scheme and host only.
//
// # Settings
//
// A receiver is FORMAT+https://ADDRESS. Formats are json, teams (a Workflows
// webhook), slack (and what takes the same text: Mattermost, Rocket.Chat), ntfy
// and heartbeat. FORMAT+file:PATH reads the address from a file. What follows
// the ? belongs to the receiver and is passed on untouched; our own options
// follow a #, which never leaves the machine: #lang=en (default nl), #insecure
// (plain http beyond this machine), for json #entries=KIND,KIND… or #entries=all
// (posts about entries of these kinds), and for a heartbeat #get (instead of POST)
// and #fail (ping ADDRESS/fail while something is red). Proxies of the
// environment are ignored and redirects are not followed.
//
// # Signature of the JSON format
//
// Signed as the Standard Webhooks specification says, version 1, so that its
// libraries can verify it. Three headers come with the body:
//
//	webhook-id         the same for every attempt at one post: drop repeats by it
//	webhook-timestamp  of the attempt, seconds since 1970 UTC: refuse old ones
//	webhook-signature  v1,BASE64(HMAC-SHA256(key, id "." timestamp "." body))
//
// The key is what follows whsec_ in the secret's file, decoded from base64; a
// secret without that prefix is used as it stands. The example of [Sign]
// verifies a post. By hand, with the body in a file:
//
//	{ printf '%s.%s.' "$ID" "$TIMESTAMP"; cat body; } |
//	  openssl dgst -sha256 -mac HMAC -macopt hexkey:"$KEY" -binary | base64
//
// [Payload] documents the body, [EntryPayload] that of a post about an entry.
package webhook
