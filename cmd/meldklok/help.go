package main

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
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

//go:embed deploy
var deployFiles embed.FS

// deployCommand prints a file for whoever installs Meldklok.
type deployCommand struct {
	What string `arg:"" help:"config, systemd or container." enum:"config,systemd,container"`
}

// Run prints the file.
func (c *deployCommand) Run(w world) error {
	names := map[string]string{"config": "meldklok.env", "systemd": "meldklok.service", "container": "Containerfile"}
	raw, err := fs.ReadFile(deployFiles, "deploy/"+names[c.What])
	if err != nil {
		return fmt.Errorf("deploy %s: %w", c.What, err)
	}
	_, err = fmt.Fprint(w.stdout, strings.TrimLeft(string(raw), "\n"))
	return err
}
