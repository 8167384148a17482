package registry

import (
	"context"
	"fmt"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// unnamed are people sealed before there was an index of names.
type unnamed struct {
	id   outbreak.PersonID
	area outbreak.AreaID
	box  box
}

// FileNames puts everybody into the index of names who is not in it yet, by opening their boxes, some hundred a transaction.
// App calls it at start and every hour; when it is stopped it goes on at the next call, since each person says whether it is
// done. It gives how many people it filed.
func (s *Service) FileNames(ctx context.Context) (done int, err error) {
	var after outbreak.PersonID
	for {
		waiting, err := s.nextUnnamed(ctx, after)
		if err != nil || len(waiting) == 0 {
			return done, err
		}
		if err := s.db.Write(ctx, func(tx *store.Tx) error { return s.fileUnnamed(tx, waiting) }); err != nil {
			return done, fmt.Errorf("filing names of people who are known: %w", err)
		}
		done += len(waiting)
		after = waiting[len(waiting)-1].id
		select {
		case <-ctx.Done():
			return done, ctx.Err()
		case <-time.After(keyPause):
		}
	}
}

// nextUnnamed reads who is next, outside the writer: for most starts that is nobody.
func (s *Service) nextUnnamed(ctx context.Context, after outbreak.PersonID) (list []unnamed, err error) {
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		list, err = store.List(tx, func(r store.Row) (u unnamed, err error) {
			err = r.Scan(&u.id)
			return u, err
		}, "select id from person where named_by = 0 and id > $1 order by id limit $2", after, keyBatch)
		return err
	})
	return list, err
}

// fileUnnamed files those of a batch who still wait: somebody may have been loaded anew, or erased, meanwhile.
func (s *Service) fileUnnamed(tx *store.Tx, waiting []unnamed) error {
	_, eyes, err := s.keys(tx)
	if err != nil {
		return err
	}
	ids := make([]outbreak.PersonID, len(waiting))
	for i, u := range waiting {
		ids[i] = u.id
	}
	in, args := store.In([]any{namedBy}, ids)
	still, err := store.List(tx, func(r store.Row) (u unnamed, err error) {
		err = r.Scan(&u.id, &u.area, &u.box.sealed, &u.box.wrapped, &u.box.by)
		return u, err
	}, "select id, area_id, sealed, wrapped, wrapped_by from person where named_by <> $1 and id in ("+in+")", args...)
	if err != nil {
		return err
	}
	var names []nameOf
	for _, u := range still {
		i, err := s.unseal(u.id, u.box)
		if err != nil {
			return err
		}
		names = append(names, nameOf{u.id, u.area, i.Name})
	}
	if err := eyes.fileNames(tx, names); err != nil {
		return err
	}
	_, err = tx.Exec("update person set named_by = $1 where id in ("+in+")", args...)
	return err
}
