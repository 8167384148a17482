package registry

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Vault seals identities and makes blind index tokens. It is made from the master key and holds it in memory alone.
type Vault struct {
	wrap  cipher.AEAD
	index []byte
	proof []byte
}

// masterSize is the length of a master key in bytes.
const masterSize = 32

// NewVault derives the wrapping key and the index key from the master key.
func NewVault(master []byte) (*Vault, error) {
	if len(master) != masterSize {
		return nil, fmt.Errorf("the master key has %d bytes instead of %d", len(master), masterSize)
	}
	derive := func(what string) ([]byte, error) {
		return hkdf.Key(sha256.New, master, nil, "breakwater "+what, masterSize)
	}
	w, err := derive("wrap")
	if err != nil {
		return nil, err
	}
	index, err := derive("index")
	if err != nil {
		return nil, err
	}
	proof, err := derive("proof")
	if err != nil {
		return nil, err
	}
	aead, err := gcm(w)
	return &Vault{wrap: aead, index: index, proof: proof}, err
}

// OpenKeyFile reads the master key, or makes it with mode 0600 when the file is absent.
func OpenKeyFile(name string) (*Vault, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		master := make([]byte, masterSize)
		_, _ = rand.Read(master)
		text = []byte(hex.EncodeToString(master) + "\n")
		err = os.WriteFile(name, text, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the key file: %w", err)
	}
	master, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, fmt.Errorf("reading the key file %s: it must hold 64 hexadecimal digits", name)
	}
	return NewVault(master)
}

// Prove refuses a vault whose master key is not the one this database was sealed with; the first proves itself.
func (v *Vault) Prove(tx *store.Tx) error {
	kept, ok, err := store.One(tx, store.Value[[]byte], "select proof from key_check where id = 1")
	if err != nil {
		return fmt.Errorf("checking the master key: %w", err)
	}
	if !ok {
		_, err := tx.Exec("insert into key_check (id, proof) values (1, $1)", v.proof)
		return err
	}
	if !bytes.Equal(kept, v.proof) {
		return outbreak.Refuse(outbreak.Conflict, "registry.wrong_key")
	}
	return nil
}

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// seal encrypts plain under a fresh key for the person and gives both, the key wrapped.
func (v *Vault) seal(person outbreak.PersonID, plain []byte) (sealed, wrapped []byte, err error) {
	key := make([]byte, masterSize)
	_, _ = rand.Read(key)
	aead, err := gcm(key)
	if err != nil {
		return nil, nil, err
	}
	return lock(aead, person, plain), lock(v.wrap, person, key), nil
}

// open decrypts what seal gave; a blob moved to another person does not open.
func (v *Vault) open(person outbreak.PersonID, sealed, wrapped []byte) ([]byte, error) {
	key, err := unlock(v.wrap, person, wrapped)
	if err != nil {
		return nil, fmt.Errorf("unwrapping the key of a person: %w", err)
	}
	aead, err := gcm(key)
	if err != nil {
		return nil, err
	}
	return unlock(aead, person, sealed)
}

func lock(aead cipher.AEAD, person outbreak.PersonID, plain []byte) []byte {
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce)
	return aead.Seal(nonce, nonce, plain, binary.BigEndian.AppendUint64(nil, uint64(person)))
}

func unlock(aead cipher.AEAD, person outbreak.PersonID, box []byte) ([]byte, error) {
	if len(box) < aead.NonceSize() {
		return nil, errors.New("a sealed record is too short")
	}
	n := aead.NonceSize()
	return aead.Open(nil, box[:n], box[n:], binary.BigEndian.AppendUint64(nil, uint64(person)))
}

// token is the blind index entry of a value of a kind.
func (v *Vault) token(kind, value string) int64 {
	return int64(binary.BigEndian.Uint64(v.digest(kind, value)))
}

// key is a longer keyed digest, for unique keys made of personal data.
func (v *Vault) key(kind, value string) string { return hex.EncodeToString(v.digest(kind, value)[:16]) }

func (v *Vault) digest(kind, value string) []byte {
	mac := hmac.New(sha256.New, v.index)
	mac.Write([]byte(kind + "\x00" + value))
	return mac.Sum(nil)
}
