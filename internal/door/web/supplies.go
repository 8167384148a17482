package web

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
	"breakwater/internal/response/supplies"
	"breakwater/internal/view/exchange"
)

// suppliesPage is what lies in stores, and what of it will not last.
type suppliesPage struct {
	itemNames
	List     []supplies.Stock
	Odd      []supplies.StoreMove // counts that wait to be explained
	Verdicts []string
	Kinds    []string
	Areas    []areaChoice
	Booths   []screening.Booth // of which account may be kept
	Labs     []lab.Lab
	Depots   []areaChoice
	Open     bool   // the reader may let account be kept of a store
	Manage   bool   // and add items
	Place    string // chosen already in the form
	More     string
}

// itemNames names items in the reader's language.
type itemNames struct{ Items []supplies.Item }

func (n itemNames) item(code string) supplies.Item {
	if at := slices.IndexFunc(n.Items, func(i supplies.Item) bool { return i.Code == code }); at >= 0 {
		return n.Items[at]
	}
	return supplies.Item{}
}

// Item gives the name of an item.
func (n itemNames) Item(v *View, code string) string {
	if name := supplies.In(n.item(code).Name, string(v.Lang)); name != "" {
		return name
	}
	return code
}

// Unit gives what its pieces are called.
func (n itemNames) Unit(v *View, code string) string {
	return supplies.In(n.item(code).Unit, string(v.Lang))
}

// Source tells where the figures of an item are from.
func (n itemNames) Source(v *View, code string) string {
	return supplies.In(n.item(code).Source, string(v.Lang))
}

// Days writes days of cover: hours when it is less than two days.
func (v *View) Days(days float64) string {
	if days < 2 {
		return v.T("web.supplies.hours", "n", v.N(int(days*24)))
	}
	return v.T("web.supplies.days", "n", strconv.FormatFloat(days, 'f', 1, 64))
}

// mostOdd is how many counts that wait are shown above the list.
const mostOdd = 20

func (s *Server) readSupplies(c *call) (any, error) {
	if c.query.Get("booth") != "" || c.query.Get("lab") != "" {
		if err := s.toStore(c); err != nil {
			return nil, err
		}
	}
	f := supplies.Filter{Below: outbreak.Path(c.query.Get("in")), Kind: c.query.Get("kind"), Item: c.query.Get("item"), Show: c.query.Get("show"), After: c.query.Get("after"), Most: rowsPerPage + 1}
	p := suppliesPage{Verdicts: supplies.Verdicts, Kinds: supplies.Kinds, Open: access.Anywhere(c.by, access.SupplyRecord), Manage: access.Can(c.by, access.SupplyManage, outbreak.Scope{})}
	var err error
	if p.Items, err = s.House.Supplies.ListItems(c.ctx, c.by); err != nil {
		return nil, err
	}
	if p.List, err = s.House.Supplies.ListStocks(c.ctx, c.by, f); err != nil {
		return nil, err
	}
	if len(p.List) > rowsPerPage {
		p.List = p.List[:rowsPerPage]
		p.More = c.view.With("after", p.List[rowsPerPage-1].Key())
	}
	if p.Odd, err = s.House.Supplies.ListMoves(c.ctx, c.by, supplies.MoveFilter{Differs: true, Most: mostOdd}); err != nil {
		return nil, err
	}
	if p.Areas, err = s.areaChoices(c, access.SupplyRead); err != nil {
		return nil, err
	}
	return p, s.storeChoices(c, &p)
}

// storeChoices fills in of what account may be kept.
func (s *Server) storeChoices(c *call, p *suppliesPage) (err error) {
	if !p.Open {
		return nil
	}
	if id := c.query.Get("booth"); id != "" {
		p.Place = supplies.AtBooth + ":" + id
	} else if id := c.query.Get("lab"); id != "" {
		p.Place = supplies.AtLab + ":" + id
	}
	if access.Anywhere(c.by, access.RoundRead) {
		if p.Booths, err = s.House.Screening.ListBooths(c.ctx, c.by); err != nil {
			return err
		}
		p.Booths = slices.DeleteFunc(p.Booths, func(b screening.Booth) bool {
			return !access.Can(c.by, access.SupplyRecord, outbreak.Scope{Area: b.Area, Outbreak: b.Outbreak})
		})
	}
	if p.Labs, err = s.labsOf(c, access.SupplyRecord); err != nil {
		return err
	}
	p.Depots, err = s.namedAreas(c, access.SupplyRecord)
	return err
}

// toStore leads to the store of a sampling point or a laboratory, when account is kept of it.
func (s *Server) toStore(c *call) error {
	list, err := s.House.Supplies.ListStores(c.ctx, c.by)
	if err != nil {
		return err
	}
	for _, x := range list {
		if id := c.query.Get("booth"); id != "" && x.Booth().String() == id {
			return goTo("/supplies/" + x.ID.String())
		}
		if id := c.query.Get("lab"); id != "" && x.Lab().String() == id {
			return goTo("/supplies/" + x.ID.String())
		}
	}
	return nil
}

func (s *Server) openStore(c *call) (string, error) {
	kind, what, _ := strings.Cut(c.form.Get("place"), ":")
	n := supplies.OpenStore{Key: c.key(), Kind: kind}
	var err error
	switch kind {
	case supplies.AtBooth:
		n.Booth, err = outbreak.ParseID[outbreak.BoothID](what)
	case supplies.AtLab:
		n.Lab, err = outbreak.ParseID[outbreak.LabID](what)
	default:
		n.Area = outbreak.Path(what).Code()
	}
	if err != nil {
		return "", err
	}
	x, err := s.House.Supplies.OpenStore(c.ctx, c.by, n)
	return "/supplies/" + x.ID.String(), err
}

