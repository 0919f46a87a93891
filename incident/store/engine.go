package store

import (
	"errors"
	"io"
)

// Table is a part of the key space with its own order. The values are part of
// the file's format; doc.go draws them.
type Table byte

// Engine is the small ordered key-value store underneath. bbolt is one, memory
// is another; a distributed one has to keep no more than this contract, which
// engine_test.go holds every engine against.
type Engine interface {
	// View runs fn on a consistent snapshot that later writes do not change.
	// Once the engine is closed it returns ErrClosed.
	View(fn func(Reader) error) error
	// Update runs fn alone among writers. When fn returns nil, Update returns
	// nil only after everything is durable; when fn returns an error or panics,
	// nothing of it remains. A failure to make it durable is wrapped in ErrFull
	// when there was no room, and is otherwise an ErrBroken: then what is on
	// disk is unknown, and the process must end. Once the engine is closed it
	// returns ErrClosed.
	Update(fn func(Writer) error) error
	// Snapshot writes a consistent copy of everything to what begin returns.
	// Begin is told the copy's size in bytes, and may read the very snapshot. It
	// holds a View open meanwhile, so the writer must not be slower than a local
	// file.
	Snapshot(begin func(r Reader, size int64) (io.Writer, error)) error
	// Renew writes everything into fresh space, each value as rewrite returns it,
	// and takes that in place of what was there: all of it, or after an error or
	// a crash nothing. Whatever was deleted or overwritten before is then nowhere
	// in the engine's space any more. Writers wait meanwhile.
	Renew(rewrite Rewrite) error
	// Check says whether the engine's own structure is sound. It may read
	// everything, and keep writers waiting meanwhile.
	Check() error
	// Size is how many bytes are used on disk.
	Size() int64
	// MaxKeys is how many keys one Update should write at the most.
	MaxKeys() int
	// Close waits for the transactions under way. Closing twice is closing once.
	Close() error
}

// Rewrite returns what a row holds from now on. It must not keep its arguments.
type Rewrite func(t Table, key, value []byte) ([]byte, error)

// AsItIs is the Rewrite that changes nothing.
func AsItIs(_ Table, _, value []byte) ([]byte, error) { return value, nil }

// Reader reads. Bytes that it returns are only valid inside the transaction;
// they must be neither kept nor changed.
type Reader interface {
	// Get returns the value, or nil if there is none.
	Get(t Table, key []byte) []byte
	// Ascend yields keys from the given one (included; nil: from the first) in
	// byte order, until yield returns false. A writer may change the table on
	// the way: the walk goes on behind the key that it yielded last, over what
	// stands there by then.
	Ascend(t Table, from []byte, yield func(key, value []byte) bool)
	// Descend yields keys below the given one (excluded; nil: from the last) in
	// falling order, until yield returns false. A writer may change the table on
	// the way: what it deletes is not yielded, what it adds may be.
	Descend(t Table, below []byte, yield func(key, value []byte) bool)
}

// Writer reads its own writes. Key and value may be reused by the caller after
// the call. An empty value is a value; deleting a key that is not there is no
// error.
type Writer interface {
	Reader
	Put(t Table, key, value []byte) error
	Delete(t Table, key []byte) error
}

// Errors of an engine.
var (
	// ErrFull: there was no room. Nothing of the transaction remains; a later
	// one may succeed.
	ErrFull = errors.New("store: no room left on the device")
	// ErrBroken: a write or a sync failed in a way that leaves open what is on
	// disk. The process must end, so that the next one reads what is there.
	ErrBroken = errors.New("store: writing to disk failed")
	// ErrLocked: another process holds the file.
	ErrLocked = errors.New("store: another process holds the data")
	// ErrClosed: the engine was closed.
	ErrClosed = errors.New("store: closed")
)
