package board

import (
	"context"
	"testing"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// without is a house in which no tube waits.
type without struct{ Tubes }

func (without) ListTubesWaiting(context.Context, screening.TubeFilter) ([]screening.WaitingTube, error) {
	return nil, nil
}

// TestAPageEndsBetweenTwoStepsOfOneCase reads rows that share moment and key in pages of every size: none is skipped, none comes twice.
func TestAPageEndsBetweenTwoStepsOfOneCase(t *testing.T) {
	testkit.Engines(t, []store.Migrations{journal.Migrations, registry.Migrations, Migrations}, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		ctx, s := context.Background(), New(db, without{})
		if err := db.Write(ctx, func(tx *store.Tx) error {
			for _, c := range []outbreak.CaseID{5, 6} {
				for _, step := range []Step{Report, Retest, CoreInfo, FullReport} {
					if err := (tables{tx: tx}).put(ofCase(step, here, c, 3, eight, ten)); err != nil {
						return err
					}
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for most := 1; most <= 9; most++ {
			seen := map[string]int{}
			f := Filter{Most: most}
			for {
				rows, err := s.ListWaiting(ctx, outbreak.SystemActor("test"), f)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range rows {
					seen[string(r.Step)+r.Key]++
					f.After, f.Since, f.At = r.Key, r.Since, r.Step
				}
				if len(rows) < most {
					break
				}
			}
			if len(seen) != 8 {
				t.Errorf("in pages of %d rows %d of 8 come", most, len(seen))
			}
			for row, n := range seen {
				if n != 1 {
					t.Errorf("in pages of %d rows %s comes %d times", most, row, n)
				}
			}
		}
	})
}
