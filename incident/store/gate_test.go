package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"

	"meldklok/incident"
)

// meanwhile runs do between the first bytes of a copy and the rest.
type meanwhile struct {
	io.Writer
	n  int
	do func()
}

func (m *meanwhile) Write(b []byte) (int, error) {
	if m.n++; m.n == 3 { // behind the header of the tar and a first piece of the record
		m.do()
	}
	return m.Writer.Write(b)
}

// TestADestructionWaitsForTheBackup: a line and a report are destroyed while a
// backup is being written. The backup holds the record as it was, with all its
// keys, and is whole; afterwards the keys are gone from the folder.
func TestADestructionWaitsForTheBackup(t *testing.T) {
	r := onDisk(t, t.TempDir())
	line, erased := ended(t, r, 1), ended(t, r, 2)
	svc := later(t, r, 6)
	by := incident.ByPerson("p1")
	ran := false
	var buf bytes.Buffer
	w := &meanwhile{Writer: &buf, do: func() {
		ran = true
		out, err := svc.DestroyLines(t.Context(), by, []incident.Ref{line.Ref}, "termijn voorbij")
		if err != nil || out[0].Refused != nil {
			t.Error(out, err)
		}
		if err := svc.Erase(t.Context(), by, incident.Erase{Ref: erased.Ref, Reasons: "verzoek"}); err != nil {
			t.Error(err)
		}
		if _, err := svc.Incident(t.Context(), line.Ref); !errors.Is(err, incident.ErrDestroyed) {
			t.Errorf("to readers it is gone at once: %v", err)
		}
		for e := range entriesOf(t, svc, erased.Ref) {
			if b, ok := e.Body.(*incident.Reported); ok && b.Private.From.Email != "" {
				t.Error("the erased reporter can still be read")
			}
		}
		raw, err := svc.Raw(t.Context(), erased.Reports[0].Item)
		if err == nil {
			_, err = io.ReadAll(raw)
		}
		if !errors.Is(err, incident.ErrDestroyed) {
			t.Errorf("the erased mail: %v", err)
		}
	}}
	if _, err := r.Archive(w, "test", nil); err != nil || !ran {
		t.Fatal(err, ran)
	}
	dir := t.TempDir()
	m, err := Unpack(t.Context(), bytes.NewReader(buf.Bytes()), dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.replay(t.Context(), dir, m, r.master); err != nil {
		t.Errorf("the backup: %v", err)
	}
	for c, item := range map[Compartment]uint64{Register: line.Reports[0].Item, Personal: erased.Reports[0].Item} {
		if _, err := r.Store.keys.primitive(item, c); !errors.Is(err, ErrDestroyed) {
			t.Errorf("compartment %d after the backup: %v", c, err)
		}
	}
	if !bytes.Equal(readMeta(t, r.keys, metaShred), []byte{0}) {
		t.Error("the file of keys was not written anew")
	}
	r.verify()
}

// TestARestoreIsTakenUpAgain: a restore that was interrupted at any step of
// giving the files their names can be done again, and then nothing of the first try
// is left. What somebody put into the folder is never removed.
func TestARestoreIsTakenUpAgain(t *testing.T) {
	r, id := onDisk(t, t.TempDir()), identity(t)
	busy(t, r)
	path, _ := backUp(t, r, id, "")
	for named := range 3 {
		dir := filepath.Join(t.TempDir(), "data")
		unpack := func() {
			t.Helper()
			staging, err := Stage(dir)
			if err != nil {
				t.Fatalf("after %d names: %v", named, err)
			}
			if _, err := ReadBackup(context.Background(), path, []age.Identity{id}, staging); err != nil {
				t.Fatal(err)
			}
		}
		unpack()
		for _, name := range []string{KeyFile, ExportFile}[:named] {
			if err := os.Rename(filepath.Join(dir, stagingFolder, name), filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		if s, err := Open(dir, r.master, true, r.cfg); err == nil {
			s.Close()
			t.Fatalf("after %d names: something else was begun over it", named)
		}
		unpack()
		if err := Unstage(dir); err != nil {
			t.Fatal(err)
		}
		s, err := Open(dir, r.master, false, r.cfg)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Verify(t.Context(), nil); err != nil {
			t.Error(err)
		}
		s.Close()
		if left := files(t, dir); len(left) != 3 {
			t.Errorf("in the folder: %v", left)
		}
	}
	dir := t.TempDir()
	if _, err := Stage(dir); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, ExportFile), []byte("by hand"))
	if _, err := Stage(dir); err == nil {
		t.Error("a copy that somebody put there was taken for one of ours")
	}
}
