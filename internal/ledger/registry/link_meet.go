package registry

import (
	"context"
	"fmt"
	"slices"
	"time"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Meet files people by keys who are not yet, and proposes who may be the same person: for those on the roll, whom somebody opens a
// case for. It is part of the caller's transaction, asks for no permission and finds people whom the actor may not see: what it
// finds is shown to those who may.
func (s *Service) Meet(tx *store.Tx, by outbreak.Actor, ids []outbreak.PersonID) error {
	filed, err := filedAmong(tx, ids)
	if err != nil {
		return err
	}
	ids = slices.DeleteFunc(slices.Clone(ids), func(id outbreak.PersonID) bool { return filed[id] })
	if len(ids) == 0 {
		return nil
	}
	_, eyes, err := s.keys(tx)
	if err != nil {
		return err
	}
	return s.file(tx, by, eyes, ids)
}

// file opens people, files them and compares them, in the transaction.
func (s *Service) file(tx *store.Tx, by outbreak.Actor, eyes blind, ids []outbreak.PersonID) error {
	l, err := s.linkOpened(tx, eyes, ids)
	if err != nil {
		return err
	}
	l.inTurn = true
	if err := l.makeReady(func(do func(*store.Tx) error) error { return do(tx) }); err != nil {
		return err
	}
	return l.keep(tx, by, func(outbreak.PersonID) bool { return true })
}

func (s *Service) linkOpened(tx *store.Tx, eyes blind, ids []outbreak.PersonID) (*linking, error) {
	var comers []*comer
	if err := s.eachOpened(tx, ids, func(p Person, i Identity) {
		comers = append(comers, eyes.comes(p, i, ""))
	}); err != nil {
		return nil, err
	}
	j, err := s.judgeOf(tx)
	if err != nil {
		return nil, err
	}
	return s.newLinking(eyes, j, inOrder, comers), nil
}

// filedAmong tells who of some people is filed by keys.
func filedAmong(tx *store.Tx, ids []outbreak.PersonID) (map[outbreak.PersonID]bool, error) {
	filed := map[outbreak.PersonID]bool{}
	err := store.Lookup(tx, func(r store.Row) error {
		var id outbreak.PersonID
		err := r.Scan(&id)
		filed[id] = true
		return err
	}, store.Asked{Columns: "person", Table: "link_filed", By: "person", And: "tokens is not null"}, ids)
	if err != nil {
		return nil, fmt.Errorf("asking who is filed by keys: %w", err)
	}
	return filed, nil
}

// unfile takes people out of the keys: their identity changed, or is gone. What waits for a decision about them waits no more.
func (s *Service) unfile(tx *store.Tx, ids []outbreak.PersonID) error {
	var waiting []DuplicateID
	for _, side := range []string{"one", "other"} { // by the two codes: far more wait than there are of somebody
		if err := store.Lookup(tx, func(r store.Row) error {
			var id DuplicateID
			var state string
			err := r.Scan(&id, &state)
			if state == StateWaiting {
				waiting = append(waiting, id)
			}
			return err
		}, store.Asked{Columns: "id, state", Table: "duplicate", By: side}, ids); err != nil {
			return err
		}
	}
	if err := inParts(waiting, func(in string, args []any) error {
		_, err := tx.Exec("delete from duplicate where id in ("+in+")", args...)
		return err
	}); err != nil {
		return err
	}
	return s.dropTokens(tx, ids)
}

// refile files people anew whose identity changed, if they were filed.
func (s *Service) refile(tx *store.Tx, eyes blind, changed []outbreak.PersonID) error {
	filed, err := filedAmong(tx, changed)
	if err != nil || len(filed) == 0 {
		return err
	}
	ids := slices.DeleteFunc(slices.Clone(changed), func(id outbreak.PersonID) bool { return !filed[id] })
	if err := s.unfile(tx, ids); err != nil {
		return err
	}
	return s.file(tx, linker, eyes, ids)
}

// linker is who the journal names for what is found without anybody asking.
var linker = outbreak.SystemActor("linkage")

// FileLinks files people outside the roll who came before there were keys, some hundred a transaction, and gives how many. It files anew
// whoever is filed by keys of a former form, and after rolls were loaded looks who of those filed is on them. App calls it at start and
// every hour; when it is stopped it goes on at the next call.
func (s *Service) FileLinks(ctx context.Context) (done int, err error) {
	if err := s.db.Read(ctx, s.keysKnown.follow); err != nil { // at start, so that whoever comes first does not wait for it
		return 0, err
	}
	left := 0
	for after := int64(WalkIn - 1); !s.learnt.swept.Load(); {
		var ids []outbreak.PersonID
		var last int64
		if err := s.db.Read(ctx, func(tx *store.Tx) error {
			return store.Each(tx, func(r store.Row) error {
				var id outbreak.PersonID
				var filed int64
				err := r.Scan(&last, &id, &filed)
				if filed == 0 {
					ids = append(ids, id)
				}
				return err
			}, "select p.no, p.id, case when f.tokens is null then 0 else f.seq end from person p left join link_filed f on f.person = p.id where p.no > $1 and p.sealed is not null order by p.no limit $2", after, 2000)
		}); err != nil {
			return done, fmt.Errorf("looking for who is not filed by keys: %w", err)
		}
		if last == 0 {
			s.learnt.swept.Store(left == 0) // whoever comes from now on is filed as he comes
			break
		}
		after = last
		for part := range slices.Chunk(ids, keyBatch) {
			n, err := s.fileLater(ctx, part)
			if err != nil {
				return done, fmt.Errorf("filing people by keys: %w", err)
			}
			done, left = done+n, left+len(part)-n
			if err := pause(ctx); err != nil {
				return done, err
			}
		}
	}
	if err := s.fileAnew(ctx); err != nil {
		return done, err
	}
	if err := s.fileHomes(ctx); err != nil {
		return done, err
	}
	return done, s.lookOnRolls(ctx)
}

// fileLater files people who have been there for long, made ready outside the writer. Those are left for the next call whose keys
// turned meanwhile.
func (s *Service) fileLater(ctx context.Context, ids []outbreak.PersonID) (done int, err error) {
	var before keyState
	var l *linking
	if err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		var eyes blind
		if before, eyes, err = s.keys(tx); err != nil {
			return err
		}
		if l, err = s.linkOpened(tx, eyes, ids); err != nil {
			return err
		}
		return l.makeReady(func(do func(*store.Tx) error) error { return do(tx) })
	}); err != nil {
		return 0, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		done = 0
		now, _, err := s.keys(tx)
		if err != nil || now != before {
			return err
		}
		filed, err := filedAmong(tx, ids)
		if err != nil {
			return err
		}
		done = len(ids) - len(filed)
		return l.keep(tx, linker, func(id outbreak.PersonID) bool { return !filed[id] })
	})
	return done, err
}

