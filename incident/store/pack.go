package store

import (
	_ "embed"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// packer compresses before sealing, with Zstandard (RFC 8878). What the record
// holds is mostly small and much alike: entries, states, mails of our own. A
// dictionary of such texts makes the small ones a fraction of their size, in a
// few microseconds.
type packer struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

// dictionary is texts of the kind that is packed, all of them made up; what
// occurs most stands last. It belongs to the format: what was packed with it
// cannot be read without it, so it must never change. A better one is a new
// mark beside it.
//
//go:embed dictionary.txt
var dictionary []byte

// The first byte of a packed text says how it goes on. Values of the format.
const (
	packedPlain = 0
	packedZstd  = 1 // one frame, with the dictionary
)

// packWindow bounds how far back a text refers to itself, and so the memory of
// packing: pieces of raw mail, the largest values, are no longer.
const packWindow = 256 << 10

var errPacked = errors.New("damaged packing")

func newPacker() (*packer, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false), zstd.WithWindowSize(packWindow),
		zstd.WithLowerEncoderMem(true), zstd.WithEncoderDictRaw(packedZstd, dictionary))
	if err != nil {
		return nil, fmt.Errorf("store: pack: %w", err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderLowmem(true), zstd.WithDecoderDictRaw(packedZstd, dictionary))
	if err != nil {
		return nil, fmt.Errorf("store: unpack: %w", err)
	}
	return &packer{enc, dec}, nil
}

// pack returns the text behind its mark, compressed if that makes it shorter.
func (p *packer) pack(plain []byte) []byte {
	packed := p.enc.EncodeAll(plain, append(make([]byte, 0, 64+len(plain)/2), packedZstd))
	if len(packed) <= len(plain) {
		return packed
	}
	return append([]byte{packedPlain}, plain...)
}

// unpack is the inverse. It needs no limit: what comes here was sealed by us.
func (p *packer) unpack(packed []byte) ([]byte, error) {
	if len(packed) == 0 {
		return nil, errPacked
	}
	switch packed[0] {
	case packedPlain:
		return packed[1:], nil
	case packedZstd:
		plain, err := p.dec.DecodeAll(packed[1:], nil)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errPacked, err)
		}
		return plain, nil
	}
	return nil, fmt.Errorf("packing %d: written by a newer program?", packed[0])
}

// sealPacked packs and seals.
func (s *Store) sealPacked(item uint64, c Compartment, plain []byte, context ...[]byte) ([]byte, error) {
	return s.keys.seal(item, c, s.packer.pack(plain), context...)
}

// openPacked opens and unpacks.
func (s *Store) openPacked(item uint64, c Compartment, sealed []byte, context ...[]byte) ([]byte, error) {
	packed, err := s.keys.open(item, c, sealed, context...)
	if err != nil {
		return nil, err
	}
	return s.packer.unpack(packed)
}
