package store

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"meldklok/incident"
)

// recording notes what one transaction writes, so that the floor can write the
// same bytes to the same tables.
type recording struct {
	Engine
	rows []rawRow
}

func (e *recording) Update(fn func(Writer) error) error {
	e.rows = nil
	return e.Engine.Update(func(w Writer) error { return fn(recordingWriter{w, e}) })
}

type recordingWriter struct {
	Writer
	e *recording
}

func (w recordingWriter) Put(t Table, key, value []byte) error {
	w.e.rows = append(w.e.rows, rawRow{t, bytes.Clone(key), bytes.Clone(value)})
	return w.Writer.Put(t, key, value)
}

// oneAccept is what accepting a report of 2 KiB writes.
func oneAccept(b *testing.B, mail string) []rawRow {
	b.Helper()
	e := &recording{Engine: NewMemory()}
	r := over(b, e, NewMemory())
	accept(b, r.service(), mail)
	return e.rows
}

func accept(b testing.TB, svc *incident.Service, mail string) {
	_, err := svc.Accept(context.Background(), incident.Incoming{Channel: incident.ChannelSMTP, Sender: "s.vermeer@ziekenhuis.example", Arrived: start, Body: bytes.NewReader([]byte(mail))})
	if err != nil {
		b.Error(err)
	}
}

// senders runs an operation b.N times from n goroutines and returns the time of one.
func senders(b *testing.B, n int, op func()) time.Duration {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	from := time.Now()
	for range n {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				op()
			}
		})
	}
	wg.Wait()
	return time.Since(from) / time.Duration(b.N)
}

// BenchmarkAccept: a report of 2 KiB accepted durably, against bare bbolt that
// writes the same bytes to the same tables in the same run: alone by Update,
// with 64 senders by Batch with room for all of them.
func BenchmarkAccept(b *testing.B) {
	mail := mailText(1, words(rand.New(rand.NewPCG(1, 1)), 1850))
	rows := oneAccept(b, mail)
	for _, n := range []int{1, 64} {
		b.Run(fmt.Sprintf("senders=%d", n), func(b *testing.B) {
			floor := bareBolt(b, n, rows)
			r := onDisk(b, b.TempDir())
			svc := r.service()
			b.ResetTimer()
			took := senders(b, n, func() { accept(b, svc, mail) })
			b.StopTimer()
			b.ReportMetric(float64(floor.Nanoseconds()), "floor-ns/op")
			b.ReportMetric(float64(took)/float64(floor), "times-floor")
		})
	}
}

