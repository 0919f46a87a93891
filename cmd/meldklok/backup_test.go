package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"meldklok/incident"
)

// keyFile makes a key with the command, and returns its public half.
func (s shell) backupKey() (identity, recipient string) {
	s.t.Helper()
	identity = filepath.Join(s.dir, "identity.txt")
	return identity, strings.TrimSpace(s.ok("", "backup", "key", identity))
}

// TestBackupAndRestoreByCommand: the whole way on the command line, also onto a
// machine without the master key.
func TestBackupAndRestoreByCommand(t *testing.T) {
	s := newShell(t)
	first := s.ok(report, "report")
	s.ok("three worn umbrellas in Delft\n", "user", "add", "--email", "officer@example.org", "--role", "officer")
	identity, recipient := s.backupKey()
	file := filepath.Join(s.dir, "one.age")
	if out := s.ok("", "backup", file, "--recipient", recipient); !strings.Contains(out, "whole") || !strings.Contains(out, "head ") {
		t.Errorf("backup printed %q", out)
	}
	if out := s.ok("", "backup", "test", file, "--identity", identity); !strings.HasPrefix(out, "whole") {
		t.Errorf("backup test printed %q", out)
	}
	s.refused("exists", "backup", file, "--recipient", recipient)
	s.refused("no public key", "backup", filepath.Join(s.dir, "two.age"))
	s.refused("not empty", "restore", file, "--identity", identity)
	s.refused("exists", "backup", "key", identity)

	if err := os.Rename(filepath.Join(s.dir, "data"), filepath.Join(s.dir, "lost")); err != nil {
		t.Fatal(err)
	}
	if out := s.ok("", "restore", file, "--identity", identity); !strings.Contains(out, "whole: ") || !strings.Contains(out, "sending is held") {
		t.Errorf("restore printed %q", out)
	}
	if out := s.ok("", "verify"); !strings.HasPrefix(out, "whole: ") {
		t.Errorf("verify printed %q", out)
	}
	if again := s.ok(report, "report"); again != first {
		t.Errorf("the report of before is %q now, was %q", again, first)
	}
	if fresh := s.ok(strings.Replace(report, "<one@", "<two@", 1), "report"); !strings.HasSuffix(fresh, "-2001\n") {
		t.Errorf("the first new incident is %q", fresh)
	}
	s.refused("no such person", "release", "--by", "nobody@example.org")
	s.ok("", "release", "--by", "officer@example.org")
	s.refused("not held", "release", "--by", "officer@example.org")
}

// TestWhatSaysNothingAboutABackup: a key of something else, and a file that
// cannot be reached, are told as that, and health does not call the backup broken.
func TestWhatSaysNothingAboutABackup(t *testing.T) {
	s := newShell(t)
	s.ok(report, "report")
	identity, recipient := s.backupKey()
	file, other := filepath.Join(s.dir, "one.age"), filepath.Join(s.dir, "other.txt")
	s.ok("", "backup", file, "--recipient", recipient)
	s.ok("", "backup", "key", other)
	before := s.ok("", "verify")
	s.refused("this key does not open", "backup", "test", file, "--identity", other)
	s.refused("no such file", "backup", "test", file+"x", "--identity", identity)
	if after := s.ok("", "verify"); after != before {
		t.Errorf("something was recorded: %s, before %s", after, before)
	}
	s.refused("no such file", "backup", filepath.Join(s.dir, "none", "one.age"), "--recipient", recipient)
	for err, hint := range map[error]string{syscall.EROFS: "ReadWritePaths=", syscall.EACCES: "as its own user", io.EOF: ""} {
		if got := outOfReach(&fs.PathError{Op: "open", Path: "x", Err: err}).Error(); !strings.Contains(got, hint) || (hint == "") != !strings.Contains(got, ";") {
			t.Errorf("%v: %s", err, got)
		}
	}
}

// refused runs a command that must fail with a sentence.
func (s shell) refused(say string, args ...string) {
	s.t.Helper()
	if _, stderr, code := s.run("", args...); code == 0 || !strings.Contains(stderr, say) {
		s.t.Errorf("%v: status %d, %q", args, code, stderr)
	}
}

