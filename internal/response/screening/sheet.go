package screening

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

type sheetKind struct{}

// SheetID names a paper sheet that is being keyed.
type SheetID = outbreak.ID[sheetKind]

// Sheet is a paper tube sheet. Two people key it, neither seeing what the other keyed but for the differences; when they agree it
// is handed in under the sheet's own device number.
type Sheet struct {
	ID          SheetID             `json:"id"`
	Device      int64               `json:"device"`
	Round       outbreak.RoundID    `json:"round"`
	Booth       outbreak.BoothID    `json:"booth"`
	Outbreak    outbreak.OutbreakID `json:"outbreak"`
	Area        outbreak.Path       `json:"area"`
	Name        string              `json:"name"`            // what stands on the paper: its number, its page
	Badge       int64               `json:"badge,omitempty"` // of the sampler who filled it, as it stands on the paper
	One         bool                `json:"one"`             // keyed by one
	Other       bool                `json:"other"`
	Mine        []SheetTube         `json:"mine"` // what the reader keyed
	Differences []SheetDifference   `json:"differences"`
	AgreedAt    outbreak.Instant    `json:"agreed_at"`

	oneBy, otherBy string
	one, other     []SheetTube
}

// Scope is where the sheet belongs.
func (s Sheet) Scope() outbreak.Scope { return outbreak.Scope{Area: s.Area, Outbreak: s.Outbreak} }

// SheetTube is one line of a sheet.
type SheetTube struct {
	Tube    outbreak.TubeCode `json:"tube"`
	Taken   outbreak.Instant  `json:"taken"`
	Counted int               `json:"counted"`
	Members []string          `json:"members"` // numbers or personal codes
}

// SheetDifference is a line on which the two differ. Field is tube, taken, counted, members, or lines when one has more of them.
type SheetDifference struct {
	Line  int    `json:"line"` // from 1
	Field string `json:"field"`
	One   string `json:"one"`
	Other string `json:"other"`
}

const (
	mostSheetTubes   = 100
	mostSheetMembers = 50
)

// differences compares what two people keyed.
func differences(one, other []SheetTube) []SheetDifference {
	list := []SheetDifference{}
	for i := range min(len(one), len(other)) {
		a, b := one[i], other[i]
		for _, x := range []SheetDifference{
			{i + 1, "tube", string(a.Tube), string(b.Tube)},
			{i + 1, "taken", a.Taken.String(), b.Taken.String()},
			{i + 1, "counted", itoa(a.Counted), itoa(b.Counted)},
			{i + 1, "members", strings.Join(a.Members, " "), strings.Join(b.Members, " ")},
		} {
			if x.One != x.Other {
				list = append(list, x)
			}
		}
	}
	if len(one) != len(other) {
		list = append(list, SheetDifference{min(len(one), len(other)) + 1, "lines", itoa(len(one)), itoa(len(other))})
	}
	return list
}

const (
	sheetColumns = "id, device, round, booth, outbreak, area, name, one_by, one, other_by, other, agreed_at"
	sheetRead    = sheetColumns + ", coalesce((select p.badge from sampler_shift p where p.device = sheet.device and p.n = 1), 0)"
)

func scanSheet(r store.Row) (s Sheet, err error) {
	var one, other string
	if err = r.Scan(&s.ID, &s.Device, &s.Round, &s.Booth, &s.Outbreak, &s.Area, &s.Name, &s.oneBy, &one, &s.otherBy, &other, &s.AgreedAt, &s.Badge); err != nil {
		return s, err
	}
	for text, into := range map[*string]*[]SheetTube{&one: &s.one, &other: &s.other} {
		if *text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(*text), into); err != nil {
			return s, fmt.Errorf("reading what was keyed of sheet %s: %w", s.ID, err)
		}
	}
	s.One, s.Other = s.oneBy != "", s.otherBy != ""
	return s, nil
}

// seenBy shows a reader what he keyed, and the differences once both have.
func (s Sheet) seenBy(by outbreak.Actor) Sheet {
	s.Mine, s.Differences = []SheetTube{}, []SheetDifference{}
	switch by.String() {
	case s.oneBy:
		s.Mine = s.one
	case s.otherBy:
		s.Mine = s.other
	}
	if s.One && s.Other {
		s.Differences = differences(s.one, s.other)
	}
	return s
}

// OpenSheet is the command of somebody who has a sheet of paper in hand.
type OpenSheet struct {
	Key   string           `json:"-"`
	Round outbreak.RoundID `json:"round"`
	Booth outbreak.BoothID `json:"booth"`
	Name  string           `json:"name"`
	Badge int64            `json:"badge,omitempty"` // number of the sampler's badge; 0: none stands on the paper
}

