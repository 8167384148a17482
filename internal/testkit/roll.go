package testkit

import (
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// RollBelow calls do with every number on the roll of a subtree, ascending. Whoever has one of the numbers given in a range is on the roll.
func RollBelow(tx *store.Tx, path outbreak.Path, do func(no int64) error) error {
	ranges, err := store.List(tx, func(r store.Row) (x [2]int64, err error) {
		err = r.Scan(&x[0], &x[1])
		return x, err
	}, "select first, next from roll_range where area >= $1 and area < $2 order by first", path, path.Upto())
	if err != nil {
		return err
	}
	for _, x := range ranges {
		for no := x[0]; no < x[1]; no++ {
			if err := do(no); err != nil {
				return err
			}
		}
	}
	return nil
}
