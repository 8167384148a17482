package cases_test

import (
	"testing"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
)

// TestWhoGetsACaseIsCompared opens a case for somebody on the roll: whoever comes later with the same day of birth and nearly the same
// name is found to be perhaps the same person, which nobody is who has no case.
func TestWhoGetsACaseIsCompared(t *testing.T) {
	engines(t, func(h *house) {
		row := func(name, birth string) registry.NewPerson {
			return registry.NewPerson{Area: "22", Sex: "male", Identity: registry.Identity{Name: name, Birth: birth}}
		}
		ill, well := row("欧阳建国", "1971-03-24"), row("司马光明", "1968-05-26")
		ill.Identity.DocumentKind, ill.Identity.Document = registry.OtherID, "D00001"
		_, err := h.registry.LoadPeople(h.ctx, root, registry.LoadPeople{People: []registry.NewPerson{ill, well}})
		h.ok(err)
		who := root
		who.Purpose = outbreak.PurposeCare
		p, err := h.registry.FindPerson(h.ctx, who, registry.OtherID, "D00001")
		h.ok(err)
		_, err = h.cases.OpenCase(h.ctx, root, cases.OpenCase{Outbreak: h.outbreak, Person: p.ID})
		h.ok(err)
		for _, came := range []struct {
			name, birth string
			pairs       int
		}{{"欧阳建固平", "1971-03-24", 1}, {"司马光朋平", "1968-05-26", 0}} {
			w, err := h.registry.RegisterPerson(h.ctx, root, registry.RegisterPerson{Person: row(came.name, came.birth)})
			h.ok(err)
			if list, err := h.registry.DuplicatesOf(h.ctx, root, w.ID); err != nil || len(list) != came.pairs {
				t.Errorf("%s: %d pairs, %v", came.birth, len(list), err)
			}
		}
	})
}
