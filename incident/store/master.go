package store

import (
	"bytes"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Master is the master key: it wraps the keys of the compartments and is never
// in the data folder.
type Master struct {
	aead tink.AEAD
	json []byte // the keyset in Tink's JSON form
}

// NewMaster makes a master key.
func NewMaster() (*Master, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("store: make master key: %w", err)
	}
	return masterFrom(handle)
}

func masterFrom(handle *keyset.Handle) (*Master, error) {
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("store: master key: %w", err)
	}
	var buf bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&buf)); err != nil {
		return nil, fmt.Errorf("store: master key: %w", err)
	}
	return &Master{aead: primitive, json: buf.Bytes()}, nil
}

// ReadMaster reads a master key file. A file that others may read is refused.
func ReadMaster(path string) (*Master, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("store: master key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("store: the master key %s may be read by others: chmod 600 it", path)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("store: master key: %w", err)
	}
	return ParseMaster(raw)
}

// ParseMaster reads a master key in Tink's JSON form.
func ParseMaster(raw []byte) (*Master, error) {
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(raw)))
	if err != nil {
		return nil, fmt.Errorf("store: this is not a master key: %w", err)
	}
	return masterFrom(handle)
}

// Rotated makes a new master key. Both opens what either has wrapped, and wraps
// with the new one: it stands in while the wrapped keys are written anew, so that
// a crash at any moment leaves a key that opens everything.
func (m *Master) Rotated() (both, fresh *Master, err error) {
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(m.json)))
	if err != nil {
		return nil, nil, fmt.Errorf("store: rotate master key: %w", err)
	}
	manager := keyset.NewManagerFromHandle(handle)
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, nil, fmt.Errorf("store: rotate master key: %w", err)
	}
	if err := manager.SetPrimary(id); err != nil {
		return nil, nil, fmt.Errorf("store: rotate master key: %w", err)
	}
	if both, err = masterOf(manager); err != nil {
		return nil, nil, err
	}
	for _, old := range handle.KeysetInfo().GetKeyInfo() {
		if err := manager.Delete(old.GetKeyId()); err != nil {
			return nil, nil, fmt.Errorf("store: rotate master key: %w", err)
		}
	}
	fresh, err = masterOf(manager)
	return both, fresh, err
}

func masterOf(manager *keyset.Manager) (*Master, error) {
	handle, err := manager.Handle()
	if err != nil {
		return nil, fmt.Errorf("store: rotate master key: %w", err)
	}
	return masterFrom(handle)
}

// Replace stores the key in place of the one in a file, all or nothing.
func (m *Master) Replace(path string) error {
	tmp := path + ".new"
	if err := drop(tmp); err != nil {
		return fmt.Errorf("store: master key: %w", err)
	}
	if err := m.Write(tmp); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("store: master key: %w", errors.Join(err, drop(tmp)))
	}
	return syncFolder(filepath.Dir(path))
}

// Write stores the key in a file that only its owner may read. It never
// overwrites one.
func (m *Master) Write(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("store: master key: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("store: master key: %w", err)
	}
	_, err = f.Write(m.json)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("store: master key: %w", errors.Join(err, drop(path)))
	}
	return syncFolder(filepath.Dir(path))
}

// NewPhrase makes a recovery phrase of 125 random bits, in groups that can be
// read aloud.
func NewPhrase() (string, error) {
	raw := make([]byte, 16)
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("store: recovery phrase: %w", err)
	}
	text := strings.ToLower(base32.StdEncoding.EncodeToString(raw))[:25]
	groups := make([]string, 0, 5)
	for i := 0; i < len(text); i += 5 {
		groups = append(groups, text[i:i+5])
	}
	return strings.Join(groups, "-"), nil
}

// Export encrypts the master key to a recovery phrase, in age's format: the
// ordinary age tool opens it too. Work is age's work factor; 0 is its default.
func (m *Master) Export(w io.Writer, phrase string, work int) error {
	recipient, err := age.NewScryptRecipient(phrase)
	if err != nil {
		return fmt.Errorf("store: export master key: %w", err)
	}
	if work > 0 {
		recipient.SetWorkFactor(work)
	}
	armored := armor.NewWriter(w)
	sealed, err := age.Encrypt(armored, recipient)
	if err != nil {
		return fmt.Errorf("store: export master key: %w", err)
	}
	_, err = sealed.Write(m.json)
	if err := errors.Join(err, sealed.Close(), armored.Close()); err != nil {
		return fmt.Errorf("store: export master key: %w", err)
	}
	return nil
}

// ImportMaster opens an export with its recovery phrase.
func ImportMaster(r io.Reader, phrase string) (*Master, error) {
	identity, err := age.NewScryptIdentity(strings.TrimSpace(phrase))
	if err != nil {
		return nil, fmt.Errorf("store: import master key: %w", err)
	}
	plain, err := age.Decrypt(armor.NewReader(r), identity)
	if err != nil {
		return nil, fmt.Errorf("store: the recovery phrase does not open this export: %w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(plain, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("store: import master key: %w", err)
	}
	return ParseMaster(raw)
}

// Same reports whether both are the same key.
func (m *Master) Same(other *Master) bool { return bytes.Equal(m.json, other.json) }
