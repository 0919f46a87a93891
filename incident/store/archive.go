package store

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"meldklok/incident"
)

// An archive is the whole record as a stream: a tar, so that ordinary tools
// open it too, with these files in this order. Everything in it is as sealed as
// in the data folder. The manifest comes last: an archive without it was cut off.
//
//	record.db, keys.db   consistent copies, taken while the service goes on
//	master-key.age       the recovery copy of the master key; never the key itself
//	manifest.json        a Manifest
const (
	ExportFile   = "master-key.age" // also its name in the data folder
	manifestFile = "manifest.json"
)

// archiveFormat is the version of an archive's layout.
const archiveFormat = 1

// Manifest describes an archive.
type Manifest struct {
	Format  int            `json:"format"`
	Copied  time.Time      `json:"copied"`  // UTC, when the copy was taken
	Program string         `json:"program"` // version that wrote it
	Seq     uint64         `json:"seq"`     // head of the chain in it
	Hash    string         `json:"hash"`    // of that head, hexadecimal
	Files   []ArchivedFile `json:"files"`
}

// ArchivedFile is one file of an archive.
type ArchivedFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // hexadecimal
}

// Head returns the head of the chain in the archive.
func (m Manifest) Head() (h incident.Head, err error) {
	raw, err := hex.DecodeString(m.Hash)
	if err != nil || len(raw) != len(h.Hash) {
		return h, errors.New("store: the manifest of the backup is damaged")
	}
	h.Seq = m.Seq
	copy(h.Hash[:], raw)
	return h, nil
}

// ErrBackup: what was read is no whole backup.
var ErrBackup = errors.New("store: this is not a whole backup")

// Archive writes an archive of the record to w, which must not be slower than a
// local file. Whatever the copy of the record needs is in that of the keys,
// because keys are on disk before the record uses them. Program is the version
// that the manifest names; export is the recovery copy of the master key, nil if
// there is none.
func (s *Store) Archive(w io.Writer, program string, export []byte) (Manifest, error) {
	m := Manifest{Format: archiveFormat, Copied: s.cfg.Now().UTC(), Program: program}
	end, err := s.gate.copies(s.keys.shred) // so that no remains of destroyed keys come along
	if err != nil {
		return m, fmt.Errorf("store: copy the keys: %w", s.failed(err))
	}
	defer func() {
		if end() {
			s.catchUp(context.Background())
		}
	}()
	a := &archiver{tar: tar.NewWriter(w), m: &m}
	err = s.engine.Snapshot(func(r Reader, size int64) (io.Writer, error) {
		c, err := s.readCounters(r)
		if err != nil {
			return nil, err
		}
		m.Seq, m.Hash = c.Seq, hex.EncodeToString(c.Head)
		return a.begin(RecordFile, size)
	})
	if err != nil {
		return m, fmt.Errorf("store: copy the record: %w", err)
	}
	err = s.keys.engine.Snapshot(func(_ Reader, size int64) (io.Writer, error) { return a.begin(KeyFile, size) })
	if err != nil {
		return m, fmt.Errorf("store: copy the keys: %w", err)
	}
	if export != nil {
		if err := a.put(ExportFile, export); err != nil {
			return m, err
		}
	}
	return m, a.finish()
}

// archiver writes files into a tar and notes what it wrote.
type archiver struct {
	tar  *tar.Writer
	m    *Manifest
	hash hash.Hash // of the file under way; nil: none
}

// begin starts a file of a known size; whatever is written to the writer is its
// content.
func (a *archiver) begin(name string, size int64) (io.Writer, error) {
	a.end()
	err := a.tar.WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o600, ModTime: a.m.Copied, Typeflag: tar.TypeReg})
	if err != nil {
		return nil, fmt.Errorf("store: write backup: %w", err)
	}
	a.m.Files = append(a.m.Files, ArchivedFile{Name: name, Size: size})
	a.hash = sha256.New()
	return io.MultiWriter(a.tar, a.hash), nil
}

func (a *archiver) end() {
	if a.hash != nil {
		a.m.Files[len(a.m.Files)-1].SHA256 = hex.EncodeToString(a.hash.Sum(nil))
		a.hash = nil
	}
}

func (a *archiver) put(name string, content []byte) error {
	w, err := a.begin(name, int64(len(content)))
	if err == nil {
		_, err = w.Write(content)
	}
	return err
}

// finish writes the manifest, which does not list itself.
func (a *archiver) finish() error {
	a.end()
	raw, err := json.MarshalIndent(a.m, "", "  ")
	if err != nil {
		return fmt.Errorf("store: write backup: %w", err)
	}
	listed := a.m.Files
	err = a.put(manifestFile, raw)
	a.m.Files = listed
	if err := errors.Join(err, a.tar.Close()); err != nil {
		return fmt.Errorf("store: write backup: %w", err)
	}
	return nil
}

// Unpack writes the files of an archive into a folder, synced, and returns its
// manifest once every byte agrees with it. It takes no other files, and no
// paths. What it could not finish is left for the caller to remove.
func Unpack(ctx context.Context, r io.Reader, dir string) (m Manifest, err error) {
	var found []ArchivedFile
	archive := tar.NewReader(r)
	for {
		h, err := archive.Next()
		switch {
		case errors.Is(err, io.EOF):
			return m, errors.Join(checkManifest(m, found), syncFolder(dir))
		case err != nil:
			return m, fmt.Errorf("%w: %w", ErrBackup, err)
		case m.Format != 0:
			return m, fmt.Errorf("%w: something follows its manifest", ErrBackup)
		case h.Name == manifestFile:
			if m, err = readManifest(archive); err != nil {
				return m, err
			}
			continue
		case !slices.Contains([]string{RecordFile, KeyFile, ExportFile}, h.Name) || h.Typeflag != tar.TypeReg:
			return m, fmt.Errorf("%w: it holds %q", ErrBackup, h.Name)
		}
		f, err := unpackFile(ctx, archive, filepath.Join(dir, h.Name), h.Name)
		if err != nil {
			return m, err
		}
		found = append(found, f)
	}
}

const largestManifest = 1 << 20

func readManifest(r io.Reader) (m Manifest, err error) {
	raw, err := io.ReadAll(io.LimitReader(r, largestManifest))
	if err != nil {
		return m, fmt.Errorf("%w: %w", ErrBackup, err)
	}
	if err := json.Unmarshal(bytes.TrimSpace(raw), &m); err != nil || m.Format < 1 {
		return m, fmt.Errorf("%w: its manifest is damaged", ErrBackup)
	}
	if m.Format > archiveFormat {
		return m, fmt.Errorf("store: the backup has format %d, this program knows %d: use the newer program", m.Format, archiveFormat)
	}
	return m, nil
}

func checkManifest(m Manifest, found []ArchivedFile) error {
	switch {
	case m.Format == 0:
		return fmt.Errorf("%w: it ends too early", ErrBackup)
	case !slices.Equal(m.Files, found):
		return fmt.Errorf("%w: its files are not those of its manifest", ErrBackup)
	case len(found) < 2:
		return fmt.Errorf("%w: files are missing", ErrBackup)
	}
	_, err := m.Head()
	return err
}

// unpackFile writes one file that must not exist.
func unpackFile(ctx context.Context, r io.Reader, path, name string) (f ArchivedFile, err error) {
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return f, fmt.Errorf("store: unpack: %w", err)
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(out, sum), contextReader{ctx, r})
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return f, fmt.Errorf("store: unpack %s: %w", name, err)
	}
	return ArchivedFile{Name: name, Size: n, SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}

// contextReader stops when the context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(b)
}
