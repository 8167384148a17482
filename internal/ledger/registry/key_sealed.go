package registry

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// SealedColumn is a column of sealed boxes a room keeps. All rooms name theirs, so that `key check` opens every box there is and no key is
// retired under which one lies.
type SealedColumn struct {
	Table  string
	Column string

	// Look tries to open the boxes after a place, at most about some hundred, tells of each, and gives the place it came to; empty: the end.
	Look func(tx *store.Tx, after string, tell func(place string, err error)) (last string, err error)
	// Under counts the boxes that lie under a master key themselves; nil: they lie under a person's key or that of a list.
	Under func(tx *store.Tx, key int64) (int64, error)
}

// SealedCheck is what opening the boxes of a column came to.
type SealedCheck struct {
	Table  string   `json:"table"`
	Column string   `json:"column"`
	Boxes  int64    `json:"boxes"`
	Opened int64    `json:"opened"`
	Shut   []string `json:"shut"` // where the first hundred stand that do not open
}

// Seals names the columns of sealed boxes that other rooms keep. It is called once, before anything runs.
func (s *Service) Seals(columns ...SealedColumn) {
	s.sealedElsewhere = append(s.sealedElsewhere, columns...)
}

// SealedColumns are all columns of sealed boxes beside the identities of people.
func (s *Service) SealedColumns() []SealedColumn {
	epoch := func(table string, label func(int64) string) SealedColumn {
		return s.SealedSecrets(table, "sealed", "epoch", "sealed_by", "1 = 1", label)
	}
	factor := func(user int64) string { return access.SealedAbout(outbreak.UserID(user)) }
	own := []SealedColumn{
		epoch("code_key", codeLabel), epoch("secret_key", secretLabelOf),
		s.SealedSecrets("user_factor", "sealed", "user_id", "sealed_by", "at > 0", factor),
		s.SealedSecrets("user_factor", "pending", "user_id", "pending_by", "pending_by > 0", factor),
		s.SealedAbout("identity_change", "sealed", "select id, person, sealed from identity_change where id > $1 order by id limit $2"),
	}
	return append(own, s.sealedElsewhere...)
}

// mostSealed is how many boxes one look opens.
const mostSealed = 300

// SealedSecrets are boxes of secrets that lie under master keys, one a row, which where picks.
func (s *Service) SealedSecrets(table, column, id, by, where string, label func(id int64) string) SealedColumn {
	look := func(tx *store.Tx, after string, tell func(string, error)) (last string, err error) {
		n := 0
		err = store.Each(tx, func(r store.Row) error {
			var id, key int64
			var box []byte
			if err := r.Scan(&id, &box, &key); err != nil {
				return err
			}
			_, failed := s.vault.OpenSecret(label(id), box, key)
			last, n = strconv.FormatInt(id, 10), n+1
			tell(last, failed)
			return nil
		}, "select "+id+", "+column+", "+by+" from "+table+" where "+where+" and "+id+" > $1 order by "+id+" limit $2", placed(after), mostSealed)
		return endOf(last, n), err
	}
	under := func(tx *store.Tx, key int64) (int64, error) {
		return store.Count(tx, "select count(*) from "+table+" where "+where+" and "+by+" = $1", key)
	}
	return SealedColumn{table, column, look, under}
}

// SealedAbout are boxes that SealAbout made. The query gives number, person and box of rows after a number, as many as it is told. Those of
// people whose key was destroyed are no boxes any more.
func (s *Service) SealedAbout(table, column, query string) SealedColumn {
	type row struct {
		no     int64
		person outbreak.PersonID
		box    []byte
	}
	return SealedColumn{Table: table, Column: column, Look: func(tx *store.Tx, after string, tell func(string, error)) (last string, err error) {
		rows, err := store.List(tx, func(r store.Row) (x row, err error) {
			err = r.Scan(&x.no, &x.person, &x.box)
			return x, err
		}, query, placed(after), mostSealed)
		if err != nil {
			return "", err
		}
		of := map[outbreak.PersonID]bool{}
		for _, x := range rows {
			of[x.person] = true
		}
		boxes, err := boxesOf(tx, of)
		if err != nil {
			return "", err
		}
		for _, x := range rows {
			last = strconv.FormatInt(x.no, 10)
			b, is := boxes[x.person]
			if is && b.wrapped == nil || x.box == nil {
				continue
			}
			failed := errors.New("nobody is there whose key it would lie under")
			if is {
				aead, err := s.vault.keyOf(x.person, b)
				if failed = err; err == nil {
					_, failed = unlock(aead, x.person, x.box)
				}
			}
			tell(last, failed)
		}
		return endOf(last, len(rows)), nil
	}}
}

// placed is a place as a number; before the first when there is none.
func placed(place string) int64 {
	n, err := strconv.ParseInt(place, 10, 64)
	if err != nil {
		return -1 << 62
	}
	return n
}

func endOf(last string, n int) string {
	if n < mostSealed {
		return ""
	}
	return last
}

// lookAtSealed opens every box of a column.
func (k *Keys) lookAtSealed(ctx context.Context, c SealedColumn) (found SealedCheck, err error) {
	found = SealedCheck{Table: c.Table, Column: c.Column, Shut: []string{}}
	tell := func(place string, err error) {
		if found.Boxes++; err == nil {
			found.Opened++
		} else if len(found.Shut) < mostShut {
			found.Shut = append(found.Shut, place)
		}
	}
	for after := ""; ; {
		err := k.db.Read(ctx, func(tx *store.Tx) (err error) {
			after, err = c.Look(tx, after, tell)
			return err
		})
		if err != nil {
			return found, fmt.Errorf("opening what is sealed in %s.%s: %w", c.Table, c.Column, err)
		}
		if after == "" {
			return found, nil
		}
	}
}
