package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// engines are all engines there are, each with a way to close and open it
// again; nil for one that forgets.
func engines() map[string]func(t testing.TB) (Engine, func(Engine) Engine) {
	return map[string]func(t testing.TB) (Engine, func(Engine) Engine){
		"memory": func(testing.TB) (Engine, func(Engine) Engine) { return NewMemory(), nil },
		"bbolt": func(t testing.TB) (Engine, func(Engine) Engine) {
			path := filepath.Join(t.TempDir(), "contract.db")
			open := func() Engine {
				e, err := OpenBolt(path, recordTables(), true)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { e.Close() })
				return e
			}
			return open(), func(e Engine) Engine {
				if err := e.Close(); err != nil {
					t.Fatal(err)
				}
				return open()
			}
		},
	}
}

// contract runs a test on every engine.
func contract(t *testing.T, test func(t *testing.T, e Engine)) {
	t.Helper()
	for name, open := range engines() {
		t.Run(name, func(t *testing.T) {
			e, _ := open(t)
			test(t, e)
		})
	}
}

const tab = tableKnown

func put(t testing.TB, e Engine, pairs ...string) {
	t.Helper()
	err := e.Update(func(w Writer) error {
		for i := 0; i < len(pairs); i += 2 {
			if err := w.Put(tab, []byte(pairs[i]), []byte(pairs[i+1])); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func ascend(r Reader, from []byte) (keys []string) {
	r.Ascend(tab, from, func(k, _ []byte) bool { keys = append(keys, string(k)); return true })
	return keys
}

func descend(r Reader, below []byte) (keys []string) {
	r.Descend(tab, below, func(k, _ []byte) bool { keys = append(keys, string(k)); return true })
	return keys
}

func look(t testing.TB, e Engine, fn func(Reader)) {
	t.Helper()
	if err := e.View(func(r Reader) error { fn(r); return nil }); err != nil {
		t.Fatal(err)
	}
}

func TestEngineWalksInByteOrder(t *testing.T) {
	contract(t, func(t *testing.T, e Engine) {
		put(t, e, "b", "2", "a", "1", "ab", "3", "\xff", "4", "c", "5")
		look(t, e, func(r Reader) {
			for _, row := range []struct {
				why  string
				got  []string
				want string
			}{
				{"upwards from the first", ascend(r, nil), "a ab b c \xff"},
				{"from a key that is there: included", ascend(r, []byte("ab")), "ab b c \xff"},
				{"from a key that is not there: the next one", ascend(r, []byte("aa")), "ab b c \xff"},
				{"from behind the last: nothing", ascend(r, []byte("\xff\xff")), ""},
				{"downwards from the last", descend(r, nil), "\xff c b ab a"},
				{"below a key that is there: excluded", descend(r, []byte("b")), "ab a"},
				{"below a key that is not there", descend(r, []byte("bb")), "b ab a"},
				{"below the first: nothing", descend(r, []byte("a")), ""},
				{"below something behind the last: all", descend(r, []byte("\xff\xff")), "\xff c b ab a"},
				{"below the empty key: nothing", descend(r, []byte{}), ""},
			} {
				if got := strings.Join(row.got, " "); got != row.want {
					t.Errorf("%s: %q, want %q", row.why, got, row.want)
				}
			}
		})
	})
}

func TestEngineStopsWhenAsked(t *testing.T) {
	contract(t, func(t *testing.T, e Engine) {
		put(t, e, "a", "", "b", "", "c", "")
		look(t, e, func(r Reader) {
			n := 0
			r.Ascend(tab, nil, func(_, _ []byte) bool { n++; return n < 2 })
			r.Descend(tab, nil, func(_, _ []byte) bool { n++; return n < 4 })
			if n != 4 {
				t.Errorf("%d steps, want 2 each way", n)
			}
		})
	})
}

func TestEngineTellsEmptyFromMissing(t *testing.T) {
	contract(t, func(t *testing.T, e Engine) {
		check := func(r Reader) {
			t.Helper()
			if v := r.Get(tab, []byte("empty")); v == nil || len(v) != 0 {
				t.Errorf("an empty value came back as %v", v)
			}
			if v := r.Get(tab, []byte("missing")); v != nil {
				t.Errorf("a missing key has the value %q", v)
			}
			r.Ascend(tab, nil, func(_, v []byte) bool {
				if v == nil {
					t.Error("a walk yields nil for an empty value")
				}
				return true
			})
		}
		err := e.Update(func(w Writer) error {
			defer check(w)
			return w.Put(tab, []byte("empty"), nil)
		})
		if err != nil {
			t.Fatal(err)
		}
		look(t, e, check)
	})
}

func TestEngineWriterReadsItsOwnWrites(t *testing.T) {
	contract(t, func(t *testing.T, e Engine) {
		put(t, e, "old", "1", "gone", "1")
		err := e.Update(func(w Writer) error {
			err := errors.Join(w.Put(tab, []byte("new"), []byte("2")), w.Put(tab, []byte("old"), []byte("3")),
				w.Delete(tab, []byte("gone")), w.Delete(tab, []byte("never there")))
			if got := strings.Join(ascend(w, nil), " ") + string(w.Get(tab, []byte("old"))); got != "new old3" {
				t.Errorf("inside the transaction: %q", got)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestEngineLeavesNothingOfAFailedUpdate(t *testing.T) {
	contract(t, func(t *testing.T, e Engine) {
		put(t, e, "kept", "1")
		refusal := errors.New("refused")
		fails := func(w Writer) error {
			return errors.Join(w.Put(tab, []byte("new"), []byte("2")), w.Put(tab, []byte("kept"), []byte("2")), w.Delete(tab, []byte("kept")), refusal)
		}
		if err := e.Update(fails); !errors.Is(err, refusal) || errors.Is(err, ErrBroken) {
			t.Errorf("the writer's own error came back as %v", err)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_ = e.Update(func(w Writer) error { _ = fails(w); panic("a bug") })
		}()
		look(t, e, func(r Reader) {
			if got := ascend(r, nil); !slices.Equal(got, []string{"kept"}) || string(r.Get(tab, []byte("kept"))) != "1" {
				t.Errorf("something remained: %q", got)
			}
		})
		put(t, e, "later", "3")
	})
}

func TestEngineSnapshotIsNotChangedByLaterWrites(t *testing.T) {
	contract(t, func(t *testing.T, e Engine) {
		put(t, e, "a", "1", "b", "1")
		look(t, e, func(r Reader) {
			done := make(chan struct{})
			go func() {
				defer close(done)
				for n := range 50 {
					put(t, e, "a", "2", fmt.Sprint("new", n), strings.Repeat("x", 5000))
				}
				_ = e.Update(func(w Writer) error { return w.Delete(tab, []byte("b")) })
			}()
			<-done
			if got := strings.Join(ascend(r, nil), " ") + string(r.Get(tab, []byte("a"))); got != "a b1" {
				t.Errorf("the snapshot shows %q", got)
			}
		})
	})
}

// A walk goes on behind the key it yielded last, whatever the writer does to
// the table on the way.
func TestEngineWalkSurvivesWritesOnTheWay(t *testing.T) {
	contract(t, func(t *testing.T, e Engine) {
		var pairs []string
		for n := range 2000 {
			pairs = append(pairs, fmt.Sprintf("%04d", n), strings.Repeat("v", n%90))
		}
		put(t, e, pairs...)
		err := e.Update(func(w Writer) (err error) {
			var seen []string
			w.Ascend(tab, nil, func(k, _ []byte) bool {
				seen = append(seen, string(k))
				switch len(seen) % 4 {
				case 0: // the current one
					err = w.Delete(tab, k)
				case 1: // one behind us
					err = w.Put(tab, append([]byte("+"), k...), []byte("behind"))
				case 2: // one before us
					err = w.Put(tab, append(bytes.Clone(k), '+'), []byte("ahead"))
				}
				return err == nil
			})
			if len(seen) != 2667 || !slices.IsSorted(seen) {
				t.Errorf("upwards: %d keys seen, want 2,000 and the 667 that came on the way; in order: %v", len(seen), slices.IsSorted(seen))
			}
			n := 0
			w.Descend(tab, nil, func(k, _ []byte) bool {
				n++
				err = w.Delete(tab, k)
				return err == nil
			})
			if left := ascend(w, nil); len(left) > 0 {
				t.Errorf("downwards: %d of %d keys survived their deletion", len(left), n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestEngineCopiesKeyAndValue(t *testing.T) {
	contract(t, func(t *testing.T, e Engine) {
		err := e.Update(func(w Writer) error {
			k, v := []byte("key1"), []byte("val1")
			err := w.Put(tab, k, v)
			copy(k, "xxxx")
			copy(v, "xxxx")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		look(t, e, func(r Reader) {
			if string(r.Get(tab, []byte("key1"))) != "val1" {
				t.Error("the engine kept the caller's bytes")
			}
		})
	})
}

func TestEngineServesReadersBesideAWriter(t *testing.T) {
	contract(t, func(t *testing.T, e Engine) {
		put(t, e, "a", "0", "b", "0")
		stop := make(chan struct{})
		var readers sync.WaitGroup
		for range 4 {
			readers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					_ = e.View(func(r Reader) error {
						if a, b := r.Get(tab, []byte("a")), r.Get(tab, []byte("b")); !bytes.Equal(a, b) {
							t.Errorf("half a transaction is visible: %s and %s", a, b)
						}
						return nil
					})
				}
			})
		}
		for n := range 200 {
			put(t, e, "a", fmt.Sprint(n), "b", fmt.Sprint(n))
		}
		close(stop)
		readers.Wait()
	})
}

// An open reader must not stop the writers, even while the file grows.
func TestEngineOpenReaderDoesNotStopWriters(t *testing.T) {
	contract(t, func(t *testing.T, e Engine) {
		look(t, e, func(Reader) {
			done := make(chan struct{})
			go func() {
				defer close(done)
				for n := range 40 {
					put(t, e, fmt.Sprint("big", n), strings.Repeat("x", 1<<20))
				}
			}()
			select {
			case <-done:
			case <-time.After(30 * time.Second):
				t.Error("the writers waited for a reader")
			}
		})
	})
}

func TestEngineRefusesOnceClosed(t *testing.T) {
	contract(t, func(t *testing.T, e Engine) {
		put(t, e, "a", "1")
		if err := errors.Join(e.Close(), e.Close()); err != nil {
			t.Fatal(err)
		}
		if err := e.View(func(Reader) error { return nil }); !errors.Is(err, ErrClosed) {
			t.Errorf("View: %v", err)
		}
		if err := e.Update(func(Writer) error { return nil }); !errors.Is(err, ErrClosed) || errors.Is(err, ErrBroken) {
			t.Errorf("Update: %v", err)
		}
		if err := e.Snapshot(func(Reader, int64) (io.Writer, error) { return io.Discard, nil }); !errors.Is(err, ErrClosed) {
			t.Errorf("Snapshot: %v", err)
		}
	})
}

func TestEngineKeepsEverythingWhenOpenedAgain(t *testing.T) {
	for name, open := range engines() {
		t.Run(name, func(t *testing.T) {
			e, reopen := open(t)
			if reopen == nil {
				t.Skip("this engine forgets, by design")
			}
			put(t, e, "a", "1", "empty", "")
			e = reopen(e)
			look(t, e, func(r Reader) {
				if got := strings.Join(ascend(r, nil), " "); got != "a empty" {
					t.Errorf("after opening again: %q", got)
				}
			})
			if err := e.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

// bbolt's own cursor loses its way backwards over pages that were emptied.
func TestEngineWalksBackOverWhatItDeleted(t *testing.T) {
	contract(t, func(t *testing.T, e Engine) {
		var pairs []string
		for n := range 1000 {
			pairs = append(pairs, fmt.Sprintf("%04d", n), strings.Repeat("v", 100))
		}
		put(t, e, pairs...)
		for _, row := range []struct {
			why      string
			from, to int // deleted
		}{
			{"a gap of several pages in the middle", 300, 700},
			{"the end", 500, 1000},
			{"the beginning", 0, 500},
			{"everything", 0, 1000},
		} {
			_ = e.Update(func(w Writer) error {
				for n := row.from; n < row.to; n++ {
					_ = w.Delete(tab, fmt.Appendf(nil, "%04d", n))
				}
				if got, want := len(descend(w, nil)), 1000-row.to+row.from; got != want {
					t.Errorf("%s: %d keys seen, want %d", row.why, got, want)
				}
				return errSpoiled
			})
		}
	})
}

// Whatever is done to an engine, it holds what a map and a sorted list of its
// keys would hold.
func TestEngineIsAnOrderedMap(t *testing.T) {
	for name, open := range engines() {
		t.Run(name, func(t *testing.T) {
			e, _ := open(t)
			table := Table(0)
			tables := recordTables()
			rapid.Check(t, func(rt *rapid.T) {
				table = tables[rapid.IntRange(0, len(tables)-1).Draw(rt, "table")]
				empty(t, e, table)
				model := map[string]string{}
				key := rapid.StringMatching(`[a-c]{1,4}`)
				for range rapid.IntRange(1, 5).Draw(rt, "transactions") {
					next := map[string]string{}
					for k, v := range model {
						next[k] = v
					}
					refuse := rapid.Bool().Draw(rt, "refuse")
					err := e.Update(func(w Writer) error {
						for range rapid.IntRange(1, 20).Draw(rt, "writes") {
							k, v := key.Draw(rt, "key"), rapid.StringN(0, 10, -1).Draw(rt, "value")
							if rapid.Bool().Draw(rt, "delete") {
								delete(next, k)
								_ = w.Delete(table, []byte(k))
								continue
							}
							next[k] = v
							_ = w.Put(table, []byte(k), []byte(v))
						}
						compare(rt, w, table, next, key)
						if refuse {
							return errSpoiled
						}
						return nil
					})
					if refuse != (err != nil) {
						rt.Fatal(err)
					}
					if !refuse {
						model = next
					}
				}
				_ = e.View(func(r Reader) error { compare(rt, r, table, model, key); return nil })
			})
		})
	}
}

func empty(t testing.TB, e Engine, table Table) {
	err := e.Update(func(w Writer) (err error) {
		w.Ascend(table, nil, func(k, _ []byte) bool { err = w.Delete(table, k); return err == nil })
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func compare(t *rapid.T, r Reader, table Table, model map[string]string, key *rapid.Generator[string]) {
	at := key.Draw(t, "from")
	var up, down []string
	r.Ascend(table, []byte(at), func(k, v []byte) bool { up = append(up, string(k)+"="+string(v)); return true })
	r.Descend(table, []byte(at), func(k, v []byte) bool { down = append(down, string(k)+"="+string(v)); return true })
	var wantUp, wantDown []string
	for k, v := range model {
		if k >= at {
			wantUp = append(wantUp, k+"="+v)
		} else {
			wantDown = append(wantDown, k+"="+v)
		}
		if string(r.Get(table, []byte(k))) != v {
			t.Fatalf("%q has the value %q, want %q", k, r.Get(table, []byte(k)), v)
		}
	}
	byKey := func(a, b string) int {
		ka, _, _ := strings.Cut(a, "=")
		kb, _, _ := strings.Cut(b, "=")
		return strings.Compare(ka, kb)
	}
	slices.SortFunc(wantUp, byKey)
	slices.SortFunc(wantDown, func(a, b string) int { return byKey(b, a) })
	if !slices.Equal(up, wantUp) || !slices.Equal(down, wantDown) {
		t.Fatalf("from %q: up %q, want %q; down %q, want %q", at, up, wantUp, down, wantDown)
	}
}
