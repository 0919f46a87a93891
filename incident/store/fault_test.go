package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"meldklok/incident"
)

// faulty is an engine whose n-th commit or n-th write fails.
type faulty struct {
	Engine
	commits, writes atomic.Int64
	failCommit      atomic.Int64 // the number of the commit that fails; 0: none
	failWrite       atomic.Int64
	failAll         atomic.Bool // every commit fails
	with            error       // ErrFull, ErrBroken
	before          func()      // called before each commit
	kept            bool        // the failing commit has reached the disk after all
}

func (f *faulty) Update(fn func(Writer) error) error {
	if f.before != nil {
		f.before()
	}
	injected := fmt.Errorf("%w: injected", f.with)
	failing := false
	err := f.Engine.Update(func(w Writer) error {
		if err := fn(faultyWriter{w, f}); err != nil {
			return err
		}
		if n := f.commits.Add(1); n == f.failCommit.Load() || f.failAll.Load() {
			failing = true
			if !f.kept {
				return injected
			}
		}
		return nil
	})
	if failing {
		return injected
	}
	return err
}

type faultyWriter struct {
	Writer
	f *faulty
}

func (w faultyWriter) Put(t Table, key, value []byte) error {
	if w.f.writes.Add(1) == w.f.failWrite.Load() {
		return fmt.Errorf("%w: injected", w.f.with)
	}
	return w.Writer.Put(t, key, value)
}

// dump is everything that stands in an engine.
func dump(t testing.TB, e Engine) map[string]string {
	t.Helper()
	rows := map[string]string{}
	err := e.View(func(r Reader) error {
		for _, table := range recordTables() {
			r.Ascend(table, nil, func(k, v []byte) bool { rows[string(table)+string(k)] = string(v); return true })
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// rowsOf is what stands in an engine but the counters, which know what was ever in
// use.
func rowsOf(t testing.TB, e Engine) map[string]string {
	t.Helper()
	rows := dump(t, e)
	delete(rows, string(tableMeta)+string(metaCounters))
	return rows
}

// Wherever the disk fills up while a report comes in, the report is either
// refused as a whole or has its outcome later, and afterwards all is well.
func TestFullDiskRefusesAndRecovers(t *testing.T) {
	for _, kind := range []string{"commit", "write"} {
		for n := int64(1); ; n++ {
			f := &faulty{Engine: NewMemory(), with: ErrFull}
			r := over(t, f, NewMemory())
			svc := r.service()
			report(t, svc, mailText(1, "eerder"))
			counter, fail := &f.commits, &f.failCommit
			if kind == "write" {
				counter, fail = &f.writes, &f.failWrite
			}
			fail.Store(counter.Load() + n)
			was := rowsOf(t, f)
			body := mailText(2, strings.Repeat("een groot bericht ", 30_000))
			item, err := svc.Accept(t.Context(), incident.Incoming{Channel: incident.ChannelSMTP, Arrived: start, Body: strings.NewReader(body)})
			if err == nil {
				_, err = svc.Process(t.Context(), item)
			} else if now := rowsOf(t, f); !maps.Equal(was, now) {
				t.Errorf("%s %d: something remained of a refused report: %d rows, there were %d", kind, n, len(now), len(was))
			}
			reached := counter.Load() >= fail.Load()
			if reached && !errors.Is(err, incident.ErrUnavailable) {
				t.Errorf("%s %d: %v, want ErrUnavailable", kind, n, err)
			}
			fail.Store(0)
			processPending(t, svc)
			report(t, svc, mailText(3, "later"))
			r.verify()
			if len(r.fatal) > 0 {
				t.Errorf("%s %d: a full disk is no reason to end", kind, n)
			}
			if !reached {
				break
			}
		}
	}
}

// The bytes of a report that was here before are dropped, also when that is
// interrupted at any place.
func TestRepeatedReportLeavesNoBytes(t *testing.T) {
	body := mailText(1, strings.Repeat("dezelfde bytes ", 30_000))
	for n := int64(1); ; n++ {
		f := &faulty{Engine: NewMemory(), with: ErrFull}
		r := over(t, f, NewMemory())
		first := report(t, r.service(), body)
		f.failCommit.Store(f.commits.Load() + n)
		_, _ = tryReport(r.service(), body)
		reached := f.commits.Load() >= f.failCommit.Load()
		f.failCommit.Store(0)
		r = r.again()
		processPending(t, r.service())
		inc, err := r.service().Incident(t.Context(), first.Ref)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rawRows(t, f, tableBlob) {
			if number(row.key) != inc.Reports[0].Item {
				t.Errorf("commit %d failed: the bytes of item %d are left", n, number(row.key))
			}
		}
		r.verify()
		if !reached {
			return
		}
	}
}

// After a failed sync nobody knows what is on disk: the process ends.
func TestFailedSyncEndsTheProcess(t *testing.T) {
	for _, kept := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f := &faulty{Engine: NewMemory(), with: ErrBroken, kept: kept}
			r := over(t, f, NewMemory())
			svc := r.service()
			report(t, svc, mailText(1, "eerder"))
			f.failCommit.Store(f.commits.Load() + 1)
			for n := range 3 {
				if _, err := tryReport(svc, mailText(2+n, "nu")); !errors.Is(err, incident.ErrUnavailable) {
					t.Errorf("attempt %d: %v, want ErrUnavailable", n, err)
				}
			}
			if _, err := r.NewItem(); !errors.Is(err, incident.ErrUnavailable) {
				t.Errorf("NewItem: %v, want ErrUnavailable", err)
			}
			synctest.Wait()
			if n := len(r.fatal); n != 1 {
				t.Errorf("the process was ended %d times, want once", n)
			}
			r.again().verify()
		})
	}
}

// hold lets calls gather behind a commit that is under way, and says how many
// commits they then took.
func hold(t *testing.T, r *rig, f *faulty, calls ...func(incident.Tx) error) (errs []error, commits int64) {
	t.Helper()
	errs = make([]error, len(calls))
	started, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = r.Update(t.Context(), func(tx incident.Tx) error { close(started); <-release; return nil })
	})
	<-started
	for i, fn := range calls {
		wg.Go(func() { errs[i] = r.Update(t.Context(), fn) })
		for len(queue(r)) != i+1 {
			runtime.Gosched()
		}
	}
	was := f.commits.Load()
	close(release)
	wg.Wait()
	return errs, f.commits.Load() - was
}

