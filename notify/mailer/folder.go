package mailer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	netmail "net/mail"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// KeptReply is the Reply of a mail that a Folder took. Whoever shows results
// must not call such a mail sent.
const KeptReply = "kept in folder, not sent"

// Folder is the transport when no relay is configured: every mail becomes a
// file TIME-N.eml in a folder, for a person or another program to send.
type Folder struct {
	dir string
	now func() time.Time
	mu  sync.Mutex // one writer, so that a free name stays free
}

// NewFolder keeps mails in dir, which is made when the first one comes. Now
// names the files, in UTC.
func NewFolder(dir string, now func() time.Time) *Folder {
	return &Folder{dir: dir, now: now}
}

// Name implements Transport.
func (f *Folder) Name() string { return "folder" }

// Open implements Transport. It fails, Temporary, when the folder cannot be
// made: a full disk or a wrong owner can be put right.
func (f *Folder) Open(context.Context) (Conn, error) {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return nil, &OpenError{Relay: f.Name(), Verdict: Temporary, Reason: ReasonFolder, Stage: StageConnect, Err: err}
	}
	return folderConn{f}, nil
}

type folderConn struct{ folder *Folder }

// Send implements Conn. When it says Accepted, the file is on disk.
func (c folderConn) Send(ctx context.Context, from, to string, raw []byte) Result {
	err := ctx.Err()
	if err == nil {
		err = c.folder.keep(raw)
	}
	if err != nil {
		return Result{Verdict: Temporary, Reason: ReasonFolder, Stage: StageEnd, Err: fmt.Errorf("mailer: folder: %w", err)}
	}
	return Result{Verdict: Accepted, Reason: ReasonKept, Stage: StageEnd, Reply: KeptReply}
}

// Close implements Conn.
func (c folderConn) Close() error { return nil }

// keep writes a file under another name, syncs it, gives it its own name and
// syncs the folder: whoever sees the name sees the whole mail.
func (f *Folder) keep(raw []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	temp, err := writeTemp(f.dir, raw)
	if err != nil {
		return err
	}
	name, err := f.freeName()
	if err == nil {
		err = os.Rename(temp, name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return syncDir(f.dir)
}

// Drop removes the mails of which gone says, by the Message-ID in their header,
// that they are to be kept no longer. A folder that is not there holds none; a file
// that is no mail stays.
func (f *Folder) Drop(gone func(messageID string) (bool, error)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	files, err := os.ReadDir(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("mailer: folder: %w", err)
	}
	dropped := false
	for _, file := range files {
		name := filepath.Join(f.dir, file.Name())
		id, err := messageIDOf(name)
		if err != nil {
			continue // no mail, or one that somebody takes away just now
		}
		old, err := gone(id)
		if err == nil && old {
			dropped, err = true, os.Remove(name)
		}
		if err != nil {
			return fmt.Errorf("mailer: drop a kept mail: %w", err)
		}
	}
	if !dropped {
		return nil
	}
	return syncDir(f.dir)
}

// messageIDOf reads the Message-ID of a mail in a file.
func messageIDOf(name string) (string, error) {
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	m, err := netmail.ReadMessage(file)
	if err != nil {
		return "", err
	}
	return m.Header.Get("Message-Id"), nil
}

// writeTemp writes and syncs a file that only its owner can read.
func writeTemp(dir string, raw []byte) (name string, err error) {
	file, err := os.CreateTemp(dir, ".unfinished-*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = file.Write(raw)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), nil
}

// freeName finds the first name of this moment that no file has.
func (f *Folder) freeName() (string, error) {
	stamp := f.now().UTC().Format("20060102T150405.000Z")
	for n := 1; ; n++ {
		name := filepath.Join(f.dir, fmt.Sprintf("%s-%d.eml", stamp, n))
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			return name, nil
		} else if err != nil {
			return "", err
		}
	}
}

// syncDir makes a new name durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
