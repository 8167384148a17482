package registry

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// LoadPeople is a batch of people for the roll.
type LoadPeople struct {
	Key    string       `json:"-"`
	Turn   func() error `json:"-"` // waits until the batch, which is ready by then, may be written; nil: at once
	People []NewPerson  `json:"people"`
}

// LoadPeople puts people on the roll. Somebody known by document, or by the same row when there is none, is repeated; a
// known person whose row says something new is changed and keeps the number. Rows that are wrong come back with a reason.
func (s *Service) LoadPeople(ctx context.Context, by outbreak.Actor, c LoadPeople) (Loaded, error) {
	if err := access.RequireAnywhere(by, access.RosterLoad); err != nil {
		return Loaded{}, err
	}
	request := struct{ Digest string }{s.vault.key("batch", digested(c.People))} // the kept request holds no names
	early, err := s.makeReady(ctx, by, c.People)
	if err == nil && c.Turn != nil {
		err = c.Turn()
	}
	if err != nil {
		return Loaded{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.LoadPeople", Key: c.Key}, request, func(tx *store.Tx) (Loaded, error) {
		ready, err := early.still(tx)
		if err != nil {
			return Loaded{}, err
		}
		b := &roster{Service: s, tx: tx, ready: ready, people: map[string]*member{}, counts: map[outbreak.Path]*outbreak.PeopleLoaded{}}
		b.loaded.Batch = outbreak.New[outbreak.BatchID](s.ids)
		if err := b.load(); err != nil {
			return b.loaded, err
		}
		_, err = s.journal.Append(tx, by, b.events(request.Digest)...)
		return b.loaded, err
	})
}

// roster is one batch on its way onto the roll. A row at a time would cost eight statements: here the database is asked few
// questions for all rows, the rows are decided in their order in memory, and few statements write what came of them.
type roster struct {
	*Service
	*ready
	tx     *store.Tx
	loaded Loaded
	people map[string]*member // by ukey: known before, or new in this batch
	houses map[string]outbreak.HouseholdID
	roll   map[outbreak.Path]*numbers
	news   []*member // new or changed, in the order of their first rows
	homes  []*household
	counts map[outbreak.Path]*outbreak.PeopleLoaded
}

// member is a person and what is to be sealed.
type member struct {
	Person
	identity Identity
	was      string // the name before
	ukey     string
	secret   *secret // of that identity; nil: still to be made
	added    bool    // not in the database yet
	waits    bool    // to be written at the end
}

func (b *roster) load() error {
	for _, step := range []func() error{b.refuse, b.findPeople, b.findHouseholds, b.findNumbers, b.decide, b.write} {
		if err := step(); err != nil {
			return err
		}
	}
	slices.SortStableFunc(b.loaded.Rejected, func(x, y outbreak.Rejection) int { return cmp.Compare(x.Row, y.Row) })
	return nil
}

// refuse rejects the rows that are wrong in themselves or lie where the actor may not load.
func (b *roster) refuse() error {
	for i := range b.rows {
		r := &b.rows[i]
		if r.no != nil {
			if err := b.loaded.Rejected.Add(i, r.no); err != nil {
				return err
			}
		} else if b.counts[r.area.Path] == nil {
			b.counts[r.area.Path] = &outbreak.PeopleLoaded{Scope: outbreak.Scope{Area: r.area.Path}}
		}
	}
	return nil
}

// each goes through the rows that may be stored, in their order.
func (b *roster) each(do func(at int, r *readyRow) error) error {
	for i := range b.rows {
		if b.rows[i].no != nil {
			continue
		}
		if err := do(i, &b.rows[i]); err != nil {
			return err
		}
	}
	return nil
}

func (b *roster) findPeople() error {
	known, err := b.peopleBy(b.tx, b.forms, b.opened)
	b.people = known
	return err
}

// unknown are the rows of people nobody knows yet; a person who stands in the batch twice counts twice.
func (b *roster) unknown(do func(*readyRow)) {
	_ = b.each(func(_ int, r *readyRow) error {
		if b.people[r.ukey] == nil {
			do(r)
		}
		return nil
	})
}

