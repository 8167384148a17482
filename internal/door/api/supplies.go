package api

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/supplies"
	"breakwater/internal/view/exchange"
)

// StorePath is embedded in the input of a route about one store.
type StorePath struct {
	Store Ref[outbreak.StoreID] `path:"store"`
}

// supplyRoutes are what lies in stores, what moved and what was counted.
func supplyRoutes(p *plan) {
	itemRoutes(p)
	stockRoutes(p)
	moveRoutes(p)
}

func itemRoutes(p *plan) {
	tags := []string{"supplies"}
	route(p, access.SupplyRead, huma.Operation{Method: http.MethodGet, Path: "/supplies/items", Summary: "What stores may hold, with the usual pack and what uses it up", Tags: tags},
		func(ctx context.Context, _ *struct{}) (*page[supplies.Item], error) {
			list, err := p.house.Supplies.ListItems(ctx, door.ActorOf(ctx))
			return whole(list), err
		})
	route(p, access.SupplyManage, huma.Operation{Method: http.MethodPost, Path: "/supplies/items", Summary: "Keep account of something more; an item never changes", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Code   string   `json:"code" maxLength:"30" doc:"Small letters, digits and _"`
				Name   string   `json:"name" maxLength:"300"`
				NameEn string   `json:"name_en,omitempty" maxLength:"300" doc:"Empty: as the name"`
				Unit   string   `json:"unit" maxLength:"300"`
				UnitEn string   `json:"unit_en,omitempty" maxLength:"300"`
				Pack   int      `json:"pack" doc:"Pieces in the usual pack"`
				Kinds  []string `json:"kinds,omitempty" maxItems:"3" doc:"Kinds of stores that hold it: booth, lab, depot; empty: all"`
				Source string   `json:"source" maxLength:"300" doc:"Where the figures are from"`
			}
		}) (*reply[supplies.Item], error) {
			b := in.Body
			i, err := p.house.Supplies.AddItem(ctx, door.ActorOf(ctx), supplies.AddItem{Key: in.Key, Code: b.Code, Name: b.Name, NameEn: b.NameEn, Unit: b.Unit, UnitEn: b.UnitEn, Pack: b.Pack, Kinds: b.Kinds, Source: b.Source})
			i.Kinds = some(i.Kinds)
			return &reply[supplies.Item]{i}, err
		})
}

func stockRoutes(p *plan) {
	tags := []string{"supplies"}
	route(p, access.SupplyRead, huma.Operation{Method: http.MethodGet, Path: "/supplies", Summary: "What lies in stores and for how many days it lasts: what is too little first, the longest at the top", Tags: tags},
		func(ctx context.Context, in *struct {
			Below
			Limit
			Kind  string `query:"kind" enum:"booth,lab,depot" doc:"Kind of store"`
			Item  string `query:"item" maxLength:"30"`
			Show  string `query:"show" enum:"low,uncounted" doc:"low: that will not last; uncounted: of which nobody knows how many there are"`
			After string `query:"after" maxLength:"60"`
		}) (*page[supplies.Stock], error) {
			list, err := p.house.Supplies.ListStocks(ctx, door.ActorOf(ctx), supplies.Filter{Below: in.Below.Below, Kind: in.Kind, Item: in.Item, Show: in.Show, After: in.After, Most: in.Most})
			return paged(list, in.Most, supplies.Stock.Key), err
		})
	route(p, access.SupplyRecord, huma.Operation{Method: http.MethodPost, Path: "/supplies/stores", Summary: "Keep account of the supplies of a sampling point, a laboratory or an area; the store that is there is given", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Kind  string           `json:"kind" enum:"booth,lab,depot"`
				Booth outbreak.BoothID `json:"booth,omitempty"`
				Lab   outbreak.LabID   `json:"lab,omitempty"`
				Area  string           `json:"area,omitempty" maxLength:"40" doc:"Code of the area of a depot"`
			}
		}) (*reply[supplies.Store], error) {
			b := in.Body
			x, err := p.house.Supplies.OpenStore(ctx, door.ActorOf(ctx), supplies.OpenStore{Key: in.Key, Kind: b.Kind, Booth: b.Booth, Lab: b.Lab, Area: b.Area})
			return &reply[supplies.Store]{x}, err
		})
	route(p, access.SupplyRead, huma.Operation{Method: http.MethodGet, Path: "/supplies/stores", Summary: "The stores of which account is kept", Tags: tags},
		func(ctx context.Context, _ *struct{}) (*page[supplies.Store], error) {
			list, err := p.house.Supplies.ListStores(ctx, door.ActorOf(ctx))
			return whole(list), err
		})
	route(p, access.SupplyRead, huma.Operation{Method: http.MethodGet, Path: "/supplies/stores/{store}", Summary: "One store: what lies there, what moved of late, and what the rule book says of it", Tags: tags},
		func(ctx context.Context, in *StorePath) (*reply[supplies.Look], error) {
			x, err := p.house.Supplies.FindStore(ctx, door.ActorOf(ctx), in.Store.ID)
			x.Stocks, x.Moves = some(x.Stocks), some(x.Moves)
			return &reply[supplies.Look]{x}, err
		})
	plainRoute(p, access.ExportRows, huma.Operation{Method: http.MethodGet, Path: "/export/stock", OperationID: "get-export-stock", Tags: []string{"files"},
		Summary: "What came in, left and was counted in stores as CSV, the oldest first; needs supply.read as well; journalled", Responses: map[string]*huma.Response{"200": {Description: totalsDoc, Content: map[string]*huma.MediaType{"text/csv": {}}}}},
		func(w http.ResponseWriter, r *http.Request) error {
			if err := knownQuery(r); err != nil {
				return err
			}
			return p.give(w, r, "stock.csv", func(ctx context.Context, w io.Writer) (exchange.Exported, error) {
				return p.house.Exchange.ExportStock(ctx, door.ActorOf(ctx), w)
			})
		})
}

