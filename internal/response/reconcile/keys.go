package reconcile

import (
	"encoding/binary"
	"errors"
	"hash/fnv"

	"breakwater/internal/engine/match"
	"breakwater/internal/ledger/registry"
)

// By what a row of theirs was found to be a case of ours, the surest first: the levels of matching.
const (
	ByNumber    = "number"
	ByDocument  = "document"
	ByPhoneName = "phone_name"
	ByNameBirth = "name_birth"
)

// Ways lists them in the order of the levels; the first two name one case alone.
var Ways = []string{ByNumber, ByDocument, ByPhoneName, ByNameBirth}

const sureWays = 2

// numberKeys are the keys of numbers: no secret, since the numbers themselves stand beside them.
func numberKeys(numbers []string) (keys []uint64) {
	for _, n := range numbers {
		if n != "" {
			h := fnv.New64a()
			_, _ = h.Write([]byte(n)) // never fails
			keys = append(keys, h.Sum64())
		}
	}
	return keys
}

// rowOf gives the keys of a row, or of a case, as they are matched.
func rowOf(numbers []string, t registry.Traits) match.Row {
	return match.Row{numberKeys(numbers), t.Document, t.PhoneName, t.NameBirth}
}

// pack writes the keys of a row into few bytes: for each kind how many, and these.
func pack(t registry.Traits) []byte {
	b := []byte{1}
	for _, list := range [][]uint64{t.Document, t.PhoneName, t.NameBirth} {
		b = append(b, byte(len(list)))
		for _, k := range list {
			b = binary.BigEndian.AppendUint64(b, k)
		}
	}
	return b
}

var errKeys = errors.New("the keys of a row of a list are torn")

// unpack reads what pack wrote.
func unpack(b []byte) (t registry.Traits, err error) {
	if len(b) < 4 || b[0] != 1 {
		return t, errKeys
	}
	b = b[1:]
	for _, into := range []*[]uint64{&t.Document, &t.PhoneName, &t.NameBirth} {
		if len(b) < 1 || len(b) < 1+8*int(b[0]) {
			return t, errKeys
		}
		n := int(b[0])
		for i := range n {
			*into = append(*into, binary.BigEndian.Uint64(b[1+8*i:]))
		}
		b = b[1+8*n:]
	}
	return t, nil
}
