package store

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"sync"
)

// packer compresses what is worth it before it is sealed: raw mail, states,
// rendered mails. It is what keeps a report of 2 KiB below three times its
// bytes. Compressors are large, so they are used again.
type packer struct {
	writers, readers sync.Pool
}

// The first byte of a packed text says how it goes on. Values of the format.
const (
	packedPlain   = 0
	packedDeflate = 1
)

var errPacked = errors.New("damaged packing")

// pack returns the text behind its mark, compressed if that makes it shorter.
func (p *packer) pack(plain []byte) ([]byte, error) {
	buf := bytes.NewBuffer(make([]byte, 0, len(plain)+64))
	buf.WriteByte(packedDeflate)
	z, ok := p.writers.Get().(*flate.Writer)
	if !ok {
		fresh, err := flate.NewWriter(nil, flate.BestSpeed)
		if err != nil {
			return nil, fmt.Errorf("store: pack: %w", err)
		}
		z = fresh
	}
	defer p.writers.Put(z)
	z.Reset(buf)
	_, err := z.Write(plain)
	if err := errors.Join(err, z.Close()); err != nil {
		return nil, fmt.Errorf("store: pack: %w", err)
	}
	if buf.Len() <= len(plain) {
		return buf.Bytes(), nil
	}
	return append([]byte{packedPlain}, plain...), nil
}

// unpack is the inverse. It needs no limit: what comes here was sealed by us.
func (p *packer) unpack(packed []byte) ([]byte, error) {
	if len(packed) == 0 {
		return nil, errPacked
	}
	switch packed[0] {
	case packedPlain:
		return packed[1:], nil
	case packedDeflate:
		return p.inflate(packed[1:])
	}
	return nil, fmt.Errorf("packing %d: written by a newer program?", packed[0])
}

func (p *packer) inflate(b []byte) ([]byte, error) {
	src := bytes.NewReader(b)
	z, ok := p.readers.Get().(io.ReadCloser)
	if !ok {
		z = flate.NewReader(src)
	} else if err := z.(flate.Resetter).Reset(src, nil); err != nil {
		return nil, err
	}
	defer p.readers.Put(z)
	out := bytes.NewBuffer(make([]byte, 0, 3*len(b)))
	if _, err := out.ReadFrom(z); err != nil {
		return nil, fmt.Errorf("%w: %w", errPacked, err)
	}
	return out.Bytes(), nil
}

// sealPacked packs and seals.
func (s *Store) sealPacked(item uint64, c Compartment, plain []byte, context ...[]byte) ([]byte, error) {
	packed, err := s.packer.pack(plain)
	if err != nil {
		return nil, err
	}
	return s.keys.seal(item, c, packed, context...)
}

// openPacked opens and unpacks.
func (s *Store) openPacked(item uint64, c Compartment, sealed []byte, context ...[]byte) ([]byte, error) {
	packed, err := s.keys.open(item, c, sealed, context...)
	if err != nil {
		return nil, err
	}
	return s.packer.unpack(packed)
}
