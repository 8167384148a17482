package registry

import (
	"fmt"
	"slices"
	"sync"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// keyMemory finds in memory who is filed by a key. As rows of a table these digests lie by chance: each would read and write a page of its
// own, and the more people there are the slower whoever comes would be filed. It holds nothing that is not in link_filed, whose rows it
// reads in the order of seq; what it has not read yet is looked at in the turn to write. It takes 8 bytes a key, about 60 a person.
//
// A person is known by his place here, and a key by 48 bits of it: 16 name its bucket, 32 stand in it before the place. Whom a chance likeness
// leads to is compared like any other. Of somebody who was filed anew what he was filed with before stays, until the next start, unless it was
// this server that changed him: it leads to somebody who is compared as he is now.
type keyMemory struct {
	follows sync.Mutex // one reads on at a time
	mu      sync.RWMutex
	upto    int64 // of link_filed
	people  []outbreak.PersonID
	buckets [][]uint64
	entries int
}

const (
	keyBuckets = 1 << 16
	bucketStep = 16 // entries by which a bucket grows
)

// filedRow is somebody who was filed.
type filedRow struct {
	seq    int64
	person outbreak.PersonID
	keys   []int64
}

// filedAfter reads who was filed after a row.
func filedAfter(tx *store.Tx, seq int64, do func(filedRow)) error {
	return store.Each(tx, func(r store.Row) error {
		var f filedRow
		var packed []byte
		var keys int
		if err := r.Scan(&f.seq, &f.person, &packed, &keys); err != nil {
			return err
		}
		f.keys = unpackTokens(packed)
		if keys >= 0 {
			f.keys = f.keys[:min(keys, len(f.keys))]
		}
		do(f)
		return nil
	}, "select seq, person, tokens, keys from link_filed where seq > $1 and tokens is not null order by seq", seq)
}

// follow reads on, as far as a reader's picture reaches.
func (m *keyMemory) follow(tx *store.Tx) error {
	m.follows.Lock()
	defer m.follows.Unlock()
	upto, err := lastFiled(tx)
	if err != nil || upto <= m.upto {
		return err
	}
	const together = 10_000 // so that who looks meanwhile does not wait for all
	var list []filedRow
	if err := filedAfter(tx, m.upto, func(f filedRow) {
		if list = append(list, f); len(list) >= together {
			m.take(list)
			list = list[:0]
		}
	}); err != nil {
		return fmt.Errorf("reading who is filed by keys: %w", err)
	}
	m.take(list)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.upto = max(m.upto, upto)
	return nil
}

// lastFiled is the number of who was filed last; who is filed anew gets the next.
func lastFiled(tx *store.Tx) (int64, error) {
	return store.Count(tx, "select coalesce(max(seq), 0) from link_filed")
}

// take files people who were filed.
func (m *keyMemory) take(list []filedRow) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.buckets == nil {
		m.buckets = make([][]uint64, keyBuckets)
	}
	for _, f := range list {
		m.upto = f.seq
		m.people = append(m.people, f.person)
		for _, k := range f.keys {
			m.file(k, uint64(len(m.people)-1))
		}
	}
}

// file puts a place under a key, unless so many are there that nobody is compared because of it.
func (m *keyMemory) file(key int64, place uint64) {
	at, mark := uint64(key)>>48, uint64(key)<<16>>32<<32
	bucket := m.buckets[at]
	same := 0
	for _, e := range bucket {
		if e>>32<<32 == mark {
			same++
		}
	}
	if same >= mostSharing {
		return
	}
	if len(bucket) == cap(bucket) {
		bucket = append(make([]uint64, 0, len(bucket)+max(bucketStep, len(bucket)/8)), bucket...)
	}
	m.buckets[at] = append(bucket, mark|place)
	m.entries++
}

// filedUnder gives who is filed under each of some keys, and up to which row of link_filed that is.
func (m *keyMemory) filedUnder(keys []int64) (found map[int64][]outbreak.PersonID, upto int64) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	found = make(map[int64][]outbreak.PersonID, len(keys)/8)
	if m.buckets == nil {
		return found, m.upto
	}
	for _, key := range keys {
		mark := uint64(key) << 16 >> 32 << 32
		for _, e := range m.buckets[uint64(key)>>48] {
			if e>>32<<32 == mark {
				found[key] = append(found[key], m.people[uint32(e)])
			}
		}
	}
	return found, m.upto
}

// places is how many were filed up to now.
func (m *keyMemory) places() uint64 {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return uint64(len(m.people))
}

// drop takes somebody out of the first places: what he is filed with since stays.
func (m *keyMemory) drop(person outbreak.PersonID, keys []int64, places uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.buckets == nil {
		return
	}
	for _, key := range keys {
		at, mark := uint64(key)>>48, uint64(key)<<16>>32<<32
		before := len(m.buckets[at])
		m.buckets[at] = slices.DeleteFunc(m.buckets[at], func(e uint64) bool {
			place := uint64(uint32(e))
			return e>>32<<32 == mark && place < places && m.people[place] == person
		})
		m.entries -= before - len(m.buckets[at])
	}
}
