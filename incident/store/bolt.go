package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// initialMmap is address space, not memory. While the file is smaller, growing
// it never has to wait for readers (a reader would otherwise stop all writers).
const initialMmap = 1 << 30

// appendFill packs tables that are only written at their end.
const appendFill = 0.95

// boltEngine keeps each table in a bucket of its own.
type boltEngine struct {
	db *bolt.DB
}

// OpenBolt opens the bbolt file at path and creates it if create is set and it
// does not exist. It returns ErrLocked when another process holds it, and a
// plain sentence when the file is empty, cut short or damaged: an empty file is
// a lost record, never a new one.
func OpenBolt(path string, tables []Table, create bool) (_ Engine, err error) {
	switch info, statErr := os.Stat(path); {
	case errors.Is(statErr, os.ErrNotExist) && create:
		if err := createBolt(path, tables); err != nil {
			return nil, err
		}
	case statErr != nil:
		return nil, fmt.Errorf("store: open %s: %w", filepath.Base(path), statErr)
	case info.Size() == 0:
		return nil, fmt.Errorf("store: %s is empty: restore a backup, or remove the file to start anew", filepath.Base(path))
	}
	db, err := openFile(path)
	if err != nil {
		return nil, err
	}
	return &boltEngine{db: db}, nil
}

// createBolt prepares a new file aside and renames it, so that a power cut in
// between leaves no half file behind.
func createBolt(path string, tables []Table) error {
	tmp := path + ".new"
	if err := os.Remove(tmp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("store: create: %w", err)
	}
	db, err := openFile(tmp)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, t := range tables {
			if _, err := tx.CreateBucket([]byte{byte(t)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("store: create: %w", err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("store: create: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes a rename durable.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("store: sync folder: %w", err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) {
		return fmt.Errorf("store: sync folder: %w", err)
	}
	return nil
}

// openFile opens a file and turns bbolt's panic on a cut one into an error.
func openFile(path string) (db *bolt.DB, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("store: %s is damaged (%v): restore a backup", filepath.Base(path), p)
		}
	}()
	options := &bolt.Options{Timeout: 2 * time.Second, FreelistType: bolt.FreelistMapType}
	if runtime.GOARCH != "386" && runtime.GOARCH != "arm" {
		options.InitialMmapSize = initialMmap
	}
	db, err = bolt.Open(path, 0o600, options)
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("%w (%s)", ErrLocked, filepath.Base(path))
	case err != nil:
		return nil, fmt.Errorf("store: open %s: %w: if the file is damaged, restore a backup", filepath.Base(path), err)
	}
	return db, nil
}

func (e *boltEngine) View(fn func(Reader) error) error {
	return e.db.View(func(tx *bolt.Tx) error { return fn(boltTx{tx}) })
}

func (e *boltEngine) Update(fn func(Writer) error) error {
	var inner error
	err := e.db.Update(func(tx *bolt.Tx) error {
		inner = fn(boltTx{tx})
		return inner
	})
	switch {
	case err == nil || inner != nil:
		return inner
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		// The pages of this transaction are not referenced by anything: bbolt
		// writes its root last, over space it already has.
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return fmt.Errorf("%w: %w", ErrBroken, err)
}

func (e *boltEngine) Snapshot(w io.Writer) error {
	return e.db.View(func(tx *bolt.Tx) error {
		_, err := tx.WriteTo(w)
		return err
	})
}

func (e *boltEngine) Size() (n int64) {
	_ = e.db.View(func(tx *bolt.Tx) error { n = tx.Size(); return nil })
	return n
}

func (e *boltEngine) MaxKeys() int { return 10_000 }

func (e *boltEngine) Close() error { return e.db.Close() }

// boltTx is a transaction seen through the seam.
type boltTx struct{ tx *bolt.Tx }

func (t boltTx) bucket(table Table) *bolt.Bucket { return t.tx.Bucket([]byte{byte(table)}) }

func (t boltTx) Get(table Table, key []byte) []byte { return t.bucket(table).Get(key) }

func (t boltTx) Ascend(table Table, from []byte, yield func(k, v []byte) bool) {
	c := t.bucket(table).Cursor()
	for k, v := c.Seek(from); k != nil && yield(k, v); k, v = c.Next() {
	}
}

func (t boltTx) Descend(table Table, below []byte, yield func(k, v []byte) bool) {
	c := t.bucket(table).Cursor()
	var k, v []byte
	if below == nil {
		k, v = c.Last()
	} else if at, _ := c.Seek(below); at == nil {
		k, v = c.Last()
		if bytes.Compare(k, below) >= 0 {
			k, v = c.Prev()
		}
	} else {
		k, v = c.Prev()
	}
	for ; k != nil && yield(k, v); k, v = c.Prev() {
	}
}

func (t boltTx) Put(table Table, key, value []byte) error {
	b := t.bucket(table)
	if appendOnly(table) {
		b.FillPercent = appendFill
	}
	// bbolt copies the key but keeps the value until the commit.
	return b.Put(key, append(make([]byte, 0, len(value)), value...))
}

func (t boltTx) Delete(table Table, key []byte) error { return t.bucket(table).Delete(key) }
