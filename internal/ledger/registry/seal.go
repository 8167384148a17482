package registry

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"breakwater/internal/outbreak"
)

// Vault seals identities, makes blind index entries and signs. It holds the key ring in memory and reads the file again when
// it meets a key it does not know: a rotation by another process needs no restart.
type Vault struct {
	file string // empty: the ring lies in no file
	ring atomic.Pointer[ring]
	mu   sync.Mutex // one reads the file at a time
}

// NewVault makes a vault of one master key, from which everything else is derived, without a file.
func NewVault(master []byte) (*Vault, error) {
	r, err := ringOfOne(master)
	if err != nil {
		return nil, err
	}
	v := &Vault{}
	v.ring.Store(r)
	return v, nil
}

// masterKey gives a master key. For one that is not known the file is read again, which is one small read inside a
// transaction, once a rotation.
func (v *Vault) masterKey(id int64) (*ringKey, error) {
	if k := v.ring.Load().master(id); k != nil {
		return k, nil
	}
	if err := v.Reload(); err != nil {
		return nil, err
	}
	if k := v.ring.Load().master(id); k != nil {
		return k, nil
	}
	return nil, outbreak.Refuse(outbreak.Conflict, "registry.key_missing", "key", strconv.FormatInt(id, 10))
}

// indexKeys makes sure that the ring holds an index key, and all before it.
func (v *Vault) indexKeys(newest int64) ([]ringKey, error) {
	if keys := v.ring.Load().indexes; int64(len(keys)) >= newest {
		return keys[:newest], nil
	}
	if err := v.Reload(); err != nil {
		return nil, err
	}
	if keys := v.ring.Load().indexes; int64(len(keys)) >= newest {
		return keys[:newest], nil
	}
	return nil, outbreak.Refuse(outbreak.Conflict, "registry.index_key_missing", "key", strconv.FormatInt(newest, 10))
}

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// box is a sealed identity as a row holds it.
type box struct {
	sealed  []byte
	wrapped []byte // the person's key
	by      int64  // the master key it is wrapped under
}

// seal encrypts plain under a fresh key for the person, which it wraps under a master key.
func (v *Vault) seal(person outbreak.PersonID, plain []byte, master int64) (box, error) {
	m, err := v.masterKey(master)
	if err != nil {
		return box{}, err
	}
	return m.seal(fresh, person, plain)
}

// seal takes its chance from whoever has some: many small questions to the system cost more than a large one.
func (m *ringKey) seal(chance func(int) []byte, person outbreak.PersonID, plain []byte) (box, error) {
	key := chance(secretSize)
	aead, err := gcm(key)
	if err != nil {
		return box{}, err
	}
	return box{sealed: lockWith(chance, aead, person, plain), wrapped: lockWith(chance, m.wrap, person, key), by: m.ID}, nil
}

// sealAgain puts another content into a box, under the key it has.
func (v *Vault) sealAgain(person outbreak.PersonID, b box, plain []byte) (box, error) {
	aead, err := v.keyOf(person, b)
	if err != nil {
		return b, err
	}
	b.sealed = lock(aead, person, plain)
	return b, nil
}

// keyOf gives the key of a box.
func (v *Vault) keyOf(person outbreak.PersonID, b box) (cipher.AEAD, error) {
	key, err := v.unwrap(person, b)
	if err != nil {
		return nil, err
	}
	return gcm(key)
}

// open decrypts what seal gave; a box moved to another person does not open.
func (v *Vault) open(person outbreak.PersonID, b box) ([]byte, error) {
	aead, err := v.keyOf(person, b)
	if err != nil {
		return nil, err
	}
	return unlock(aead, person, b.sealed)
}

// identity opens a box and reads what lies in it.
func (v *Vault) identity(person outbreak.PersonID, b box) (i Identity, err error) {
	plain, err := v.open(person, b)
	if outbreak.KindOf(err) != outbreak.Internal {
		return i, err
	}
	if err == nil {
		i, err = readIdentity(plain)
	}
	if err != nil {
		return i, fmt.Errorf("opening an identity: %w", err)
	}
	return i, nil
}

func (v *Vault) unwrap(person outbreak.PersonID, b box) ([]byte, error) {
	m, err := v.masterKey(b.by)
	if err != nil {
		return nil, err
	}
	key, err := unlock(m.wrap, person, b.wrapped)
	if err != nil {
		return nil, fmt.Errorf("unwrapping the key of a person: %w", err)
	}
	return key, nil
}

// rewrap wraps the key of a person under another master key; the box stays as it is.
func (v *Vault) rewrap(person outbreak.PersonID, b box, master int64) (box, error) {
	key, err := v.unwrap(person, b)
	if err != nil {
		return b, err
	}
	m, err := v.masterKey(master)
	if err != nil {
		return b, err
	}
	b.wrapped, b.by = lock(m.wrap, person, key), m.ID
	return b, nil
}

func lock(aead cipher.AEAD, person outbreak.PersonID, plain []byte) []byte {
	return lockWith(fresh, aead, person, plain)
}

func lockWith(chance func(int) []byte, aead cipher.AEAD, person outbreak.PersonID, plain []byte) []byte {
	n := aead.NonceSize()
	sealed := make([]byte, n, n+len(plain)+aead.Overhead())
	copy(sealed, chance(n))
	var about [8]byte
	binary.BigEndian.PutUint64(about[:], uint64(person))
	return aead.Seal(sealed, sealed, plain, about[:])
}

func unlock(aead cipher.AEAD, person outbreak.PersonID, box []byte) ([]byte, error) {
	if len(box) < aead.NonceSize() {
		return nil, errors.New("a sealed record is too short")
	}
	n := aead.NonceSize()
	return aead.Open(nil, box[:n], box[n:], binary.BigEndian.AppendUint64(nil, uint64(person)))
}

// key is a digest of a request, so that a repeat is known without the request being kept. It is made under the first index key
// for ever: a rotation between a request and its repeat must not make them two. What is kept of it for long, in the journal,
// covers a whole batch; the answers to requests are dropped after a week.
func (v *Vault) key(kind, value string) string {
	sum := v.ring.Load().indexes[0].digest(kind, value)
	return hex.EncodeToString(sum[:ukeySize])
}

// Sign signs a text and names the public key it can be checked with, both in base64 for addresses.
func (v *Vault) Sign(text []byte) (signer, signature string) {
	key := v.ring.Load().signing()
	return encoded(key.Public().(ed25519.PublicKey)), encoded(ed25519.Sign(key, text))
}

// Signs tells whether a public key is this site's, the one in use or one that was replaced.
func (v *Vault) Signs(signer string) bool {
	_, ours := v.Signed(signer)
	return ours
}

// Signed tells whether a public key is this site's, and until when it signed; 0: it still does.
func (v *Vault) Signed(signer string) (until outbreak.Instant, ours bool) {
	r := v.ring.Load()
	if signer == encoded(r.signing().Public().(ed25519.PublicKey)) {
		return 0, true
	}
	for _, old := range r.signed {
		if signer == encoded(ed25519.PublicKey(old.Public)) {
			return old.Retired, true
		}
	}
	return 0, false
}

func encoded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// signed tells whether a signature is the signer's over the text.
func signed(signer, signature string, text []byte) bool {
	key, err := base64.RawURLEncoding.DecodeString(signer)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return false
	}
	sig, err := base64.RawURLEncoding.DecodeString(signature)
	return err == nil && ed25519.Verify(key, text, sig)
}
