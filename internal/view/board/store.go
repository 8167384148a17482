package board

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

const rowColumns = "step, ukey, outbreak, area, subject_kind, subject, person, since, due"

func scanRow(r store.Row) (x Row, err error) {
	err = r.Scan(&x.Step, &x.Key, &x.Outbreak, &x.Area, &x.Subject.Kind, &x.Subject.ID, &x.Person, &x.Since, &x.Due)
	return x, err
}

// tables is the shelf of a running board.
type tables struct {
	tx    *store.Tx
	known map[outbreak.AreaID]outbreak.Path // paths that were read before
}

func (t tables) put(r Row) error {
	return t.tx.Must("insert into board_waiting ("+rowColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (step, ukey) do update set outbreak = excluded.outbreak, area = excluded.area, subject_kind = excluded.subject_kind,
		subject = excluded.subject, person = excluded.person, since = excluded.since, due = excluded.due`,
		r.Step, r.Key, r.Outbreak, r.Area, r.Subject.Kind, r.Subject.ID, r.Person, r.Since, r.Due)
}

func (t tables) take(s Step, key string) (Row, bool, error) {
	r, ok, err := store.One(t.tx, scanRow, "select "+rowColumns+" from board_waiting where step = $1 and ukey = $2", s, key)
	if err != nil || !ok {
		return r, false, err
	}
	return r, true, t.tx.Must("delete from board_waiting where step = $1 and ukey = $2", s, key)
}

func (t tables) count(what string, sc outbreak.Scope, at outbreak.Instant, n int) error {
	if n == 0 {
		return nil
	}
	return t.tx.Must(`insert into board_tally (what, outbreak, area, hour, n) values ($1, $2, $3, $4, $5)
		on conflict (what, outbreak, area, hour) do update set n = board_tally.n + excluded.n`, what, sc.Outbreak, sc.Area, hourOf(at), n)
}

func (t tables) counts(list []Count) error {
	list = slices.DeleteFunc(slices.Clone(list), func(c Count) bool { return c.N == 0 })
	for part := range slices.Chunk(list, 150) {
		var q strings.Builder
		args := make([]any, 0, 5*len(part))
		q.WriteString("insert into board_tally (what, outbreak, area, hour, n) values ")
		for i, c := range part {
			if i > 0 {
				q.WriteString(", ")
			}
			n := len(args)
			fmt.Fprintf(&q, "($%d, $%d, $%d, $%d, $%d)", n+1, n+2, n+3, n+4, n+5)
			args = append(args, c.What, c.Outbreak, c.Area, hourOf(c.Hour), c.N)
		}
		q.WriteString(" on conflict (what, outbreak, area, hour) do update set n = board_tally.n + excluded.n")
		if err := t.tx.MustAll(len(part), q.String(), args...); err != nil {
			return err
		}
	}
	return nil
}

func (t tables) paths(ids []outbreak.AreaID) (map[outbreak.AreaID]outbreak.Path, error) {
	found := make(map[outbreak.AreaID]outbreak.Path, len(ids))
	for _, id := range ids {
		path, known := t.known[id]
		if !known {
			return pathsIn(t.tx, ids)
		}
		found[id] = path
	}
	return found, nil
}

func pathsIn(tx *store.Tx, ids []outbreak.AreaID) (map[outbreak.AreaID]outbreak.Path, error) {
	found := make(map[outbreak.AreaID]outbreak.Path, len(ids))
	for _, id := range ids {
		found[id] = ""
	}
	return found, registry.PathsOf(tx, found)
}

// memory is the shelf of a board that is rebuilt.
type memory struct {
	rows  map[string]Row
	tally map[Count]int
	find  func([]outbreak.AreaID) (map[outbreak.AreaID]outbreak.Path, error) // the paths of areas
}

func newMemory(find func([]outbreak.AreaID) (map[outbreak.AreaID]outbreak.Path, error)) *memory {
	return &memory{rows: map[string]Row{}, tally: map[Count]int{}, find: find}
}

func (m *memory) paths(ids []outbreak.AreaID) (map[outbreak.AreaID]outbreak.Path, error) {
	return m.find(ids)
}

func (m *memory) counts(list []Count) error {
	for _, c := range list {
		if err := m.count(c.What, outbreak.Scope{Area: c.Area, Outbreak: c.Outbreak}, c.Hour, c.N); err != nil {
			return err
		}
	}
	return nil
}

func slot(s Step, key string) string { return string(s) + "\x00" + key }

func (m *memory) put(r Row) error {
	m.rows[slot(r.Step, r.Key)] = r
	return nil
}

func (m *memory) take(s Step, key string) (Row, bool, error) {
	r, ok := m.rows[slot(s, key)]
	delete(m.rows, slot(s, key))
	return r, ok, nil
}

func (m *memory) count(what string, sc outbreak.Scope, at outbreak.Instant, n int) error {
	if n != 0 {
		m.tally[Count{What: what, Outbreak: sc.Outbreak, Area: sc.Area, Hour: hourOf(at)}] += n
	}
	return nil
}

// sorted gives the rows and counts in one order, for comparing and for writing.
func (m *memory) sorted() ([]Row, []Count) {
	var rows []Row
	for _, k := range slices.Sorted(maps.Keys(m.rows)) {
		rows = append(rows, m.rows[k])
	}
	var counts []Count
	for c, n := range m.tally {
		c.N = n
		counts = append(counts, c)
	}
	slices.SortFunc(counts, func(a, b Count) int {
		if d := strings.Compare(a.What+"\x00"+string(a.Area), b.What+"\x00"+string(b.Area)); d != 0 {
			return d
		}
		if a.Outbreak != b.Outbreak {
			return int(max(min(a.Outbreak-b.Outbreak, 1), -1))
		}
		return int(max(min(a.Hour-b.Hour, 1), -1))
	})
	return rows, counts
}

// kept reads the running board into memory.
func kept(tx *store.Tx) (*memory, error) {
	m := newMemory(nil)
	err := store.Each(tx, func(r store.Row) error {
		x, err := scanRow(r)
		m.rows[slot(x.Step, x.Key)] = x
		return err
	}, "select "+rowColumns+" from board_waiting")
	if err != nil {
		return nil, err
	}
	return m, store.Each(tx, func(r store.Row) error {
		var c Count
		var n int
		if err := r.Scan(&c.What, &c.Outbreak, &c.Area, &c.Hour, &n); err != nil {
			return err
		}
		m.tally[c] = n
		return nil
	}, "select what, outbreak, area, hour, n from board_tally")
}
