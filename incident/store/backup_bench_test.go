package store

import (
	crand "crypto/rand"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/age"
)

// BenchmarkBackup: writing a backup, opening and unpacking it, against copying
// and syncing the same two files, in the same run.
func BenchmarkBackup(b *testing.B) {
	dir := b.TempDir()
	r, id := onDisk(b, dir), identity(b)
	svc := r.service()
	noise := make([]byte, 256<<10) // what does not pack
	for n := range 64 {
		if _, err := crand.Read(noise); err != nil {
			b.Fatal(err)
		}
		accept(b, svc, mailText(n, string(noise)))
	}
	record, keys := r.Size()
	mib := float64(record+keys) / (1 << 20)
	var copied, written, opened time.Duration
	for b.Loop() {
		work := b.TempDir()
		began := time.Now()
		for _, name := range []string{RecordFile, KeyFile} {
			copyPlain(b, filepath.Join(dir, name), filepath.Join(work, name))
		}
		copied += time.Since(began)
		path := filepath.Join(work, "b.age")
		began = time.Now()
		if _, err := r.Backup(b.Context(), Backup{Path: path, Recipients: []age.Recipient{id.Recipient()}, Program: "bench"}); err != nil {
			b.Fatal(err)
		}
		written += time.Since(began)
		began = time.Now()
		if _, err := ReadBackup(b.Context(), path, []age.Identity{id}, filepath.Join(work, "in")); err != nil {
			b.Fatal(err)
		}
		opened += time.Since(began)
	}
	rate := func(d time.Duration) float64 { return mib * float64(b.N) / d.Seconds() }
	b.ReportMetric(mib, "MiB")
	b.ReportMetric(rate(copied), "copy-MiB/s")
	b.ReportMetric(rate(written), "backup-MiB/s")
	b.ReportMetric(rate(opened), "unpack-MiB/s")
}

func copyPlain(b *testing.B, from, to string) {
	b.Helper()
	in, err := os.Open(from)
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		b.Fatal(err)
	}
	_, err = io.Copy(out, in)
	if err = joined(err, out.Sync(), out.Close()); err != nil {
		b.Fatal(err)
	}
}
