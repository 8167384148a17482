package exchange

import (
	"context"
	"fmt"
	"sync"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/contacts"
	"breakwater/internal/store"
)

// OutbreakCalled finds an outbreak by name or number; the only one when nothing is said.
func (s *Service) OutbreakCalled(ctx context.Context, by outbreak.Actor, name string) (outbreak.OutbreakID, error) {
	if err := access.RequireAnywhere(by, access.AreaRead); err != nil {
		return 0, err
	}
	list, err := s.rooms.Registry.ListOutbreaks(ctx, by)
	if err != nil {
		return 0, err
	}
	for _, o := range list {
		if name != "" && (o.Name == name || o.ID.String() == name) || name == "" && len(list) == 1 {
			return o.ID, nil
		}
	}
	if name == "" {
		return 0, outbreak.Refuse(outbreak.Invalid, "lists.outbreak_missing")
	}
	return 0, outbreak.Refuse(outbreak.Invalid, "exchange.outbreak_unknown")
}

// ImportList checks a list as CheckList does and hands its good rows to the room they belong to, a thousand in one transaction, each
// batch made ready while the one before it is written. Without a plan the one that was saved last for the list's headers is taken.
// The same list again changes nothing; when it breaks off, what stands stands and the list sent again goes on from there.
func (s *Service) ImportList(ctx context.Context, by outbreak.Actor, kind Kind, src *Source, o ListOptions) (Report, error) {
	if err := access.RequireAnywhere(by, MayLoad(kind)); err != nil {
		return Report{}, err
	}
	scan, err := s.beginList(ctx, by, kind, src, o)
	if err != nil {
		return Report{}, err
	}
	l := &listLoading{rooms: s.rooms, ctx: ctx, by: by, o: o, scan: scan, zones: map[string]*time.Location{}}
	if scan.namesOthers() {
		if err := access.RequireAnywhere(by, access.ContactLoad); err != nil {
			return Report{}, err
		}
	}
	scan.finish = l.meetWaiting
	scan.ahead = &listAhead{scan: scan, apply: map[Kind]func([]*listRow, func() error) (tally, error){LineList: l.cases, Contacts: l.contacts}[kind]}
	return scan.run()
}

// TryList is CheckList by somebody in the house: with the areas that are known and the plans that were saved.
func (s *Service) TryList(ctx context.Context, by outbreak.Actor, kind Kind, src *Source, o ListOptions) (Report, error) {
	if err := access.RequireAnywhere(by, MayLoad(kind)); err != nil {
		return Report{}, err
	}
	scan, err := s.beginList(ctx, by, kind, src, o)
	if err != nil {
		return Report{}, err
	}
	return scan.run()
}

func (s *Service) beginList(ctx context.Context, by outbreak.Actor, kind Kind, src *Source, o ListOptions) (*listScan, error) {
	o.complete()
	if !IsList(kind) {
		return nil, outbreak.Refuse(outbreak.Invalid, "exchange.kind_unknown", "kind", string(kind))
	}
	found, plan, err := s.found(ctx, by, kind, src, o)
	if err != nil {
		return nil, err
	}
	if plan.Area == "" {
		if plan.Area, err = s.areaOf(ctx, o.Outbreak); err != nil {
			return nil, err
		}
	}
	scan, err := found.scan(src, plan, o)
	if err != nil {
		return nil, err
	}
	areas, err := s.areas(ctx)
	if err != nil {
		return nil, err
	}
	scan.known = areas.find
	if code := plan.Area; code != "" && !areas.byCode[code] {
		return nil, outbreak.Refuse(outbreak.Invalid, "exchange.area_unknown", "code", code)
	}
	if kind == Contacts && plan.Area == "" {
		scan.homes, err = s.homes(ctx, by, scan, o)
	}
	return scan, err
}

