package registry

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Range is a run of roll numbers that belongs to one community; numbers from Next on are not given yet.
type Range struct {
	First  int64
	Last   int64
	Next   int64
	AreaID outbreak.AreaID
	Area   outbreak.Path
}

const rangeColumns = "first, last, next, area_id, area"

func scanRange(r store.Row) (x Range, err error) {
	err = r.Scan(&x.First, &x.Last, &x.Next, &x.AreaID, &x.Area)
	return x, err
}

// RangesBelow lists the ranges of a subtree in the order of numbers.
func RangesBelow(tx *store.Tx, path outbreak.Path) ([]Range, error) {
	return store.List(tx, scanRange, "select "+rangeColumns+" from roll_range where area >= $1 and area < $2 order by first", path, path.Upto())
}

// CountRoll counts the people on the roll of a subtree, each once.
func CountRoll(tx *store.Tx, path outbreak.Path) (int, error) {
	return CountRollOf(tx, []outbreak.Path{path})
}

// CheckRoll counts people whose number lies outside every range of their area, and numbers that were given and are nobody's:
// none, in a sound registry.
func CheckRoll(tx *store.Tx) (int64, error) {
	outside, err := store.Count(tx, `select count(*) from person p where p.on_roll = 1 and not exists
		(select 1 from roll_range r where r.area_id = p.area_id and p.no >= r.first and p.no < r.next)`)
	if err != nil {
		return 0, err
	}
	nobody, err := store.Count(tx, `select coalesce(sum(r.next - r.first), 0) - (select count(*) from person where on_roll = 1) from roll_range r`)
	return outside + max(nobody, -nobody), err
}

// room makes sure that want more people find numbers in an area, and gives how many numbers it added.
func (s *Service) room(tx *store.Tx, a Area, want int) (int, error) {
	free, err := store.Count(tx, "select coalesce(sum(last - next + 1), 0) from roll_range where area = $1", a.Path)
	if err != nil || int(free) >= want {
		return 0, err
	}
	last, err := store.Count(tx, "select last from roll_range order by first desc limit 1")
	if err != nil {
		return 0, err
	}
	size := int64(want) - free
	size += max(size/8, 16)
	if last+size >= WalkIn {
		return 0, outbreak.Refuse(outbreak.Conflict, "registry.roll_full")
	}
	return int(size), tx.Must("insert into roll_range (first, last, area_id, area, next) values ($1, $2, $3, $4, $5)", last+1, last+size, a.ID, a.Path, last+1)
}

// numbers gives the free numbers of one area, ascending. What it gave is kept at the end, with one statement a range.
type numbers struct {
	service *Service
	area    Area
	free    []Range // with numbers left when they were read
	given   []bool  // which of them gave any
	coming  int     // people who may still ask
}

// numbersOf reads the free numbers of areas, for as many people as are coming to each.
func (s *Service) numbersOf(tx *store.Tx, areas map[outbreak.Path]Area, coming map[outbreak.Path]int) (map[outbreak.Path]*numbers, error) {
	found := make(map[outbreak.Path]*numbers, len(areas))
	for path, a := range areas {
		found[path] = &numbers{service: s, area: a, coming: coming[path]}
	}
	err := inParts(slices.Collect(maps.Keys(areas)), func(in string, args []any) error {
		return store.Each(tx, func(r store.Row) error {
			x, err := scanRange(r)
			if err == nil {
				found[x.Area].free = append(found[x.Area].free, x)
			}
			return err
		}, "select "+rangeColumns+" from roll_range where area in ("+in+") and next <= last order by first", args...)
	})
	if err != nil {
		return nil, fmt.Errorf("looking for free numbers on the roll: %w", err)
	}
	for _, n := range found {
		n.given = make([]bool, len(n.free))
	}
	return found, nil
}

// take gives the next number, making room for everybody who is still coming when there is none.
func (n *numbers) take(tx *store.Tx) (int64, error) {
	for range 2 {
		for i := range n.free {
			if x := &n.free[i]; x.Next <= x.Last {
				x.Next++
				n.given[i] = true
				n.coming--
				return x.Next - 1, nil
			}
		}
		if err := n.keep(tx); err != nil {
			return 0, err
		}
		if _, err := n.service.room(tx, n.area, max(n.coming, 64)); err != nil {
			return 0, err
		}
		more, err := n.service.numbersOf(tx, map[outbreak.Path]Area{n.area.Path: n.area}, map[outbreak.Path]int{n.area.Path: n.coming})
		if err != nil {
			return 0, err
		}
		*n = *more[n.area.Path]
	}
	return 0, errors.New("no number on the roll after making room")
}

// keep writes how far the numbers were given.
func (n *numbers) keep(tx *store.Tx) error {
	for i, x := range n.free {
		if !n.given[i] {
			continue
		}
		if err := tx.Must("update roll_range set next = $1 where first = $2", x.Next, x.First); err != nil {
			return fmt.Errorf("keeping how far the roll is filled: %w", err)
		}
		n.given[i] = false
	}
	return nil
}
