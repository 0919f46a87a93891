// Package mailertest is a mail server for tests: it speaks real SMTP, in
// memory, records every message it accepts, and fails on command.
//
// Connections are made by [Server.Dial], which fits mailer.Relay.Dial. Nothing
// in it touches a socket, so a server made inside a testing/synctest bubble
// lives on the bubble's clock: a hanging server costs no real time.
//
//	server := mailertest.New()
//	defer server.Close()
//	relay, _ := mailer.ParseRelay("smtp://localhost:25")
//	relay.Dial = server.Dial
//	server.Script(func(to string, n int) mailertest.Fault {
//		if to == "officer@example.org" && n == 1 {
//			return mailertest.Refuse(mailertest.AtRcpt, 451, "4.3.0", "try again")
//		}
//		return mailertest.Fault{}
//	})
//
// [Server.Serve] puts the same server on a real listener, for programs that
// run as a process of their own and for TLS.
package mailertest
