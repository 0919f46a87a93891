package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"filippo.io/age"
)

// Try restores a backup in a folder of its own, replays it, and removes it
// again. The folder should be on the volume of the data; what lies in it is as
// sealed as the data. Nothing else runs on it: neither engine, nor relay, nor
// mailbox.
func (s *Store) Try(ctx context.Context, path string, identities []age.Identity, master *Master, dir string) (t Trial) {
	start := s.cfg.Now()
	t.Err = errors.Join(Untidy(dir), func() error {
		m, err := ReadBackup(ctx, path, identities, dir)
		if err != nil {
			return err
		}
		t.Entries, err = s.replay(ctx, dir, m, master)
		return err
	}(), Untidy(dir))
	t.Took, t.Made = s.cfg.Now().Sub(start), !noRoom(t.Err)
	return t
}

// Untidy removes what an interrupted trial left.
func Untidy(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("store: remove the test restore: %w", err)
	}
	return nil
}

// replay verifies an unpacked archive up to its head.
func (s *Store) replay(ctx context.Context, dir string, m Manifest, master *Master) (entries uint64, err error) {
	head, err := m.Head()
	if err != nil {
		return 0, err
	}
	copied, err := Open(dir, master, false, Config{Planner: s.cfg.Planner, Now: s.cfg.Now})
	if err != nil {
		return 0, err
	}
	v, err := copied.Verify(ctx, &head)
	return v.Entries, errors.Join(err, copied.Close())
}

// trialWriter takes what is being archived and unpacks it at the same time. A
// trial that fails must not keep the backup from being written, so it never
// returns an error. The zero value takes everything and does nothing.
type trialWriter struct {
	pipe *io.PipeWriter
	done chan Trial
}

// startTrial begins a trial of what is about to be archived.
func (s *Store) startTrial(ctx context.Context, b Backup) *trialWriter {
	r, w := io.Pipe()
	t := &trialWriter{pipe: w, done: make(chan Trial, 1)}
	go func() {
		start := s.cfg.Now()
		var out Trial
		out.Err = errors.Join(Untidy(b.Trial), func() error {
			if err := os.MkdirAll(b.Trial, 0o700); err != nil {
				return err
			}
			m, err := Unpack(ctx, r, b.Trial)
			if err := errors.Join(err, r.Close()); err != nil { // nobody waits for a trial that failed
				return err
			}
			out.Entries, err = s.replay(ctx, b.Trial, m, b.Master)
			return err
		}(), Untidy(b.Trial))
		_ = r.Close()
		out.Took, out.Made = s.cfg.Now().Sub(start), !noRoom(out.Err)
		t.done <- out
	}()
	return t
}

func (t *trialWriter) Write(b []byte) (int, error) {
	if t.pipe != nil {
		_, _ = t.pipe.Write(b)
	}
	return len(b), nil
}

// end waits for the outcome. Err is what became of the archive itself.
func (t *trialWriter) end(err error) Trial {
	if t.pipe == nil {
		return Trial{}
	}
	_ = t.pipe.CloseWithError(err)
	return <-t.done
}
