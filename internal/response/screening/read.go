package screening

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// RoundStatus is a round with where its people stand.
type RoundStatus struct {
	Round
	Outcomes map[outbreak.Outcome]int `json:"outcomes"` // they sum to RollNow
	RollNow  int                      `json:"roll_now"`
	WalkIns  int                      `json:"walk_ins"` // in tubes, not on the roll of the round
	Tubes    int                      `json:"tubes"`
	Recalls  map[string]int           `json:"recalls"` // by state
	AsOf     int64                    `json:"as_of"`   // journal entry
}

// Sampled counts people with a tube: one of the two coverages, never mixed with the other.
func (r RoundStatus) Sampled() int {
	return r.Outcomes[outbreak.ValidResult] + r.Outcomes[outbreak.Awaiting] + r.Outcomes[outbreak.SampleAgain]
}

// ListRounds lists the rounds the actor may see, the newest first.
func (s *Service) ListRounds(ctx context.Context, by outbreak.Actor) (rounds []Round, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		all, err := store.List(tx, scanRound, "select "+roundColumns+" from round order by opens desc, id desc")
		if err != nil {
			return err
		}
		for _, r := range all {
			if !sees(by, r) {
				continue
			}
			if err := withAreas(tx, &r); err != nil {
				return err
			}
			rounds = append(rounds, r)
		}
		return nil
	})
	return rounds, err
}

// sees tells whether some part of the round lies within the actor's reach, or the actor within the round.
func sees(by outbreak.Actor, r Round) bool {
	for _, reach := range access.Reach(by, access.RoundRead) {
		if (reach.Outbreak == 0 || reach.Outbreak == r.Outbreak) && (reach.Area.Contains(r.Area) || r.Area.Contains(reach.Area)) {
			return true
		}
	}
	return false
}

// FindRound gives a round and where its people stand, as far as the journal's head of this moment. Who sees a part of the
// round gets the figures of that part.
func (s *Service) FindRound(ctx context.Context, by outbreak.Actor, id outbreak.RoundID, below outbreak.Path) (st RoundStatus, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return st, err
	}
	if st.AsOf, err = s.coverage.need(ctx, id); err != nil {
		return st, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if st.Round, err = roundByID(tx, id); err != nil {
			return err
		}
		if !sees(by, st.Round) {
			return outbreak.Refuse(outbreak.NotFound, "screening.no_round")
		}
		areas := s.reach(by, access.RoundRead, st.Round, below)
		st.Outcomes = s.coverage.outcomes(id, areas)
		for _, n := range st.Outcomes {
			st.RollNow += n
		}
		st.WalkIns = len(s.coverage.offRoll(id))
		st.Tubes, st.Recalls = s.coverage.tubes(id), map[string]int{}
		return store.Each(tx, func(r store.Row) error {
			var state string
			var n int
			if err := r.Scan(&state, &n); err != nil {
				return err
			}
			st.Recalls[state] = n
			return nil
		}, "select state, count(*) from recall where round = $1 group by state", id)
	})
	return st, err
}

// inRound reads something of a round, once the coverage knows it.
func (s *Service) inRound(ctx context.Context, id outbreak.RoundID, do func(*store.Tx, Round) error) error {
	if _, err := s.coverage.need(ctx, id); err != nil {
		return err
	}
	return s.db.Read(ctx, func(tx *store.Tx) error {
		r, err := roundByID(tx, id)
		if err != nil {
			return err
		}
		return do(tx, r)
	})
}

// reach cuts the areas of a round to where the actor holds a permission, below a path.
func (s *Service) reach(by outbreak.Actor, may access.Permission, r Round, below outbreak.Path) []outbreak.Path {
	var areas []outbreak.Path
	for _, g := range access.Reach(by, may) {
		if g.Outbreak != 0 && g.Outbreak != r.Outbreak {
			continue
		}
		for _, a := range r.Areas {
			for _, p := range []outbreak.Path{a, g.Area, below} {
				if a.Contains(p) && g.Area.Contains(p) && below.Contains(p) && !slices.Contains(areas, p) {
					areas = append(areas, p)
				}
			}
		}
	}
	return areas
}

// Standing is one person of a round and where the person stands.
type Standing struct {
	registry.Person
	Outcome outbreak.Outcome `json:"outcome"`
}

// ListStanding lists the people of a round who stand in an outcome below an area, by roll number after one: the rows behind
// each figure of the round.
func (s *Service) ListStanding(ctx context.Context, by outbreak.Actor, id outbreak.RoundID, below outbreak.Path, outcome outbreak.Outcome, after int64, most int) (people []Standing, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	if _, known := outcomeIndex[outcome]; !known {
		return nil, outbreak.Refuse(outbreak.Invalid, "screening.outcome_word", "no", 0)
	}
	if _, err := s.coverage.need(ctx, id); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		r, err := roundByID(tx, id)
		if err != nil {
			return err
		}
		for _, area := range s.reach(by, access.RoundRead, r, below) {
			nos := s.coverage.list(id, area, outcome, after, most-len(people))
			found, err := registry.PeopleByNo(tx, nos)
			if err != nil {
				return err
			}
			for _, no := range nos {
				people = append(people, Standing{found[no], outcome})
			}
			if len(people) >= most {
				break
			}
		}
		return nil
	})
	return people, err
}

// CommunityStatus is where the people of one community stand.
type CommunityStatus struct {
	Area     outbreak.Path            `json:"area"`
	Outcomes map[outbreak.Outcome]int `json:"outcomes"`
}

// ListCommunities lists where the people of each community of a round stand.
func (s *Service) ListCommunities(ctx context.Context, by outbreak.Actor, id outbreak.RoundID) (list []CommunityStatus, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	err = s.inRound(ctx, id, func(tx *store.Tx, r Round) error {
		for path, outcomes := range s.coverage.byCommunity(id) {
			if access.Can(by, access.RoundRead, outbreak.Scope{Area: path, Outbreak: r.Outbreak}) {
				list = append(list, CommunityStatus{path, outcomes})
			}
		}
		slices.SortFunc(list, func(a, b CommunityStatus) int {
			if a.Area < b.Area {
				return -1
			}
			return 1
		})
		return nil
	})
	return list, err
}

// ListBooths lists the sampling points the actor may see.
func (s *Service) ListBooths(ctx context.Context, by outbreak.Actor) (booths []Booth, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.RoundRead, "", nil)
		booths, err = store.List(tx, scanBooth, "select "+boothColumns+" from booth where "+cond+" order by area, name", args...)
		return err
	})
	return booths, err
}

// within writes a condition that cuts rows with a column of paths to areas and what lies below them, and the arguments with its
// own behind them.
func within(areas []outbreak.Path, column string, args []any) (string, []any) {
	var any []string
	for _, a := range areas {
		args = append(args, a, a.Upto())
		any = append(any, fmt.Sprintf("%[1]s >= $%[2]d and %[1]s < $%[3]d", column, len(args)-1, len(args)))
	}
	if any == nil {
		return "1 = 0", args
	}
	return "(" + strings.Join(any, " or ") + ")", args
}
