package registry

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
)

// Chest seals the rows of one list under a key of its own, so that the whole list is gone for good when its lid is.
type Chest struct {
	aead   cipher.AEAD
	chance func(int) []byte
}

// Lid is the key of a chest, sealed under a master key. It is kept beside the rows.
type Lid struct {
	Box []byte
	By  int64 // the master key
}

// Sum is a keyed digest of a text, by which a repeat of a request is known without what it said of people being kept.
func (s *Service) Sum(kind, text string) string { return s.vault.key(kind, text) }

// NewChest makes a chest. about binds its lid to what it belongs to.
func (s *Service) NewChest(about string) (*Chest, Lid, error) {
	key := fresh(secretSize)
	box, by, err := s.vault.SealSecret("list "+about, key)
	if err != nil {
		return nil, Lid{}, err
	}
	c, err := chestOf(key)
	return c, Lid{box, by}, err
}

// OpenChest opens a chest by its lid.
func (s *Service) OpenChest(about string, l Lid) (*Chest, error) {
	key, err := s.vault.OpenSecret("list "+about, l.Box, l.By)
	if err != nil {
		return nil, fmt.Errorf("opening the lid of %s: %w", about, err)
	}
	return chestOf(key)
}

// NewestLid is the number of the master key a new lid would lie under.
func (s *Service) NewestLid() int64 { return s.vault.SecretKey() }

// Relid seals a lid under the newest master key.
func (s *Service) Relid(about string, l Lid) (Lid, error) {
	key, err := s.vault.OpenSecret("list "+about, l.Box, l.By)
	if err != nil {
		return l, fmt.Errorf("opening the lid of %s: %w", about, err)
	}
	l.Box, l.By, err = s.vault.SealSecret("list "+about, key)
	return l, err
}

func chestOf(key []byte) (*Chest, error) {
	aead, err := gcm(key)
	return &Chest{aead, manyChances()}, err
}

// Seal seals what stands at a place of the list; moved to another place it does not open.
func (c *Chest) Seal(place int64, plain []byte) []byte {
	n := c.aead.NonceSize()
	sealed := make([]byte, n, n+len(plain)+c.aead.Overhead())
	copy(sealed, c.chance(n))
	return c.aead.Seal(sealed, sealed, plain, binary.BigEndian.AppendUint64(nil, uint64(place)))
}

// Open opens what Seal gave.
func (c *Chest) Open(place int64, box []byte) ([]byte, error) {
	n := c.aead.NonceSize()
	if len(box) < n {
		return nil, errors.New("a sealed row is too short")
	}
	return c.aead.Open(nil, box[:n], box[n:], binary.BigEndian.AppendUint64(nil, uint64(place)))
}
