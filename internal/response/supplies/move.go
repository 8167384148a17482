package supplies

import (
	"context"
	"slices"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// How supplies move. The first four are what people record.
const (
	Received = "received" // came in from outside
	Issued   = "issued"   // left for another store, or for somebody who keeps none
	Spoiled  = "spoiled"
	Expired  = "expired"
	Arrived  = "arrived"  // from another store
	Counted  = "counted"  // so many there are
	Adjusted = "adjusted" // in a laboratory's own book of a kit
)

// Hows lists what people record, in the order of a form.
var Hows = []string{Received, Issued, Spoiled, Expired}

// Move is supplies that came in, left or were counted.
type Move struct {
	ID         outbreak.MoveID  `json:"id"`
	Pair       outbreak.MoveID  `json:"pair,omitempty"` // the other half of an issue from store to store
	Store      outbreak.StoreID `json:"store"`
	Item       string           `json:"item"`
	How        string           `json:"how"`
	Quantity   int64            `json:"quantity"` // more, or fewer; of a count: how many there are
	Other      outbreak.StoreID `json:"other,omitempty"`
	Lot        string           `json:"lot,omitempty"`
	Expires    string           `json:"expires,omitempty"` // YYYY-MM-DD
	Note       string           `json:"note,omitempty"`
	At         outbreak.Instant `json:"at"`
	RecordedAt outbreak.Instant `json:"recorded_at"`
	By         string           `json:"by"`
	Batch      outbreak.BatchID `json:"batch,omitempty"`
	Booked     int64            `json:"booked"`            // what the book said before a count, or says after a movement
	Differs    bool             `json:"differs,omitempty"` // a count that waits to be explained
	Verdict    string           `json:"verdict,omitempty"`
	SettledBy  string           `json:"settled_by,omitempty"`
	SettledAt  outbreak.Instant `json:"settled_at,omitzero"`

	day  int64 // of a count, in the store's zone
	used int64 // of a count: what of that day's use was known
}

// mostPieces is more than any store holds of anything.
const mostPieces = 1_000_000_000

// Record is the command that says that supplies came in or left.
type Record struct {
	Key      string           `json:"-"`
	Store    outbreak.StoreID `json:"store"`
	Item     string           `json:"item"`
	How      string           `json:"how"` // one of Hows
	Quantity int64            `json:"quantity"`
	To       outbreak.StoreID `json:"to"` // of an issue: 0 for somebody who keeps no account
	Lot      string           `json:"lot"`
	Expires  string           `json:"expires"` // YYYY-MM-DD; may be empty
	Note     string           `json:"note"`
	At       outbreak.Instant `json:"at"` // 0: now
}

// tidy completes the command, or refuses what is no fact.
func (c Record) tidy() (Record, error) {
	if !slices.Contains(Hows, c.How) {
		return c, outbreak.Refuse(outbreak.Invalid, "supplies.how")
	}
	if c.Quantity < 1 || c.Quantity > mostPieces {
		return c, outbreak.Refuse(outbreak.Invalid, "supplies.quantity", "most", mostPieces)
	}
	if c.To != 0 && (c.How != Issued || c.To == c.Store) {
		return c, outbreak.Refuse(outbreak.Invalid, "supplies.issue_to")
	}
	var err error
	if c.Lot, err = noteOf(c.Lot); err != nil {
		return c, err
	}
	if c.Note, err = noteOf(c.Note); err != nil {
		return c, err
	}
	if c.Expires != "" {
		if _, wrong := time.Parse(time.DateOnly, c.Expires); wrong != nil {
			return c, outbreak.Refuse(outbreak.Invalid, "supplies.expires").Because(wrong)
		}
	}
	return c, nil
}

// Record records supplies that came in or left. More may leave than the book has: it is kept, and shows below zero.
func (s *Service) Record(ctx context.Context, by outbreak.Actor, c Record) (Move, error) {
	if err := access.RequireAnywhere(by, access.SupplyRecord); err != nil {
		return Move{}, err
	}
	c, err := c.tidy()
	if err != nil {
		return Move{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "supplies.Record", Key: c.Key}, c, func(tx *store.Tx) (Move, error) {
		from, err := s.storeFor(tx, by, c.Store, access.SupplyRecord)
		if err != nil {
			return Move{}, err
		}
		if _, err := itemOf(tx, c.Item); err != nil {
			return Move{}, err
		}
		at, err := momentOf(c.At, tx.Now)
		if err != nil {
			return Move{}, err
		}
		m := Move{ID: outbreak.New[outbreak.MoveID](s.ids), Store: from.ID, Item: c.Item, How: c.How, Quantity: c.Quantity, Lot: c.Lot, Expires: c.Expires, Note: c.Note, At: at, By: by.String()}
		if c.How != Received {
			m.Quantity = -m.Quantity
		}
		if c.To == 0 {
			return s.move(tx, by, from, m)
		}
		to, err := storeByID(tx, c.To) // its keeper need not be the one who issues
		if err != nil {
			return m, err
		}
		m.Other = to.ID
		arrived := m
		arrived.ID, arrived.Store, arrived.Other, arrived.How, arrived.Quantity = outbreak.New[outbreak.MoveID](s.ids), to.ID, from.ID, Arrived, c.Quantity
		m.Pair, arrived.Pair = arrived.ID, m.ID
		if _, err := s.move(tx, by, to, arrived); err != nil {
			return m, err
		}
		return s.move(tx, by, from, m)
	})
}

// move keeps a movement and what the book says after it.
func (s *Service) move(tx *store.Tx, by outbreak.Actor, at Store, m Move) (Move, error) {
	m, err := s.keepMove(tx, m)
	if err != nil {
		return m, err
	}
	_, err = s.journal.Append(tx, by, outbreak.StockMoved{Scope: at.Scope(), Store: at.ID, Item: m.Item, Move: m.ID, How: m.How, Quantity: m.Quantity, Balance: m.Booked, At: m.At})
	return m, err
}

// keepMove writes a movement.
func (s *Service) keepMove(tx *store.Tx, m Move) (Move, error) {
	m.RecordedAt = tx.Now
	before, err := recount(tx, m.Store, m.Item)
	if err != nil {
		return m, err
	}
	m.Booked = before.balance
	if m.At >= before.countedAt { // one from before the last count changes nothing
		m.Booked += m.Quantity
	}
	if err := insertMove(tx, m); err != nil {
		return m, err
	}
	after, err := recount(tx, m.Store, m.Item)
	if err != nil {
		return m, err
	}
	return m, keepStock(tx, after)
}

// momentOf takes the time of a fact: 0 is now, and nothing happened in the future.
func momentOf(at, now outbreak.Instant) (outbreak.Instant, error) {
	if at == 0 {
		return now, nil
	}
	if at > now.Add(outbreak.Drift) {
		return 0, outbreak.Refuse(outbreak.Invalid, "supplies.at_in_future")
	}
	return at, nil
}
