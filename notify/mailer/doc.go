// Package mailer turns a mail into its final bytes and hands stored bytes to a
// mail server. It is the only package that knows go-mail.
//
// # Two jobs, kept apart
//
// [Compose] makes the bytes, once. They are stored by whoever queues the mail,
// together with their Message-ID. A [Transport] later transmits stored bytes
// as they are, as often as needed. A crash between the two therefore sends the
// same bytes again under the same Message-ID: a possible duplicate that mail
// programs can fold, never a loss and never a second wording.
//
// # What an attempt can end in
//
// One attempt concerns one recipient and ends in one [Result] with one
// [Verdict]. The verdict says whose turn it is: nobody's ([Accepted]), ours
// again ([Temporary], [Unknown]), the next person's ([RefusedPerson]) or the
// next relay's and the administrator's ([RefusedRelay]). The whole decision is
// one pure function, classify, with one table for a test. Its rule is that
// "refused" must be proved: what is not understood is temporary.
//
// # Why the smtp package of go-mail and not its Client
//
// The client of go-mail composes while it sends, so its bytes cannot be stored
// first; its context ends the dial only; and it reports an accepted mail as
// failed when the server hangs up after the 250. Here every stage (connect,
// TLS, login, MAIL, RCPT, DATA, end of data, RSET, QUIT) has its own deadline
// on the connection and ends with the context, and a 250 is final whatever
// happens next.
//
// # What this package must not know
//
// Incidents, people, retries, stores. It keeps no state between connections.
// Replies of a server, and errors that quote them, may contain the recipient's
// address: they belong in the sealed record, not in a log. Verdict, Reason,
// Stage, Code and Enhanced are free of addresses.
package mailer
