package registry

import (
	"context"
	"fmt"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// RotateIndex makes a new index key and brings every entry of the blind indexes under it, by opening every box: slower than
// Rotate, and needed only when an index key may have become known. Until the last entry is through, people are looked for
// under both keys. When it is stopped it goes on at the next call.
func (k *Keys) RotateIndex(ctx context.Context, tell Progress) (Rotation, error) {
	var turn Rotation
	err := k.vault.change(func(r *ring) error {
		state, err := k.state(ctx)
		if err != nil {
			return err
		}
		if turn.Resumed = state.oldest < state.newest || state.newest < r.newestIndex(); turn.Resumed {
			return nil
		}
		r.indexes = append(r.indexes, freshKey(r.newestIndex()+1, outbreak.WallClock{}.Now()))
		return nil
	})
	if err != nil {
		return turn, err
	}
	turn.Key = k.vault.ring.Load().newestIndex()
	if err := k.bringForward(ctx, "index", turn.Key, turn.Resumed); err != nil {
		return turn, err
	}
	if err := k.households(ctx, turn.Key); err != nil {
		return turn, err
	}
	if turn.People, err = k.walk(ctx, byOlder, turn.Key, tell, k.reindex); err != nil {
		return turn, err
	}
	return turn, k.settleIndex(ctx, &turn)
}

// reindex makes the entries of a batch of people anew.
func (k *Keys) reindex(tx *store.Tx, rows []sealedRow, key int64) error {
	keys, err := k.vault.indexKeys(key)
	if err != nil {
		return err
	}
	eyes := blind{keys: keys, oldest: key}
	names := filing{}
	known := make(map[outbreak.PersonID]Identity, len(rows))
	for _, row := range rows {
		var i Identity
		if row.box.sealed != nil {
			if i, err = k.vault.identity(row.id, row.box); err != nil {
				return err
			}
		}
		ukey := onward(keys[row.indexBy:], row.ukey)
		if err := tx.Must("update person set ukey = $1, uhead = $2, document_key = $3, phone_key = $4, named_by = $5, index_by = $6 where id = $7",
			ukey, headOf(ukey), otherThan(ukey, eyes.documentKey(i)), eyes.phoneKey(i), namedBy, key, row.id); err != nil {
			return fmt.Errorf("making the key of a person anew: %w", err)
		}
		names.drop(row.area, row.no)
		names.add(row.area, row.no, eyes.nameParts(row.area, i.Name))
		known[row.id] = i
	}
	if err := names.write(tx); err != nil {
		return err
	}
	return relink(tx, eyes, known)
}

// households brings the keys of households under the newest index key.
func (k *Keys) households(ctx context.Context, key int64) error {
	keys, err := k.vault.indexKeys(key)
	if err != nil {
		return err
	}
	type row struct {
		id      outbreak.HouseholdID
		ukey    string
		indexBy int64
	}
	var after outbreak.HouseholdID
	for {
		var rows []row
		err := k.db.Write(ctx, func(tx *store.Tx) (err error) {
			rows, err = store.List(tx, func(r store.Row) (h row, err error) {
				err = r.Scan(&h.id, &h.ukey, &h.indexBy)
				return h, err
			}, "select id, ukey, index_by from household where index_by < $1 and id > $2 order by id limit $3", key, after, keyBatch)
			for _, h := range rows {
				ukey := onward(keys[h.indexBy:], h.ukey)
				if err := tx.Must("update household set ukey = $1, uhead = $2, index_by = $3 where id = $4", ukey, headOf(ukey), key, h.id); err != nil {
					return fmt.Errorf("making the key of a household anew: %w", err)
				}
			}
			return err
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].id
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(keyPause):
		}
	}
}

// settleIndex ends the time of looking under both keys once nothing lies under the older.
func (k *Keys) settleIndex(ctx context.Context, turn *Rotation) error {
	return k.db.Write(ctx, func(tx *store.Tx) error {
		people, err := store.Count(tx, "select count(*) from person where index_by < $1", turn.Key)
		if err != nil {
			return err
		}
		households, err := store.Count(tx, "select count(*) from household where index_by < $1", turn.Key)
		if err != nil {
			return err
		}
		if turn.Left = people + households; turn.Left > 0 {
			return nil
		}
		if _, err := tx.Exec("delete from link_crowd"); err != nil { // they are told again, under the newest key
			return err
		}
		return tx.Must("update key_state set index_oldest = index_newest where id = 1")
	})
}
