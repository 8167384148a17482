package registry

import (
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

// RangesBelow lists the ranges of a subtree in the order of numbers.
func RangesBelow(tx *store.Tx, path outbreak.Path) ([]Range, error) {
	return store.List(tx, func(r store.Row) (x Range, err error) {
		err = r.Scan(&x.First, &x.Last, &x.Next, &x.AreaID, &x.Area)
		return x, err
	}, "select first, last, next, area_id, area from roll_range where area >= $1 and area < $2 order by first", path, path.Upto())
}

// RollBelow calls do with every number on the roll of a subtree, ascending.
func RollBelow(tx *store.Tx, path outbreak.Path, do func(no int64) error) error {
	ranges, err := RangesBelow(tx, path)
	if err != nil {
		return err
	}
	for _, x := range ranges {
		err := store.Each(tx, func(r store.Row) error {
			var no int64
			if err := r.Scan(&no); err != nil {
				return err
			}
			return do(no)
		}, "select no from person where no >= $1 and no < $2 and on_roll = 1 order by no", x.First, x.Next)
		if err != nil {
			return err
		}
	}
	return nil
}

// CountRoll counts the people on the roll of a subtree.
func CountRoll(tx *store.Tx, path outbreak.Path) (int, error) {
	n, err := store.Count(tx, "select count(*) from person where area >= $1 and area < $2 and on_roll = 1", path, path.Upto())
	return int(n), err
}

// CheckRoll counts people whose number lies outside every range of their area: none, in a sound registry.
func CheckRoll(tx *store.Tx) (int64, error) {
	return store.Count(tx, `select count(*) from person p where p.on_roll = 1 and not exists
		(select 1 from roll_range r where r.area_id = p.area_id and p.no >= r.first and p.no < r.next)`)
}
