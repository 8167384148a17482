package screening

import (
	"context"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// SizeBounds are the upper bounds of the classes in which the intake counts how many operations shared a commit.
var SizeBounds = [...]int{1, 2, 5, 10, 20, 50, 100, 200, 500, mostTogether}

// commitClasses count the intake's commits by what they held and how long they took, with the bounds of the writer (store.Bounds).
type commitClasses struct {
	Busy   time.Duration            // all of them together
	Sizes  [len(SizeBounds)]int64   // commits that held no more than each bound
	Within [len(store.Bounds)]int64 // commits that took no longer than each bound
}

func (c *commitClasses) note(n int, took time.Duration) {
	c.Busy += took
	for i, most := range SizeBounds {
		if n <= most {
			c.Sizes[i]++
		}
	}
	for i, most := range store.Bounds {
		if took <= most {
			c.Within[i]++
		}
	}
}

// Watched is what somebody who watches over the site wants to know of sampling.
type Watched struct {
	Rounds    int   // open
	Silent    int   // sampling points of which nothing is heard in the hours of a round
	Unsynced  int   // sampling points with a device that holds operations
	Held      int64 // operations on devices, as far as they told
	Orphans   int   // tubes at a laboratory that no sampling point handed in, not settled
	NeverCame int   // tubes handed in that are not at a laboratory in time
	Searches  int   // positive pools without a positive member, not concluded
}

// CountWatched counts what watches over sampling need to know, over all open rounds the actor sees.
func (s *Service) CountWatched(ctx context.Context, by outbreak.Actor) (w Watched, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return w, err
	}
	queues, err := s.coverage.TubesWaiting(ctx, TubeFilter{See: func(sc outbreak.Scope) bool { return access.Can(by, access.RoundRead, sc) }})
	if err != nil {
		return w, err
	}
	w.NeverCame = queues[InTransit].Past
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		rounds, err := s.roundsFor(tx, BoothFilter{Show: ShowSilent})
		if err != nil {
			return err
		}
		silent, unsynced := map[outbreak.BoothID]bool{}, map[outbreak.BoothID]bool{}
		for _, r := range rounds {
			if !sees(by, r) {
				continue
			}
			w.Rounds++
			held, err := s.heldUp(tx, r)
			if err != nil {
				return err
			}
			for id, h := range held {
				if h.silent {
					silent[id] = true
				}
				if h.unsynced {
					unsynced[id] = true
				}
			}
		}
		w.Silent, w.Unsynced = len(silent), len(unsynced)
		cond, args := access.Within(by, access.RoundRead, "", []any{kindDevice, Left})
		devices, err := store.List(tx, s.device, "select "+deviceColumns+" from device where kind = $1 and ended <> $2 and (last > acked or outbox > 0) and "+cond, args...)
		for _, d := range devices {
			w.Held += d.Holds()
		}
		if err != nil {
			return err
		}
		cond, args = access.Within(by, access.RoundRead, "", []any{Orphan})
		orphans, err := store.Count(tx, "select count(*) from anomaly where settled_at = 0 and what = $1 and "+cond, args...)
		if err != nil {
			return err
		}
		cond, args = access.Within(by, access.RoundRead, "", nil)
		searches, err := store.Count(tx, "select count(*) from pool_search where ended_at = 0 and "+cond, args...)
		w.Orphans, w.Searches = int(orphans), int(searches)
		return err
	})
	return w, err
}
