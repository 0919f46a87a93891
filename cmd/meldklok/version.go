package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// build is what the program knows of its own making. It comes from the Go
// linker alone, so that two builds of one commit are the same bytes.
type build struct {
	Version  string // of the module, or the commit; "unknown" outside a clone
	Commit   string // empty: unknown
	Modified bool   // built from files that differ from the commit
	Go       string
}

// version reads it.
func version() build {
	b := build{Version: "unknown", Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	switch {
	case info.Main.Version != "" && info.Main.Version != "(devel)":
		b.Version = info.Main.Version
	case b.Commit != "":
		b.Version = b.Commit[:min(12, len(b.Commit))]
	}
	return b
}

// versionCommand says which program this is.
type versionCommand struct{}

// Run prints it.
func (c *versionCommand) Run(w world) error {
	b := version()
	line := "meldklok " + b.Version
	if b.Commit != "" {
		line += " commit " + b.Commit
	}
	if b.Modified {
		line += " (with changes that are in no commit)"
	}
	_, err := fmt.Fprintf(w.stdout, "%s %s %s/%s\n", line, b.Go, runtime.GOOS, runtime.GOARCH)
	return err
}