// found looks at a list and gives the plan it is read by: what was said, or what was chosen last for its headers, beside which what
// was said of its area stays.
func (s *Service) found(ctx context.Context, by outbreak.Actor, kind Kind, src *Source, o ListOptions) (*Found, Plan, error) {
	var said Plan
	if o.Plan != nil {
		said = *o.Plan
	}
	f, err := Look(kind, src, said)
	if err != nil || len(said.Columns) > 0 {
		return f, said, err
	}
	saved, is, err := s.planFor(ctx, by, kind, f.Digest)
	if err != nil || !is {
		return f, said, err
	}
	if said.Area != "" {
		saved.Area = said.Area
	}
	if saved.Encoding != said.Encoding || saved.Separator != said.Separator || saved.HeaderRow != said.HeaderRow || saved.HeaderRows != said.HeaderRows {
		f, err = Look(kind, src, saved)
	}
	return f, saved, err
}

// areaOf gives the code of the area of an outbreak that has one: where its cases are unless a list says otherwise.
func (s *Service) areaOf(ctx context.Context, id outbreak.OutbreakID) (code string, err error) {
	if id == 0 {
		return "", nil
	}
	err = s.rooms.DB.Read(ctx, func(tx *store.Tx) error {
		o, is, err := registry.OutbreakByID(tx, id)
		if err != nil || !is {
			return err
		}
		code = o.Area.Code()
		return nil
	})
	return code, err
}

// knownAreas are the areas of the site by what lists call them.
type knownAreas struct {
	byCode map[string]bool
	byName map[string]string // empty: several are called so
}

// areas reads them all: there are some thousands.
func (s *Service) areas(ctx context.Context) (*knownAreas, error) {
	k := &knownAreas{map[string]bool{}, map[string]string{}}
	err := s.rooms.DB.Read(ctx, func(tx *store.Tx) error {
		for after := outbreak.Path(""); ; {
			list, err := registry.AreasBelow(tx, "", after, 1000)
			if err != nil || len(list) == 0 {
				return err
			}
			for _, a := range list {
				k.take(a)
			}
			after = list[len(list)-1].Path
		}
	})
	if err != nil {
		return nil, fmt.Errorf("reading the areas: %w", err)
	}
	return k, nil
}

func (k *knownAreas) take(a registry.Area) {
	k.byCode[a.Code] = true
	for _, name := range []string{a.Name, a.NameEn} {
		if name = foldWord(name); name == "" {
			continue
		}
		if other, twice := k.byName[name]; twice && other != a.Code {
			k.byName[name] = ""
		} else {
			k.byName[name] = a.Code
		}
	}
}

// find gives the code of the area that goes by a code or by a name which one alone has.
func (k *knownAreas) find(said string) (string, bool) {
	if k.byCode[said] {
		return said, true
	}
	code := k.byName[foldWord(said)]
	return code, code != ""
}

// listLoading is a list on its way into the rooms.
type listLoading struct {
	rooms Rooms
	ctx   context.Context
	by    outbreak.Actor
	o     ListOptions
	scan  *listScan
	edit  outbreak.BatchID // of the changes a list of our own brings back

	mu    sync.Mutex
	zones map[string]*time.Location
}

// cases hands rows to the cases: those of other lists to be taken in, those of a list of our own that comes back to be changed. Then it
// hands those the rows name beside the case to the contacts.
func (l *listLoading) cases(rows []*listRow, turn func() error) (tally, error) {
	load := l.newCases
	if _, own := l.scan.at["case"]; own {
		load = l.ownCases
	}
	t, ids, err := load(rows, turn)
	if err == nil {
		t.links, err = l.links(rows, ids)
	}
	return t, err
}

