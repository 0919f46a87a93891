// Package mailbox is where mail comes in: the parser, the SMTP and LMTP
// listener, and the watcher of an existing IMAP mailbox.
//
// Three promises hold the package together.
//
//   - Nothing is lost. A door says "yes" (250, the cursor moving on, a message
//     moved to a folder) only after Accept returned nil, and Accept returns nil
//     only when the bytes are durable. A parser never stands between a mail and
//     its being kept: raw first, understood later.
//   - Nothing is taken for granted. Every byte comes from a stranger, so each
//     step has a bound in time and memory, and the parser is total: Read has no
//     error, it has problems and an Unreadable mark.
//   - Nobody is silenced. Only what classify.go names is ever parked; a mail
//     that a person wrote never is, whatever words it uses.
//
// # How a message is read
//
// header.go and structure.go cut the raw bytes into a tree of slices without
// copying, and stop at 50 levels and 1,000 parts. Only then does a leaf go to
// enmime, which repairs transfer encodings and charsets. Cutting it ourselves
// is not done for its own sake: a mail of 200 KiB with thousands of nested
// parts costs enmime half a minute, and a part that enmime refuses would take
// the rest of the mail with it. This way it costs one attachment.
//
// # How mail servers hand mail over
//
// By LMTP, which is best, because Meldklok answers for each message and the
// server keeps what could not be stored:
//
//	Postfix     transport_maps:  privacy@example.org  lmtp:inet:127.0.0.1:2524
//	Exim        a transport with driver = smtp, protocol = lmtp, hosts = 127.0.0.1, port = 2524, allow_localhost
//	OpenSMTPD   action "meldklok" lmtp "127.0.0.1:2524" rcpt-to
//
// By a pipe, for which "meldklok report" answers with exit codes 0, 65 and 75
// of sysexits.h:
//
//	Postfix     meldklok unix - n n - 4 pipe flags=R user=meldklok argv=/usr/bin/meldklok report
//	Exim        a transport with driver = pipe, command = /usr/bin/meldklok report, return_path_add, temp_errors = 75
//	OpenSMTPD   action "meldklok" mda "/usr/bin/meldklok report" user meldklok
//
// TestRealPostfix tries LMTP behind a real Postfix (as virtual_transport). The
// other lines were not tried.
//
// # What the package does not know
//
// It receives functions, never a store: Accept keeps a delivery, AcceptAll several
// small ones of a backlog or none of them, LoadCursor says where a mailbox was left,
// Missing what was never taken. Recognising the same bytes twice is Accept's work,
// by a keyed hash of their content.
//
// # How a mailbox is watched
//
//	watcher.go     one connection after the other, polling and IDLE
//	pass.go        what stands behind the cursor, in order; together.go: small messages
//	               with one FETCH and one transaction, and one by one when that fails
//	reconcile.go   once an hour: what is in the folder against what was taken
//	connection.go, fetch.go   the library, and a watchdog over it
package mailbox
