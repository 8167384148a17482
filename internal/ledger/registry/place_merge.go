package registry

import (
	"context"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// PlaceMerge is a decision that two places are one. It works as Merge does for people: nothing is moved, the oldest leads, and
// it can be taken back.
type PlaceMerge struct {
	ID           MergeID          `json:"id"`
	One          outbreak.PlaceID `json:"one"`
	Other        outbreak.PlaceID `json:"other"`
	Reason       string           `json:"reason"`
	Actor        string           `json:"actor"`
	At           outbreak.Instant `json:"at"`
	UndoneReason string           `json:"undone_reason"`
	UndoneActor  string           `json:"undone_actor"`
	UndoneAt     outbreak.Instant `json:"undone_at"` // 0: it stands
}

// MergePlaces is the command of somebody who found that two places are one.
type MergePlaces struct {
	Key    string           `json:"-"`
	One    outbreak.PlaceID `json:"one"`
	Other  outbreak.PlaceID `json:"other"`
	Reason string           `json:"reason"`
}

// MergePlaces ties two places together: who asks for one is told of the names and visits of both.
func (s *Service) MergePlaces(ctx context.Context, by outbreak.Actor, c MergePlaces) (PlaceMerge, error) {
	if err := access.RequireAnywhere(by, access.PlaceManage); err != nil {
		return PlaceMerge{}, err
	}
	reason, err := reasonOf(c.Reason)
	if err != nil {
		return PlaceMerge{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.MergePlaces", Key: c.Key}, c, func(tx *store.Tx) (PlaceMerge, error) {
		area, err := twoPlaces(tx, by, c.One, c.Other)
		if err != nil {
			return PlaceMerge{}, err
		}
		before, err := tiedIn(tx, places, c.One)
		if err != nil {
			return PlaceMerge{}, err
		}
		if slices.Contains(before, c.Other) {
			return PlaceMerge{}, outbreak.Refuse(outbreak.Conflict, "registry.places_merged")
		}
		m := PlaceMerge{ID: outbreak.New[MergeID](s.ids), One: c.One, Other: c.Other, Reason: reason, Actor: by.String(), At: tx.Now}
		if err := tx.Must("insert into place_merge ("+mergeColumns+") values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
			m.ID, m.One, m.Other, m.Reason, m.Actor, m.At, "", "", 0); err != nil {
			return m, err
		}
		return m, s.tellPlaces(tx, by, m, area, "merged", c.One)
	})
}

// UnmergePlaces is the command of somebody who found that a decision was wrong.
type UnmergePlaces struct {
	Key    string  `json:"-"`
	Merge  MergeID `json:"merge"`
	Reason string  `json:"reason"`
}

// UnmergePlaces takes a decision about places back.
func (s *Service) UnmergePlaces(ctx context.Context, by outbreak.Actor, c UnmergePlaces) (PlaceMerge, error) {
	if err := access.RequireAnywhere(by, access.PlaceManage); err != nil {
		return PlaceMerge{}, err
	}
	reason, err := reasonOf(c.Reason)
	if err != nil {
		return PlaceMerge{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.UnmergePlaces", Key: c.Key}, c, func(tx *store.Tx) (PlaceMerge, error) {
		m, ok, err := store.One(tx, scanPlaceMerge, "select "+mergeColumns+" from place_merge where id = $1", c.Merge)
		if err != nil {
			return m, err
		}
		if !ok {
			return m, outbreak.Refuse(outbreak.NotFound, "registry.no_place_merge")
		}
		area, err := twoPlaces(tx, by, m.One, m.Other)
		if err != nil {
			return PlaceMerge{}, err
		}
		if m.UndoneAt != 0 {
			return m, outbreak.Refuse(outbreak.Conflict, "registry.unmerged_already")
		}
		m.UndoneAt, m.UndoneActor, m.UndoneReason = tx.Now, by.String(), reason
		if err := tx.Must("update place_merge set undone_reason = $1, undone_actor = $2, undone_at = $3 where id = $4", m.UndoneReason, m.UndoneActor, m.UndoneAt, m.ID); err != nil {
			return m, err
		}
		return m, s.tellPlaces(tx, by, m, area, "unmerged", m.One, m.Other)
	})
}

func scanPlaceMerge(r store.Row) (m PlaceMerge, err error) {
	err = r.Scan(&m.ID, &m.One, &m.Other, &m.Reason, &m.Actor, &m.At, &m.UndoneReason, &m.UndoneActor, &m.UndoneAt)
	return m, err
}

// tellPlaces works out who leads from some places on, and says what was decided.
func (s *Service) tellPlaces(tx *store.Tx, by outbreak.Actor, m PlaceMerge, area outbreak.Path, how string, from ...outbreak.PlaceID) error {
	for _, id := range from {
		all, err := tiedIn(tx, places, id)
		if err != nil {
			return err
		}
		if err := leadIn(tx, places, all); err != nil {
			return err
		}
	}
	_, err := s.journal.Append(tx, by, outbreak.PlacesDecided{Scope: outbreak.Scope{Area: area}, Merge: m.ID.String(), One: m.One, Other: m.Other, How: how})
	return err
}

// twoPlaces makes sure that the actor may decide about both, and gives the area of the first.
func twoPlaces(tx *store.Tx, by outbreak.Actor, one, other outbreak.PlaceID) (area outbreak.Path, err error) {
	if one == other {
		return "", outbreak.Refuse(outbreak.Invalid, "registry.places_self")
	}
	for _, id := range []outbreak.PlaceID{other, one} {
		p, ok, err := PlaceByID(tx, id)
		if err != nil {
			return "", err
		}
		if !ok || access.Require(by, access.PlaceManage, outbreak.Scope{Area: p.Area}) != nil {
			return "", outbreak.Refuse(outbreak.NotFound, "registry.no_place")
		}
		area = p.Area
	}
	return area, nil
}
