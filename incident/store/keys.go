package store

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"

	"meldklok/incident"
)

const (
	keySize      = 32 // bytes: AES-256
	compartments = 3  // keys per item
	macSize      = 16 // bytes of a keyed hash
	cacheSize    = 3 * 4096
)

// ErrDestroyed: the key of the compartment was destroyed; what it sealed is gone
// for good.
var ErrDestroyed = incident.ErrDestroyed

// ErrWrongKey: the master key does not open this record.
var ErrWrongKey = errors.New("store: the master key does not belong to this data folder")

// keyring keeps the keys of the compartments, wrapped by the master key, in an
// engine of their own. Unwrapped ones are cached, a bounded number of them.
type keyring struct {
	engine Engine
	master tink.AEAD
	cipher cipher
	mac    []byte // key of the keyed hashes
	packer *packer
	pool   pool
	last   uint64 // highest item that the file of keys knew when it was opened
	// failing hears of keys that could not be stored in advance.
	failing func(error)

	mu         sync.Mutex
	cache      map[keyID]*compartmentKey
	generation int // rises with every destruction: what was read before it is not cached
}

// keyID names the key of one compartment of one item.
type keyID struct {
	item uint64
	c    Compartment
}

// compartmentKey seals values by itself; the keys of entries are derived from
// its raw bytes.
type compartmentKey struct {
	tink.AEAD
	raw []byte
}

func (k *keyring) newCompartmentKey(raw []byte) (*compartmentKey, error) {
	aead, err := k.cipher(raw)
	return &compartmentKey{aead, raw}, err
}

// cipher makes what seals and opens under a key. There is one; a benchmark takes
// it away, to see what it costs.
type cipher func(key []byte) (tink.AEAD, error)

func aesGCM(key []byte) (tink.AEAD, error) { return subtle.NewAESGCM(key) }

var keyCheck = []byte("check")

// openKeyring opens the ring, or lays it out when the engine is new.
func openKeyring(engine Engine, master tink.AEAD) (*keyring, error) {
	packer, err := newPacker()
	if err != nil {
		return nil, err
	}
	k := &keyring{engine: engine, master: master, cipher: aesGCM, packer: packer, failing: func(error) {}, cache: map[keyID]*compartmentKey{}}
	var wrapped []byte
	last := uint64(0)
	err = engine.View(func(r Reader) error {
		wrapped = bytes.Clone(r.Get(tableMeta, keyCheck))
		r.Descend(tableKeys, nil, func(key, _ []byte) bool { last = number(key); return false })
		return nil
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("store: keys: %w", err)
	case wrapped == nil && last > 0:
		return nil, errors.New("store: the key file has lost its first row: it is damaged, restore a backup")
	case wrapped == nil:
		if wrapped, err = k.layOut(); err != nil {
			return nil, fmt.Errorf("store: keys: %w", err)
		}
	}
	if k.mac, err = master.Decrypt(wrapped, keyCheck); err != nil {
		return nil, ErrWrongKey
	}
	k.last, k.pool.next = last, last+1
	return k, nil
}

// layOut makes the key of the keyed hashes. That it opens is also how the
// master key is recognised.
func (k *keyring) layOut() (wrapped []byte, err error) {
	fresh := make([]byte, keySize)
	if _, err := rand.Read(fresh); err != nil {
		return nil, err
	}
	if wrapped, err = k.master.Encrypt(fresh, keyCheck); err != nil {
		return nil, err
	}
	return wrapped, k.engine.Update(func(w Writer) error { return w.Put(tableMeta, keyCheck, wrapped) })
}

// MAC returns a keyed hash. Purpose and each part are framed, so that no two
// inputs run together.
func (k *keyring) MAC(purpose string, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, k.mac)
	h.Write(key8(uint64(len(purpose))))
	h.Write([]byte(purpose))
	for _, p := range parts {
		h.Write(key8(uint64(len(p))))
		h.Write(p)
	}
	return h.Sum(make([]byte, 0, sha256.Size))[:macSize]
}

func wrapContext(item uint64, c int) []byte {
	return join([]byte("key"), key8(item), []byte{byte(c + 1)})
}

// remember caches a key, unless keys were destroyed since it was read; a full
// cache forgets an arbitrary one.
func (k *keyring) remember(id keyID, key *compartmentKey, generation int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if generation != k.generation {
		return
	}
	if len(k.cache) >= cacheSize {
		for old := range k.cache {
			delete(k.cache, old)
			break
		}
	}
	k.cache[id] = key
}

// primitive returns what seals and opens one compartment, or ErrDestroyed.
func (k *keyring) primitive(item uint64, c Compartment) (*compartmentKey, error) {
	id := keyID{item, c}
	k.mu.Lock()
	key, generation := k.cache[id], k.generation
	k.mu.Unlock()
	if key != nil {
		return key, nil
	}
	key, err := k.load(id)
	if err != nil {
		return nil, err
	}
	k.remember(id, key, generation)
	return key, nil
}

// load reads and unwraps one key, or returns ErrDestroyed.
func (k *keyring) load(id keyID) (key *compartmentKey, err error) {
	err = k.engine.View(func(r Reader) error {
		row := r.Get(tableKeys, key8(id.item))
		if row == nil {
			return fmt.Errorf("store: the keys of item %d are missing from the key file", id.item)
		}
		key, err = k.unwrap(id, row)
		return err
	})
	return key, err
}

// unwrap takes one key out of a row of the key file, which holds for each
// compartment its length and the wrapped key. A length of zero says that it was
// destroyed.
func (k *keyring) unwrap(id keyID, row []byte) (key *compartmentKey, err error) {
	err = eachWrapped(row, func(c int, wrapped []byte) error {
		if c != int(id.c)-1 {
			return nil
		}
		if len(wrapped) == 0 {
			return ErrDestroyed
		}
		raw, err := k.master.Decrypt(wrapped, wrapContext(id.item, c))
		if err != nil {
			return fmt.Errorf("unwrap: %w", err)
		}
		key, err = k.newCompartmentKey(raw)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: the keys of item %d: %w", id.item, err)
	}
	return key, nil
}

// seal encrypts under the key of a compartment.
// Context binds the result to the logical place it belongs to.
func (k *keyring) seal(item uint64, c Compartment, plain []byte, context ...[]byte) ([]byte, error) {
	aead, err := k.primitive(item, c)
	if err != nil {
		return nil, err
	}
	sealed, err := aead.Encrypt(plain, join(context...))
	if err != nil {
		return nil, fmt.Errorf("store: seal: %w", err)
	}
	return sealed, nil
}

// open is the inverse of seal. What was moved, swapped or changed does not open.
func (k *keyring) open(item uint64, c Compartment, sealed []byte, context ...[]byte) ([]byte, error) {
	aead, err := k.primitive(item, c)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Decrypt(sealed, join(context...))
	if err != nil {
		return nil, fmt.Errorf("store: item %d does not open: %w", item, err)
	}
	return plain, nil
}
