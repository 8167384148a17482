package board

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of the board.
var Migrations = store.Migrations{Owner: "board", FS: migrations}

// Service answers the screens.
type Service struct {
	db    *store.DB
	tubes Tubes
}

// Tubes tells of the tubes that wait: screening.Coverage has them in memory.
type Tubes interface {
	TubesWaiting(context.Context, screening.TubeFilter) (map[screening.Flow]screening.TubeQueue, error)
	ListTubesWaiting(context.Context, screening.TubeFilter) ([]screening.WaitingTube, error)
	Picture(context.Context, screening.TubeFilter) ([]outbreak.RoundID, map[screening.Flow]screening.TubeQueue, error)
}

// New makes the service.
func New(db *store.DB, tubes Tubes) *Service { return &Service{db: db, tubes: tubes} }

// Consumer keeps the board. Paths of areas, which never change, are read before the turn to write.
func (s *Service) Consumer() journal.Consumer {
	return journal.Consumer{Name: "board", Kinds: Kinds, Gather: func(tx *store.Tx, list []outbreak.Entry) (journal.Gathered, error) {
		paths, err := pathsNamed(tx, list)
		if err != nil {
			return nil, err
		}
		return func(tx *store.Tx, _ outbreak.Actor) error {
			for _, e := range list {
				if err := apply(tables{tx, paths}, e); err != nil {
					return fmt.Errorf("entry %d (%s): %w", e.Seq, e.Kind, err)
				}
			}
			return nil
		}, nil
	}}
}

// pathsNamed reads the paths of the areas that entries count tubes in.
func pathsNamed(tx *store.Tx, list []outbreak.Entry) (map[outbreak.AreaID]outbreak.Path, error) {
	named := map[outbreak.AreaID]bool{}
	for _, e := range list {
		if e.Kind != "TubesHandedIn" {
			continue
		}
		if err := outbreak.On(e, func(h outbreak.TubesHandedIn) error {
			for _, c := range h.Counts {
				named[outbreak.AreaID(c[0])] = true
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	if len(named) == 0 {
		return nil, nil
	}
	return pathsIn(tx, slices.Sorted(maps.Keys(named)))
}

// Line is one step of the backlog board.
type Line struct {
	Step    Step             `json:"step"`
	Owner   access.Role      `json:"owner"`
	Waiting int              `json:"waiting"`
	Past    int              `json:"past"`   // of them past their deadline
	Oldest  outbreak.Instant `json:"oldest"` // since when the longest waits

	// For somebody who may see figures and not the rows behind them: few or withheld, and the number is left out.
	WaitingMark Mark `json:"waiting_mark,omitempty"`
	PastMark    Mark `json:"past_mark,omitempty"`
}

// Backlog is the whole board as of a journal entry.
type Backlog struct {
	Lines []Line           `json:"lines"`
	AsOf  int64            `json:"as_of"` // the entry the board has seen
	Now   outbreak.Instant `json:"now"`
}

// Filter cuts the board to a part of what the actor may see.
type Filter struct {
	Outbreak outbreak.OutbreakID
	Below    outbreak.Path
	Step     Step
	Past     bool   // past their deadline alone
	After    string // key of the last row of the page before, with its since and its step
	Since    outbreak.Instant
	At       Step
	Most     int
}

// clause writes the filter and the actor's reach as a condition.
func (f Filter) clause(by outbreak.Actor, now outbreak.Instant) (string, []any) {
	cond, args := access.Within(by, access.BoardRead, "", []any{f.Below, f.Below.Upto()})
	cond += " and area >= $1 and area < $2"
	add := func(clause string, v any) {
		args = append(args, v)
		cond += fmt.Sprintf(clause, len(args))
	}
	if f.Outbreak != 0 {
		add(" and outbreak = $%d", f.Outbreak)
	}
	if f.Step != "" {
		add(" and step = $%d", f.Step)
	}
	if f.Past {
		add(" and due > 0 and due < $%d", now)
	}
	return cond, args
}

// Backlog counts what waits at each step, with the oldest and what is past its deadline. Each number is the number of rows
// ListWaiting gives for the same filter. Somebody who may not see those rows gets no number from 1 to 4, nor one whose difference
// from others would be such a number.
func (s *Service) Backlog(ctx context.Context, by outbreak.Actor, f Filter) (b Backlog, err error) {
	if err := access.RequireAnywhere(by, access.BoardRead); err != nil {
		return b, err
	}
	queues, err := s.countTubes(ctx, by, f)
	if err != nil {
		return b, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		b.Now = tx.Now
		if b.AsOf, err = asOf(tx); err != nil {
			return err
		}
		if guarded(by) {
			b.Lines, err = f.guardedLines(tx, by)
			return err
		}
		cond, args := f.clause(by, tx.Now)
		args = append(args, tx.Now)
		found := map[Step]Line{}
		err := store.Each(tx, func(r store.Row) error {
			var l Line
			if err := r.Scan(&l.Step, &l.Waiting, &l.Past, &l.Oldest); err != nil {
				return err
			}
			found[l.Step] = l
			return nil
		}, fmt.Sprintf(`select step, count(*), sum(case when due > 0 and due < $%d then 1 else 0 end), min(since) from board_waiting
			where %s group by step`, len(args), cond), args...)
		for _, st := range Steps {
			l := found[st.Step]
			if q, tubes := queues[st.Step]; tubes {
				l = Line{Waiting: q.Waiting, Past: q.Past, Oldest: q.Oldest}
			}
			l.Step, l.Owner = st.Step, st.Owner
			b.Lines = append(b.Lines, l)
		}
		return err
	})
	return b, err
}

// seen gives the entry the board has worked on.
func seen(tx *store.Tx) (int64, error) {
	n, _, err := store.One(tx, store.Value[int64], "select seq from journal_cursor where consumer = 'board'")
	return n, err
}

// asOf gives the entry up to which the board is true: the head, when nothing behind the cursor concerns it.
func asOf(tx *store.Tx) (int64, error) {
	at, err := seen(tx)
	if err != nil {
		return 0, err
	}
	head, err := journal.Head(tx)
	if err != nil {
		return 0, err
	}
	left, err := journal.List(tx, at, head, Kinds, 1)
	if err != nil || len(left) == 0 {
		return head, err
	}
	return at, nil
}

// ListWaiting lists what waits, the longest first: the rows behind the numbers of the backlog. One case may wait at several steps since
// the same moment, so that the step belongs to the order and to the mark of a page.
func (s *Service) ListWaiting(ctx context.Context, by outbreak.Actor, f Filter) (rows []Row, err error) {
	if err := access.RequireAnywhere(by, access.BoardRows); err != nil {
		return nil, err
	}
	tubes, err := s.listTubes(ctx, by, f)
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := f.clause(by, tx.Now)
		if f.After != "" {
			args = append(args, f.Since, f.After, f.At)
			cond += fmt.Sprintf(" and (since > $%[1]d or since = $%[1]d and (ukey > $%[2]d or ukey = $%[2]d and $%[3]d <> '' and step > $%[3]d))", len(args)-2, len(args)-1, len(args))
		}
		args = append(args, max(f.Most, 1))
		rows, err = store.List(tx, scanRow, fmt.Sprintf("select "+rowColumns+" from board_waiting where %s order by since, ukey, step limit $%d", cond, len(args)), args...)
		return err
	})
	rows = append(rows, tubes...)
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Since, b.Since), strings.Compare(a.Key, b.Key), strings.Compare(string(a.Step), string(b.Step)))
	})
	return rows[:min(len(rows), max(f.Most, 1))], err
}

