package registry

import (
	"errors"
	"fmt"
)

// The vault also seals what is no person's: the secrets that users' telephones share with the house. about binds a box to
// what it belongs to; key is the number of the master key it lies under.

// SealSecret seals a secret under the newest master key.
func (v *Vault) SealSecret(about string, plain []byte) (box []byte, key int64, err error) {
	m := v.ring.Load().newest()
	nonce := fresh(m.wrap.NonceSize())
	return m.wrap.Seal(nonce, nonce, plain, secretLabel(about)), m.ID, nil
}

// OpenSecret opens what SealSecret gave.
func (v *Vault) OpenSecret(about string, box []byte, key int64) ([]byte, error) {
	m, err := v.masterKey(key)
	if err != nil {
		return nil, err
	}
	n := m.wrap.NonceSize()
	if len(box) < n {
		return nil, errors.New("a sealed secret is too short")
	}
	plain, err := m.wrap.Open(nil, box[:n], box[n:], secretLabel(about))
	if err != nil {
		return nil, fmt.Errorf("opening a sealed secret: %w", err)
	}
	return plain, nil
}

// SecretKey is the number of the key a new box would lie under.
func (v *Vault) SecretKey() int64 { return v.ring.Load().newest().ID }

// secretLabel is longer than the eight bytes that bind a person's key, so that neither opens as the other.
func secretLabel(about string) []byte { return []byte("secret of " + about) }
