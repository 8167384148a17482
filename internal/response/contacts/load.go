package contacts

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// LoadLinks is a batch of links out of a list.
type LoadLinks struct {
	Key      string              `json:"-"`
	Turn     func() error        `json:"-"` // waits until the batch, which is ready by then, may be written; nil: at once
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Party    string              `json:"party"` // whose list it is
	Links    []LoadedLink        `json:"links"`
}

// LoadedLink is a row of a list of contacts.
type LoadedLink struct {
	From, To                    End
	Mark                        string // how the list knows the link
	Exposure, Setting, Relation string
	FirstAt, LastAt             outbreak.Instant
	Extra                       []Extra
}

// End is one end of a link: somebody whom the party's lists know by a number, or a person as the list describes one.
type End struct {
	Number string
	New    *registry.NewPerson // nil: somebody of whom the number alone is known has to be there already
}

// LoadedLinks is what became of a batch of links.
type LoadedLinks struct {
	Batch    outbreak.BatchID    `json:"batch"`
	Added    int                 `json:"added"`
	Changed  int                 `json:"changed"`
	Repeated int                 `json:"repeated"`
	Rejected outbreak.Rejections `json:"rejected"`
}

// LoadLinks takes links in. A link the list named before is repeated, or changed where it says something else now; one that was
// withdrawn stays so.
func (s *Service) LoadLinks(ctx context.Context, by outbreak.Actor, c LoadLinks) (LoadedLinks, error) {
	if err := access.RequireAnywhere(by, access.ContactLoad); err != nil {
		return LoadedLinks{}, err
	}
	said, err := json.Marshal(c)
	if err != nil {
		return LoadedLinks{}, err
	}
	request := struct{ Digest string }{s.registry.Digest("contacts", string(said))} // the kept request holds no names
	people, of := c.described()
	ready, err := s.registry.Arrive(ctx, by, access.ContactLoad, people)
	if err == nil && c.Turn != nil {
		err = c.Turn()
	}
	if err != nil {
		return LoadedLinks{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "contacts.LoadLinks", Key: c.Key}, request, func(tx *store.Tx) (LoadedLinks, error) {
		l := &loading{Service: s, tx: tx, by: by, c: c, ready: ready, of: of, counts: map[outbreak.Path]*outbreak.ContactsLoaded{}}
		l.out.Batch = outbreak.New[outbreak.BatchID](s.ids)
		for _, step := range []func() error{l.open, l.findKnown, l.arrive, l.decide, l.write} {
			if err := step(); err != nil {
				return l.out, err
			}
		}
		_, err := s.journal.Append(tx, by, l.events(request.Digest)...)
		return l.out, err
	})
}

// described lists the people a batch describes, and where each end's stands among them: from at 2i, to at 2i+1; -1 for none.
func (c LoadLinks) described() (people []registry.NewPerson, of []int) {
	of = make([]int, 2*len(c.Links))
	for i, l := range c.Links {
		for j, e := range []End{l.From, l.To} {
			if of[2*i+j] = -1; e.New != nil {
				of[2*i+j] = len(people)
				people = append(people, *e.New)
			}
		}
	}
	return people, of
}

// loading is a batch on its way in.
type loading struct {
	*Service
	tx     *store.Tx
	by     outbreak.Actor
	c      LoadLinks
	ready  *registry.Arrivals
	of     []int
	out    LoadedLinks
	before map[string]Link              // by mark
	known  map[string]outbreak.PersonID // by number
	people []registry.Person            // arrived
	leader map[int]int                  // of people who stand in the batch several times under one number: the first
	fresh  []string                     // numbers that are kept with it
	where  map[outbreak.PersonID]registry.Person
	news   []Link
	extras []Link
	was    map[outbreak.LinkID]Link
	counts map[outbreak.Path]*outbreak.ContactsLoaded
}

// open refuses a batch for an outbreak that is not there.
func (l *loading) open() error {
	_, is, err := registry.OutbreakByID(l.tx, l.c.Outbreak)
	if err == nil && !is {
		err = outbreak.Refuse(outbreak.Invalid, "contacts.no_outbreak")
	}
	return err
}

