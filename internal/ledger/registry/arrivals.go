package registry

import (
	"context"
	"maps"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Arrivals are people a list names, such as one of cases, made ready to be kept by the transaction of whoever reads the list. Rows
// are tidied, keys made and identities sealed before there is a turn to wait for.
type Arrivals struct {
	ready  *ready
	digest string // of all rows
}

// Arrive makes people ready for Keep. The actor needs a permission where each of them lives; a row that is wrong, or lies
// elsewhere, is refused alone.
func (s *Service) Arrive(ctx context.Context, by outbreak.Actor, p access.Permission, people []NewPerson) (*Arrivals, error) {
	if err := access.RequireAnywhere(by, p); err != nil {
		return nil, err
	}
	r, err := s.readied(ctx, &ready{service: s, by: by, may: p, outside: true, people: people})
	if err != nil {
		return nil, err
	}
	return &Arrivals{r, s.vault.key("batch", digested(people))}, nil
}

// Refused says why a row cannot be kept; nil: it can.
func (a *Arrivals) Refused(i int) error { return a.ready.rows[i].no }

// Keep gives each row its person, in the order of the rows: whoever is known by document, else somebody new outside the roll. A row
// that was refused, or that skip leaves out, gets nobody. One entry of the journal tells of each area how many came.
func (a *Arrivals) Keep(tx *store.Tx, by outbreak.Actor, skip func(i int) bool) ([]Person, error) {
	r, err := a.ready.still(tx)
	if err != nil {
		return nil, err
	}
	k := &arriving{ready: r, Service: r.service, tx: tx, counts: map[outbreak.Path]int{}}
	for i := range r.rows {
		if r.rows[i].no == nil && (skip == nil || !skip(i)) {
			k.at = append(k.at, i)
		}
	}
	for _, step := range []func() error{k.findKnown, k.decide, k.write} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	_, err = k.journal.Append(tx, by, k.events(a.digest)...)
	return k.people, err
}

// arriving is a batch of arrivals on its way into the tables.
type arriving struct {
	*Service
	*ready
	tx     *store.Tx
	at     []int             // rows to be kept
	known  map[string]Person // by key
	news   []*member         // nobody knew
	homes  []*household      // of these
	counts map[outbreak.Path]int
	people []Person
}

// each goes through the rows to be kept.
func (k *arriving) each(do func(i int, r *readyRow)) {
	for _, i := range k.at {
		do(i, &k.rows[i])
	}
}

// findKnown finds who is known by document: as somebody's key, or as one that was given beside the number of a device.
func (k *arriving) findKnown() error {
	k.known = map[string]Person{}
	forms := map[string]string{}
	k.each(func(_ int, r *readyRow) {
		if headOf(r.ukey) != 0 {
			k.eyes.addForms(forms, r.mark, r.ukey)
		}
	})
	if err := store.Lookup(k.tx, func(r store.Row) error {
		var form string
		p, err := scanPerson(rowWith{r, []any{&form}})
		if other, twice := k.known[forms[form]]; !twice || p.ID < other.ID {
			k.known[forms[form]] = p
		}
		return err
	}, store.Asked{Columns: personColumns + ", document_key", Table: "person", By: "document_key", And: "document_key <> ''"}, slices.Collect(maps.Keys(forms))); err != nil {
		return err
	}
	if err := eachKnown(k.tx, forms, func(m *member, _ box) error {
		k.known[m.ukey] = m.Person
		return nil
	}); err != nil {
		return err
	}
	return k.lead()
}

// rowWith reads further columns behind those somebody asks for.
type rowWith struct {
	store.Row
	more []any
}

func (r rowWith) Scan(into ...any) error { return r.Row.Scan(append(into, r.more...)...) }

// lead puts the leading code of a person, where the actor may see it, in the place of another.
func (k *arriving) lead() error {
	var leading []outbreak.PersonID
	for _, p := range k.known {
		if p.Lead() != p.ID {
			leading = append(leading, p.Lead())
		}
	}
	if len(leading) == 0 {
		return nil
	}
	leads, err := PeopleByID(k.tx, leading)
	for key, p := range k.known {
		if lead, is := leads[p.Lead()]; is && access.Can(k.by, k.may, outbreak.Scope{Area: lead.Area}) {
			k.known[key] = lead
		}
	}
	return err
}

// decide gives each row its person.
func (k *arriving) decide() error {
	k.people = make([]Person, len(k.rows))
	houses, err := k.findHouses()
	if err != nil {
		return err
	}
	next := int64(0)
	k.each(func(i int, r *readyRow) {
		p, is := k.known[r.ukey]
		if !is {
			if next == 0 {
				if next, err = nextWalkIn(k.tx); err != nil {
					return
				}
			}
			p = newPerson(r.id, r.area, r.said)
			p.No = next
			next++
			if r.home != nil {
				p.Household = k.house(houses, r.home)
			}
			k.known[r.ukey] = p
			k.news = append(k.news, &member{Person: p, identity: r.said.Identity, ukey: r.ukey, secret: r.secret, added: true})
			k.counts[r.area.Path]++
		}
		k.people[i] = p
	})
	return err
}

func (k *arriving) findHouses() (map[string]outbreak.HouseholdID, error) {
	var homes []*household
	k.each(func(_ int, r *readyRow) {
		if _, is := k.known[r.ukey]; !is && r.home != nil {
			homes = append(homes, r.home)
		}
	})
	return k.eyes.householdsBy(k.tx, homes)
}

// house finds a household among those known and those of this batch, or makes one.
func (k *arriving) house(known map[string]outbreak.HouseholdID, h *household) outbreak.HouseholdID {
	id, is := known[h.ukey]
	if !is {
		id = outbreak.New[outbreak.HouseholdID](k.ids)
		known[h.ukey] = id
		home := *h
		home.id = id
		k.homes = append(k.homes, &home)
	}
	return id
}

func (k *arriving) write() error {
	if err := k.eyes.insertHouseholds(k.tx, k.homes); err != nil {
		return err
	}
	if err := k.keep(k.tx, k.state, k.eyes, k.news); err != nil {
		return err
	}
	return k.file()
}

// file files those who came by keys, and those who were known and are not filed yet.
func (k *arriving) file() error {
	came := make(map[outbreak.PersonID]bool, len(k.at))
	for _, i := range k.at {
		came[k.people[i].ID] = true
	}
	if err := k.links.keep(k.tx, k.by, func(id outbreak.PersonID) bool { return came[id] }); err != nil {
		return err
	}
	for _, m := range k.news {
		delete(came, m.ID)
	}
	return k.Meet(k.tx, k.by, slices.Collect(maps.Keys(came)))
}

// events tell of each area how many came, in the order of paths.
func (k *arriving) events(digest string) (events []outbreak.Event) {
	batch := outbreak.New[outbreak.BatchID](k.ids)
	for _, path := range slices.Sorted(maps.Keys(k.counts)) {
		events = append(events, outbreak.PeopleArrived{Scope: outbreak.Scope{Area: path}, Batch: batch, Added: k.counts[path], Digest: digest})
	}
	return events
}
