package contacts

import (
	"context"
	"maps"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// AreasNumbered tells in which areas those live whom the lists of a party know by numbers. Nobody of the other numbers is known.
func (s *Service) AreasNumbered(ctx context.Context, by outbreak.Actor, ob outbreak.OutbreakID, party string, numbers []string) (map[string]outbreak.Path, error) {
	if err := access.RequireAnywhere(by, access.ContactLoad); err != nil {
		return nil, err
	}
	areas := map[string]outbreak.Path{}
	return areas, s.db.Read(ctx, func(tx *store.Tx) error {
		known, err := s.peopleNumbered(tx, ob, party, numbers)
		if err != nil {
			return err
		}
		ids := slices.Sorted(maps.Values(known))
		people, err := registry.PeopleByID(tx, slices.Compact(ids))
		for number, id := range known {
			if p, is := people[id]; is {
				areas[number] = p.Area
			}
		}
		return err
	})
}
