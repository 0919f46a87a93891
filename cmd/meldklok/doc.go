// Command meldklok is a data-breach incident tracker with 72-hour deadline
// alerts for Dutch organisations.
//
// # Where to look
//
//	main.go      the command line: flags, environment, exit codes
//	config.go    every setting, its default, and what it is checked against
//	app.go       the wiring: New, Run, Close
//	desk.go      where a command that needs the data runs: here, or inside the
//	             running service over the local socket (control.go)
//	report.go, list.go, user.go, …   one file a command
//	deploy/      what `meldklok deploy` prints
//
// # How the rooms hang together
//
// A mail comes in through notify/mailbox, a form through ui/web. Both hand raw
// bytes to incident.Service.Accept, which returns once they are on disk, and
// only then say yes. incident.Service.Process gives each delivery an outcome: a
// new incident with a provisional clock and score, a reply joined to one, a
// repetition, or a parked message. The store plans when the incident next needs
// the engine; notify.Engine takes it up then, stores the final bytes of each
// mail with the entry that says so, and sends. Only a decision in the
// incident's log ends that.
//
// # What it is safe from
//
// THREATS.md says who might harm what, how that is met and what is left.
// KNOCKS.md says what was done to the program on purpose, and what was lost.
//
// # Where this departs from the plan, and why
//
// The 250 to a sender comes after the raw bytes are durable and before they are
// parsed, also for a small mail: one order of events for every size, so a
// parser can never be the reason that a report is lost.
//
// Alerts are entries of the incident's log (one per rung, one per outcome), not
// a table of their own: the proof of alert is then chained and replayed like
// everything else, and "was this rung fired?" is answered by the fold.
//
// The first ended mails keep their text for thirty days; the log keeps their
// hash and the server's reply for as long as the register.
package main
