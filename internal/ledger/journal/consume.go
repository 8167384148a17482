package journal

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Consumer follows the journal with a durable cursor.
type Consumer struct {
	Name   string   // its actor is system:<name>
	Kinds  []string // the entries it wants
	Follow func(tx *store.Tx, by outbreak.Actor, e outbreak.Entry) error

	// Gather, instead of Follow, reads what many entries say together, before the turn to write has come, and gives what is to be
	// written then. It reads what never changes once an entry tells of it.
	Gather func(tx *store.Tx, list []outbreak.Entry) (Gathered, error)
	// Unhurried says that nobody waits for it: after each look it rests so long that it takes a twentieth of the time at most, while
	// entries gather. Others rest three times as long as the look took, so that those who write have most of the turns.
	Unhurried bool
}

// Gathered writes what was read of entries, in the turn.
type Gathered func(tx *store.Tx, by outbreak.Actor) error

// read hands entries to the consumer.
func (c Consumer) read(tx *store.Tx, list []outbreak.Entry) error {
	if c.Gather != nil {
		write, err := c.gather(tx, list)
		if err != nil {
			return err
		}
		return c.write(tx, list, write)
	}
	for _, e := range list {
		if err := c.Follow(tx, outbreak.Actor{System: c.Name, Cause: e.Seq}, e); err != nil {
			return fmt.Errorf("%s following entry %d (%s): %w", c.Name, e.Seq, e.Kind, err)
		}
	}
	return nil
}

// gather lets the consumer read what entries say; nothing of none.
func (c Consumer) gather(tx *store.Tx, list []outbreak.Entry) (Gathered, error) {
	if len(list) == 0 {
		return nil, nil
	}
	write, err := c.Gather(tx, list)
	if err != nil {
		return nil, fmt.Errorf("%s reading entries %d to %d: %w", c.Name, list[0].Seq, list[len(list)-1].Seq, err)
	}
	return write, nil
}

func (c Consumer) write(tx *store.Tx, list []outbreak.Entry, write Gathered) error {
	if write == nil {
		return nil
	}
	if err := write(tx, outbreak.Actor{System: c.Name, Cause: list[len(list)-1].Seq}); err != nil {
		return fmt.Errorf("%s following entries %d to %d: %w", c.Name, list[0].Seq, list[len(list)-1].Seq, err)
	}
	return nil
}

const (
	batch   = 200                    // entries per transaction: one at a time starves under load
	window  = 5000                   // sequences looked at per search
	poll    = 500 * time.Millisecond // how late a lost wake-up can make us
	breath  = 5 * time.Millisecond   // between two looks: under load what comes meanwhile is worked on together
	stride  = 2000                   // how far a cursor may run in memory over entries nobody wants
	rest    = 3                      // how many times as long as it worked a consumer rests, unless more than a batch waits
	longest = 100 * time.Millisecond // and no longer

	unhurriedRest    = 19
	unhurriedLongest = 2 * time.Second
)

type runner struct {
	consumers []Consumer
	at        sync.Map // name -> *atomic.Int64: how far each has come, stored or not
}

// Run follows the journal with every consumer until ctx ends.
func (j *Journal) Run(ctx context.Context, consumers ...Consumer) {
	j.runner.consumers = consumers
	for _, c := range consumers {
		j.runner.at.Store(c.Name, new(atomic.Int64))
	}
	var wg sync.WaitGroup
	for _, c := range consumers {
		wg.Go(func() { j.follow(ctx, c) })
	}
	wg.Wait()
}

// follow works until ctx ends; a failing database is met with patience, since the facts are safe in the journal. Whoever was
// idle looks at once; whoever is busy takes a breath between two looks, since every look costs questions.
func (j *Journal) follow(ctx context.Context, c Consumer) {
	breathed := time.NewTimer(0)
	defer breathed.Stop()
	for ctx.Err() == nil {
		_ = pause(ctx, breathed.C)
		woken, took := j.db.Woken(), outbreak.Stopwatch()
		moved, more, err := j.step(ctx, c)
		if err != nil && ctx.Err() == nil {
			j.log.Error("consumer stopped for a moment", "consumer", c.Name, "error", err)
			woken = nil
		}
		breathed.Reset(c.breath(moved, more, took()))
		if !moved || err != nil {
			_ = await(ctx, woken, poll)
		}
	}
}

// breath is how long the consumer waits before it looks again, after a look that took so long.
func (c Consumer) breath(moved, more bool, took time.Duration) time.Duration {
	switch {
	case !moved:
		return breath
	case c.Unhurried:
		return min(max(unhurriedRest*took, breath), unhurriedLongest)
	case more:
		return breath
	}
	return min(max(rest*took, breath), longest)
}

