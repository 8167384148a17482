package registry

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"sync"
)

// digester makes keyed digests one after the other: what of them is the same for all, the key's own block, is worked out once.
type digester struct {
	mac  hash.Hash
	text []byte
	sum  [sha256.Size]byte
}

// digesters keeps those of one key.
type digesters struct{ pool sync.Pool }

func newDigester(secret []byte) *digester { return &digester{mac: hmac.New(sha256.New, secret)} }

// digest is a keyed digest of a value of a kind.
func (k ringKey) digest(kind, value string) [sha256.Size]byte {
	if k.macs == nil { // of a key that is not in a ring yet
		return newDigester(k.Secret).digest(kind, value)
	}
	d, kept := k.macs.pool.Get().(*digester)
	if !kept {
		d = newDigester(k.Secret)
	}
	sum := d.digest(kind, value)
	k.macs.pool.Put(d)
	return sum
}

func (d *digester) digest(kind, value string) [sha256.Size]byte {
	d.text = append(append(append(d.text[:0], kind...), 0), value...)
	d.mac.Reset()
	d.mac.Write(d.text)
	d.mac.Sum(d.sum[:0])
	clear(d.text) // it may be somebody's name
	return d.sum
}

// token is the blind index entry of a value of a kind, under one index key; never 0, which stands for none.
func (k ringKey) token(kind, value string) int64 {
	sum := k.digest(kind, value)
	token := int64(binary.BigEndian.Uint64(sum[:]))
	if token == 0 {
		return 1
	}
	return token
}

// short is an entry of the index of names: half as long, since it only has to part the names of one area.
func (k ringKey) short(kind, value string) uint32 {
	sum := k.digest(kind, value)
	return binary.BigEndian.Uint32(sum[:])
}

// ukey is a longer keyed digest, for unique keys made of personal data. The text it was made of is not kept everywhere (the
// household of a roll's file is not), so that a newer index key digests the older digest again instead of the text: whoever
// wants to try a value needs the newest key and all before it.
func ukey(keys []ringKey, kind, value string) string {
	sum := keys[0].digest(kind, value)
	return onward(keys[1:], hex.EncodeToString(sum[:ukeySize]))
}

const ukeySize = 16

// onward brings a digest that was made under older keys under newer ones. What is no digest (of somebody who gave nothing
// to digest) stays.
func onward(newer []ringKey, made string) string {
	if len(newer) == 0 {
		return made
	}
	old, err := hex.DecodeString(made)
	if err != nil || len(old) != ukeySize {
		return made
	}
	for _, k := range newer {
		sum := k.digest("ukey", string(old))
		old = append(old[:0], sum[:ukeySize]...)
	}
	return hex.EncodeToString(old)
}

// headOf is the first half of a unique key as a number, by which it is looked for; 0 for what is no digest. The other half is
// compared where it is found.
func headOf(made string) int64 {
	if len(made) != 2*ukeySize {
		return 0
	}
	var head [8]byte
	if _, err := hex.Decode(head[:], []byte(made[:16])); err != nil {
		return 0
	}
	return int64(binary.BigEndian.Uint64(head[:]))
}
