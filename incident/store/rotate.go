package store

import (
	"bytes"
	"fmt"
)

// Rewrap wraps every key with another master key, into a file of keys that is
// written anew; no content is touched. Afterwards the record opens with that key
// only. Nothing else may use the record meanwhile.
func (s *Store) Rewrap(to *Master) error {
	s.keys.pool.close() // a batch of keys under way would be wrapped with the old one
	err := s.failed(s.keys.engine.Renew(func(t Table, key, value []byte) ([]byte, error) {
		switch {
		case t == tableKeys:
			return s.keys.rewrapped(number(key), value, to)
		case bytes.Equal(key, keyCheck):
			return s.keys.rewrapOne(value, keyCheck, to)
		}
		return unshredded(t, key, value)
	}))
	if err != nil {
		return fmt.Errorf("store: wrap the keys anew: %w", err)
	}
	s.keys.master = to.aead
	return nil
}

// Rotate exchanges the master key in the file at path, which now holds from. At
// every moment the key in that file opens the record: first it is exchanged for
// one that opens both ways, then the keys are wrapped anew, then the old half is
// dropped. Step, if not nil, is called before each; an error ends it there.
func (s *Store) Rotate(from *Master, path string, step func(string) error) error {
	both, fresh, err := from.Rotated()
	if err != nil {
		return err
	}
	for _, next := range []struct {
		name string
		do   func() error
	}{
		{"both", func() error { return both.Replace(path) }},
		{"wrap", func() error { return s.Rewrap(fresh) }},
		{"fresh", func() error { return fresh.Replace(path) }},
	} {
		if step != nil {
			if err := step(next.name); err != nil {
				return err
			}
		}
		if err := next.do(); err != nil {
			return err
		}
	}
	return nil
}

// rewrapped returns a row of the file of keys under another master key.
func (k *keyring) rewrapped(item uint64, row []byte, to *Master) (out []byte, err error) {
	err = eachWrapped(row, func(c int, wrapped []byte) (err error) {
		if len(wrapped) > 0 {
			if wrapped, err = k.rewrapOne(wrapped, wrapContext(item, c), to); err != nil {
				return fmt.Errorf("item %d: %w", item, err)
			}
		}
		out = append(append(out, byte(len(wrapped))), wrapped...)
		return nil
	})
	return out, err
}

func (k *keyring) rewrapOne(wrapped, context []byte, to *Master) ([]byte, error) {
	raw, err := k.master.Decrypt(wrapped, context)
	if err != nil {
		return nil, err
	}
	return to.aead.Encrypt(raw, context)
}