func (b *roster) findHouseholds() error {
	var homes []*household
	b.unknown(func(r *readyRow) {
		if r.home != nil {
			homes = append(homes, r.home)
		}
	})
	var err error
	b.houses, err = b.eyes.householdsBy(b.tx, homes)
	return err
}

func (b *roster) findNumbers() error {
	coming := map[outbreak.Path]int{}
	areas := map[outbreak.Path]Area{}
	b.unknown(func(r *readyRow) {
		coming[r.area.Path]++
		areas[r.area.Path] = r.area
	})
	var err error
	b.roll, err = b.numbersOf(b.tx, areas, coming)
	return err
}

// decide goes through the rows in their order: what a row finds is what the rows before it left.
func (b *roster) decide() error {
	return b.each(func(at int, r *readyRow) error {
		if m := b.people[r.ukey]; m != nil {
			b.hear(m, r)
			return nil
		}
		no, err := b.roll[r.area.Path].take(b.tx)
		if err != nil {
			return b.loaded.Rejected.Add(at, err)
		}
		m := &member{Person: newPerson(r.id, r.area, r.said), identity: r.said.Identity, ukey: r.ukey, secret: r.secret, added: true, waits: true}
		m.No, m.OnRoll = no, true
		if r.home != nil {
			m.Household = b.house(r.home)
		}
		b.people[r.ukey] = m
		b.news = append(b.news, m)
		b.loaded.Added++
		b.counts[r.area.Path].Added++
		return nil
	})
}

// hear takes over what a row says of somebody known; number, area and household stay. A birth year a row does not know is
// no news.
func (b *roster) hear(m *member, r *readyRow) {
	year := cmp.Or(r.said.birthYear(), m.BirthYear)
	if m.identity == r.said.Identity && m.Sex == r.said.Sex && m.BirthYear == year {
		b.loaded.Repeated++
		return
	}
	if !m.waits {
		m.waits, m.was = true, m.identity.Name
		b.news = append(b.news, m)
	}
	m.identity, m.Sex, m.BirthYear, m.secret = r.said.Identity, r.said.Sex, year, nil
	b.loaded.Changed++
	b.counts[r.area.Path].Changed++
}

// house finds the household of a new person among those known and those of this batch, or makes one.
func (b *roster) house(h *household) outbreak.HouseholdID {
	id, ok := b.houses[h.ukey]
	if !ok {
		id = outbreak.New[outbreak.HouseholdID](b.ids)
		b.houses[h.ukey] = id
		home := *h
		home.id = id
		b.homes = append(b.homes, &home)
	}
	return id
}

func (b *roster) write() error {
	for _, path := range slices.Sorted(maps.Keys(b.roll)) {
		if err := b.roll[path].keep(b.tx); err != nil {
			return err
		}
	}
	if err := b.eyes.insertHouseholds(b.tx, b.homes); err != nil {
		return err
	}
	return b.keep(b.tx, b.state, b.eyes, b.news)
}

// events tell of each area that got or changed people, in the order of paths.
func (b *roster) events(digest string) (events []outbreak.Event) {
	for _, path := range slices.Sorted(maps.Keys(b.counts)) {
		if e := b.counts[path]; e.Added+e.Changed > 0 {
			e.Batch, e.Digest = b.loaded.Batch, digest
			events = append(events, *e)
		}
	}
	return events
}

// mark is what makes a row the same row again: the document, or all that was said when there is none.
func (n NewPerson) mark() mark {
	i := n.Identity
	if i.Document != "" {
		return documentMark(i.DocumentKind, i.Document)
	}
	said := fmt.Sprintf("%q %q %q %q %q %q %q %q %q", n.Area, n.Household, n.Building, n.Door, n.Sex, i.Name, i.Birth, i.Phone, i.Address)
	if i.Birth == "" && n.BirthYear != 0 {
		said += fmt.Sprintf(" %d", n.BirthYear) // two of one door, told apart by their ages alone, are two people
	}
	return mark{"row", said}
}

func documentMark(kind, number string) mark { return mark{"document", kind + "\x00" + number} }
