package registry

import (
	"context"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// LoadPlaces is a batch of places; what lies around a place comes before it, in this batch or earlier.
type LoadPlaces struct {
	Key    string        `json:"-"`
	Places []LoadedPlace `json:"places"`
}

// LoadedPlace is a place as a file names it: what lies around it by code or by name.
type LoadedPlace struct {
	Around string `json:"around"` // empty: a root
	AddPlace
}

// LoadPlaces makes places known, or gives those that are known further names. What is known already is repeated and changes nothing.
func (s *Service) LoadPlaces(ctx context.Context, by outbreak.Actor, c LoadPlaces) (Loaded, error) {
	if err := access.RequireAnywhere(by, access.PlaceManage); err != nil {
		return Loaded{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.LoadPlaces", Key: c.Key}, c, func(tx *store.Tx) (Loaded, error) {
		l := Loaded{Batch: outbreak.New[outbreak.BatchID](s.ids)}
		var events []outbreak.Event
		for i, n := range c.Places {
			e, err := s.loadPlace(tx, by, n)
			switch {
			case err != nil:
				if err := l.Rejected.Add(i, err); err != nil {
					return l, err
				}
			case e == nil:
				l.Repeated++
			default:
				events = append(events, *e)
				if l.Added++; !e.New {
					l.Added, l.Changed = l.Added-1, l.Changed+1
				}
			}
		}
		if len(events) == 0 {
			return l, nil
		}
		_, err := s.journal.Append(tx, by, events...)
		return l, err
	})
}

func (s *Service) loadPlace(tx *store.Tx, by outbreak.Actor, n LoadedPlace) (*outbreak.PlaceNamed, error) {
	c, err := n.tidy()
	if err != nil {
		return nil, err
	}
	if n.Around != "" {
		around, err := placeCalled(tx, by, n.Around)
		if err != nil {
			return nil, err
		}
		c.Parent = around.ID
	}
	_, e, err := s.addPlace(tx, by, c)
	return e, err
}

// placeCalled finds a place by its code, or by a name that one place alone has where the actor may know places. Places that are
// one count once.
func placeCalled(tx *store.Tx, by outbreak.Actor, name string) (Place, error) {
	if id, err := outbreak.ParseID[outbreak.PlaceID](name); err == nil && id != 0 {
		p, ok, err := PlaceByID(tx, id)
		if err != nil {
			return p, err
		}
		if ok && access.Can(by, access.PlaceRead, outbreak.Scope{Area: p.Area}) {
			return p, nil
		}
	}
	cond, args := withinPeople(by, access.PlaceRead, []any{foldName(name).whole()})
	limit, args := store.In(args, []int{mostPlaces})
	list, err := store.List(tx, scanPlace, "select "+placeColumns+" from place where id in (select place from place_name where folded = $1) and "+cond+" order by id limit "+limit, args...)
	if err != nil {
		return Place{}, err
	}
	leads := map[outbreak.PlaceID]bool{}
	for _, p := range list {
		if p.MergedInto != 0 {
			leads[p.MergedInto] = true
		} else {
			leads[p.ID] = true
		}
	}
	switch len(leads) {
	case 0:
		return Place{}, outbreak.Refuse(outbreak.NotFound, "registry.no_place_called")
	case 1:
		return list[0], nil
	}
	return Place{}, outbreak.Refuse(outbreak.Invalid, "registry.many_places", "n", len(leads))
}

// FindPlaceCalled finds a place by its code or by a name that it alone has.
func (s *Service) FindPlaceCalled(ctx context.Context, by outbreak.Actor, name string) (p Place, err error) {
	if err := access.RequireAnywhere(by, access.PlaceRead); err != nil {
		return p, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		p, err = placeCalled(tx, by, name)
		return err
	})
	return p, err
}
