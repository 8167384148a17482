package screening

import (
	"slices"
	"sync"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// owed remembers who is owed something a swab may answer, and which tubes somebody has already spoken of: of the thousands of
// tubes that come in a second, only these have to be looked up. It may hold too much, never too little: it is read from the
// tables, told by whoever asks for something in this process, and reads in the journal what other processes asked.
type owed struct {
	mu     sync.Mutex
	at     int64 // journal entry it is complete up to
	nos    map[int64]bool
	tubes  map[outbreak.TubeCode]bool
	unread []outbreak.PersonID // who was added by id
}

// person notes somebody who is owed a swab or a result.
func (o *owed) person(ids ...outbreak.PersonID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.unread = append(o.unread, ids...)
}

// tube notes a tube that somebody spoke of.
func (o *owed) tube(code outbreak.TubeCode) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.tubes == nil {
		o.tubes = map[outbreak.TubeCode]bool{}
	}
	o.tubes[code] = true
}

var owedKinds = []string{"SampleAgainAsked", "MemberHeld", "AnomalyRaised", "TubeSpoiled", "PeopleMerged", "SelfTestReported"}

// readIn marks a commit in which the memory was brought up to date: nobody else writes meanwhile, and who writes in it tells.
type readIn struct{}

// Mark has nothing to undo.
func (readIn) Mark() func() { return func() {} }

// read brings the memory up to what the transaction sees.
func (o *owed) read(tx *store.Tx) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.nos == nil {
		if err := o.first(tx); err != nil {
			return err
		}
	}
	for most := 1000; tx.Kept(readIn{}) == nil; {
		entries, upto, err := journal.Since(tx, o.at, owedKinds, most)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := o.hear(e); err != nil {
				return err
			}
		}
		if o.at = upto; len(entries) < most {
			tx.Keep(readIn{}, readIn{})
		}
	}
	return o.number(tx)
}

// first reads the tables.
func (o *owed) first(tx *store.Tx) error {
	at, err := journal.Written(tx)
	if err != nil {
		return err
	}
	people, err := store.List(tx, store.Value[outbreak.PersonID], "select person from sample_again where met_at = 0 union select person from recall_member where ended_at = 0 union select person from self_test where result = 'positive' and followed_at = 0")
	if err != nil {
		return err
	}
	tubes, err := store.List(tx, store.Value[outbreak.TubeCode], "select tube from anomaly where what = $1 and verdict <> $2 union select tube from tube_spoiled union select tube from recall", Orphan, handedIn)
	if err != nil {
		return err
	}
	o.nos = map[int64]bool{}
	if o.tubes == nil {
		o.tubes = map[outbreak.TubeCode]bool{}
	}
	for _, t := range tubes {
		o.tubes[t] = true
	}
	o.unread = append(o.unread, people...)
	o.at = at
	return nil
}

// hear takes over what an entry asks for.
func (o *owed) hear(e outbreak.Entry) error {
	switch e.Kind {
	case "SampleAgainAsked":
		return outbreak.On(e, func(a outbreak.SampleAgainAsked) error { o.unread = append(o.unread, a.Person); return nil })
	case "MemberHeld":
		return outbreak.On(e, func(m outbreak.MemberHeld) error { o.unread = append(o.unread, m.Person); return nil })
	case "SelfTestReported":
		return outbreak.On(e, func(r outbreak.SelfTestReported) error {
			if r.Result == outbreak.Positive {
				o.unread = append(o.unread, r.Person)
			}
			return nil
		})
	case "AnomalyRaised":
		return outbreak.On(e, func(a outbreak.AnomalyRaised) error {
			if a.What == Orphan {
				o.tubes[a.Tube] = true
			}
			return nil
		})
	case "TubeSpoiled":
		return outbreak.On(e, func(t outbreak.TubeSpoiled) error { o.tubes[t.Tube] = true; return nil })
	}
	return outbreak.On(e, func(m outbreak.PeopleMerged) error { o.unread = append(o.unread, m.People...); return nil })
}

// number turns people into all their numbers.
func (o *owed) number(tx *store.Tx) error {
	if len(o.unread) == 0 {
		return nil
	}
	people, err := registry.PeopleByID(tx, o.unread)
	if err != nil {
		return err
	}
	nos := make([]int64, 0, len(people))
	for _, p := range people {
		nos = append(nos, p.No)
	}
	groups, err := registry.NosTogether(tx, nos)
	if err != nil {
		return err
	}
	for _, g := range groups {
		nos = append(nos, g...)
	}
	for _, no := range nos {
		o.nos[no] = true
	}
	o.unread = nil
	return nil
}

// concern tells whether anything is owed to anybody in a tube, or was said of it.
func (o *owed) concern(t Tube) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.tubes[t.Code] {
		return true
	}
	return slices.ContainsFunc(t.Members, func(m Member) bool { return o.nos[m.No] })
}