func (s *Server) addItem(c *call) (string, error) {
	pack, _ := strconv.Atoi(c.form.Get("pack")) // no number is refused as one that is none
	_, err := s.House.Supplies.AddItem(c.ctx, c.by, supplies.AddItem{Key: c.key(), Code: strings.TrimSpace(c.form.Get("code")), Name: c.form.Get("name"), NameEn: c.form.Get("name_en"), Unit: c.form.Get("unit"), UnitEn: c.form.Get("unit_en"), Pack: pack, Kinds: c.form["kind"], Source: c.form.Get("source")})
	return "/supplies?done=item_added", err
}

func (s *Server) explainCount(c *call) (string, error) {
	id, err := outbreak.ParseID[outbreak.MoveID](c.path("move"))
	if err != nil {
		return "", err
	}
	_, err = s.House.Supplies.Explain(c.ctx, c.by, supplies.Explain{Key: c.key(), Move: id, Verdict: c.form.Get("verdict"), Note: c.form.Get("note")})
	return "/supplies?done=count_explained", err
}

// storePage is one store: what lies there, the form to count it, what moved of late.
type storePage struct {
	itemNames
	supplies.Look
	Here    []supplies.Item // that such a store holds
	Stores  []supplies.Store
	Hows    []string
	Record  bool
	OwnBook bool // a laboratory's reagents are booked kit by kit on its own page
}

func (s *Server) readStore(c *call) (any, error) {
	id, err := outbreak.ParseID[outbreak.StoreID](c.path("id"))
	if err != nil {
		return nil, err
	}
	p := storePage{Hows: supplies.Hows}
	if p.Look, err = s.House.Supplies.FindStore(c.ctx, c.by, id); err != nil {
		return nil, err
	}
	if p.Items, err = s.House.Supplies.ListItems(c.ctx, c.by); err != nil {
		return nil, err
	}
	p.Record = access.Can(c.by, access.SupplyRecord, p.Store.Scope())
	p.OwnBook = p.Store.Kind == supplies.AtLab
	for _, i := range p.Items {
		if slices.Contains(i.Kinds, p.Store.Kind) && !(p.OwnBook && i.Follows == supplies.ByWells) {
			p.Here = append(p.Here, i)
		}
	}
	if p.Record {
		p.Stores, err = s.House.Supplies.ListStores(c.ctx, c.by)
		p.Stores = slices.DeleteFunc(p.Stores, func(x supplies.Store) bool { return x.ID == id })
	}
	return p, err
}

// Name gives the name of another store the reader sees; empty for one he does not.
func (p storePage) Name(id outbreak.StoreID) string {
	if at := slices.IndexFunc(p.Stores, func(x supplies.Store) bool { return x.ID == id }); at >= 0 {
		return p.Stores[at].Name
	}
	return ""
}

// atStore is the store the address names.
func atStore(c *call) (outbreak.StoreID, string, error) {
	id, err := outbreak.ParseID[outbreak.StoreID](c.path("id"))
	return id, "/supplies/" + id.String(), err
}

// countStock reads packs and loose pieces; an item of which neither is typed was not counted.
func (s *Server) countStock(c *call) (string, error) {
	id, back, err := atStore(c)
	if err != nil {
		return "", err
	}
	items, err := s.House.Supplies.ListItems(c.ctx, c.by)
	if err != nil {
		return "", err
	}
	n := supplies.Count{Key: c.key(), Store: id, Note: c.form.Get("note")}
	for _, i := range items {
		packs, loose := strings.TrimSpace(c.form.Get("packs-"+i.Code)), strings.TrimSpace(c.form.Get("loose-"+i.Code))
		if packs == "" && loose == "" {
			continue
		}
		whole, wrong := strconv.ParseInt("0"+packs, 10, 32)
		if wrong != nil {
			return "", refuseField("packs-"+i.Code, "supplies.count_number", "most", 1_000_000_000)
		}
		rest, wrong := strconv.ParseInt("0"+loose, 10, 32)
		if wrong != nil {
			return "", refuseField("loose-"+i.Code, "supplies.count_number", "most", 1_000_000_000)
		}
		n.Items = append(n.Items, supplies.CountedItem{Item: i.Code, Quantity: whole*int64(i.Pack) + rest})
	}
	if n.At, err = c.moment("at"); err != nil {
		return "", err
	}
	_, err = s.House.Supplies.Count(c.ctx, c.by, n)
	return back + "?done=stock_counted", err
}

func (s *Server) recordStock(c *call) (string, error) {
	id, back, err := atStore(c)
	if err != nil {
		return "", err
	}
	n := supplies.Record{Key: c.key(), Store: id, Item: c.form.Get("item"), How: c.form.Get("how"), Lot: c.form.Get("lot"), Expires: c.form.Get("expires"), Note: c.form.Get("move_note")}
	var wrong error
	if n.Quantity, wrong = strconv.ParseInt(strings.TrimSpace(c.form.Get("quantity")), 10, 64); wrong != nil {
		return "", refuseField("quantity", "supplies.quantity", "most", 1_000_000_000)
	}
	if n.To, err = outbreak.ParseID[outbreak.StoreID](c.form.Get("to")); err != nil {
		return "", err
	}
	if n.At, err = c.moment("move_at"); err != nil {
		return "", err
	}
	_, err = s.House.Supplies.Record(c.ctx, c.by, n)
	return back + "?done=stock_moved", err
}

func (s *Server) giveStock(w http.ResponseWriter, r *http.Request, c *call) error {
	return s.give(w, r, c, "stock.csv", func(ctx context.Context, by outbreak.Actor, w io.Writer) (exchange.Exported, error) {
		return s.House.Exchange.ExportStock(ctx, by, w)
	})
}
