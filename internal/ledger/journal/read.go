package journal

import (
	"context"
	"math"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

const entryColumns = "seq, at, kind, outbreak, area, actor, cause, body"

func scanEntry(r store.Row) (e outbreak.Entry, err error) {
	var body string
	err = r.Scan(&e.Seq, &e.At, &e.Kind, &e.Scope.Outbreak, &e.Scope.Area, &e.Actor, &e.Cause, &body)
	e.Body = []byte(body)
	return e, err
}

// Head gives the sequence of the last entry, that of this transaction among them.
func Head(tx *store.Tx) (int64, error) {
	if r, begun := tx.Kept(recordKey{}).(*record); begun {
		return r.seq, nil
	}
	return Written(tx)
}

// Written gives the sequence of the last entry that is in the table: without what is gathered for the commit under way.
func Written(tx *store.Tx) (int64, error) {
	n, _, err := store.One(tx, store.Value[int64], writtenQuery, ledger)
	return n, err
}

const writtenQuery = "select seq from journal_head where ledger = $1"

// Since reads the first entries in the table after a sequence, oldest first, of the kinds named, and gives up to where they were looked for.
func Since(tx *store.Tx, after int64, kinds []string, most int) (entries []outbreak.Entry, upto int64, err error) {
	q := listQuestion(after, math.MaxInt64, kinds, most)
	if err := tx.Foresee(q, store.Question{Text: writtenQuery, Args: []any{ledger}}); err != nil {
		return nil, 0, err
	}
	if entries, err = store.List(tx, scanEntry, q.Text, q.Args...); err != nil {
		return nil, 0, err
	}
	if len(entries) == most {
		return entries, entries[most-1].Seq, nil
	}
	upto, err = Written(tx)
	return entries, upto, err
}

// LastAbout gives when the last entry about a thing was recorded; 0 when there is none.
func LastAbout(tx *store.Tx, ref outbreak.Ref) (outbreak.Instant, error) {
	at, _, err := store.One(tx, store.Value[outbreak.Instant], `select at from journal where ledger = $1 and seq =
		(select max(seq) from journal_about where kind = $2 and id = $3)`, ledger, ref.Kind, ref.ID)
	return at, err
}

// List reads entries after a sequence, oldest first, of the kinds named (none: all), at most most of them.
func List(tx *store.Tx, after, upto int64, kinds []string, most int) ([]outbreak.Entry, error) {
	q := listQuestion(after, upto, kinds, most)
	return store.List(tx, scanEntry, q.Text, q.Args...)
}

func listQuestion(after, upto int64, kinds []string, most int) store.Question {
	q := "select " + entryColumns + " from journal where ledger = $1 and seq > $2 and seq <= $3"
	args := []any{ledger, after, upto}
	if len(kinds) > 0 {
		var in string
		in, args = store.In(args, kinds)
		q += " and kind in (" + in + ")"
	}
	var limit string
	limit, args = store.In(args, []int{most})
	return store.Question{Text: q + " order by seq limit " + limit, Args: args}
}

// ListAbout reads the entries about one thing, newest first.
func ListAbout(tx *store.Tx, ref outbreak.Ref, most int) ([]outbreak.Entry, error) {
	return store.List(tx, scanEntry, `select j.seq, j.at, j.kind, j.outbreak, j.area, j.actor, j.cause, j.body
		from journal_about a join journal j on j.ledger = $1 and j.seq = a.seq
		where a.kind = $2 and a.id = $3 order by a.seq desc limit $4`, ledger, ref.Kind, ref.ID, most)
}

// ListRecent reads the newest entries inside a scope, newest first, before a sequence (0: from the head).
func ListRecent(tx *store.Tx, scope outbreak.Scope, before int64, most int) ([]outbreak.Entry, error) {
	if before == 0 {
		before = 1 << 62
	}
	q := "select " + entryColumns + " from journal where ledger = $1 and seq < $2 and area >= $3 and area < $4"
	args := []any{ledger, before, scope.Area, scope.Area.Upto()}
	if scope.Outbreak != 0 {
		q, args = q+" and outbreak = $5", append(args, scope.Outbreak)
	}
	limit, args := store.In(args, []int{most})
	return store.List(tx, scanEntry, q+" order by seq desc limit "+limit, args...)
}

// Wait returns when the head has moved past a sequence, or with the context's error.
func (j *Journal) Wait(ctx context.Context, after int64) (int64, error) {
	for {
		woken := j.db.Woken()
		var head int64
		if err := j.db.Read(ctx, func(tx *store.Tx) (err error) {
			head, err = Head(tx)
			return err
		}); err != nil {
			return 0, err
		}
		if head > after {
			return head, nil
		}
		if err := await(ctx, woken, poll); err != nil {
			return 0, err
		}
	}
}
