package supplies

import (
	"context"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Tick finds what has become too little, and what is enough again; app calls it every minute. It reads everything, and writes what
// changed alone.
func (s *Service) Tick(ctx context.Context) error {
	var turned []Stock
	if err := s.db.Read(ctx, func(tx *store.Tx) error {
		list, err := s.picture(tx, 0)
		for _, x := range list {
			if x.Low != (x.LowSince != 0) {
				turned = append(turned, x)
			}
		}
		return err
	}); err != nil || len(turned) == 0 {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		var events []outbreak.Event
		for _, x := range turned {
			since := outbreak.Instant(0)
			if x.Low {
				since = tx.Now
			}
			n, err := tx.Exec("update supply_stock set low_since = $1 where store = $2 and item = $3 and low_since = $4", since, x.Store.ID, x.Item, x.LowSince)
			if err != nil {
				return err
			}
			if n == 0 {
				continue // another server was there first
			}
			if x.Low {
				events = append(events, outbreak.StockLow{Scope: x.Store.Scope(), Store: x.Store.ID, Item: x.Item, Balance: x.Balance, RunsOut: x.RunsOut, At: tx.Now})
				continue
			}
			events = append(events, outbreak.StockEnough{Scope: x.Store.Scope(), Store: x.Store.ID, Item: x.Item, At: tx.Now})
		}
		_, err := s.journal.Append(tx, outbreak.SystemActor("clock"), events...)
		return err
	})
}
