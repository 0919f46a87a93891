package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// volume mounts a file system of its own of so many MiB, or skips.
func volume(t *testing.T, mib int) (dir string, remount func(readOnly bool)) {
	t.Helper()
	dir = t.TempDir()
	options := fmt.Sprintf("size=%dm", mib)
	if err := syscall.Mount("none", dir, "tmpfs", 0, options); err != nil {
		t.Skip("needs root, as .ci/run has: it mounts a file system")
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir, func(readOnly bool) {
		flags := uintptr(syscall.MS_REMOUNT)
		if readOnly {
			flags |= syscall.MS_RDONLY
		}
		if err := syscall.Mount("none", dir, "tmpfs", flags, options); err != nil {
			t.Fatal(err)
		}
	}
}

// mailNumber is the report with a Message-ID of its own.
func mailNumber(n int) string {
	return strings.Replace(report, "<one@", fmt.Sprintf("<n%d@", n), 1)
}

// knockFullVolume fills a real file system until a report is refused.
func knockFullVolume(t *testing.T) string {
	dir, _ := volume(t, 48)
	s := shell{t, dir}
	accepted, filled := 0, false
	ballast := strings.Repeat("0123456789abcdef\n", 16<<10) // what does not pack well enough to fit
	for n := range 400 {
		text := mailNumber(n)
		if n > 20 {
			filler, err := os.OpenFile(filepath.Join(dir, "filler"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = filler.WriteString(ballast)
			_ = filler.Close()
		}
		if _, _, code := s.run(text, "report"); code == exitAgain {
			filled = true
			break
		} else if code != 0 {
			t.Fatalf("report %d: status %d", n, code)
		}
		accepted++
	}
	if !filled {
		t.Fatal("the file system did not fill up, so nothing was tried")
	}
	if err := os.Remove(filepath.Join(dir, "filler")); err != nil {
		t.Fatal(err)
	}
	s.ok(mailNumber(1000), "report")
	if n := len(s.list()); n != accepted+1 {
		t.Errorf("%d were accepted, %d are there", accepted+1, n)
	}
	s.ok("", "verify")
	return fmt.Sprintf("a volume of 48 MiB filled to its last byte: %d reports taken, the next told to try again, and taken when there was room", accepted)
}

// knockReadOnly makes the volume read-only under the record.
func knockReadOnly(t *testing.T) string {
	dir, remount := volume(t, 96)
	s := shell{t, dir}
	s.ok(mailNumber(1), "report")
	remount(true)
	for n := range 5 {
		if _, stderr, code := s.run(mailNumber(2+n), "report"); code != exitAgain || stderr == "" {
			t.Errorf("on a read-only volume: status %d, %q", code, stderr)
		}
	}
	remount(false)
	s.ok(mailNumber(2), "report")
	if n := len(s.list()); n != 2 {
		t.Errorf("%d incidents", n)
	}
	s.ok("", "verify")
	return "the volume turned read-only: 5 reports told to try again (status 75), taken once it could be written"
}

// knockTruncated cuts both files at many places. None is ever opened as if it
// were whole, and the backup brings everything back.
func knockTruncated(t *testing.T) string {
	cuts := often(0, 12, 200)
	s := newShell(t)
	for n := range 10 {
		s.ok(mailNumber(n), "report")
	}
	identity, recipient := s.backupKey()
	backup := filepath.Join(s.dir, "b.age")
	s.ok("", "backup", backup, "--recipient", recipient)
	data := filepath.Join(s.dir, "data")
	for _, name := range []string{"record.db", "keys.db"} {
		path := filepath.Join(data, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range cuts / 2 {
			if err := os.Truncate(path, int64(i)*60_000/int64(cuts/2)); err != nil {
				t.Fatal(err)
			}
			if _, stderr, code := s.run("", "list"); code == 0 || !strings.Contains(stderr, "backup") {
				t.Errorf("%s cut at place %d: status %d, %q", name, i, code, stderr)
			}
			if err := os.WriteFile(path, whole, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.RemoveAll(data); err != nil {
		t.Fatal(err)
	}
	s.ok("", "restore", backup, "--identity", identity)
	if n := len(s.list()); n != 10 {
		t.Errorf("%d incidents after the restore", n)
	}
	return fmt.Sprintf("cut at %d places: each refused with a sentence; the backup brought all back", cuts/2*2)
}

// knockTwoProcesses starts a second service, and fifty commands at once.
func knockTwoProcesses(t *testing.T) string {
	s := newShell(t)
	p := startProgram(t, s.dir, nil, nil, "--listen", "127.0.0.1:0", "--mail-listen", "127.0.0.1:0")
	p.said(`pages +http://(\S+)`)
	if _, stderr, code := s.run("", "serve", "--listen", "127.0.0.1:0", "--mail-listen", "127.0.0.1:0"); code == 0 || !strings.Contains(stderr, "another Meldklok") {
		t.Errorf("the second service: status %d, %q", code, stderr)
	}
	const n = 50
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			if _, stderr, code := s.run(mailNumber(i), "report"); code != 0 {
				t.Errorf("report %d: status %d, %s", i, code, stderr)
			}
		})
	}
	all.Wait()
	if got := len(s.list()); got != n {
		t.Errorf("%d incidents, want %d", got, n)
	}
	p.stop()
	s.ok("", "verify")
	return "a second service on the same folder, refused; 50 commands at once beside the first"
}
