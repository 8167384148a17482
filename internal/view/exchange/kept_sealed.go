package exchange

import (
	"strconv"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/store"
)

// SealedColumns are the columns in which lists people work on are sealed: their keys, what is known of them, and their pieces.
func (s *Service) SealedColumns() []registry.SealedColumn {
	return []registry.SealedColumn{
		{Table: "kept_list", Column: "lid", Look: s.lookAtKept(""), Under: func(tx *store.Tx, key int64) (int64, error) {
			return store.Count(tx, "select count(*) from kept_list where lid_by = $1", key)
		}},
		{Table: "kept_list", Column: "head", Look: s.lookAtKept("select -1, head from kept_list where id = $1")},
		{Table: "kept_piece", Column: "box", Look: s.lookAtKept("select place, box from kept_piece where list = $1 order by place")},
	}
}

// lookAtKept looks at one list after the other, and at what a query finds in it; without a query at its key alone.
func (s *Service) lookAtKept(query string) func(*store.Tx, string, func(string, error)) (string, error) {
	return func(tx *store.Tx, after string, tell func(string, error)) (string, error) {
		k, is, err := store.One(tx, scanLid, "select id, lid, lid_by from kept_list where id > $1 order by id limit 1", after)
		if err != nil || !is {
			return "", err
		}
		chest, shut := s.rooms.Registry.OpenChest(k.chest(), k.lid)
		if query == "" {
			tell(k.ID, shut)
			return k.ID, nil
		}
		return k.ID, store.Each(tx, func(r store.Row) error {
			var place int64
			var box []byte
			if err := r.Scan(&place, &box); err != nil {
				return err
			}
			err := shut
			if err == nil {
				_, err = chest.Open(place, box)
			}
			tell(k.ID+" piece "+strconv.FormatInt(place, 10), err)
			return nil
		}, query, k.ID)
	}
}