// ListCounts lists what was done per hour from an instant on; per day for somebody who may see figures alone, under the same rule as
// the backlog.
func (s *Service) ListCounts(ctx context.Context, by outbreak.Actor, f Filter, from outbreak.Instant) (counts []Count, err error) {
	if err := access.RequireAnywhere(by, access.BoardRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if guarded(by) {
			counts, err = f.guardedCounts(tx, by, from)
			return err
		}
		cond, args := Filter{Outbreak: f.Outbreak, Below: f.Below}.clause(by, tx.Now)
		args = append(args, from)
		counts, err = store.List(tx, func(r store.Row) (c Count, err error) {
			err = r.Scan(&c.What, &c.Hour, &c.N)
			return c, err
		}, fmt.Sprintf("select what, hour, sum(n) from board_tally where %s and hour >= $%d group by what, hour order by hour, what", cond, len(args)), args...)
		return err
	})
	return counts, err
}

// Rebuild makes the board anew from the journal, up to where it was.
func (s *Service) Rebuild(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *store.Tx) error {
		m, err := replay(tx)
		if err != nil {
			return err
		}
		for _, q := range []string{"delete from board_waiting", "delete from board_tally"} {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		rows, counts := m.sorted()
		for _, r := range rows {
			if err := (tables{tx: tx}).put(r); err != nil {
				return err
			}
		}
		for _, c := range counts {
			if err := (tables{tx: tx}).count(c.What, outbreak.Scope{Area: c.Area, Outbreak: c.Outbreak}, c.Hour, c.N); err != nil {
				return err
			}
		}
		return nil
	})
}

// replay builds a board in memory from the journal, up to the entry the running one has seen.
func replay(tx *store.Tx) (*memory, error) {
	m := newMemory(func(ids []outbreak.AreaID) (map[outbreak.AreaID]outbreak.Path, error) { return pathsIn(tx, ids) })
	upto, err := seen(tx)
	if err != nil {
		return nil, err
	}
	for after := int64(0); ; {
		entries, err := journal.List(tx, after, upto, Kinds, 1000)
		if err != nil || len(entries) == 0 {
			return m, err
		}
		for _, e := range entries {
			if err := apply(m, e); err != nil {
				return nil, fmt.Errorf("replaying entry %d: %w", e.Seq, err)
			}
			after = e.Seq
		}
	}
}

// Differences counts the rows and counts in which the running board differs from one rebuilt from the journal: none.
func Differences(tx *store.Tx) (int, error) {
	anew, err := replay(tx)
	if err != nil {
		return 0, err
	}
	old, err := kept(tx)
	if err != nil {
		return 0, err
	}
	return differ(anew.rows, old.rows) + differ(anew.tally, old.tally), nil
}

func differ[K, V comparable](a, b map[K]V) int {
	if maps.Equal(a, b) {
		return 0
	}
	n := 0
	for k, v := range a {
		if w, ok := b[k]; !ok || v != w {
			n++
		}
	}
	for k := range b {
		if _, ok := a[k]; !ok {
			n++
		}
	}
	return n
}
