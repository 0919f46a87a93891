package store

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"meldklok/incident"
)

// recordFormat is the version of the framing of a log row.
const recordFormat = 1

// row is one entry as it stands in the log: sealed, framed, chained.
type row struct {
	stream   incident.Stream
	n        uint32
	item     uint64 // whose keys sealed it
	register []byte // sealed
	personal []byte // sealed; empty if the kind has none
	hash     [32]byte
}

// errRow says that a log row is no row.
var errRow = errors.New("damaged row")

// frame writes everything but the hash.
func (r row) frame() []byte {
	b := make([]byte, 0, 40+len(r.register)+len(r.personal)+32)
	b = append(b, recordFormat)
	b = r.stream.AppendKey(b)
	b = binary.BigEndian.AppendUint32(b, r.n)
	b = binary.BigEndian.AppendUint64(b, r.item)
	b = binary.AppendUvarint(b, uint64(len(r.register)))
	b = append(b, r.register...)
	b = binary.AppendUvarint(b, uint64(len(r.personal)))
	return append(b, r.personal...)
}

// link computes the hash of a framed row: over the hash before it, its place
// in the chain, and the digest of its sealed bytes. Destroying a key later
// leaves it whole; and since the row enters by its digest, the chain can be
// recomputed from 32 bytes an entry without showing what the others say.
func link(prev [32]byte, seq uint64, digest [32]byte) (hash [32]byte) {
	h := sha256.New()
	h.Write(prev[:])
	h.Write(key8(seq))
	h.Write(digest[:])
	h.Sum(hash[:0])
	return hash
}

// digestOf is what the chain knows of a framed row.
func digestOf(framed []byte) [32]byte { return sha256.Sum256(framed) }

// parseRow reads what frame wrote, with the hash behind it. The slices point
// into b.
func parseRow(b []byte) (r row, framed []byte, err error) {
	if len(b) < rowHead+2+32 {
		return r, nil, errRow
	}
	framed, tail := b[:len(b)-32], b[len(b)-32:]
	if r, err = parseFrame(framed); err != nil {
		return r, nil, err
	}
	copy(r.hash[:], tail)
	return r, framed, nil
}

// rowHead is the length of what stands before the sealed parts of a row.
const rowHead = 1 + incident.StreamSize + 4 + 8

// parseFrame reads what frame wrote. The slices point into b.
func parseFrame(b []byte) (r row, err error) {
	if len(b) < rowHead+2 {
		return r, errRow
	}
	if b[0] != recordFormat {
		return r, fmt.Errorf("row of format %d: written by a newer program?", b[0])
	}
	if r.stream, err = incident.StreamFromKey(b[1:]); err != nil {
		return r, errRow
	}
	r.n = binary.BigEndian.Uint32(b[1+incident.StreamSize:])
	r.item = binary.BigEndian.Uint64(b[1+incident.StreamSize+4:])
	rest := b[rowHead:]
	if r.register, rest, err = cutBytes(rest); err != nil {
		return r, err
	}
	if r.personal, rest, err = cutBytes(rest); err != nil || len(rest) > 0 {
		return r, errRow
	}
	return r, nil
}

// cutBytes cuts off a part that stands behind its length, which must be written
// in the shortest form: one row has one way of being written.
func cutBytes(b []byte) (part, rest []byte, err error) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) || size != len(binary.AppendUvarint(nil, n)) {
		return nil, nil, errRow
	}
	return b[size : size+int(n)], b[size+int(n):], nil
}

// entryContext binds a sealed part of an entry to its place in its own log.
func entryContext(s incident.Stream, n uint32, c Compartment) []byte {
	return join([]byte("entry"), []byte{byte(c)}, entryKey(s, n))
}
