package cases

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// LoadCases is a batch of rows of somebody's line list.
type LoadCases struct {
	Key      string              `json:"-"`
	Turn     func() error        `json:"-"` // waits until the batch, which is ready by then, may be written; nil: at once
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Party    string              `json:"party"`    // whose list it is; empty: our own
	Followed bool                `json:"followed"` // reports, investigations and beds are still owed here; false: for the record
	Rows     []LoadedCase        `json:"rows"`
}

// LoadedCase is what a row says.
type LoadedCase struct {
	Person   registry.NewPerson `json:"person"`
	External string             `json:"external"` // its number in that list; empty: the row is known again by what it says
	Nth      int                `json:"nth"`      // without a number: how many rows before it in the list say the very same
	Values   Values             `json:"values"`   // what is not said is left out or empty
	Extra    []Extra            `json:"extra"`    // fields that are none of ours
}

// Extra is a field of a list that is none of ours.
type Extra struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Open  bool   `json:"open,omitempty"` // somebody declared that it tells nothing about who it is; else it is sealed
}

// LoadedCases is what became of a batch. Each row is added, changed, repeated or rejected.
type LoadedCases struct {
	Batch    outbreak.BatchID    `json:"batch"`
	Added    int                 `json:"added"`
	Changed  int                 `json:"changed"`
	Repeated int                 `json:"repeated"`
	Rejected outbreak.Rejections `json:"rejected"`
	Cases    []outbreak.CaseID   `json:"cases"` // of each row; 0: rejected
}

// LoadCases takes rows of a line list in. A row whose number was seen before changes what it says differently from the last time,
// and leaves alone what was corrected here since; the same row again changes nothing. Somebody known by document with a live case
// of the outbreak keeps that case, and the row fills in what is not known of it. Rows that are wrong come back with a reason.
func (s *Service) LoadCases(ctx context.Context, by outbreak.Actor, c LoadCases) (LoadedCases, error) {
	if err := access.RequireAnywhere(by, access.CaseLoad); err != nil {
		return LoadedCases{}, err
	}
	b := &batch{Service: s, by: by, command: c, marks: make([]string, len(c.Rows)), numbers: make([]string, len(c.Rows))}
	if err := b.mark(); err != nil {
		return LoadedCases{}, err
	}
	people := make([]registry.NewPerson, len(c.Rows))
	for i := range c.Rows {
		people[i] = c.Rows[i].Person
	}
	var err error
	if b.arrivals, err = s.registry.Arrive(ctx, by, access.CaseLoad, people); err == nil && c.Turn != nil {
		err = c.Turn()
	}
	if err != nil {
		return LoadedCases{}, err
	}
	request := struct {
		Outbreak outbreak.OutbreakID
		Party    string
		Digest   string
	}{c.Outbreak, c.Party, b.digest} // the kept request holds no names
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "cases.LoadCases", Key: c.Key}, request, func(tx *store.Tx) (LoadedCases, error) {
		x := *b // a closure may run twice
		err := x.load(tx)
		return x.done, err
	})
}

// batch is a batch of rows on its way into the tables.
type batch struct {
	*Service
	by       outbreak.Actor
	command  LoadCases
	arrivals *registry.Arrivals
	marks    []string // of each row, of all it says
	numbers  []string // by which it is known again
	digest   string   // of all rows

	tx     *store.Tx
	done   LoadedCases
	rules  outbreak.Protocol
	zones  zones
	known  map[string]external
	first  map[string]int // rows of this batch by number
	people []registry.Person
	live   map[outbreak.PersonID]Case
	state  map[outbreak.CaseID]*kept // cases of this batch's rows
	order  []outbreak.CaseID
	said   [][]any // rows of case_external
	may    map[outbreak.Path]error
	counts map[outbreak.Path]*outbreak.CasesLoaded
}

// kept is a case in the hands of a batch.
type kept struct {
	was, now Case
	added    bool
	extra    []Extra
}

// external is what is known of a number in a party's list.
type external struct {
	id   outbreak.CaseID
	mark string
	said Values
}

// mark makes the digests rows are known again by.
func (b *batch) mark() error {
	var all []byte
	for i, r := range b.command.Rows {
		nth := r.Nth
		r.Nth = 0
		text, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("reading a row of a line list: %w", err)
		}
		b.marks[i] = b.registry.Digest("case row", string(text))
		b.numbers[i] = r.External
		if r.External == "" {
			b.numbers[i] = fmt.Sprintf("row %s %d", b.marks[i], nth)
		}
		all = append(all, b.marks[i]...)
	}
	b.digest = b.registry.Digest("case rows", string(all))
	return nil
}

func (b *batch) load(tx *store.Tx) error {
	b.tx, b.zones, b.first, b.state = tx, zones{}, map[string]int{}, map[outbreak.CaseID]*kept{}
	b.may, b.counts = map[outbreak.Path]error{}, map[outbreak.Path]*outbreak.CasesLoaded{}
	b.done = LoadedCases{Batch: outbreak.New[outbreak.BatchID](b.ids), Cases: make([]outbreak.CaseID, len(b.command.Rows))}
	for _, step := range []func() error{b.look, b.meet, b.decide, b.write} {
		if err := step(); err != nil {
			return err
		}
	}
	slices.SortStableFunc(b.done.Rejected, func(x, y outbreak.Rejection) int { return cmp.Compare(x.Row, y.Row) })
	return nil
}

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
	for part := range slices.Chunk(ids, store.MostGiven) {
		in, args := store.In([]any{b.command.Outbreak}, part)
		list, err := store.List(b.tx, scan, "select "+columns+" from case_file where outbreak = $1 and live = 1 and person in ("+in+")", args...)
		if err != nil {
			return err
		}
		for _, c := range list {
			b.live[c.Person] = c
		}
	}
	return nil
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
	changed := now != k.now || len(says.Extra) > 0 || !before
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
	said, err := json.Marshal(b.command.Rows[i].Values)
	if err != nil {
		return err
	}
	b.known[number] = external{c.ID, b.marks[i], b.command.Rows[i].Values}
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

