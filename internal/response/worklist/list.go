package worklist

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Forms of a list.
const (
	Plain    = "list"
	Manifest = "manifest" // of a vehicle or a site, whose roll is called
)

// Forms lists them.
var Forms = []string{Plain, Manifest}

// Column is a column of a list's own.
type Column struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // of Kinds
}

// Kinds are what a column can hold.
var Kinds = []string{"text", "number", "day", "yes_no"}

// List is a working list.
type List struct {
	ID         outbreak.WorkListID `json:"id"`
	Form       string              `json:"form"`
	Name       string              `json:"name"`
	Outbreak   outbreak.OutbreakID `json:"outbreak"`
	Area       outbreak.Path       `json:"area"`
	Owner      outbreak.UserID     `json:"owner"`
	Vehicle    string              `json:"vehicle,omitempty"`
	Site       string              `json:"site,omitempty"`
	Columns    []Column            `json:"columns"`
	Rows       int                 `json:"rows"`
	Purpose    outbreak.Purpose    `json:"purpose"`
	ExpiresAt  outbreak.Instant    `json:"expires_at"`
	EndedAt    outbreak.Instant    `json:"ended_at"`
	DeletedAt  outbreak.Instant    `json:"deleted_at"`
	Digest     string              `json:"digest,omitempty"` // of the rows that were deleted
	RecordedAt outbreak.Instant    `json:"recorded_at"`

	lid registry.Lid
}

// Scope is where the list belongs.
func (l List) Scope() outbreak.Scope { return outbreak.Scope{Area: l.Area, Outbreak: l.Outbreak} }

func (l List) chest() string { return "of work " + l.ID.String() }

const listColumns = "id, form, name, outbreak, area, owner, vehicle, site, columns, rows, purpose, lid, lid_by, expires_at, ended_at, deleted_at, digest, recorded_at"

func scanList(r store.Row) (l List, err error) {
	var columns string
	if err = r.Scan(&l.ID, &l.Form, &l.Name, &l.Outbreak, &l.Area, &l.Owner, &l.Vehicle, &l.Site, &columns, &l.Rows, &l.Purpose, &l.lid.Box, &l.lid.By, &l.ExpiresAt, &l.EndedAt, &l.DeletedAt, &l.Digest, &l.RecordedAt); err == nil {
		err = json.Unmarshal([]byte(columns), &l.Columns)
	}
	return l, err
}

// How long a list lasts, at most and when nothing is said, and how long its rows stay after its end.
const (
	mostDays  = 90
	usualDays = 14
	graceDays = 7
)

// The states of a line.
const (
	Found   = "found"
	Several = "several" // a person chooses
	None    = "none"
)

// Row is a line of a list.
type Row struct {
	No         int                 `json:"no"`
	State      string              `json:"state"`
	Person     outbreak.PersonID   `json:"person"`
	Case       outbreak.CaseID     `json:"case"`
	Candidates []outbreak.PersonID `json:"candidates,omitempty"`
	Cells      []string            `json:"cells"`          // in the order of the columns
	Line       string              `json:"line,omitempty"` // as it was pasted; only while the list is open to the reader
}

// columnsOf checks the columns of a list.
func columnsOf(list []Column) ([]Column, error) {
	seen := map[string]bool{}
	for i := range list {
		c := &list[i]
		c.Name = strings.Join(strings.Fields(c.Name), " ")
		switch {
		case c.Name == "" || utf8.RuneCountInString(c.Name) > 60 || seen[c.Name]:
			return nil, outbreak.Refuse(outbreak.Invalid, "worklist.column_name")
		case !slices.Contains(Kinds, c.Kind):
			return nil, outbreak.Refuse(outbreak.Invalid, "worklist.column_kind")
		}
		seen[c.Name] = true
	}
	if len(list) > 20 {
		return nil, outbreak.Refuse(outbreak.Invalid, "worklist.columns_many", "most", 20)
	}
	return list, nil
}

// valueOf checks what is written into a column.
func (c Column) valueOf(text string) (string, error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\x00", ""))
	if text == "" {
		return "", nil
	}
	ok := utf8.ValidString(text) && utf8.RuneCountInString(text) <= mostInRow
	switch c.Kind {
	case "number":
		_, err := strconv.ParseFloat(text, 64)
		ok = ok && err == nil
	case "day":
		_, err := time.Parse(time.DateOnly, text)
		ok = ok && err == nil
	case "yes_no":
		ok = text == "yes" || text == "no"
	}
	if !ok {
		return "", outbreak.Refuse(outbreak.Invalid, "worklist.cell", "column", c.Name)
	}
	return text, nil
}

// find gives a list the actor works with: his own, or one that is shared with him or with a role he has there.
func find(tx *store.Tx, by outbreak.Actor, id outbreak.WorkListID) (List, error) {
	l, ok, err := store.One(tx, scanList, "select "+listColumns+" from work_list where id = $1", id)
	if err != nil {
		return l, err
	}
	if ok && l.Owner != by.User {
		ok, err = shared(tx, by, l)
	}
	if err == nil && (!ok || access.Require(by, access.WorklistUse, l.Scope()) != nil) {
		err = outbreak.Refuse(outbreak.NotFound, "worklist.none")
	}
	return l, err
}

// findOpen is find for a list that is still worked with.
func findOpen(tx *store.Tx, by outbreak.Actor, id outbreak.WorkListID) (List, error) {
	l, err := find(tx, by, id)
	if err == nil && (l.EndedAt != 0 || tx.Now >= l.ExpiresAt) {
		err = outbreak.Refuse(outbreak.Conflict, "worklist.ended")
	}
	return l, err
}

// findOwn is findOpen for its owner alone.
func findOwn(tx *store.Tx, by outbreak.Actor, id outbreak.WorkListID) (List, error) {
	l, err := findOpen(tx, by, id)
	if err == nil && l.Owner != by.User {
		err = outbreak.Refuse(outbreak.Forbidden, "worklist.owner_alone")
	}
	return l, err
}

func shared(tx *store.Tx, by outbreak.Actor, l List) (bool, error) {
	shares, err := sharesOf(tx, l.ID)
	return slices.ContainsFunc(shares, func(s Share) bool { return s.reaches(by, l) }), err
}

// Share is somebody else who works with a list.
type Share struct {
	User outbreak.UserID  `json:"user"`
	Role access.Role      `json:"role,omitempty"`
	At   outbreak.Instant `json:"at"`
}

func (s Share) reaches(by outbreak.Actor, l List) bool {
	if s.User != 0 {
		return s.User == by.User
	}
	return slices.ContainsFunc(by.Grants, func(g outbreak.Grant) bool {
		return access.Role(g.Role) == s.Role && g.Area.Contains(l.Area) && (g.Outbreak == 0 || l.Outbreak == 0 || g.Outbreak == l.Outbreak)
	})
}

func sharesOf(tx *store.Tx, id outbreak.WorkListID) ([]Share, error) {
	return store.List(tx, func(r store.Row) (s Share, err error) {
		err = r.Scan(&s.User, &s.Role, &s.At)
		return s, err
	}, "select user_id, role, at from work_share where list = $1 order by at, user_id, role", id)
}
