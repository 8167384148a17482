package supplies

import (
	"context"
	"fmt"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Filter cuts the list of stocks.
type Filter struct {
	Below outbreak.Path
	Kind  string // of stores; empty: all
	Item  string
	Show  string // low, differs, uncounted; empty: all
	After string // behind this one: Stock.Key
	Most  int    // 0: all
}

// What a list of stocks may be cut to.
const (
	ShowLow       = "low"
	ShowUncounted = "uncounted"
)

// Key names a stock in a list.
func (a Stock) Key() string { return a.Store.ID.String() + " " + a.Item }

// fits tells whether a stock is wanted.
func (f Filter) fits(x Stock) bool {
	switch {
	case !f.Below.Contains(x.Store.Area), f.Kind != "" && f.Kind != x.Store.Kind, f.Item != "" && f.Item != x.Item:
		return false
	case f.Show == ShowLow:
		return x.Low || x.LowSince != 0
	case f.Show == ShowUncounted:
		return !x.Known
	}
	return true
}

// ListStocks lists how everything stands that the actor sees: what is too little first, the longest at the top.
func (s *Service) ListStocks(ctx context.Context, by outbreak.Actor, f Filter) (list []Stock, err error) {
	if err := access.RequireAnywhere(by, access.SupplyRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		list, err = s.picture(tx, 0)
		return err
	})
	list = slices.DeleteFunc(list, func(x Stock) bool { return !access.Can(by, access.SupplyRead, x.Store.Scope()) || !f.fits(x) })
	if i := slices.IndexFunc(list, func(x Stock) bool { return x.Key() == f.After }); i >= 0 {
		list = list[i+1:]
	}
	if f.Most > 0 {
		list = list[:min(len(list), f.Most)]
	}
	return list, err
}

// Look is one store with what lies there and what moved of late.
type Look struct {
	Store  Store   `json:"store"`
	Limits Limits  `json:"limits"`
	Stocks []Stock `json:"stocks"`
	Moves  []Move  `json:"moves"` // the last ones first
}

// mostMoves is how many movements are shown beside a store.
const mostMoves = 50

// FindStore shows one store.
func (s *Service) FindStore(ctx context.Context, by outbreak.Actor, id outbreak.StoreID) (x Look, err error) {
	if err := access.RequireAnywhere(by, access.SupplyRead); err != nil {
		return x, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if x.Store, err = s.storeFor(tx, by, id, access.SupplyRead); err != nil {
			return err
		}
		if x.Limits, err = s.rulesAt(tx, x.Store); err != nil {
			return err
		}
		if x.Stocks, err = s.picture(tx, id); err != nil {
			return err
		}
		x.Moves, err = store.List(tx, scanMove, fmt.Sprintf("select "+moveColumns+" from supply_move where store = $1 order by at desc, id desc limit %d", mostMoves), id)
		return err
	})
	return x, err
}

// ListStores lists the stores the actor sees, in the order of their areas and names.
func (s *Service) ListStores(ctx context.Context, by outbreak.Actor) (list []Store, err error) {
	if err := access.RequireAnywhere(by, access.SupplyRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		list, err = store.List(tx, scanStore, "select "+storeColumns+" from supply_store order by area, name, id")
		return err
	})
	return slices.DeleteFunc(list, func(x Store) bool { return !access.Can(by, access.SupplyRead, x.Scope()) }), err
}

// MoveFilter cuts the list of movements.
type MoveFilter struct {
	Store   outbreak.StoreID // 0: every one
	Differs bool             // counts that wait to be explained, the oldest first; else the newest first
	Oldest  bool             // the oldest first
	After   outbreak.MoveID  // behind this one
	Most    int
}

// StoreMove is a movement with its store.
type StoreMove struct {
	Move
	Place Store `json:"in"`
}

// ListMoves lists movements and counts the actor sees.
func (s *Service) ListMoves(ctx context.Context, by outbreak.Actor, f MoveFilter) (list []StoreMove, err error) {
	if err := access.RequireAnywhere(by, access.SupplyRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, order, args := "1 = 1", "m.id desc", []any{}
		and := func(text string, v any) {
			args = append(args, v)
			cond += fmt.Sprintf(" and "+text+" $%d", len(args))
		}
		if f.Store != 0 {
			and("m.store =", f.Store)
		}
		behind := "m.id <"
		if f.Differs {
			and("m.differs =", 1)
		}
		if f.Differs || f.Oldest {
			order, behind = "m.id", "m.id >"
		}
		if f.After != 0 {
			and(behind, f.After)
		}
		within, args := sees(by, "s.", args)
		limit, args := store.In(args, []int{max(f.Most, 1)})
		list, err = store.List(tx, scanStoreMove, "select "+columnsOf("m", moveColumns)+", "+columnsOf("s", storeColumns)+" from supply_move m join supply_store s on s.id = m.store where "+cond+" and "+within+" order by "+order+" limit "+limit, args...)
		return err
	})
	return list, err
}

// Watched is what somebody who watches over the site wants to know of supplies.
type Watched struct {
	Low     int // items of stores that will not last as long as the rule book wants
	Below   int // of which more left than came in
	Differs int // counts that wait to be explained
}

// CountWatched counts what watches over supplies need to know.
func (s *Service) CountWatched(ctx context.Context, by outbreak.Actor) (w Watched, err error) {
	if err := access.RequireAnywhere(by, access.SupplyRead); err != nil {
		return w, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		for n, q := range map[*int]string{&w.Low: "supply_stock x join supply_store s on s.id = x.store where x.low_since <> 0", &w.Below: "supply_stock x join supply_store s on s.id = x.store where x.known = 1 and x.balance < 0",
			&w.Differs: "supply_move x join supply_store s on s.id = x.store where x.differs = 1"} {
			within, args := sees(by, "s.", nil)
			count, err := store.Count(tx, "select count(*) from "+q+" and "+within, args...)
			if err != nil {
				return err
			}
			*n = int(count)
		}
		return nil
	})
	return w, err
}

// Wrong counts the stocks whose kept balance is not the one counted anew from movements and use: none.
func Wrong(tx *store.Tx) (wrong int64, err error) {
	kept, err := store.List(tx, scanStock, "select "+stockColumns+" from supply_stock")
	if err != nil {
		return 0, err
	}
	for _, x := range kept {
		anew, err := recount(tx, x.store, x.item)
		if err != nil {
			return 0, err
		}
		if anew.lowSince = x.lowSince; anew != x {
			wrong++
		}
	}
	alone, err := store.Count(tx, `select count(*) from supply_move m where m.pair <> 0 and not exists
		(select 1 from supply_move o where o.id = m.pair and o.pair = m.id and o.item = m.item and o.quantity = -m.quantity)`)
	return wrong + alone, err
}
