package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/store"
)

// TestRestoreForgetsAgain: what was destroyed after an old backup is gone after
// restoring it too, when a newer one lies beside it.
func TestRestoreForgetsAgain(t *testing.T) {
	s := newShell(t)
	s.ok(report, "report")
	identity, recipient := s.backupKey()
	old, newer := filepath.Join(s.dir, "meldklok-20260101T000000Z.age"), filepath.Join(s.dir, "meldklok-20260102T000000Z.age")
	s.ok("", "backup", old, "--recipient", recipient)

	place := Place{Data: filepath.Join(s.dir, "data"), KeyFile: filepath.Join(s.dir, "master.key")}
	atWork := func(do func(d *desk)) {
		d, err := openDesk(world{strings.NewReader(""), os.Stdout, os.Stderr, time.Now}, place)
		if err != nil {
			t.Fatal(err)
		}
		do(d)
		if err := d.store.Close(); err != nil {
			t.Fatal(err)
		}
	}
	var item uint64
	atWork(func(d *desk) {
		rows, err := d.service.List(t.Context(), incident.Ref{}, 0)
		if err != nil || len(rows) != 1 {
			t.Fatal(err, len(rows))
		}
		item = rows[0].Reports[0].Item
		if err := d.store.Reapply(t.Context(), []store.Destruction{{Item: item, Parts: 4}}); err != nil {
			t.Fatal(err)
		}
	})
	s.ok("", "backup", newer, "--recipient", recipient)
	if err := os.RemoveAll(place.Data); err != nil {
		t.Fatal(err)
	}
	s.ok("", "restore", old, "--identity", identity)
	atWork(func(d *desk) {
		gone, err := d.store.Destroyed(t.Context())
		if err != nil || len(gone) != 1 || gone[0].Item != item {
			t.Errorf("destroyed after the restore: %v, %v", gone, err)
		}
	})
}
