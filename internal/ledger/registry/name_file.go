package registry

import (
	"context"
	"fmt"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// unnamed are people sealed before there was an index of names as it is today.
type unnamed struct {
	id   outbreak.PersonID
	no   int64
	area outbreak.AreaID
	ukey string
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
		err = r.Scan(&u.id, &u.no, &u.area, &u.ukey, &u.box.sealed, &u.box.wrapped, &u.box.by)
		return u, err
	}, "select id, no, area_id, ukey, sealed, wrapped, wrapped_by from person where named_by <> $1 and id in ("+in+")", args...)
	if err != nil {
		return err
	}
	names := filing{}
	for _, u := range still {
		i, err := s.unseal(u.id, u.box)
		if err != nil {
			return err
		}
		names.drop(u.area, u.no)
		names.add(u.area, u.no, eyes.nameParts(u.area, i.Name))
		document := eyes.documentKey(i)
		if document == "" || eyes.knownBy(u.ukey, i) {
			continue
		}
		if err := tx.Must("update person set document_key = $1 where id = $2", document, u.id); err != nil {
			return err
		}
	}
	if err := names.write(tx); err != nil {
		return err
	}
	_, err = tx.Exec("update person set named_by = $1 where id in ("+in+")", args...)
	return err
}

// knownBy tells whether a key is that of the document of an identity, under any index key that is still looked for.
func (b blind) knownBy(ukey string, i Identity) bool {
	_, is := b.ukeys([]mark{documentMark(i.DocumentKind, i.Document)})[ukey]
	return is
}
