package store

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"filippo.io/age"
)

// TestNoRoomForABackup: a volume too small for the backup leaves nothing half
// written on it; one too small for the test restore costs neither the backup nor its
// good name: a test that there was no room for says nothing about it.
func TestNoRoomForABackup(t *testing.T) {
	small := t.TempDir()
	if err := syscall.Mount("none", small, "tmpfs", 0, "size=100k"); err != nil {
		t.Skip("mounting a file system needs root")
	}
	t.Cleanup(func() { _ = syscall.Unmount(small, syscall.MNT_DETACH) })
	r, id := onDisk(t, t.TempDir()), identity(t)
	busy(t, r)
	b := Backup{Path: filepath.Join(small, "one.age"), Recipients: []age.Recipient{id.Recipient()}, Master: r.master, Trial: filepath.Join(t.TempDir(), "trial")}
	if _, err := r.Backup(t.Context(), b); !noRoom(err) {
		t.Errorf("onto a full volume: %v", err)
	}
	b.Path, b.Trial = filepath.Join(t.TempDir(), "two.age"), filepath.Join(small, "trial")
	if out, err := r.Backup(t.Context(), b); err != nil || out.Trial.Made || !noRoom(out.Trial.Err) {
		t.Errorf("the trial on a full volume: %v, %+v", err, out.Trial)
	}
	if trial := r.Try(t.Context(), b.Path, []age.Identity{id}, r.master, filepath.Join(small, "try")); trial.Made || !noRoom(trial.Err) {
		t.Errorf("a test restore on a full volume: %+v", trial)
	}
	if left, err := os.ReadDir(small); err != nil || len(left) > 0 {
		t.Errorf("left on the volume: %v, %v", left, err)
	}
	r.verify()
}
