package supplies

import (
	"context"
	"maps"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// rowsAtOnce is how many rows of the table of tubes a recount reads in one look, so that no look keeps a database's log from being
// folded back.
const rowsAtOnce = 20_000

// useKey is an item of a place that uses it up.
type useKey struct {
	kind string
	ref  int64
	item string
}

// uses are what places used up.
type uses map[useKey]int64

func (u uses) add(kind string, ref int64, item string, n int) {
	if ref != 0 && n != 0 {
		u[useKey{kind, ref, item}] += int64(n)
	}
}

// Recount works out anew what tubes, runs and hand-outs of kits used up, from these themselves, and counts the items of places for
// which the book of use says otherwise. Tubes from before the journal tells of their rows are in neither. While entries wait to be
// followed nothing can be said: judged is false.
func (s *Service) Recount(ctx context.Context) (wrong int64, judged bool, err error) {
	used, book := uses{}, uses{}
	var first, last int64
	if err := s.db.Read(ctx, func(tx *store.Tx) error {
		behind, err := journal.Unseen(tx, s.Consumer())
		if err != nil || behind > 0 {
			return err
		}
		judged = true
		if first, last, err = s.told(tx); err != nil {
			return err
		}
		if err := s.labs.EachRunUse(tx, func(lab outbreak.LabID, wells, samples int) {
			used.add(AtLab, int64(lab), "reagent", wells)
			used.add(AtLab, int64(lab), "extraction", samples)
		}); err != nil {
			return err
		}
		if err := s.kitsUsed(tx, used); err != nil {
			return err
		}
		return booked(tx, book)
	}); err != nil || !judged {
		return 0, judged, err
	}
	for from := first; from <= last && last > 0; from += rowsAtOnce {
		if err := s.db.Read(ctx, func(tx *store.Tx) error {
			return s.points.EachUse(tx, from, min(from+rowsAtOnce-1, last), func(u outbreak.PointUse) {
				used.add(AtBooth, int64(u.Booth), "tube", u.Tubes)
				used.add(AtBooth, int64(u.Booth), "swab", u.Swabs)
			})
		}); err != nil {
			return 0, false, err
		}
	}
	return used.differ(book), true, nil
}

// told gives the first and the last row of the table of tubes that the journal tells of; 0, 0: none.
func (s *Service) told(tx *store.Tx) (first, last int64, err error) {
	head, err := journal.Head(tx)
	if err != nil {
		return 0, 0, err
	}
	begun, err := journal.List(tx, 0, head, []string{"TubesHandedIn"}, 1)
	if err != nil || len(begun) == 0 {
		return 0, 0, err
	}
	if err := outbreak.On(begun[0], func(h outbreak.TubesHandedIn) error { first = h.First; return nil }); err != nil {
		return 0, 0, err
	}
	last, err = s.points.LastRow(tx)
	return first, last, err
}

// kitsUsed adds the kits that were handed out, each in the depot of its area.
func (s *Service) kitsUsed(tx *store.Tx, used uses) error {
	kits, err := s.points.KitsOut(tx)
	if err != nil {
		return err
	}
	for at, n := range kits {
		a, _, err := registry.AreaByPath(tx, at)
		if err != nil {
			return err
		}
		used.add(Depot, int64(a.ID), "antigen", n)
	}
	return nil
}

// booked reads what the book says was used of what the house itself uses up.
func booked(tx *store.Tx, book uses) error {
	follows := map[string]bool{}
	for _, i := range common {
		follows[i.Code] = i.Follows != ""
	}
	return store.Each(tx, func(r store.Row) error {
		var k useKey
		var n int64
		err := r.Scan(&k.kind, &k.ref, &k.item, &n)
		if follows[k.item] && n != 0 {
			book[k] = n
		}
		return err
	}, `select s.kind, s.ref, u.item, cast(sum(u.n) as bigint) from supply_use u join supply_store s on s.id = u.store group by s.kind, s.ref, u.item`)
}

// differ counts where two books differ.
func (u uses) differ(o uses) (n int64) {
	all := maps.Clone(u)
	maps.Copy(all, o)
	for k := range all {
		if u[k] != o[k] {
			n++
		}
	}
	return n
}
