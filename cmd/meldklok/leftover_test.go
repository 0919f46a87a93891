package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// watchFiles reads every file below some folders again and again, and returns
// what ends that: the names of all that were ever seen, and those that held one of
// the words.
func watchFiles(words []string, dirs ...string) (end func() (seen, bad []string)) {
	names, found := map[string]bool{}, map[string]bool{}
	look := func() {
		for _, dir := range dirs {
			_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
				if err != nil || !d.Type().IsRegular() {
					return nil // it comes and goes
				}
				raw, err := os.ReadFile(path)
				if err != nil {
					return nil
				}
				names[filepath.Base(path)] = true
				for _, word := range words {
					if strings.Contains(strings.ToLower(path), strings.ToLower(word)) || bytes.Contains(bytes.ToLower(raw), bytes.ToLower([]byte(word))) {
						found[path+" holds "+word] = true
					}
				}
				return nil
			})
		}
	}
	stop := make(chan bool)
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			look()
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	list := func(m map[string]bool) (out []string) {
		for name := range m {
			out = append(out, name)
		}
		slices.Sort(out)
		return out
	}
	return func() ([]string, []string) {
		close(stop)
		watching.Wait()
		look()
		return list(names), list(found)
	}
}

// TestNoFileHoldsContent (promise 9): while the program takes mail and forms with
// files in, alerts, shows pages, makes a backup and tries it, no file in its data
// folder or in the folder for temporary files ever holds a word of a report, a
// name, an address or a password. Neither do the figures for monitoring.
func TestNoFileHoldsContent(t *testing.T) {
	relay, relayURL := relayOnSocket(t)
	dir, temporary, backups := t.TempDir(), t.TempDir(), t.TempDir()
	s := shell{t, dir}
	s.ok("Password-Hazel in drie woorden\n", "user", "add", "--email", "officer-otter@example.org", "--name", "Officer-Otter", "--role", "officer")
	identity, recipient := s.backupKey()
	end := watchFiles(append(secrets(), "AGE-SECRET-KEY-", "Nog 72 uur"), filepath.Join(dir, "data"), temporary, backups)
	p := startProgram(t, dir, []string{"TMPDIR=" + temporary}, nil, "--listen", "127.0.0.1:0", "--mail-listen", "127.0.0.1:0",
		"--relay", relayURL, "--from", "privacy@example.org", "--recipient", "privacy@example.org",
		"--backup-to", backups, "--backup-recipient", recipient, "--backup-identity", identity)
	pages := "http://" + p.said(`pages +http://(\S+)`)
	talkTo(t, s, pages, p.said(`mail in +(\S+)`))
	s.ok("", "token", "add", "--name", "title-elder", "--scope", "read")
	s.ok("", "organisation", "show")
	until(t, "an alert and a backup", func() bool {
		names, err := scheduled(backups)
		return err == nil && len(names) > 0 && len(relay.Messages()) > 0
	})
	for _, path := range []string{"/healthz", "/metrics", "/livez", "/readyz"} {
		resp, err := http.Get(pages + path)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(resp.Body)
		if err := errors.Join(err, resp.Body.Close()); err != nil {
			t.Fatal(err)
		}
		for _, word := range append(secrets(), firstOf(t, s), "example.org") {
			if bytes.Contains(bytes.ToLower(raw), bytes.ToLower([]byte(word))) {
				t.Errorf("%s holds %q", path, word)
			}
		}
	}
	p.stop()
	seen, bad := end()
	for _, what := range bad {
		t.Error(what)
	}
	for _, want := range []string{"record.db", "keys.db"} {
		if !slices.Contains(seen, want) {
			t.Errorf("%s was not looked at: %v", want, seen)
		}
	}
	t.Log(seen)
}
