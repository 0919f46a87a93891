package notify

import "regexp"

// inReply matches an address in what a mail server answers.
var inReply = regexp.MustCompile(`[^\s<>()\[\]"',;:=]+@[^\s<>()\[\]"',;:=]+`)

// withoutAddresses is a server's answer as the log of an incident keeps it: for as
// long as the register, and so longer than the address of a person. Who was written
// to stands beside it; the outbox has the answer word for word.
func withoutAddresses(reply string) string { return inReply.ReplaceAllString(reply, "(address)") }
