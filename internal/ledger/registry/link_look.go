package registry

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"breakwater/internal/engine/linkage"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// How far is looked for who may be the same person.
const (
	mostSharing  = 100 // people who share a key and are still compared because of it
	mostCompared = 150 // people somebody who comes is compared with
	mostAtHome   = 6   // people of one telephone who are taken for a household
)

// linking finds who may be the same person as those who come: through the keys of those who are filed, and through documents,
// telephones and names of everybody. It is made ready outside the transaction, on all processors; what was filed meanwhile is looked
// at in it.
type linking struct {
	*Service
	eyes   blind
	judge  *judge
	spread spread
	comers []*comer
	upto   int64                            // of link_filed: who was filed later was not looked at
	met    map[outbreak.PersonID][]int      // who may be somebody who comes, and whom
	count  []int                            // how many each who comes is compared with
	filed  map[int64]int                    // how many are filed under a digest that is looked for
	lines  map[int64]int                    // how many have a telephone
	crowds map[int64]linkage.KeyKind        // digests that too many share
	there  map[outbreak.PersonID]*candidate // who was opened
	pairs  []judged
	asked  map[int64][]int // who comes, by all they may share with somebody who was filed meanwhile
	inTurn bool            // in the transaction that writes, where memory learns nothing
}

// candidate is somebody who is there.
type candidate struct {
	Person
	box    box
	record linkage.Prepared
	empty  bool
}

func (s *Service) newLinking(eyes blind, j *judge, spread spread, comers []*comer) *linking {
	return &linking{Service: s, eyes: eyes, judge: j, spread: spread, comers: comers, met: map[outbreak.PersonID][]int{}, count: make([]int, len(comers)),
		filed: map[int64]int{}, lines: map[int64]int{}, crowds: map[int64]linkage.KeyKind{}, there: map[outbreak.PersonID]*candidate{}}
}

// meet notes that two may be one person.
func (l *linking) meet(id outbreak.PersonID, at int) {
	if l.comers[at].ID == id || l.count[at] >= mostCompared || slices.Contains(l.met[id], at) {
		return
	}
	l.met[id] = append(l.met[id], at)
	l.count[at]++
}

// look asks who shares something with those who come; what leads to few first.
func (l *linking) look(tx *store.Tx) (err error) {
	if l.upto, err = lastFiled(tx); err != nil {
		return err
	}
	if !l.inTurn {
		if err := l.keysKnown.follow(tx); err != nil {
			return err
		}
	}
	for _, ask := range []func(*store.Tx) error{l.byDocument, l.byPhone, l.byKeys, l.byName} {
		if err := ask(tx); err != nil {
			return fmt.Errorf("looking for who may be the same person: %w", err)
		}
	}
	if err := l.fetch(tx, slices.Sorted(maps.Keys(l.met))); err != nil {
		return err
	}
	maps.DeleteFunc(l.met, func(id outbreak.PersonID, _ []int) bool { return l.there[id] == nil }) // memory is further than this picture: the turn to write sees them
	return nil
}

func (l *linking) byDocument(tx *store.Tx) error {
	papers := map[string][]int{}
	forms := map[string]string{}
	for at, c := range l.comers {
		for form := range c.papers {
			papers[form], forms[form] = append(papers[form], at), form
		}
	}
	found := func(form string, id outbreak.PersonID) {
		for _, at := range papers[form] {
			l.meet(id, at)
		}
	}
	if err := store.Lookup(tx, func(r store.Row) error {
		var form string
		var id outbreak.PersonID
		err := r.Scan(&form, &id)
		found(form, id)
		return err
	}, store.Asked{Columns: "document_key, id", Table: "person", By: "document_key", And: "document_key <> ''"}, slices.Collect(maps.Keys(forms))); err != nil {
		return err
	}
	return eachKnown(tx, forms, func(m *member, _ box) error {
		found(m.ukey, m.ID)
		return nil
	})
}

// byPhone leaves out telephones of whole companies.
func (l *linking) byPhone(tx *store.Tx) error {
	lines := map[int64][]int{}
	for at, c := range l.comers {
		for _, form := range c.phones {
			lines[form] = append(lines[form], at)
		}
	}
	if err := store.Lookup(tx, func(r store.Row) error {
		var form int64
		var n int
		err := r.Scan(&form, &n)
		if n > 0 {
			l.lines[form] = n
		}
		return err
	}, store.Asked{Columns: "coalesce(max(phone_key), 0), count(*)", Table: "person", By: "phone_key", And: "phone_key <> 0", Grouped: true}, slices.Collect(maps.Keys(lines))); err != nil {
		return err
	}
	var few []int64
	for form, n := range l.lines {
		if n > mostSharing {
			l.crowds[form] = "phone"
			continue
		}
		few = append(few, form)
	}
	return store.Lookup(tx, func(r store.Row) error {
		var form int64
		var id outbreak.PersonID
		err := r.Scan(&form, &id)
		for _, at := range lines[form] {
			l.meet(id, at)
		}
		return err
	}, store.Asked{Columns: "phone_key, id", Table: "person", By: "phone_key", And: "phone_key <> 0"}, few)
}

