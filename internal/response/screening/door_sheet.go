package screening

import (
	"cmp"
	"context"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Where a door sheet stands. Every sheet that went out comes back or is said to be lost.
const (
	SheetOut  = "out"
	SheetBack = "back"
	SheetLost = "lost"
)

// DoorSheet is a sheet of paper with the people of one building whom a round still looks for (入户登记单). It carries no names.
type DoorSheet struct {
	Number   DoorNumber          `json:"number"`
	Round    outbreak.RoundID    `json:"round"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Area     outbreak.Path       `json:"area"`
	Building string              `json:"building"` // empty: nobody said
	State    string              `json:"state"`
	People   int                 `json:"people"`
	Said     int                 `json:"said"` // of whom somebody said what came of it
	OutAt    outbreak.Instant    `json:"out_at"`
	OutBy    string              `json:"out_by"`
	EndedAt  outbreak.Instant    `json:"ended_at"`
	EndedBy  string              `json:"ended_by"`
	Reason   string              `json:"reason,omitempty"` // of its loss
	Lines    []DoorLine          `json:"lines,omitempty"`

	id int64
}

// Scope is where the sheet belongs.
func (d DoorSheet) Scope() outbreak.Scope { return outbreak.Scope{Area: d.Area, Outbreak: d.Outbreak} }

// DoorLine is one person on a sheet.
type DoorLine struct {
	Line int `json:"line"` // from 1
	Missing
	Said   string           `json:"said"` // sampled, away, refused, excused, unreachable; empty: nothing yet
	Reason string           `json:"reason,omitempty"`
	SaidAt outbreak.Instant `json:"said_at"`
	SaidBy string           `json:"said_by"`
}

// Tubeless tells that the sheet says the person was sampled, and no tube with the person came in.
func (l DoorLine) Tubeless() bool {
	return l.Said == Sampled && slices.Contains(missing, l.Outcome)
}

const doorColumns = "id, round, outbreak, area, building, state, people, (select count(*) from door_line l where l.sheet = door_sheet.id and l.said <> ''), out_at, out_by, ended_at, ended_by, reason"

func scanDoor(r store.Row) (d DoorSheet, err error) {
	err = r.Scan(&d.id, &d.Round, &d.Outbreak, &d.Area, &d.Building, &d.State, &d.People, &d.Said, &d.OutAt, &d.OutBy, &d.EndedAt, &d.EndedBy, &d.Reason)
	d.Number = doorNumber(d.id)
	return d, err
}

// sheetsOut tells which people are on a sheet of a round that is out.
func sheetsOut(tx *store.Tx, round outbreak.RoundID, nos []int64) (map[int64]DoorNumber, error) {
	on := map[int64]DoorNumber{}
	for len(nos) > 0 {
		n := min(len(nos), 400)
		in, args := store.In([]any{round, SheetOut}, nos[:n])
		err := store.Each(tx, func(r store.Row) error {
			var no, id int64
			err := r.Scan(&no, &id)
			on[no] = doorNumber(id)
			return err
		}, "select l.no, l.sheet from door_line l join door_sheet d on d.id = l.sheet where d.round = $1 and d.state = $2 and l.no in ("+in+")", args...)
		if err != nil {
			return nil, err
		}
		nos = nos[n:]
	}
	return on, nil
}

// PrintDoorSheets is the command that sends people to the doors of those who are missing.
type PrintDoorSheets struct {
	Key      string           `json:"-"`
	Round    outbreak.RoundID `json:"round"`
	Below    outbreak.Path    `json:"below"`
	Building string           `json:"building,omitempty"` // empty: every building below the area
	Unhoused bool             `json:"unhoused,omitempty"` // those whose building nobody said
}

// PrintedSheets says which sheets were made.
type PrintedSheets struct {
	Sheets []DoorNumber `json:"sheets"`
	People int          `json:"people"`
}

// perSheet is how many people one A4 page holds; a household is not torn apart unless it is larger.
const perSheet = 20

// PrintDoorSheets makes numbered sheets, building by building, of everybody who is missing and is on no sheet that is out.
func (s *Service) PrintDoorSheets(ctx context.Context, by outbreak.Actor, c PrintDoorSheets) (PrintedSheets, error) {
	if err := access.RequireAnywhere(by, access.OutcomeRecord); err != nil {
		return PrintedSheets{}, err
	}
	if _, err := s.coverage.need(ctx, c.Round); err != nil {
		return PrintedSheets{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.PrintDoorSheets", Key: c.Key}, c, func(tx *store.Tx) (out PrintedSheets, err error) {
		r, err := roundByID(tx, c.Round)
		if err != nil {
			return out, err
		}
		if !r.Runs() {
			return out, outbreak.Refuse(outbreak.Conflict, "screening.round_not_open")
		}
		f := MissingFilter{Below: c.Below, Building: c.Building, Unhoused: c.Unhoused, Most: mostPerBatch + 1}
		nos, err := s.missingNos(tx, r, s.reach(by, access.OutcomeRecord, r, c.Below), f, missing)
		if err != nil {
			return out, err
		}
		if len(nos) > mostPerBatch {
			return out, outbreak.Refuse(outbreak.Invalid, "screening.door_many", "most", mostPerBatch)
		}
		people, err := s.missingPeople(tx, r, nos)
		if err != nil {
			return out, err
		}
		sheets := layOut(r, slices.DeleteFunc(people, func(m Missing) bool { return m.Sheet != "" }))
		if len(sheets) == 0 {
			return out, outbreak.Refuse(outbreak.Conflict, "screening.door_none")
		}
		if err := s.sendOut(tx, by, r, sheets); err != nil {
			return out, err
		}
		for _, d := range sheets {
			out.Sheets = append(out.Sheets, d.Number)
			out.People += d.People
		}
		return out, nil
	})
}

// layOut puts people on sheets: one building and at most one page each, doors in the order of a walk.
func layOut(r Round, people []Missing) (sheets []DoorSheet) {
	slices.SortStableFunc(people, func(a, b Missing) int {
		return cmp.Or(cmp.Compare(a.Area, b.Area), natural(a.Building, b.Building), natural(a.Door, b.Door), cmp.Compare(a.Home.Household, b.Home.Household), cmp.Compare(a.No, b.No))
	})
	for i := 0; i < len(people); {
		n := 1
		for i+n < len(people) && people[i].Home.Household != 0 && people[i+n].Home.Household == people[i].Home.Household {
			n++
		}
		for _, m := range people[i : i+n] {
			last := len(sheets) - 1
			fresh := last < 0 || sheets[last].Area != m.Area || sheets[last].Building != m.Building
			full := !fresh && (len(sheets[last].Lines) >= perSheet || m.No == people[i].No && n <= perSheet && len(sheets[last].Lines)+n > perSheet)
			if fresh || full {
				sheets = append(sheets, DoorSheet{Round: r.ID, Outbreak: r.Outbreak, Area: m.Area, Building: m.Building, State: SheetOut})
				last++
			}
			d := &sheets[last]
			d.Lines = append(d.Lines, DoorLine{Line: len(d.Lines) + 1, Missing: m})
			d.People = len(d.Lines)
		}
		i += n
	}
	return sheets
}

// sendOut numbers sheets and writes them.
func (s *Service) sendOut(tx *store.Tx, by outbreak.Actor, r Round, sheets []DoorSheet) error {
	last, err := store.Count(tx, "select coalesce(max(id), 0) from door_sheet")
	if err != nil {
		return err
	}
	printed := map[outbreak.Path]*outbreak.DoorSheetsPrinted{}
	var rows, lines [][]any
	for i := range sheets {
		d := &sheets[i]
		last++
		d.id, d.Number, d.OutAt, d.OutBy = last, doorNumber(last), tx.Now, by.String()
		rows = append(rows, []any{d.id, int64(d.Round), int64(d.Outbreak), string(d.Area), d.Building, d.State, int64(d.People), int64(d.OutAt), d.OutBy, int64(0), "", "", string(outbreak.RetainScreening)})
		for _, l := range d.Lines {
			lines = append(lines, []any{d.id, int64(l.Line), l.No, int64(l.ID), "", "", int64(0), ""})
		}
		e := printed[d.Area]
		if e == nil {
			e = &outbreak.DoorSheetsPrinted{Scope: d.Scope(), Round: r.ID}
			printed[d.Area] = e
		}
		e.Sheets = append(e.Sheets, string(d.Number))
		e.People += d.People
	}
	if err := tx.Add("door_sheet", []string{"id", "round", "outbreak", "area", "building", "state", "people", "out_at", "out_by", "ended_at", "ended_by", "reason", "retention"}, rows); err != nil {
		return err
	}
	if err := tx.Add("door_line", []string{"sheet", "line", "no", "person", "said", "reason", "said_at", "said_by"}, lines); err != nil {
		return err
	}
	return appendAll(s.journal, tx, by, printed)
}

// DoorCounts balances the sheets of a round: those that went out are those that are back, lost or still out.
type DoorCounts struct {
	Printed int `json:"printed"`
	Out     int `json:"out"`
	Back    int `json:"back"`
	Lost    int `json:"lost"`
}

// DoorFilter cuts a list of door sheets.
type DoorFilter struct {
	Round outbreak.RoundID
	State string     // empty: all
	After DoorNumber // the list goes on behind this one
	Most  int
}

// ListDoorSheets lists the sheets of a round in the order of their numbers, without their lines, and balances all of them the
// actor sees.
func (s *Service) ListDoorSheets(ctx context.Context, by outbreak.Actor, f DoorFilter) (list []DoorSheet, n DoorCounts, err error) {
	if err := access.RequireAnywhere(by, access.OutcomeRecord); err != nil {
		return nil, n, err
	}
	var after int64
	if f.After != "" {
		if after, err = f.After.id(); err != nil {
			return nil, n, err
		}
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.OutcomeRecord, "", []any{f.Round})
		counts := map[string]*int{SheetOut: &n.Out, SheetBack: &n.Back, SheetLost: &n.Lost}
		if err := store.Each(tx, func(r store.Row) error {
			var state string
			var many int
			err := r.Scan(&state, &many)
			*counts[state] = many
			n.Printed += many
			return err
		}, "select state, count(*) from door_sheet where round = $1 and "+cond+" group by state", args...); err != nil {
			return err
		}
		args = append(args, after)
		cond += " and id > $" + itoa(len(args))
		if f.State != "" {
			args = append(args, f.State)
			cond += " and state = $" + itoa(len(args))
		}
		args = append(args, max(f.Most, 1))
		list, err = store.List(tx, scanDoor, "select "+doorColumns+" from door_sheet where round = $1 and "+cond+" order by id limit $"+itoa(len(args)), args...)
		return err
	})
	return list, n, err
}

// FindDoorSheets gives sheets by their numbers, with their lines: where everybody on them stands now.
func (s *Service) FindDoorSheets(ctx context.Context, by outbreak.Actor, numbers []DoorNumber) (list []DoorSheet, err error) {
	if err := access.RequireAnywhere(by, access.OutcomeRecord); err != nil {
		return nil, err
	}
	if len(numbers) > mostPerBatch/perSheet {
		return nil, outbreak.Refuse(outbreak.Invalid, "screening.batch_too_large", "most", mostPerBatch/perSheet)
	}
	for _, n := range numbers {
		var d DoorSheet
		if err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
			d, err = doorByNumber(tx, by, n)
			return err
		}); err != nil {
			return nil, err
		}
		if _, err := s.coverage.need(ctx, d.Round); err != nil {
			return nil, err
		}
		if err := s.db.Read(ctx, func(tx *store.Tx) error { return s.fillLines(tx, &d) }); err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}

// doorByNumber finds a sheet the actor works with.
func doorByNumber(tx *store.Tx, by outbreak.Actor, n DoorNumber) (DoorSheet, error) {
	id, err := n.id()
	if err != nil {
		return DoorSheet{}, err
	}
	d, ok, err := store.One(tx, scanDoor, "select "+doorColumns+" from door_sheet where id = $1", id)
	if err == nil && (!ok || access.Require(by, access.OutcomeRecord, d.Scope()) != nil) {
		err = outbreak.Refuse(outbreak.NotFound, "screening.no_door_sheet")
	}
	return d, err
}

// fillLines reads the lines of a sheet.
func (s *Service) fillLines(tx *store.Tx, d *DoorSheet) (err error) {
	var nos []int64
	d.Lines, err = store.List(tx, func(r store.Row) (l DoorLine, err error) {
		err = r.Scan(&l.Line, &l.No, &l.Said, &l.Reason, &l.SaidAt, &l.SaidBy)
		nos = append(nos, l.No)
		return l, err
	}, "select line, no, said, reason, said_at, said_by from door_line where sheet = $1 order by line", d.id)
	if err != nil {
		return err
	}
	people, err := registry.PeopleByNo(tx, nos)
	if err != nil {
		return err
	}
	homes, err := registry.HomesOf(tx, nos)
	for i := range d.Lines {
		l := &d.Lines[i]
		l.Missing = Missing{Standing: Standing{people[l.No], s.coverage.standing(d.Round, l.No)}, Home: homes[l.No]}
	}
	return err
}
