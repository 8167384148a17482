package task

import (
	"context"
	"embed"
	"strconv"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the table of tasks.
var Migrations = store.Migrations{Owner: "task", FS: migrations}

// Service opens and ends work.
type Service struct {
	db      *store.DB
	journal *journal.Journal
	ids     *outbreak.IDs
}

// New makes the service.
func New(db *store.DB, j *journal.Journal, ids *outbreak.IDs) *Service {
	return &Service{db: db, journal: j, ids: ids}
}

// Work is what a room asks to be done.
type Work struct {
	What    What
	Subject outbreak.Ref
	Scope   outbreak.Scope
	Clock   outbreak.Deadline
}

// Open puts work into the queue of its owner, inside the room's transaction. The same cause opens it once.
func (s *Service) Open(tx *store.Tx, by outbreak.Actor, w Work) error {
	id := outbreak.New[outbreak.TaskID](s.ids)
	cause := by.Cause
	if cause == 0 {
		cause = int64(id) // opened by a person's own act: each act is its own cause
	}
	role := owner[w.What].role
	n, err := tx.Exec("insert into task ("+columns+`, cause, retention, recorded_at) values ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10, 0, '', $11, $12, $13)
		on conflict (cause, what, subject_kind, subject) do nothing`,
		id, w.Scope.Outbreak, w.Scope.Area, w.What, w.Subject.Kind, w.Subject.ID, role, Pending, w.Clock.From, w.Clock.Due, cause, outbreak.RetainOperation, tx.Now)
	if err != nil || n == 0 {
		return err
	}
	_, err = s.journal.Append(tx, by, outbreak.TaskOpened{Scope: w.Scope, Task: id, What: string(w.What), Subject: w.Subject, Role: string(role), At: w.Clock.From, Due: w.Clock.Due})
	return err
}

// End ends the open work of a kind about one thing, inside the room's transaction: Done when the fact it waited for came at
// an instant, Removed when its reason is gone. Nothing open is no error.
func (s *Service) End(tx *store.Tx, by outbreak.Actor, what What, subject outbreak.Ref, how State, at outbreak.Instant) error {
	open, err := OpenAbout(tx, what, subject)
	if err != nil {
		return err
	}
	for _, t := range open {
		t.State, t.EndedAt = how, at
		if err := s.keepEnd(tx, by, t); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) keepEnd(tx *store.Tx, by outbreak.Actor, t Task) error {
	if err := save(tx, t); err != nil {
		return err
	}
	_, err := s.journal.Append(tx, by, outbreak.TaskEnded{Scope: t.Scope(), Task: t.ID, What: string(t.What), How: string(t.State), At: t.EndedAt})
	return err
}

// TakeTask is the command of a user who takes a task.
type TakeTask struct {
	Key  string          `json:"-"`
	Task outbreak.TaskID `json:"task"`
}

// TakeTask makes the user the one who works on it.
func (s *Service) TakeTask(ctx context.Context, by outbreak.Actor, c TakeTask) (Task, error) {
	if err := access.RequireAnywhere(by, access.TaskWork); err != nil {
		return Task{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "task.TakeTask", Key: c.Key}, c, func(tx *store.Tx) (Task, error) {
		t, err := s.find(tx, by, c.Task)
		if err != nil {
			return Task{}, err
		}
		if t, err = t.take(by.User); err != nil {
			return Task{}, err
		}
		if err := save(tx, t); err != nil {
			return Task{}, err
		}
		_, err = s.journal.Append(tx, by, outbreak.TaskTaken{Scope: t.Scope(), Task: t.ID, User: by.User})
		return t, err
	})
}

// EndTask is the command of a user who ends a task by hand.
type EndTask struct {
	Key  string          `json:"-"`
	Task outbreak.TaskID `json:"task"`
	How  State           `json:"how"`  // done or not_executable
	Note string          `json:"note"` // what came of it, or what was in the way; may be empty, and names nobody
}

// EndTask ends a task of a kind that no fact ends.
func (s *Service) EndTask(ctx context.Context, by outbreak.Actor, c EndTask) (Task, error) {
	if err := access.RequireAnywhere(by, access.TaskWork); err != nil {
		return Task{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "task.EndTask", Key: c.Key}, c, func(tx *store.Tx) (Task, error) {
		t, err := s.find(tx, by, c.Task)
		if err != nil {
			return Task{}, err
		}
		if t, err = t.end(c.How, c.Note); err != nil {
			return Task{}, err
		}
		t.EndedAt = tx.Now
		return t, s.keepEnd(tx, by, t)
	})
}

func (s *Service) find(tx *store.Tx, by outbreak.Actor, id outbreak.TaskID) (Task, error) {
	t, ok, err := ByID(tx, id)
	if err != nil {
		return Task{}, err
	}
	if !ok || access.Require(by, access.TaskWork, t.Scope()) != nil {
		return Task{}, outbreak.Refuse(outbreak.NotFound, "task.none")
	}
	return t, nil
}

// Filter cuts the list of tasks.
type Filter struct {
	What  What
	Role  access.Role
	Past  bool // past their deadline alone
	Ended bool // ended ones instead of open ones
	Mine  bool
	After outbreak.TaskID
	Most  int
}

// ListTasks lists the work the actor may see, the oldest first.
func (s *Service) ListTasks(ctx context.Context, by outbreak.Actor, f Filter) (tasks []Task, err error) {
	if err := access.RequireAnywhere(by, access.TaskRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.TaskRead, "", nil)
		q := "select " + columns + " from task where " + cond
		add := func(clause string, v any) {
			args = append(args, v)
			q += clause + "$" + strconv.Itoa(len(args))
		}
		if f.Ended {
			q += " and state in ('done', 'removed', 'not_executable')"
		} else {
			q += " and state in ('pending', 'in_progress')"
		}
		if f.What != "" {
			add(" and what = ", f.What)
		}
		if f.Role != "" {
			add(" and role = ", f.Role)
		}
		if f.Past {
			add(" and due > 0 and due < ", tx.Now)
		}
		if f.Mine {
			add(" and taken_by = ", by.User)
		}
		add(" and id > ", f.After)
		add(" order by id limit ", max(f.Most, 1))
		tasks, err = store.List(tx, scan, q, args...)
		return err
	})
	return tasks, err
}
