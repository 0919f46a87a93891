package main

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/alecthomas/kong"
)

//go:embed deploy
var deployFiles embed.FS

// deployCommand prints a file for whoever installs or watches Meldklok.
type deployCommand struct {
	What string `arg:"" help:"config, systemd, socket (systemd listens for it), sysusers (its user), container, rules (alerts of Prometheus), dashboard (of Grafana) or man (the manual page)." enum:"config,systemd,socket,sysusers,container,rules,dashboard,man"`
}

// deployFile names the file that each word stands for.
func deployFile(what string) string {
	return "deploy/" + map[string]string{
		"config": "meldklok.env", "systemd": "meldklok.service", "socket": "meldklok.socket", "sysusers": "meldklok.sysusers",
		"container": "Containerfile", "rules": "rules.yml", "dashboard": "dashboard.json", "man": "meldklok.1",
	}[what]
}

// Run prints the file.
func (c *deployCommand) Run(w world, command *kong.Kong) error {
	raw, err := fs.ReadFile(deployFiles, deployFile(c.What))
	if err != nil {
		return fmt.Errorf("deploy %s: %w", c.What, err)
	}
	if c.What == "man" {
		raw = []byte(manualPage(string(raw), command.Model.Node))
	}
	_, err = w.stdout.Write(raw)
	return err
}

// manualPage puts the commands, as the command line itself knows them, into the
// page at its mark.
func manualPage(page string, root *kong.Node) string {
	var list strings.Builder
	for _, command := range root.Children {
		fmt.Fprintf(&list, ".TP\n.B %s\n%s\n", command.Name, strings.ReplaceAll(command.Help, "\\", "\\e"))
	}
	return strings.Replace(page, ".\\\" commands\n", list.String(), 1)
}
