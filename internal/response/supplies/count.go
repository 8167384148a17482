package supplies

import (
	"context"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Count is the command that says how many there are of some items of a store.
type Count struct {
	Key   string           `json:"-"`
	Store outbreak.StoreID `json:"store"`
	Items []CountedItem    `json:"items"`
	Note  string           `json:"note"`
	At    outbreak.Instant `json:"at"` // 0: now
}

// CountedItem is how many there are of one item.
type CountedItem struct {
	Item     string `json:"item"`
	Quantity int64  `json:"quantity"`
}

// Count records a count. It is right and the book is not; one that differs from the book by more than the rule book allows waits
// to be explained. Of an item nothing in the house uses up, what the count finds missing is what was used.
func (s *Service) Count(ctx context.Context, by outbreak.Actor, c Count) ([]Move, error) {
	if err := access.RequireAnywhere(by, access.SupplyRecord); err != nil {
		return nil, err
	}
	if len(c.Items) == 0 {
		return nil, outbreak.Refuse(outbreak.Invalid, "supplies.count_empty")
	}
	for i, x := range c.Items {
		if x.Quantity < 0 || x.Quantity > mostPieces {
			return nil, outbreak.Refuse(outbreak.Invalid, "supplies.count_number", "most", mostPieces)
		}
		if slices.ContainsFunc(c.Items[:i], func(y CountedItem) bool { return y.Item == x.Item }) {
			return nil, outbreak.Refuse(outbreak.Invalid, "supplies.count_twice", "item", x.Item)
		}
	}
	var err error
	if c.Note, err = noteOf(c.Note); err != nil {
		return nil, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "supplies.Count", Key: c.Key}, c, func(tx *store.Tx) (list []Move, err error) {
		at, err := s.storeFor(tx, by, c.Store, access.SupplyRecord)
		if err != nil {
			return nil, err
		}
		moment, err := momentOf(c.At, tx.Now)
		if err != nil {
			return nil, err
		}
		limits, err := s.rulesAt(tx, at)
		if err != nil {
			return nil, err
		}
		for _, x := range c.Items {
			m, err := s.count(tx, by, at, limits, x, Move{Note: c.Note, At: moment, By: by.String()})
			if err != nil {
				return nil, err
			}
			list = append(list, m)
		}
		return list, nil
	})
}

// count keeps one count and tells of it.
func (s *Service) count(tx *store.Tx, by outbreak.Actor, at Store, limits Limits, x CountedItem, m Move) (Move, error) {
	m, err := s.keepCount(tx, at, limits, x, m)
	if err != nil {
		return m, err
	}
	_, err = s.journal.Append(tx, by, outbreak.StockCounted{Scope: at.Scope(), Store: at.ID, Item: m.Item, Move: m.ID, Counted: m.Quantity, Booked: m.Booked, Differs: m.Differs, At: m.At})
	return m, err
}

// keepCount writes one count. The first of an item says nothing about a book there was none of.
func (s *Service) keepCount(tx *store.Tx, at Store, limits Limits, x CountedItem, m Move) (Move, error) {
	item, err := itemOf(tx, x.Item)
	if err != nil {
		return m, err
	}
	m.day = dayOf(m.At, at.location())
	before, err := bookAt(tx, at.ID, x.Item, m.At, m.day)
	if err != nil {
		return m, err
	}
	m.ID, m.Store, m.Item, m.How, m.Quantity, m.RecordedAt = outbreak.New[outbreak.MoveID](s.ids), at.ID, x.Item, Counted, x.Quantity, tx.Now
	m.Booked = before.balance
	switch {
	case !before.known:
	case item.Follows == "" && m.Quantity < m.Booked:
		if err := addUse(tx, []use{{at.ID, item.Code, m.day, m.Booked - m.Quantity}}); err != nil {
			return m, err
		}
	default:
		m.Differs = limits.differs(m.Quantity, m.Booked)
	}
	if m.used, err = usedOn(tx, at.ID, x.Item, m.day); err != nil {
		return m, err
	}
	if err := insertMove(tx, m); err != nil {
		return m, err
	}
	after, err := recount(tx, at.ID, x.Item)
	if err != nil {
		return m, err
	}
	return m, keepStock(tx, after)
}

// Verdicts are why a count may differ from the book.
var Verdicts = []string{"miscounted", "not_booked", "lost", "used_otherwise", "other"}

// Explain is the command that says why a count differed from the book.
type Explain struct {
	Key     string          `json:"-"`
	Move    outbreak.MoveID `json:"move"`
	Verdict string          `json:"verdict"`
	Note    string          `json:"note"`
}

// Explain says why a count differed from the book.
func (s *Service) Explain(ctx context.Context, by outbreak.Actor, c Explain) (Move, error) {
	if err := access.RequireAnywhere(by, access.SupplyManage); err != nil {
		return Move{}, err
	}
	if !slices.Contains(Verdicts, c.Verdict) {
		return Move{}, outbreak.Refuse(outbreak.Invalid, "supplies.verdict")
	}
	var err error
	if c.Note, err = noteOf(c.Note); err != nil {
		return Move{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "supplies.Explain", Key: c.Key}, c, func(tx *store.Tx) (Move, error) {
		m, ok, err := store.One(tx, scanMove, "select "+moveColumns+" from supply_move where id = $1", c.Move)
		if err != nil {
			return m, err
		}
		if !ok {
			return m, outbreak.Refuse(outbreak.NotFound, "supplies.no_move")
		}
		at, err := s.storeFor(tx, by, m.Store, access.SupplyManage)
		if err != nil {
			return Move{}, err
		}
		if !m.Differs {
			return m, outbreak.Refuse(outbreak.Conflict, "supplies.explained")
		}
		m.Differs, m.Verdict, m.SettledBy, m.SettledAt = false, c.Verdict, by.String(), tx.Now
		if c.Note != "" {
			m.Note = c.Note
		}
		if err := tx.Must("update supply_move set differs = 0, verdict = $1, settled_by = $2, settled_at = $3, note = $4 where id = $5", m.Verdict, m.SettledBy, m.SettledAt, m.Note, m.ID); err != nil {
			return m, err
		}
		_, err = s.journal.Append(tx, by, outbreak.StockExplained{Scope: at.Scope(), Store: at.ID, Item: m.Item, Move: m.ID, Verdict: m.Verdict})
		return m, err
	})
}