// TestRestoreOnANewMachine: the master key comes back from its recovery copy in
// the backup, with the phrase alone.
func TestRestoreOnANewMachine(t *testing.T) {
	s := newShell(t)
	s.ok(report, "report")
	identity, recipient := s.backupKey()
	phrase := strings.Split(s.ok("", "key", "export"), "\n")[1]
	file := filepath.Join(s.dir, "one.age")
	s.ok("", "backup", file, "--recipient", recipient)
	fresh := newShell(t)
	if _, stderr, code := fresh.run("", "restore", file, "--identity", identity); code == 0 || !strings.Contains(stderr, "recovery phrase") {
		t.Errorf("without the phrase: status %d, %s", code, stderr)
	}
	if _, stderr, code := fresh.run("not-the-phrase\n", "restore", file, "--identity", identity); code == 0 || !strings.Contains(stderr, "phrase") {
		t.Errorf("with a wrong phrase: status %d, %s", code, stderr)
	}
	fresh.ok(phrase+"\n", "restore", file, "--identity", identity)
	if out := fresh.ok("", "verify"); !strings.HasPrefix(out, "whole: ") {
		t.Errorf("verify printed %q", out)
	}
}

// scheduledHouse has backups every day and a test every week.
func (h *house) backUpDaily(t *testing.T, withKey bool) (dir string, key *age.X25519Identity) {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	identity := filepath.Join(t.TempDir(), "identity")
	if err := os.WriteFile(identity, []byte(key.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	h.adapt = func(c *ServeConfig) {
		c.Period = 5 * time.Minute // the engine has little to do here
		c.BackupConfig = BackupConfig{BackupTo: dir, BackupEvery: 24 * time.Hour, BackupKeep: 3, BackupRecipients: []string{key.Recipient().String()}, BackupTestEvery: 7 * 24 * time.Hour}
		if withKey {
			c.BackupIdentity = identity
		}
	}
	h.stop()
	h.start()
	return dir, key
}

func (h *house) org() *incident.Org {
	h.t.Helper()
	org, err := h.app.service.Org(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return org
}

// backupCodes are the findings about backups.
func (h *house) backupCodes() (codes []string) {
	for _, f := range h.app.backups.findings(time.Now()) {
		codes = append(codes, f.Code+" "+string(f.Level))
	}
	return codes
}

// TestScheduledBackups: one a day, the newest three and the last opened one are
// kept, the first is tested at once and then one a week; a folder that is gone
// is told of and tried again.
func TestScheduledBackups(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		dir, _ := h.backUpDaily(t, true)
		h.deliver(report)
		days := func(n int) {
			for range n * 24 * 4 {
				h.app.backups.turn(t.Context())
				time.Sleep(15 * time.Minute)
			}
		}
		days(1)
		b := h.org().Backups
		if b.Last == nil || b.Opened.IsZero() || b.Trouble != "" || b.File != b.Last.File {
			t.Fatalf("after a day: %+v", b)
		}
		first := b.File
		if codes := h.backupCodes(); len(codes) != 0 {
			t.Errorf("findings: %v", codes)
		}
		days(5)
		names, err := scheduled(dir)
		if err != nil || len(names) != 4 || names[3] != first {
			t.Errorf("after six days: %v, %v; the opened one is %s", names, err, first)
		}
		days(3)
		if b = h.org().Backups; b.File == first {
			t.Error("there was no second test in ten days")
		}
		if err := os.Rename(dir, dir+".gone"); err != nil {
			t.Fatal(err)
		}
		days(3)
		if codes := h.backupCodes(); !slices.Equal(codes, []string{"backup-old red", "backup-failing amber"}) {
			t.Errorf("without the folder: %v", codes)
		}
		if err := os.Rename(dir+".gone", dir); err != nil {
			t.Fatal(err)
		}
		time.Sleep(retryAfter)
		h.app.backups.turn(t.Context())
		if codes := h.backupCodes(); len(codes) != 0 {
			t.Errorf("with the folder back: %v", codes)
		}
		if _, err := os.Stat(h.app.backups.trialFolder()); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the test restore left something: %v", err)
		}
	})
}

