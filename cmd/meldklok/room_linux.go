package main

import "syscall"

// room reports whether a folder's volume has so many bytes free for us. Where
// that cannot be told it has.
func room(dir string, bytes int64) bool {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return true
	}
	return fs.Bavail >= uint64(bytes)/uint64(max(fs.Bsize, 1))
}
