package cases

import (
	"cmp"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// look reads the rule book and the numbers that were seen before.
func (b *batch) look() error {
	if _, ok, err := registry.OutbreakByID(b.tx, b.command.Outbreak); err != nil || !ok {
		return cmp.Or(err, error(outbreak.Refuse(outbreak.Invalid, "cases.no_outbreak")))
	}
	var err error
	if b.rules, err = b.registry.ProtocolOf(b.tx, b.command.Outbreak); err != nil {
		return err
	}
	if b.known, err = externals(b.tx, b.command.Outbreak, b.command.Party, b.numbers); err != nil {
		return err
	}
	var ids []outbreak.CaseID
	for _, x := range b.known {
		ids = append(ids, x.id)
	}
	seen, err := casesByID(b.tx, ids)
	for id, c := range seen {
		b.state[id] = &kept{was: c, now: c}
	}
	return err
}

// meet finds or makes the people of rows that are new, and the cases they have already.
func (b *batch) meet() error {
	for i, number := range b.numbers {
		if _, twice := b.first[number]; !twice {
			b.first[number] = i
		}
	}
	var err error
	b.people, err = b.arrivals.Keep(b.tx, b.by, func(i int) bool {
		_, before := b.known[b.numbers[i]]
		return before || b.first[b.numbers[i]] != i || b.wrong(i) != nil
	})
	if err != nil {
		return err
	}
	var ids []outbreak.PersonID
	for _, p := range b.people {
		if p.ID != 0 {
			ids = append(ids, p.ID)
		}
	}
	b.live = map[outbreak.PersonID]Case{}
	return store.Lookup(b.tx, func(r store.Row) error {
		c, err := scan(r)
		b.live[c.Person] = c
		return err
	}, store.Asked{Columns: columns, Table: "case_file", By: "person", And: "outbreak = $1 and live = 1", Args: []any{b.command.Outbreak}}, ids)
}

// wrong tells what is wrong with a row in itself: a fault keeps its person out as well.
func (b *batch) wrong(i int) error {
	values := b.command.Rows[i].Values
	for name := range values {
		if f, known := fieldCalled(name); !known || !f.Editable {
			return outbreak.Refuse(outbreak.Invalid, "cases.field_none", "field", name)
		}
	}
	_, err := Case{Listed: unlisted()}.with(values, time.UTC, b.tx.Now.Add(24*time.Hour))
	return err
}

// decide goes through the rows in their order: what a row finds is what the rows before it left.
func (b *batch) decide() error {
	var areas []outbreak.Path
	for _, p := range b.people {
		areas = append(areas, p.Area)
	}
	for _, k := range b.state {
		areas = append(areas, k.now.Area)
	}
	if err := b.zones.know(b.tx, areas); err != nil {
		return err
	}
	for i := range b.command.Rows {
		err := b.arrivals.Refused(i)
		if err == nil {
			err = b.wrong(i)
		}
		if err == nil {
			err = b.row(i)
		}
		if err != nil {
			if err := b.done.Rejected.Add(i, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// row decides what becomes of one row.
func (b *batch) row(i int) error {
	number, says := b.numbers[i], b.command.Rows[i]
	x, before := b.known[number]
	if before && x.mark == b.marks[i] {
		b.done.Repeated++
		b.done.Cases[i] = x.id
		return nil
	}
	k, fresh := b.state[x.id], false
	if !before {
		if b.people[i].ID == 0 {
			return outbreak.Refuse(outbreak.Conflict, "cases.row_first_refused")
		}
		k, fresh = b.ofPerson(b.people[i])
	}
	if err := b.require(k.now.Area); err != nil {
		return err
	}
	zone, err := b.zones.of(b.tx, k.now.Area)
	if err != nil {
		return err
	}
	news := says.Values
	switch {
	case before:
		news = since(x.said, says.Values)
	case !fresh:
		news = missing(ValuesOf(k.now, zone), says.Values)
	}
	now := k.now
	if now.State == Discarded && len(news) > 0 {
		return outbreak.Refuse(outbreak.Conflict, "cases.discarded")
	}
	if now, err = now.with(news, zone, b.tx.Now); err != nil {
		return err
	}
	if fresh {
		now = now.begin(says.Person, b.tx.Now)
		b.state[now.ID], b.live[now.Person] = k, now
		b.order = append(b.order, now.ID)
	}
	_, corrected := b.corrected[i]
	changed := now != k.now || len(says.Extra) > 0 || !before || corrected
	k.now = now
	if len(says.Extra) > 0 {
		k.extra = says.Extra
	}
	return b.remember(i, number, now, fresh, changed)
}

// ofPerson gives the case somebody has, of before or of this batch; fresh when it is new.
func (b *batch) ofPerson(p registry.Person) (k *kept, fresh bool) {
	if c, has := b.live[p.ID]; has {
		if b.state[c.ID] == nil {
			b.state[c.ID] = &kept{was: c, now: c}
		}
		return b.state[c.ID], false
	}
	c := Case{ID: outbreak.New[outbreak.CaseID](b.ids), Outbreak: b.command.Outbreak, Edition: b.rules.ID, Person: p.ID, Area: p.Area, Classification: outbreak.NotClassified,
		Via: outbreak.FoundUnknown, State: Open, RecordedAt: b.tx.Now, Listed: unlisted()}
	c.Followed, c.Batch = b.command.Followed, b.done.Batch
	if p.Sex != "" {
		c.Sex = p.Sex
	}
	return &kept{was: c, now: c, added: true}, true
}

// begin gives a new case what a row says between the lines: since when it was positive at the latest, and the age of somebody whose
// birth is known.
func (c Case) begin(p registry.NewPerson, now outbreak.Instant) Case {
	if c.PositiveAt == 0 {
		c.PositiveAt = cmp.Or(c.DiagnosedAt, c.SampledAt, c.ReportedAt, c.OnsetAt, now)
	}
	if c.Followed && c.Severity == "" {
		c.Severity = outbreak.Mild
	}
	at := cmp.Or(c.OnsetAt, c.PositiveAt).Time()
	if born, err := time.Parse(time.DateOnly, p.Identity.Birth); err == nil && c.AgeMonths < 0 {
		months := 12*(at.Year()-born.Year()) + int(at.Month()) - int(born.Month())
		if at.Day() < born.Day() {
			months--
		}
		if months >= 0 && months <= 12*oldest {
			c.AgeMonths = months
		}
	} else if years := at.Year() - p.BirthYear; c.AgeMonths < 0 && p.BirthYear != 0 && years >= 0 && years <= oldest {
		c.AgeMonths = 12 * years
	}
	return c
}

// since leaves what a row says differently from the last time.
func since(before, now Values) Values {
	news := Values{}
	for name, said := range now {
		if said != before[name] {
			news[name] = said
		}
	}
	for name, said := range before {
		if _, still := now[name]; !still && said != "" {
			news[name] = ""
		}
	}
	return news
}

// missing leaves what a row says of fields of which nothing is known yet.
func missing(have, said Values) Values {
	news := Values{}
	for name, v := range said {
		if !unknownText(name, v) && unknownText(name, have[name]) {
			news[name] = v
		}
	}
	return news
}

// require tells whether the actor may load cases of an area.
func (b *batch) require(area outbreak.Path) error {
	err, asked := b.may[area]
	if !asked {
		err = access.Require(b.by, access.CaseLoad, outbreak.Scope{Area: area, Outbreak: b.command.Outbreak})
		b.may[area] = err
	}
	return err
}

// remember notes what a number says now, and counts.
func (b *batch) remember(i int, number string, c Case, fresh, changed bool) error {
	said, err := b.saying(i)
	if err != nil {
		return err
	}
	b.known[number] = external{c.ID, b.marks[i], b.command.Rows[i].Values, b.who[i]}
	b.said = append(b.said, []any{b.command.Outbreak, b.command.Party, number, c.ID, b.marks[i], string(said), 0, "", b.tx.Now})
	b.done.Cases[i] = c.ID
	n := b.counts[c.Area]
	if n == nil {
		n = &outbreak.CasesLoaded{Scope: c.Scope(), Batch: b.done.Batch, Party: b.command.Party, Digest: b.digest}
		b.counts[c.Area] = n
	}
	switch {
	case fresh:
		b.done.Added, n.Added = b.done.Added+1, n.Added+1
	case changed:
		b.done.Changed, n.Changed = b.done.Changed+1, n.Changed+1
	default:
		b.done.Repeated++
	}
	return nil
}
