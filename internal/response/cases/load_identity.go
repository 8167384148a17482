package cases

import (
	"encoding/json"
	"strings"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// whoMark stands before the fields of an identity among what a row said: their keyed digests, by which the next list is found to say
// something else.
const whoMark = "@"

// part takes the digests of the identity out of what a row said.
func (x external) part() external {
	for name, v := range x.said {
		if field, is := strings.CutPrefix(name, whoMark); is {
			if x.who == nil {
				x.who = map[string]string{}
			}
			x.who[field] = v
			delete(x.said, name)
		}
	}
	return x
}

// saying writes what a row says, its identity as digests. What an empty cell said before is not forgotten.
func (b *batch) saying(i int) ([]byte, error) {
	for field, mark := range b.known[b.numbers[i]].who {
		if b.who[i] != nil && b.who[i][field] == "" {
			b.who[i][field] = mark
		}
	}
	all := make(map[string]string, len(b.command.Rows[i].Values)+len(b.who[i]))
	for name, v := range b.command.Rows[i].Values {
		all[name] = v
	}
	for field, mark := range b.who[i] {
		all[whoMark+field] = mark
	}
	return json.Marshal(all)
}

// markWho makes the digests of the rows' identities.
func (b *batch) markWho() {
	b.who = make([]map[string]string, len(b.command.Rows))
	for i := range b.who {
		if b.arrivals.Refused(i) == nil {
			b.who[i] = b.arrivals.Marks(i)
		}
	}
}

// identify writes what known rows say otherwise of who somebody is: a correction, or where it disagrees with what was corrected here
// a difference that a person decides about.
func (b *batch) identify() (err error) {
	known := map[int]registry.Known{}
	for i, number := range b.numbers {
		x, before := b.known[number]
		k := b.state[x.id]
		if !before || k == nil || x.mark == b.marks[i] || k.now.State == Discarded || b.arrivals.Refused(i) != nil || b.wrong(i) != nil || b.require(k.now.Area) != nil {
			continue
		}
		known[i] = registry.Known{Person: k.now.Person, Before: x.who}
	}
	if b.corrected, err = b.arrivals.Correct(b.tx, b.by, b.command.Party, known); err != nil {
		return err
	}
	for i, c := range b.corrected {
		if len(c.Differs) == 0 {
			continue
		}
		k := b.state[b.known[b.numbers[i]].id].now
		if err := b.differing(b.tx, b.by, k); err != nil {
			return err
		}
	}
	return nil
}

// differing opens the work of somebody who decides what an identity is.
func (s *Service) differing(tx *store.Tx, by outbreak.Actor, c Case) error {
	open, err := task.OpenAbout(tx, task.SettleIdentity, c.ref())
	if err != nil || len(open) > 0 {
		return err
	}
	return s.tasks.Open(tx, by, task.Work{What: task.SettleIdentity, Subject: c.ref(), Scope: c.Scope(), Clock: outbreak.Deadline{From: tx.Now}})
}

// followDecided ends that work once nothing of the person waits any more.
func (s *Service) followDecided(tx *store.Tx, by outbreak.Actor, d outbreak.IdentityDecided) error {
	if d.Left > 0 {
		return nil
	}
	list, err := store.List(tx, scan, "select "+columns+" from case_file where person = $1", d.Person)
	if err != nil {
		return err
	}
	for _, c := range list {
		if err := s.tasks.End(tx, by, task.SettleIdentity, c.ref(), task.Done, tx.Now); err != nil {
			return err
		}
	}
	return nil
}