func queue(r *rig) []*call {
	r.commits.mu.Lock()
	defer r.commits.mu.Unlock()
	return r.commits.queue
}

func remember(key string, then error) func(incident.Tx) error {
	return func(tx incident.Tx) error {
		if err := tx.Remember([]byte(key), incident.Known{Item: 7}); err != nil {
			return err
		}
		return then
	}
}

func known(t *testing.T, r *rig, key string) (ok bool) {
	t.Helper()
	err := r.View(t.Context(), func(v incident.View) error { _, ok = v.Lookup([]byte(key)); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

// Writers share commits; a refusal, or a bug, of one of them is not another's.
func TestRefusedWriterDoesNotFailItsCompanions(t *testing.T) {
	f := &faulty{Engine: NewMemory(), with: ErrFull}
	r := over(t, f, NewMemory())
	refusal := errors.New("refused")
	errs, commits := hold(t, r, f,
		remember("first", nil),
		func(incident.Tx) error { return refusal },
		remember("spoiler", refusal),
		remember("second", nil),
		func(tx incident.Tx) error { _ = remember("bug", nil)(tx); panic("a bug") },
		remember("third", nil),
	)
	for i, want := range []string{"", "refused", "refused", "", "a transaction panicked: a bug", ""} {
		if got := fmt.Sprint(errs[i]); (want == "") != (errs[i] == nil) || (want != "" && !strings.Contains(got, want)) {
			t.Errorf("writer %d: %v, want %q", i, errs[i], want)
		}
	}
	for key, want := range map[string]bool{"first": true, "second": true, "third": true, "spoiler": false, "bug": false} {
		if known(t, r, key) != want {
			t.Errorf("%q is in the record: %v, want %v", key, !want, want)
		}
	}
	if commits != 1 {
		t.Errorf("it took %d commits, want one for all", commits)
	}
	r.verify()
}

// The queue is served in order, so nobody starves; no commit grows beyond what
// the engine takes.
func TestWritersAreServedInOrder(t *testing.T) {
	f := &faulty{Engine: NewMemory(), with: ErrFull}
	r := over(t, f, NewMemory())
	var order []int
	var calls []func(incident.Tx) error
	for n := range 30 {
		calls = append(calls, func(tx incident.Tx) error { order = append(order, n); return remember(fmt.Sprint(n), nil)(tx) })
	}
	_, commits := hold(t, r, f, calls...)
	for i, n := range order {
		if i != n {
			t.Fatalf("served in the order %v", order)
		}
	}
	if share := f.MaxKeys() / keysPerCall; commits != int64(30/share) {
		t.Errorf("%d commits for 30 writers, at most %d each", commits, share)
	}
}

// A test that fails inside a transaction ends the goroutine; the others must
// not wait for ever.
func TestEndedGoroutineDoesNotBlockTheRecord(t *testing.T) {
	r := inMemory(t)
	err := r.Update(t.Context(), func(incident.Tx) error { runtime.Goexit(); return nil })
	if err == nil {
		t.Error("the writer was told that all is well")
	}
	if err := r.Update(t.Context(), remember("later", nil)); err != nil {
		t.Error(err)
	}
	r.verify()
}

// What nobody wrote costs no sync.
func TestRefusalsCostNoCommit(t *testing.T) {
	f := &faulty{Engine: NewMemory(), with: ErrFull}
	r := over(t, f, NewMemory())
	was := f.commits.Load()
	_ = r.Update(t.Context(), func(incident.Tx) error { return errors.New("refused") })
	if err := r.Update(t.Context(), func(incident.Tx) error { return nil }); err != nil {
		t.Error(err)
	}
	if n := f.commits.Load() - was; n != 0 {
		t.Errorf("%d commits, want none", n)
	}
}

// When no keys can be stored, reports are taken as long as there are keys in
// advance, then refused, and taken again once there is room.
func TestFullKeyFileRefusesOnceTheSparesAreGone(t *testing.T) {
	f := &faulty{Engine: NewMemory(), with: ErrFull}
	r := over(t, NewMemory(), f)
	f.failAll.Store(true)
	taken := 0
	for {
		_, err := r.NewItem()
		if errors.Is(err, incident.ErrUnavailable) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		taken++
	}
	if taken != poolBatch-1 { // one is the organisation's
		t.Errorf("%d spare items, want %d", taken, poolBatch-1)
	}
	f.failAll.Store(false)
	report(t, r.service(), mailText(1, "weer plaats"))
	r.verify()
	if len(r.fatal) > 0 {
		t.Error("a full disk is no reason to end")
	}
}

// A failed sync of the key file is noticed at once, not when its keys run out.
func TestFailedSyncOfTheKeyFileEndsTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &faulty{Engine: NewMemory(), with: ErrBroken}
		r := over(t, NewMemory(), f)
		f.failAll.Store(true)
		for range poolBatch/2 + 1 {
			if _, err := r.NewItem(); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if n := len(r.fatal); n != 1 {
			t.Errorf("the process was ended %d times, want once", n)
		}
	})
}

// Closing waits for the commits under way and refuses what comes after.
func TestCloseWaitsForCommits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t)
		started, release := make(chan struct{}), make(chan struct{})
		var first error
		var wg sync.WaitGroup
		wg.Go(func() {
			first = r.Update(context.Background(), func(tx incident.Tx) error {
				close(started)
				<-release
				return remember("under way", nil)(tx)
			})
		})
		<-started
		closed := make(chan error, 1)
		go func() { closed <- r.Close() }()
		synctest.Wait()
		select {
		case <-closed:
			t.Error("closed in the middle of a commit")
		default:
		}
		if err := r.Update(context.Background(), remember("late", nil)); !errors.Is(err, incident.ErrUnavailable) {
			t.Errorf("a writer that came too late: %v", err)
		}
		close(release)
		wg.Wait()
		if err := errors.Join(first, <-closed); err != nil {
			t.Error(err)
		}
		_, err := r.NewItem()
		for what, err := range map[string]error{
			"NewItem": err,
			"View":    r.View(context.Background(), func(incident.View) error { return nil }),
			"Update":  r.Update(context.Background(), remember("later", nil)),
		} {
			if !errors.Is(err, incident.ErrUnavailable) {
				t.Errorf("%s after closing: %v", what, err)
			}
		}
		if len(r.fatal) > 0 {
			t.Error("closing is no failure")
		}
	})
}
