package supplies

import (
	"context"
	_ "embed"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

//go:embed items.json
var itemsFile []byte

// What uses an item up. An item that nothing in the house uses up is used as counts find it missing.
const (
	ByTubes   = "tubes"   // each tube a sampling point hands in
	BySwabs   = "swabs"   // each swab in it
	ByWells   = "wells"   // each well of a run
	BySamples = "samples" // each sample of a run
	ByKits    = "kits"    // each antigen kit handed out
)

// Item is something that lies in stores. Pack is how many pieces the usual pack holds.
type Item struct {
	Code    string            `json:"code"`
	Name    map[string]string `json:"name"` // by language
	Unit    map[string]string `json:"unit"`
	Pack    int               `json:"pack"`
	Follows string            `json:"follows"` // what uses it up; empty: what counts find missing
	Kinds   []string          `json:"kinds"`   // of stores where it lies
	Source  map[string]string `json:"source"`  // of the figures
	Own     bool              `json:"own,omitempty"`
}

// In gives a text in a language.
func In(text map[string]string, lang string) string {
	if t := text[lang]; t != "" {
		return t
	}
	return text["en"]
}

// common are the items every house knows.
var common = func() (list []Item) {
	if err := json.Unmarshal(itemsFile, &list); err != nil {
		panic(err)
	}
	return list
}()

// items lists what there is: what every house knows, and what the site added.
func items(tx *store.Tx) ([]Item, error) {
	own, err := store.List(tx, func(r store.Row) (i Item, err error) {
		var name, en, unit, unitEn, kinds, source string
		err = r.Scan(&i.Code, &name, &en, &unit, &unitEn, &i.Pack, &kinds, &source)
		i.Name, i.Unit = map[string]string{"zh": name, "en": en}, map[string]string{"zh": unit, "en": unitEn}
		i.Kinds, i.Source, i.Own = strings.Fields(kinds), map[string]string{"zh": source, "en": source}, true
		return i, err
	}, "select code, name, name_en, unit, unit_en, pack, kinds, source from supply_item order by recorded_at, code")
	return append(slices.Clone(common), own...), err
}

// itemOf finds an item.
func itemOf(tx *store.Tx, code string) (Item, error) {
	list, err := items(tx)
	if err != nil {
		return Item{}, err
	}
	if at := slices.IndexFunc(list, func(i Item) bool { return i.Code == code }); at >= 0 {
		return list[at], nil
	}
	return Item{}, outbreak.Refuse(outbreak.Invalid, "supplies.no_item", "item", code)
}

// ListItems lists what there is.
func (s *Service) ListItems(ctx context.Context, by outbreak.Actor) (list []Item, err error) {
	if err := access.RequireAnywhere(by, access.SupplyRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		list, err = items(tx)
		return err
	})
	return list, err
}

// AddItem is the command that lets a site keep account of something more.
type AddItem struct {
	Key    string   `json:"-"`
	Code   string   `json:"code"`
	Name   string   `json:"name"`
	NameEn string   `json:"name_en"` // empty: as the name
	Unit   string   `json:"unit"`
	UnitEn string   `json:"unit_en"`
	Pack   int      `json:"pack"`
	Kinds  []string `json:"kinds"` // empty: every kind of store
	Source string   `json:"source"`
}

var itemCode = regexp.MustCompile(`^[a-z][a-z0-9_]{1,29}$`)

// mostPack is more than any pack holds.
const mostPack = 1_000_000

// tidy completes the command, or refuses it.
func (c AddItem) tidy() (AddItem, error) {
	for _, text := range []*string{&c.Name, &c.NameEn, &c.Unit, &c.UnitEn, &c.Source} {
		var err error
		if *text, err = noteOf(*text); err != nil {
			return c, err
		}
	}
	if !itemCode.MatchString(c.Code) {
		return c, outbreak.Refuse(outbreak.Invalid, "supplies.item_code")
	}
	if c.Name == "" || c.Unit == "" {
		return c, outbreak.Refuse(outbreak.Invalid, "supplies.item_name")
	}
	if c.Pack < 1 || c.Pack > mostPack {
		return c, outbreak.Refuse(outbreak.Invalid, "supplies.item_pack", "most", mostPack)
	}
	if c.Source == "" {
		return c, outbreak.Refuse(outbreak.Invalid, "supplies.item_source")
	}
	if c.NameEn == "" {
		c.NameEn = c.Name
	}
	if c.UnitEn == "" {
		c.UnitEn = c.Unit
	}
	if len(c.Kinds) == 0 {
		c.Kinds = Kinds
	}
	for _, k := range c.Kinds {
		if !slices.Contains(Kinds, k) {
			return c, outbreak.Refuse(outbreak.Invalid, "supplies.store_kind")
		}
	}
	return c, nil
}

// AddItem lets a site keep account of something more. An item never changes: what is packed otherwise is another one.
func (s *Service) AddItem(ctx context.Context, by outbreak.Actor, c AddItem) (Item, error) {
	if err := access.Require(by, access.SupplyManage, outbreak.Scope{}); err != nil {
		return Item{}, err
	}
	c, err := c.tidy()
	if err != nil {
		return Item{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "supplies.AddItem", Key: c.Key}, c, func(tx *store.Tx) (Item, error) {
		if slices.ContainsFunc(common, func(i Item) bool { return i.Code == c.Code }) {
			return Item{}, outbreak.Refuse(outbreak.Conflict, "supplies.item_known", "item", c.Code)
		}
		n, err := tx.Exec("insert into supply_item (code, name, name_en, unit, unit_en, pack, kinds, source, recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (code) do nothing",
			c.Code, c.Name, c.NameEn, c.Unit, c.UnitEn, c.Pack, strings.Join(c.Kinds, " "), c.Source, tx.Now)
		if err != nil {
			return Item{}, err
		}
		if n == 0 {
			return Item{}, outbreak.Refuse(outbreak.Conflict, "supplies.item_known", "item", c.Code)
		}
		if _, err := s.journal.Append(tx, by, outbreak.ItemAdded{Item: c.Code, Pack: c.Pack}); err != nil {
			return Item{}, err
		}
		return itemOf(tx, c.Code)
	})
}
