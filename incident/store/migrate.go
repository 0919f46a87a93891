package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// migration brings a record from the format before To to that one. Entries are
// never migrated (the codec lifts old ones on reading); this is about tables,
// keys of rows, and the key file.
type migration struct {
	To   uint64
	What string
	// Run works in transactions of its own, none larger than a distributed engine
	// takes. A crash in between runs it again from its beginning, over what it has
	// done already. It does not touch the number of the format. Rows of a table that
	// the counters sum up (vouch.go) it cannot change without the keys of the hashes.
	Run func(record, keys Engine) error
}

// migrations are all there ever were, in order: a file of any earlier format is
// brought here step by step. There is one format so far, and so no step. The
// files of every format, the one in force included, lie in testdata, and a test
// opens them; a step is added together with the files that need it.
func migrations() []migration { return nil }

// migrate runs what a record still lacks. Before the first step keep is called,
// which keeps a copy of the files as they are. A record that is new, damaged or
// of a newer program is left as it is, for others to say so.
func migrate(record, keys Engine, steps []migration, keep func(format uint64) error) error {
	var format uint64
	if err := record.View(func(r Reader) error { format = number(r.Get(tableMeta, metaFormat)); return nil }); err != nil {
		return err
	}
	if format == 0 {
		return nil
	}
	kept := false
	for _, step := range steps {
		if step.To <= format {
			continue
		}
		if step.To != format+1 {
			return fmt.Errorf("store: there is no way from format %d to format %d", format, step.To)
		}
		if !kept {
			if err := keep(format); err != nil {
				return fmt.Errorf("store: keep a copy before the upgrade: %w", err)
			}
			kept = true
		}
		if err := step.Run(record, keys); err != nil {
			return fmt.Errorf("store: upgrade to format %d (%s): %w", step.To, step.What, err)
		}
		err := record.Update(func(w Writer) error { return w.Put(tableMeta, metaFormat, key8(step.To)) })
		if err != nil {
			return fmt.Errorf("store: upgrade to format %d: %w", step.To, err)
		}
		format = step.To
	}
	return nil
}

// oldFile is the name of a copy that was kept before an upgrade.
func oldFile(name string, format uint64) string { return fmt.Sprintf("%s.format-%d", name, format) }

// keepCopies keeps both files as they are. Copies that are there already were
// kept by a start that did not come to its end: they are the old files, and what
// is in use now may be half upgraded.
func keepCopies(dir string, record, keys Engine) func(uint64) error {
	return func(format uint64) error {
		for _, f := range []struct {
			name   string
			engine Engine
		}{{KeyFile, keys}, {RecordFile, record}} {
			path := filepath.Join(dir, oldFile(f.name, format))
			if found, err := exists(path); err != nil || found {
				if err != nil {
					return err
				}
				continue
			}
			if err := copyEngine(f.engine, path); err != nil {
				return err
			}
		}
		return nil
	}
}

// copyEngine writes a copy that has its name only once it is whole and synced.
func copyEngine(e Engine, path string) error {
	tmp := path + ".new"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = e.Snapshot(func(Reader, int64) (io.Writer, error) { return f, nil })
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, drop(tmp))
	}
	return settle(tmp, path)
}

// copiesKept is how long the copies of before an upgrade stay. They hold keys
// that may have been destroyed since, so they must not stay for good.
const copiesKept = 30 * 24 * time.Hour

// dropOldCopies removes copies that have served their time.
func dropOldCopies(dir string, now time.Time) error {
	var errs []error
	for _, name := range []string{KeyFile, RecordFile} {
		paths, err := filepath.Glob(filepath.Join(dir, name+".format-*"))
		errs = append(errs, err)
		for _, path := range paths {
			info, err := os.Stat(path)
			if err == nil && now.Sub(info.ModTime()) > copiesKept {
				err = drop(path)
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
