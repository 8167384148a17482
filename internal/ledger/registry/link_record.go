package registry

import (
	"encoding/binary"
	"slices"
	"time"

	"breakwater/internal/engine/linkage"
)

// comer is somebody who comes: who is filed by keys and compared with those who are there.
type comer struct {
	Person
	document string // kind, sign and number, so that a batch is compared with itself
	record   linkage.Prepared
	kinds    []linkage.KeyKind // of the keys
	forms    []int64           // digests of the keys under all index keys that are looked for, the one that is written last of each
	phones   []int64           // digests of the telephone
	papers   map[string]string // forms of the key of the document
	homes    []int64           // digests of the address
	names    []askedName
	keys     []int64 // digests he is filed with by keys
	tokens   []int64 // those, and what people who come at the same time are compared by
}

// askedName is what a name is found by in the index of names.
type askedName struct {
	digest uint32
	newest bool
}

// written gives the digest of a key that is written.
func (c *comer) written(eyes blind, key int) int64 {
	per := int(eyes.newest()-eyes.oldest) + 1
	return c.forms[key*per+per-1]
}

// comes makes somebody ready to be filed and compared. home stands for the household when it has no id yet.
func (b blind) comes(p Person, i Identity, home string) *comer {
	c := &comer{Person: p, record: linkage.Prepare(recordOf(p, i, home))}
	for _, k := range c.record.StoredKeys() {
		c.kinds = append(c.kinds, k.Kind)
		c.forms = append(c.forms, b.tokens("link "+string(k.Kind), k.Text)...)
	}
	if i.Phone != "" {
		c.phones = b.tokens("phone", i.Phone)
	}
	c.homes = b.homeTokens(p, doorOf(i.Address))
	if i.Document != "" {
		c.papers = b.ukeys([]mark{documentMark(i.DocumentKind, i.Document)})
		c.document = b.documentKey(i)
	}
	for _, part := range partsOf(i.Name) {
		if part.kind != wholeName && part.kind != soundName {
			continue
		}
		for at, digest := range b.askedDigests(part, p.AreaID) {
			c.names = append(c.names, askedName{digest, at == int(b.newest()-b.oldest)})
		}
	}
	c.keys, c.tokens = c.filedWith(b)
	return c
}

// filedWith gives all digests somebody is filed with: the keys first, then what people who come at the same time are compared by.
func (c *comer) filedWith(eyes blind) (keys, all []int64) {
	for k := range c.kinds {
		keys = append(keys, c.written(eyes, k))
	}
	all = slices.Clone(keys)
	if len(c.phones) > 0 {
		all = append(all, c.phones[len(c.phones)-1])
	}
	if c.document != "" {
		all = append(all, headOf(c.document))
	}
	for _, n := range c.names {
		if n.newest {
			all = append(all, int64(c.AreaID)<<32|int64(n.digest))
		}
	}
	return keys, all
}

// unknown tells that nothing is known by which somebody could be compared.
func (c *comer) unknown() bool {
	return len(c.kinds) == 0 && len(c.phones) == 0 && c.document == "" && len(c.names) == 0
}

// recordOf gives what is said of somebody as linkage compares it.
func recordOf(p Person, i Identity, home string) linkage.Record {
	r := linkage.Record{Phone: i.Phone, DocumentKind: i.DocumentKind, Document: i.Document, Area: string(p.Area), Household: home, Birth: linkage.Date{Year: p.BirthYear}}
	if p.Household != 0 {
		r.Household = p.Household.String()
	}
	if t, err := time.Parse(time.DateOnly, i.Birth); err == nil {
		r.Birth = linkage.Date{Year: t.Year(), Month: int(t.Month()), Day: t.Day()}
	}
	if p.Sex != "unknown" {
		r.Sex = p.Sex
	}
	name := foldName(i.Name)
	r.Name.Words = name
	if name.han() {
		r.Name.Readings = readings(name.whole())
	}
	return r
}

// packTokens writes digests as they are kept.
func packTokens(tokens []int64) []byte {
	packed := make([]byte, 0, 8*len(tokens))
	for _, t := range tokens {
		packed = binary.BigEndian.AppendUint64(packed, uint64(t))
	}
	return packed
}

func unpackTokens(packed []byte) []int64 {
	tokens := make([]int64, len(packed)/8)
	for i := range tokens {
		tokens[i] = int64(binary.BigEndian.Uint64(packed[8*i:]))
	}
	return tokens
}
