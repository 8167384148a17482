package task

import (
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

const columns = "id, outbreak, area, what, subject_kind, subject, role, taken_by, state, started_at, due, ended_at, note"

func scan(r store.Row) (t Task, err error) {
	err = r.Scan(&t.ID, &t.Outbreak, &t.Area, &t.What, &t.Subject.Kind, &t.Subject.ID, &t.Role, &t.TakenBy, &t.State, &t.Since, &t.Due, &t.EndedAt, &t.Note)
	return t, err
}

// ByID finds a task; false when there is none.
func ByID(tx *store.Tx, id outbreak.TaskID) (Task, bool, error) {
	return store.One(tx, scan, "select "+columns+" from task where id = $1", id)
}

// OpenAbout lists the open tasks of a kind about one thing.
func OpenAbout(tx *store.Tx, what What, subject outbreak.Ref) ([]Task, error) {
	return store.List(tx, scan, "select "+columns+` from task where subject_kind = $1 and subject = $2 and what = $3
		and state in ('pending', 'in_progress') order by id`, subject.Kind, subject.ID, what)
}

// openFrom lists the open tasks of a kind that one journal entry caused.
func openFrom(tx *store.Tx, what What, cause int64, subject outbreak.Ref) ([]Task, error) {
	return store.List(tx, scan, "select "+columns+` from task where cause = $1 and what = $2 and subject_kind = $3 and subject = $4
		and state in ('pending', 'in_progress') order by id`, cause, what, subject.Kind, subject.ID)
}

// AllAbout lists every task about one thing, oldest first.
func AllAbout(tx *store.Tx, subject outbreak.Ref) ([]Task, error) {
	return store.List(tx, scan, "select "+columns+" from task where subject_kind = $1 and subject = $2 order by id", subject.Kind, subject.ID)
}

func save(tx *store.Tx, t Task) error {
	return tx.Must("update task set taken_by = $1, state = $2, ended_at = $3, note = $4 where id = $5", t.TakenBy, t.State, t.EndedAt, t.Note, t.ID)
}
