package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// handOver gives the files of the data folder that root made to whom the folder
// belongs. An administrator's command works on them while the service is
// stopped, and some write a file anew: the service could not open it.
func handOver(dir string) error {
	owner, err := statOf(dir)
	if err != nil || os.Geteuid() != 0 || owner.Uid == 0 {
		return err
	}
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		// What has another name elsewhere is not ours to give away.
		st, statErr := statOf(path)
		if statErr == nil && e.Type().IsRegular() && st.Uid == 0 && st.Nlink == 1 {
			statErr = os.Lchown(path, int(owner.Uid), int(owner.Gid))
		}
		err = errors.Join(err, statErr)
	}
	if err != nil {
		return fmt.Errorf("files in %s could not be given to the user of the service, so do it by hand (chown): %w", dir, err)
	}
	return nil
}

func statOf(path string) (*syscall.Stat_t, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	return info.Sys().(*syscall.Stat_t), nil
}
