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
	waits bool // what is added is put into the portions later
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
	old, err := f.read(tx, areas, tails)
	if err != nil {
		return fmt.Errorf("filing names: %w", err)
	}
	var full, sizes [][]any
	var empty []int64
	for _, id := range slices.Sorted(maps.Keys(f)) {
		was := areas[id]
		portions, now := f[id].change(id, was, tails[id], old[id])
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

// read reads what of areas has to be changed, once what waits and is to be put with it is added.
func (f filing) read(tx *store.Tx, areas map[outbreak.AreaID]nameArea, tails map[outbreak.AreaID][]entry) (map[outbreak.AreaID]map[int64][]entry, error) {
	old := make(map[outbreak.AreaID]map[int64][]entry, len(f))
	of := map[int64]outbreak.AreaID{}
	for id, a := range f {
		was := areas[id]
		a.added = ordered(a.added)
		if a.waits = len(a.gone) == 0 && was.waits(len(a.added)); a.waits {
			continue
		}
		for _, e := range tails[id] {
			if !a.gone[e.no()] {
				a.added = append(a.added, e)
			}
		}
		a.added = ordered(a.added)
		old[id] = map[int64][]entry{}
		switch now := was.fits(was.entries + len(a.added)); {
		case was.entries == 0:
		case now.bits != was.bits || len(a.gone) > 0:
			var err error
			if old[id], err = allPortions(tx, id); err != nil {
				return nil, err
			}
		default:
			for portion := range now.parted(id, a.added) {
				of[portion] = id
			}
		}
	}
	some, err := portions(tx, slices.Collect(maps.Keys(of)))
	for portion, list := range some {
		old[of[portion]][portion] = list
	}
	return old, err
}

// change gives what of an area changes; an empty portion is one to take away.
func (f *areaFiling) change(id outbreak.AreaID, was nameArea, tail []entry, old map[int64][]entry) (map[int64][]entry, nameArea) {
	if f.waits {
		now := was
		tail = ordered(slices.Concat(tail, f.added))
		now.tail = len(tail)
		return map[int64][]entry{tailOf(id): tail}, now
	}
	now := was.fits(was.entries + len(f.added))
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
	return changed, now
}

// nameAreas tells how the entries of areas lie; nothing of those that have none.
func nameAreas(tx *store.Tx, areas []outbreak.AreaID) (map[outbreak.AreaID]nameArea, error) {
	found := make(map[outbreak.AreaID]nameArea, len(areas))
	err := store.Lookup(tx, func(r store.Row) error {
		var id outbreak.AreaID
		var a nameArea
		err := r.Scan(&id, &a.bits, &a.entries, &a.tail)
		found[id] = a
		return err
	}, store.Asked{Columns: "area_id, bits, entries, tail", Table: "name_area", By: "area_id"}, areas)
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
	return found, store.Lookup(tx, into(found), store.Asked{Columns: "id, entries", Table: "name_entry", By: "id"}, ids)
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
