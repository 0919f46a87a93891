package store

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"meldklok/incident"
)

// Files of every format lie in testdata/format<N>, as the first program of that
// format wrote them. They are written once:
//
//	go test ./incident/store -run TestWriteFormat -update-format
//
// When they no longer open, files out there do not either: then the format has to
// be raised, with a migration, and files of the new one written beside them.
var updateFormat = flag.Bool("update-format", false, "write testdata/format<N> of the present format")

// expected is what a file of an old format says of itself.
type expected struct {
	Seq       uint64 `json:"seq"`
	Hash      []byte `json:"hash"`
	Incidents int64  `json:"incidents"`
	Open      int64  `json:"open"`
}

func formatFolder(n int) string { return filepath.Join("testdata", fmt.Sprintf("format%d", n)) }

func TestWriteFormat(t *testing.T) {
	if !*updateFormat {
		t.Skip("-update-format writes the files")
	}
	r := onDisk(t, t.TempDir())
	busy(t, r)
	out := formatFolder(FormatVersion)
	if err := os.MkdirAll(out, 0o755); err != nil {
		t.Fatal(err)
	}
	var c incident.Counters
	if err := r.View(t.Context(), func(v incident.View) error { c = v.Counters(); return nil }); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(expected{Seq: c.Head.Seq, Hash: c.Head.Hash[:], Incidents: c.Incidents, Open: c.OpenDuties})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(out, "expected.json"), raw)
	write(t, filepath.Join(out, "master.json"), r.master.json)
	for name, e := range map[string]Engine{RecordFile: r.engine, KeyFile: r.Store.keys.engine} {
		path := filepath.Join(out, name)
		if err := errors.Join(drop(path), copyEngine(e, path)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEveryFormatOpens: the files of each are there, whole, with the head that
// they had. Those of an earlier one were upgraded; the old files are kept as they
// were, for thirty days.
func TestEveryFormatOpens(t *testing.T) {
	for n := 1; n <= FormatVersion; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			dir := t.TempDir()
			was := map[string][]byte{}
			for _, name := range []string{RecordFile, KeyFile} {
				was[name] = read(t, filepath.Join(formatFolder(n), name))
				write(t, filepath.Join(dir, name), was[name])
			}
			var want expected
			if err := json.Unmarshal(read(t, filepath.Join(formatFolder(n), "expected.json")), &want); err != nil {
				t.Fatal(err)
			}
			master, err := ParseMaster(read(t, filepath.Join(formatFolder(n), "master.json")))
			if err != nil {
				t.Fatal(err)
			}
			cfg, _ := config(t)
			for range 2 { // the second opening has nothing to do
				s, err := Open(dir, master, false, cfg)
				if err != nil {
					t.Fatal(err)
				}
				head := incident.Head{Seq: want.Seq, Hash: [32]byte(want.Hash)}
				v, err := s.Verify(t.Context(), &head)
				if err != nil || v.Head != head || v.Incidents != want.Incidents {
					t.Errorf("head %d, %d incidents, %v; want %+v", v.Head.Seq, v.Incidents, err, want)
				}
				var c incident.Counters
				if err := s.View(t.Context(), func(v incident.View) error { c = v.Counters(); return nil }); err != nil || c.OpenDuties != want.Open {
					t.Errorf("%d open duties, %v; want %d", c.OpenDuties, err, want.Open)
				}
				next := report(t, serviceOver(s, cfg.Now), mailText(100+int(c.Incidents), "na de overgang"))
				want.Seq, want.Incidents = 0, want.Incidents+1
				if next.Ref.Number != uint32(want.Incidents) {
					t.Errorf("the next incident is %s", next.Ref)
				}
				_ = s.View(t.Context(), func(v incident.View) error {
					c := v.Counters()
					want.Seq, want.Hash, want.Open = c.Head.Seq, c.Head.Hash[:], c.OpenDuties
					return nil
				})
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if n == FormatVersion {
				return
			}
			old := t.TempDir()
			for name := range was {
				write(t, filepath.Join(old, name), read(t, filepath.Join(dir, oldFile(name, uint64(n)))))
			}
			copied, err := OpenBolt(filepath.Join(old, RecordFile), recordTables(), false)
			if err != nil {
				t.Fatal(err)
			}
			defer copied.Close()
			_ = copied.View(func(r Reader) error {
				if got := number(r.Get(tableMeta, metaFormat)); got != uint64(n) {
					t.Errorf("the kept copy has format %d", got)
				}
				return nil
			})
			if err := dropOldCopies(dir, time.Now().Add(copiesKept+time.Hour)); err != nil {
				t.Fatal(err)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*.format-*")); len(left) != 0 {
				t.Errorf("after a month: %v", left)
			}
		})
	}
}

