package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"pgregory.net/rapid"

	"meldklok/incident"
)

func identity(t testing.TB) *age.HybridIdentity {
	t.Helper()
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// backUp writes a backup of a record to a fresh place.
func backUp(t testing.TB, r *rig, id *age.HybridIdentity, trial string) (string, BackedUp) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "backup.age")
	out, err := r.Backup(t.Context(), Backup{
		Path: path, Recipients: []age.Recipient{id.Recipient()}, Program: "test", Export: []byte("the export"), Trial: trial, Master: r.master,
	})
	if err != nil {
		t.Fatal(err)
	}
	return path, out
}

// goOn restores a backup into a folder of its own and opens it there.
func goOn(t testing.TB, r *rig, path string, id *age.HybridIdentity) *rig {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	staging, err := Stage(dir)
	if err != nil {
		t.Fatal(err)
	}
	m, err := ReadBackup(t.Context(), path, []age.Identity{id}, staging)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(staging, r.master, false, r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.GoOn(t.Context(), m, 0); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close(), Unstage(dir)); err != nil {
		t.Fatal(err)
	}
	next := *r
	if next.Store, err = Open(dir, r.master, false, r.cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { next.Close() })
	return &next
}

// TestABackupComesBack: what was there is there again, whole, and says where it
// came from; sending is held; no number is given out twice.
func TestABackupComesBack(t *testing.T) {
	r, id := onDisk(t, t.TempDir()), identity(t)
	refs := busy(t, r)
	path, out := backUp(t, r, id, filepath.Join(t.TempDir(), "trial"))
	if !out.Trial.Made || out.Trial.Err != nil || out.Trial.Entries != out.Seq {
		t.Fatalf("the trial on the way: %+v", out.Trial)
	}
	later := report(t, r.service(), mailText(77, "na de kopie")).Ref

	back := goOn(t, r, path, id)
	head, err := out.Head()
	if err != nil {
		t.Fatal(err)
	}
	if v, err := back.Verify(t.Context(), &head); err != nil || v.Entries != head.Seq+1 {
		t.Fatalf("after the restore: %d entries, %v", v.Entries, err)
	}
	org, err := back.service().Org(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if b := org.Backups; !b.Held || b.Restored.Seq != head.Seq || !bytes.Equal(b.Restored.Hash, head.Hash[:]) {
		t.Errorf("the log says of the restore: %+v", b)
	}
	for _, ref := range refs {
		if _, err := back.service().Incident(t.Context(), ref); err != nil {
			t.Errorf("%s: %v", ref, err)
		}
	}
	fresh := report(t, back.service(), mailText(78, "na het terugzetten"))
	if fresh.Ref.Number <= later.Number || fresh.Ref.Number != 2001 {
		t.Errorf("%s was given out, and after the restore %s", later, fresh.Ref)
	}
	back.verify()
	again, err := Open(t.TempDir(), back.master, true, back.cfg) // a new record is not touched by it
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if ref := report(t, serviceOver(again, back.cfg.Now), mailText(1, "x")).Ref; ref.Number != 1 {
		t.Errorf("a new record begins with %s", ref)
	}
}

// TestNoNumberTwice: whatever was given out when the copy was taken, and
// whatever came after it within the thousand, no reference is given out again in
// any year, however often the record is restored.
func TestNoNumberTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := counters{Numbers: map[uint16]uint32{}}
		given := map[incident.Ref]bool{}
		give := func(c *counters, n int) {
			for range n {
				year := rapid.Uint16Range(2024, 2027).Draw(t, "year")
				ref := incident.Ref{Year: year, Number: c.next(year)}
				if given[ref] {
					t.Fatalf("%s twice", ref)
				}
				given[ref] = true
			}
		}
		for range rapid.IntRange(1, 4).Draw(t, "restores") {
			give(&c, rapid.IntRange(0, 30).Draw(t, "before"))
			lost := c
			lost.Numbers = map[uint16]uint32{}
			for y, n := range c.Numbers {
				lost.Numbers[y] = n
			}
			give(&lost, rapid.IntRange(0, 30).Draw(t, "lost"))
			c.skip(2027)
		}
		give(&c, 30)
	})
}

// TestADamagedBackupIsRefused: any byte of the file changed, its end cut off, or
// another key: it is refused, and nothing has a name in the data folder.
func TestADamagedBackupIsRefused(t *testing.T) {
	r, id := onDisk(t, t.TempDir()), identity(t)
	busy(t, r)
	path, _ := backUp(t, r, id, "")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]struct {
		bytes []byte
		key   *age.HybridIdentity
	}{
		"the header damaged":     {flip(whole, 40), id},
		"the middle damaged":     {flip(whole, len(whole)/2), id},
		"the last byte damaged":  {flip(whole, len(whole)-1), id},
		"cut in the middle":      {whole[:len(whole)/2], id},
		"cut at a piece of age":  {whole[:len(whole)-100], id},
		"empty":                  {nil, id},
		"the key of another one": {whole, identity(t)},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "damaged.age")
			if err := os.WriteFile(file, row.bytes, 0o600); err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(t.TempDir(), "data")
			staging, err := Stage(dir)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := ReadBackup(t.Context(), file, []age.Identity{row.key}, staging); err == nil {
				t.Error("it was taken for whole")
			}
			if Exists(dir) {
				t.Error("a record was named")
			}
		})
	}
}

func flip(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 1
	return b
}

