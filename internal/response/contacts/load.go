package contacts

import (
	"context"
	"encoding/json"

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
	Wait                        bool   // of a number nobody has yet the link is kept until somebody does; else the row comes back
	Exposure, Setting, Relation string
	FirstAt, LastAt             outbreak.Instant
	Extra                       []Extra
}

// End is one end of a link: somebody whom the party's lists know by a number, a person as the list describes one, or whoever a case is
// about.
type End struct {
	Number string
	New    *registry.NewPerson // nil: somebody of whom the number alone is known has to be there already
	Case   outbreak.CaseID     // 0: none; else neither number nor description is asked
}

// LoadedLinks is what became of a batch of links.
type LoadedLinks struct {
	Batch    outbreak.BatchID    `json:"batch"`
	Added    int                 `json:"added"`
	Changed  int                 `json:"changed"`
	Repeated int                 `json:"repeated"`
	Waiting  int                 `json:"waiting"` // for somebody of their number
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
	cased  map[outbreak.CaseID]outbreak.PersonID
	waits  map[string]Waiting // of the list's links, by mark
	people []registry.Person  // arrived
	leader map[int]int        // of people who stand in the batch several times under one number: the first
	fresh  []string           // numbers that are kept with it
	where  map[outbreak.PersonID]registry.Person
	news   []Link
	extras []Link
	was    map[outbreak.LinkID]Link
	later  []Waiting // new, or waiting for somebody else now
	met    []outbreak.LinkID
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
