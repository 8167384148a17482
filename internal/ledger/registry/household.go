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
	mark           mark
	ukey           string
}

// householdOf gives the household a person names, still without its id; nil for nobody's: neither key nor door was said.
func (b blind) householdOf(a Area, n NewPerson) *household {
	h := &household{area: a, building: n.Building, door: n.Door}
	switch {
	case n.Household != "":
		h.mark = mark{"household", fmt.Sprintf("%d %q", a.ID, n.Household)}
	case n.Door != "":
		h.mark = mark{"household", fmt.Sprintf("%d %q %q %q", a.ID, n.Household, n.Building, n.Door)}
	default:
		return nil
	}
	h.ukey = b.ukey(h.mark)
	return h
}

// householdsBy finds the households that are known, by the form of their keys that is written today.
func (b blind) householdsBy(tx *store.Tx, homes []*household) (map[string]outbreak.HouseholdID, error) {
	found := map[string]outbreak.HouseholdID{}
	forms := make(map[string]string, len(homes))
	for _, h := range homes {
		if forms[h.ukey] == "" {
			b.addForms(forms, h.mark, h.ukey)
		}
	}
	heads := make([]int64, 0, len(forms))
	for form := range forms {
		heads = append(heads, headOf(form))
	}
	err := inParts(heads, func(in string, args []any) error {
		return store.Each(tx, func(r store.Row) error {
			var ukey string
			var id outbreak.HouseholdID
			err := r.Scan(&ukey, &id)
			if today, asked := forms[ukey]; asked {
				found[today] = id
			}
			return err
		}, "select ukey, id from household where uhead in ("+in+")", args...)
	})
	if err != nil {
		return nil, fmt.Errorf("looking for households: %w", err)
	}
	return found, nil
}

func (b blind) insertHouseholds(tx *store.Tx, homes []*household) error {
	rows := make([][]any, len(homes))
	for i, h := range homes {
		rows[i] = []any{int64(h.id), int64(h.area.ID), string(h.area.Path), h.building, h.door, headOf(h.ukey), h.ukey, b.newest()}
	}
	if err := tx.Add("household", []string{"id", "area_id", "area", "building", "door", "uhead", "ukey", "index_by"}, rows); err != nil {
		return fmt.Errorf("writing households: %w", err)
	}
	return nil
}
