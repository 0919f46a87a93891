package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"filippo.io/age"
)

// outOfReach adds what to do to an error about a file that this process cannot
// reach. A command that is carried out by the service is under its user and in
// its sandbox, which is easily forgotten at a root prompt.
func outOfReach(err error) error {
	switch {
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w; the service may write to its own folders only: name this one in ReadWritePaths= (systemctl edit meldklok)", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w; while the service runs it reads and writes this itself, as its own user: take a folder that is its own, such as that of the backups", err)
	}
	return err
}

// free returns an error unless a file can be made there by this name.
func free(path string) error {
	switch _, err := os.Lstat(path); {
	case err == nil:
		return fmt.Errorf("%s exists already: choose another name", path)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		return outOfReach(err)
	}
}

// opens returns an error when a backup cannot be read here, or another key is
// needed for it: neither says anything about the backup.
func opens(path string, keys []age.Identity) error {
	f, err := os.Open(path)
	if err != nil {
		return outOfReach(err)
	}
	defer f.Close()
	var other *age.NoIdentityMatchError
	if _, err := age.Decrypt(f, keys...); errors.As(err, &other) {
		return fmt.Errorf("this key does not open %s: another one does, or nobody's does any more", path)
	}
	return nil
}
