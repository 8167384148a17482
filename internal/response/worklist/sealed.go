package worklist

import (
	"fmt"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// SealedColumns are the columns in which working lists are sealed: their keys, their lines and their cells.
func (s *Service) SealedColumns() []registry.SealedColumn {
	return []registry.SealedColumn{
		{Table: "work_list", Column: "lid", Look: s.lookAt(""), Under: func(tx *store.Tx, key int64) (int64, error) {
			return store.Count(tx, "select count(*) from work_list where lid_by = $1", key)
		}},
		{Table: "work_row", Column: "sealed", Look: s.lookAt("select no, -1, sealed from work_row where list = $1 order by no")},
		{Table: "work_cell", Column: "sealed", Look: s.lookAt("select no, col, sealed from work_cell where list = $1 order by no, col")},
	}
}

// lookAt looks at one list after the other, and at what a query finds in it; without a query at its key alone.
func (s *Service) lookAt(query string) func(*store.Tx, string, func(string, error)) (string, error) {
	return func(tx *store.Tx, after string, tell func(string, error)) (string, error) {
		var past outbreak.WorkListID
		if after != "" {
			var err error
			if past, err = outbreak.ParseID[outbreak.WorkListID](after); err != nil {
				return "", err
			}
		}
		l, is, err := store.One(tx, scanList, "select "+listColumns+" from work_list where lid_by <> 0 and id > $1 order by id limit 1", past)
		if err != nil || !is {
			return "", err
		}
		here := l.ID.String()
		chest, shut := s.registry.OpenChest(l.chest(), l.lid)
		if query == "" {
			tell(here, shut)
			return here, nil
		}
		return here, store.Each(tx, func(r store.Row) error {
			var no, column int
			var box []byte
			if err := r.Scan(&no, &column, &box); err != nil {
				return err
			}
			err := shut
			if err == nil {
				_, err = chest.Open(place(no, column), box)
			}
			tell(fmt.Sprintf("%s line %d", here, no), err)
			return nil
		}, query, l.ID)
	}
}
