package main

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed deploy
var deployFiles embed.FS

// deployCommand prints a file for whoever installs or watches Meldklok.
type deployCommand struct {
	What string `arg:"" help:"config, systemd, socket (systemd listens for it), sysusers (its user), container, rules (alerts of Prometheus) or dashboard (of Grafana)." enum:"config,systemd,socket,sysusers,container,rules,dashboard"`
}

// deployFile names the file that each word stands for.
func deployFile(what string) string {
	return "deploy/" + map[string]string{
		"config": "meldklok.env", "systemd": "meldklok.service", "socket": "meldklok.socket", "sysusers": "meldklok.sysusers",
		"container": "Containerfile", "rules": "rules.yml", "dashboard": "dashboard.json",
	}[what]
}

// Run prints the file.
func (c *deployCommand) Run(w world) error {
	raw, err := fs.ReadFile(deployFiles, deployFile(c.What))
	if err != nil {
		return fmt.Errorf("deploy %s: %w", c.What, err)
	}
	_, err = w.stdout.Write(raw)
	return err
}
