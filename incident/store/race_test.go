//go:build race

package store

// raced says that the race detector is on, which makes counting bytes slow.
const raced = true
