//go:build unix

package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"meldklok/incident"
)

const (
	dirVar  = "MELDKLOK_STORE_DIR"
	seedVar = "MELDKLOK_STORE_SEED"
)

func crashChildren() map[string]func() {
	return map[string]func(){"intake": intakeChild, "full": fullChild, "rotate": rotateChild, "destroy": destroyChild}
}

func child(t *testing.T, name, dir string, seed int) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVar+"="+name, dirVar+"="+dir, fmt.Sprintf("%s=%d", seedVar, seed))
	cmd.Stderr = os.Stderr
	return cmd
}

func openChild() (*Store, error) {
	dir := os.Getenv(dirVar)
	master, err := ReadMaster(filepath.Join(dir, "master.json"))
	if err != nil {
		return nil, err
	}
	cfg := Config{Planner: plainPlanner{}, Now: time.Now, Fatal: func(err error) { fmt.Fprintln(os.Stderr, err); os.Exit(3) }}
	return Open(filepath.Join(dir, "data"), master, true, cfg)
}

// intakeChild takes reports in from several senders at once, small and large
// ones, and says of each what it has been promised, until it is killed.
func intakeChild() {
	s, err := openChild()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	svc := serviceOver(s, time.Now)
	for sender := range 4 {
		go func() {
			rnd := rand.New(rand.NewPCG(uint64(os.Getpid()), uint64(sender)))
			for n := 0; ; n++ {
				takeIn(s, svc, rnd, fmt.Sprintf("%s-%d-%d", os.Getenv(seedVar), sender, n))
			}
		}()
	}
	select {}
}

// takeIn prints one line for everything that was promised, in one write each.
func takeIn(s *Store, svc *incident.Service, rnd *rand.Rand, name string) {
	ctx := context.Background()
	size := 300
	if rnd.IntN(8) == 0 {
		size = 600_000 // staged piece by piece
	}
	raw := []byte(mailText(0, name+"\r\n"+strings.Repeat(name+" ", size/len(name))))
	item, err := svc.Accept(ctx, incident.Incoming{Channel: incident.ChannelSMTP, Arrived: time.Now(), Body: bytes.NewReader(raw)})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	fmt.Printf("accepted %d %x\n", item, sha256.Sum256(raw))
	out, err := svc.Process(ctx, item)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	var head incident.Head
	_ = s.View(ctx, func(v incident.View) error { head = v.Counters().Head; return nil })
	fmt.Printf("settled %s %d %d %x\n", out.Ref, item, head.Seq, head.Hash)
}

// Killed at any moment, the record has everything that was promised.
func TestKilledAtAnyMomentNothingPromisedIsLost(t *testing.T) {
	rounds := 24
	if os.Getenv("MELDKLOK_REAL") == "1" {
		rounds = 300
	}
	rnd := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	var dir string
	var promised []string
	total, staged := 0, 0
	for round := range rounds {
		if round%12 == 0 {
			dir, promised = t.TempDir(), nil
			if err := newMaster(t).Write(filepath.Join(dir, "master.json")); err != nil {
				t.Fatal(err)
			}
		}
		said := killOne(t, dir, round, time.Duration(rnd.IntN(60_000))*time.Microsecond)
		promised = append(promised, said...)
		total += len(said)
		staged += checkPromises(t, dir, promised)
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	if total == 0 {
		t.Error("nothing was promised in any round: the test lost its grip")
	}
	t.Logf("%d rounds, %d promises kept; %d kills fell into a large delivery", rounds, total, staged)
}

// killOne lets a child run for a while after its first words, kills it, and
// returns what it had said in whole lines.
func killOne(t *testing.T, dir string, round int, after time.Duration) (said []string) {
	t.Helper()
	cmd := child(t, "intake", dir, round)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if round%3 == 2 {
		after = 0 // while the record is being opened
	}
	lines := bufio.NewReader(out)
	for first := true; ; first = false {
		if first && after == 0 {
			time.Sleep(time.Duration(round) * time.Millisecond)
			_ = cmd.Process.Kill()
		}
		line, err := lines.ReadString('\n')
		if err != nil {
			break
		}
		said = append(said, strings.TrimSpace(line))
		if first {
			time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		}
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code > 0 {
		t.Errorf("the child ended by itself with %d", code)
	}
	return said
}

// checkPromises opens the record as the next process would.
func checkPromises(t *testing.T, dir string, promised []string) (staged int) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, "data")); len(promised) == 0 && errors.Is(err, os.ErrNotExist) {
		return 0 // killed before it had made anything
	}
	t.Setenv(dirVar, dir)
	if e, err := OpenBolt(recordPath(filepath.Join(dir, "data")), recordTables(), false); err == nil {
		staged = len(rawRows(t, e, tableStaging))
		e.Close()
	}
	s, err := openChild()
	if err != nil {
		t.Error(err)
		return 0
	}
	defer s.Close()
	svc := serviceOver(s, time.Now)
	head := &incident.Head{}
	for _, line := range promised {
		if err := keepsPromise(t.Context(), s, svc, line, head); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	if head.Seq == 0 {
		head = nil
	}
	if _, err := s.Verify(t.Context(), head); err != nil {
		t.Error(err)
	}
	processPending(t, svc)
	if _, err := s.Verify(t.Context(), head); err != nil {
		t.Errorf("after giving the rest its outcome: %v", err)
	}
	return staged
}

