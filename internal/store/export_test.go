package store

import (
	"context"
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
