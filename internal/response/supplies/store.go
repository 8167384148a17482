package supplies

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Kinds of stores.
const (
	AtBooth = "booth"
	AtLab   = "lab"
	Depot   = "depot" // of an area
)

// Kinds lists them in the order of a form.
var Kinds = []string{AtBooth, AtLab, Depot}

// Store is where supplies lie.
type Store struct {
	ID       outbreak.StoreID    `json:"id"`
	Kind     string              `json:"kind"`
	Outbreak outbreak.OutbreakID `json:"outbreak"` // 0: it serves every outbreak
	AreaID   outbreak.AreaID     `json:"area_id"`
	Area     outbreak.Path       `json:"area"`
	Name     string              `json:"name"`
	Zone     string              `json:"zone"`
	ref      int64               // the sampling point, the laboratory or the area
}

// Scope is where the store belongs.
func (s Store) Scope() outbreak.Scope { return outbreak.Scope{Area: s.Area, Outbreak: s.Outbreak} }

// Booth is the sampling point whose store it is; 0 for another.
func (s Store) Booth() outbreak.BoothID {
	if s.Kind != AtBooth {
		return 0
	}
	return outbreak.BoothID(s.ref)
}

// Lab is the laboratory whose store it is; 0 for another.
func (s Store) Lab() outbreak.LabID {
	if s.Kind != AtLab {
		return 0
	}
	return outbreak.LabID(s.ref)
}

// location is the zone whose days use is summed by.
func (s Store) location() *time.Location {
	if zone, err := time.LoadLocation(s.Zone); err == nil {
		return zone
	}
	return time.UTC
}

const storeColumns = "id, kind, ref, outbreak, area_id, area, name, zone"

func scanStore(r store.Row) (s Store, err error) {
	err = r.Scan(&s.ID, &s.Kind, &s.ref, &s.Outbreak, &s.AreaID, &s.Area, &s.Name, &s.Zone)
	return s, err
}

func storeByID(tx *store.Tx, id outbreak.StoreID) (Store, error) {
	s, ok, err := store.One(tx, scanStore, "select "+storeColumns+" from supply_store where id = $1", id)
	if err == nil && !ok {
		err = outbreak.Refuse(outbreak.NotFound, "supplies.no_store")
	}
	return s, err
}

