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
)

const (
	keySize     = 32  // AES-256
	compartment = 3   // keys per item
	poolBatch   = 100 // items whose keys are made, and synced, at a time
	cacheSize   = 8192
)

// ErrDestroyed: the key of the compartment was destroyed on schedule; what it
// sealed is gone for good.
var ErrDestroyed = errors.New("store: destroyed")

// ErrWrongKey: the master key does not open this record.
var ErrWrongKey = errors.New("store: the master key does not belong to this data folder")

// keyring keeps the keys of the compartments, wrapped by the master key, in an
// engine of their own. Keys are made in advance and are on disk before the
// record can use them, so a record never points to a key that a crash took.
type keyring struct {
	engine Engine
	master tink.AEAD
	mac    []byte // key of the keyed hashes

	mu     sync.Mutex
	ready  []uint64 // numbers whose keys are on disk and unused
	next   uint64   // first number without keys
	cache  map[uint64]*itemKeys
	refill chan struct{} // closed when the refill under way is done; nil if none
	failed error
}

// itemKeys are the unwrapped keys of one item; a destroyed one is nil.
type itemKeys [compartment][]byte

var keyCheck = []byte("check")

// openKeyring opens the ring, or lays it out when the engine is new.
func openKeyring(engine Engine, master tink.AEAD) (*keyring, error) {
	k := &keyring{engine: engine, master: master, next: 1, cache: map[uint64]*itemKeys{}}
	err := engine.Update(func(w Writer) error {
		wrapped := w.Get(tableMeta, keyCheck)
		if wrapped != nil {
			return nil
		}
		fresh := make([]byte, keySize)
		if _, err := rand.Read(fresh); err != nil {
			return err
		}
		wrapped, err := master.Encrypt(fresh, keyCheck)
		if err != nil {
			return err
		}
		return w.Put(tableMeta, keyCheck, wrapped)
	})
	if err != nil {
		return nil, fmt.Errorf("store: keys: %w", err)
	}
	err = engine.View(func(r Reader) error {
		mac, err := master.Decrypt(r.Get(tableMeta, keyCheck), keyCheck)
		if err != nil {
			return ErrWrongKey
		}
		k.mac = bytes.Clone(mac)
		r.Descend(tableKeys, nil, func(key, _ []byte) bool { k.next = number(key) + 1; return false })
		return nil
	})
	if err != nil {
		return nil, err
	}
	return k, nil
}

// MAC returns a keyed hash. Purpose and each part are framed, so that no two
// inputs run together.
func (k *keyring) MAC(purpose string, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, k.mac)
	for _, p := range append([][]byte{[]byte(purpose)}, parts...) {
		h.Write(key8(uint64(len(p))))
		h.Write(p)
	}
	return h.Sum(nil)[:16]
}

// take reserves a number with its keys. A number that a crash leaves unused is
// never given out again.
func (k *keyring) take() (uint64, error) {
	for {
		k.mu.Lock()
		if n := len(k.ready); n > 0 {
			item := k.ready[0]
			k.ready = k.ready[1:]
			if n < poolBatch/2 {
				k.startRefill()
			}
			k.mu.Unlock()
			return item, nil
		}
		wait := k.startRefill()
		k.mu.Unlock()
		<-wait
		k.mu.Lock()
		err := k.failed
		empty := len(k.ready) == 0
		k.mu.Unlock()
		if err != nil && empty {
			return 0, fmt.Errorf("store: keys: %w", err)
		}
	}
}

// startRefill makes keys in the background unless that is under way. The mutex
// is held.
func (k *keyring) startRefill() <-chan struct{} {
	if k.refill != nil {
		return k.refill
	}
	done := make(chan struct{})
	k.refill = done
	first := k.next
	k.next += poolBatch
	go func() {
		made, err := k.make(first)
		k.mu.Lock()
		defer k.mu.Unlock()
		k.failed = err
		for item, keys := range made {
			k.remember(item, keys)
		}
		if err == nil {
			for item := first; item < first+poolBatch; item++ {
				k.ready = append(k.ready, item)
			}
		}
		k.refill = nil
		close(done)
	}()
	return done
}

