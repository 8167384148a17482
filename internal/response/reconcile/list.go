package reconcile

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// PartyList is one list of a party, as it came.
type PartyList struct {
	ID        outbreak.PartyListID `json:"id"`
	Party     string               `json:"party"`
	Outbreak  outbreak.OutbreakID  `json:"outbreak"`
	Area      outbreak.Path        `json:"area"`
	Name      string               `json:"name"` // of the file
	Digest    string               `json:"digest"`
	Rows      int                  `json:"rows"`
	Rejected  int                  `json:"rejected"` // rows that do not say who they are about
	Columns   []Column             `json:"columns"`
	Unread    []string             `json:"unread,omitempty"` // columns whose dates can be read in two ways
	ArrivedAt outbreak.Instant     `json:"arrived_at"`
	Actor     string               `json:"actor"`
	SweptAt   outbreak.Instant     `json:"swept_at,omitempty"` // its rows were deleted

	indexKey int64
	lid      registry.Lid
}

// Scope is where the list belongs.
func (l PartyList) Scope() outbreak.Scope { return outbreak.Scope{Area: l.Area, Outbreak: l.Outbreak} }

func (l PartyList) chest() string { return "of party " + l.Party + " " + l.ID.String() }

const listColumns = "id, party, outbreak, area, name, digest, rows, rejected, columns, unread, arrived_at, actor, index_key, lid, lid_by, swept_at"

func scanList(r store.Row) (l PartyList, err error) {
	var columns, unread string
	if err = r.Scan(&l.ID, &l.Party, &l.Outbreak, &l.Area, &l.Name, &l.Digest, &l.Rows, &l.Rejected, &columns, &unread, &l.ArrivedAt, &l.Actor, &l.indexKey, &l.lid.Box, &l.lid.By, &l.SweptAt); err != nil {
		return l, err
	}
	if err = json.Unmarshal([]byte(columns), &l.Columns); err == nil {
		err = json.Unmarshal([]byte(unread), &l.Unread)
	}
	return l, err
}

// LoadList is the command that takes a list of a party in: the rows of a sheet as they are, header and titles too.
type LoadList struct {
	Key    string     `json:"-"`
	Party  string     `json:"party"`
	Name   string     `json:"name"`
	Digest string     `json:"digest"` // of the file
	Rows   [][]string `json:"-"`
}

// LoadList keeps a list: numbers, digests, chosen values, and each row sealed as it came. The same file twice is one list.
func (s *Service) LoadList(ctx context.Context, by outbreak.Actor, c LoadList) (PartyList, error) {
	if err := access.RequireAnywhere(by, access.ReconcileLoad); err != nil {
		return PartyList{}, err
	}
	p, known, err := s.toLoad(ctx, by, c)
	if err != nil || known.ID != 0 {
		return known, err
	}
	read, err := readList(c.Rows, p, s.cases.Fields())
	if err != nil {
		return PartyList{}, err
	}
	l := PartyList{ID: outbreak.New[outbreak.PartyListID](s.ids), Party: p.Code, Outbreak: p.Outbreak, Area: p.Area, Name: clip(c.Name, 200), Digest: c.Digest, Rows: len(read.Rows),
		Rejected: len(read.Rejected), Columns: read.Columns, Unread: read.Unread, Actor: by.String()}
	rows, err := s.sealed(ctx, &l, read)
	if err != nil {
		return l, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "reconcile.LoadList", Key: c.Key}, c, func(tx *store.Tx) (PartyList, error) {
		if was, is, err := listByDigest(tx, p.Code, c.Digest); err != nil || is {
			return was, err
		}
		l.ArrivedAt = tx.Now
		if err := keepList(tx, l, rows); err != nil {
			return l, err
		}
		if err := s.tasks.End(tx, by, task.SilentParty, p.ref(), task.Done, tx.Now); err != nil {
			return l, err
		}
		_, err := s.journal.Append(tx, by, outbreak.ListLoaded{Scope: l.Scope(), Party: p.Code, List: l.ID, Rows: l.Rows, Digest: l.Digest, At: tx.Now})
		return l, err
	})
}

// toLoad finds the party, and the list when it is here already.
func (s *Service) toLoad(ctx context.Context, by outbreak.Actor, c LoadList) (p Party, known PartyList, err error) {
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if p, err = find(tx, by, access.ReconcileLoad, c.Party); err != nil {
			return err
		}
		known, _, err = listByDigest(tx, p.Code, c.Digest)
		return err
	})
	if err == nil && p.EndedAt != 0 {
		err = outbreak.Refuse(outbreak.Conflict, "reconcile.party_ended", "party", p.Name)
	}
	return p, known, err
}

