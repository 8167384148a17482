package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Where pieces of a list stand; a piece moved elsewhere does not open.
const (
	headPlace int64 = -1
	backPlace int64 = 1 << 40 // the first of the rows that came back

	keptPiece  = 256 << 10
	keptPieces = 16 // written in one transaction
)

const keptColumns = "id, user_id, kind, outbreak, state, turn, size, back, lid, lid_by, sent_at, ends_at, beat_at, halt, head"

func readKept(tx *store.Tx, id string) (k Kept, head []byte, is bool, err error) {
	k, is, err = store.One(tx, func(r store.Row) (k Kept, err error) {
		var halt int64
		err = r.Scan(&k.ID, &k.User, &k.Kind, &k.Outbreak, &k.State, &k.Turn, &k.Size, &k.Back, &k.lid.Box, &k.lid.By, &k.SentAt, &k.EndsAt, &k.beat, &halt, &head)
		head, k.halt = bytes.Clone(head), halt != 0
		return k, err
	}, "select "+keptColumns+" from kept_list where id = $1", id)
	return k, head, is, err
}

func scanLid(r store.Row) (k Kept, err error) {
	err = r.Scan(&k.ID, &k.lid.Box, &k.lid.By)
	return k, err
}

func (k Kept) sealedHead(chest *registry.Chest) ([]byte, error) {
	plain, err := json.Marshal(k.KeptHead)
	if err != nil {
		return nil, fmt.Errorf("writing what is known of a list: %w", err)
	}
	return chest.Seal(headPlace, plain), nil
}

func insertKept(tx *store.Tx, k Kept, chest *registry.Chest) error {
	head, err := k.sealedHead(chest)
	if err != nil {
		return err
	}
	return tx.Must("insert into kept_list ("+keptColumns+") values ($1, $2, $3, $4, $5, 0, $6, 0, $7, $8, $9, $10, $11, 0, $12)",
		k.ID, k.User, k.Kind, k.Outbreak, k.State, k.Size, k.lid.Box, k.lid.By, k.SentAt, k.EndsAt, k.beat, head)
}

func updateKept(tx *store.Tx, k Kept, chest *registry.Chest) error {
	head, err := k.sealedHead(chest)
	if err != nil {
		return err
	}
	halt := int64(0)
	if k.halt {
		halt = 1
	}
	return tx.Must("update kept_list set state = $1, turn = $2, head = $3, back = $4, ends_at = $5, beat_at = $6, halt = $7 where id = $8", k.State, k.Turn, head, k.Back, k.EndsAt, k.beat, halt, k.ID)
}

// wipe deletes a list, what lies in it and the key it is sealed with.
func wipe(tx *store.Tx, id string) error {
	if _, err := tx.Exec("delete from kept_piece where list = $1", id); err != nil {
		return err
	}
	return tx.Must("delete from kept_list where id = $1", id)
}

// makeRoom lets go of what is over and of the oldest of somebody's lists, and refuses what would be too much.
func makeRoom(tx *store.Tx, user outbreak.UserID, size int64, now outbreak.Instant) error {
	gone, err := store.List(tx, store.Value[string], "select id from kept_list where ends_at <= $1", now)
	if err != nil {
		return err
	}
	mine, err := store.List(tx, store.Value[string], "select id from kept_list where ends_at > $1 and user_id = $2 and state not in ('loading', 'coming') order by sent_at desc, id", now, user)
	if err != nil {
		return err
	}
	gone = append(gone, mine[min(len(mine), mostKeptEach-1):]...)
	for _, id := range gone {
		if err := wipe(tx, id); err != nil {
			return err
		}
	}
	n, err := store.Count(tx, "select count(*) from kept_list")
	if err != nil {
		return err
	}
	bytes, err := store.Count(tx, "select coalesce(sum(size), 0) from kept_list")
	if err != nil {
		return err
	}
	if n >= mostKept || bytes+size > mostKeptSize {
		return outbreak.Refuse(outbreak.Busy, "lists.too_many")
	}
	return nil
}

// writePieces seals what comes piece by piece from a place on and tells how many bytes it was.
func (s *Service) writePieces(ctx context.Context, chest *registry.Chest, id string, place int64, r io.Reader) (size int64, err error) {
	plain := make([]byte, keptPiece)
	for end := false; !end; {
		var rows [][]any
		for len(rows) < keptPieces && !end {
			n, err := io.ReadFull(r, plain)
			if end = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF); err != nil && !end {
				return size, fmt.Errorf("keeping a list: %w", err)
			}
			if n > 0 {
				rows = append(rows, []any{id, place, chest.Seal(place, plain[:n])})
				place, size = place+1, size+int64(n)
			}
		}
		if len(rows) == 0 {
			break
		}
		if err := s.rooms.DB.Write(ctx, func(tx *store.Tx) error {
			for _, row := range rows {
				if err := tx.Must("insert into kept_piece (list, place, box) values ($1, $2, $3) on conflict (list, place) do update set box = excluded.box", row...); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return size, err
		}
	}
	return size, nil
}
