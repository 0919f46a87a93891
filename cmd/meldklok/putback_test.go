package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
)

// copyFolder copies the files of a folder into another, which it makes anew.
func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		if d.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		raw, err := os.ReadFile(path)
		return errors.Join(err, os.WriteFile(target, raw, 0o600))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestAFolderThatWasPutBack: somebody puts yesterday's copy of the data folder
// back (a snapshot of the machine). It is whole in itself; what the record left
// beside its backups tells. Nothing there is replaced or removed by the older
// record. After a restore in earnest nothing of this is said.
func TestAFolderThatWasPutBack(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		dir, key := h.backUpDaily(t, true)
		data, yesterday := filepath.Join(h.dir, "data"), filepath.Join(h.dir, "yesterday")
		h.deliver(report)
		h.app.backups.turn(t.Context())
		time.Sleep(24 * time.Hour)
		h.stop()
		copyFolder(t, data, yesterday)
		h.start()
		h.deliver(strings.Replace(report, "<one@", "<two@", 1))
		h.app.backups.turn(t.Context())
		newest := h.org().Backups.Last.File
		list, err := os.ReadFile(filepath.Join(dir, destroyedFile))
		if err != nil {
			t.Fatal(err)
		}
		if codes := h.backupCodes(); len(codes) != 0 {
			t.Fatalf("before: %v", codes)
		}

		h.stop()
		copyFolder(t, yesterday, data)
		h.start()
		for range 5 {
			time.Sleep(24 * time.Hour)
			h.app.backups.turn(t.Context())
		}
		if codes := h.backupCodes(); !slices.Contains(codes, "record-put-back red") {
			t.Errorf("put back: %v", codes)
		}
		if now, err := os.ReadFile(filepath.Join(dir, destroyedFile)); err != nil || string(now) != string(list) {
			t.Errorf("the list was replaced: %v", err)
		}
		if names, err := scheduled(dir); err != nil || !slices.Contains(names, newest) {
			t.Errorf("the newest good backup was rotated away: %v, %v", names, err)
		}

		h.stop()
		if err := os.RemoveAll(data); err != nil {
			t.Fatal(err)
		}
		identity := filepath.Join(t.TempDir(), "identity")
		if err := os.WriteFile(identity, []byte(key.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		shell{t, h.dir}.ok("", "restore", filepath.Join(dir, newest), "--identity", identity)
		h.start()
		h.app.backups.turn(t.Context())
		if codes := h.backupCodes(); slices.Contains(codes, "record-put-back red") {
			t.Errorf("after a restore: %v", codes)
		}
		if err := h.app.service.Release(t.Context(), "person:p1"); err != nil {
			t.Fatal(err)
		}
	})
}

// TestErasedBetweenTwoBackups: a report is erased on request hours after the last
// backup, and then the disk is lost. The list beside the backups knows of it, so a
// restore does not bring it back.
func TestErasedBetweenTwoBackups(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		dir, key := h.backUpDaily(t, true)
		h.deliver(report)
		by := incident.ByPerson("p1")
		if _, err := h.app.service.Do(t.Context(), firstRef, by, incident.NoReport{Code: incident.NoReportQuestion}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(hour)
		h.app.backups.turn(t.Context())
		backup := h.org().Backups.Last.File
		time.Sleep(hour)
		if err := h.app.service.Erase(t.Context(), by, incident.Erase{Ref: firstRef, Reasons: "verzoek"}); err != nil {
			t.Fatal(err)
		}
		h.app.backups.turn(t.Context())
		if last := h.org().Backups.Last.File; last != backup {
			t.Fatalf("another backup was made: %s", last)
		}
		h.stop()
		if err := os.RemoveAll(filepath.Join(h.dir, "data")); err != nil {
			t.Fatal(err)
		}
		identity := filepath.Join(t.TempDir(), "identity")
		if err := os.WriteFile(identity, []byte(key.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		shell{t, h.dir}.ok("", "restore", filepath.Join(dir, backup), "--identity", identity)
		h.start()
		inc, err := h.app.service.Incident(t.Context(), firstRef)
		if err != nil || inc.Reports[0].Gone == nil || inc.Reports[0].Forgotten == nil {
			t.Errorf("the erased report is back: %+v, %v", inc, err)
		}
	})
}