// bareBolt is the floor: as many transactions with fresh keys and the same
// values.
func bareBolt(b *testing.B, n int, rows []rawRow) time.Duration {
	b.Helper()
	db, err := bolt.Open(filepath.Join(b.TempDir(), "floor.db"), 0o600, &bolt.Options{FreelistType: bolt.FreelistMapType, InitialMmapSize: initialMmap, NoStatistics: true})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.MaxBatchSize = n
	err = db.Update(func(tx *bolt.Tx) error {
		for _, t := range recordTables() {
			if _, err := tx.CreateBucket([]byte{byte(t)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	commit := db.Update
	if n > 1 {
		commit = db.Batch
	}
	var serial atomic.Uint64
	return senders(b, n, func() {
		at := key8(serial.Add(1))
		err := commit(func(tx *bolt.Tx) error {
			for _, row := range rows {
				key := row.key
				if row.table != tableMeta {
					key = append(bytes.Clone(at), row.key[min(8, len(row.key)):]...)
				}
				if err := tx.Bucket([]byte{byte(row.table)}).Put(key, row.value); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Error(err)
		}
	})
}

// BenchmarkSealing: what sealing and chaining cost by themselves, without an
// engine: an entry encoded, and encoded, sealed and linked; raw bytes copied,
// packed, and packed and sealed.
func BenchmarkSealing(b *testing.B) {
	r := inMemory(b)
	item, err := r.NewItem()
	if err != nil {
		b.Fatal(err)
	}
	e := incident.Entry{Stream: incident.Stream{Ref: incident.Ref{Year: 2026, Number: 1}}, N: 1, At: start, By: incident.System, Body: &incident.Reported{
		Report: 1, Channel: incident.ChannelSMTP, Received: start, Item: item, Size: 2048,
		Private: incident.ReportPrivate{Subject: "Brief naar verkeerd adres", From: incident.Address{Name: "Sanne Vermeer", Email: "s.vermeer@ziekenhuis.example"}},
	}}
	b.Run("entry/encoded", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := r.codec.Encode(e); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("entry/sealed-and-linked", func(b *testing.B) {
		t := newTx(r.Store, &group{Writer: discard{}})
		for b.Loop() {
			if err := t.write(e, item, item); err != nil {
				b.Fatal(err)
			}
		}
	})
	mail := []byte(mailText(1, words(rand.New(rand.NewPCG(1, 1)), 1850)))
	b.Run("mail-2KiB/copied", func(b *testing.B) {
		b.SetBytes(int64(len(mail)))
		for b.Loop() {
			bytes.Clone(mail)
		}
	})
	b.Run("mail-2KiB/packed", func(b *testing.B) {
		b.SetBytes(int64(len(mail)))
		for b.Loop() {
			r.packer.pack(mail)
		}
	})
	b.Run("mail-2KiB/packed-and-sealed", func(b *testing.B) {
		b.SetBytes(int64(len(mail)))
		for b.Loop() {
			if _, err := r.sealPacked(item, Originals, mail, chunkContext(item, 0, 1)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("keys-of-an-item", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := r.Store.keys.fresh(1); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// discard is a writer that keeps nothing.
type discard struct{ Writer }

func (discard) Put(Table, []byte, []byte) error { return nil }

// many fills a record on disk with open incidents, without scoring their text.
func many(b *testing.B, n int) *rig {
	b.Helper()
	r := onDisk(b, b.TempDir())
	svc := r.service()
	svc.Read = func(raw []byte, in incident.Incoming, o incident.ReadOptions) incident.Reading {
		reading := readMail(raw, in, o)
		reading.Text, reading.Subject = "", "Brief naar verkeerd adres"
		return reading
	}
	var serial atomic.Int64
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for i := serial.Add(1); i <= int64(n); i = serial.Add(1) {
				report(b, svc, mailText(int(i), "tekst"))
			}
		})
	}
	wg.Wait()
	return r
}

// BenchmarkSweep: what the audit of one open duty costs, in slices of a
// thousand.
func BenchmarkSweep(b *testing.B) {
	r := many(b, 1000)
	b.ResetTimer()
	n := 0
	for b.Loop() {
		found, err := r.RederiveSlice(b.Context(), incident.Ref{}, 1000)
		if err != nil || len(found.Unsound) > 0 {
			b.Fatal(err, found.Unsound)
		}
		n += found.Checked
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/duty")
}

// BenchmarkSweepDecided: the same over incidents without an open duty.
func BenchmarkSweepDecided(b *testing.B) {
	r := many(b, 1000)
	svc := r.service()
	for n := range 1000 {
		if _, err := svc.Do(b.Context(), incident.Ref{Year: 2026, Number: uint32(n + 1)}, incident.System, incident.NoReport{Code: incident.NoReportSpam}); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for b.Loop() {
		if found, err := r.RederiveSlice(b.Context(), incident.Ref{}, 1000); err != nil || found.Checked > 0 {
			b.Fatal(err, found.Checked)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*1000), "ns/incident")
}

// BenchmarkVerify: the whole record, entries a second.
func BenchmarkVerify(b *testing.B) {
	r := many(b, 2000)
	b.ResetTimer()
	entries := uint64(0)
	for b.Loop() {
		v, err := r.Verify(b.Context(), nil)
		if err != nil {
			b.Fatal(err)
		}
		entries += v.Entries
	}
	b.ReportMetric(float64(entries)/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkState: opening one incident's folded state.
func BenchmarkState(b *testing.B) {
	r := many(b, 100)
	n := 0
	for b.Loop() {
		n++
		err := r.View(b.Context(), func(v incident.View) error {
			_, err := v.Incident(incident.Ref{Year: 2026, Number: uint32(n%100 + 1)})
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