// storesOf finds the stores of one kind of sampling points, laboratories or areas.
func storesOf(tx *store.Tx, kind string, refs []int64) (map[int64]Store, error) {
	found := map[int64]Store{}
	for part := range slices.Chunk(refs, 400) {
		in, args := store.In([]any{kind}, part)
		if err := store.Each(tx, func(r store.Row) error {
			s, err := scanStore(r)
			found[s.ref] = s
			return err
		}, "select "+storeColumns+" from supply_store where kind = $1 and ref in ("+in+")", args...); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func insertStore(tx *store.Tx, s Store) error {
	return tx.Must("insert into supply_store ("+storeColumns+", recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
		s.ID, s.Kind, s.ref, s.Outbreak, s.AreaID, s.Area, s.Name, s.Zone, tx.Now)
}

const moveColumns = "id, pair, store, item, how, quantity, other, lot, expires, note, at, recorded_at, actor, batch, booked, day, used, differs, verdict, settled_by, settled_at"

func scanMove(r store.Row) (m Move, err error) {
	var differs int64
	err = r.Scan(&m.ID, &m.Pair, &m.Store, &m.Item, &m.How, &m.Quantity, &m.Other, &m.Lot, &m.Expires, &m.Note, &m.At, &m.RecordedAt, &m.By, &m.Batch, &m.Booked, &m.day, &m.used, &differs, &m.Verdict, &m.SettledBy, &m.SettledAt)
	m.Differs = differs != 0
	return m, err
}

func insertMove(tx *store.Tx, m Move) error {
	differs := int64(0)
	if m.Differs {
		differs = 1
	}
	return tx.Must("insert into supply_move ("+moveColumns+") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
		m.ID, m.Pair, m.Store, m.Item, m.How, m.Quantity, m.Other, m.Lot, m.Expires, m.Note, m.At, tx.Now, m.By, m.Batch, m.Booked, m.day, m.used, differs, m.Verdict, m.SettledBy, m.SettledAt)
}

// stock is how an item of a store stands, by the book.
type stock struct {
	store      outbreak.StoreID
	item       string
	balance    int64
	known      bool
	countedAt  outbreak.Instant
	countedDay int64
	lowSince   outbreak.Instant
}

const stockColumns = "store, item, balance, known, counted_at, counted_day, low_since"

func scanStock(r store.Row) (x stock, err error) {
	var known int64
	err = r.Scan(&x.store, &x.item, &x.balance, &known, &x.countedAt, &x.countedDay, &x.lowSince)
	x.known = known != 0
	return x, err
}

// always is later than anything.
const always = outbreak.Instant(math.MaxInt64)

// recount works out how an item of a store stands from movements and use alone: the last count, and everything since.
func recount(tx *store.Tx, id outbreak.StoreID, item string) (stock, error) {
	return bookAt(tx, id, item, always, math.MaxInt64)
}

// bookAt works out how an item of a store stood at an instant of a day.
func bookAt(tx *store.Tx, id outbreak.StoreID, item string, at outbreak.Instant, day int64) (x stock, err error) {
	x = stock{store: id, item: item}
	last, counted, err := store.One(tx, scanMove, "select "+moveColumns+" from supply_move where store = $1 and item = $2 and how = '"+Counted+"' and at <= $3 order by at desc, id desc limit 1", id, item, at)
	if err != nil {
		return x, err
	}
	if counted {
		x.balance, x.known, x.countedAt, x.countedDay = last.Quantity, true, last.At, last.day
	}
	var moved, moves, used int64
	if err := store.Each(tx, func(r store.Row) error { return r.Scan(&moved, &moves) },
		"select cast(coalesce(sum(quantity), 0) as bigint), count(*) from supply_move where store = $1 and item = $2 and how <> '"+Counted+"' and at <= $3 and (at > $4 or at = $4 and id > $5)", id, item, at, last.At, last.ID); err != nil {
		return x, err
	}
	if err := store.Each(tx, func(r store.Row) error { return r.Scan(&used) },
		"select cast(coalesce(sum(n), 0) as bigint) from supply_use where store = $1 and item = $2 and day >= $3 and day <= $4", id, item, last.day, day); err != nil {
		return x, err
	}
	x.balance += moved - (used - last.used)
	x.known = x.known || moves > 0
	return x, nil
}

// keepStock writes how an item stands, leaving alone since when it is too little.
func keepStock(tx *store.Tx, x stock) error {
	known := int64(0)
	if x.known {
		known = 1
	}
	_, err := tx.Exec("insert into supply_stock ("+stockColumns+`) values ($1, $2, $3, $4, $5, $6, 0)
		on conflict (store, item) do update set balance = excluded.balance, known = excluded.known, counted_at = excluded.counted_at, counted_day = excluded.counted_day`,
		x.store, x.item, x.balance, known, x.countedAt, x.countedDay)
	return err
}

// usedOn gives what is known of the use of a day.
func usedOn(tx *store.Tx, id outbreak.StoreID, item string, day int64) (int64, error) {
	n, _, err := store.One(tx, store.Value[int64], "select n from supply_use where store = $1 and item = $2 and day = $3", id, item, day)
	return n, err
}

// use is what a store used up of an item on a day.
type use struct {
	store outbreak.StoreID
	item  string
	day   int64
	n     int64
}

// addUse adds to what was used, and takes it off the balances it is later than the last count of. The days of a store and item
// come once each.
func addUse(tx *store.Tx, list []use) error {
	if err := addRows(tx, "supply_use", "store, item, day, n", "store, item, day", "n", list, func(u use) []any { return []any{u.store, u.item, u.day, u.n} }); err != nil {
		return err
	}
	counted, err := countedDays(tx, list)
	if err != nil {
		return err
	}
	var order []stockKey
	less := map[stockKey]int64{}
	for _, u := range list {
		k := stockKey{u.store, u.item}
		if _, seen := less[k]; !seen {
			order = append(order, k)
			less[k] = 0
		}
		if u.day >= counted[k] {
			less[k] -= u.n
		}
	}
	return addRows(tx, "supply_stock", stockColumns, "store, item", "balance", order, func(k stockKey) []any { return []any{k.store, k.item, less[k], 0, 0, 0, 0} })
}

// stockKey is an item of a store.
type stockKey struct {
	store outbreak.StoreID
	item  string
}

// countedDays gives the days of the last counts in the stores of a list.
func countedDays(tx *store.Tx, list []use) (map[stockKey]int64, error) {
	var ids []outbreak.StoreID
	for _, u := range list {
		ids = append(ids, u.store)
	}
	slices.Sort(ids)
	days := map[stockKey]int64{}
	for part := range slices.Chunk(slices.Compact(ids), 400) {
		in, args := store.In(nil, part)
		if err := store.Each(tx, func(r store.Row) error {
			var k stockKey
			var day int64
			err := r.Scan(&k.store, &k.item, &day)
			days[k] = day
			return err
		}, "select store, item, counted_day from supply_stock where store in ("+in+")", args...); err != nil {
			return nil, err
		}
	}
	return days, nil
}

// addRows writes rows and, where one is there already, adds to its number.
func addRows[T any](tx *store.Tx, table, columns, key, number string, list []T, row func(T) []any) error {
	for part := range slices.Chunk(list, 100) {
		var q strings.Builder
		var args []any
		fmt.Fprintf(&q, "insert into %s (%s) values ", table, columns)
		for i, x := range part {
			in, more := store.In(args, row(x))
			if i > 0 {
				q.WriteString(", ")
			}
			q.WriteString("(" + in + ")")
			args = more
		}
		fmt.Fprintf(&q, " on conflict (%s) do update set %s = %s.%s + excluded.%s", key, number, table, number, number)
		if _, err := tx.Exec(q.String(), args...); err != nil {
			return err
		}
	}
	return nil
}

// scanStoreMove reads a movement with its store.
func scanStoreMove(r store.Row) (x StoreMove, err error) {
	var differs int64
	m, at := &x.Move, &x.Place
	err = r.Scan(&m.ID, &m.Pair, &m.Store, &m.Item, &m.How, &m.Quantity, &m.Other, &m.Lot, &m.Expires, &m.Note, &m.At, &m.RecordedAt, &m.By, &m.Batch, &m.Booked, &m.day, &m.used, &differs, &m.Verdict, &m.SettledBy, &m.SettledAt,
		&at.ID, &at.Kind, &at.ref, &at.Outbreak, &at.AreaID, &at.Area, &at.Name, &at.Zone)
	m.Differs = differs != 0
	return x, err
}

// columnsOf writes columns with a table's alias.
func columnsOf(alias, columns string) string {
	return alias + "." + strings.ReplaceAll(columns, ", ", ", "+alias+".")
}

// sees writes a condition that cuts rows to the stores the actor sees. A store that serves every outbreak is seen by whoever sees
// one of them there.
func sees(by outbreak.Actor, alias string, args []any) (string, []any) {
	var any []string
	for _, g := range access.Reach(by, access.SupplyRead) {
		args = append(args, g.Area, g.Area.Upto())
		cond := fmt.Sprintf("%[1]sarea >= $%[2]d and %[1]sarea < $%[3]d", alias, len(args)-1, len(args))
		if g.Outbreak != 0 {
			args = append(args, g.Outbreak)
			cond += fmt.Sprintf(" and %soutbreak in (0, $%d)", alias, len(args))
		}
		any = append(any, "("+cond+")")
	}
	if any == nil {
		return "1 = 0", args
	}
	return "(" + strings.Join(any, " or ") + ")", args
}
