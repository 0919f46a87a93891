// Package notify is the escalation engine: it turns due rungs into mails that
// cannot be lost.
//
// # One turn
//
//	queue.go   all planned rows whose instant has passed, in batches, nearest
//	           first: the final bytes, the Message-ID, the entry in the log and
//	           the next row are written in one transaction
//	send.go    for each ready mail, nearest deadline first and receipts last:
//	           still needed? send it over a reused connection; record the reply
//	audit.go   count open duties against next-alert rows, look for what is
//	           stuck; the result is health
//
// compose.go gives mails their final bytes on all cores, record.go writes what
// became of them while the next one leaves. Beside the turns: sweep.go re-derives
// slices of open duties from their logs, rewind.go walks them when our clock went
// back. aside.go keeps one damaged case from stopping all others.
//
// # Why nothing is lost
//
// The row of a rung leaves the plan only in the transaction that stores its
// mails. A mail leaves the outbox only in the transaction that records how it
// ended. A crash between sending and recording sends the same bytes again under
// the same Message-ID: a possible duplicate, never a gap and never a second
// wording. Only a decision in the incident's log ends a ladder; the sender reads
// the incident again immediately before it sends. When a reporter is forgotten, the
// mails to them are taken back in the same transaction, and those to our own people
// sealed anew, byte for byte.
//
// # What decides, and what only acts
//
// ladder.go and the texts are pure: duty and now in, steps and words out. A
// mail is first a letter (text_letter.go), from which both the plain text and
// the page are written, so that they say the same; calendar.go puts its deadline
// into the recipient's agenda; digest.go decides which week management is told
// of; prooffile.go prints what became of every alert. The engine carries them
// to the record and to the relays. It keeps nothing per incident in memory but
// the mails now being sent, in a flood of reports the rows it holds back for five
// minutes, and what it put aside.
package notify
