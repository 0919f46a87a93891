//go:build unix

package store

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"meldklok/incident"
)

// rotateChild exchanges the master key again and again, until it is killed.
func rotateChild() {
	s, err := openChild()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	path := filepath.Join(os.Getenv(dirVar), "master.json")
	for {
		from, err := ReadMaster(path)
		if err == nil {
			err = s.Rotate(from, path, func(step string) error { _, err := fmt.Println(step); return err })
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
}

// TestKilledWhileTheMasterKeyIsExchanged: killed at a random point of a
// rotation, the record opens with the key that lies in the file then and is
// whole; nothing that was reported is lost; the rotation can be carried to its
// end, and afterwards the key of before opens nothing.
func TestKilledWhileTheMasterKeyIsExchanged(t *testing.T) {
	rounds := 8
	if os.Getenv("MELDKLOK_REAL") == "1" {
		rounds = 100
	}
	dir := t.TempDir()
	path, data := filepath.Join(dir, "master.json"), filepath.Join(dir, "data")
	cfg, _ := config(t)
	if err := newMaster(t).Write(path); err != nil {
		t.Fatal(err)
	}
	refs := fillForRotation(t, data, path, cfg)
	hit := map[string]int{}
	for round := range rounds {
		last := killRotation(t, dir, round)
		hit[last]++
		before, err := ReadMaster(path)
		if err != nil {
			t.Fatalf("round %d, after %q: the key file: %v", round, last, err)
		}
		s, err := Open(data, before, false, cfg)
		if err != nil {
			t.Fatalf("round %d, after %q: %v", round, last, err)
		}
		v, err := s.Verify(t.Context(), nil)
		if err != nil || v.Incidents != int64(len(refs)) {
			t.Fatalf("round %d, after %q: %d incidents, %v", round, last, v.Incidents, err)
		}
		if err := s.Rotate(before, path, nil); err != nil {
			t.Fatalf("round %d, after %q: it cannot be finished: %v", round, last, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if s, err := Open(data, before, false, cfg); err == nil {
			s.Close()
			t.Fatalf("round %d: the key of before still opens the record", round)
		} else if !errors.Is(err, ErrWrongKey) {
			t.Fatalf("round %d: the key of before: %v", round, err)
		}
	}
	t.Logf("the last step that a kill let begin: %v", hit)
}

// fillForRotation makes a record whose file of keys takes a while to write.
func fillForRotation(t *testing.T, data, path string, cfg Config) (refs []incident.Ref) {
	t.Helper()
	master, err := ReadMaster(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(data, master, true, cfg)
	if err != nil {
		t.Fatal(err)
	}
	svc := serviceOver(s, cfg.Now)
	for n := range 5 {
		refs = append(refs, report(t, svc, mailText(n, "de brief over cardiologie")).Ref)
	}
	for range 1500 {
		if _, err := s.NewItem(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return refs
}

// killRotation kills a rotating process a random moment after its first step,
// and returns the last step that had begun.
func killRotation(t *testing.T, dir string, round int) (last string) {
	t.Helper()
	cmd := child(t, "rotate", dir, round)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the rotating process said nothing")
	}
	last = lines.Text()
	time.AfterFunc(time.Duration(rand.IntN(150_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
	for lines.Scan() {
		if text := lines.Bytes(); bytes.ContainsAny(text, "bwf") {
			last = string(text)
		}
	}
	_ = cmd.Wait()
	return last
}