// write writes the batch with few statements.
func (b *batch) write() error {
	var fresh []Case
	owed := map[outbreak.CaseID][]Step{}
	var changes []change
	for _, id := range b.order {
		c := b.state[id].now
		fresh = append(fresh, c)
		if c.Followed {
			owed[id] = c.owed(b.rules)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(b.state)) {
		if k := b.state[id]; !k.added && k.now != k.was {
			changes = append(changes, change{k.was, k.now})
		}
	}
	if err := insert(b.tx, fresh, owed); err != nil {
		return fmt.Errorf("opening the cases of a list: %w", err)
	}
	changed, err := keep(b.tx, b.by, changes, b.done.Batch, "")
	if err != nil {
		return err
	}
	if err := b.tx.Put("case_external", []string{"outbreak", "party", "number", "case_id", "mark", "said", "reported_at", "receipt", "recorded_at"}, "outbreak, party, number", lastOf(b.said, 3)); err != nil {
		return err
	}
	if err := b.keepExtra(); err != nil {
		return err
	}
	return b.tell(fresh, owed, changes, changed)
}

// tell writes what the journal and the tasks have to have.
func (b *batch) tell(fresh []Case, owed map[outbreak.CaseID][]Step, changes []change, changed []Case) error {
	var events []outbreak.Event
	for _, path := range slices.Sorted(maps.Keys(b.counts)) {
		if n := b.counts[path]; n.Added+n.Changed > 0 {
			events = append(events, *n)
		}
	}
	was := map[outbreak.CaseID]Case{}
	for _, x := range changes {
		was[x.was.ID] = x.was
	}
	for _, c := range changed {
		events = append(events, (&editor{by: b.by}).classified(b.tx, was[c.ID], c)...)
	}
	if len(events) > 0 {
		if _, err := b.journal.Append(b.tx, b.by, events...); err != nil {
			return err
		}
	}
	for _, c := range fresh {
		if !c.Followed {
			continue
		}
		if err := b.begun(b.tx, b.by, c, owed[c.ID]); err != nil {
			return err
		}
	}
	return nil
}

// keepExtra keeps the fields of the list that are none of ours: the open ones as they are, the others under the person's key.
func (b *batch) keepExtra() error {
	var open [][]any
	var alone []outbreak.CaseID // of whom the extra fields alone say something new
	texts, of := map[outbreak.PersonID][]byte{}, map[outbreak.PersonID]outbreak.CaseID{}
	for _, id := range slices.Sorted(maps.Keys(b.state)) {
		k := b.state[id]
		var shut []Extra
		for _, x := range k.extra {
			if x.Open {
				open = append(open, []any{id, x.Name, x.Value})
			} else {
				shut = append(shut, x)
			}
		}
		if len(shut) < len(k.extra) && !k.added && k.now == k.was {
			alone = append(alone, id)
		}
		if len(shut) == 0 {
			continue
		}
		text, err := json.Marshal(shut)
		if err != nil {
			return err
		}
		texts[k.now.Person], of[k.now.Person] = text, id
	}
	if err := b.tx.Put("case_extra", []string{"case_id", "field", "value"}, "case_id, field", lastOf(open, 2)); err != nil {
		return err
	}
	if err := touch(b.tx, alone); err != nil || len(texts) == 0 {
		return err
	}
	sealed, err := b.registry.SealAbout(b.tx, texts)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, person := range slices.Sorted(maps.Keys(sealed)) {
		rows = append(rows, []any{of[person], sealed[person]})
	}
	return b.tx.Put("case_more", []string{"case_id", "sealed"}, "case_id", rows)
}

// lastOf leaves the last of rows with the same key, which are their first columns: no statement may touch one row twice.
func lastOf(rows [][]any, key int) (last [][]any) {
	at := map[string]int{}
	for _, r := range rows {
		key := fmt.Sprintf("%q", r[:key])
		if i, twice := at[key]; twice {
			last[i] = r
			continue
		}
		at[key] = len(last)
		last = append(last, r)
	}
	return last
}

// externals reads what is known of numbers of a party's list.
func externals(tx *store.Tx, ob outbreak.OutbreakID, party string, numbers []string) (map[string]external, error) {
	known := make(map[string]external, len(numbers))
	for part := range slices.Chunk(numbers, store.MostGiven) {
		in, args := store.In([]any{ob, party}, part)
		if err := store.Each(tx, func(r store.Row) error {
			var number, said string
			var x external
			if err := r.Scan(&number, &x.id, &x.mark, &said); err != nil {
				return err
			}
			known[number] = x
			err := json.Unmarshal([]byte(said), &x.said)
			known[number] = x
			return err
		}, "select number, case_id, mark, said from case_external where outbreak = $1 and party = $2 and number in ("+in+")", args...); err != nil {
			return nil, err
		}
	}
	return known, nil
}
