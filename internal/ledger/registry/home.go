package registry

import (
	"fmt"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Home is the door somebody lives behind; empty when nobody said, or when the person was erased.
type Home struct {
	Household outbreak.HouseholdID `json:"household"`
	Building  string               `json:"building"`
	Door      string               `json:"door"`
}

// HomesOf finds the doors of people by their numbers.
func HomesOf(tx *store.Tx, nos []int64) (map[int64]Home, error) {
	homes := make(map[int64]Home, len(nos))
	for len(nos) > 0 {
		n := min(len(nos), 400)
		in, args := store.In(nil, nos[:n])
		err := store.Each(tx, func(r store.Row) error {
			var no int64
			var h Home
			err := r.Scan(&no, &h.Household, &h.Building, &h.Door)
			homes[no] = h
			return err
		}, "select p.no, h.id, h.building, h.door from person p join household h on h.id = p.household where p.no in ("+in+")", args...)
		if err != nil {
			return nil, fmt.Errorf("looking for the doors of people: %w", err)
		}
		nos = nos[n:]
	}
	return homes, nil
}

// NosAt lists the roll numbers of everybody in a building below an area, ascending; with an empty name, of those whose building
// nobody said.
func NosAt(tx *store.Tx, below outbreak.Path, building string) ([]int64, error) {
	if building == "" {
		return store.List(tx, store.Value[int64], `select p.no from person p left join household h on h.id = p.household
			where p.area >= $1 and p.area < $2 and p.on_roll = 1 and coalesce(h.building, '') = '' order by p.no`, below, below.Upto())
	}
	return store.List(tx, store.Value[int64], `select p.no from household h join person p on p.household = h.id
		where h.area >= $1 and h.area < $2 and h.building = $3 and p.on_roll = 1 order by p.no`, below, below.Upto(), building)
}

// NosOf lists the roll numbers of a household, ascending.
func NosOf(tx *store.Tx, id outbreak.HouseholdID) ([]int64, error) {
	return store.List(tx, store.Value[int64], "select no from person where household = $1 and on_roll = 1 order by no", id)
}
