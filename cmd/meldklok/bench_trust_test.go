package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"filippo.io/age"
	bolt "go.etcd.io/bbolt"

	"meldklok/incident"
	"meldklok/incident/store"
	"meldklok/notify/mailer/mailertest"
)

// verifySize is how many incidents the record holds that is verified.
const verifySize = 100_000

// benchTrust: verifying 100,000 incidents against reading every page of the same
// files, and a backup and its unpacking against copying and syncing them.
func benchTrust(b *testing.B, t *scoreboard) {
	dir := b.TempDir()
	a := benchApp(b, dir, "smtp://localhost:25", mailertest.New())
	staff(b, a)
	n := verifySize
	if os.Getenv("MELDKLOK_BENCH") == "small" {
		n /= 10
	}
	now := time.Now().UTC()
	fill(b, a, n, now, &incident.Alerted{Duty: incident.DutyAP, Version: 1, Rung: "reported", Rank: 10, Due: now}, sample)
	var entries, pages []float64
	var count float64
	for range rounds {
		began := time.Now()
		v, err := a.store.Verify(context.Background(), nil)
		if err != nil {
			b.Fatal(err)
		}
		count = float64(v.Entries)
		entries = append(entries, count/time.Since(began).Seconds())
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		b.Fatal(err)
	}
	files := a.place.Data
	size := sizeOf(b, files)
	var copied, written, opened []float64
	for range rounds {
		work := b.TempDir()
		copied = append(copied, size/timed(b, func() error { return copyRecord(files, work) }))
		file := filepath.Join(work, "bench.age")
		made := store.Backup{Path: file, Recipients: []age.Recipient{id.Recipient()}, Program: "bench"}
		written = append(written, size/timed(b, func() error { _, err := a.store.Backup(context.Background(), made); return err }))
		opened = append(opened, size/timed(b, func() error {
			_, err := store.ReadBackup(context.Background(), file, []age.Identity{id}, filepath.Join(work, "in"))
			return err
		}))
	}
	if err := a.Close(); err != nil {
		b.Fatal(err)
	}
	for range rounds {
		took := timed(b, func() error { return readPages(filepath.Join(files, store.RecordFile)) })
		pages = append(pages, count/took)
	}
	t.versus(fmt.Sprintf("verify at %d incidents with their mails, entries; reading every row of the same file", n), "none", perSecond, entries, pages)
	mib := func(v float64) string { return perSecond(v/(1<<20)) + " MiB" }
	t.versus("backup written, synced and read back; copying and syncing the files", "≥ 0.3", mib, written, copied)
	t.versus("backup opened and unpacked; the same", "≥ 0.3", mib, opened, copied)
}

func timed(b *testing.B, do func() error) (seconds float64) {
	b.Helper()
	began := time.Now()
	if err := do(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began).Seconds()
}

func sizeOf(b *testing.B, dir string) (size float64) {
	b.Helper()
	for _, name := range []string{store.RecordFile, store.KeyFile} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			b.Fatal(err)
		}
		size += float64(info.Size())
	}
	return size
}

// copyRecord copies and syncs both files.
func copyRecord(from, to string) error {
	for _, name := range []string{store.RecordFile, store.KeyFile} {
		in, err := os.Open(filepath.Join(from, name))
		if err != nil {
			return err
		}
		out, err := os.Create(filepath.Join(to, name))
		if err != nil {
			return err
		}
		if _, err := io.Copy(out, in); err != nil {
			return err
		}
		if err := out.Sync(); err != nil {
			return err
		}
		if err := out.Close(); err != nil {
			return err
		}
		in.Close()
	}
	return nil
}

// readPages reads every row of a file, and so every page that holds one.
func readPages(path string) error {
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer db.Close()
	var sum byte
	err = db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(_ []byte, bucket *bolt.Bucket) error {
			return bucket.ForEach(func(k, v []byte) error {
				for _, c := range v {
					sum ^= c
				}
				return nil
			})
		})
	})
	runtime.KeepAlive(sum)
	return err
}
