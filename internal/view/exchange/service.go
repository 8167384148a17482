package exchange

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/contacts"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
	"breakwater/internal/response/supplies"
	"breakwater/internal/store"
)

// Rooms are the rooms that files go into and come out of. Every row passes through their own commands, with the rights of
// whoever sends the file.
type Rooms struct {
	DB        *store.DB
	Journal   *journal.Journal
	Registry  *registry.Service
	Screening *screening.Service
	Lab       *lab.Service
	Supplies  *supplies.Service
	Cases     *cases.Service
	Contacts  *contacts.Service
	Wall      outbreak.Clock // the machine's: of how long lists are kept; nil: that
}

// Service takes files into the rooms and gives rows out.
type Service struct {
	rooms Rooms
	wall  outbreak.Clock
}

// New makes the service.
func New(rooms Rooms) *Service {
	s := &Service{rooms: rooms, wall: rooms.Wall}
	if s.wall == nil {
		s.wall = outbreak.WallClock{}
	}
	return s
}

// Import checks a file as Check does and hands its good rows to the room they belong to, at most a thousand in one
// transaction, of a roll some thousands. When a batch fails the batches before it stand, and the report says how far it came: the same file sent again
// goes on from there, for what is known already is repeated and changes nothing.
func (s *Service) Import(ctx context.Context, by outbreak.Actor, kind Kind, r io.Reader, o Options) (Report, error) {
	prepare, known := map[Kind]func(*loading) error{Areas: (*loading).areas, Roster: (*loading).roster, Tubes: (*loading).tubes, Results: (*loading).results,
		Places: (*loading).places, Visits: (*loading).visits, Stock: (*loading).stock}[kind]
	if !known {
		_, err := shapeOf(kind)
		return Report{}, err
	}
	r, end, err := asText(r)
	if err != nil {
		return Report{}, err
	}
	defer end()
	l := &loading{rooms: s.rooms, ctx: ctx, by: by, zones: map[outbreak.Path]*time.Location{}}
	if kind == Results {
		var are bool
		if are, r = isHL7(r); are {
			return takeHL7(r, o, l)
		}
	}
	if kind == Roster {
		var err error
		if o, err = l.plan(r, o); err != nil {
			return Report{}, err
		}
	}
	scan, err := begin(kind, r, o)
	if err != nil {
		return Report{}, err
	}
	l.scan = scan
	if err := prepare(l); err != nil {
		return Report{}, err
	}
	return scan.run()
}

// loading is one file on its way into the rooms.
type loading struct {
	rooms Rooms
	ctx   context.Context
	by    outbreak.Actor
	scan  *scan
	zones map[outbreak.Path]*time.Location
}

// zone is the time zone of an area, asked once.
func (l *loading) zone(path outbreak.Path) *time.Location {
	if z, known := l.zones[path]; known {
		return z
	}
	var z *time.Location
	err := l.rooms.DB.Read(l.ctx, func(tx *store.Tx) (err error) {
		z, err = registry.LocationOf(tx, path)
		return err
	})
	if err != nil {
		l.scan.trouble = fmt.Errorf("asking for the time zone of an area: %w", err)
		return time.UTC
	}
	l.zones[path] = z
	return z
}

// areas puts parents before their children: the whole file is sorted before the first row is stored.
func (l *loading) areas() error {
	l.scan.sort = func(rows []*row) []*row { return outerFirst(rows, fieldCode) }
	l.scan.apply = func(rows []*row) (tally, error) {
		list := make([]registry.NewArea, len(rows))
		for i, r := range rows {
			list[i] = r.area()
		}
		got, err := l.rooms.Registry.LoadAreas(l.ctx, l.by, registry.LoadAreas{Areas: list})
		return tallyOf(got), err
	}
	return nil
}

// outerFirst orders rows so that a parent of the file, named by one of its fields, comes before its children; a circle keeps the
// order of the file and is refused by the registry.
func outerFirst(rows []*row, named Field) []*row {
	at := make(map[string]int, len(rows))
	for i, r := range rows {
		at[r.cells[named]] = i
	}
	sorted := make([]*row, 0, len(rows))
	done := make([]bool, len(rows))
	for i := range rows {
		var chain []int
		for j := i; !done[j]; {
			done[j] = true
			chain = append(chain, j)
			parent, inFile := at[rows[j].cells[fieldParent]]
			if !inFile {
				break
			}
			j = parent
		}
		for k := len(chain) - 1; k >= 0; k-- {
			sorted = append(sorted, rows[chain[k]])
		}
	}
	return sorted
}

func tallyOf(l registry.Loaded) tally {
	t := tally{accepted: l.Added + l.Changed, changed: l.Changed, repeated: l.Repeated, rejected: map[int]*outbreak.Error{}}
	for _, r := range l.Rejected {
		t.rejected[r.Row] = &outbreak.Error{Kind: outbreak.Invalid, Msg: r.Reason, Slots: r.Slots}
	}
	return t
}

// roster puts people on the roll.
func (l *loading) roster() error {
	l.scan.o.KnownArea = l.knownArea()
	l.scan.ahead = func(rows []*row, turn func() error) (tally, error) {
		list := make([]registry.NewPerson, len(rows))
		for i, r := range rows {
			list[i] = r.person()
		}
		got, err := l.rooms.Registry.LoadPeople(l.ctx, l.by, registry.LoadPeople{People: list, Turn: turn})
		return tallyOf(got), err
	}
	return nil
}

