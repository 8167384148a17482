package registry

import (
	"fmt"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// household is the people behind one door.
type household struct {
	id             outbreak.HouseholdID
	area           Area
	building, door string
	ukey           string
}

// householdOf gives the household a person names, still without its id; nil for nobody's: neither key nor door was said.
func (s *Service) householdOf(a Area, n NewPerson) *household {
	h := &household{area: a, building: n.Building, door: n.Door}
	switch {
	case n.Household != "":
		h.ukey = s.vault.key("household", fmt.Sprintf("%d %q", a.ID, n.Household))
	case n.Door != "":
		h.ukey = s.vault.key("household", fmt.Sprintf("%d %q %q %q", a.ID, n.Household, n.Building, n.Door))
	default:
		return nil
	}
	return h
}

// householdsByUkey finds the households that are known.
func householdsByUkey(tx *store.Tx, ukeys []string) (map[string]outbreak.HouseholdID, error) {
	found := map[string]outbreak.HouseholdID{}
	err := inParts(ukeys, func(in string, args []any) error {
		return store.Each(tx, func(r store.Row) error {
			var ukey string
			var id outbreak.HouseholdID
			err := r.Scan(&ukey, &id)
			found[ukey] = id
			return err
		}, "select ukey, id from household where ukey in ("+in+")", args...)
	})
	if err != nil {
		return nil, fmt.Errorf("looking for households: %w", err)
	}
	return found, nil
}

func insertHouseholds(tx *store.Tx, homes []*household) error {
	rows := make([][]any, len(homes))
	for i, h := range homes {
		rows[i] = []any{h.id, h.area.ID, h.area.Path, h.building, h.door, h.ukey}
	}
	if _, err := tx.Insert("household", []string{"id", "area_id", "area", "building", "door", "ukey"}, nil, rows); err != nil {
		return fmt.Errorf("writing households: %w", err)
	}
	return nil
}
