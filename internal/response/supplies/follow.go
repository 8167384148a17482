package supplies

import (
	"cmp"
	"maps"
	"slices"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Consumer follows what uses supplies up. Nobody waits for it, and it takes many entries at once: of a province's round it writes
// a row per sampling point and item for thousands of tubes, which it reads before its turn.
func (s *Service) Consumer() journal.Consumer {
	return journal.Consumer{Name: "supplies", Kinds: []string{"TubesHandedIn", "KitsHandedOut", "RunEntered", "SupplyCounted"}, Gather: s.gather, Unhurried: true}
}

// quarter is how fine the time of use is looked at before it is summed by day: every time zone's days begin with one.
const quarter = outbreak.Instant(15 * 60_000)

// spot is a place and a quarter of an hour.
type spot struct {
	kind string
	ref  int64
	at   outbreak.Instant
}

// used gathers what entries say of use.
type used map[spot]map[string]int64

func (u used) add(kind string, ref int64, at outbreak.Instant, item string, n int) {
	if n == 0 || ref == 0 {
		return
	}
	k := spot{kind, ref, at - at%quarter}
	if u[k] == nil {
		u[k] = map[string]int64{}
	}
	u[k][item] += int64(n)
}

// gather sums what entries used up, and gives what writes it.
func (s *Service) gather(tx *store.Tx, list []outbreak.Entry) (journal.Gathered, error) {
	sums := used{}
	var books []labBook
	for _, e := range list {
		var err error
		switch e.Kind {
		case "TubesHandedIn":
			err = outbreak.On(e, func(h outbreak.TubesHandedIn) error {
				return s.points.EachUse(tx, h.First, h.Last, func(u outbreak.PointUse) {
					sums.add(AtBooth, int64(u.Booth), u.At, "tube", u.Tubes)
					sums.add(AtBooth, int64(u.Booth), u.At, "swab", u.Swabs)
				})
			})
		case "KitsHandedOut":
			err = outbreak.On(e, func(k outbreak.KitsHandedOut) error {
				a, _, err := registry.AreaByPath(tx, k.Area)
				sums.add(Depot, int64(a.ID), k.At, "antigen", k.Count)
				return err
			})
		case "RunEntered":
			err = outbreak.On(e, func(r outbreak.RunEntered) error {
				wells, samples, err := s.labs.WellsOf(tx, r.Run)
				sums.add(AtLab, int64(r.Lab), r.At, "reagent", wells)
				sums.add(AtLab, int64(r.Lab), r.At, "extraction", samples)
				return err
			})
		case "SupplyCounted":
			err = outbreak.On(e, func(c outbreak.SupplyCounted) error {
				books = append(books, labBook{c, e.Actor})
				return nil
			})
		}
		if err != nil {
			return nil, err
		}
	}
	return func(tx *store.Tx, by outbreak.Actor) error {
		for _, b := range books {
			if err := s.followLabBook(tx, by, b.SupplyCounted, b.actor); err != nil {
				return err
			}
		}
		return s.keepUse(tx, by, sums)
	}, nil
}

// labBook is what somebody wrote into a laboratory's own book.
type labBook struct {
	outbreak.SupplyCounted
	actor string
}

// followLabBook takes over what a laboratory wrote into its own book of a kit: there kits are counted one by one, here all of them.
func (s *Service) followLabBook(tx *store.Tx, by outbreak.Actor, c outbreak.SupplyCounted, actor string) error {
	if c.Tests == 0 {
		return nil
	}
	x, err := s.storeAt(tx, AtLab, int64(c.Lab))
	if err != nil {
		return err
	}
	if x, err = s.open(tx, by, x); err != nil {
		return err
	}
	_, err = s.keepMove(tx, Move{ID: outbreak.New[outbreak.MoveID](s.ids), Store: x.ID, Item: "reagent", How: Adjusted, Quantity: int64(c.Tests), At: c.At, By: actor})
	return err
}

// keepUse writes what was used, opening stores of places that used something for the first time.
func (s *Service) keepUse(tx *store.Tx, by outbreak.Actor, sums used) error {
	stores := map[string]map[int64]Store{}
	for _, kind := range Kinds {
		refs := map[int64]bool{}
		for k := range sums {
			if k.kind == kind {
				refs[k.ref] = true
			}
		}
		order := slices.Sorted(maps.Keys(refs))
		found, err := storesOf(tx, kind, order)
		if err != nil {
			return err
		}
		for _, ref := range order {
			if _, kept := found[ref]; kept {
				continue
			}
			x, err := s.storeAt(tx, kind, ref)
			if err == nil {
				found[ref], err = s.open(tx, by, x)
			}
			if err != nil {
				return err
			}
		}
		stores[kind] = found
	}
	return addUse(tx, byDay(sums, stores))
}

// byDay sums by the day of each store, in one order everywhere.
func byDay(sums used, stores map[string]map[int64]Store) (list []use) {
	days := map[use]int64{}
	for k, of := range sums {
		at := stores[k.kind][k.ref]
		for item, n := range of {
			days[use{store: at.ID, item: item, day: dayOf(k.at, at.location())}] += n
		}
	}
	for u, n := range days {
		u.n = n
		list = append(list, u)
	}
	slices.SortFunc(list, func(a, b use) int {
		return cmp.Or(cmp.Compare(a.store, b.store), cmp.Compare(a.item, b.item), cmp.Compare(a.day, b.day))
	})
	return list
}
