package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// batch is one transaction in which several closures run, one after the other.
type batch struct {
	w          *writer
	ctx        context.Context
	tx         transaction
	alone      bool        // one closure: when it fails everything is taken back
	lost       bool        // a statement that was held failed: of one of the closures before
	failed     bool        // it did
	savepoints bool        // each closure that writes begins with one
	marked     bool        // a savepoint stands where the running closure began to write
	held       []statement // PostgreSQL: sent together with the next one whose answer is needed
	foreseen   []foreseen  // PostgreSQL: answers to what the running closure is going to ask
	rings      bool        // followers are to be woken
	before     []func(*Tx) error
	after      []func()
	kept       map[any]Kept
	keys       []any // of kept, in the order they came
}

// Kept is something a room keeps for the length of a commit. Mark gives what brings it back to how it stands now: closures
// share a commit, and what one that fails did to it is undone.
type Kept interface{ Mark() (undo func()) }

func (b *batch) lend(ctx context.Context) *Tx {
	b.foreseen = nil
	return &Tx{Now: b.w.db.clock.Now(), ctx: ctx, db: b.w.db, batch: b}
}

// mark notes how everything that is kept stands.
func (b *batch) mark() (undo func()) {
	before, after, keys, rings := len(b.before), len(b.after), len(b.keys), b.rings
	var undos []func()
	for _, k := range b.keys {
		undos = append(undos, b.kept[k].Mark())
	}
	return func() {
		for _, do := range undos {
			do()
		}
		for _, k := range b.keys[keys:] {
			delete(b.kept, k)
		}
		b.before, b.after, b.keys, b.rings = b.before[:before], b.after[:after], b.keys[:keys], rings
	}
}

// beginWriting sets the savepoint of a closure before its first statement that writes. A closure that only reads, or refuses
// before it writes, costs none.
func (b *batch) beginWriting() error {
	if !b.savepoints {
		return nil
	}
	if b.marked {
		if _, err := b.exec("release savepoint closure"); err != nil {
			b.lost = true // the savepoint that stands is that of a closure before
			return err
		}
	}
	b.marked = true
	_, err := b.exec("savepoint closure")
	b.lost = b.lost || err != nil
	return err
}

// commit ends the transaction: gathered work is written, everything reaches the disk, those who wait are woken.
func (b *batch) commit() error {
	if b.failed {
		return b.tx.Rollback()
	}
	tx := b.lend(b.ctx)
	tx.wrote = true // a failure here is everybody's
	for _, do := range b.before {
		if err := do(tx); err != nil {
			b.w.fault.look(b.w.db.engine, err)
			return mixed{err}
		}
	}
	if b.rings && b.w.db.hears != nil { // with what is held, in the same journey
		b.held = append(b.held, b.w.db.hears.notice())
	}
	refused, err := b.end()
	if err != nil {
		b.w.fault.look(b.w.db.engine, err)
		if refused {
			return mixed{err}
		}
		err = fmt.Errorf("committing: %w", err)
		if b.w.db.engine == PostgreSQL && !answered(err) { // it may have been made: whoever sent it repeats it with the same key
			err = later("store.away", 2*time.Second, err)
		}
		return err
	}
	for _, do := range b.after {
		do()
	}
	if b.rings {
		b.w.db.wake.ring()
	}
	return nil
}

// end sends what is held and commits: on PostgreSQL in one journey, unless the answer to a statement decides whether there is
// to be a commit. It tells whether a statement was refused: then there was none.
func (b *batch) end() (refused bool, err error) {
	defer b.w.bound()()
	held := b.gathered()
	if pg, travels := b.tx.(*journeys); travels && !slices.ContainsFunc(held, statement.unsure) {
		return pg.finish(held)
	}
	if err := b.sendAll(held); err != nil {
		return true, err
	}
	return false, b.tx.Commit()
}

// statement is one that has to touch a number of rows.
type statement struct {
	query string
	args  []any
	rows  int64
	sure  bool // it does, unless the server refuses it: a plain insert
}

func (s statement) unsure() bool { return !s.sure }

// hold keeps a statement whose answer nobody needs until one comes that is needed: what many closures write goes to the engine
// together, and on PostgreSQL each answer costs a journey. It tells whether it did. What it fails with is found out later and
// is mixed: the closures run again, one savepoint each.
func (b *batch) hold(s statement) bool {
	if b.savepoints || b.alone && b.w.db.engine == SQLite {
		return false
	}
	b.held = append(b.held, s)
	return true
}

// send sends what is held.
func (b *batch) send() error {
	if len(b.held) == 0 {
		return nil
	}
	return b.sendAll(b.gathered())
}

// gathered gives what is held, in as few statements as it takes, and holds nothing any more.
func (b *batch) gathered() []statement {
	few := b.w.merger.merge(b.held, b.w.db.engine)
	clear(b.held)
	b.held = b.held[:0]
	return few
}

func (b *batch) sendAll(held []statement) (err error) {
	if pg, travels := b.tx.(*journeys); travels {
		err = pg.send(held)
	} else {
		err = b.sendEach(held)
	}
	b.lost = err != nil
	return err
}

func (b *batch) sendEach(held []statement) error {
	for _, s := range held {
		res, err := b.exec(s.query, s.args...)
		var n int64
		if err == nil {
			n, err = res.RowsAffected()
		}
		if err == nil {
			err = s.touched(n)
		}
		if err != nil {
			return fmt.Errorf("%w in %q", err, head(s.query))
		}
	}
	return nil
}

func (s statement) touched(rows int64) error {
	if rows != s.rows {
		return fmt.Errorf("%d rows touched instead of %d in %q", rows, s.rows, head(s.query))
	}
	return nil
}

func (b *batch) exec(query string, args ...any) (sql.Result, error) {
	if err := b.send(); err != nil {
		return nil, err
	}
	if b.w.db.engine == PostgreSQL { // pgx keeps its own
		return b.tx.ExecContext(b.ctx, query, args...)
	}
	return b.w.prepared.exec(b.ctx, query, args)
}

func (b *batch) query(query string, args []any) (rows cursor, done func(), err error) {
	if pg, travels := b.tx.(*journeys); travels {
		if answer := b.known(query, args); answer != nil {
			return answer, func() {}, nil
		}
		if !pg.begun || len(b.held) > 0 { // what has to travel first takes the question along
			answers, err := b.ask([]Question{{query, args}})
			if err != nil {
				return nil, nil, err
			}
			return answers[0], func() {}, nil
		}
		rows, err = b.tx.QueryContext(b.ctx, query, args...)
		return rows, func() {}, err
	}
	if err := b.send(); err != nil {
		return nil, nil, err
	}
	return b.w.prepared.query(b.ctx, query, args)
}
