package linelist

import (
	"context"
	"embed"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of the line list: views that were saved.
var Migrations = store.Migrations{Owner: "linelist", FS: migrations}

// Links tells who infected whom, as far as somebody knows.
type Links interface {
	// EachSource calls do for every pair of a case and one it may have got it from.
	EachSource(tx *store.Tx, do func(of, source outbreak.CaseID)) error
}

// Rooms are what the line list stands on.
type Rooms struct {
	DB       *store.DB
	Journal  *journal.Journal
	IDs      *outbreak.IDs
	Registry *registry.Service
	Links    Links // nil: nobody keeps links
}

// Service is the door of the line list inside the house.
type Service struct {
	rooms  Rooms
	memory *Memory
}

// New makes the service. Its memory is read when Run begins, or when somebody asks.
func New(rooms Rooms) *Service {
	return &Service{rooms: rooms, memory: newMemory(rooms.DB, rooms.Journal)}
}

// Memory is what the service answers from.
func (s *Service) Memory() *Memory { return s.memory }

// Page is a part of a list.
type Page struct {
	Rows  []Row            `json:"rows"`
	Total int              `json:"total"` // all rows of the list
	From  int              `json:"from"`  // where the first row stands in the list, counted from 1; 0: there is none
	Next  string           `json:"next"`  // the After of the page behind; empty at the end
	Back  string           `json:"back"`  // the After of the page before; empty at the beginning
	Seq   int64            `json:"seq"`   // the last journal entry the list has seen
	AsOf  outbreak.Instant `json:"as_of"` // when it was read
}

// List gives one page of the cases the actor may see.
func (s *Service) List(ctx context.Context, by outbreak.Actor, q Query) (Page, error) {
	if err := access.RequireAnywhere(by, access.CaseRead); err != nil {
		return Page{}, err
	}
	q, err := s.prepare(ctx, by, q)
	if err != nil {
		return Page{}, err
	}
	var page Page
	err = s.memory.look(ctx, q.KnownAt, func(p picture) (err error) {
		page, err = p.page(by, q)
		return err
	})
	if err != nil {
		return Page{}, err
	}
	return page, s.complete(ctx, page.Rows)
}

// prepare checks a query, looks its name up and makes sure that the memory is there.
func (s *Service) prepare(ctx context.Context, by outbreak.Actor, q Query) (Query, error) {
	if err := q.check(); err != nil {
		return q, err
	}
	q, err := s.Named(ctx, by, q)
	if err != nil {
		return q, err
	}
	if err := s.memory.fresh(ctx, q.Seen); err != nil {
		return q, err
	}
	if slices.ContainsFunc(q.Where, func(c Condition) bool { return c.Field == "quality" }) {
		return q, s.memory.lookBeside(ctx, s.rooms.Links)
	}
	return q, nil
}

// page is the part of the list a query asks for.
func (p picture) page(by outbreak.Actor, q Query) (Page, error) {
	set, err := p.choose(by, q, access.CaseRead)
	if err != nil {
		return Page{}, err
	}
	order, err := p.order(q)
	if err != nil {
		return Page{}, err
	}
	most := q.Most
	if most == 0 {
		most = usualMost
	}
	page := Page{Total: set.Count(), Seq: p.seq, AsOf: p.asOf, Rows: []Row{}}
	from := 0
	switch {
	case q.Jump > 0:
		from = max(min(q.Jump, page.Total)-1, 0)
	case q.After != "":
		key, back, err := parseCursor(q.After, q.Sort)
		if err != nil {
			return Page{}, err
		}
		if from = p.Before(set, order, key, !back); back {
			from = max(from-most, 0)
		}
	}
	rows := p.Window(set, order, from, most)
	if len(rows) == 0 {
		return page, nil
	}
	page.From = from + 1
	for _, r := range rows {
		page.Rows = append(page.Rows, p.row(int(r)))
	}
	if from+len(rows) < page.Total {
		page.Next = cursorOf(p.KeyOf(int(rows[len(rows)-1]), order), q.Sort, false)
	}
	if from > 0 {
		page.Back = cursorOf(p.KeyOf(int(rows[0]), order), q.Sort, true)
	}
	return page, nil
}

// IDs gives the cases of a query in its order, at most most of them, and how many there are.
func (s *Service) IDs(ctx context.Context, by outbreak.Actor, q Query, most int) (ids []outbreak.CaseID, total int, err error) {
	if err := access.RequireAnywhere(by, access.CaseRead); err != nil {
		return nil, 0, err
	}
	if q, err = s.prepare(ctx, by, q); err != nil {
		return nil, 0, err
	}
	err = s.memory.look(ctx, q.KnownAt, func(p picture) error {
		set, err := p.choose(by, q, access.CaseRead)
		if err != nil {
			return err
		}
		order, err := p.order(q)
		if err != nil {
			return err
		}
		total = set.Count()
		for _, r := range p.Window(set, order, 0, most) {
			ids = append(ids, outbreak.CaseID(p.ID(int(r))))
		}
		return nil
	})
	return ids, total, err
}

// Named gives the query with the people a name leads to in place of the name, for an address. It searches as registry does: for
// a purpose, where the actor may open identities, with an entry in the journal.
func (s *Service) Named(ctx context.Context, by outbreak.Actor, q Query) (Query, error) {
	if err := access.RequireAnywhere(by, access.CaseRead); err != nil {
		return q, err
	}
	if q.Name == "" {
		return q, nil
	}
	found, err := s.rooms.Registry.SearchPeople(ctx, by, registry.SearchPeople{Name: q.Name, Below: q.Below})
	if err != nil {
		return q, err
	}
	c := Condition{Field: "person", Op: In}
	if err := s.rooms.DB.Read(ctx, func(tx *store.Tx) error {
		for _, m := range found.Matches {
			codes, err := registry.CodesOf(tx, m.ID)
			if err != nil {
				return err
			}
			c.Values = append(c.Values, codesText(codes)...)
		}
		return nil
	}); err != nil {
		return q, err
	}
	q.Name = ""
	return q.With(c), nil
}

func codesText(codes []outbreak.PersonID) (list []string) {
	for _, c := range codes {
		list = append(list, c.String())
	}
	return list
}
