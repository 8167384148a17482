package registry

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// What one search may cost and one user may ask. Whoever needs more people at once has the roll.
const (
	mostFound     = 20               // people in an answer
	mostOpened    = 80               // boxes opened to compare exactly
	mostAreas     = 2000             // communities that are searched at once: each has digests of its own
	searchesShort = 30               // searches of a user in searchSpan
	searchSpan    = 10 * time.Minute // on the wall clock
	searchesDay   = 300              // searches of a user in a day
)

// SearchPeople is the command that looks for people by name.
type SearchPeople struct {
	Name      string        `json:"name"`
	Below     outbreak.Path `json:"below"`      // where; empty: wherever the actor may open identities
	BirthYear int           `json:"birth_year"` // 0: whatever it is
}

// How well a name fits what was asked.
const (
	SameName  = "same"  // the name, but for the way it is written
	SameSound = "sound" // it is read the same
	PartName  = "part"  // some characters or words are the same
)

// Match is somebody whose name fits. The name itself is shown only by ReadIdentity.
type Match struct {
	Person
	Fits string `json:"fits"`
}

// Found is what a search came to.
type Found struct {
	Matches []Match `json:"matches"` // the best first
	More    bool    `json:"more"`    // there are more than are shown: ask with more of the name
}

// SearchPeople finds people by name, by how it is read or by a part of it, within the areas where the actor may open identities
// and for the purpose he names. One entry of the journal says who searched, why and how many were found; what was typed is
// kept nowhere. Who searches too often has to wait.
func (s *Service) SearchPeople(ctx context.Context, by outbreak.Actor, c SearchPeople) (Found, error) {
	if err := access.RequireAnywhere(by, access.PersonIdentity); err != nil {
		return Found{}, err
	}
	if by.Purpose == outbreak.PurposeNone {
		return Found{}, outbreak.Refuse(outbreak.Forbidden, "registry.purpose_missing")
	}
	asked := askedParts(c.Name)
	if len(asked) == 0 {
		return Found{}, outbreak.Refuse(outbreak.Invalid, "registry.name_short")
	}
	var found Found
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		if err := s.spendSearch(tx, by); err != nil {
			return err
		}
		areas, err := searched(tx, by, c.Below)
		if err != nil {
			return err
		}
		if found, err = s.search(tx, asked, areas, c.BirthYear); err != nil {
			return err
		}
		_, err = s.journal.Append(tx, by, outbreak.IdentitySearched{Scope: outbreak.Scope{Area: c.Below}, Purpose: by.Purpose, Found: len(found.Matches)})
		return err
	})
	return found, err
}

// spendSearch takes one search off the user's allowance, or refuses until when he has one again.
func (s *Service) spendSearch(tx *store.Tx, by outbreak.Actor) error {
	now := outbreak.WallClock{}.Now()
	if _, err := tx.Exec("delete from name_search where actor = $1 and at < $2", by.String(), now.Add(-24*time.Hour)); err != nil {
		return err
	}
	spent, err := store.List(tx, store.Value[outbreak.Instant], "select at from name_search where actor = $1 order by at desc", by.String())
	if err != nil {
		return err
	}
	for _, limit := range []struct {
		most int
		span time.Duration
	}{{searchesShort, searchSpan}, {searchesDay, 24 * time.Hour}} {
		if len(spent) < limit.most {
			continue
		}
		if free := spent[limit.most-1].Add(limit.span); free > now {
			wait := free.Sub(now)
			e := outbreak.Refuse(outbreak.Busy, "registry.searches_spent", "minutes", int(wait/time.Minute)+1)
			e.RetryAfter = wait
			return e
		}
	}
	return tx.Must("insert into name_search (id, actor, at) values ($1, $2, $3)", outbreak.New[outbreak.ID[struct{}]](s.ids), by.String(), now)
}

// searched lists the areas below a path where the actor may open identities.
func searched(tx *store.Tx, by outbreak.Actor, below outbreak.Path) ([]outbreak.AreaID, error) {
	within := map[outbreak.AreaID]bool{}
	for _, reach := range access.Reach(by, access.PersonIdentity) {
		path := reach.Area
		switch {
		case path.Contains(below):
			path = below
		case !below.Contains(path):
			continue
		}
		areas, err := AreasBelow(tx, path, "", mostAreas+1)
		if err != nil {
			return nil, err
		}
		for _, a := range areas {
			within[a.ID] = true
		}
	}
	if len(within) > mostAreas {
		return nil, outbreak.Refuse(outbreak.Invalid, "registry.search_wide", "most", mostAreas)
	}
	if len(within) == 0 {
		return nil, outbreak.Refuse(outbreak.Forbidden, "access.outside_scope", "permission", string(access.PersonIdentity))
	}
	return slices.Sorted(maps.Keys(within)), nil
}

