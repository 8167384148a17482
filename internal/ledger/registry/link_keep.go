package registry

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// makeReady does all that can be done before the turn to write.
func (l *linking) makeReady(tx func(func(*store.Tx) error) error) error {
	if err := tx(l.look); err != nil {
		return err
	}
	if err := l.open(); err != nil {
		return err
	}
	if err := l.weigh(l.met); err != nil {
		return err
	}
	l.asked = make(map[int64][]int, 16*len(l.comers))
	for at, c := range l.comers {
		for _, list := range [][]int64{c.tokens, c.forms} {
			for _, t := range list {
				if who := l.asked[t]; len(who) == 0 || who[len(who)-1] != at {
					l.asked[t] = append(who, at)
				}
			}
		}
	}
	return l.among()
}

// keep files those who came after all, whom only the transaction knows, and puts the pairs they are in into the queue. Who was
// filed since they were made ready is looked at here.
func (l *linking) keep(tx *store.Tx, by outbreak.Actor, came func(outbreak.PersonID) bool) error {
	if len(l.comers) == 0 {
		return nil
	}
	if err := l.lookAgain(tx); err != nil {
		return err
	}
	seq, err := lastFiled(tx)
	if err != nil {
		return err
	}
	var filed [][]any
	for _, c := range l.comers {
		if !came(c.ID) || c.unknown() {
			continue
		}
		seq++
		keys, tokens := l.filedWith(c)
		filed = append(filed, []any{seq, int64(c.ID), packTokens(tokens), int64(keys)})
	}
	if err := tx.Put("link_filed", []string{"seq", "person", "tokens", "keys"}, "person", filed); err != nil {
		return fmt.Errorf("filing people by keys: %w", err)
	}
	if err := l.tellCrowds(tx, came); err != nil {
		return err
	}
	if err := l.keepHomes(tx, came); err != nil {
		return fmt.Errorf("filing people by addresses: %w", err)
	}
	homes, err := l.neighbours(tx, came)
	if err != nil {
		return err
	}
	return l.propose(tx, by, came, homes...)
}

// filedWith gives what somebody is filed with, and how many of it are keys: not those that too many share, unless there is nothing else.
func (l *linking) filedWith(c *comer) (keys int, tokens []int64) {
	for i, t := range c.tokens {
		if _, crowded := l.crowds[t]; i >= len(c.keys) || !crowded {
			tokens = append(tokens, t)
		}
	}
	if len(tokens) == 0 {
		return len(c.keys), c.tokens
	}
	return len(c.keys) - (len(c.tokens) - len(tokens)), tokens
}

// lookAgain compares those who come with those who were filed since they were made ready.
func (l *linking) lookAgain(tx *store.Tx) error {
	if newest, err := lastFiled(tx); err != nil || newest == l.upto {
		return err
	}
	newer := map[outbreak.PersonID][]int{}
	if err := store.Each(tx, func(r store.Row) error {
		var id outbreak.PersonID
		var packed []byte
		if err := r.Scan(&id, &packed); err != nil {
			return err
		}
		for _, t := range unpackTokens(packed) {
			if _, crowded := l.crowds[t]; crowded {
				continue
			}
			for _, at := range l.asked[t] {
				if l.comers[at].ID != id && !slices.Contains(l.met[id], at) && !slices.Contains(newer[id], at) {
					newer[id] = append(newer[id], at)
				}
			}
		}
		return nil
	}, "select person, tokens from link_filed where seq > $1 and tokens is not null", l.upto); err != nil {
		return fmt.Errorf("looking at who was filed meanwhile: %w", err)
	}
	if len(newer) == 0 {
		return nil
	}
	again := l.anew()
	if err := again.fetch(tx, slices.Sorted(maps.Keys(newer))); err != nil {
		return err
	}
	if err := again.open(); err != nil {
		return err
	}
	err := again.weigh(newer)
	l.pairs = append(slices.Clone(l.pairs), again.pairs...) // a transaction may run twice
	return err
}

// tellCrowds notes the digests that too many share.
func (l *linking) tellCrowds(tx *store.Tx, came func(outbreak.PersonID) bool) error {
	if len(l.crowds) == 0 {
		return nil
	}
	more := map[int64]int64{}
	for _, c := range l.comers {
		if !came(c.ID) {
			continue
		}
		for _, t := range c.tokens {
			if _, crowded := l.crowds[t]; crowded {
				more[t]++
			}
		}
	}
	known := map[int64]int64{}
	if err := inParts(slices.Collect(maps.Keys(more)), func(in string, args []any) error {
		return store.Each(tx, func(r store.Row) error {
			var t, n int64
			err := r.Scan(&t, &n)
			known[t] = n
			return err
		}, "select digest, people from link_crowd where digest in ("+in+")", args...)
	}); err != nil {
		return fmt.Errorf("telling of crowds: %w", err)
	}
	var rows [][]any
	for _, t := range slices.Sorted(maps.Keys(more)) {
		was, is := known[t]
		if !is {
			was = int64(max(l.filed[t], l.lines[t]))
		}
		rows = append(rows, []any{t, strings.ReplaceAll(string(l.crowds[t]), ", ", "_"), was + more[t], tx.Now})
	}
	return tx.Put("link_crowd", []string{"digest", "kind", "people", "told_at"}, "digest", rows)
}

