package mailer

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "yet", "there")
	at := time.Date(2026, 11, 22, 15, 43, 0, 5e6, time.FixedZone("CET", 3600))
	f := NewFolder(dir, func() time.Time { return at })
	c, err := f.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mails := [][]byte{[]byte("Subject: 1\r\n\r\n.\r\n"), []byte("Subject: 2\r\n\r\n\r\n")}
	for _, raw := range mails {
		r := c.Send(t.Context(), "a@example.org", "b@example.org", raw)
		if r.Verdict != Accepted || r.Reason != ReasonKept || r.Reply != KeptReply || r.Err != nil {
			t.Errorf("result %+v", r)
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	names := []string{"20261122T144300.005Z-1.eml", "20261122T144300.005Z-2.eml"}
	for i, name := range names {
		path := filepath.Join(dir, name)
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, mails[i]) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: others can read it: %v %v", name, info.Mode(), err)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != len(mails) {
		t.Errorf("%d files, want %d", len(entries), len(mails))
	}
}

func TestFolderThatCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := NewFolder(filepath.Join(file, "sub"), time.Now).Open(t.Context())
	var open *OpenError
	if !errors.As(err, &open) || open.Verdict != Temporary || open.Reason != ReasonFolder {
		t.Errorf("error %v", err)
	}
}

// TestAKeptMailIsDropped: of those that are asked about only what is gone goes; what
// is no mail of ours is not touched.
func TestAKeptMailIsDropped(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "with [brackets]")
	f := NewFolder(dir, time.Now)
	if err := f.Drop(nil); err != nil {
		t.Errorf("a folder that is not there: %v", err)
	}
	c, err := f.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"<one@example.org>", "<two@example.org>"} {
		c.Send(t.Context(), "a@example.org", "b@example.org", []byte("Subject: x\r\nMessage-ID: "+id+"\r\n\r\nx\r\n"))
	}
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("geen mail"), 0o600), os.Mkdir(filepath.Join(dir, "sub"), 0o700)); err != nil {
		t.Fatal(err)
	}
	asked := ""
	err = f.Drop(func(id string) (bool, error) { asked += id; return id == "<one@example.org>", nil })
	left, _ := os.ReadDir(dir)
	if err != nil || len(left) != 3 || asked != "<one@example.org><two@example.org>" {
		t.Errorf("asked about %q, %d left, %v", asked, len(left), err)
	}
	stop := errors.New("not now")
	if err := f.Drop(func(string) (bool, error) { return true, stop }); !errors.Is(err, stop) {
		t.Errorf("a record that cannot tell: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 3 {
		t.Errorf("%d left", len(left))
	}
}

func TestFolderThatGoesAway(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	c, err := NewFolder(dir, time.Now).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if r := c.Send(t.Context(), "a@example.org", "b@example.org", []byte("x\r\n")); r.Verdict != Temporary || r.Err == nil {
		t.Errorf("said %+v", r)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := c.Send(ctx, "a@example.org", "b@example.org", []byte("x\r\n")); !errors.Is(r.Err, context.Canceled) {
		t.Errorf("said %+v", r)
	}
}