// OpenSheet makes a sheet known, with a device number of its own.
func (s *Service) OpenSheet(ctx context.Context, by outbreak.Actor, c OpenSheet) (Sheet, error) {
	if err := access.RequireAnywhere(by, access.TubeClose); err != nil {
		return Sheet{}, err
	}
	if c.Name = strings.TrimSpace(c.Name); c.Name == "" || len([]rune(c.Name)) > longestDevName {
		return Sheet{}, outbreak.Refuse(outbreak.Invalid, "screening.sheet_name", "most", longestDevName)
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.OpenSheet", Key: c.Key}, c, func(tx *store.Tx) (Sheet, error) {
		r, err := roundByID(tx, c.Round)
		if err != nil {
			return Sheet{}, err
		}
		b, err := boothByID(tx, c.Booth)
		if err != nil {
			return Sheet{}, err
		}
		if err := access.Require(by, access.TubeClose, outbreak.Scope{Area: b.Area, Outbreak: r.Outbreak}); err != nil {
			return Sheet{}, err
		}
		now := s.wallNow(tx)
		d := Device{Kind: kindSheet, Booth: b.ID, Outbreak: r.Outbreak, Area: b.Area, Name: c.Name, EnrolledAt: now, Until: now, madeBy: by.String()}
		d.BeatAt = now
		if d.ID, err = nextDevice(tx); err != nil {
			return Sheet{}, err
		}
		if err := s.admit(tx, d); err != nil {
			return Sheet{}, err
		}
		x := Sheet{ID: outbreak.New[SheetID](s.ids), Device: d.ID, Round: r.ID, Booth: b.ID, Outbreak: r.Outbreak, Area: b.Area, Name: c.Name, Badge: c.Badge}
		if err := s.signOnPaper(tx, by, d, c.Badge); err != nil {
			return Sheet{}, err
		}
		return x.seenBy(by), tx.Must("insert into sheet ("+sheetColumns+", recorded_at) values ($1, $2, $3, $4, $5, $6, $7, '', '', '', '', 0, $8)",
			x.ID, x.Device, x.Round, x.Booth, x.Outbreak, x.Area, x.Name, tx.Now)
	})
}

// KeySheet is what one person reads from the paper: all of its lines, each time.
type KeySheet struct {
	Key   string      `json:"-"`
	Sheet SheetID     `json:"sheet"`
	Tubes []SheetTube `json:"tubes"`
}

// KeySheet keeps what the actor keyed of a sheet. The first two people who key it are its two; each may key it anew until they
// agree, and then it is handed in, in the same transaction.
func (s *Service) KeySheet(ctx context.Context, by outbreak.Actor, c KeySheet) (Sheet, error) {
	if err := access.RequireAnywhere(by, access.TubeClose); err != nil {
		return Sheet{}, err
	}
	if err := tidySheet(c.Tubes); err != nil {
		return Sheet{}, err
	}
	var handed []*Operation
	x, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.KeySheet", Key: c.Key}, c, func(tx *store.Tx) (Sheet, error) {
		handed = nil
		x, ok, err := store.One(tx, scanSheet, "select "+sheetRead+" from sheet where id = $1", c.Sheet)
		if err != nil {
			return x, err
		}
		if !ok || access.Require(by, access.TubeClose, x.Scope()) != nil {
			return x, outbreak.Refuse(outbreak.NotFound, "screening.no_sheet")
		}
		if x.AgreedAt != 0 {
			return x, outbreak.Refuse(outbreak.Conflict, "screening.sheet_agreed")
		}
		switch me := by.String(); {
		case x.oneBy == "" || x.oneBy == me:
			x.oneBy, x.one = me, c.Tubes
		case x.otherBy == "" || x.otherBy == me:
			x.otherBy, x.other = me, c.Tubes
		default:
			return x, outbreak.Refuse(outbreak.Conflict, "screening.sheet_two")
		}
		x.One, x.Other = x.oneBy != "", x.otherBy != ""
		if x.One && x.Other && len(differences(x.one, x.other)) == 0 {
			if handed, err = s.handSheet(tx, by, x); err != nil {
				return x, err
			}
			x.AgreedAt = tx.Now
		}
		one, other := keyed(x.one, x.One), keyed(x.other, x.Other)
		return x.seenBy(by), tx.Must("update sheet set one_by = $1, one = $2, other_by = $3, other = $4, agreed_at = $5 where id = $6", x.oneBy, one, x.otherBy, other, x.AgreedAt, x.ID)
	})
	if err == nil {
		for _, o := range handed {
			s.intake.acks.note(o.Op)
		}
	}
	return x, err
}