func moveRoutes(p *plan) {
	tags := []string{"supplies"}
	route(p, access.SupplyRead, huma.Operation{Method: http.MethodGet, Path: "/supplies/moves", Summary: "What came in, left and was counted, the newest first", Tags: tags},
		func(ctx context.Context, in *struct {
			Limit
			Store   Ref[outbreak.StoreID] `query:"store"`
			Differs bool                  `query:"differs" doc:"Counts that wait to be explained, the oldest first"`
			After   Ref[outbreak.MoveID]  `query:"after"`
		}) (*page[supplies.StoreMove], error) {
			list, err := p.house.Supplies.ListMoves(ctx, door.ActorOf(ctx), supplies.MoveFilter{Store: in.Store.ID, Differs: in.Differs, After: in.After.ID, Most: in.Most})
			return paged(list, in.Most, func(m supplies.StoreMove) string { return m.ID.String() }), err
		})
	route(p, access.SupplyRecord, huma.Operation{Method: http.MethodPost, Path: "/supplies/stores/{store}/moves", Summary: "Say that supplies came in or left; more than there is by the book is kept and shows below zero", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			StorePath
			Body struct {
				Item     string           `json:"item" maxLength:"30"`
				How      string           `json:"how" enum:"received,issued,spoiled,expired"`
				Quantity int64            `json:"quantity" doc:"Pieces"`
				To       outbreak.StoreID `json:"to,omitempty" doc:"Of an issue: the store it goes to; empty: somebody who keeps no account here"`
				Lot      string           `json:"lot,omitempty" maxLength:"300"`
				Expires  string           `json:"expires,omitempty" maxLength:"10" doc:"YYYY-MM-DD"`
				Note     string           `json:"note,omitempty" maxLength:"300" doc:"Without names"`
				At       outbreak.Instant `json:"at,omitempty" doc:"Empty: now"`
			}
		}) (*reply[supplies.Move], error) {
			b := in.Body
			m, err := p.house.Supplies.Record(ctx, door.ActorOf(ctx), supplies.Record{Key: in.Key, Store: in.Store.ID, Item: b.Item, How: b.How, Quantity: b.Quantity, To: b.To, Lot: b.Lot, Expires: b.Expires, Note: b.Note, At: b.At})
			return &reply[supplies.Move]{m}, err
		})
	route(p, access.SupplyRecord, huma.Operation{Method: http.MethodPost, Path: "/supplies/stores/{store}/counts", Summary: "Say how many there are; what differs from the book by more than the rule book allows waits to be explained", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			StorePath
			Body struct {
				Items []supplies.CountedItem `json:"items" minItems:"1" maxItems:"200"`
				Note  string                 `json:"note,omitempty" maxLength:"300" doc:"Without names"`
				At    outbreak.Instant       `json:"at,omitempty" doc:"Empty: now"`
			}
		}) (*page[supplies.Move], error) {
			list, err := p.house.Supplies.Count(ctx, door.ActorOf(ctx), supplies.Count{Key: in.Key, Store: in.Store.ID, Items: in.Body.Items, Note: in.Body.Note, At: in.Body.At})
			return whole(list), err
		})
	route(p, access.SupplyManage, huma.Operation{Method: http.MethodPost, Path: "/supplies/moves/{move}/explain", Summary: "Say why a count differed from the book", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			Move Ref[outbreak.MoveID] `path:"move"`
			Body struct {
				Verdict string `json:"verdict" enum:"miscounted,not_booked,lost,used_otherwise,other"`
				Note    string `json:"note,omitempty" maxLength:"300" doc:"Without names"`
			}
		}) (*reply[supplies.Move], error) {
			m, err := p.house.Supplies.Explain(ctx, door.ActorOf(ctx), supplies.Explain{Key: in.Key, Move: in.Move.ID, Verdict: in.Body.Verdict, Note: in.Body.Note})
			return &reply[supplies.Move]{m}, err
		})
}
