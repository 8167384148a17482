package supplies

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Stock is how an item of a store stands.
type Stock struct {
	Store     Store            `json:"store"`
	Item      string           `json:"item"`
	Balance   int64            `json:"balance"` // below 0: more left than came in
	Known     bool             `json:"known"`   // something came in or was counted; of one that only uses nobody knows how many there are
	CountedAt outbreak.Instant `json:"counted_at"`
	LowSince  outbreak.Instant `json:"low_since"` // 0: enough
	Cover
}

// compare puts what is too little first, the longest at the top, then what lasts the shortest; last what nobody counted.
func (a Stock) compare(b Stock) int {
	rank := func(s Stock) int {
		switch {
		case s.LowSince != 0:
			return 0
		case s.Known:
			return 1
		}
		return 2
	}
	days := func(s Stock) float64 {
		if s.Days < 0 {
			return 1e9
		}
		return s.Days
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.LowSince, b.LowSince), cmp.Compare(days(a), days(b)), cmp.Compare(a.Store.Area, b.Store.Area), cmp.Compare(a.Store.Name, b.Store.Name), cmp.Compare(a.Store.ID, b.Store.ID), cmp.Compare(a.Item, b.Item))
}

// drawing gathers what a picture of all stocks is made of.
type drawing struct {
	s      *Service
	tx     *store.Tx
	stores map[outbreak.StoreID]Store
	items  map[string]Item
	stocks []stock
	used   map[stockKey][]use
	needs  map[outbreak.BoothID]outbreak.PointNeed
	rules  map[string]Limits
}

// picture tells how everything stands, or one store (0: all).
func (s *Service) picture(tx *store.Tx, only outbreak.StoreID) (list []Stock, err error) {
	d := drawing{s: s, tx: tx, stores: map[outbreak.StoreID]Store{}, items: map[string]Item{}, used: map[stockKey][]use{}, rules: map[string]Limits{}}
	if err := d.read(only); err != nil {
		return nil, err
	}
	depots, err := d.depotNeeds()
	if err != nil {
		return nil, err
	}
	for _, x := range d.stocks {
		if only != 0 && x.store != only {
			continue
		}
		at := d.stores[x.store]
		l, err := d.rulesAt(at)
		if err != nil {
			return nil, err
		}
		p := Stock{Store: at, Item: x.item, Balance: x.balance, Known: x.known, CountedAt: x.countedAt, LowSince: x.lowSince, Cover: Cover{Days: -1, Daily: d.daily(x, at, l)}}
		if x.known {
			n := depots[x.store][x.item]
			if at.Kind == AtBooth {
				n = d.needAt(d.needs[at.Booth()], x.item, l)
			}
			p.Cover = l.cover(x.balance, p.Daily, n, tx.Now, d.items[x.item].Pack)
		}
		list = append(list, p)
	}
	slices.SortFunc(list, Stock.compare)
	return list, nil
}

// read reads stores, stocks, use and what open rounds need. What a depot needs hangs on the stores below it, so that all stores are
// read for one as well.
func (d *drawing) read(only outbreak.StoreID) error {
	list, err := items(d.tx)
	if err != nil {
		return err
	}
	for _, i := range list {
		d.items[i.Code] = i
	}
	if err := store.Each(d.tx, func(r store.Row) error {
		x, err := scanStore(r)
		d.stores[x.ID] = x
		return err
	}, "select "+storeColumns+" from supply_store"); err != nil {
		return err
	}
	if d.stocks, err = store.List(d.tx, scanStock, "select "+stockColumns+" from supply_stock order by store, item"); err != nil {
		return err
	}
	if d.needs, err = d.s.points.PointNeeds(d.tx); err != nil {
		return err
	}
	cond, args := "", []any(nil)
	if only != 0 {
		cond, args = " and store = $2", []any{only}
	}
	return d.readUse(dayOf(d.tx.Now, time.UTC)-longestWindow, cond, args)
}

// longestWindow is more days than any use is averaged over.
const longestWindow = 62