// hit is somebody some digests lead to.
type hit struct {
	Person
	score int
	best  partKind
}

func (s *Service) search(tx *store.Tx, asked []part, areas []outbreak.AreaID, year int) (Found, error) {
	hits, err := s.hits(tx, asked, areas)
	if err != nil {
		return Found{}, fmt.Errorf("looking for digests of a name: %w", err)
	}
	ranked, err := rank(tx, hits, areas, year)
	if err != nil {
		return Found{}, err
	}
	found := Found{More: len(ranked) > mostOpened}
	sure, err := s.compare(tx, asked, ranked[:min(len(ranked), mostOpened)])
	if err != nil {
		return Found{}, err
	}
	found.More = found.More || len(sure) > mostFound
	for _, h := range sure[:min(len(sure), mostFound)] {
		fits := map[partKind]string{wholeName: SameName, soundName: SameSound}[h.best]
		found.Matches = append(found.Matches, Match{h.Person, cmp.Or(fits, PartName)})
	}
	return found, nil
}

// hits counts what leads to whom, by number.
func (s *Service) hits(tx *store.Tx, asked []part, areas []outbreak.AreaID) (map[int64]*hit, error) {
	_, eyes, err := s.keys(tx)
	if err != nil {
		return nil, err
	}
	lies, err := nameAreas(tx, areas)
	if err != nil {
		return nil, err
	}
	type lead struct {
		digest uint32
		kind   partKind
	}
	leads := map[int64][]lead{} // by the portion they lie in
	for _, area := range areas {
		if lies[area].entries == 0 && lies[area].tail == 0 {
			continue
		}
		for _, p := range asked {
			for _, digest := range eyes.askedDigests(p, area) {
				at := lies[area].portion(area, digest)
				leads[at] = append(leads[at], lead{digest, p.kind})
				if lies[area].tail > 0 {
					leads[tailOf(area)] = append(leads[tailOf(area)], lead{digest, p.kind})
				}
			}
		}
	}
	hits := map[int64]*hit{}
	err = inParts(slices.Collect(maps.Keys(leads)), func(in string, args []any) error {
		found := map[int64][]entry{}
		if err := store.Each(tx, into(found), "select id, entries from name_entry where id in ("+in+")", args...); err != nil {
			return err
		}
		for at, list := range found {
			for _, l := range leads[at] {
				for _, e := range withDigest(list, l.digest) {
					if hits[e.no()] == nil {
						hits[e.no()] = &hit{}
					}
					hits[e.no()].score += weight[l.kind]
				}
			}
		}
		return nil
	})
	return hits, err
}

// rank reads the people and puts those first to whom most leads; what a collision of digests brought from elsewhere goes.
func rank(tx *store.Tx, hits map[int64]*hit, areas []outbreak.AreaID, year int) (ranked []hit, err error) {
	people, err := PeopleByNo(tx, slices.Sorted(maps.Keys(hits)))
	if err != nil {
		return nil, err
	}
	for no, p := range people {
		_, inside := slices.BinarySearch(areas, p.AreaID)
		if inside && (year == 0 || p.BirthYear == year) {
			ranked = append(ranked, hit{Person: p, score: hits[no].score})
		}
	}
	slices.SortFunc(ranked, func(a, b hit) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.ID, b.ID)) })
	return ranked, nil
}

// compare opens boxes and keeps those whose name does share with what was asked what its digests said.
func (s *Service) compare(tx *store.Tx, asked []part, hits []hit) (sure []hit, err error) {
	for _, h := range hits {
		i, err := s.identity(tx, h.ID)
		if err != nil {
			return nil, err
		}
		h.score, h.best = shared(asked, partsOf(i.Name))
		if h.score > 0 {
			sure = append(sure, h)
		}
	}
	slices.SortStableFunc(sure, func(a, b hit) int { return cmp.Compare(b.score, a.score) })
	return sure, nil
}

// shared weighs what two names have in common and gives the weightiest part.
func shared(asked, of []part) (score int, best partKind) {
	for _, p := range asked {
		if slices.Contains(of, p) {
			score += weight[p.kind]
			if weight[p.kind] > weight[best] {
				best = p.kind
			}
		}
	}
	return score, best
}
