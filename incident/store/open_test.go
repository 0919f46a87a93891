package store

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	bolt "go.etcd.io/bbolt"

	"meldklok/incident"
)

// laid makes a folder with a record in it, closed.
func laid(t *testing.T) (dir string, r *rig) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	r = onDisk(t, dir)
	busy(t, r)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, r
}

func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func write(t *testing.T, path string, raw []byte) {
	t.Helper()
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Whatever is wrong with the folder is said in a sentence, and nothing is made
// anew over what was lost.
func TestOpenRefusesWithAClearSentence(t *testing.T) {
	for _, row := range []struct {
		why   string
		spoil func(t *testing.T, dir string, r *rig)
		is    error
		says  string
	}{
		{"the key file is missing", func(t *testing.T, dir string, _ *rig) { os.Remove(filepath.Join(dir, KeyFile)) }, ErrMissing, "keys.db, without which record.db cannot be read"},
		{"the record is missing", func(t *testing.T, dir string, _ *rig) { os.Remove(recordPath(dir)) }, ErrMissing, "record.db, though its keys are here"},
		{"the record is empty", func(t *testing.T, dir string, _ *rig) { write(t, recordPath(dir), nil) }, nil, "record.db is empty"},
		{"the key file is empty", func(t *testing.T, dir string, _ *rig) { write(t, filepath.Join(dir, KeyFile), nil) }, nil, "keys.db is empty"},
		{"another master key", func(t *testing.T, _ string, r *rig) { r.master = newMaster(t) }, ErrWrongKey, "does not belong"},
		{"a text file", func(t *testing.T, dir string, _ *rig) {
			write(t, recordPath(dir), bytes.Repeat([]byte("not a database\n"), 2000))
		}, nil, "record.db is not a Meldklok file"},
		{"another program's database", func(t *testing.T, dir string, _ *rig) { foreign(t, recordPath(dir)) }, nil, "it has no table"},
		{"the two files exchanged", func(t *testing.T, dir string, _ *rig) {
			record, keys := read(t, recordPath(dir)), read(t, filepath.Join(dir, KeyFile))
			write(t, recordPath(dir), keys)
			write(t, filepath.Join(dir, KeyFile), record)
		}, nil, "it has no table"},
		{"the key file of another record under the same master key", func(t *testing.T, dir string, r *rig) {
			other := t.TempDir()
			s, err := Open(other, r.master, true, r.cfg)
			if err != nil {
				t.Fatal(err)
			}
			s.Close()
			write(t, filepath.Join(dir, KeyFile), read(t, filepath.Join(other, KeyFile)))
		}, nil, "do not belong together"},
		{"a newer program's file", func(t *testing.T, dir string, _ *rig) {
			e, err := OpenBolt(recordPath(dir), recordTables(), false)
			if err != nil {
				t.Fatal(err)
			}
			tamper(t, e, rawRow{tableMeta, metaFormat, key8(FormatVersion + 1)})
			e.Close()
		}, nil, "use the newer program"},
		{"the format got lost", func(t *testing.T, dir string, _ *rig) {
			e, err := OpenBolt(recordPath(dir), recordTables(), false)
			if err != nil {
				t.Fatal(err)
			}
			tamper(t, e, rawRow{tableMeta, metaFormat, nil})
			e.Close()
		}, nil, "does not say its format"},
	} {
		dir, r := laid(t)
		row.spoil(t, dir, r)
		was := files(t, dir)
		s, err := Open(dir, r.master, true, r.cfg)
		if err == nil {
			s.Close()
			t.Errorf("%s: opened", row.why)
			continue
		}
		if (row.is != nil && !errors.Is(err, row.is)) || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", row.why, err)
		}
		if now := files(t, dir); len(now) != len(was) {
			t.Errorf("%s: the folder had %v, now %v", row.why, was, now)
		}
	}
}