func (l *loading) end(at int) End {
	if at%2 == 0 {
		return l.c.Links[at/2].From
	}
	return l.c.Links[at/2].To
}

// findKnown finds the links the list named before, and the people it knows by numbers: cases first, for a contact may have become one.
func (l *loading) findKnown() (err error) {
	var marks, numbers []string
	for i, link := range l.c.Links {
		marks = append(marks, link.Mark)
		for _, e := range []End{l.end(2 * i), l.end(2*i + 1)} {
			if e.Number != "" {
				numbers = append(numbers, e.Number)
			}
		}
	}
	if l.before, err = byMark(l.tx, l.c.Outbreak, l.c.Party, marks); err != nil {
		return err
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	if l.known, err = numbered(l.tx, l.c.Outbreak, l.c.Party, numbers); err != nil {
		return err
	}
	cases, err := l.cases.PeopleNumbered(l.tx, l.c.Outbreak, l.c.Party, numbers)
	for number, person := range cases {
		l.known[number] = person
	}
	return err
}

// arrive keeps the people who are described and whom nobody knows yet: once where a number stands in several rows.
func (l *loading) arrive() (err error) {
	skip := map[int]bool{}
	l.leader = map[int]int{}
	first := map[string]int{}
	for at, person := range l.of {
		if person < 0 {
			continue
		}
		e := l.end(at)
		_, repeated := l.before[l.c.Links[at/2].Mark]
		_, known := l.known[e.Number]
		lead, twice := first[e.Number]
		switch {
		case known && e.Number != "", repeated && e.Number == "":
			skip[person] = true
		case twice && e.Number != "":
			skip[person], l.leader[person] = true, lead
		case e.Number != "" && l.ready.Refused(person) == nil && l.whole(at):
			first[e.Number] = person
			l.fresh = append(l.fresh, e.Number)
		case !l.whole(at):
			skip[person] = true
		}
	}
	l.people, err = l.ready.Keep(l.tx, l.by, func(i int) bool { return skip[i] })
	if err != nil {
		return err
	}
	for number, person := range first {
		l.known[number] = l.people[person].ID
	}
	if err := keepNumbers(l.tx, l.c.Outbreak, l.c.Party, l.known, l.fresh); err != nil {
		return err
	}
	var ids []outbreak.PersonID
	for _, id := range l.known {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	l.where, err = registry.PeopleByID(l.tx, slices.Compact(ids))
	return err
}

// whole tells whether the other end of a row can be found, too: of a row that comes back nobody is kept.
func (l *loading) whole(at int) bool {
	other := at ^ 1
	e, person := l.end(other), l.of[other]
	if _, known := l.known[e.Number]; known && e.Number != "" {
		return true
	}
	return person >= 0 && l.ready.Refused(person) == nil
}

// person finds who stands at an end.
func (l *loading) person(at int) (registry.Person, error) {
	e, i := l.end(at), l.of[at]
	if id, known := l.known[e.Number]; known && e.Number != "" {
		if p, is := l.where[id]; is {
			return p, nil
		}
		return registry.Person{}, fmt.Errorf("the person %s of a number is not there", id)
	}
	if i < 0 {
		return registry.Person{}, outbreak.Refuse(outbreak.Invalid, "contacts.number_unknown")
	}
	if err := l.ready.Refused(i); err != nil {
		return registry.Person{}, err
	}
	return l.people[i], nil
}

// decide goes through the rows in their order.
func (l *loading) decide() error {
	l.was = map[outbreak.LinkID]Link{}
	for i, row := range l.c.Links {
		before, repeated := l.before[row.Mark]
		link, err := l.link(i, row, before, repeated)
		if err != nil {
			if err := l.out.Rejected.Add(i, err); err != nil {
				return err
			}
			continue
		}
		switch {
		case repeated && (before.says() == link.says() || before.WithdrawnAt != 0):
			l.out.Repeated++
			continue
		case repeated:
			link.ID, link.Version, link.RecordedAt = before.ID, before.Version+1, before.RecordedAt
			if _, twice := l.was[link.ID]; !twice {
				l.was[link.ID] = before
			}
			l.out.Changed++
		default:
			link.ID, link.Version, link.RecordedAt = outbreak.New[outbreak.LinkID](l.ids), 1, l.tx.Now
			l.news = append(l.news, link)
			l.out.Added++
		}
		l.before[row.Mark] = link
		l.extras = append(l.extras, link)
		l.count(link, repeated)
	}
	return nil
}

func (l *loading) link(i int, row LoadedLink, before Link, repeated bool) (Link, error) {
	link := Link{Outbreak: l.c.Outbreak, Party: l.c.Party, mark: row.Mark, batch: l.out.Batch, Exposure: row.Exposure, Setting: row.Setting, Relation: row.Relation, FirstAt: row.FirstAt, LastAt: row.LastAt, Extra: row.Extra}
	if repeated { // whoever has no number was kept when the row came first
		link.From, link.To, link.Area = before.From, before.To, before.Area
	}
	for j, into := range []*outbreak.PersonID{&link.From, &link.To} {
		if repeated && l.end(2*i+j).Number == "" {
			continue
		}
		p, err := l.person(2*i + j)
		if err != nil {
			return link, err
		}
		if *into = p.ID; j == 1 {
			link.Area = p.Area
		}
	}
	if row.Mark == "" {
		return link, outbreak.Refuse(outbreak.Invalid, "contacts.mark_missing")
	}
	if err := access.Require(l.by, access.ContactLoad, link.Scope()); err != nil {
		return link, err
	}
	return link, link.check(l.tx.Now)
}

func (l *loading) count(link Link, repeated bool) {
	e := l.counts[link.Area]
	if e == nil {
		e = &outbreak.ContactsLoaded{Scope: link.Scope(), Batch: l.out.Batch, Party: l.c.Party}
		l.counts[link.Area] = e
	}
	if repeated {
		e.Changed++
	} else {
		e.Added++
	}
}

// events tell of each area how many links came or changed.
func (l *loading) events(digest string) (events []outbreak.Event) {
	paths := make([]outbreak.Path, 0, len(l.counts))
	for p := range l.counts {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	for _, p := range paths {
		l.counts[p].Digest = digest
		events = append(events, *l.counts[p])
	}
	return events
}

// write seals what is to be sealed and keeps everything.
func (l *loading) write() error {
	boxes, err := l.seal()
	if err != nil {
		return err
	}
	if len(l.news) > 0 {
		sealed := make([][]byte, len(l.news))
		for i, link := range l.news {
			sealed[i] = boxes[link.ID]
		}
		if err := keepLinks(l.tx, l.news, sealed); err != nil {
			return err
		}
	}
	for _, link := range l.extras {
		if was, changed := l.was[link.ID]; changed && l.before[link.mark].Version == link.Version {
			if err := change(l.tx, l.by, was, link, boxes[link.ID]); err != nil {
				return err
			}
		}
	}
	return keepExtra(l.tx, l.extras)
}

// seal closes what lists say beyond our fields under the keys of those who were exposed, one person's links together.
func (l *loading) seal() (map[outbreak.LinkID][]byte, error) {
	boxes := map[outbreak.LinkID][]byte{}
	for waiting := l.extras; len(waiting) > 0; {
		texts, of := map[outbreak.PersonID][]byte{}, map[outbreak.PersonID]outbreak.LinkID{}
		var later []Link
		for _, link := range waiting {
			closed := slices.DeleteFunc(slices.Clone(link.Extra), func(e Extra) bool { return e.Open })
			if len(closed) == 0 {
				continue
			}
			if _, taken := texts[link.To]; taken {
				later = append(later, link)
				continue
			}
			text, err := json.Marshal(closed)
			if err != nil {
				return nil, err
			}
			texts[link.To], of[link.To] = text, link.ID
		}
		if len(texts) > 0 {
			sealed, err := l.registry.SealAbout(l.tx, texts)
			if err != nil {
				return nil, err
			}
			for person, box := range sealed {
				boxes[of[person]] = box
			}
		}
		waiting = later
	}
	return boxes, nil
}
