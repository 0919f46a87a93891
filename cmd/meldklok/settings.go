package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// settingsFile reads a file of settings in the form that systemd's
// EnvironmentFile and a container's --env-file take too, so that one sample
// serves all three. A name that no setting has is an error: a mistyped setting
// must not be silently ignored.
func settingsFile(r io.Reader) (kong.Resolver, error) {
	values := map[string]string{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if name = strings.TrimSpace(name); !ok || !strings.HasPrefix(name, "MELDKLOK_") {
			return nil, fmt.Errorf("line %d: want MELDKLOK_NAME=VALUE", n)
		}
		values[name] = strings.Trim(strings.TrimSpace(value), `"`)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	return &settings{values: values}, nil
}

// settings resolves flags from a settings file.
type settings struct{ values map[string]string }

// Validate implements kong.Resolver.
func (s *settings) Validate(app *kong.Application) error {
	known := map[string]bool{}
	collectNames(app.Node, known)
	for name := range s.values {
		if !known[name] {
			return fmt.Errorf("%s: there is no such setting; meldklok serve --help lists them", name)
		}
	}
	return nil
}

func collectNames(n *kong.Node, into map[string]bool) {
	for _, f := range n.Flags {
		for _, env := range f.Envs {
			into[env] = true
		}
	}
	for _, child := range n.Children {
		collectNames(child, into)
	}
}

// Resolve implements kong.Resolver.
func (s *settings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, env := range flag.Envs {
		if v, ok := s.values[env]; ok {
			return v, nil
		}
	}
	return nil, nil
}