func TestTheLastMigrationIsTheFormat(t *testing.T) {
	last := uint64(1)
	for _, m := range migrations() {
		if m.To != last+1 {
			t.Errorf("a step to %d follows %d", m.To, last)
		}
		last = m.To
	}
	if last != FormatVersion {
		t.Errorf("the steps lead to format %d, the program writes %d", last, FormatVersion)
	}
}

// TestMigrationsInvented: steps that no program has run in order, each once; the
// copy is kept before the first; a crash in the middle of a step is made good
// over the same copy.
func TestMigrationsInvented(t *testing.T) {
	dir := t.TempDir()
	r := onDisk(t, dir)
	busy(t, r)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	record, err := OpenBolt(filepath.Join(dir, RecordFile), recordTables(), false)
	if err != nil {
		t.Fatal(err)
	}
	defer record.Close()
	keys, err := OpenBolt(filepath.Join(dir, KeyFile), keyTables(), false)
	if err != nil {
		t.Fatal(err)
	}
	defer keys.Close()

	var ran []string
	crash := errors.New("the power went")
	mark := func(name string) error {
		ran = append(ran, name)
		return record.Update(func(w Writer) error { return w.Put(tableMeta, []byte(name), []byte(name)) })
	}
	fail := true
	steps := []migration{
		{FormatVersion, "an old one", func(_, _ Engine) error { return mark("old") }},
		{FormatVersion + 1, "first", func(_, _ Engine) error { return mark("first") }},
		{FormatVersion + 2, "second", func(_, _ Engine) error {
			if err := mark("half"); err != nil || fail {
				return errors.Join(err, crash)
			}
			return mark("second")
		}},
	}
	kept := 0
	keep := func(format uint64) error {
		kept++
		if len(ran) > 0 && format == FormatVersion {
			t.Error("a step ran before the copy was kept")
		}
		return keepCopies(dir, record, keys)(format)
	}
	format := func() (n uint64) {
		_ = record.View(func(r Reader) error { n = number(r.Get(tableMeta, metaFormat)); return nil })
		return n
	}
	if err := migrate(record, keys, steps, keep); !errors.Is(err, crash) || format() != FormatVersion+1 {
		t.Fatalf("crashed at format %d: %v", format(), err)
	}
	fail = false
	if err := migrate(record, keys, steps, keep); err != nil || format() != FormatVersion+2 {
		t.Fatalf("then at format %d: %v", format(), err)
	}
	if want := []string{"first", "half", "half", "second"}; !slices.Equal(ran, want) || kept != 2 {
		t.Errorf("ran %v, kept %d copies", ran, kept)
	}
	if err := migrate(record, keys, steps, keep); err != nil || len(ran) != 4 {
		t.Errorf("a third start ran %v, %v", ran, err)
	}
	first, err := OpenBolt(filepath.Join(dir, oldFile(RecordFile, FormatVersion)), recordTables(), false)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	_ = first.View(func(r Reader) error {
		if r.Get(tableMeta, []byte("first")) != nil || number(r.Get(tableMeta, metaFormat)) != FormatVersion {
			t.Error("the kept copy is not what was there before the first step")
		}
		return nil
	})
	gap := []migration{{FormatVersion + 4, "after a gap", nil}}
	if err := migrate(record, keys, gap, keep); err == nil {
		t.Error("a step was left out and nobody said so")
	}
}