// TestUnpackTakesNothingElse: an archive by somebody else cannot write beside the
// folder, leave a file out, or put another in.
func TestUnpackTakesNothingElse(t *testing.T) {
	r := onDisk(t, t.TempDir())
	var buf bytes.Buffer
	if _, err := r.Archive(&buf, "test", nil); err != nil {
		t.Fatal(err)
	}
	for what, edit := range map[string]func([]byte) []byte{
		"a path":             func(b []byte) []byte { return bytes.Replace(b, []byte("record.db"), []byte("../cord.db"), 1) },
		"another name":       func(b []byte) []byte { return bytes.Replace(b, []byte("keys.db"), []byte("keyz.db"), 1) },
		"a flipped bit":      func(b []byte) []byte { return flip(b, 5000) },
		"no manifest":        func(b []byte) []byte { return bytes.Replace(b, []byte("manifest.json"), []byte("manifest.jzon"), 1) },
		"the end cut off":    func(b []byte) []byte { return b[:len(b)-3000] },
		"a newer format":     func(b []byte) []byte { return bytes.Replace(b, []byte(`"format": 1`), []byte(`"format": 9`), 1) },
		"nothing in it":      func([]byte) []byte { return nil },
		"the manifest alone": func(b []byte) []byte { return b[bytes.Index(b, []byte("manifest.json")):] },
	} {
		if _, err := Unpack(t.Context(), bytes.NewReader(edit(bytes.Clone(buf.Bytes()))), t.TempDir()); err == nil {
			t.Errorf("%s: it was taken for whole", what)
		}
	}
	if _, err := Unpack(t.Context(), bytes.NewReader(buf.Bytes()), t.TempDir()); err != nil {
		t.Fatal(err)
	}
}

// FuzzUnpack: bytes from anywhere never panic, and never leave the folder.
func FuzzUnpack(f *testing.F) {
	r := over(f, NewMemory(), NewMemory())
	var buf bytes.Buffer
	if _, err := r.Archive(&buf, "test", []byte("x")); err != nil {
		f.Fatal(err)
	}
	f.Add(buf.Bytes())
	f.Add(buf.Bytes()[:700])
	f.Fuzz(func(t *testing.T, raw []byte) {
		outer := t.TempDir()
		dir := filepath.Join(outer, "in")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		_, _ = Unpack(context.Background(), bytes.NewReader(raw), dir)
		if entries, _ := os.ReadDir(outer); len(entries) != 1 {
			t.Errorf("it wrote beside its folder: %v", entries)
		}
	})
}

// TestStageRefusesWhatIsThere: a restore overwrites nothing.
func TestStageRefusesWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Stage(dir); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a folder with a file in it: %v", err)
	}
	interrupted := t.TempDir()
	for range 2 {
		staging, err := Stage(interrupted)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(staging, RecordFile), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBackupWhileWriting: reports that come in meanwhile are neither kept waiting
// nor half in the file.
func TestBackupWhileWriting(t *testing.T) {
	r, id := onDisk(t, t.TempDir()), identity(t)
	svc := r.service()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan int)
	go func() {
		n := 0
		for ; ctx.Err() == nil; n++ {
			if _, err := tryReport(svc, mailText(n, "terwijl")); err != nil {
				t.Error(err)
				break
			}
		}
		done <- n
	}()
	for range 3 {
		time.Sleep(20 * time.Millisecond)
		path, out := backUp(t, r, id, "")
		trial := r.Try(t.Context(), path, []age.Identity{id}, r.master, filepath.Join(t.TempDir(), "try"))
		if trial.Err != nil || trial.Entries != out.Seq {
			t.Errorf("%+v, want %d entries", trial, out.Seq)
		}
	}
	cancel()
	if n := <-done; n == 0 {
		t.Error("nothing was written meanwhile")
	}
}

// TestVerifyWhileWriting: a record that is being written to is never called
// damaged.
func TestVerifyWhileWriting(t *testing.T) {
	r := onDisk(t, t.TempDir())
	svc := r.service()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := 0; ctx.Err() == nil; n++ {
			if _, err := tryReport(svc, mailText(n, "terwijl")); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	for range 60 {
		if err := r.engine.Check(); err != nil {
			t.Error(err)
			break
		}
	}
	if _, err := r.Verify(t.Context(), nil); err != nil {
		t.Error(err)
	}
	cancel()
	<-done
}

// TestATrialThatFailsDoesNotStopTheBackup: and it says what was wrong.
func TestATrialThatFailsDoesNotStopTheBackup(t *testing.T) {
	r, id := onDisk(t, t.TempDir()), identity(t)
	busy(t, r)
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	path, out := backUp(t, r, id, filepath.Join(blocked, "trial"))
	if out.Trial.Err == nil {
		t.Error("a trial without a folder went well")
	}
	if trial := r.Try(t.Context(), path, []age.Identity{id}, r.master, filepath.Join(t.TempDir(), "try")); trial.Err != nil {
		t.Error(trial.Err)
	}
}

// TestABackupOverwritesNothing: and leaves nothing behind when it cannot be
// written.
func TestABackupOverwritesNothing(t *testing.T) {
	r, id := onDisk(t, t.TempDir()), identity(t)
	path, _ := backUp(t, r, id, "")
	again := Backup{Path: path, Recipients: []age.Recipient{id.Recipient()}}
	if _, err := r.Backup(t.Context(), again); err == nil {
		t.Error("it was overwritten")
	}
	again.Path = filepath.Join(filepath.Dir(path), "other.age")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Backup(ctx, again); err == nil {
		t.Error("it was written after the end")
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

// archived returns the files of an archive by name.
func archived(t testing.TB, r *rig) map[string][]byte {
	t.Helper()
	var buf bytes.Buffer
	if _, err := r.Archive(&buf, "test", nil); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := Unpack(t.Context(), bytes.NewReader(buf.Bytes()), dir); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"the stream of a backup": buf.Bytes()}
	for _, name := range []string{RecordFile, KeyFile} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		files["a backup's "+name] = raw
	}
	return files
}
