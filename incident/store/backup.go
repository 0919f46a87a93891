package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"
)

// Backup is what [Store.Backup] is asked to write.
type Backup struct {
	Path       string // of the file; it must not exist
	Recipients []age.Recipient
	Program    string // version of this program, for the manifest
	Export     []byte // recovery copy of the master key; nil: none
	// Trial is a folder in which what goes into the file is unpacked and
	// replayed on its way; empty: it is not. It is made and removed again.
	Trial  string
	Master *Master // needed for the trial
}

// BackedUp is what became of it.
type BackedUp struct {
	Manifest
	Size   int64  // bytes of the file
	SHA256 []byte // of the file
	Trial  Trial
}

// Trial is a test restore.
type Trial struct {
	Made    bool // false: there was no room for it, which says nothing about the backup
	Entries uint64
	Took    time.Duration
	Err     error // what did not fit; nil: it is whole
}

// partial marks a file that is being written.
const partial = ".partial"

// Backup writes the record into one file that only the recipients' keys open.
// It is encrypted as it is read: nothing of it lies about beside the file. The
// file has its name only once it is complete and synced, and was found so.
func (s *Store) Backup(ctx context.Context, b Backup) (out BackedUp, err error) {
	if found, err := exists(b.Path); err != nil || found {
		return out, errors.Join(err, fmt.Errorf("store: %s: %w", b.Path, fs.ErrExist))
	}
	tmp := b.Path + partial
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return out, fmt.Errorf("store: write backup: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, drop(tmp))
		}
	}()
	sum := &counter{Hash: sha256.New()}
	plain, err := s.encrypt(ctx, io.MultiWriter(f, sum), b, &out)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return out, fmt.Errorf("store: write backup: %w", err)
	}
	out.Size, out.SHA256 = sum.n, sum.Sum(nil)
	if err = checkWritten(tmp, plain, out); err != nil {
		return out, err
	}
	if err = os.Rename(tmp, b.Path); err != nil {
		return out, fmt.Errorf("store: write backup: %w", err)
	}
	return out, syncFolder(filepath.Dir(b.Path))
}

// counter counts and hashes what passes.
type counter struct {
	hash.Hash
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	c.n += int64(len(b))
	return c.Hash.Write(b)
}

// encrypt archives through age, and past the trial. It returns the size of the
// archive.
func (s *Store) encrypt(ctx context.Context, w io.Writer, b Backup, out *BackedUp) (plain int64, err error) {
	sealed, err := age.Encrypt(w, b.Recipients...)
	if err != nil {
		return 0, err
	}
	size := &counter{Hash: sha256.New()}
	trial := &trialWriter{}
	if b.Trial != "" {
		trial = s.startTrial(ctx, b)
	}
	out.Manifest, err = s.Archive(io.MultiWriter(contextWriter{ctx, sealed}, size, trial), b.Program, b.Export)
	out.Trial = trial.end(err)
	return size.n, errors.Join(err, sealed.Close())
}

// checkWritten reads the file back: its header is age's, it has the length that
// its content asks for, and its bytes are those that were written. Only the
// identity can tell more.
func checkWritten(path string, plain int64, out BackedUp) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("store: read backup back: %w", err)
	}
	defer f.Close()
	header, err := age.ExtractHeader(f)
	if err != nil {
		return fmt.Errorf("store: read backup back: %w", err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("store: read backup back: %w", err)
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return fmt.Errorf("store: read backup back: %w", err)
	}
	if string(sum.Sum(nil)) != string(out.SHA256) || out.Size != int64(len(header))+payload(plain) {
		return errors.New("store: the backup was not written as it should be: the disk does not return what it was given")
	}
	return nil
}

// payload is how long age makes a text: a nonce of 16 bytes, and 16 bytes for
// each piece of 64 KiB (age-encryption.org/v1, section Payload).
func payload(plain int64) int64 {
	const piece, tag = 64 << 10, 16
	pieces := max(1, (plain+piece-1)/piece)
	return tag + plain + pieces*tag
}

// contextWriter stops when the context ends.
type contextWriter struct {
	ctx context.Context
	w   io.Writer
}

func (c contextWriter) Write(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.w.Write(b)
}

// ReadBackup decrypts a backup and unpacks it into a folder, which it makes.
func ReadBackup(ctx context.Context, path string, identities []age.Identity, dir string) (Manifest, error) {
	f, err := os.Open(path)
	if err != nil {
		return Manifest{}, fmt.Errorf("store: read backup: %w", err)
	}
	defer f.Close()
	plain, err := age.Decrypt(f, identities...)
	var none *age.NoIdentityMatchError
	switch {
	case errors.As(err, &none):
		return Manifest{}, fmt.Errorf("store: this identity does not open the backup: %w", err)
	case err != nil:
		return Manifest{}, fmt.Errorf("%w: %w", ErrBackup, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Manifest{}, fmt.Errorf("store: unpack: %w", err)
	}
	return Unpack(ctx, plain, dir)
}
