package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestKeyHandedOver: a service that systemd hands its key never looks for a
// file, and does not print a phrase where a log would keep it; a key that is
// there is never replaced.
func TestKeyHandedOver(t *testing.T) {
	dir, credentials := t.TempDir(), t.TempDir()
	s := shell{t, dir}
	key := filepath.Join(credentials, "meldklok-master")
	if out := s.ok("", "key", "new", key); strings.TrimSpace(out) != key {
		t.Errorf("key new printed %q", out)
	}
	before, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := s.run("", "key", "new", key); code != exitRefused || !strings.Contains(stderr, "left as it is") {
		t.Errorf("a second key: status %d, %s", code, stderr)
	}
	if after, _ := os.ReadFile(key); string(after) != string(before) {
		t.Error("the key was replaced")
	}
	path, _ := notifySocket(t)
	p := startProgram(t, dir, []string{"CREDENTIALS_DIRECTORY=" + credentials, "NOTIFY_SOCKET=" + path, "HOME=" + filepath.Join(dir, "data")}, nil, "--listen", "127.0.0.1:0", "--mail-listen", "")
	p.said(`pages +(\S+)`)
	if said := p.out.String(); !strings.Contains(said, "meldklok key export") || strings.Contains(said, "opens with this phrase") {
		t.Errorf("the start printed:\n%s", said)
	}
	if _, err := os.Stat(filepath.Join(dir, "master.key")); err == nil {
		t.Error("a key file was made beside the credential")
	}
	if out := s.ok("", "key", "export"); len(strings.Fields(out)) < 2 {
		t.Errorf("key export beside the service printed %q", out)
	}
	p.stop()
}

// TestPhraseFromPaper: how a phrase was typed does not matter, as long as it is
// the phrase.
func TestPhraseFromPaper(t *testing.T) {
	s := newShell(t)
	s.ok(report, "report")
	phrase := strings.Split(s.ok("", "key", "export"), "\n")[1]
	for _, typed := range []string{strings.ToUpper(strings.ReplaceAll(phrase, "-", " ")), " " + strings.ReplaceAll(strings.ReplaceAll(phrase, "-", ""), "o", "0") + " "} {
		s.ok(typed+"\n", "key", "prove")
	}
	for _, typed := range []string{"abcde-abcde-abcde-abcde-abcde", phrase + "a"} {
		if _, said, code := s.run(typed+"\n", "key", "prove"); code == 0 || !strings.Contains(said, "not the phrase") || strings.Contains(said, "identity") {
			t.Errorf("%q: status %d, %s", typed, code, said)
		}
	}
	if got := asPrinted("een eigen zin"); got != "een eigen zin" {
		t.Errorf("another phrase became %q", got)
	}
}

// TestAFailedExportLeavesTheOldOne: when a new recovery copy cannot be written the
// old one, perhaps the only way to the master key, still opens.
func TestAFailedExportLeavesTheOldOne(t *testing.T) {
	s := newShell(t)
	s.ok(report, "report")
	phrase := strings.Split(s.ok("", "key", "export"), "\n")[1]
	blocked := filepath.Join(s.dir, "data", exportFile+".partial")
	if err := os.MkdirAll(filepath.Join(blocked, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := s.run("", "key", "export"); code == 0 {
		t.Fatalf("it was written: %s", stderr)
	}
	if out := s.ok(phrase+"\n", "key", "prove"); !strings.Contains(out, "holds the key of this record") {
		t.Errorf("the old one: %s", out)
	}
}
