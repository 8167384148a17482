package registry

import (
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"breakwater/internal/outbreak"
)

// secretSize is the length in bytes of every secret of a ring.
const secretSize = 32

// ring is what the key file holds: every secret of a site, each with its number and its dates.
//
// Master keys wrap the keys of people. There are several after a rotation: the newest wraps, older ones open what they
// wrapped, here until everybody is wrapped anew and in old backups for as long as those matter.
//
// Index keys make the blind indexes. They are secrets of their own, so that a rotation of the master key, which only has to
// wrap small keys anew, touches no index: an index entry can be made anew only by opening the box it was made from. The
// newest makes entries, and all older ones stay: see ukey.
//
// The signing key signs receipts of erasure and heads of the journal. Of one that was replaced the public half alone stays, to
// check what it signed.
type ring struct {
	id      string
	masters []ringKey // by number, ascending; never empty
	indexes []ringKey // by number, ascending, from 1 without a gap
	sign    ringKey
	signed  []oldSigner // by number, ascending
	split   *splitMark
	old     bool // read from a file of the first form, which held a master key alone
}

// ringKey is one secret. Numbers count from 1 and are never given twice.
type ringKey struct {
	ID      int64            `json:"id"`
	Made    outbreak.Instant `json:"made"`
	Retired outbreak.Instant `json:"retired"` // when nobody in the database needed it any more; 0: in use
	Secret  hexadecimal      `json:"secret"`

	wrap  cipher.AEAD // of a master key
	proof []byte      // of a master key: tells it from another without giving it away
	macs  *digesters  // of an index key
}

// oldSigner is what stays of a signing key that was replaced.
type oldSigner struct {
	ID      int64            `json:"id"`
	Made    outbreak.Instant `json:"made"`
	Retired outbreak.Instant `json:"retired"`
	Public  hexadecimal      `json:"public"`
}

// splitMark remembers the last recovery copy: the file alone does not tell who holds what.
type splitMark struct {
	ID     string           `json:"id"`
	At     outbreak.Instant `json:"at"`
	Shares int              `json:"shares"`
	Need   int              `json:"need"`
	Holds  []string         `json:"holds"` // names of the keys in the copy
}

// ringText is the form of the file.
type ringText struct {
	Form   int         `json:"breakwater_key_ring"`
	Ring   string      `json:"ring"`
	Master []ringKey   `json:"master"`
	Index  []ringKey   `json:"index"`
	Sign   ringKey     `json:"sign"`
	Signed []oldSigner `json:"signed,omitempty"`
	Split  *splitMark  `json:"split,omitempty"`
}

const ringForm = 2

// hexadecimal is a secret in a text file.
type hexadecimal []byte

// MarshalText writes hexadecimal digits.
func (h hexadecimal) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

// UnmarshalText reads them.
func (h *hexadecimal) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil {
		return errors.New("a secret is not hexadecimal") // without the text: it is one
	}
	*h = b
	return nil
}

// spoken is Crockford's base 32: no I, L, O and U, which are misread.
var spoken = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// ringIDSize is the length of a ring's name before it is spoken: eight characters.
const ringIDSize = 5

// newRing makes a ring of fresh secrets.
func newRing(now outbreak.Instant) (*ring, error) {
	r := &ring{id: spoken.EncodeToString(fresh(ringIDSize)), masters: []ringKey{freshKey(1, now)}, indexes: []ringKey{freshKey(1, now)}, sign: freshKey(1, now)}
	return r, r.prepare()
}