func keyed(tubes []SheetTube, was bool) string {
	if !was {
		return ""
	}
	b, _ := json.Marshal(tubes) // texts and numbers
	return string(b)
}

// tidySheet folds what was typed, so that two people who mean the same agree.
func tidySheet(tubes []SheetTube) error {
	if len(tubes) == 0 || len(tubes) > mostSheetTubes {
		return outbreak.Refuse(outbreak.Invalid, "screening.sheet_lines", "most", mostSheetTubes)
	}
	for i := range tubes {
		t := &tubes[i]
		if t.Tube = t.Tube.Canonical(); t.Tube == "" || t.Taken <= 0 || t.Counted < 0 || len(t.Members) > mostSheetMembers {
			return outbreak.Refuse(outbreak.Invalid, "screening.sheet_line", "line", i+1)
		}
		for j, m := range t.Members {
			if t.Members[j] = strings.TrimLeft(registry.TidyCode(strings.TrimSpace(m)), "0"); len(m) == codeText {
				t.Members[j] = registry.TidyCode(m)
			}
		}
	}
	return nil
}

// codeText is the length of a personal code; everything shorter is a number.
const codeText = 18

// handSheet hands a sheet in as operations from paper, under its own device number.
func (s *Service) handSheet(tx *store.Tx, by outbreak.Actor, x Sheet) (ops []*Operation, err error) {
	for i, t := range x.one {
		o := &Operation{Round: x.Round, Booth: x.Booth, Op: x.Device<<CounterBits | int64(i+1), Kind: opClose | opPaper, Tube: t.Tube, Taken: t.Taken, Counted: t.Counted}
		for _, text := range t.Members {
			m := Member{Flags: Typed}
			if no, err := strconv.ParseInt(text, 10, 64); err == nil && len(text) < codeText {
				m.No = no
			} else if no, proven := s.registry.ReadCode([]byte(text)); no != 0 {
				m.No = no
				if m.Flags = 0; !proven {
					m.Flags = Unproven
				}
			} else {
				o.unknown = append(o.unknown, text)
			}
			o.Members = append(o.Members, m)
		}
		ops = append(ops, o)
	}
	w := newHanding(s, tx, by)
	if err := w.take(ops); err != nil {
		return nil, err
	}
	if err := tx.Must("update device set last = $1, acked = $1 where id = $2", int64(len(ops)), x.Device); err != nil {
		return nil, err
	}
	if _, err := w.announce(); err != nil {
		return nil, err
	}
	_, err = s.journal.Append(tx, by, outbreak.SheetAgreed{Scope: x.Scope(), Round: x.Round, Device: x.Device, Booth: x.Booth, First: x.oneBy, Second: x.otherBy, Tubes: len(ops)})
	return ops, err
}

// ListSheets lists the sheets the actor may key, those that wait first, the newest first.
func (s *Service) ListSheets(ctx context.Context, by outbreak.Actor, most int) (list []Sheet, err error) {
	if err := access.RequireAnywhere(by, access.TubeClose); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.TubeClose, "", nil)
		args = append(args, max(most, 1))
		list, err = store.List(tx, scanSheet, "select "+sheetRead+" from sheet where "+cond+" order by case when agreed_at = 0 then 0 else 1 end, id desc limit $"+itoa(len(args)), args...)
		return err
	})
	for i := range list {
		list[i] = list[i].seenBy(by)
	}
	return list, err
}

// FindSheet gives one sheet as the actor may see it.
func (s *Service) FindSheet(ctx context.Context, by outbreak.Actor, id SheetID) (x Sheet, err error) {
	if err := access.RequireAnywhere(by, access.TubeClose); err != nil {
		return x, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		var ok bool
		x, ok, err = store.One(tx, scanSheet, "select "+sheetRead+" from sheet where id = $1", id)
		if err == nil && (!ok || !slices.ContainsFunc(access.Reach(by, access.TubeClose), func(w outbreak.Scope) bool {
			return w.Area.Contains(x.Area) && (w.Outbreak == 0 || w.Outbreak == x.Outbreak)
		})) {
			err = outbreak.Refuse(outbreak.NotFound, "screening.no_sheet")
		}
		return err
	})
	return x.seenBy(by), err
}
