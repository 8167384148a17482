package worklist

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// SetCells is the command that writes into the own columns of a line.
type SetCells struct {
	Key    string              `json:"-"`
	List   outbreak.WorkListID `json:"list"`
	No     int                 `json:"no"`
	Values map[string]string   `json:"-"` // by column; "" empties it. They may tell of somebody, and are kept sealed alone
}

// SetCells writes own columns of a line.
func (s *Service) SetCells(ctx context.Context, by outbreak.Actor, c SetCells) (done bool, err error) {
	if err := access.RequireAnywhere(by, access.WorklistUse); err != nil {
		return false, err
	}
	said, err := json.Marshal(c.Values)
	if err != nil {
		return false, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "worklist.SetCells", Key: c.Key}, []any{c, s.registry.Sum("work cells", string(said))}, func(tx *store.Tx) (bool, error) {
		l, err := findOpen(tx, by, c.List)
		if err != nil {
			return false, err
		}
		if _, err := rowOf(tx, l, c.No); err != nil {
			return false, err
		}
		chest, err := s.registry.OpenChest(l.chest(), l.lid)
		if err != nil {
			return false, err
		}
		for at, column := range l.Columns {
			text, said := c.Values[column.Name]
			if !said {
				continue
			}
			value, err := column.valueOf(text)
			if err != nil {
				return false, err
			}
			if value == "" {
				_, err = tx.Exec("delete from work_cell where list = $1 and no = $2 and col = $3", l.ID, c.No, at)
			} else {
				_, err = tx.Exec(`insert into work_cell (list, no, col, sealed, actor, at) values ($1, $2, $3, $4, $5, $6)
					on conflict (list, no, col) do update set sealed = excluded.sealed, actor = excluded.actor, at = excluded.at`,
					l.ID, c.No, at, chest.Seal(place(c.No, at), []byte(value)), by.String(), tx.Now)
			}
			if err != nil {
				return false, err
			}
		}
		return true, nil
	})
}

// rowOf gives one line, shut.
func rowOf(tx *store.Tx, l List, no int) (Row, error) {
	r, ok, err := store.One(tx, func(r store.Row) (x Row, err error) {
		var candidates string
		if err = r.Scan(&x.No, &x.State, &x.Person, &x.Case, &candidates); err == nil {
			err = json.Unmarshal([]byte(candidates), &x.Candidates)
		}
		return x, err
	}, "select no, state, person, case_id, candidates from work_row where list = $1 and no = $2", l.ID, no)
	if err == nil && !ok {
		err = outbreak.Refuse(outbreak.NotFound, "worklist.no_row", "no", strconv.Itoa(no))
	}
	return r, err
}

// ChoosePerson is the command of somebody who says which of several people a line means.
type ChoosePerson struct {
	Key    string              `json:"-"`
	List   outbreak.WorkListID `json:"list"`
	No     int                 `json:"no"`
	Person outbreak.PersonID   `json:"person"` // none: none of them
}

// ChoosePerson decides a line that may mean several people.
func (s *Service) ChoosePerson(ctx context.Context, by outbreak.Actor, c ChoosePerson) (Row, error) {
	if err := access.RequireAnywhere(by, access.WorklistUse); err != nil {
		return Row{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "worklist.ChoosePerson", Key: c.Key}, c, func(tx *store.Tx) (Row, error) {
		l, err := findOpen(tx, by, c.List)
		if err != nil {
			return Row{}, err
		}
		r, err := rowOf(tx, l, c.No)
		if err != nil {
			return r, err
		}
		if len(r.Candidates) == 0 || c.Person != 0 && !slices.Contains(r.Candidates, c.Person) {
			return r, outbreak.Refuse(outbreak.Invalid, "worklist.not_candidate")
		}
		r.Person, r.State, r.Case = c.Person, Found, 0
		if c.Person == 0 {
			r.State = None
		} else {
			cases, err := s.cases.LiveOf(tx, l.Outbreak, []outbreak.PersonID{c.Person})
			if err != nil {
				return r, err
			}
			r.Case = cases[c.Person]
		}
		return r, tx.Must("update work_row set state = $1, person = $2, case_id = $3 where list = $4 and no = $5", r.State, r.Person, r.Case, l.ID, r.No)
	})
}
