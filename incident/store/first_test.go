package store

import "testing"

func TestFirst(t *testing.T) {
	for _, r := range []*rig{inMemory(t), onDisk(t, t.TempDir())} {
		busy(t, r)
		r.verify()
	}
}
