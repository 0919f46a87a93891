// Package session is about who signs in: one-time links, passwords, sessions
// and the throttling of guesses. Who is alerted, and in which role, is the
// business of incident/people; a person may be a recipient without ever signing
// in.
//
// # What is kept, under which name
//
// Everything stands in the record's credential table, sealed, one row per name
// (incident.Tx.SetCredential):
//
//	account/<person>   password hash (argon2id), and the digests of the person's sessions
//	session/<digest>   person, when it began, when it was last seen
//	link/<digest>      one-time link: for whom, until when
//	first-link         digest of the link for the first officer
//
// A token itself is nowhere stored, only a keyed digest of it: whoever reads
// the file cannot sign in with what they find.
//
// A session ends after eight hours without a request, after seven days in any
// case, when the person signs out, when the password changes, and when the
// person leaves. The time of the last request is kept in memory and reaches the
// record only with a request that changes something, because a GET changes
// nothing (DESIGN, promise 10); after a restart a session may therefore end
// earlier than it would have, never later.
//
// Guesses are slowed down, never locked out: nobody may be able to shut out the
// privacy officer during an incident by typing wrong passwords.
package session
