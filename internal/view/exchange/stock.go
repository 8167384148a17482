package exchange

import (
	"context"
	"io"
	"strconv"
	"strings"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/supplies"
	"breakwater/internal/store"
)

// stockShape is receipts and counts of supplies, and whatever else moved them: one row each.
var stockShape = shape{
	headers: map[Field][]string{
		fieldStore:    {"store", "storename", "point", "booth", "lab", "存放点", "仓库", "库点", "采样点", "检测机构"},
		fieldKind:     {"kind", "storekind", "类别", "存放点类别"},
		fieldItem:     {"item", "supply", "article", "物资", "物资名称", "品名", "物品"},
		fieldHow:      {"how", "movement", "type", "变动", "变动类型", "出入库", "类型"},
		fieldQuantity: {"quantity", "count", "number", "pieces", "数量", "件数"},
		fieldLot:      {"lot", "lotnumber", "batch", "批号", "生产批号"},
		fieldExpires:  {"expires", "expiry", "expirydate", "有效期", "有效期至", "失效日期"},
		fieldAt:       {"at", "time", "date", "时间", "日期", "变动时间", "盘点时间"},
		fieldNote:     {"note", "remark", "备注", "说明"},
	},
	needs: [][]Field{{fieldStore}, {fieldItem}, {fieldHow}, {fieldQuantity}},
	key:   func(*row) []string { return nil }, // the same may come in twice
}

// hows are the words for movements beside our own, folded like headers.
var hows = map[string]string{"receipt": supplies.Received, "in": supplies.Received, "入库": supplies.Received, "收货": supplies.Received, "接收": supplies.Received,
	"issue": supplies.Issued, "out": supplies.Issued, "出库": supplies.Issued, "发放": supplies.Issued, "调出": supplies.Issued, "损坏": supplies.Spoiled, "报损": supplies.Spoiled, "damaged": supplies.Spoiled,
	"过期": supplies.Expired, "count": supplies.Counted, "盘点": supplies.Counted, "盘存": supplies.Counted, "调入": supplies.Arrived}

// storeNames finds stores by what people call them, whether account is kept of them already or not.
type storeNames map[string]namedStore

// namedStore is a store with the area whose time zone its rows are written in.
type namedStore struct {
	supplies.OpenStore
	area outbreak.Path
}

func (n storeNames) add(kind string, area outbreak.Path, store supplies.OpenStore, names ...string) {
	store.Kind = kind
	at := namedStore{store, area}
	for _, name := range names {
		n[kind+"\x00"+name] = at
		if _, known := n["\x00"+name]; !known {
			n["\x00"+name] = at
		}
	}
}

func (n storeNames) find(kind, name string) (namedStore, bool) {
	at, known := n[kind+"\x00"+name]
	return at, known
}

// depot finds the depot of an area by the area's code.
func (l *loading) depot(code string) (at namedStore, known bool) {
	err := l.rooms.DB.Read(l.ctx, func(tx *store.Tx) error {
		a, ok, err := registry.AreaByCode(tx, code)
		at, known = namedStore{supplies.OpenStore{Kind: supplies.Depot, Area: code}, a.Path}, ok
		return err
	})
	if err != nil {
		l.scan.trouble = err
	}
	return at, known
}

// stores lists the sampling points, laboratories and depots the sender may see. Depots go by the code of their area.
func (l *loading) stores() (storeNames, error) {
	n := storeNames{}
	booths, err := l.rooms.Screening.ListBooths(l.ctx, l.by)
	if err != nil && outbreak.KindOf(err) != outbreak.Forbidden {
		return nil, err
	}
	for _, b := range booths {
		n.add(supplies.AtBooth, b.Area, supplies.OpenStore{Booth: b.ID}, b.Name, b.ID.String())
	}
	labs, err := l.rooms.Lab.ListLabs(l.ctx, l.by)
	if err != nil && outbreak.KindOf(err) != outbreak.Forbidden {
		return nil, err
	}
	for _, x := range labs {
		n.add(supplies.AtLab, x.Area, supplies.OpenStore{Lab: x.ID}, x.Name, x.ID.String())
	}
	kept, err := l.rooms.Supplies.ListStores(l.ctx, l.by)
	if err != nil && outbreak.KindOf(err) != outbreak.Forbidden {
		return nil, err
	}
	for _, x := range kept {
		n.add(x.Kind, x.Area, supplies.OpenStore{Booth: x.Booth(), Lab: x.Lab(), Area: x.Area.Code()}, x.ID.String())
	}
	return n, nil
}

