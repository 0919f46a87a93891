package incident

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
)

// chunkSize is the piece in which raw bytes are sealed and stored; a distributed
// engine takes values of up to 1 MiB.
const chunkSize = 256 << 10

const defaultMaxSize = 50 << 20

func (s *Service) maxSize() int64 {
	if s.MaxSize > 0 {
		return s.MaxSize
	}
	return defaultMaxSize
}

// Accept stores a delivery. When it returns nil the bytes are on disk, synced,
// and the delivery will get an outcome whatever happens: only then may a door
// say 250. It returns ErrTooLarge over the size limit, and an error wrapping
// ErrUnavailable when it cannot be stored now; then nothing was accepted.
//
// A small delivery is one transaction. A large one is staged piece by piece, so
// that memory stays bounded and no transaction grows; the last transaction adds
// the inbox row and moves the cursor.
func (s *Service) Accept(ctx context.Context, in Incoming) (item uint64, err error) {
	if item, err = s.Store.NewItem(); err != nil {
		return 0, err
	}
	return item, s.accept(ctx, item, in)
}

// Record accepts a delivery and gives it its outcome at once, for callers that
// wait for a reference. When it returns an error after the bytes were stored,
// the delivery still gets its outcome later; sending it again does no harm.
func (s *Service) Record(ctx context.Context, in Incoming) (out Settled, err error) {
	item, err := s.Store.NewItem()
	if err != nil {
		return Settled{}, err
	}
	s.claims.Store(item, true)
	defer s.claims.Delete(item)
	if err := s.accept(ctx, item, in); err != nil {
		return Settled{}, err
	}
	return s.Process(context.WithoutCancel(ctx), item)
}

// accept stores a delivery under the number.
func (s *Service) accept(ctx context.Context, item uint64, in Incoming) error {
	a := s.acceptance(item)
	if err := a.read(ctx, in.Body); err != nil {
		return errors.Join(err, s.discard(ctx, item, a.n))
	}
	err := s.Store.Update(ctx, func(tx Tx) error { return a.finish(tx, in) })
	if err != nil {
		return errors.Join(err, s.discard(ctx, item, a.n))
	}
	return nil
}

// discard removes the pieces of a delivery that was not accepted, in small
// transactions.
func (s *Service) discard(ctx context.Context, item uint64, chunks int) error {
	for from := 0; from < chunks; from += dropBatch {
		err := s.Store.Update(context.WithoutCancel(ctx), func(tx Tx) error {
			return tx.Drop(item, from, min(from+dropBatch, chunks))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// dropBatch is how many pieces one transaction removes.
const dropBatch = 50

// acceptance reads a body in pieces and holds back the last one.
type acceptance struct {
	s     *Service
	item  uint64
	sum   canonical
	plain hash.Hash // of the bytes as they are
	size  int64
	n     int    // pieces already stored
	rest  []byte // the last piece
}

func (s *Service) acceptance(item uint64) *acceptance {
	return &acceptance{s: s, item: item, sum: canonical{sum: sha256.New()}, plain: sha256.New()}
}

// finish stores the last piece, and with it everything that was read is a
// delivery.
func (a *acceptance) finish(tx Tx, in Incoming) error {
	if err := tx.PutChunk(a.item, a.n, a.rest, true); err != nil {
		return err
	}
	return tx.Accept(Delivered{
		Item: a.item, Channel: in.Channel, Sender: in.Sender, Recipients: in.Recipients,
		Arrived: in.Arrived.UTC(), Stated: in.Stated, Cursor: in.Cursor, History: in.History,
		Size: a.size, Chunks: a.n + 1, Hash: a.s.Store.MAC("raw", a.sum.Sum()), SHA256: a.plain.Sum(nil),
	})
}

func (a *acceptance) read(ctx context.Context, body io.Reader) error {
	for {
		piece, err := a.piece(body)
		if err != nil {
			return err
		}
		if len(piece) == 0 && a.rest != nil {
			return nil
		}
		if a.rest != nil {
			if err := a.stage(ctx); err != nil {
				return err
			}
		}
		a.rest = piece
		if len(piece) < chunkSize {
			return nil
		}
	}
}

// piece reads up to chunkSize bytes, fewer only at the end.
func (a *acceptance) piece(body io.Reader) ([]byte, error) {
	piece, err := io.ReadAll(io.LimitReader(body, chunkSize))
	if err != nil {
		return nil, fmt.Errorf("incident: read delivery: %w", err)
	}
	if a.size += int64(len(piece)); a.size > a.s.maxSize() {
		return nil, ErrTooLarge
	}
	_, _ = a.sum.Write(piece) // a hash takes everything
	_, _ = a.plain.Write(piece)
	return piece, nil
}

// stage stores a piece that is not the last.
func (a *acceptance) stage(ctx context.Context) error {
	first, n, piece := a.n == 0, a.n, a.rest
	err := a.s.Store.Update(ctx, func(tx Tx) error {
		if first {
			if err := tx.Stage(a.item); err != nil {
				return err
			}
		}
		return tx.PutChunk(a.item, n, piece, false)
	})
	a.n++
	return err
}

// raw reads the raw bytes of an item, up to what a parser looks at.
func (s *Service) raw(ctx context.Context, item uint64) ([]byte, error) {
	r, err := s.Raw(ctx, item)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(r, s.maxSize()))
	if errors.Is(err, ErrNotFound) {
		return nil, fmt.Errorf("incident: raw bytes: %w", err)
	}
	return raw, err
}
