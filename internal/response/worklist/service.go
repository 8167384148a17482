package worklist

import (
	"context"
	"embed"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of working lists.
var Migrations = store.Migrations{Owner: "worklist", FS: migrations}

// Cases tells which people have a live case in an outbreak, and whom parties' lists know by numbers.
type Cases interface {
	PeopleCalled(tx *store.Tx, ob outbreak.OutbreakID, numbers []string) (map[string][]outbreak.PersonID, error)
	LiveOf(tx *store.Tx, ob outbreak.OutbreakID, people []outbreak.PersonID) (map[outbreak.PersonID]outbreak.CaseID, error)
}

// Service keeps working lists.
type Service struct {
	db       *store.DB
	journal  *journal.Journal
	ids      *outbreak.IDs
	registry *registry.Service
	cases    Cases
}

// New makes the service.
func New(db *store.DB, j *journal.Journal, ids *outbreak.IDs, r *registry.Service, cases Cases) *Service {
	return &Service{db: db, journal: j, ids: ids, registry: r, cases: cases}
}

// MakeList is the command that makes a list of what was pasted.
type MakeList struct {
	Key      string              `json:"-"`
	Form     string              `json:"form"`
	Name     string              `json:"name"` // names nobody
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Area     outbreak.Path       `json:"area"`
	Vehicle  string              `json:"vehicle"`
	Site     string              `json:"site"`
	Columns  []Column            `json:"columns"`
	Days     int                 `json:"days"` // until it ends; 0: 14
	Text     string              `json:"-"`    // kept sealed alone
}

func (c *MakeList) check() (lines []string, err error) {
	c.Name, c.Vehicle, c.Site = strings.TrimSpace(c.Name), strings.TrimSpace(c.Vehicle), strings.TrimSpace(c.Site)
	if c.Days == 0 {
		c.Days = usualDays
	}
	if c.Form == "" {
		c.Form = Plain
	}
	switch {
	case c.Name == "" || utf8.RuneCountInString(c.Name) > 100 || utf8.RuneCountInString(c.Vehicle) > 60 || utf8.RuneCountInString(c.Site) > 100:
		return nil, outbreak.Refuse(outbreak.Invalid, "worklist.name")
	case !slices.Contains(Forms, c.Form):
		return nil, outbreak.Refuse(outbreak.Invalid, "worklist.form")
	case c.Days < 1 || c.Days > mostDays:
		return nil, outbreak.Refuse(outbreak.Invalid, "worklist.days", "most", mostDays)
	}
	if c.Columns, err = columnsOf(c.Columns); err != nil {
		return nil, err
	}
	return linesOf(c.Text)
}

// MakeList recognises who is meant by each line, among those whose identities the actor may open, for the purpose he names. Each
// line is kept sealed; the journal has counts alone.
func (s *Service) MakeList(ctx context.Context, by outbreak.Actor, c MakeList) (List, error) {
	if err := access.RequireAnywhere(by, access.WorklistUse); err != nil {
		return List{}, err
	}
	where := outbreak.Scope{Area: c.Area, Outbreak: c.Outbreak}
	for _, may := range []access.Permission{access.WorklistUse, access.PersonIdentity} {
		if err := access.Require(by, may, where); err != nil {
			return List{}, err
		}
	}
	if by.Purpose == outbreak.PurposeNone {
		return List{}, outbreak.Refuse(outbreak.Forbidden, "registry.purpose_missing")
	}
	lines, err := c.check()
	if err != nil {
		return List{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "worklist.MakeList", Key: c.Key}, []any{c, s.registry.Sum("work list", c.Text)}, func(tx *store.Tx) (List, error) {
		if _, ok, err := registry.OutbreakByID(tx, c.Outbreak); err != nil || !ok {
			if err == nil {
				err = outbreak.Refuse(outbreak.Invalid, "worklist.no_outbreak")
			}
			return List{}, err
		}
		l := List{ID: outbreak.New[outbreak.WorkListID](s.ids), Form: c.Form, Name: c.Name, Outbreak: c.Outbreak, Area: c.Area, Owner: by.User, Vehicle: c.Vehicle, Site: c.Site, Columns: c.Columns,
			Rows: len(lines), Purpose: by.Purpose, ExpiresAt: tx.Now.Add(time.Duration(c.Days) * 24 * time.Hour), RecordedAt: tx.Now}
		chest, lid, err := s.registry.NewChest(l.chest())
		if err != nil {
			return l, err
		}
		l.lid = lid
		rows, err := s.recognise(tx, by, l, lines)
		if err != nil {
			return l, err
		}
		if err := insertList(tx, l); err != nil {
			return l, err
		}
		e := outbreak.WorkListMade{Scope: l.Scope(), List: l.ID, Form: l.Form, Rows: l.Rows, Purpose: by.Purpose, At: tx.Now}
		out := make([][]any, len(rows))
		for i, r := range rows {
			candidates, _ := json.Marshal(r.Candidates) // a list of ids
			out[i] = []any{int64(l.ID), int64(r.No), chest.Seal(place(r.No, -1), []byte(lines[i])), r.State, int64(r.Person), int64(r.Case), string(candidates)}
			*map[string]*int{Found: &e.Found, Several: &e.Several, None: &e.None}[r.State]++
		}
		if err := tx.Add("work_row", []string{"list", "no", "sealed", "state", "person", "case_id", "candidates"}, out); err != nil {
			return l, err
		}
		if err := openTo(tx, by, l); err != nil {
			return l, err
		}
		_, err = s.journal.Append(tx, by, e)
		return l, err
	})
}

func insertList(tx *store.Tx, l List) error {
	columns, err := json.Marshal(l.Columns)
	if err != nil {
		return err
	}
	return tx.Must("insert into work_list ("+listColumns+") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, 0, '', $15)", l.ID, l.Form, l.Name, l.Outbreak, l.Area, l.Owner,
		l.Vehicle, l.Site, string(columns), l.Rows, l.Purpose, l.lid.Box, l.lid.By, l.ExpiresAt, l.RecordedAt)
}

// place is where a text of a list lies in its chest: the line itself, or one of its own columns.
func place(no, column int) int64 { return int64(no)*64 + int64(column) + 1 }

// recognise finds who is meant by each line, and who of them is a case.
func (s *Service) recognise(tx *store.Tx, by outbreak.Actor, l List, lines []string) ([]Row, error) {
	clues := make([]registry.Clue, len(lines))
	for i, line := range lines {
		clues[i] = clueOf(line)
	}
	found, err := s.registry.Recognise(tx, by, l.Area, clues)
	if err != nil {
		return nil, err
	}
	numbered, err := s.byNumber(tx, by, l, lines)
	if err != nil {
		return nil, err
	}
	rows := make([]Row, len(lines))
	var people []outbreak.PersonID
	for i := range lines {
		r := &rows[i]
		r.No, r.State = i+1, None
		for _, p := range found[i] {
			r.Candidates = append(r.Candidates, p.ID)
		}
		if clues[i].Person == 0 || len(r.Candidates) == 0 { // a personal code says who is meant
			r.Candidates = meant(numbered[i], r.Candidates)
		}
		if len(r.Candidates) == 1 {
			r.State, r.Person, r.Candidates = Found, r.Candidates[0], nil
			people = append(people, r.Person)
		} else if len(r.Candidates) > 1 {
			r.State = Several
		}
	}
	cases, err := s.cases.LiveOf(tx, l.Outbreak, people)
	for i := range rows {
		if rows[i].Person != 0 {
			rows[i].Case = cases[rows[i].Person]
		}
	}
	return rows, err
}

// ListLists lists the lists the actor works with, the newest first; ended ones stay on it until they are deleted.
func (s *Service) ListLists(ctx context.Context, by outbreak.Actor, most int) (list []List, err error) {
	if err := access.RequireAnywhere(by, access.WorklistUse); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.WorklistUse, "", []any{by.User})
		args = append(args, by.User)
		mine := "owner = $1 or id in (select list from work_share where user_id = $" + strconv.Itoa(len(args)) + ")"
		var roles []string
		for _, g := range by.Grants {
			roles = append(roles, g.Role)
		}
		if len(roles) > 0 {
			var in string
			in, args = store.In(args, roles)
			mine += " or id in (select list from work_share where role in (" + in + "))"
		}
		args = append(args, max(most, 1))
		all, err := store.List(tx, scanList, "select "+listColumns+" from work_list where deleted_at = 0 and "+cond+" and ("+mine+") order by ended_at > 0, id desc limit $"+strconv.Itoa(len(args)), args...)
		for _, l := range all {
			ok := l.Owner == by.User
			if !ok {
				if ok, err = shared(tx, by, l); err != nil {
					return err
				}
			}
			if ok {
				list = append(list, l)
			}
		}
		return err
	})
	return list, err
}

