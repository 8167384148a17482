package registry

import (
	"context"
	"fmt"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// NamePlace is the command that gives a place further names.
type NamePlace struct {
	Key   string           `json:"-"`
	Place outbreak.PlaceID `json:"place"`
	Names []PlaceName      `json:"names"`
}

// NamePlace gives a place further names, in any language. Names it has already change nothing.
func (s *Service) NamePlace(ctx context.Context, by outbreak.Actor, c NamePlace) (Place, error) {
	if err := access.RequireAnywhere(by, access.PlaceManage); err != nil {
		return Place{}, err
	}
	if len(c.Names) == 0 || len(c.Names) > mostAliases {
		return Place{}, outbreak.Refuse(outbreak.Invalid, "registry.place_name", "most", longestPlace)
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.NamePlace", Key: c.Key}, c, func(tx *store.Tx) (Place, error) {
		p, err := managedPlace(tx, by, c.Place)
		if err != nil {
			return p, err
		}
		fresh, err := callPlace(tx, p.ID, c.Names)
		if err != nil || fresh == 0 {
			return p, err
		}
		_, err = s.journal.Append(tx, by, outbreak.PlaceNamed{Scope: outbreak.Scope{Area: p.Area}, Place: p.ID, PlaceKind: p.Kind})
		return p, err
	})
}

// ChangePlace is the command that says anew what a place is called, what it is and where it lies. Everything is said again.
type ChangePlace struct {
	Place outbreak.PlaceID `json:"place"`
	AddPlace
}

// ChangePlace renames or moves a place. The name it had stays one of its names, so that it is still found; what lies in it moves
// with it. Visits keep the area they were recorded in.
func (s *Service) ChangePlace(ctx context.Context, by outbreak.Actor, c ChangePlace) (Place, error) {
	if err := access.RequireAnywhere(by, access.PlaceManage); err != nil {
		return Place{}, err
	}
	var err error
	if c.AddPlace, err = c.tidy(); err != nil {
		return Place{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.ChangePlace", Key: c.Key}, c, func(tx *store.Tx) (Place, error) {
		was, err := managedPlace(tx, by, c.Place)
		if err != nil {
			return was, err
		}
		now, err := c.lie(tx)
		if err != nil {
			return now, err
		}
		now.ID, now.MergedInto = was.ID, was.MergedInto
		if err := access.Require(by, access.PlaceManage, outbreak.Scope{Area: now.Area}); err != nil {
			return now, err
		}
		if now == was && len(c.Aliases) == 0 {
			return now, nil
		}
		if err := s.fits(tx, was, now); err != nil {
			return now, err
		}
		if err := tx.Must(`update place set kind = $1, parent = $2, area_id = $3, area = $4, name = $5, address = $6, lat = $7, lon = $8, coordinates = $9,
			open_from = $10, open_to = $11, ukey = $12, recorded_at = $13 where id = $14`,
			now.Kind, now.Parent, now.AreaID, now.Area, now.Name, now.Address, now.Lat, now.Lon, now.Coordinates, now.OpenFrom, now.OpenTo, now.mark(), tx.Now, now.ID); err != nil {
			return now, fmt.Errorf("changing a place: %w", err)
		}
		if _, err := callPlace(tx, now.ID, append([]PlaceName{{Name: now.Name}}, c.Aliases...)); err != nil {
			return now, err
		}
		if err := s.takeAlong(tx, was, now); err != nil {
			return now, err
		}
		_, err = s.journal.Append(tx, by, outbreak.PlaceNamed{Scope: outbreak.Scope{Area: now.Area}, Place: now.ID, PlaceKind: now.Kind, Changed: true})
		return now, err
	})
}

// managedPlace finds a place the actor may manage.
func managedPlace(tx *store.Tx, by outbreak.Actor, id outbreak.PlaceID) (Place, error) {
	p, ok, err := PlaceByID(tx, id)
	if err != nil {
		return p, err
	}
	if !ok || access.Require(by, access.PlaceManage, outbreak.Scope{Area: p.Area}) != nil {
		return Place{}, outbreak.Refuse(outbreak.NotFound, "registry.no_place")
	}
	return p, nil
}

// fits refuses what would double a place, put it into itself, or leave in it what cannot lie in its kind.
func (s *Service) fits(tx *store.Tx, was, now Place) error {
	twin, ok, err := store.One(tx, store.Value[outbreak.PlaceID], "select id from place where ukey = $1", now.mark())
	if err != nil {
		return err
	}
	if ok && twin != now.ID {
		return outbreak.Refuse(outbreak.Conflict, "registry.place_there", "place", twin.String())
	}
	for at := now.Parent; at != 0; {
		if at == now.ID {
			return outbreak.Refuse(outbreak.Invalid, "registry.place_in_itself")
		}
		around, _, err := PlaceByID(tx, at)
		if err != nil {
			return err
		}
		at = around.Parent
	}
	if now.Kind == was.Kind {
		return nil
	}
	inside, err := placesIn(tx, now.ID)
	for _, p := range inside {
		if !slices.Contains(within[p.Kind], now.Kind) {
			return outbreak.Refuse(outbreak.Conflict, "registry.place_holds", "name", p.Name)
		}
	}
	return err
}

func placesIn(tx *store.Tx, id outbreak.PlaceID) ([]Place, error) {
	return store.List(tx, scanPlace, "select "+placeColumns+" from place where parent = $1 order by id", id)
}

// takeAlong moves what lies in a place that went to another area; what was said to lie elsewhere stays there.
func (s *Service) takeAlong(tx *store.Tx, was, now Place) error {
	if was.AreaID == now.AreaID {
		return nil
	}
	inside, err := placesIn(tx, now.ID)
	if err != nil {
		return err
	}
	for _, p := range inside {
		if p.AreaID != was.AreaID {
			continue
		}
		moved := p
		moved.AreaID, moved.Area = now.AreaID, now.Area
		if err := tx.Must("update place set area_id = $1, area = $2, ukey = $3, recorded_at = $4 where id = $5", moved.AreaID, moved.Area, moved.mark(), tx.Now, p.ID); err != nil {
			return fmt.Errorf("moving what lies in a place: %w", err)
		}
		if err := s.takeAlong(tx, p, moved); err != nil {
			return err
		}
	}
	return nil
}

// ListPlaceMerges lists the decisions about a place and those it was found to be one with, the newest first.
func (s *Service) ListPlaceMerges(ctx context.Context, by outbreak.Actor, id outbreak.PlaceID) (list []PlaceMerge, err error) {
	if err := access.RequireAnywhere(by, access.PlaceRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		p, ok, err := PlaceByID(tx, id)
		if err != nil {
			return err
		}
		if !ok || access.Require(by, access.PlaceRead, outbreak.Scope{Area: p.Area}) != nil {
			return outbreak.Refuse(outbreak.NotFound, "registry.no_place")
		}
		list, err = store.List(tx, scanPlaceMerge, "select "+mergeColumns+" from place_merge where one = $1 or other = $2 order by at desc, id desc", id, id)
		return err
	})
	return list, err
}
