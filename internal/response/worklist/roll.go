package worklist

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// What a roll call finds of somebody.
const (
	Present = "present"
	Absent  = "absent"
	Unknown = "unknown"
)

// Marks lists them.
var Marks = []string{Present, Absent, Unknown}

// Call is one calling of the roll of a manifest.
type Call struct {
	No      int              `json:"no"`
	Name    string           `json:"name"` // boarding, arrival
	Actor   string           `json:"actor"`
	BegunAt outbreak.Instant `json:"begun_at"`
	EndedAt outbreak.Instant `json:"ended_at"`
	Present int              `json:"present"`
	Absent  int              `json:"absent"`
}

// Mark is what was found of one line.
type Mark struct {
	No    int              `json:"no"`
	Mark  string           `json:"mark"`
	Actor string           `json:"actor"`
	At    outbreak.Instant `json:"at"`
}

func callsOf(tx *store.Tx, id outbreak.WorkListID) ([]Call, error) {
	return store.List(tx, func(r store.Row) (c Call, err error) {
		err = r.Scan(&c.No, &c.Name, &c.Actor, &c.BegunAt, &c.EndedAt, &c.Present, &c.Absent)
		return c, err
	}, `select c.no, c.name, c.actor, c.begun_at, c.ended_at, (select count(*) from roll_mark m where m.list = c.list and m.call = c.no and m.mark = 'present'),
		(select count(*) from roll_mark m where m.list = c.list and m.call = c.no and m.mark = 'absent') from roll_call c where c.list = $1 order by c.no`, id)
}

// BeginCall is the command that begins to call the roll.
type BeginCall struct {
	Key  string              `json:"-"`
	List outbreak.WorkListID `json:"list"`
	Name string              `json:"name"`
}

// BeginCall begins a roll call of a manifest; everybody is unknown at first.
func (s *Service) BeginCall(ctx context.Context, by outbreak.Actor, c BeginCall) (Call, error) {
	if err := access.RequireAnywhere(by, access.WorklistUse); err != nil {
		return Call{}, err
	}
	c.Name = strings.TrimSpace(c.Name)
	if utf8.RuneCountInString(c.Name) > 60 {
		return Call{}, outbreak.Refuse(outbreak.Invalid, "worklist.name")
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "worklist.BeginCall", Key: c.Key}, c, func(tx *store.Tx) (Call, error) {
		l, err := findOpen(tx, by, c.List)
		if err != nil {
			return Call{}, err
		}
		if l.Form != Manifest {
			return Call{}, outbreak.Refuse(outbreak.Conflict, "worklist.no_manifest")
		}
		n, err := store.Count(tx, "select count(*) from roll_call where list = $1", l.ID)
		if err != nil {
			return Call{}, err
		}
		call := Call{No: int(n) + 1, Name: c.Name, Actor: by.String(), BegunAt: tx.Now}
		return call, tx.Must("insert into roll_call (list, no, name, actor, begun_at, ended_at) values ($1, $2, $3, $4, $5, 0)", l.ID, call.No, call.Name, call.Actor, call.BegunAt)
	})
}

// MarkRoll is the command that says who is there.
type MarkRoll struct {
	Key   string              `json:"-"`
	List  outbreak.WorkListID `json:"list"`
	Call  int                 `json:"call"`
	Marks map[int]string      `json:"marks"` // by line
}

// MarkRoll marks lines of a roll call; the last word about a line counts.
func (s *Service) MarkRoll(ctx context.Context, by outbreak.Actor, c MarkRoll) (Call, error) {
	if err := access.RequireAnywhere(by, access.WorklistUse); err != nil {
		return Call{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "worklist.MarkRoll", Key: c.Key}, c, func(tx *store.Tx) (Call, error) {
		l, call, err := runningCall(tx, by, c.List, c.Call)
		if err != nil {
			return call, err
		}
		for no, mark := range c.Marks {
			switch {
			case !slices.Contains(Marks, mark):
				return call, outbreak.Refuse(outbreak.Invalid, "worklist.mark_word")
			case no < 1 || no > l.Rows:
				return call, outbreak.Refuse(outbreak.NotFound, "worklist.no_row", "no", no)
			}
			if _, err := tx.Exec(`insert into roll_mark (list, call, no, mark, actor, at) values ($1, $2, $3, $4, $5, $6)
				on conflict (list, call, no) do update set mark = excluded.mark, actor = excluded.actor, at = excluded.at`, l.ID, call.No, no, mark, by.String(), tx.Now); err != nil {
				return call, err
			}
		}
		_, call, err = runningCall(tx, by, c.List, c.Call)
		return call, err
	})
}

// runningCall gives a call that is not over.
func runningCall(tx *store.Tx, by outbreak.Actor, id outbreak.WorkListID, no int) (List, Call, error) {
	l, err := findOpen(tx, by, id)
	if err != nil {
		return l, Call{}, err
	}
	calls, err := callsOf(tx, id)
	if err != nil {
		return l, Call{}, err
	}
	at := slices.IndexFunc(calls, func(c Call) bool { return c.No == no })
	if at < 0 {
		return l, Call{}, outbreak.Refuse(outbreak.NotFound, "worklist.no_call")
	}
	if calls[at].EndedAt != 0 {
		return l, calls[at], outbreak.Refuse(outbreak.Conflict, "worklist.call_ended")
	}
	return l, calls[at], nil
}

// EndCall is the command that ends a roll call.
type EndCall struct {
	Key  string              `json:"-"`
	List outbreak.WorkListID `json:"list"`
	Call int                 `json:"call"`
}

// EndCall ends a roll call: what it found goes into the journal.
func (s *Service) EndCall(ctx context.Context, by outbreak.Actor, c EndCall) (Call, error) {
	if err := access.RequireAnywhere(by, access.WorklistUse); err != nil {
		return Call{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "worklist.EndCall", Key: c.Key}, c, func(tx *store.Tx) (Call, error) {
		l, call, err := runningCall(tx, by, c.List, c.Call)
		if err != nil {
			return call, err
		}
		call.EndedAt = tx.Now
		if err := tx.Must("update roll_call set ended_at = $1 where list = $2 and no = $3", call.EndedAt, l.ID, call.No); err != nil {
			return call, err
		}
		_, err = s.journal.Append(tx, by, outbreak.RollCalled{Scope: l.Scope(), List: l.ID, Present: call.Present, Absent: call.Absent, Unknown: l.Rows - call.Present - call.Absent, At: tx.Now})
		return call, err
	})
}

// ListMarks lists what a roll call found, by line.
func (s *Service) ListMarks(ctx context.Context, by outbreak.Actor, id outbreak.WorkListID, call int) (marks map[int]Mark, err error) {
	if err := access.RequireAnywhere(by, access.WorklistUse); err != nil {
		return nil, err
	}
	marks = map[int]Mark{}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if _, err := find(tx, by, id); err != nil {
			return err
		}
		marks, err = marksOf(tx, id, call)
		return err
	})
	return marks, err
}

func marksOf(tx *store.Tx, id outbreak.WorkListID, call int) (map[int]Mark, error) {
	marks := map[int]Mark{}
	err := store.Each(tx, func(r store.Row) error {
		var m Mark
		err := r.Scan(&m.No, &m.Mark, &m.Actor, &m.At)
		marks[m.No] = m
		return err
	}, "select no, mark, actor, at from roll_mark where list = $1 and call = $2", id, call)
	return marks, err
}
