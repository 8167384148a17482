package exchange

import (
	"context"
	"io"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// NoteKept keeps how a list is read, and what a try of it came to. One that is being loaded is refused.
func (s *Service) NoteKept(ctx context.Context, by outbreak.Actor, id string, state KeptState, plan Plan, r *Report) (Kept, error) {
	if err := access.RequireAnywhere(by, access.ContactLoad); err != nil {
		return Kept{}, err
	}
	return s.changeKept(ctx, by, id, func(k *Kept) error {
		if k.loads(s.wall.Now()) {
			return outbreak.Refuse(outbreak.Conflict, "lists.busy")
		}
		k.State, k.Plan, k.Report, k.Failed = state, plan, r, nil
		return nil
	})
}

// BeginKept says that a list is being loaded from now on; whoever loads it says every few seconds that he still does (BeatKept). One
// that is being loaded already is refused.
func (s *Service) BeginKept(ctx context.Context, by outbreak.Actor, id string) (Kept, error) {
	if err := access.RequireAnywhere(by, access.ContactLoad); err != nil {
		return Kept{}, err
	}
	return s.changeKept(ctx, by, id, func(k *Kept) error {
		if k.loads(s.wall.Now()) {
			return outbreak.Refuse(outbreak.Conflict, "lists.busy")
		}
		k.State, k.Report, k.Failed, k.Back, k.halt = KeptLoading, nil, nil, 0, false
		return nil
	})
}

// BeatKept says that a list is still being loaded, and how far it is; stop: its sender wants that to end.
func (s *Service) BeatKept(ctx context.Context, by outbreak.Actor, id string, r Report) (stop bool, err error) {
	if err := access.RequireAnywhere(by, access.ContactLoad); err != nil {
		return false, err
	}
	r.Problems = []Problem{} // they are written at the end
	_, err = s.changeKept(ctx, by, id, func(k *Kept) error {
		stop, k.State, k.Report = k.halt, KeptLoading, &r
		return nil
	})
	return stop, err
}

// EndKept keeps what a load came to, and the rows that came back.
func (s *Service) EndKept(ctx context.Context, by outbreak.Actor, id string, r Report, failed error, back io.Reader) (Kept, error) {
	if err := access.RequireAnywhere(by, access.ContactLoad); err != nil {
		return Kept{}, err
	}
	k, err := s.FindKept(ctx, by, id)
	if err != nil {
		return k, err
	}
	var size int64
	if back != nil {
		chest, err := s.rooms.Registry.OpenChest(k.chest(), k.lid)
		if err != nil {
			return k, err
		}
		if size, err = s.writePieces(ctx, chest, id, backPlace, back); err != nil {
			return k, err
		}
	}
	return s.changeKept(ctx, by, id, func(k *Kept) error {
		if k.State, k.Report, k.Back, k.Failed = KeptLoaded, &r, size, nil; failed != nil {
			k.State, k.Failed = KeptStopped, FailureOf(failed)
		}
		return nil
	})
}

// StopKept asks whoever loads a list to stop. What was loaded stays.
func (s *Service) StopKept(ctx context.Context, by outbreak.Actor, id string) error {
	if err := access.RequireAnywhere(by, access.ContactLoad); err != nil {
		return err
	}
	_, err := s.changeKept(ctx, by, id, func(k *Kept) error { k.halt = true; return nil })
	return err
}

// DropKept wipes a list that is not being loaded.
func (s *Service) DropKept(ctx context.Context, by outbreak.Actor, id string) error {
	if err := access.RequireAnywhere(by, access.ContactLoad); err != nil {
		return err
	}
	return s.rooms.DB.Write(ctx, func(tx *store.Tx) error {
		k, err := s.keptOf(tx, by, id)
		if err != nil {
			return err
		}
		if k.loads(s.wall.Now()) {
			return outbreak.Refuse(outbreak.Conflict, "lists.busy")
		}
		return wipe(tx, id)
	})
}

// changeKept changes a list of somebody.
func (s *Service) changeKept(ctx context.Context, by outbreak.Actor, id string, change func(*Kept) error) (k Kept, err error) {
	err = s.rooms.DB.Write(ctx, func(tx *store.Tx) error {
		if k, err = s.keptToChange(tx, by, id); err != nil {
			return err
		}
		back := k.Back
		if err := change(&k); err != nil {
			return err
		}
		now := s.wall.Now()
		if k.Turn, k.beat, k.EndsAt = k.Turn+1, now, now.Add(keptFor); k.State == KeptLoaded && k.Back == 0 {
			k.EndsAt = now.Add(keptDoneFor)
		}
		chest, err := s.rooms.Registry.OpenChest(k.chest(), k.lid)
		if err != nil {
			return err
		}
		if back > 0 && k.Back == 0 {
			if _, err := tx.Exec("delete from kept_piece where list = $1 and place >= $2", id, backPlace); err != nil {
				return err
			}
		}
		return updateKept(tx, k, chest)
	})
	return k, err
}

// keptToChange is keptOf for who changes it: one whose file has just come may be.
func (s *Service) keptToChange(tx *store.Tx, by outbreak.Actor, id string) (Kept, error) {
	k, head, is, err := readKept(tx, id)
	if err != nil || !is || k.User != by.User || k.State != keptComing {
		if err != nil {
			return k, err
		}
		return s.keptOf(tx, by, id)
	}
	k.KeptHead, err = s.openHead(k, head)
	return k, err
}

// TickKept wipes lists whose time is over and seals the keys of the others under the newest master key.
func (s *Service) TickKept(ctx context.Context) error {
	now := s.wall.Now()
	if err := s.rooms.DB.Write(ctx, func(tx *store.Tx) error {
		over, err := store.List(tx, store.Value[string], "select id from kept_list where ends_at <= $1 or state = 'coming' and beat_at <= $2 order by ends_at limit 20", now, now.Add(-keptDoneFor))
		for i := 0; err == nil && i < len(over); i++ {
			err = wipe(tx, over[i])
		}
		return err
	}); err != nil {
		return err
	}
	return s.Reseal(ctx)
}

// Reseal seals the keys of lists under the newest master key, so that an older one can be forgotten.
func (s *Service) Reseal(ctx context.Context) error {
	return s.rooms.DB.Write(ctx, func(tx *store.Tx) error {
		behind, err := store.List(tx, scanLid, "select id, lid, lid_by from kept_list where lid_by < $1 order by id limit 100", s.rooms.Registry.NewestLid())
		for i := 0; err == nil && i < len(behind); i++ {
			k := behind[i]
			if k.lid, err = s.rooms.Registry.Relid(k.chest(), k.lid); err == nil {
				err = tx.Must("update kept_list set lid = $1, lid_by = $2 where id = $3", k.lid.Box, k.lid.By, k.ID)
			}
		}
		return err
	})
}