// step takes the consumer one batch further and tells whether it moved, and whether there was more than a batch.
func (j *Journal) step(ctx context.Context, c Consumer) (moved, more bool, err error) {
	mark, _ := j.runner.at.Load(c.Name)
	at := mark.(*atomic.Int64)
	var (
		todo         []outbreak.Entry
		stored, upto int64
		write        Gathered
		unread       error // why nothing could be gathered
	)
	err = j.db.Read(ctx, func(tx *store.Tx) (err error) {
		if stored, _, err = store.One(tx, store.Value[int64], "select seq from journal_cursor where consumer = $1", c.Name); err != nil {
			return err
		}
		head, err := Head(tx)
		if err != nil {
			return err
		}
		from := max(stored, at.Load())
		upto = min(head, from+window)
		if todo, err = List(tx, from, upto, c.Kinds, batch); err == nil && c.Gather != nil {
			write, unread = c.gather(tx, todo)
		}
		return err
	})
	if err != nil {
		return false, false, err
	}
	if len(todo) == 0 {
		if upto-stored >= stride {
			err = j.db.Write(ctx, func(tx *store.Tx) error { return moveCursor(tx, c.Name, upto) })
		}
		moved = upto > at.Load()
		if err == nil {
			raise(at, upto)
		}
		return moved, false, err
	}
	if more = len(todo) == batch; !more {
		todo = append(todo, outbreak.Entry{Seq: upto}) // nothing of ours is left up to here
	}
	last := todo[len(todo)-1].Seq
	if unread == nil {
		unread = j.work(ctx, c, todo, write)
	}
	if unread != nil {
		if err := j.oneByOne(ctx, c, todo); err != nil {
			return false, more, err
		}
	}
	raise(at, last)
	return true, more, nil
}

func raise(at *atomic.Int64, to int64) {
	if to > at.Load() {
		at.Store(to)
	}
}

// work follows the entries and moves the cursor, in one transaction. Another server may have been there first: what was gathered of
// entries it has worked on is gathered anew.
func (j *Journal) work(ctx context.Context, c Consumer, todo []outbreak.Entry, write Gathered) error {
	return j.db.Write(ctx, func(tx *store.Tx) error {
		stored, _, err := store.One(tx, store.Value[int64], "select seq from journal_cursor where consumer = $1", c.Name)
		if err != nil {
			return err
		}
		list := slices.DeleteFunc(slices.Clone(todo), func(e outbreak.Entry) bool { return e.Seq <= stored || e.Kind == "" })
		if write != nil && stored < todo[0].Seq {
			err = c.write(tx, list, write)
		} else {
			err = c.read(tx, list)
		}
		if err != nil {
			return err
		}
		return moveCursor(tx, c.Name, max(stored, todo[len(todo)-1].Seq))
	})
}

// oneByOne repeats a failed batch entry by entry and parks what still fails, so that one bad entry stops nobody.
func (j *Journal) oneByOne(ctx context.Context, c Consumer, todo []outbreak.Entry) error {
	for _, e := range todo {
		err := j.work(ctx, c, []outbreak.Entry{e}, nil)
		if err == nil {
			continue
		}
		if ctx.Err() != nil || outbreak.KindOf(err) == outbreak.Busy {
			return err
		}
		j.log.Error("entry parked", "consumer", c.Name, "entry", e.Seq, "kind", e.Kind, "error", err)
		if err := j.park(ctx, c, e, err); err != nil {
			return err
		}
	}
	return nil
}

func moveCursor(tx *store.Tx, consumer string, seq int64) error {
	return tx.Must(`insert into journal_cursor (consumer, seq) values ($1, $2)
		on conflict (consumer) do update set seq = excluded.seq`, consumer, seq)
}

// Settled waits until every consumer has seen everything up to the head of the moment nobody moves any more.
func (j *Journal) Settled(ctx context.Context) error {
	for {
		woken := j.db.Woken()
		head, behind, err := j.Behind(ctx)
		if err != nil {
			return err
		}
		most := int64(0)
		for _, n := range behind {
			most = max(most, n)
		}
		if most == 0 {
			again, _, err := j.Behind(ctx)
			if err != nil || again == head {
				return err
			}
			continue
		}
		if err := await(ctx, woken, 5*time.Millisecond); err != nil {
			return err
		}
	}
}

// Behind gives the head and how many entries each running consumer has not looked at yet.
func (j *Journal) Behind(ctx context.Context) (head int64, behind map[string]int64, err error) {
	err = j.db.Read(ctx, func(tx *store.Tx) error {
		head, err = Head(tx)
		return err
	})
	behind = map[string]int64{}
	for _, c := range j.runner.consumers {
		if mark, ok := j.runner.at.Load(c.Name); ok {
			behind[c.Name] = max(head-mark.(*atomic.Int64).Load(), 0)
		}
	}
	return head, behind, err
}

// Unseen counts the entries a consumer wants and has not worked on, from the stored cursors: true for any process.
func Unseen(tx *store.Tx, c Consumer) (int64, error) {
	at, _, err := store.One(tx, store.Value[int64], "select seq from journal_cursor where consumer = $1", c.Name)
	if err != nil {
		return 0, err
	}
	in, args := store.In([]any{ledger, at}, c.Kinds)
	return store.Count(tx, "select count(*) from journal where ledger = $1 and seq > $2 and kind in ("+in+")", args...)
}

// await waits for a wake-up, at most so long.
func await(ctx context.Context, woken <-chan struct{}, most time.Duration) error {
	t := time.NewTimer(most)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-woken:
	case <-t.C:
	}
	return nil
}

// pause waits for a timer.
func pause(ctx context.Context, over <-chan time.Time) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-over:
	}
	return nil
}
