package screening

import (
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// BoothPlace gives where a sampling point is and what it is called. It asks for no permission: another slice uses it within its own
// transaction.
func (s *Service) BoothPlace(tx *store.Tx, id outbreak.BoothID) (outbreak.Scope, string, error) {
	b, err := boothByID(tx, id)
	return outbreak.Scope{Area: b.Area, Outbreak: b.Outbreak}, b.Name, err
}

// EachUse calls do for what was used up with each tube of a hand-in, by the rows of the table of tubes. A correction uses nothing;
// more members put into a tube take swabs and no tube. Like BoothPlace it asks for no permission.
func (s *Service) EachUse(tx *store.Tx, first, last int64, do func(outbreak.PointUse)) error {
	rows, kept := s.last.of(first, last)
	if !kept {
		var err error
		if rows, err = bareRows(tx, first-1, last); err != nil {
			return err
		}
	}
	for _, r := range rows {
		u := outbreak.PointUse{Booth: r.Booth, At: r.Taken, Swabs: len(r.Members)}
		switch r.kind &^ opPaper {
		case opClose:
			u.Tubes = 1
		case opAmend:
			continue
		}
		do(u)
	}
	return nil
}

// LastRow gives the last row of the table of tubes. Like BoothPlace it asks for no permission.
func (s *Service) LastRow(tx *store.Tx) (int64, error) {
	return store.Count(tx, "select coalesce(max(seq), 0) from tube")
}

// KitsOut gives how many antigen kits were handed out in each area. Like BoothPlace it asks for no permission.
func (s *Service) KitsOut(tx *store.Tx) (map[outbreak.Path]int, error) {
	kits := map[outbreak.Path]int{}
	err := store.Each(tx, func(r store.Row) error {
		var area outbreak.Path
		var n int
		err := r.Scan(&area, &n)
		kits[area] = n
		return err
	}, "select area, cast(sum(kits) as bigint) from kit_handout group by area")
	return kits, err
}

// PointNeeds gives what each sampling point still has to do in the rounds that are open there: the people below its area who are
// owed a swab, shared with the other points that reach them, and the tubes they take. Like BoothPlace it asks for no permission.
func (s *Service) PointNeeds(tx *store.Tx) (map[outbreak.BoothID]outbreak.PointNeed, error) {
	ids, err := store.List(tx, store.Value[outbreak.RoundID], "select id from round where state = $1 order by id", Open)
	if err != nil {
		return nil, err
	}
	needs := map[outbreak.BoothID]outbreak.PointNeed{}
	for _, id := range ids {
		r, err := roundByID(tx, id)
		if err != nil {
			return nil, err
		}
		if r.Closes <= tx.Now {
			continue
		}
		booths, err := boothsOf(tx, r)
		if err != nil {
			return nil, err
		}
		rules, _ := s.registry.Protocol(r.Edition)
		people := s.shares(r, booths)
		for _, b := range booths {
			n := needs[b.ID]
			n.Scope = outbreak.Scope{Area: b.Area, Outbreak: b.Outbreak}
			pool := max(r.poolOf(b, rules).Pool, 1)
			n.People += people[b.Area]
			n.Tubes += (people[b.Area] + pool - 1) / pool
			n.Closes = max(n.Closes, r.Closes)
			needs[b.ID] = n
		}
	}
	return needs, nil
}

// shares gives how many people each sampling point of an area still has to swab in a round: the points of an area, of those around it
// and of those within share the people below.
func (s *Service) shares(r Round, booths []Booth) map[outbreak.Path]int {
	in, below := map[outbreak.Path]int{}, map[outbreak.Path]int{}
	for _, b := range booths {
		in[b.Area]++
		for at := b.Area; at != ""; at = at.Parent() {
			below[at]++
		}
	}
	owed := s.coverage.owedBelow(r)
	people := make(map[outbreak.Path]int, len(in))
	for area := range in {
		beside := below[area]
		for at := area.Parent(); at != ""; at = at.Parent() {
			beside += in[at]
		}
		people[area] = (owed[area] + beside - 1) / beside
	}
	return people
}

// owedBelow counts the people of a round who are owed a swab, below every area.
func (c *Coverage) owedBelow(r Round) map[outbreak.Path]int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	sums := map[outbreak.Path]int{}
	v := c.rounds[r.ID]
	if v == nil {
		return sums
	}
	for _, run := range v.runs {
		owed := 0
		for i, n := range run.counts {
			if o := outbreak.Outcomes[i]; o == outbreak.Unknown || o == outbreak.SampleAgain {
				owed += n
			}
		}
		if owed == 0 || !r.reaches(run.area) {
			continue
		}
		for at := run.area; at != ""; at = at.Parent() {
			sums[at] += owed
		}
	}
	return sums
}
