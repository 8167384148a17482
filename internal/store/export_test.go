package store

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Impatient shortens the limits of a PostgreSQL server until the returned function is called; commit 0: as before.
func Impatient(each, commit time.Duration) (undo func()) {
	before := reach
	reach = limits{dial: each, sent: each, quiet: each, answer: each, commit: max(commit, each)}
	return func() { reach = before }
}

// Fold is one round of the keeper of the log.
func (db *DB) Fold() { db.fold(context.Background()) }

// Merged gives the texts that statements with as many arguments as marks become.
func Merged(engine Engine, queries ...string) (texts []string) {
	var held []statement
	for i, q := range queries {
		s := statement{query: q, rows: 1}
		for range strings.Count(q, "$") {
			s.args = append(s.args, int64(i))
		}
		held = append(held, s)
	}
	for _, s := range (&merger{}).merge(held, engine) {
		texts = append(texts, fmt.Sprint(s.query, " ", s.args, " ", s.rows))
	}
	return texts
}

// Foreseen is how many answers lie ready for the closure that runs.
func (tx *Tx) Foreseen() int { return len(tx.batch.foreseen) }

// SureRows is how many rows a statement touches unless the engine refuses it.
func SureRows(query string) int64 { return (&merger{}).look(query).sure }
