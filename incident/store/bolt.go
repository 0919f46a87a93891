package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	// initialMmap is address space, not memory. While the file is smaller,
	// growing it never has to wait for readers (a reader would otherwise stop
	// all writers).
	initialMmap = 1 << 30

	// lockWait is how long opening waits for another process to let go.
	lockWait = 2 * time.Second

	// appendFill packs tables that are only written at their end.
	appendFill = 0.95

	// checkAtOpen is up to which size a file's structure is checked when it is
	// opened: a fraction of a second. Larger ones are checked by Verify.
	checkAtOpen = 256 << 20
)

// boltEngine keeps each table in a bucket of its own.
type boltEngine struct {
	db     atomic.Pointer[bolt.DB]
	writer sync.Mutex // held by whoever writes, or exchanges the file
	path   string
	name   string
}

// OpenBolt opens the bbolt file at path and creates it if create is set and it
// does not exist. It returns ErrMissing when there is none, ErrLocked when
// another process holds it, and a plain sentence when the file is empty, cut
// short, damaged or not ours: an empty file is a lost record, never a new one.
func OpenBolt(path string, tables []Table, create bool) (Engine, error) {
	name := filepath.Base(path)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && create:
		if err := createBolt(path, tables); err != nil {
			return nil, fmt.Errorf("store: create %s: %w", name, err)
		}
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: %s", ErrMissing, name)
	case err != nil:
		return nil, fmt.Errorf("store: open %s: %w", name, err)
	case info.Size() == 0:
		return nil, fmt.Errorf("store: %s is empty: restore a backup", name)
	}
	if err := inspect(path, tables); err != nil {
		return nil, err
	}
	db, err := openFile(path, &bolt.Options{})
	if err != nil {
		return nil, err
	}
	if err := drop(path + ".new"); err != nil { // of a Renew that a crash broke off
		return nil, errors.Join(err, db.Close())
	}
	e := &boltEngine{path: path, name: name}
	e.db.Store(db)
	if e.Size() <= checkAtOpen {
		if err := e.Check(); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	return e, nil
}

// createBolt prepares a new file aside and then names it, so that a power cut
// in between leaves no half file behind.
func createBolt(path string, tables []Table) error {
	tmp := path + ".new"
	if err := drop(tmp); err != nil {
		return err
	}
	db, err := openFile(tmp, &bolt.Options{})
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
		return err
	}
	return settle(tmp, path)
}

// openFile opens a file and turns what bbolt and the memory map say about a
// damaged one into an error.
func openFile(path string, options *bolt.Options) (db *bolt.DB, err error) {
	name := filepath.Base(path)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("store: %s is damaged or cut short (%v): restore a backup", name, p)
		}
	}()
	options.Timeout, options.FreelistType, options.NoStatistics = lockWait, bolt.FreelistMapType, true
	if runtime.GOARCH != "386" && runtime.GOARCH != "arm" && runtime.GOOS != "windows" {
		options.InitialMmapSize = initialMmap
	}
	db, err = bolt.Open(path, 0o600, options)
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("%w (%s): is Meldklok already running on this folder?", ErrLocked, name)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return nil, fmt.Errorf("store: %s cannot be written: %w", name, err)
	case err != nil:
		return nil, fmt.Errorf("store: %s is not a Meldklok file, or is damaged (%w): restore a backup", name, err)
	}
	return db, nil
}

// inspect refuses a file that is shorter than its own root says, or that lacks
// a table. It opens the file for reading: bbolt then touches nothing but the
// root, whereas opening a cut file for writing ends in a panic that keeps the
// lock.
func inspect(path string, tables []Table) error {
	name := filepath.Base(path)
	db, err := openFile(path, &bolt.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	err = db.View(func(tx *bolt.Tx) error {
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("store: %w", err)
		}
		if info.Size() < tx.Size() {
			return fmt.Errorf("store: %s is cut short (%d of %d bytes): restore a backup", name, info.Size(), tx.Size())
		}
		for _, t := range tables {
			if tx.Bucket([]byte{byte(t)}) == nil {
				return fmt.Errorf("store: %s is not a Meldklok file: it has no table %q", name, byte(t))
			}
		}
		return nil
	})
	return errors.Join(err, db.Close())
}