func foreign(t *testing.T, path string) {
	t.Helper()
	os.Remove(path)
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error { _, err := tx.CreateBucket([]byte("theirs")); return err })
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// A file cut at any page is refused, never half read.
func TestOpenRefusesCutFiles(t *testing.T) {
	dir, r := laid(t)
	s, err := Open(dir, r.master, false, r.cfg) // sweeps what was staged
	if err != nil {
		t.Fatal(err)
	}
	size, _ := s.Size()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	raw, page, used := read(t, recordPath(dir)), os.Getpagesize(), int(size)
	for at := page / 2; at < used; at += max(page, used/40/page*page) {
		write(t, recordPath(dir), raw[:at])
		if s, err := Open(dir, r.master, true, r.cfg); err == nil {
			s.Close()
			t.Errorf("cut after %d of %d bytes: opened", at, used)
		} else if !strings.Contains(err.Error(), "restore a backup") {
			t.Errorf("cut after %d of %d bytes: %v", at, used, err)
		}
	}
	write(t, recordPath(dir), raw)
	if s, err = Open(dir, r.master, false, r.cfg); err != nil {
		t.Fatal(err)
	}
	s.Close()
}

func TestOpenWithoutCreateMakesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	cfg, _ := config(t)
	if _, err := Open(dir, newMaster(t), false, cfg); !errors.Is(err, ErrMissing) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder was made: %v", err)
	}
}

func TestOpenRefusesWhatAnotherHolds(t *testing.T) {
	dir := t.TempDir()
	r := onDisk(t, dir)
	if _, err := Open(dir, r.master, true, r.cfg); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "already running") {
		t.Errorf("%v", err)
	}
	report(t, r.service(), mailText(1, "de eerste werkt gewoon door"))
}

// Of two that start at once on a fresh folder one gets it, whole; the other is
// refused and overwrites nothing.
func TestTwoFirstStartsAtOnce(t *testing.T) {
	for range 5 {
		dir := filepath.Join(t.TempDir(), "data")
		cfg, _ := config(t)
		master := newMaster(t)
		var stores [2]*Store
		var errs [2]error
		var wg sync.WaitGroup
		for i := range 2 {
			wg.Go(func() { stores[i], errs[i] = Open(dir, master, true, cfg) })
		}
		wg.Wait()
		won := 0
		for i, s := range stores {
			if s == nil {
				t.Logf("refused with: %v", errs[i])
				continue
			}
			won++
			if _, err := tryReport(serviceOver(s, cfg.Now), mailText(i, "tekst")); err != nil {
				t.Error(err)
			}
			s.Close()
		}
		if won > 1 {
			t.Fatal("both hold the folder")
		}
		s, err := Open(dir, master, true, cfg)
		if err != nil {
			t.Fatal(err)
		}
		v, err := s.Verify(t.Context(), nil)
		if err != nil || v.Incidents != int64(won) {
			t.Errorf("%d incidents, want %d: %v", v.Incidents, won, err)
		}
		s.Close()
	}
}

// A start that a crash interrupted is taken up again.
func TestInterruptedFirstStartIsTakenUpAgain(t *testing.T) {
	dir := t.TempDir()
	cfg, _ := config(t)
	master := newMaster(t)
	keys, err := OpenBolt(filepath.Join(dir, KeyFile), keyTables(), true)
	if err != nil {
		t.Fatal(err)
	}
	keys.Close()
	write(t, recordPath(dir)+".new", []byte("half a file"))
	s, err := Open(dir, master, true, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Verify(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	dir, _ := laid(t)
	for path, want := range map[string]fs.FileMode{dir: 0o700, recordPath(dir): 0o600, filepath.Join(dir, KeyFile): 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", filepath.Base(path), got, want)
		}
	}
}

// A damaged page is an answer of Verify, not a panic.
func TestVerifyNamesADamagedPage(t *testing.T) {
	dir := t.TempDir()
	r := onDisk(t, dir)
	busy(t, r)
	used, _ := r.Size()
	page := int64(os.Getpagesize())
	f, err := os.OpenFile(recordPath(dir), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	found := 0
	for at := 2 * page; at < used; at += page {
		was := make([]byte, page)
		if _, err := f.ReadAt(was, at); err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt(bytes.Repeat([]byte{0xA5}, int(page)), at); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Verify(t.Context(), nil); err != nil {
			found++
		}
		if _, err := f.WriteAt(was, at); err != nil {
			t.Fatal(err)
		}
	}
	if found == 0 {
		t.Error("no damaged page was noticed")
	}
	r.verify()
}

func TestExists(t *testing.T) {
	dir, _ := laid(t)
	if !Exists(dir) || Exists(t.TempDir()) {
		t.Error("a record is not told from an empty folder")
	}
}

var _ incident.Store = (*Store)(nil)