// itemsCalled finds items by code or name.
func (l *loading) itemsCalled() (map[string]string, error) {
	called := map[string]string{}
	list, err := l.rooms.Supplies.ListItems(l.ctx, l.by)
	for _, i := range list {
		called[foldHeader(i.Code)] = i.Code
		for _, name := range i.Name {
			called[foldHeader(name)] = i.Code
		}
	}
	return called, err
}

// stock hands movements and counts to supplies.
func (l *loading) stock() error {
	stores, err := l.stores()
	if err != nil {
		return err
	}
	items, err := l.itemsCalled()
	if err != nil {
		return err
	}
	at := func(kind, name string) (namedStore, bool) {
		x, is := stores.find(kind, name)
		if is || kind != "" && kind != supplies.Depot {
			return x, is
		}
		if x, is = l.depot(name); is {
			stores.add(supplies.Depot, x.area, x.OpenStore, name)
		}
		return x, is
	}
	l.scan.o.KnownStore = func(kind, name string) bool { _, is := at(kind, name); return is }
	l.scan.o.KnownItem = func(name string) string { return items[foldHeader(name)] }
	l.scan.zoneOf = func(r *row) *time.Location {
		x, _ := at(r.cells[fieldKind], r.cells[fieldStore])
		return l.zone(x.area)
	}
	l.scan.apply = func(rows []*row) (tally, error) {
		list := make([]supplies.LoadedRow, len(rows))
		for i, r := range rows {
			x, _ := at(r.cells[fieldKind], r.cells[fieldStore])
			n, err := strconv.ParseInt(r.cells[fieldQuantity], 10, 64)
			if err != nil {
				return tally{}, err // the check read it
			}
			list[i] = supplies.LoadedRow{At: x.OpenStore, Record: supplies.Record{Item: r.cells[fieldItem], How: r.cells[fieldHow], Quantity: n, Lot: r.cells[fieldLot], Expires: r.cells[fieldExpires], Note: r.cells[fieldNote], At: r.at}}
		}
		got, err := l.rooms.Supplies.LoadStock(l.ctx, l.by, supplies.LoadStock{Rows: list})
		t := tally{accepted: got.Added, repeated: got.Repeated, rejected: map[int]*outbreak.Error{}}
		for _, r := range got.Rejected {
			t.rejected[r.Row] = &outbreak.Error{Kind: outbreak.Invalid, Msg: r.Reason, Slots: r.Slots}
		}
		return t, err
	}
	return nil
}

// ExportStock writes the movements and counts of supplies the actor sees, the oldest first, as Import takes them in again.
func (s *Service) ExportStock(ctx context.Context, by outbreak.Actor, w io.Writer) (Exported, error) {
	if err := access.RequireAnywhere(by, access.ExportRows); err != nil {
		return Exported{}, err
	}
	out, err := newSheet(w, string(Stock), "store", "name", "kind", "area", "item", "how", "quantity", "lot", "expires", "at", "note", "booked")
	if err != nil {
		return Exported{}, err
	}
	for after := outbreak.MoveID(0); ; {
		list, err := s.rooms.Supplies.ListMoves(ctx, by, supplies.MoveFilter{Oldest: true, After: after, Most: page})
		if err != nil {
			return out.done, err
		}
		for _, m := range list {
			after = m.ID
			if !access.Can(by, access.ExportRows, m.Place.Scope()) {
				continue
			}
			out.done.Things++
			n := m.Quantity
			if n < 0 && m.How != supplies.Adjusted {
				n = -n
			}
			if err := out.row(m.Place.ID.String(), m.Place.Name, m.Place.Kind, m.Place.Area.Code(), m.Item, m.How, strconv.FormatInt(n, 10), m.Lot, m.Expires, m.At.String(), strings.TrimSpace(m.Note), strconv.FormatInt(m.Booked, 10)); err != nil {
				return out.done, err
			}
		}
		if len(list) < page {
			return s.end(ctx, by, out, outbreak.Scope{})
		}
	}
}