// keepsPromise looks for what one line says, and gathers the latest head.
func keepsPromise(ctx context.Context, s *Store, svc *incident.Service, line string, head *incident.Head) error {
	var item, seq uint64
	var sum, hash []byte
	var ref string
	if _, err := fmt.Sscanf(line, "accepted %d %x", &item, &sum); err == nil {
		r, err := svc.Raw(ctx, item)
		if err != nil {
			return err
		}
		raw, err := io.ReadAll(r)
		if got := sha256.Sum256(raw); err == nil && !bytes.Equal(got[:], sum) {
			err = errors.New("other bytes came back")
		}
		return err
	}
	if _, err := fmt.Sscanf(line, "settled %s %d %d %x", &ref, &item, &seq, &hash); err != nil {
		return err
	}
	if seq > head.Seq {
		head.Seq, head.Hash = seq, [32]byte(hash)
	}
	parsed, err := incident.ParseRef(ref)
	if err != nil {
		return err
	}
	inc, err := svc.Incident(ctx, parsed)
	if err == nil && (len(inc.Reports) == 0 || inc.Reports[0].Item != item || !inc.AnyOpen()) {
		err = errors.New("another incident came back")
	}
	return err
}

// fullChild runs into the limit of a file's size, which to a program is what a
// full disk is, on both roads: when the file has to grow, and when pages are
// written into it. Then there is room again.
func fullChild() {
	signal.Ignore(syscall.SIGXFSZ)
	fail := func(why string, err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, why+":", err)
			os.Exit(1)
		}
	}
	s, err := openChild()
	fail("open", err)
	svc := serviceOver(s, time.Now)
	var free syscall.Rlimit
	fail("limit", syscall.Getrlimit(syscall.RLIMIT_FSIZE, &free))
	limit := func(size int64) {
		fail("limit", syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(size), Max: free.Max}))
	}
	rnd := rand.New(rand.NewPCG(1, 1))
	for _, road := range []string{"write", "grow"} {
		used, _ := s.Size()
		size, accepted := used+300<<10, 0
		if road == "grow" {
			info, err := os.Stat(recordPath(filepath.Join(os.Getenv(dirVar), "data")))
			fail("size", err)
			size = info.Size()
		}
		limit(size)
		for ; err == nil; accepted++ {
			noise := make([]byte, 400<<10)
			for i := range noise {
				noise[i] = byte(rnd.Uint32())
			}
			_, err = tryReport(svc, mailText(accepted, string(noise)))
		}
		if !errors.Is(err, incident.ErrUnavailable) || !errors.Is(err, ErrFull) {
			fail(road, fmt.Errorf("the wrong refusal: %w", err))
		}
		fmt.Printf("%s: refused after %d: %v\n", road, accepted, err)
		_, err = s.Verify(context.Background(), nil)
		fail(road+": while full", err)
		limit(int64(free.Cur))
		_, err = tryReport(svc, mailText(0, road+" weer plaats"))
		fail(road+": with room again", err)
		_, err = s.Verify(context.Background(), nil)
		fail(road+": afterwards", err)
	}
	fail("close", s.Close())
	s, err = openChild()
	fail("open again", err)
	_, err = s.Verify(context.Background(), nil)
	fail("verify again", errors.Join(err, s.Close()))
}

// What a real file system says when there is no room is understood as that.
func TestRealFileWithoutRoom(t *testing.T) {
	dir := t.TempDir()
	if err := newMaster(t).Write(filepath.Join(dir, "master.json")); err != nil {
		t.Fatal(err)
	}
	cmd := child(t, "full", dir, 0)
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("%v", err)
	}
	for _, road := range []string{"device: write ", "device: file resize error: "} {
		if !strings.Contains(string(out), road) {
			t.Errorf("%q is missing from %q", road, out)
		}
	}
	t.Logf("%s", out)
}
