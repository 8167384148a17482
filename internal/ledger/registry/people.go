package registry

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// LoadPeople is a batch of people for the roll.
type LoadPeople struct {
	Key    string      `json:"-"`
	People []NewPerson `json:"people"`
}

// LoadPeople puts people on the roll. Somebody known by document, or by the same row when there is none, is repeated; a
// known person whose row says something new is changed and keeps the number. Rows that are wrong come back with a reason.
func (s *Service) LoadPeople(ctx context.Context, by outbreak.Actor, c LoadPeople) (Loaded, error) {
	if err := access.RequireAnywhere(by, access.RosterLoad); err != nil {
		return Loaded{}, err
	}
	request := struct{ Digest string }{s.vault.key("batch", fmt.Sprint(c.People))} // the kept request holds no names
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.LoadPeople", Key: c.Key}, request, func(tx *store.Tx) (Loaded, error) {
		state, eyes, err := s.keys(tx)
		if err != nil {
			return Loaded{}, err
		}
		b := &roster{Service: s, tx: tx, by: by, state: state, blind: eyes, people: map[string]*member{}, counts: map[outbreak.Path]*outbreak.PeopleLoaded{}}
		b.loaded.Batch = outbreak.New[outbreak.BatchID](s.ids)
		if err := b.load(c.People); err != nil {
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
	tx     *store.Tx
	by     outbreak.Actor
	state  keyState
	blind  blind
	loaded Loaded
	areas  map[string]Area
	rows   []rosterRow
	people map[string]*member // by ukey: known before, or new in this batch
	houses map[string]outbreak.HouseholdID
	roll   map[outbreak.Path]*numbers
	news   []*member // new or changed, in the order of their first rows
	homes  []*household
	counts map[outbreak.Path]*outbreak.PeopleLoaded
}

// rosterRow is a row that may be stored.
type rosterRow struct {
	at   int // index in the batch
	area Area
	said NewPerson
	mark mark
	ukey string
}

// member is a person and what is to be sealed.
type member struct {
	Person
	identity Identity
	ukey     string
	added    bool // not in the database yet
	waits    bool // to be written at the end
}

func (b *roster) load(people []NewPerson) error {
	steps := []func() error{b.findPeople, b.findHouseholds, b.findNumbers, b.decide, b.write}
	if err := b.read(people); err != nil {
		return err
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	slices.SortStableFunc(b.loaded.Rejected, func(x, y outbreak.Rejection) int { return cmp.Compare(x.Row, y.Row) })
	return nil
}

// read tidies the rows and rejects those that are wrong in themselves or lie where the actor may not load.
func (b *roster) read(people []NewPerson) error {
	codes := make([]string, len(people))
	for i, n := range people {
		codes[i] = n.Area
	}
	var err error
	if b.areas, err = areasByCode(b.tx, codes); err != nil {
		return fmt.Errorf("looking for the areas of a roll: %w", err)
	}
	refused := map[string]error{}
	for i, n := range people {
		no, asked := refused[n.Area]
		if !asked {
			no = b.mayLoad(n.Area)
			refused[n.Area] = no
		}
		var tidied NewPerson
		if err := no; err == nil {
			tidied, no = n.tidy(b.tx.Now)
		}
		if no != nil {
			if err := b.loaded.Rejected.Add(i, no); err != nil {
				return err
			}
			continue
		}
		b.rows = append(b.rows, rosterRow{at: i, area: b.areas[n.Area], said: tidied, mark: tidied.mark(), ukey: b.blind.ukey(tidied.mark())})
	}
	return nil
}

func (b *roster) mayLoad(code string) error {
	a, ok := b.areas[code]
	if !ok {
		return outbreak.Refuse(outbreak.Invalid, "registry.no_area", "code", code)
	}
	if err := access.Require(b.by, access.RosterLoad, outbreak.Scope{Area: a.Path}); err != nil {
		return err
	}
	b.counts[a.Path] = &outbreak.PeopleLoaded{Scope: outbreak.Scope{Area: a.Path}}
	return nil
}

func (b *roster) findPeople() error {
	marks := make([]mark, len(b.rows))
	for i, r := range b.rows {
		marks[i] = r.mark
	}
	known, err := b.peopleBy(b.tx, b.blind, marks)
	b.people = known
	return err
}

// unknown are the rows of people nobody knows yet; a person who stands in the batch twice counts twice.
func (b *roster) unknown(do func(rosterRow)) {
	for _, r := range b.rows {
		if b.people[r.ukey] == nil {
			do(r)
		}
	}
}

func (b *roster) findHouseholds() error {
	var marks []mark
	b.unknown(func(r rosterRow) {
		if h := b.blind.householdOf(r.area, r.said); h != nil {
			marks = append(marks, h.mark)
		}
	})
	var err error
	b.houses, err = b.blind.householdsBy(b.tx, marks)
	return err
}

func (b *roster) findNumbers() error {
	coming := map[outbreak.Path]int{}
	areas := map[outbreak.Path]Area{}
	b.unknown(func(r rosterRow) {
		coming[r.area.Path]++
		areas[r.area.Path] = r.area
	})
	var err error
	b.roll, err = b.numbersOf(b.tx, areas, coming)
	return err
}

// decide goes through the rows in their order: what a row finds is what the rows before it left.
func (b *roster) decide() error {
	for _, r := range b.rows {
		m := b.people[r.ukey]
		if m != nil {
			b.hear(m, r)
			continue
		}
		no, err := b.roll[r.area.Path].take(b.tx)
		if err != nil {
			if err := b.loaded.Rejected.Add(r.at, err); err != nil {
				return err
			}
			continue
		}
		m = &member{Person: b.newPerson(r.area, r.said), identity: r.said.Identity, ukey: r.ukey, added: true, waits: true}
		m.No, m.OnRoll = no, true
		if h := b.blind.householdOf(r.area, r.said); h != nil {
			m.Household = b.house(h)
		}
		b.people[r.ukey] = m
		b.news = append(b.news, m)
		b.loaded.Added++
		b.counts[r.area.Path].Added++
	}
	return nil
}

// hear takes over what a row says of somebody known; number, area and household stay. A birth year a row does not know is
// no news.
func (b *roster) hear(m *member, r rosterRow) {
	year := cmp.Or(r.said.birthYear(), m.BirthYear)
	if m.identity == r.said.Identity && m.Sex == r.said.Sex && m.BirthYear == year {
		b.loaded.Repeated++
		return
	}
	m.identity, m.Sex, m.BirthYear = r.said.Identity, r.said.Sex, year
	if !m.waits {
		m.waits = true
		b.news = append(b.news, m)
	}
	b.loaded.Changed++
	b.counts[r.area.Path].Changed++
}

// house finds the household of a new person among those known and those of this batch, or makes one.
func (b *roster) house(h *household) outbreak.HouseholdID {
	id, ok := b.houses[h.ukey]
	if !ok {
		id = outbreak.New[outbreak.HouseholdID](b.ids)
		h.id = id
		b.houses[h.ukey] = id
		b.homes = append(b.homes, h)
	}
	return id
}

func (b *roster) write() error {
	for _, path := range slices.Sorted(maps.Keys(b.roll)) {
		if err := b.roll[path].keep(b.tx); err != nil {
			return err
		}
	}
	if err := b.blind.insertHouseholds(b.tx, b.homes); err != nil {
		return err
	}
	return b.keep(b.tx, b.state, b.blind, b.news)
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
		return mark{"document", i.DocumentKind + "\x00" + i.Document}
	}
	said := fmt.Sprintf("%q %q %q %q %q %q %q %q %q", n.Area, n.Household, n.Building, n.Door, n.Sex, i.Name, i.Birth, i.Phone, i.Address)
	if i.Birth == "" && n.BirthYear != 0 {
		said += fmt.Sprintf(" %d", n.BirthYear) // two of one door, told apart by their ages alone, are two people
	}
	return mark{"row", said}
}

// keys gives with which keys a transaction writes.
func (s *Service) keys(tx *store.Tx) (keyState, blind, error) {
	state, err := s.vault.stateOf(tx)
	if err != nil {
		return state, blind{}, err
	}
	b, err := s.vault.blindOf(state)
	return state, b, err
}

// peopleBy finds the people who are known by their keys, identities opened, by the form of their keys that is written today.
func (s *Service) peopleBy(tx *store.Tx, eyes blind, marks []mark) (map[string]*member, error) {
	found := make(map[string]*member, len(marks))
	forms := eyes.ukeys(marks)
	err := inParts(slices.Collect(maps.Keys(forms)), func(in string, args []any) error {
		return store.Each(tx, func(r store.Row) error {
			var m member
			var onRoll int64
			var b box
			if err := r.Scan(&m.ID, &m.No, &onRoll, &m.AreaID, &m.Area, &m.Household, &m.Sex, &m.BirthYear, &m.MergedInto, &m.ukey, &b.sealed, &b.wrapped, &b.by); err != nil {
				return err
			}
			m.OnRoll = onRoll != 0
			var err error
			m.identity, err = s.unseal(m.ID, b)
			m.ukey = forms[m.ukey]
			found[m.ukey] = &m
			return err
		}, "select "+personColumns+", ukey, sealed, wrapped, wrapped_by from person where ukey in ("+in+")", args...)
	})
	if err != nil {
		return nil, fmt.Errorf("looking for people who are known: %w", err)
	}
	return found, nil
}

// newPerson is somebody nobody knew, still without number and household.
func (s *Service) newPerson(a Area, n NewPerson) Person {
	return Person{ID: outbreak.New[outbreak.PersonID](s.ids), AreaID: a.ID, Area: a.Path, Sex: n.Sex, BirthYear: n.birthYear()}
}

// keep writes people who are new and people who changed, seals their identities and files their blind index.
func (s *Service) keep(tx *store.Tx, state keyState, eyes blind, people []*member) error {
	var added, tokens [][]any
	var changed []outbreak.PersonID
	var names []nameOf
	for _, m := range people {
		sealed, wrapped, t, err := s.sealed(state, eyes, m.ID, m.identity)
		if err != nil {
			return err
		}
		tokens = append(tokens, t...)
		names = append(names, nameOf{m.ID, m.AreaID, m.identity.Name})
		if m.added {
			roll := 0
			if m.OnRoll {
				roll = 1
			}
			added = append(added, []any{m.ID, m.No, roll, m.AreaID, m.Area, m.Household, m.Sex, m.BirthYear, sealed, wrapped, state.master, m.ukey, eyes.newest(),
				namedBy, outbreak.RetainIdentity, tx.Now, tx.Now})
			continue
		}
		changed = append(changed, m.ID)
		if err := tx.Must("update person set sealed = $1, wrapped = $2, wrapped_by = $3, sex = $4, birth_year = $5, named_by = $6, recorded_at = $7 where id = $8",
			sealed, wrapped, state.master, m.Sex, m.BirthYear, namedBy, tx.Now, m.ID); err != nil {
			return err
		}
	}
	columns := []string{"id", "no", "on_roll", "area_id", "area", "household", "sex", "birth_year", "sealed", "wrapped", "wrapped_by", "ukey",
		"index_by", "named_by", "retention",
		"registered_at", "recorded_at"}
	if _, err := tx.Insert("person", columns, nil, added); err != nil {
		return fmt.Errorf("writing people: %w", err)
	}
	if err := dropEntries(tx, changed); err != nil {
		return err
	}
	if err := eyes.fileNames(tx, names); err != nil {
		return err
	}
	return fileEntries(tx, tokens)
}

// dropEntries takes people out of every blind index.
func dropEntries(tx *store.Tx, people []outbreak.PersonID) error {
	err := inParts(people, func(in string, args []any) error {
		_, err := tx.Exec("delete from identity_token where person in ("+in+")", args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("taking old index entries away: %w", err)
	}
	return dropNames(tx, people)
}

func fileEntries(tx *store.Tx, rows [][]any) error {
	index := []string{"kind", "token", "person"}
	if _, err := tx.Insert("identity_token", index, index, rows); err != nil {
		return fmt.Errorf("filing index entries: %w", err)
	}
	return nil
}

// sealed gives an identity under lock, its key wrapped, and the entries of the blind index; nothing for an empty one.
func (s *Service) sealed(state keyState, eyes blind, id outbreak.PersonID, i Identity) (sealed, wrapped any, tokens [][]any, err error) {
	if i.empty() {
		return nil, nil, nil, nil
	}
	plain, err := json.Marshal(i)
	if err != nil {
		return nil, nil, nil, err
	}
	b, err := s.vault.seal(id, plain, state.master)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("sealing an identity: %w", err)
	}
	return b.sealed, b.wrapped, eyes.entries(id, i), nil
}

// entries are the rows of the blind index for an identity.
func (b blind) entries(id outbreak.PersonID, i Identity) (rows [][]any) {
	if i.Document != "" {
		rows = append(rows, []any{i.DocumentKind, b.token(i.DocumentKind, i.Document), id})
	}
	if i.Phone != "" {
		rows = append(rows, []any{"phone", b.token("phone", i.Phone), id})
	}
	return rows
}

// inParts asks about many values a few hundred at a time; the same value is asked about once.
func inParts[T cmp.Ordered](values []T, ask func(in string, args []any) error) error {
	values = slices.Compact(slices.Sorted(slices.Values(values)))
	for part := range slices.Chunk(values, 400) {
		in, args := store.In(nil, part)
		if err := ask(in, args); err != nil {
			return err
		}
	}
	return nil
}
