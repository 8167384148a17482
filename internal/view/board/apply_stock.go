package board

import "breakwater/internal/outbreak"

// stockKinds are the entries of supplies.
var stockKinds = []string{"StockLow", "StockEnough", "StockCounted", "StockExplained"}

// applyStock moves supplies that will not last, until they run out, and counts that differ from the book, until somebody says why.
func applyStock(sh shelf, e outbreak.Entry) error {
	row := func(s Step, key string, sc outbreak.Scope, at outbreak.StoreID, since, due outbreak.Instant) error {
		return sh.put(Row{Step: s, Key: key, Outbreak: sc.Outbreak, Area: sc.Area, Subject: outbreak.Ref{Kind: "store", ID: at.String()}, Since: since, Due: due})
	}
	switch e.Kind {
	case "StockLow":
		return outbreak.On(e, func(l outbreak.StockLow) error {
			return row(StockLow, l.Store.String()+" "+l.Item, l.Scope, l.Store, l.At, l.RunsOut)
		})
	case "StockEnough":
		return outbreak.On(e, func(l outbreak.StockEnough) error { return out(sh, l.Store.String()+" "+l.Item, StockLow) })
	case "StockCounted":
		return outbreak.On(e, func(c outbreak.StockCounted) error {
			if !c.Differs {
				return nil
			}
			return row(StockOdd, c.Move.String(), c.Scope, c.Store, c.At, 0)
		})
	}
	return outbreak.On(e, func(x outbreak.StockExplained) error { return out(sh, x.Move.String(), StockOdd) })
}
