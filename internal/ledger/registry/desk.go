package registry

import (
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Desk answers what is asked of every tube and every member that comes in, from memory: where a serial was issued, and whose
// number is on the roll. Both only ever grow, so that what it finds is true; what it does not find it asks the tables, and keeps
// once that is on disk.
type Desk struct {
	mu     sync.RWMutex
	boxes  []Box   // by length and first serial
	ranges []Range // by first number; nil: not read yet
}

// Boxes finds the boxes of serials, the zero box for those nobody issued.
func (d *Desk) Boxes(tx *store.Tx, codes []outbreak.TubeCode) (map[outbreak.TubeCode]Box, error) {
	found := make(map[outbreak.TubeCode]Box, len(codes))
	var missing []outbreak.TubeCode
	d.mu.RLock()
	for _, c := range codes {
		if b, ok := d.box(c); ok {
			found[c] = b
		} else {
			missing = append(missing, c)
		}
	}
	d.mu.RUnlock()
	if len(missing) == 0 {
		return found, nil
	}
	asked, err := BoxesOf(tx, missing)
	if err != nil {
		return nil, err
	}
	maps.Copy(found, asked)
	tx.AfterCommit(func() { d.learn(asked) })
	return found, nil
}

func (d *Desk) learn(boxes map[outbreak.TubeCode]Box) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, b := range boxes {
		if b.First == "" {
			continue
		}
		if at, there := slices.BinarySearchFunc(d.boxes, b, byFirst); !there {
			d.boxes = slices.Insert(d.boxes, at, b)
		}
	}
}

func (d *Desk) box(code outbreak.TubeCode) (Box, bool) {
	i := sort.Search(len(d.boxes), func(i int) bool { return byFirst(d.boxes[i], Box{First: code}) > 0 }) - 1
	if i < 0 || len(d.boxes[i].First) != len(code) || code > d.boxes[i].Last {
		return Box{}, false
	}
	return d.boxes[i], true
}

func byFirst(a, b Box) int {
	if d := len(a.First) - len(b.First); d != 0 {
		return d
	}
	return strings.Compare(string(a.First), string(b.First))
}

// Unrolled picks from numbers those that are on no roll, with the people who have them: walk-ins. A number nobody has is there
// with the zero Person.
func (d *Desk) Unrolled(tx *store.Tx, nos []int64) (map[int64]Person, error) {
	d.mu.RLock()
	ranges := d.ranges
	d.mu.RUnlock()
	if ranges == nil {
		var err error
		if ranges, err = d.reload(tx); err != nil {
			return nil, err
		}
	}
	var missing []int64
	at := 0
	for _, no := range nos {
		if at < len(ranges) && no >= ranges[at].First && no < ranges[at].Next { // neighbours stand in one tube
			continue
		}
		at = max(sort.Search(len(ranges), func(i int) bool { return ranges[i].First > no })-1, 0)
		if at >= len(ranges) || no < ranges[at].First || no >= ranges[at].Next {
			missing = append(missing, no)
		}
	}
	if len(missing) == 0 {
		return nil, nil
	}
	people, err := PeopleByNo(tx, missing)
	if err != nil {
		return nil, err
	}
	other, stale := make(map[int64]Person, len(missing)), false
	for _, no := range missing {
		if p := people[no]; p.OnRoll {
			stale = true
		} else {
			other[no] = p
		}
	}
	if stale {
		_, err = d.reload(tx)
	}
	return other, err
}

// reload reads the ranges anew. What is read is never changed, only replaced.
func (d *Desk) reload(tx *store.Tx) ([]Range, error) {
	ranges, err := RangesBelow(tx, "")
	if err != nil {
		return nil, err
	}
	tx.AfterCommit(func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.ranges = ranges
	})
	return ranges, nil
}