// sealed makes the rows of a list as the table takes them. It is done before the turn to write.
func (s *Service) sealed(ctx context.Context, l *PartyList, read reading) ([][]any, error) {
	var marks *registry.Marks
	var now outbreak.Instant
	if err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		now = tx.Now
		marks, err = s.registry.Marks(tx, 0)
		return err
	}); err != nil {
		return nil, err
	}
	chest, lid, err := s.registry.NewChest(l.chest())
	if err != nil {
		return nil, err
	}
	l.indexKey, l.lid = marks.Key(), lid
	fields := s.cases.Fields()
	rows := make([][]any, len(read.Rows))
	for i, r := range read.Rows {
		values := map[string]string{}
		for j, v := range r.Values {
			if v != "" {
				values[fields[j].Name] = v
			}
		}
		if old := bornYears(r.Identity.Birth, now); old != "" && values[age] == "" {
			values[bornAge] = old
		}
		rows[i] = []any{int64(l.ID), int64(r.No), sound(r.Number), pack(marks.Of(r.Identity)), sound(asJSON(values)), chest.Seal(int64(r.No), []byte(asJSON(r.Cells)))}
	}
	return rows, nil
}

// sound is text that both databases take.
func sound(s string) string { return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "�") }

func keepList(tx *store.Tx, l PartyList, rows [][]any) error {
	if err := tx.Must("insert into party_list ("+listColumns+") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0)", l.ID, l.Party, l.Outbreak, l.Area, sound(l.Name),
		l.Digest, l.Rows, l.Rejected, sound(asJSON(l.Columns)), sound(asJSON(l.Unread)), l.ArrivedAt, l.Actor, l.indexKey, l.lid.Box, l.lid.By); err != nil {
		return err
	}
	err := tx.Add("party_row", []string{"list", "no", "number", "keys", "vals", "sealed"}, rows)
	return err
}

func listByDigest(tx *store.Tx, party, digest string) (PartyList, bool, error) {
	return store.One(tx, scanList, "select "+listColumns+" from party_list where party = $1 and digest = $2", party, digest)
}

func newestList(tx *store.Tx, party string) (PartyList, bool, error) {
	return store.One(tx, scanList, "select "+listColumns+" from party_list where party = $1 order by arrived_at desc, id desc limit 1", party)
}

// rowsOf reads the rows of a list as they are compared.
func rowsOf(tx *store.Tx, list outbreak.PartyListID) ([]theirs, error) {
	return store.List(tx, func(r store.Row) (t theirs, err error) {
		var keys []byte
		var values string
		if err = r.Scan(&t.No, &t.Number, &keys, &values); err != nil {
			return t, err
		}
		if t.Traits, err = unpack(keys); err == nil {
			err = json.Unmarshal([]byte(values), &t.Values)
		}
		return t, err
	}, "select no, number, keys, vals from party_row where list = $1 order by no", list)
}

// openRows opens rows of a list as they came.
func (s *Service) openRows(tx *store.Tx, l PartyList, p Party, nos []int) (map[int]listRow, error) {
	if l.SweptAt != 0 {
		return nil, outbreak.Refuse(outbreak.Conflict, "reconcile.list_swept")
	}
	chest, err := s.registry.OpenChest(l.chest(), l.lid)
	if err != nil {
		return nil, err
	}
	fields := s.cases.Fields()
	opened := map[int]listRow{}
	for part := range slices.Chunk(nos, 400) {
		in, args := store.In([]any{l.ID}, part)
		if err := store.Each(tx, func(r store.Row) error {
			var no int
			var box []byte
			if err := r.Scan(&no, &box); err != nil {
				return err
			}
			plain, err := chest.Open(int64(no), box)
			if err != nil {
				return err
			}
			var cells []string
			if err := json.Unmarshal(plain, &cells); err != nil {
				return err
			}
			row := reading{Columns: l.Columns}.read(cells, fields, p)
			row.No = no
			opened[no] = row
			return nil
		}, "select no, sealed from party_row where list = $1 and no in ("+in+")", args...); err != nil {
			return nil, err
		}
	}
	return opened, nil
}
