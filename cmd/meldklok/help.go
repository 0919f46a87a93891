package main

import (
	_ "embed"
	"fmt"
)

// helpCommand explains a subject.
type helpCommand struct {
	Subject string `arg:"" help:"json: the names and values of every JSON output. mailbox: how to watch a mailbox." enum:"json,mailbox"`
}

//go:embed help_json.txt
var helpJSON string

//go:embed help_mailbox.txt
var helpMailbox string

// Run prints the explanation.
func (c *helpCommand) Run(w world) error {
	text := helpJSON
	if c.Subject == "mailbox" {
		text = helpMailbox
	}
	_, err := fmt.Fprint(w.stdout, text)
	return err
}