// Check implements Engine. bbolt checks in a goroutine of its own, which turns
// what it stumbles over into an error. It compares with the list of free pages
// as it is in memory, so it takes the place of a writer: beside one it would
// find pages free that it still reaches, or stop the process.
func (e *boltEngine) Check() (first error) {
	e.writer.Lock()
	defer e.writer.Unlock()
	tx, err := e.db.Load().Begin(true)
	if err != nil {
		return closed(err)
	}
	for err := range tx.Check() {
		if first == nil {
			first = fmt.Errorf("store: %s is damaged (%v): restore a backup", e.name, err)
		}
	}
	return errors.Join(first, tx.Rollback())
}

// View implements Engine. A file that was exchanged between finding and reading
// it is looked for again.
func (e *boltEngine) View(fn func(Reader) error) error {
	for {
		db, began := e.db.Load(), false
		err := db.View(func(tx *bolt.Tx) error { began = true; return fn(&boltTx{tx: tx}) })
		if began || db == e.db.Load() {
			return closed(err)
		}
	}
}

func (e *boltEngine) Update(fn func(Writer) error) error {
	e.writer.Lock()
	defer e.writer.Unlock()
	var inner error
	err := e.db.Load().Update(func(tx *bolt.Tx) error {
		inner = fn(&boltTx{tx: tx})
		return inner
	})
	switch {
	case err == nil || inner != nil:
		return inner
	case errors.Is(err, bolterrors.ErrDatabaseNotOpen):
		return closed(err)
	case full(err):
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return fmt.Errorf("%w: %w", ErrBroken, err)
}

// full reports whether a commit failed for want of room before anything could
// depend on it: while growing the file or while writing pages that no root
// refers to yet. The same error from a sync is another thing: by then the
// system may have dropped what it had taken.
func full(err error) bool {
	var write *fs.PathError
	if errors.As(err, &write) {
		return noRoom(write.Err)
	}
	// bbolt hands on only the text of what stopped the file from growing.
	why, growing := strings.CutPrefix(err.Error(), "file resize error: ")
	for _, none := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if growing && strings.HasSuffix(why, none.Error()) {
			return true
		}
	}
	return false
}

func closed(err error) error {
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return ErrClosed
	}
	return err
}

func (e *boltEngine) Snapshot(begin func(Reader, int64) (io.Writer, error)) error {
	return e.View(func(r Reader) error {
		tx := r.(*boltTx).tx
		w, err := begin(r, tx.Size())
		if err == nil {
			_, err = tx.WriteTo(w)
		}
		return err
	})
}

func (e *boltEngine) Size() (n int64) {
	_ = e.View(func(r Reader) error { n = r.(*boltTx).tx.Size(); return nil })
	return n
}

func (e *boltEngine) MaxKeys() int { return 10_000 }

