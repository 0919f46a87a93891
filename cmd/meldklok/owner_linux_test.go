package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCommandsOfRootLeaveTheServiceItsFiles: what root's commands write anew, with
// the service stopped, belongs to the user of the service afterwards; what is not
// only there keeps its owner.
func TestCommandsOfRootLeaveTheServiceItsFiles(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, as .ci/run has: only root gives files to somebody else")
	}
	s := newShell(t)
	s.ok(report, "report")
	identity, recipient := s.backupKey()
	file, data := filepath.Join(s.dir, "one.age"), filepath.Join(s.dir, "data")
	s.ok("", "backup", file, "--recipient", recipient)
	owned := func(path string, uid uint32) {
		t.Helper()
		if st, err := statOf(path); err != nil || st.Uid != uid {
			t.Errorf("%s belongs to %v, %v; want %d", path, st, err, uid)
		}
	}
	give := func() {
		for _, path := range []string{data, filepath.Join(data, "record.db"), filepath.Join(data, "keys.db")} {
			if err := os.Chown(path, 12345, 12345); err != nil {
				t.Fatal(err)
			}
		}
	}
	give()
	elsewhere := filepath.Join(s.dir, "elsewhere")
	if err := os.WriteFile(elsewhere, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(elsewhere, filepath.Join(data, "linked")); err != nil {
		t.Fatal(err)
	}
	s.ok("", "key", "rotate")
	for _, name := range []string{"record.db", "keys.db", "master-key.age"} {
		owned(filepath.Join(data, name), 12345)
	}
	owned(elsewhere, 0)

	entries, err := os.ReadDir(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := os.Remove(filepath.Join(data, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	if _, said, code := s.run("", "restore", file, "--identity", identity); code == 0 || !strings.Contains(said, "is not the one of this backup") {
		t.Errorf("a restore with the key of after: status %d, %s", code, said)
	}
}