// TestBackupsWithoutTheKey: everything but the opening is tested, and that is
// what health says; a backup that somebody opened by hand makes it clean.
func TestBackupsWithoutTheKey(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		time.Sleep(25 * hour)
		if codes := h.backupCodes(); !slices.Equal(codes, []string{"backup-none amber"}) {
			t.Errorf("without a schedule: %v", codes)
		}
		dir, key := h.backUpDaily(t, false)
		h.app.backups.turn(t.Context())
		if b := h.org().Backups; b.Written.IsZero() || !b.Opened.IsZero() {
			t.Errorf("%+v", b)
		}
		if codes := h.backupCodes(); !slices.Equal(codes, []string{"backup-unopened amber"}) {
			t.Errorf("never opened: %v", codes)
		}
		names, err := scheduled(dir)
		if err != nil || len(names) != 1 {
			t.Fatal(names, err)
		}
		path := filepath.Join(dir, names[0])
		if trial, err := h.app.backups.try(t.Context(), path, []age.Identity{key}); err != nil || trial.Err != nil {
			t.Fatal(err, trial.Err)
		}
		if codes := h.backupCodes(); len(codes) != 0 {
			t.Errorf("opened by hand: %v", codes)
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		raw[len(raw)/2] ^= 1
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if trial, err := h.app.backups.try(t.Context(), path, []age.Identity{key}); err != nil || trial.Err == nil {
			t.Fatal("a damaged backup was taken for whole", err)
		}
		if codes := h.backupCodes(); !slices.Equal(codes, []string{"backup-test-failed red"}) {
			t.Errorf("damaged: %v", codes)
		}
	})
}

// TestRestoredHoldsItsSending: reports are taken and rungs recorded, and no mail
// leaves, until a named person releases it; then what is still needed goes out,
// the latest rung naming the missed ones.
func TestRestoredHoldsItsSending(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		dir, key := h.backUpDaily(t, false)
		h.deliver(report)
		time.Sleep(hour)
		h.app.backups.turn(t.Context())
		names, err := scheduled(dir)
		if err != nil || len(names) != 1 {
			t.Fatal(names, err)
		}
		identity := filepath.Join(t.TempDir(), "identity")
		if err := os.WriteFile(identity, []byte(key.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		h.stop()
		if err := os.Rename(filepath.Join(h.dir, "data"), filepath.Join(h.dir, "lost")); err != nil {
			t.Fatal(err)
		}
		shell{t, h.dir}.ok("", "restore", filepath.Join(dir, names[0]), "--identity", identity)
		h.start()

		before := len(h.all(""))
		h.deliver(strings.Replace(report, "<one@", "<two@", 1))
		time.Sleep(25 * hour)
		if n := len(h.all("")); n != before {
			t.Errorf("%d mails left while sending was held", n-before)
		}
		if h.app.engine.Health().OpenDuties != 2 || !slices.Contains(h.backupCodes(), "sending-held red") {
			t.Errorf("health: %+v", h.app.engine.Health())
		}
		if err := h.app.service.Release(t.Context(), incident.System); err == nil {
			t.Error("nobody in particular released it")
		}
		if err := h.app.service.Release(t.Context(), incident.ByPerson("p4")); err == nil {
			t.Error("management released it")
		}
		if err := h.app.service.Release(t.Context(), incident.ByPerson("p1")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		if n := len(h.mails("officer@example.org")); n < 2 {
			t.Errorf("%d mails for the officer after the release", n)
		}
		if list := h.mails("officer@example.org"); !strings.Contains(list[len(list)-1].text, "2026-") {
			t.Errorf("the last mail names no incident:\n%s", list[len(list)-1].text)
		}
		h.sameBytes()
		h.accounted()
	})
}

// TestRotationKeepsTheLastGoodOne: the record is damaged, and every backup made
// since holds the damage. However long nobody looks, the last that a test found
// whole is still there, and nothing is removed once a test has found trouble.
func TestRotationKeepsTheLastGoodOne(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		dir, _ := h.backUpDaily(t, false)
		h.deliver(report)
		day := func() {
			h.app.backups.turn(t.Context())
			time.Sleep(24 * time.Hour)
		}
		day()
		good := h.org().Backups.Last.File
		if h.org().Backups.Into != good {
			t.Fatalf("%+v", h.org().Backups)
		}
		h.stop()
		h.damage(firstRef)
		h.start()
		for range 6 {
			day()
		}
		if h.org().Backups.Trouble != "" {
			t.Fatal("the damage was found before a test was due: the test lost its grip")
		}
		stays := func() int {
			names, err := scheduled(dir)
			if err != nil || !slices.Contains(names, good) {
				t.Errorf("the last good one, %s, is gone: %v, %v", good, names, err)
			}
			return len(names)
		}
		if n := stays(); n != 4 {
			t.Errorf("%d backups, want the newest three and the last good one", n)
		}
		day()
		if h.org().Backups.Trouble == "" {
			t.Fatal("the test restore found nothing")
		}
		before := stays()
		for range 4 {
			day()
		}
		if n := stays(); n != before+4 {
			t.Errorf("%d backups, %d before trouble was found four days ago", n, before)
		}
	})
}