// Renew implements Engine: everything is written into a file aside, which then
// takes the name of the old one. The new file is held open, and so locked, from
// before it has the name.
func (e *boltEngine) Renew(rewrite Rewrite) error {
	e.writer.Lock()
	defer e.writer.Unlock()
	tmp := e.path + ".new"
	if err := drop(tmp); err != nil {
		return fmt.Errorf("store: renew %s: %w", e.name, err)
	}
	fresh, err := openFile(tmp, &bolt.Options{NoSync: true})
	if err != nil {
		return err
	}
	err = e.View(func(r Reader) error { return copyTables(fresh, r.(*boltTx).tx, rewrite) })
	if err == nil {
		fresh.NoSync = false
		err = fresh.Sync()
	}
	if err == nil {
		err = os.Rename(tmp, e.path)
	}
	if err != nil {
		err = errors.Join(fmt.Errorf("store: renew %s: %w", e.name, err), fresh.Close(), drop(tmp))
		if noRoom(err) {
			return fmt.Errorf("%w: %w", ErrFull, err)
		}
		return err
	}
	old := e.db.Swap(fresh)
	if err := syncFolder(filepath.Dir(e.path)); err != nil {
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return old.Close()
}

// renewBatch is how many rows one transaction of a copy writes.
const renewBatch = 10_000

// copyTables writes every row of a transaction into another file.
func copyTables(to *bolt.DB, from *bolt.Tx, rewrite Rewrite) error {
	return from.ForEach(func(name []byte, b *bolt.Bucket) error {
		c := b.Cursor()
		k, v := c.First()
		for first := true; first || k != nil; first = false {
			err := to.Update(func(tx *bolt.Tx) error {
				out, err := tx.CreateBucketIfNotExists(name)
				if err != nil {
					return err
				}
				out.FillPercent = appendFill
				for n := 0; k != nil && n < renewBatch; n++ {
					value, err := rewrite(Table(name[0]), k, v)
					if err != nil {
						return err
					}
					if err := out.Put(k, value); err != nil {
						return err
					}
					k, v = c.Next()
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (e *boltEngine) Close() error {
	e.writer.Lock()
	defer e.writer.Unlock()
	return e.db.Load().Close()
}

// boltTx is a transaction seen through the seam.
type boltTx struct {
	tx      *bolt.Tx
	changes [256]uint32 // per table, so that a walk notices that it has to look again
	deleted [256]uint32 // how many of them were deletions
}

func (t *boltTx) bucket(table Table) *bolt.Bucket { return t.tx.Bucket([]byte{byte(table)}) }

func (t *boltTx) Get(table Table, key []byte) []byte { return t.bucket(table).Get(key) }

func (t *boltTx) Ascend(table Table, from []byte, yield func(k, v []byte) bool) {
	c := t.bucket(table).Cursor()
	k, v := c.Seek(from)
	for k != nil {
		seen := t.changes[table]
		if !yield(k, v) {
			return
		}
		if t.changes[table] == seen {
			k, v = c.Next()
			continue
		}
		last := k
		if k, v = c.Seek(last); bytes.Equal(k, last) {
			k, v = c.Next()
		}
	}
}

// Descend steps backwards only over tables from which this transaction has
// deleted nothing. Over a page that it has emptied, bbolt's cursor ends early
// going back, and never comes back from looking for the last key; going
// forward it steps over such pages rightly.
func (t *boltTx) Descend(table Table, below []byte, yield func(k, v []byte) bool) {
	c := t.bucket(table).Cursor()
	for k, v := before(c, below, t.deleted[table] == 0); k != nil; {
		seen := t.changes[table]
		if !yield(k, v) {
			return
		}
		below = k
		if t.changes[table] == seen {
			k, v = c.Prev()
			continue
		}
		k, v = before(c, below, t.deleted[table] == 0)
	}
	if t.deleted[table] > 0 {
		t.descendGathered(table, below, yield)
	}
}

// descendGathered gathers the keys going forward and yields them backwards.
func (t *boltTx) descendGathered(table Table, below []byte, yield func(k, v []byte) bool) {
	var keys [][]byte
	t.Ascend(table, nil, func(k, _ []byte) bool {
		if below != nil && bytes.Compare(k, below) >= 0 {
			return false
		}
		keys = append(keys, k)
		return true
	})
	for _, k := range slices.Backward(keys) {
		if v := t.Get(table, k); v != nil && !yield(k, v) {
			return
		}
	}
}

// before moves the cursor to the last key below the given one; nil if it must
// not step backwards.
func before(c *bolt.Cursor, below []byte, may bool) (k, v []byte) {
	if !may {
		return nil, nil
	}
	if below == nil {
		return c.Last()
	}
	if k, _ := c.Seek(below); k == nil {
		return c.Last()
	}
	return c.Prev()
}

func (t *boltTx) Put(table Table, key, value []byte) error {
	b := t.bucket(table)
	if appendOnly(table) {
		b.FillPercent = appendFill
	}
	t.changes[table]++
	// bbolt copies the key but keeps the value until the commit.
	return b.Put(key, append(make([]byte, 0, len(value)), value...))
}

func (t *boltTx) Delete(table Table, key []byte) error {
	t.changes[table]++
	t.deleted[table]++
	return t.bucket(table).Delete(key)
}
