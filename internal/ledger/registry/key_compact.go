package registry

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"time"

	"breakwater/internal/outbreak"
)

// What a recovery copy splits: the ring with nothing that is not needed, because somebody may have to type it. Form, name of
// the ring; for each key its kind, number, day it was made, day it was retired and secret (public half of a signing key that
// was replaced); eight bytes of digest, by which a joined copy is known to be true.
const (
	compactForm = 1
	compactKey  = 1 + 1 + 2 + 2 + secretSize
	compactSum  = 8
)

func (r *ring) compact() []byte {
	name, err := spoken.DecodeString(r.id)
	if err != nil {
		panic("the name of a ring is made by the same alphabet")
	}
	b := append([]byte{compactForm}, name...)
	add := func(kind byte, k ringKey) {
		b = append(b, kind, byte(k.ID))
		b = binary.BigEndian.AppendUint16(b, dayOf(k.Made))
		b = binary.BigEndian.AppendUint16(b, dayOf(k.Retired))
		b = append(b, k.Secret...)
	}
	for _, k := range r.masters {
		add('m', k)
	}
	for _, k := range r.indexes {
		add('i', k)
	}
	for _, old := range r.signed { // before the one in use, which a program that does not know them takes last
		add('p', ringKey{ID: old.ID, Made: old.Made, Retired: old.Retired, Secret: old.Public})
	}
	add('s', r.sign)
	sum := sha256.Sum256(b)
	return append(b, sum[:compactSum]...)
}

func dayOf(at outbreak.Instant) uint16 {
	return uint16(time.Duration(at) * time.Millisecond / dayLength)
}

func ofDay(day uint16) outbreak.Instant {
	return outbreak.Instant(time.Duration(day) * dayLength / time.Millisecond)
}

func readCompact(b []byte) (*ring, error) {
	if len(b) < 1+ringIDSize+compactSum {
		return nil, errors.New("the copy is too short")
	}
	body, sum := b[:len(b)-compactSum], b[len(b)-compactSum:]
	if want := sha256.Sum256(body); !bytes.Equal(want[:compactSum], sum) || body[0] != compactForm {
		return nil, errors.New("the copy is not true")
	}
	r := &ring{id: spoken.EncodeToString(body[1 : 1+ringIDSize])}
	for body = body[1+ringIDSize:]; len(body) >= compactKey; body = body[compactKey:] {
		k := ringKey{ID: int64(body[1]), Made: ofDay(binary.BigEndian.Uint16(body[2:])), Retired: ofDay(binary.BigEndian.Uint16(body[4:])),
			Secret: bytes.Clone(body[6:compactKey])}
		switch body[0] {
		case 'm':
			r.masters = append(r.masters, k)
		case 'i':
			r.indexes = append(r.indexes, k)
		case 'p': // it signed until the end of the day
			r.signed = append(r.signed, oldSigner{ID: k.ID, Made: k.Made, Retired: k.Retired.Add(dayLength) - 1, Public: k.Secret})
		default:
			r.sign = k
		}
	}
	return r, r.prepare()
}

// lonely refuses a file that is there: a key is never written over.
func lonely(file string) error {
	_, err := os.Lstat(file)
	switch {
	case err == nil:
		return outbreak.Refuse(outbreak.Conflict, "registry.file_there", "file", file)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return err
}
