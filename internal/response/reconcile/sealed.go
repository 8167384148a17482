package reconcile

import (
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// SealedColumns are the columns in which lists are sealed: their keys, and their rows.
func (s *Service) SealedColumns() []registry.SealedColumn {
	return []registry.SealedColumn{
		{Table: "party_list", Column: "lid", Look: s.lookAt(func(_ *store.Tx, l PartyList, _ *registry.Chest, err error, tell func(string, error)) error {
			tell(l.ID.String(), err)
			return nil
		}), Under: func(tx *store.Tx, key int64) (int64, error) {
			return store.Count(tx, "select count(*) from party_list where lid_by = $1", key)
		}},
		{Table: "party_row", Column: "sealed", Look: s.lookAt(lookAtRows)},
	}
}

// lookAt looks at one list after the other.
func (s *Service) lookAt(do func(*store.Tx, PartyList, *registry.Chest, error, func(string, error)) error) func(*store.Tx, string, func(string, error)) (string, error) {
	return func(tx *store.Tx, after string, tell func(string, error)) (string, error) {
		var past outbreak.PartyListID
		if after != "" {
			var err error
			if past, err = outbreak.ParseID[outbreak.PartyListID](after); err != nil {
				return "", err
			}
		}
		l, is, err := store.One(tx, scanList, "select "+listColumns+" from party_list where lid_by <> 0 and id > $1 order by id limit 1", past)
		if err != nil || !is {
			return "", err
		}
		chest, shut := s.registry.OpenChest(l.chest(), l.lid)
		return l.ID.String(), do(tx, l, chest, shut, tell)
	}
}

func lookAtRows(tx *store.Tx, l PartyList, chest *registry.Chest, shut error, tell func(string, error)) error {
	return store.Each(tx, func(r store.Row) error {
		var no int64
		var box []byte
		if err := r.Scan(&no, &box); err != nil {
			return err
		}
		err := shut
		if err == nil {
			_, err = chest.Open(no, box)
		}
		tell(l.ID.String()+" row "+itoa(int(no)), err)
		return nil
	}, "select no, sealed from party_row where list = $1 order by no", l.ID)
}