// readUse reads what was used from a day on, and of depots what they issued.
func (d *drawing) readUse(from int64, cond string, args []any) error {
	if err := store.Each(d.tx, func(r store.Row) error {
		var u use
		err := r.Scan(&u.store, &u.item, &u.day, &u.n)
		k := stockKey{u.store, u.item}
		d.used[k] = append(d.used[k], u)
		return err
	}, "select store, item, day, n from supply_use where day >= $1"+cond+" order by day", append([]any{from}, args...)...); err != nil {
		return err
	}
	return store.Each(d.tx, func(r store.Row) error {
		var u use
		var at outbreak.Instant
		if err := r.Scan(&u.store, &u.item, &at, &u.n); err != nil {
			return err
		}
		if x := d.stores[u.store]; x.Kind == Depot {
			u.day, u.n = dayOf(at, x.location()), -u.n
			k := stockKey{u.store, u.item}
			d.used[k] = append(d.used[k], u)
		}
		return nil
	}, "select store, item, at, quantity from supply_move where how = '"+Issued+"' and at >= $1"+cond+" order by at", append([]any{beginOf(from, time.UTC)}, args...)...)
}

// daily averages the use of an item.
func (d *drawing) daily(x stock, at Store, l Limits) float64 {
	zone := at.location()
	from := l.windowOf(d.tx.Now, zone)
	sum, first := int64(0), int64(0)
	for _, u := range d.used[stockKey{x.store, x.item}] {
		if u.day < from {
			continue
		}
		if first == 0 || u.day < first {
			first = u.day
		}
		sum += u.n
	}
	if older := d.used[stockKey{x.store, x.item}]; len(older) > 0 && older[0].day < from {
		first = from // it was used before: a day without use is one too
	}
	return l.daily(sum, first, d.tx.Now, zone)
}

func (d *drawing) rulesAt(at Store) (Limits, error) {
	key := fmt.Sprint(int64(at.Outbreak), at.Area)
	if at.Outbreak != 0 {
		key = fmt.Sprint(int64(at.Outbreak))
	}
	l, known := d.rules[key]
	if known {
		return l, nil
	}
	l, err := d.s.rulesAt(d.tx, at)
	d.rules[key] = l
	return l, err
}

// needAt gives what a sampling point needs of an item until its rounds close.
func (d *drawing) needAt(p outbreak.PointNeed, item string, l Limits) need {
	switch d.items[item].Follows {
	case ByTubes:
		return need{int64(p.Tubes), p.Closes}
	case BySwabs:
		return need{int64(float64(p.People)*max(l.Swabs, 1) + 0.5), p.Closes}
	}
	return need{}
}

// depotNeeds gives what the depots have to bring to the sampling points of their areas: what these need and have not. A point that
// lies below several depots is the business of the nearest one.
func (d *drawing) depotNeeds() (map[outbreak.StoreID]map[string]need, error) {
	depots := map[outbreak.Path]outbreak.StoreID{}
	for id, x := range d.stores {
		if x.Kind == Depot {
			depots[x.Area] = id
		}
	}
	needs := map[outbreak.StoreID]map[string]need{}
	if len(depots) == 0 || len(d.needs) == 0 {
		return needs, nil
	}
	has := map[outbreak.BoothID]map[string]int64{}
	for _, x := range d.stocks {
		if at := d.stores[x.store]; at.Kind == AtBooth && x.known {
			if has[at.Booth()] == nil {
				has[at.Booth()] = map[string]int64{}
			}
			has[at.Booth()][x.item] = max(x.balance, 0)
		}
	}
	for booth, p := range d.needs {
		id, found := outbreak.StoreID(0), false
		for at := p.Area; at != "" && !found; at = at.Parent() {
			id, found = depots[at]
		}
		if !found {
			continue
		}
		l, err := d.rulesAt(Store{Outbreak: p.Outbreak, Area: p.Area})
		if err != nil {
			return nil, err
		}
		if needs[id] == nil {
			needs[id] = map[string]need{}
		}
		for code := range d.items {
			n := d.needAt(p, code, l)
			if short := n.pieces - has[booth][code]; short > 0 {
				was := needs[id][code]
				needs[id][code] = need{was.pieces + short, max(was.closes, n.closes)}
			}
		}
	}
	return needs, nil
}