// propose puts pairs into the queue. What somebody decided stays decided, and of two that are waiting the newest evidence stands.
func (l *linking) propose(tx *store.Tx, by outbreak.Actor, came func(outbreak.PersonID) bool, more ...judged) error {
	coming := make(map[outbreak.PersonID]bool, len(l.comers))
	for _, c := range l.comers {
		coming[c.ID] = true
	}
	gone := func(p Person) bool { return coming[p.ID] && !came(p.ID) }
	pairs := slices.DeleteFunc(slices.Concat(l.pairs, more), func(p judged) bool { return gone(p.one) || gone(p.other) })
	slices.SortFunc(pairs, func(a, b judged) int {
		return cmp.Or(cmp.Compare(a.one.ID, b.one.ID), cmp.Compare(a.other.ID, b.other.ID))
	})
	pairs = slices.CompactFunc(pairs, func(a, b judged) bool { return a.one.ID == b.one.ID && a.other.ID == b.other.ID })
	if len(pairs) == 0 {
		return nil
	}
	known, err := decidedAbout(tx, pairs)
	if err != nil {
		return err
	}
	var rows [][]any
	waiting := map[outbreak.Path]int{}
	for _, p := range pairs {
		weight, chance, sure, evidence, err := p.kept()
		if err != nil {
			return err
		}
		was, is := known[pair{p.one.ID, p.other.ID}]
		switch {
		case is && was.state == StateWaiting:
			if err := tx.Must("update duplicate set kind = $1, weight = $2, chance = $3, sure = $4, model = $5, evidence = $6 where id = $7",
				p.kind, weight, chance, sure, l.judge.from.Model, evidence, was.id); err != nil {
				return err
			}
		case is:
		default:
			rows = append(rows, []any{int64(outbreak.New[DuplicateID](l.ids)), int64(p.one.ID), int64(p.other.ID), string(p.one.Area), string(p.other.Area), p.kind, StateWaiting,
				weight, chance, sure, l.judge.from.Model, int64(0), int64(0), int64(tx.Now), int64(0), evidence})
			waiting[p.other.Area]++
		}
	}
	if _, err := tx.Insert("duplicate", []string{"id", "one", "other", "area_one", "area_other", "kind", "state", "weight", "chance", "sure", "model", "moved", "was",
		"found_at", "decided_at", "evidence"}, nil, rows); err != nil {
		return fmt.Errorf("proposing who may be one person: %w", err)
	}
	var events []outbreak.Event
	for _, path := range slices.Sorted(maps.Keys(waiting)) {
		events = append(events, outbreak.DuplicatesFound{Scope: outbreak.Scope{Area: path}, Pairs: waiting[path]})
	}
	if len(events) == 0 {
		return nil
	}
	_, err = l.journal.Append(tx, by, events...)
	return err
}

// former is what is known of a pair.
type former struct {
	id    DuplicateID
	state string
}

// decidedAbout finds pairs that are in the queue, or about which somebody decided without it.
func decidedAbout(tx *store.Tx, pairs []judged) (map[pair]former, error) {
	known := map[pair]former{}
	var others []outbreak.PersonID
	for _, p := range pairs {
		others = append(others, p.other.ID)
	}
	err := store.Lookup(tx, func(r store.Row) error {
		var p pair
		err := r.Scan(&p.one, &p.other)
		known[p] = former{state: StateApart}
		return err
	}, store.Asked{Columns: "one, other", Table: "person_apart", By: "other"}, others)
	if err == nil {
		err = store.Lookup(tx, func(r store.Row) error {
			var p pair
			var f former
			err := r.Scan(&f.id, &p.one, &p.other, &f.state)
			known[p] = f
			return err
		}, store.Asked{Columns: "id, one, other, state", Table: "duplicate", By: "other"}, others)
	}
	if err != nil {
		return nil, fmt.Errorf("asking what was decided about codes: %w", err)
	}
	return known, nil
}

// anew is a linking of the same people that has met nobody yet, for a transaction.
func (l *linking) anew() *linking {
	again := *l
	again.spread, again.pairs, again.there = inOrder, nil, map[outbreak.PersonID]*candidate{}
	return &again
}
