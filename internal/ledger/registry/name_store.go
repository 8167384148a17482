package registry

import (
	"fmt"
	"maps"
	"slices"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// filing is what a transaction does to the index of names: of each area whom it takes out and what it adds.
type filing map[outbreak.AreaID]*areaFiling

type areaFiling struct {
	gone  map[int64]bool
	added []entry
}

func (f filing) of(area outbreak.AreaID) *areaFiling {
	a := f[area]
	if a == nil {
		a = &areaFiling{gone: map[int64]bool{}}
		f[area] = a
	}
	return a
}

// drop takes somebody out, whatever he was filed under.
func (f filing) drop(area outbreak.AreaID, no int64) { f.of(area).gone[no] = true }

// add puts somebody in.
func (f filing) add(area outbreak.AreaID, no int64, digests []uint32) {
	a := f.of(area)
	for _, d := range digests {
		a.added = append(a.added, newEntry(d, no))
	}
}

// write brings the index to what was filed, an area at a time.
func (f filing) write(tx *store.Tx) error {
	areas, err := nameAreas(tx, slices.Collect(maps.Keys(f)))
	if err != nil {
		return err
	}
	tails, err := tailsOf(tx, areas)
	if err != nil {
		return err
	}
	var full, sizes [][]any
	var empty []int64
	for _, id := range slices.Sorted(maps.Keys(f)) {
		was := areas[id]
		portions, now, err := f[id].change(tx, id, was, tails[id])
		if err != nil {
			return fmt.Errorf("filing names: %w", err)
		}
		if now != was {
			sizes = append(sizes, []any{id, now.bits, now.entries, now.tail})
		}
		for _, portion := range slices.Sorted(maps.Keys(portions)) {
			if list := portions[portion]; len(list) > 0 {
				full = append(full, []any{portion, packEntries(list)})
			} else {
				empty = append(empty, portion)
			}
		}
	}
	if err := inParts(empty, func(in string, args []any) error {
		_, err := tx.Exec("delete from name_entry where id in ("+in+")", args...)
		return err
	}); err != nil {
		return fmt.Errorf("filing names: %w", err)
	}
	if err := tx.Put("name_entry", []string{"id", "entries"}, "id", full); err != nil {
		return fmt.Errorf("filing names: %w", err)
	}
	return tx.Put("name_area", []string{"area_id", "bits", "entries", "tail"}, "area_id", sizes)
}

// change reads what of an area has to be changed and gives it changed; an empty portion is one to take away.
func (f *areaFiling) change(tx *store.Tx, id outbreak.AreaID, was nameArea, tail []entry) (map[int64][]entry, nameArea, error) {
	f.added = ordered(f.added)
	if len(f.gone) == 0 && was.waits(len(f.added)) {
		now := was
		tail = ordered(slices.Concat(tail, f.added))
		now.tail = len(tail)
		return map[int64][]entry{tailOf(id): tail}, now, nil
	}
	for _, e := range tail {
		if !f.gone[e.no()] {
			f.added = append(f.added, e)
		}
	}
	f.added = ordered(f.added)
	now := was.fits(was.entries + len(f.added))
	old := map[int64][]entry{}
	if was.entries > 0 {
		var err error
		if now.bits != was.bits || len(f.gone) > 0 {
			old, err = allPortions(tx, id)
		} else {
			old, err = portions(tx, slices.Collect(maps.Keys(now.parted(id, f.added))))
		}
		if err != nil {
			return nil, now, err
		}
	}
	kept := slices.Clone(f.added)
	before := 0
	for _, list := range old {
		before += len(list)
		for _, e := range list {
			if !f.gone[e.no()] {
				kept = append(kept, e)
			}
		}
	}
	changed := now.parted(id, ordered(kept))
	now.entries = was.entries - before
	for _, list := range changed {
		now.entries += len(list)
	}
	for portion, list := range old {
		switch same, there := changed[portion]; {
		case !there:
			changed[portion] = nil
		case slices.Equal(same, list):
			delete(changed, portion)
		}
	}
	if was.tail > 0 {
		changed[tailOf(id)] = nil
	}
	return changed, now, nil
}

// nameAreas tells how the entries of areas lie; nothing of those that have none.
func nameAreas(tx *store.Tx, areas []outbreak.AreaID) (map[outbreak.AreaID]nameArea, error) {
	found := make(map[outbreak.AreaID]nameArea, len(areas))
	err := inParts(areas, func(in string, args []any) error {
		return store.Each(tx, func(r store.Row) error {
			var id outbreak.AreaID
			var a nameArea
			err := r.Scan(&id, &a.bits, &a.entries, &a.tail)
			found[id] = a
			return err
		}, "select area_id, bits, entries, tail from name_area where area_id in ("+in+")", args...)
	})
	if err != nil {
		return nil, fmt.Errorf("asking how names are filed: %w", err)
	}
	return found, nil
}

// tailsOf reads what waits in areas.
func tailsOf(tx *store.Tx, areas map[outbreak.AreaID]nameArea) (map[outbreak.AreaID][]entry, error) {
	var rows []int64
	for id, a := range areas {
		if a.tail > 0 {
			rows = append(rows, tailOf(id))
		}
	}
	lists, err := portions(tx, rows)
	tails := make(map[outbreak.AreaID][]entry, len(lists))
	for row, list := range lists {
		tails[outbreak.AreaID(-row)] = list
	}
	return tails, err
}

// portions reads rows of the index.
func portions(tx *store.Tx, ids []int64) (map[int64][]entry, error) {
	found := make(map[int64][]entry, len(ids))
	err := inParts(ids, func(in string, args []any) error {
		return store.Each(tx, into(found), "select id, entries from name_entry where id in ("+in+")", args...)
	})
	return found, err
}

// allPortions reads all portions of an area.
func allPortions(tx *store.Tx, area outbreak.AreaID) (map[int64][]entry, error) {
	found := map[int64][]entry{}
	from, upto := portionsOf(area)
	return found, store.Each(tx, into(found), "select id, entries from name_entry where id >= $1 and id < $2", from, upto)
}

func into(found map[int64][]entry) func(store.Row) error {
	return func(r store.Row) error {
		var id int64
		var packed []byte
		if err := r.Scan(&id, &packed); err != nil {
			return err
		}
		var err error
		found[id], err = unpackEntries(packed)
		return err
	}
}

// filedIn gives the digests of everybody in an area, by number, in order.
func filedIn(tx *store.Tx, area outbreak.AreaID) (map[int64][]uint32, error) {
	all, err := allPortions(tx, area)
	if err != nil {
		return nil, fmt.Errorf("reading the index of names: %w", err)
	}
	tail, err := portions(tx, []int64{tailOf(area)})
	if err != nil {
		return nil, fmt.Errorf("reading the index of names: %w", err)
	}
	list := tail[tailOf(area)]
	for _, portion := range all {
		list = append(list, portion...)
	}
	people := map[int64][]uint32{}
	for _, e := range ordered(list) {
		people[e.no()] = append(people[e.no()], e.digest())
	}
	return people, nil
}