// knownArea asks once for each code.
func (l *loading) knownArea() func(code string) bool {
	known := map[string]bool{}
	return func(code string) bool {
		is, asked := known[code]
		if !asked {
			var err error
			if _, is, err = l.area(code); err != nil {
				l.scan.trouble = err
			}
			known[code] = is
		}
		return is
	}
}

func (l *loading) area(code string) (a registry.Area, is bool, err error) {
	err = l.rooms.DB.Read(l.ctx, func(tx *store.Tx) (err error) {
		a, is, err = registry.AreaByCode(tx, code)
		return err
	})
	if err != nil {
		err = fmt.Errorf("looking for an area: %w", err)
	}
	return a, is, err
}

// plan counts a roll that can be read twice and makes room for it, so that the people of one community get neighbouring
// numbers. What is on the roll already is not planned for again. A stream is taken as it comes.
func (l *loading) plan(r io.Reader, o Options) (Options, error) {
	file, again := r.(io.ReadSeeker)
	if !again {
		return o, nil
	}
	start, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return o, nil // a pipe
	}
	var mapFile []byte
	if o.Map != nil {
		if mapFile, err = io.ReadAll(io.LimitReader(o.Map, 1<<20)); err != nil {
			return o, outbreak.Refuse(outbreak.Invalid, "exchange.map_unreadable").Because(err)
		}
		o.Map = bytes.NewReader(mapFile)
	}
	counts, err := countAreas(file, o)
	if err != nil {
		return o, err
	}
	if _, err := file.Seek(start, io.SeekStart); err != nil {
		return o, fmt.Errorf("going back to the beginning of the file: %w", err)
	}
	if mapFile != nil {
		o.Map = bytes.NewReader(mapFile)
	}
	for code := range counts {
		a, is, err := l.area(code)
		if err != nil {
			return o, err
		}
		if !is {
			delete(counts, code)
			continue
		}
		err = l.rooms.DB.Read(l.ctx, func(tx *store.Tx) error {
			n, err := registry.CountRoll(tx, a.Path)
			counts[code] = max(counts[code]-n, 0)
			return err
		})
		if err != nil {
			return o, err
		}
	}
	_, err = l.rooms.Registry.PlanRoll(l.ctx, l.by, registry.PlanRoll{Counts: counts})
	return o, err
}

// countAreas counts the rows of each area without checking them. A fault of the file is left for the reading proper to tell.
func countAreas(r io.Reader, o Options) (map[string]int, error) {
	o.Rejected = nil
	s, err := begin(Roster, r, o)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	at := s.mapping.column[fieldArea]
	for {
		rec, err := s.rows.next()
		if err == io.EOF {
			return counts, nil
		}
		if _, told := errors.AsType[*outbreak.Error](err); told {
			return counts, nil
		}
		if err != nil {
			return nil, err
		}
		if at < len(rec.cells) {
			counts[clean(fieldArea, rec.cells[at])]++
		}
	}
}

// results hands what laboratories say to the laboratory's room, one command for each laboratory of a batch.
func (l *loading) results() error {
	labs, err := l.rooms.Lab.ListLabs(l.ctx, l.by)
	if err != nil {
		return err
	}
	byName := map[string]lab.Lab{}
	for _, x := range labs {
		byName[x.Name], byName[x.ID.String()] = x, x
	}
	l.scan.o.KnownLab = func(name string) bool { _, is := byName[name]; return is }
	l.scan.zoneOf = func(r *row) *time.Location {
		name := r.cells[fieldLab]
		if name == "" {
			name = l.scan.o.Lab
		}
		return l.zone(byName[name].Area)
	}
	l.scan.apply = func(rows []*row) (tally, error) {
		t := tally{rejected: map[int]*outbreak.Error{}}
		for _, g := range grouped(rows, func(r *row) string { return byName[r.cells[fieldLab]].ID.String() }) {
			reports := make([]lab.Report, len(g))
			for i, at := range g {
				reports[i] = rows[at].report()
			}
			got, err := l.rooms.Lab.ReportResults(l.ctx, l.by, lab.ReportResults{Lab: byName[rows[g[0]].cells[fieldLab]].ID, Results: reports})
			if err != nil {
				return t, err
			}
			t.accepted, t.changed, t.repeated = t.accepted+got.Accepted, t.changed+got.Revised, t.repeated+got.Repeated
			for _, x := range got.Rejected {
				t.rejected[g[x.Row]] = &outbreak.Error{Kind: outbreak.Invalid, Msg: x.Reason, Slots: x.Slots}
			}
		}
		return t, nil
	}
	return nil
}

// grouped gives the indexes of rows by key, groups in the order of their first rows.
func grouped(rows []*row, key func(*row) string) [][]int {
	at := map[string]int{}
	var groups [][]int
	for i, r := range rows {
		k := key(r)
		n, known := at[k]
		if !known {
			n = len(groups)
			at[k], groups = n, append(groups, nil)
		}
		groups[n] = append(groups[n], i)
	}
	return groups
}