func fresh(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

func freshKey(id int64, now outbreak.Instant) ringKey {
	return ringKey{ID: id, Made: now, Secret: fresh(secretSize)}
}

// ringOfOne makes the ring of a master key of the first form: everything else is derived from it, as it always was.
func ringOfOne(master []byte) (*ring, error) {
	if len(master) != secretSize {
		return nil, fmt.Errorf("the master key has %d bytes instead of %d", len(master), secretSize)
	}
	r := &ring{masters: []ringKey{{ID: 1, Secret: master}}, indexes: []ringKey{{ID: 1}}, sign: ringKey{ID: 1}, old: true}
	var err error
	if r.indexes[0].Secret, err = derive(master, "index"); err != nil {
		return nil, err
	}
	if r.sign.Secret, err = derive(master, "sign"); err != nil {
		return nil, err
	}
	name, err := derive(master, "ring")
	if err != nil {
		return nil, err
	}
	r.id = spoken.EncodeToString(name[:ringIDSize])
	return r, r.prepare()
}

func derive(secret []byte, what string) ([]byte, error) {
	return hkdf.Key(sha256.New, secret, nil, "breakwater "+what, secretSize)
}

// prepare checks a ring and makes its ciphers.
func (r *ring) prepare() error {
	if len(r.masters) == 0 || len(r.indexes) == 0 || len(r.id) == 0 {
		return errors.New("the key ring is not whole")
	}
	for i, k := range r.indexes {
		if k.ID != int64(i+1) {
			return fmt.Errorf("index key %d is missing from the key ring", i+1)
		}
	}
	for _, k := range slices.Concat(r.masters, r.indexes, []ringKey{r.sign}) {
		if len(k.Secret) != secretSize || k.ID < 1 {
			return fmt.Errorf("key %d of the key ring has %d bytes instead of %d", k.ID, len(k.Secret), secretSize)
		}
	}
	for _, old := range r.signed {
		if len(old.Public) != ed25519.PublicKeySize {
			return fmt.Errorf("public key %d of the key ring has %d bytes instead of %d", old.ID, len(old.Public), ed25519.PublicKeySize)
		}
	}
	for i := range r.indexes {
		r.indexes[i].macs = &digesters{}
	}
	for i := range r.masters {
		k := &r.masters[i]
		if i > 0 && k.ID <= r.masters[i-1].ID {
			return errors.New("the master keys of the key ring are not in the order of their numbers")
		}
		secret, err := derive(k.Secret, "wrap")
		if err != nil {
			return err
		}
		if k.wrap, err = gcm(secret); err != nil {
			return err
		}
		if k.proof, err = derive(k.Secret, "proof"); err != nil {
			return err
		}
	}
	return nil
}

// text writes the file.
func (r *ring) text() ([]byte, error) {
	t := ringText{Form: ringForm, Ring: r.id, Master: r.masters, Index: r.indexes, Sign: r.sign, Signed: r.signed, Split: r.split}
	b, err := json.MarshalIndent(t, "", "  ")
	return append(b, '\n'), err
}

// readRing reads a file of this form or of the first, 64 hexadecimal digits.
func readRing(text []byte) (*ring, error) {
	trimmed := strings.TrimSpace(string(text))
	if !strings.HasPrefix(trimmed, "{") {
		master, err := hex.DecodeString(trimmed)
		if err != nil || len(master) != secretSize {
			return nil, errors.New("it holds neither a key ring nor 64 hexadecimal digits")
		}
		return ringOfOne(master)
	}
	var t ringText
	if err := json.Unmarshal([]byte(trimmed), &t); err != nil {
		return nil, errors.New("the key ring is torn") // the cause could quote a secret
	}
	if t.Form != ringForm {
		return nil, fmt.Errorf("the key ring has form %d, this program reads %d", t.Form, ringForm)
	}
	r := &ring{id: t.Ring, masters: t.Master, indexes: t.Index, sign: t.Sign, signed: t.Signed, split: t.Split}
	return r, r.prepare()
}

// clone gives a ring whose lists can be changed.
func (r *ring) clone() *ring {
	c := *r
	c.masters, c.indexes, c.signed = slices.Clone(r.masters), slices.Clone(r.indexes), slices.Clone(r.signed)
	return &c
}

// master finds a master key; nil when the ring does not hold it.
func (r *ring) master(id int64) *ringKey {
	for i := range r.masters {
		if r.masters[i].ID == id {
			return &r.masters[i]
		}
	}
	return nil
}

// newest is the master key that wraps.
func (r *ring) newest() *ringKey { return &r.masters[len(r.masters)-1] }

// newestIndex is the number of the index key that makes entries.
func (r *ring) newestIndex() int64 { return int64(len(r.indexes)) }

// signing gives the key that signs.
func (r *ring) signing() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(r.sign.Secret) }

// names lists the keys of the ring, to compare with those of a recovery copy.
func (r *ring) names() (names []string) {
	for _, k := range r.masters {
		names = append(names, fmt.Sprintf("master %d", k.ID))
	}
	for _, k := range r.indexes {
		names = append(names, fmt.Sprintf("index %d", k.ID))
	}
	return append(names, fmt.Sprintf("sign %d", r.sign.ID))
}

// follows tells whether the ring can stand in the place of another: it is the same site's, and what both hold is the same.
func (r *ring) follows(before *ring) bool {
	if r.id != before.id {
		return false
	}
	shared := 0
	for _, k := range before.masters {
		if mine := r.master(k.ID); mine != nil {
			if !slices.Equal(mine.Secret, k.Secret) {
				return false
			}
			shared++
		}
	}
	return shared > 0
}
