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
//	account/<person>   password hash (argon2id), key of an app, digests of recovery codes, passkeys,
//	                   digest of the identity at the provider, digests of the sessions and links, last sign-in
//	session/<digest>   person, when it began, was last seen and last proved, by what, roughly which browser
//	link/<digest>      one-time link: for whom, until when
//	first-link         digest of the link for the first officer
//	tokens             of other tools: name, scopes, until when, last used, keyed digest (token.go)
//	once/…             requests of other tools that were carried out, for a day (once.go)
//
// A token, a recovery code and an identity are nowhere stored, only keyed
// digests of them: whoever reads the file cannot sign in with what they find.
// The key of an app must be read again, so it is only sealed.
//
// # How somebody comes in
//
//	second.go       a password, and then the code of an app or a recovery code
//	passkey.go      a passkey that verifies its owner: enough alone
//	sso.go          a provider of single sign-on (OpenID Connect); sso_account.go: whose identity it is
//	link.go         a one-time link, which sets a password and replaces no second step
//	session.go      what comes of it: a session, and proving once more to be there
//	account.go      the ways of a person, and taking them away
//	forget.go       all of it gone with a person who is forgotten, and what is over, once a day
//
// What is under way between two of these steps (a password that was right, a
// question to a passkey, a journey to the provider) is kept in memory only, for
// ten minutes, and works once (shelf.go).
//
// What happens to accounts is written into the organisation's log
// (incident.AccountEvent), without addresses; wrong guesses as counts.
//
// A session ends after eight hours without a request, after seven days in any
// case, when the person signs out, when the password changes, and when the
// person leaves. The time of the last request is kept in memory and reaches the
// record only with a request that changes something, because a GET changes
// nothing (DESIGN, promise 10); after a restart a session may therefore end
// earlier than it would have, never later.
//
// Guesses are slowed down, never locked out: nobody may be able to shut out the
// privacy officer during an incident by typing wrong passwords. Only codes of an
// app rest for an hour after twenty wrong ones, which takes the right password;
// recovery codes and passkeys work meanwhile.
package session