func (l *listLoading) newCases(rows []*listRow, turn func() error) (tally, []outbreak.CaseID, error) {
	c := cases.LoadCases{Turn: turn, Outbreak: l.o.Outbreak, Party: l.o.Party, Followed: l.o.Followed, Rows: make([]cases.LoadedCase, len(rows))}
	for i, x := range rows {
		r := cases.LoadedCase{Person: x.person, External: x.number, Nth: x.nth, Values: x.values}
		for _, e := range x.extra {
			r.Extra = append(r.Extra, cases.Extra(e))
		}
		c.Rows[i] = r
	}
	got, err := l.rooms.Cases.LoadCases(l.ctx, l.by, c)
	return refusedRows(tally{accepted: got.Added + got.Changed, changed: got.Changed, repeated: got.Repeated}, got.Rejected), got.Cases, err
}

func refusedRows(t tally, list outbreak.Rejections) tally {
	t.rejected = map[int]*outbreak.Error{}
	for _, r := range list {
		t.rejected[r.Row] = &outbreak.Error{Kind: outbreak.Invalid, Msg: r.Reason, Slots: r.Slots}
	}
	return t
}

// contacts hands rows to the contacts.
func (l *listLoading) contacts(rows []*listRow, turn func() error) (tally, error) {
	c := contacts.LoadLinks{Turn: turn, Outbreak: l.o.Outbreak, Party: l.o.Party, Links: make([]contacts.LoadedLink, len(rows))}
	for i, x := range rows {
		zone, err := l.zone(x.person.Area)
		if err != nil {
			return tally{}, err
		}
		link := contacts.LoadedLink{From: l.end(x.fromNo, x.from, false), To: l.end(x.toNo, x.person, true), Mark: x.number, Exposure: x.values["exposure"], Setting: x.values["setting"], Relation: x.values["relation"],
			FirstAt: dayIn(x.values["exposed_from"], zone), LastAt: dayIn(x.values["exposed_to"], zone)}
		if link.Mark == "" {
			link.Mark = fmt.Sprintf("row %s %d", l.rooms.Registry.Digest("contact row", l.scan.content(x)), x.nth)
		}
		for _, e := range x.extra {
			link.Extra = append(link.Extra, contacts.Extra(e))
		}
		if age := x.values["age"]; age != "" { // of a person who has no line in a line list to keep it
			link.Extra = append(link.Extra, contacts.Extra{Name: "age", Value: age})
		}
		c.Links[i] = link
	}
	got, err := l.rooms.Contacts.LoadLinks(l.ctx, l.by, c)
	return refusedRows(tally{accepted: got.Added + got.Changed, changed: got.Changed, repeated: got.Repeated}, got.Rejected), err
}

// end makes an end of a link of what a row says: a number, a person, or both. Whoever is described by name and phone alone is the same
// person in every row of the party's lists. Of somebody exposed the number alone is enough to begin with.
func (l *listLoading) end(number string, p registry.NewPerson, exposed bool) contacts.End {
	i := p.Identity
	described := i.Name != "" || i.Phone != "" || i.Document != ""
	if number == "" && described && i.Document == "" && (i.Phone != "" || !exposed) {
		number = "person " + l.rooms.Registry.Digest("contact", i.Name+"\x00"+i.Phone)
	}
	if !described && !exposed {
		return contacts.End{Number: number}
	}
	return contacts.End{Number: number, New: &p}
}

// zone is the time zone of an area, asked once.
func (l *listLoading) zone(code string) (*time.Location, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if z, asked := l.zones[code]; asked {
		return z, nil
	}
	zone := time.UTC
	err := l.rooms.DB.Read(l.ctx, func(tx *store.Tx) error {
		a, is, err := registry.AreaByCode(tx, code)
		if err != nil || !is {
			return err
		}
		zone, err = registry.LocationOf(tx, a.Path)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("asking for the time zone of an area: %w", err)
	}
	l.zones[code] = zone
	return zone, nil
}

// dayIn is the beginning of a day in a time zone; 0 of none.
func dayIn(day string, zone *time.Location) outbreak.Instant {
	t, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil {
		return 0
	}
	return outbreak.At(t)
}