// Detail is a list with its rows.
type Detail struct {
	List
	Lines  []Row            `json:"lines"`
	Shares []Share          `json:"shares"`
	Calls  []Call           `json:"calls"`
	Open   outbreak.Instant `json:"open"` // until when the reader sees the lines; none: he does not
}

// FindList gives a list with its rows; the lines themselves are there while the reader has it open.
func (s *Service) FindList(ctx context.Context, by outbreak.Actor, id outbreak.WorkListID) (d Detail, err error) {
	if err := access.RequireAnywhere(by, access.WorklistUse); err != nil {
		return d, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if d.List, err = find(tx, by, id); err != nil {
			return err
		}
		if d.DeletedAt != 0 {
			return outbreak.Refuse(outbreak.NotFound, "worklist.deleted", "date", d.DeletedAt.Time().Format(time.DateOnly))
		}
		if d.Shares, err = sharesOf(tx, id); err != nil {
			return err
		}
		if d.Open, err = openUntil(tx, by, d.List); err != nil {
			return err
		}
		if d.Lines, err = s.rows(tx, d.List, d.Open != 0); err != nil {
			return err
		}
		d.Calls, err = callsOf(tx, id)
		return err
	})
	return d, err
}

// rows reads the rows of a list; own columns always, lines when they are open.
func (s *Service) rows(tx *store.Tx, l List, lines bool) ([]Row, error) {
	chest, err := s.registry.OpenChest(l.chest(), l.lid)
	if err != nil {
		return nil, err
	}
	at := map[int]int{}
	rows, err := store.List(tx, func(r store.Row) (x Row, err error) {
		var sealed []byte
		var candidates string
		if err = r.Scan(&x.No, &sealed, &x.State, &x.Person, &x.Case, &candidates); err != nil {
			return x, err
		}
		x.Cells = make([]string, len(l.Columns))
		at[x.No] = len(at)
		if lines {
			plain, err := chest.Open(place(x.No, -1), sealed)
			if err != nil {
				return x, err
			}
			x.Line = string(plain)
		}
		return x, json.Unmarshal([]byte(candidates), &x.Candidates)
	}, "select no, sealed, state, person, case_id, candidates from work_row where list = $1 order by no", l.ID)
	if err != nil {
		return nil, err
	}
	return rows, store.Each(tx, func(r store.Row) error {
		var no, column int
		var sealed []byte
		if err := r.Scan(&no, &column, &sealed); err != nil {
			return err
		}
		plain, err := chest.Open(place(no, column), sealed)
		if i, is := at[no]; is && column < len(l.Columns) {
			rows[i].Cells[column] = string(plain)
		}
		return err
	}, "select no, col, sealed from work_cell where list = $1", l.ID)
}
