package journal

import (
	"context"
	"fmt"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// ParkedEntry is an entry a consumer put aside.
type ParkedEntry struct {
	Consumer string
	Seq      int64
	Error    string
	At       outbreak.Instant
}

func (j *Journal) park(ctx context.Context, c Consumer, e outbreak.Entry, cause error) error {
	return j.db.Write(ctx, func(tx *store.Tx) error {
		by := outbreak.Actor{System: c.Name, Cause: e.Seq}
		n, err := tx.Exec(`insert into journal_parked (consumer, seq, error, at, ended_at, how) values ($1, $2, $3, $4, 0, '')
			on conflict (consumer, seq) do nothing`, c.Name, e.Seq, cause.Error(), tx.Now)
		if err != nil || n == 0 {
			return err
		}
		if j.parked != nil {
			if err := j.parked(tx, c.Name, e, cause); err != nil {
				return fmt.Errorf("opening the task of a parked entry: %w", err)
			}
		}
		if _, err := j.Append(tx, by, outbreak.EventParked{Scope: e.Scope, Consumer: c.Name, Seq: e.Seq}); err != nil {
			return err
		}
		return moveCursor(tx, c.Name, e.Seq)
	})
}

// ListParked reads what is still put aside, oldest first.
func ListParked(tx *store.Tx) ([]ParkedEntry, error) {
	return store.List(tx, func(r store.Row) (p ParkedEntry, err error) {
		err = r.Scan(&p.Consumer, &p.Seq, &p.Error, &p.At)
		return p, err
	}, "select consumer, seq, error, at from journal_parked where ended_at = 0 order by at, consumer, seq")
}

// Retry lets the consumer try a parked entry again; on success the entry is parked no more.
func (j *Journal) Retry(tx *store.Tx, by outbreak.Actor, consumer string, seq int64) error {
	for _, c := range j.runner.consumers {
		if c.Name != consumer {
			continue
		}
		todo, err := List(tx, seq-1, seq, nil, 1)
		if err != nil {
			return err
		}
		if len(todo) == 0 {
			return outbreak.Refuse(outbreak.NotFound, "journal.no_entry")
		}
		if err := c.read(tx, todo); err != nil {
			return outbreak.Refuse(outbreak.Conflict, "journal.still_failing").Because(err)
		}
		return j.unpark(tx, by, todo[0].Scope, consumer, seq, "retried")
	}
	return outbreak.Refuse(outbreak.NotFound, "journal.no_consumer")
}

// Dismiss says that a parked entry needs no more work here; a person answers for that.
func (j *Journal) Dismiss(tx *store.Tx, by outbreak.Actor, consumer string, seq int64) error {
	entry, err := List(tx, seq-1, seq, nil, 1)
	if err != nil {
		return err
	}
	if len(entry) == 0 {
		return outbreak.Refuse(outbreak.NotFound, "journal.no_entry")
	}
	return j.unpark(tx, by, entry[0].Scope, consumer, seq, "dismissed")
}

func (j *Journal) unpark(tx *store.Tx, by outbreak.Actor, scope outbreak.Scope, consumer string, seq int64, how string) error {
	n, err := tx.Exec("update journal_parked set ended_at = $1, how = $2 where consumer = $3 and seq = $4 and ended_at = 0", tx.Now, how, consumer, seq)
	if err != nil {
		return err
	}
	if n == 0 {
		return outbreak.Refuse(outbreak.NotFound, "journal.no_entry")
	}
	_, err = j.Append(tx, by, outbreak.EventUnparked{Scope: scope, Consumer: consumer, Seq: seq, How: how})
	return err
}