func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(keyPause):
		return nil
	}
}

// lookOnRolls compares those who are filed with rolls that were loaded since it did so last. It looks outside the writer.
func (s *Service) lookOnRolls(ctx context.Context) error {
	var upto, looked int64
	loaded := false
	if err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		if upto, err = journal.Head(tx); err != nil {
			return err
		}
		if looked, err = store.Count(tx, "select coalesce(max(looked), 0) from link_state where id = $1", rollsLooked); err != nil {
			return err
		}
		entries, err := journal.List(tx, looked, upto, []string{outbreak.PeopleLoaded{}.Kind()}, 1)
		loaded = len(entries) > 0
		return err
	}); err != nil || !loaded {
		return err
	}
	for after := int64(0); ; {
		var l *linking
		var eyes blind
		n := 0
		if err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
			var ids []outbreak.PersonID
			if err := store.Each(tx, func(r store.Row) error {
				var id outbreak.PersonID
				err := r.Scan(&after, &id)
				ids = append(ids, id)
				return err
			}, "select seq, person from link_filed where seq > $1 and tokens is not null order by seq limit $2", after, keyBatch); err != nil {
				return err
			}
			if n = len(ids); n == 0 {
				return nil
			}
			if _, eyes, err = s.keys(tx); err != nil {
				return err
			}
			if l, err = s.linkOpened(tx, eyes, ids); err != nil {
				return err
			}
			return l.makeReady(func(do func(*store.Tx) error) error { return do(tx) })
		}); err != nil {
			return fmt.Errorf("looking for people on a roll: %w", err)
		}
		if n == 0 {
			break
		}
		if len(l.pairs) > 0 {
			if err := s.db.Write(ctx, func(tx *store.Tx) error {
				return l.propose(tx, linker, func(outbreak.PersonID) bool { return true })
			}); err != nil {
				return err
			}
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		return tx.Put("link_state", []string{"id", "looked"}, "id", [][]any{{int64(rollsLooked), upto}})
	})
}
