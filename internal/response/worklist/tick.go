package worklist

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// keeper is who ends and deletes lists.
var keeper = outbreak.SystemActor("worklist")

// Tick ends lists that expired and deletes the rows of lists that are over, each with a receipt.
func (s *Service) Tick(ctx context.Context) error {
	var expired, over []List
	if err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		if expired, err = store.List(tx, scanList, "select "+listColumns+" from work_list where ended_at = 0 and expires_at <= $1 order by id limit 200", tx.Now); err != nil {
			return err
		}
		if over, err = store.List(tx, scanList, "select "+listColumns+" from work_list where ended_at > 0 and ended_at <= $1 and deleted_at = 0 order by id limit 200", tx.Now.Add(-graceDays*24*time.Hour)); err != nil {
			return err
		}
		return nil
	}); err != nil {
		return err
	}
	for _, l := range expired {
		if err := s.db.Write(ctx, func(tx *store.Tx) error {
			_, err := s.end(tx, keeper, l, true)
			return err
		}); err != nil {
			return err
		}
	}
	for _, l := range over {
		if err := s.db.Write(ctx, func(tx *store.Tx) error { return s.delete(tx, l) }); err != nil {
			return err
		}
	}
	return s.Reseal(ctx)
}

// Reseal seals the keys of lists under the newest master key, so that an older one can be forgotten.
func (s *Service) Reseal(ctx context.Context) error {
	var behind []List
	if err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		behind, err = store.List(tx, scanList, "select "+listColumns+" from work_list where lid_by <> 0 and lid_by < $1 order by id limit 500", s.registry.NewestLid())
		return err
	}); err != nil {
		return err
	}
	for _, l := range behind {
		lid, err := s.registry.Relid(l.chest(), l.lid)
		if err != nil {
			return err
		}
		if err := s.db.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec("update work_list set lid = $1, lid_by = $2 where id = $3 and deleted_at = 0", lid.Box, lid.By, l.ID)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// delete takes the rows of a list and their key away. That the list was there, how long and how much of it, stays with the digest
// of what was deleted.
func (s *Service) delete(tx *store.Tx, l List) error {
	sum := sha256.New()
	rows := 0
	if err := store.Each(tx, func(r store.Row) error {
		var sealed []byte
		err := r.Scan(&sealed)
		sum.Write(sealed)
		rows++
		return err
	}, "select sealed from work_row where list = $1 order by no", l.ID); err != nil {
		return err
	}
	digest := hex.EncodeToString(sum.Sum(nil))
	for _, table := range []string{"work_row", "work_cell", "work_share", "work_open", "roll_mark", "roll_call"} {
		if _, err := tx.Exec("delete from "+table+" where list = $1", l.ID); err != nil {
			return err
		}
	}
	if err := tx.Must("update work_list set deleted_at = $1, digest = $2, lid = null, lid_by = 0 where id = $3", tx.Now, digest, l.ID); err != nil {
		return err
	}
	_, err := s.journal.Append(tx, keeper, outbreak.WorkListDeleted{Scope: l.Scope(), List: l.ID, Rows: rows, Digest: digest, At: tx.Now})
	return err
}
