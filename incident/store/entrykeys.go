package store

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"

	"meldklok/incident"
)

// Each part of an entry is sealed under a key of its own, derived from the key
// of its compartment (HKDF-Expand, RFC 5869). So one entry can be opened for
// somebody without handing out the key that opens the rest of the incident,
// and destroying the key of the compartment still destroys them all.

// committed stands before every sealed part of an entry. AES-GCM by itself
// lets whoever prepares it make bytes that open under two keys to two texts;
// that both texts begin with a block of zeros takes 2^64 tries. A proof hands out
// keys, so its reader must not have to trust who derived them.
func committed() []byte { return make([]byte, 16) }

// errNotCommitted: a part opened under a key that it was not sealed under.
var errNotCommitted = errors.New("store: the key does not belong to the entry")

// entryKey derives the key of one part of one entry, or returns ErrDestroyed.
func (k *keyring) entryKey(item uint64, c Compartment, s incident.Stream, n uint32) ([]byte, error) {
	parent, err := k.primitive(item, c)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Expand(sha256.New, parent.raw, string(entryContext(s, n, c)), keySize)
	if err != nil {
		return nil, fmt.Errorf("store: key of an entry: %w", err)
	}
	return key, nil
}

// sealEntry packs and encrypts one part of an entry.
func (k *keyring) sealEntry(item uint64, c Compartment, plain []byte, s incident.Stream, n uint32) ([]byte, error) {
	key, err := k.entryKey(item, c, s, n)
	if err != nil {
		return nil, err
	}
	aead, err := k.cipher(key)
	if err != nil {
		return nil, fmt.Errorf("store: seal: %w", err)
	}
	sealed, err := aead.Encrypt(append(committed(), k.packer.pack(plain)...), entryContext(s, n, c))
	if err != nil {
		return nil, fmt.Errorf("store: seal: %w", err)
	}
	return sealed, nil
}

// openEntry is the inverse of sealEntry.
func (k *keyring) openEntry(item uint64, c Compartment, sealed []byte, s incident.Stream, n uint32) ([]byte, error) {
	key, err := k.entryKey(item, c, s, n)
	if err != nil {
		return nil, err
	}
	return k.packer.openPart(key, c, sealed, s, n)
}

// openPart opens one part of an entry with its own key: all that somebody
// needs who has no record.
func (p *packer) openPart(key []byte, c Compartment, sealed []byte, s incident.Stream, n uint32) ([]byte, error) {
	aead, err := aesGCM(key)
	if err != nil {
		return nil, fmt.Errorf("store: key of an entry: %w", err)
	}
	plain, err := aead.Decrypt(sealed, entryContext(s, n, c))
	if err != nil {
		return nil, fmt.Errorf("store: entry %s/%d does not open: %w", s, n, err)
	}
	packed, ok := bytes.CutPrefix(plain, committed())
	if !ok {
		return nil, errNotCommitted
	}
	return p.unpack(packed)
}
