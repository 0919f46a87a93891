//go:build unix

package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
)

// destroyChild takes reports in and has each erased, one after the other, until it
// is killed. It says which are gone once it was told so.
func destroyChild() {
	s, err := openChild()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	svc := serviceOver(s, time.Now)
	for n := 0; ; n++ {
		item, err := eraseOne(s, svc, fmt.Sprintf("%s-%d", os.Getenv(seedVar), n))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		fmt.Println("erased", item)
	}
}

// eraseOne has a report recorded, sorted out and erased.
func eraseOne(s *Store, svc *incident.Service, name string) (item uint64, err error) {
	ctx := context.Background()
	out, err := tryReport(svc, mailText(0, name+strings.Repeat(" cardiologie", 200)))
	if err != nil {
		return 0, err
	}
	inc, err := svc.Do(ctx, out.Ref, incident.ByPerson("p1"), incident.NoReport{Code: incident.NoReportQuestion})
	if err != nil {
		return 0, err
	}
	err = s.Update(ctx, func(tx incident.Tx) error {
		_, err := tx.Append(incident.Stream{Ref: out.Ref}, incident.Act{By: incident.System, Now: svc.Now()},
			&incident.Alerted{Rung: incident.RungReceipt, Report: 1, Due: svc.Now(), Note: "capped"})
		return err
	})
	if err != nil {
		return 0, err
	}
	return inc.Reports[0].Item, svc.Erase(ctx, incident.ByPerson("p1"), incident.Erase{Ref: out.Ref, Reasons: "verzoek"})
}

// TestKilledWhileSomethingIsDestroyed: killed at any moment, what was said to be
// gone is gone after the next start, what a log calls destroyed is destroyed, the
// file of keys is written anew, and the record is whole.
func TestKilledWhileSomethingIsDestroyed(t *testing.T) {
	rounds := 10
	if os.Getenv("MELDKLOK_REAL") == "1" {
		rounds = 200
	}
	dir := t.TempDir()
	if err := newMaster(t).Write(filepath.Join(dir, "master.json")); err != nil {
		t.Fatal(err)
	}
	t.Setenv(dirVar, dir)
	var gone []uint64
	unfinished := 0
	for round := range rounds {
		gone = append(gone, killDestroyer(t, dir, round)...)
		if e, err := OpenBolt(recordPath(filepath.Join(dir, "data")), recordTables(), false); err == nil {
			unfinished += len(rawRows(t, e, tableStaging))
			e.Close()
		}
		s, err := openChild()
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		for _, item := range gone {
			for _, c := range []Compartment{Personal, Originals} {
				if _, err := s.keys.primitive(item, c); !errors.Is(err, ErrDestroyed) {
					t.Errorf("round %d: compartment %d of item %d: %v", round, c, item, err)
				}
			}
		}
		if _, err := s.Verify(t.Context(), nil); err != nil {
			t.Errorf("round %d: %v", round, err)
		}
		if n := len(rawRows(t, s.engine, tableStaging)); n != 0 {
			t.Errorf("round %d: %d marks are left", round, n)
		}
		if mark := readMeta(t, s.keys.engine, metaShred); len(mark) > 0 && mark[0] != 0 {
			t.Errorf("round %d: remains of destroyed keys may be in the file", round)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(gone) == 0 {
		t.Error("nothing was destroyed in any round: the test lost its grip")
	}
	t.Logf("%d erased in %d rounds; %d marks were left by kills", len(gone), rounds, unfinished)
}

// killDestroyer kills a child that destroys, a random moment after its first
// words, and returns what it had said is gone.
func killDestroyer(t *testing.T, dir string, round int) (items []uint64) {
	t.Helper()
	cmd := child(t, "destroy", dir, round)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for first := true; lines.Scan(); first = false {
		if first {
			time.AfterFunc(time.Duration(rand.IntN(80_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
		}
		var item uint64
		if _, err := fmt.Sscanf(lines.Text(), "erased %d", &item); err == nil {
			items = append(items, item)
		}
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code > 0 {
		t.Errorf("the child ended by itself with %d", code)
	}
	return items
}