// make wraps and stores fresh keys for a batch of items.
func (k *keyring) make(first uint64) (map[uint64]*itemKeys, error) {
	made := make(map[uint64]*itemKeys, poolBatch)
	rows := make(map[uint64][]byte, poolBatch)
	for item := first; item < first+poolBatch; item++ {
		keys := new(itemKeys)
		var row []byte
		for c := range keys {
			keys[c] = make([]byte, keySize)
			if _, err := rand.Read(keys[c]); err != nil {
				return nil, err
			}
			wrapped, err := k.master.Encrypt(keys[c], wrapContext(item, c))
			if err != nil {
				return nil, err
			}
			row = append(row, byte(len(wrapped)))
			row = append(row, wrapped...)
		}
		made[item], rows[item] = keys, row
	}
	err := k.engine.Update(func(w Writer) error {
		for item := first; item < first+poolBatch; item++ {
			if err := w.Put(tableKeys, key8(item), rows[item]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

func wrapContext(item uint64, c int) []byte {
	return join([]byte("key"), key8(item), []byte{byte(c + 1)})
}

// remember caches unwrapped keys; a full cache forgets an arbitrary one. The
// mutex is held.
func (k *keyring) remember(item uint64, keys *itemKeys) {
	if len(k.cache) >= cacheSize {
		for old := range k.cache {
			delete(k.cache, old)
			break
		}
	}
	k.cache[item] = keys
}

// key returns the key of one compartment, or ErrDestroyed.
func (k *keyring) key(item uint64, c Compartment) ([]byte, error) {
	k.mu.Lock()
	keys := k.cache[item]
	k.mu.Unlock()
	if keys == nil {
		var err error
		if keys, err = k.load(item); err != nil {
			return nil, err
		}
		k.mu.Lock()
		k.remember(item, keys)
		k.mu.Unlock()
	}
	if keys[c-1] == nil {
		return nil, ErrDestroyed
	}
	return keys[c-1], nil
}

// load unwraps the keys of an item. A compartment of length zero was destroyed.
func (k *keyring) load(item uint64) (*itemKeys, error) {
	keys := new(itemKeys)
	err := k.engine.View(func(r Reader) error {
		row := r.Get(tableKeys, key8(item))
		if row == nil {
			return fmt.Errorf("store: the keys of item %d are missing from the key file", item)
		}
		for c := range keys {
			if len(row) == 0 || len(row) < 1+int(row[0]) {
				return fmt.Errorf("store: the keys of item %d are damaged", item)
			}
			wrapped := row[1 : 1+int(row[0])]
			row = row[1+int(row[0]):]
			if len(wrapped) == 0 {
				continue
			}
			raw, err := k.master.Decrypt(wrapped, wrapContext(item, c))
			if err != nil {
				return fmt.Errorf("store: unwrap the keys of item %d: %w", item, err)
			}
			keys[c] = raw
		}
		return nil
	})
	return keys, err
}

// seal encrypts under the key of a compartment. Context binds the result to
// the logical place it belongs to.
func (k *keyring) seal(item uint64, c Compartment, plain []byte, context ...[]byte) ([]byte, error) {
	key, err := k.key(item, c)
	if err != nil {
		return nil, err
	}
	aead, err := subtle.NewAESGCM(key)
	if err != nil {
		return nil, fmt.Errorf("store: seal: %w", err)
	}
	return aead.Encrypt(plain, join(context...))
}

// open is the inverse of seal. What was moved, swapped or changed does not open.
func (k *keyring) open(item uint64, c Compartment, sealed []byte, context ...[]byte) ([]byte, error) {
	key, err := k.key(item, c)
	if err != nil {
		return nil, err
	}
	aead, err := subtle.NewAESGCM(key)
	if err != nil {
		return nil, fmt.Errorf("store: open: %w", err)
	}
	plain, err := aead.Decrypt(sealed, join(context...))
	if err != nil {
		return nil, fmt.Errorf("store: item %d does not open: %w", item, err)
	}
	return plain, nil
}