// byKeys looks the digests up that are filed. One that is full is not followed.
func (l *linking) byKeys(*store.Tx) error {
	asked := map[int64][]int{}
	kinds := map[int64]linkage.KeyKind{}
	for at, c := range l.comers {
		per := 1
		if len(c.kinds) > 0 {
			per = len(c.forms) / len(c.kinds)
		}
		for i, form := range c.forms {
			asked[form], kinds[form] = append(asked[form], at), c.kinds[i/per]
		}
	}
	found, upto := l.keysKnown.filedUnder(slices.Collect(maps.Keys(asked)))
	l.upto = min(l.upto, upto)
	for _, form := range sortedBy(found, func(a, b int64) int { return cmp.Or(cmp.Compare(len(found[a]), len(found[b])), cmp.Compare(a, b)) }) {
		l.filed[form] = len(found[form])
		if len(found[form]) >= mostSharing {
			l.crowds[form] = kinds[form]
			continue
		}
		for _, id := range found[form] {
			for _, at := range asked[form] {
				l.meet(id, at)
			}
		}
	}
	return nil
}

func sortedBy[K comparable, V any](m map[K]V, by func(a, b K) int) []K {
	return slices.SortedFunc(maps.Keys(m), by)
}

// byName looks in the index of names of the area in which somebody lives.
func (l *linking) byName(tx *store.Tx) error {
	asked := map[outbreak.AreaID]map[uint32][]int{}
	for at, c := range l.comers {
		for _, n := range c.names {
			if asked[c.AreaID] == nil {
				asked[c.AreaID] = map[uint32][]int{}
			}
			asked[c.AreaID][n.digest] = append(asked[c.AreaID][n.digest], at)
		}
	}
	lies, err := nameAreas(tx, slices.Collect(maps.Keys(asked)))
	if err != nil {
		return err
	}
	tails, err := tailsOf(tx, lies)
	if err != nil {
		return err
	}
	var ids []int64
	for area, digests := range asked {
		if lies[area].entries > 0 {
			for digest := range digests {
				ids = append(ids, lies[area].portion(area, digest))
			}
		}
	}
	lists, err := portions(tx, ids)
	if err != nil {
		return err
	}
	bearers := map[int64][]int{}
	for area, digests := range asked {
		for digest, who := range digests {
			same := slices.Clone(withDigest(tails[area], digest))
			if lies[area].entries > 0 {
				same = append(same, withDigest(lists[lies[area].portion(area, digest)], digest)...)
			}
			if len(same) > mostSharing {
				l.crowds[int64(area)<<32|int64(digest)] = "name, area"
				continue
			}
			for _, e := range same {
				bearers[e.no()] = append(bearers[e.no()], who...)
			}
		}
	}
	return store.Lookup(tx, func(r store.Row) error {
		var no int64
		var id outbreak.PersonID
		err := r.Scan(&no, &id)
		for _, at := range bearers[no] {
			l.meet(id, at)
		}
		return err
	}, store.Asked{Columns: "no, id", Table: "person", By: "no"}, slices.Collect(maps.Keys(bearers)))
}

// withDigest gives the run of entries of one digest in a portion, which is in order.
func withDigest(list []entry, digest uint32) []entry {
	from, _ := slices.BinarySearch(list, newEntry(digest, 0))
	upto := from
	for upto < len(list) && list[upto].digest() == digest {
		upto++
	}
	return list[from:upto]
}

// fetch reads who is there, boxes shut.
func (l *linking) fetch(tx *store.Tx, ids []outbreak.PersonID) error {
	return store.Lookup(tx, func(r store.Row) error {
		c := &candidate{}
		p, err := scanPerson(rowWith{r, []any{&c.box.sealed, &c.box.wrapped, &c.box.by}})
		c.Person, c.empty = p, c.box.sealed == nil
		l.there[p.ID] = c
		return err
	}, store.Asked{Columns: personColumns + ", sealed, wrapped, wrapped_by", Table: "person", By: "id"}, ids)
}
