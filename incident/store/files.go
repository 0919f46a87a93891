package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// ErrMissing: a file that must be there is not. It also wraps fs.ErrNotExist.
var ErrMissing = fmt.Errorf("store: not found: %w", fs.ErrNotExist)

// exists reports whether there is a file at path.
func exists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// makeFolder makes the data folder, and its name in its parent durable.
func makeFolder(dir string) error {
	if found, err := exists(dir); found || err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(dir))
}

// settle gives a finished file its name, durably. It never replaces a file: of
// two processes that start at the same moment the slower one finds the other's
// file, and its own is dropped.
func settle(tmp, path string) error {
	err := os.Link(tmp, path)
	if errors.Is(err, fs.ErrExist) {
		return drop(tmp)
	}
	if err != nil { // a file system without links, or the other one tidied up
		if found, _ := exists(path); found {
			return drop(tmp)
		}
		if err := os.Rename(tmp, path); err != nil {
			return err
		}
	}
	return errors.Join(drop(tmp), syncFolder(filepath.Dir(path)))
}

// drop removes a file that may be gone already.
func drop(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// syncFolder makes new names in a folder durable.
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

// noRoom reports whether the system said that there is no room: on the device,
// in the quota, or under the limit of a file's size.
func noRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}
