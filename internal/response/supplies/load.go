package supplies

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// LoadStock is the command that takes receipts, counts and the like of a file in.
type LoadStock struct {
	Key  string      `json:"-"`
	Rows []LoadedRow `json:"rows"`
}

// LoadedRow is one row of a file. Its store need not be kept account of before.
type LoadedRow struct {
	At OpenStore `json:"at"`
	Record
}

// Loaded is what became of the rows.
type Loaded struct {
	Batch    outbreak.BatchID    `json:"batch"`
	Added    int                 `json:"added"`
	Repeated int                 `json:"repeated"`
	Rejected outbreak.Rejections `json:"rejected"`
}

// LoadStock takes rows of a file in, with one entry in the journal for all of them and one for each count that differs from the
// book. A row that is there already changes nothing.
func (s *Service) LoadStock(ctx context.Context, by outbreak.Actor, c LoadStock) (Loaded, error) {
	if err := access.RequireAnywhere(by, access.SupplyRecord); err != nil {
		return Loaded{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "supplies.LoadStock", Key: c.Key}, c, func(tx *store.Tx) (Loaded, error) {
		l := loading{s: s, tx: tx, by: by, Loaded: Loaded{Batch: outbreak.New[outbreak.BatchID](s.ids)}, event: outbreak.StockLoaded{}}
		for i, r := range c.Rows {
			if err := l.row(r); err != nil {
				if err := l.Rejected.Add(i, err); err != nil {
					return l.Loaded, err
				}
			}
		}
		if l.Added == 0 {
			return l.Loaded, nil
		}
		l.event.Batch, l.event.Digest = l.Batch, hex.EncodeToString(l.digest[:16])
		_, err := s.journal.Append(tx, by, append([]outbreak.Event{l.event}, l.odd...)...)
		return l.Loaded, err
	})
}

// loading is one file on its way in.
type loading struct {
	s  *Service
	tx *store.Tx
	by outbreak.Actor
	Loaded
	event  outbreak.StockLoaded
	odd    []outbreak.Event
	digest [32]byte
}

// row takes one row in. It says whether it may before it writes anything.
func (l *loading) row(r LoadedRow) error {
	x, err := l.s.place(l.tx, r.At)
	if err != nil {
		return err
	}
	if access.Require(l.by, access.SupplyRecord, x.Scope()) != nil {
		return outbreak.Refuse(outbreak.NotFound, "supplies.no_store")
	}
	ours := r.How == Arrived || r.How == Adjusted // never typed: they can only be there already
	if ours && r.Quantity == 0 {
		return outbreak.Refuse(outbreak.Invalid, "supplies.quantity", "most", mostPieces)
	}
	if !ours && r.How != Counted {
		if r.Record, err = r.tidy(); err != nil {
			return err
		}
	} else if r.How == Counted && r.Quantity < 0 || r.Quantity > mostPieces {
		return outbreak.Refuse(outbreak.Invalid, "supplies.count_number", "most", mostPieces)
	}
	if r.Record.At, err = momentOf(r.Record.At, l.tx.Now); err != nil {
		return err
	}
	if _, err := itemOf(l.tx, r.Item); err != nil {
		return err
	}
	if x, err = l.s.open(l.tx, l.by, x); err != nil {
		return err
	}
	m := Move{Store: x.ID, Item: r.Item, How: r.How, Quantity: r.Quantity, Lot: r.Lot, Expires: r.Expires, Note: r.Note, At: r.Record.At, By: l.by.String(), Batch: l.Batch}
	if slices.Contains([]string{Issued, Spoiled, Expired}, r.How) {
		m.Quantity = -m.Quantity
	}
	there, err := store.Count(l.tx, "select count(*) from supply_move where store = $1 and item = $2 and how = $3 and at = $4 and quantity = $5 and lot = $6", m.Store, m.Item, m.How, m.At, m.Quantity, m.Lot)
	if err != nil {
		return err
	}
	if there > 0 {
		l.Repeated++
		return nil
	}
	if ours {
		return outbreak.Refuse(outbreak.Invalid, "supplies.how")
	}
	return l.keep(x, m)
}

// keep writes a row that is new.
func (l *loading) keep(x Store, m Move) (err error) {
	if m.How == Counted {
		limits, err := l.s.rulesAt(l.tx, x)
		if err != nil {
			return err
		}
		if m, err = l.s.keepCount(l.tx, x, limits, CountedItem{m.Item, m.Quantity}, m); err != nil {
			return err
		}
		if m.Differs {
			l.odd = append(l.odd, outbreak.StockCounted{Scope: x.Scope(), Store: x.ID, Item: m.Item, Move: m.ID, Counted: m.Quantity, Booked: m.Booked, Differs: true, At: m.At})
		}
		l.event.Counts++
	} else {
		m.ID = outbreak.New[outbreak.MoveID](l.s.ids)
		if m, err = l.s.keepMove(l.tx, m); err != nil {
			return err
		}
		l.event.Moves++
	}
	l.Added++
	if l.Added == 1 {
		l.event.Scope = x.Scope()
	} else if l.event.Scope != x.Scope() {
		l.event.Scope = outbreak.Scope{Area: around(l.event.Area, x.Area)}
	}
	l.digest = sha256.Sum256(fmt.Append(l.digest[:], m.Store, m.Item, m.How, m.Quantity, m.Lot, m.Expires, int64(m.At)))
	return nil
}

// around gives the smallest area around two.
func around(a, b outbreak.Path) outbreak.Path {
	for a != "" && !a.Contains(b) {
		a = a.Parent()
	}
	return a
}
