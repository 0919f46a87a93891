// Package incident is the domain: what a report, an incident and a duty are,
// when a deadline falls, and what each decision does. It decides purely
// (incident, command, now → entries or a typed refusal) and knows neither
// database, nor mail, nor web.
//
// # Where to look
//
//	clock.go     when is the deadline? 72 elapsed hours, and the other readings
//	when.go      how a person's written time becomes an instant
//	duty.go      what must be done by when, under which dated rule
//	filing.go    what was sent to the AP, what was tried in vain, how late
//	telling.go   who was told; notdue.go: why a duty is not ours, the exemptions
//	chain.go     controller, processor, joint: whom we have to tell
//	measure.go   what somebody promised to do, each a duty of its own
//	accept.go    bytes onto disk before anybody is told yes; accept_all.go: several at once
//	process.go   what becomes of them: an incident, a reply, a repetition, parked
//	closing.go   what still stands in the way of closing
//	attach.go    files that people add
//	unread.go    answers that nobody of ours has looked at yet
//	forget.go    what is kept no longer; term.go: how long; line.go: a line of the
//	             register, by a named officer; again.go: once more after a restore
//	subject.go   where something about a person stands; subject_do.go: what is done about it
//	correct.go   who wrote a report, with what was put right (GDPR art. 16)
//	step.go      what was done for a request, and what was refused
//	frozen.go    what a restriction (GDPR art. 18) puts out of use
//	entry.go     the facts a log consists of; codec.go: their stored form
//	fold.go      how a log becomes an Incident; fold_alerts.go: what it says of mails
//	command.go   what people may do, and what it records
//	record.go    what the domain asks of the record underneath
//	service.go   the one Service that both doors (mail and web) call
//
// An incident is its log: [Incident] is never stored as the truth, only as the
// fold of its entries. A command never changes an incident; it returns the
// entries that will, and the store appends them, the folded state, the indexes
// and the next-alert rows in one transaction.
package incident
