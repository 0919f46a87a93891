package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
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

// atWork opens a record as of a moment, as a command does.
func (s shell) atWork(now time.Time, do func(d *desk)) {
	s.t.Helper()
	place := Place{Data: filepath.Join(s.dir, "data"), KeyFile: filepath.Join(s.dir, "master.key")}
	d, err := openDesk(world{strings.NewReader(""), os.Stdout, os.Stderr, func() time.Time { return now }}, place)
	if err != nil {
		s.t.Fatal(err)
	}
	do(d)
	if err := d.store.Close(); err != nil {
		s.t.Fatal(err)
	}
}

// TestRestoreFollowsAList: an old backup is restored with nothing newer beside
// it but a list. A line that was destroyed since is gone again, a report that was
// erased since too, the logs say so, and what comes in afterwards can be written.
// A list that was changed, or is of another record, is refused.
func TestRestoreFollowsAList(t *testing.T) {
	s := newShell(t)
	s.ok(report, "report")
	s.ok(strings.Replace(report, "Subject:", "Subject: Tweede,", 1), "report")
	identity, recipient := s.backupKey()
	old := filepath.Join(s.dir, "old.age")
	s.ok("", "backup", old, "--recipient", recipient)
	var refs []incident.Ref
	by := incident.Actor("")
	end := func(d *desk, ref incident.Ref) {
		if _, err := d.service.Do(t.Context(), ref, by, incident.NoReport{Code: incident.NoReportQuestion}); err != nil {
			t.Fatal(err)
		}
		err := d.store.Update(t.Context(), func(tx incident.Tx) error {
			_, err := tx.Append(incident.Stream{Ref: ref}, d.service.Act(incident.System), &incident.Alerted{Rung: incident.RungReceipt, Report: 1, Due: d.now(), Note: "capped"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	s.atWork(time.Now(), func(d *desk) {
		id, err := d.service.SetPerson(t.Context(), incident.System, people.Person{Name: "Officier", Email: "o@ziekenhuis.example", Roles: []people.Role{people.Officer}})
		if err != nil {
			t.Fatal(err)
		}
		by = incident.ByPerson(id)
		rows, err := d.service.List(t.Context(), incident.Ref{}, 0)
		if err != nil || len(rows) != 2 {
			t.Fatal(err, len(rows))
		}
		for _, r := range rows {
			refs = append(refs, r.Ref)
			end(d, r.Ref)
		}
		if err := d.service.Erase(t.Context(), by, incident.Erase{Ref: refs[1], Reasons: "verzoek"}); err != nil {
			t.Fatal(err)
		}
	})
	s.atWork(time.Now().AddDate(6, 0, 0), func(d *desk) {
		out, err := d.service.DestroyLines(t.Context(), by, refs[:1], "termijn voorbij")
		if err != nil || out[0].Refused != nil {
			t.Fatal(out, err)
		}
	})
	list := filepath.Join(s.dir, "destroyed.json")
	text := s.ok("", "backup", "destroyed")
	if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(s.dir, "changed.json")
	if err := os.WriteFile(changed, []byte(strings.Replace(text, `"parts":7`, `"parts":6`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(s.dir, "data")); err != nil {
		t.Fatal(err)
	}
	if _, say, code := s.run("", "restore", old, "--identity", identity, "--destroyed", changed); code == 0 || !strings.Contains(say, "another record") {
		t.Errorf("a changed list: %d, %s", code, say)
	}
	s.ok("", "restore", old, "--identity", identity, "--destroyed", list)
	s.ok("", "verify")
	s.atWork(time.Now(), func(d *desk) {
		if _, err := d.service.Incident(t.Context(), refs[0]); !errors.Is(err, incident.ErrDestroyed) {
			t.Errorf("the destroyed line after the restore: %v", err)
		}
		line, err := d.service.GoneLine(t.Context(), refs[0])
		if err != nil || line.Under != incident.UnderRestore {
			t.Errorf("the log says %+v, %v", line, err)
		}
		inc, err := d.service.Incident(t.Context(), refs[1])
		if err != nil || inc.Reports[0].Gone == nil || inc.Reports[0].Forgotten == nil || inc.Sealing == 0 {
			t.Errorf("the erased report after the restore: %+v, %v", inc, err)
		}
		if _, err := d.service.Do(t.Context(), refs[1], incident.System, incident.SetBrake{Brake: incident.BrakeHold, On: true, Reasons: "x"}); err != nil {
			t.Errorf("after the restore: %v", err)
		}
	})
}

// TestPruneBackups: old backups are removed on request, never the newest, and
// only once the newest is known and tested; the log says so.
func TestPruneBackups(t *testing.T) {
	s := newShell(t)
	s.ok(report, "report")
	_, recipient := s.backupKey()
	folder := filepath.Join(s.dir, "backups")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	names := []string{"meldklok-20260101T000000Z.age", "meldklok-20260102T000000Z.age", "meldklok-20260103T000000Z.age"}
	for _, name := range names[:2] {
		s.ok("", "backup", filepath.Join(folder, name), "--recipient", recipient)
	}
	if err := os.WriteFile(filepath.Join(folder, names[2]), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.refused("not the last one that this record made", "backup", "prune", "--folder", folder)
	if err := os.Remove(filepath.Join(folder, names[2])); err != nil {
		t.Fatal(err)
	}
	s.refused("make a new one first", "backup", "prune", "--folder", folder, "--before", "2026-02-01T00:00:00Z")
	if out := s.ok("", "backup", "prune", "--folder", folder, "--dry-run"); strings.TrimSpace(out) != names[0] {
		t.Errorf("a dry run says %q", out)
	}
	s.ok("", "backup", "prune", "--folder", folder)
	left, err := scheduled(folder)
	if err != nil || !slices.Equal(left, names[1:2]) {
		t.Errorf("left: %v, %v", left, err)
	}
	s.ok("", "verify")
}
