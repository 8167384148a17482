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

// ListTubes lists the tubes of a round in the order they came in, after the one with a sequence (Tube.Seq), with the members of
// all their operations.
func (s *Service) ListTubes(ctx context.Context, by outbreak.Actor, id outbreak.RoundID, after int64, most int) (tubes []Tube, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		r, err := roundByID(tx, id)
		if err != nil {
			return err
		}
		reach := s.reach(by, access.RoundRead, r, "")
		after = max(after, r.tubeBefore)
		where, args, err := tubesWithin(tx, reach)
		if err != nil {
			return err
		}
		for len(tubes) < most {
			rows, err := tubePage(tx, id, after, most-len(tubes), where, args)
			if err != nil {
				return err
			}
			if len(rows) == 0 {
				break
			}
			after = rows[len(rows)-1].seq
			first, err := firstRows(tx, rows)
			if err != nil {
				return err
			}
			tubes = append(tubes, first...)
		}
		return markSpoiled(tx, tubes)
	})
	return tubes, err
}

// fewAreas is how many areas are looked into one by one; the tubes of more are looked for in the order they came in.
const fewAreas = 100

// tubesWithin writes a condition that cuts tubes (t) to those issued in areas, and those nobody issued that were filled there.
func tubesWithin(tx *store.Tx, areas []outbreak.Path) (string, []any, error) {
	few, is, err := registry.FewBelow(tx, areas, fewAreas)
	if err != nil {
		return "", nil, err
	}
	filled, args := within(areas, "b.area", nil)
	filled = " and (t.area_id <> 0 or exists (select 1 from booth b where b.id = t.booth and " + filled + "))"
	if is {
		in, args := store.In(args, append(few, 0))
		return "t.area_id in (" + in + ")" + filled, args, nil
	}
	// asked for each tube: an engine that makes a list of the areas first reads and sorts the whole round for a page
	issued, args := within(areas, "a.path", args)
	return "(t.area_id = 0 or exists (select 1 from area a where a.id = t.area_id and " + issued + "))" + filled, args, nil
}

// tubePage reads the rows of a round behind one in the order they came in, cut by a condition of tubesWithin.
func tubePage(tx *store.Tx, round outbreak.RoundID, after int64, most int, where string, args []any) ([]tubeRow, error) {
	n := len(args)
	page := fmt.Sprintf("(select t.* from tube t where t.round = $%d and t.seq > $%d and %s order by t.seq limit $%d)", n+1, n+2, where, n+3)
	return store.List(tx, scanTubeRow, "select "+tubeColumns+" from "+page+" t join round r on r.id = t.round join booth b on b.id = t.booth order by t.seq",
		append(slices.Clone(args), round, after, most)...)
}

// firstRows gives the tubes that begin with one of some rows of a round, with the members of all their rows in it.
func firstRows(tx *store.Tx, rows []tubeRow) (tubes []Tube, err error) {
	keys := make([]tubeKey, 0, len(rows))
	for _, r := range rows {
		keys = append(keys, tubeKey{r.AreaID, r.Code})
	}
	found, err := tubeRowsOf(tx, keys)
	if err != nil {
		return nil, err
	}
	all := map[tubeKey][]tubeRow{}
	for _, r := range found {
		if r.Round == rows[0].Round {
			all[tubeKey{r.AreaID, r.Code}] = append(all[tubeKey{r.AreaID, r.Code}], r)
		}
	}
	for _, r := range rows {
		of := all[tubeKey{r.AreaID, r.Code}]
		if len(of) == 0 || of[0].seq != r.seq {
			continue
		}
		t := of[0].Tube
		t.Seq = r.seq
		for _, x := range of[1:] {
			t.add(x.Members)
		}
		tubes = append(tubes, t)
	}
	return tubes, nil
}

// ListSpoiled lists the tubes of a round that give no result, by code.
func (s *Service) ListSpoiled(ctx context.Context, by outbreak.Actor, id outbreak.RoundID) (tubes []Tube, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		spoiled, err := store.List(tx, func(r store.Row) (t Tube, err error) {
			err = r.Scan(&t.AreaID, &t.Code, &t.Spoiled)
			return t, err
		}, "select area_id, tube, reason from tube_spoiled where round = $1 order by tube", id)
		if err != nil {
			return err
		}
		for _, x := range spoiled {
			found, err := tubesByCode(tx, x.AreaID, []outbreak.TubeCode{x.Code})
			if err != nil {
				return err
			}
			if t, known := found[x.Code]; known && access.Can(by, access.RoundRead, t.Scope()) {
				t.Spoiled = x.Spoiled
				tubes = append(tubes, t)
			}
		}
		return nil
	})
	return tubes, err
}

// FindTube gives a tube with its members; a tube no booth has handed in is not found here, whatever a laboratory knows of it.
func (s *Service) FindTube(ctx context.Context, by outbreak.Actor, code outbreak.TubeCode) (t Tube, people map[int64]registry.Person, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return t, nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		box, err := registry.BoxOf(tx, code.Canonical())
		if err != nil {
			return err
		}
		var known bool
		if t, known, err = s.tube(tx, box, code.Canonical()); err != nil {
			return err
		}
		if !known || access.Require(by, access.RoundRead, t.Scope()) != nil {
			return outbreak.Refuse(outbreak.NotFound, "screening.no_tube")
		}
		people, err = peopleIn(tx, t)
		return err
	})
	return t, people, err
}

// ListRecalls lists the recalls in a state (empty: all), the oldest first, after a mark.
func (s *Service) ListRecalls(ctx context.Context, by outbreak.Actor, state string, after Mark, most int) (recalls []Recall, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.RoundRead, "", []any{after.At, after.Tube})
		cond += " and (opened_at > $1 or opened_at = $1 and tube > $2)"
		if state != "" {
			args = append(args, state)
			cond += fmt.Sprintf(" and state = $%d", len(args))
		}
		limit, args := store.In(args, []int{most})
		recalls, err = store.List(tx, scanRecall, "select "+recallColumns+" from recall where "+cond+" order by opened_at, tube limit "+limit, args...)
		return err
	})
	return recalls, err
}

// ListHeld lists the members of recalls after a mark: of one tube, or all who still wait, held the longest first.
func (s *Service) ListHeld(ctx context.Context, by outbreak.Actor, tube outbreak.TubeCode, after Mark, most int) (members []RecallMember, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.RoundRead, "", []any{after.At, after.Tube, after.No})
		cond += " and (held_at > $1 or held_at = $1 and (tube > $2 or tube = $2 and no > $3))"
		if tube != "" {
			args = append(args, tube.Canonical())
			cond += fmt.Sprintf(" and tube = $%d", len(args))
		} else {
			cond += " and ended_at = 0"
		}
		limit, args := store.In(args, []int{most})
		members, err = store.List(tx, scanMemberSaid, "select "+memberColumns+memberSaid+" from recall_member where "+cond+" order by held_at, tube, no limit "+limit, args...)
		return err
	})
	return members, err
}

// CountHeld counts everybody who was ever held in a round and who has been released.
func (s *Service) CountHeld(ctx context.Context, by outbreak.Actor) (held, released int64, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return 0, 0, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.RoundRead, "", nil)
		if held, err = store.Count(tx, "select count(*) from recall_member where "+cond, args...); err != nil {
			return err
		}
		released, err = store.Count(tx, "select count(*) from recall_member where held_to > 0 and "+cond, args...)
		return err
	})
	return held, released, err
}

// ListAgain lists the people owed a new swab after a mark, the longest first.
func (s *Service) ListAgain(ctx context.Context, by outbreak.Actor, after Mark, most int) (owed []Again, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.RoundRead, "", []any{after.At, after.Tube, after.No})
		limit, args := store.In(args, []int{most})
		owed, err = store.List(tx, scanAgain, "select "+againColumns+" from sample_again where met_at = 0 and (asked_at > $1 or asked_at = $1 and (tube > $2 or tube = $2 and no > $3)) and "+cond+" order by asked_at, tube, no limit "+limit, args...)
		return err
	})
	return owed, err
}

// ListAnomalies lists open anomalies of a kind (empty: all) or settled ones, the oldest first after one.
func (s *Service) ListAnomalies(ctx context.Context, by outbreak.Actor, what string, settled bool, after outbreak.AnomalyID, most int) (list []Anomaly, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.RoundRead, "", []any{after})
		if settled {
			cond += " and settled_at > 0"
		} else {
			cond += " and settled_at = 0"
		}
		if what != "" {
			args = append(args, what)
			cond += fmt.Sprintf(" and what = $%d", len(args))
		}
		limit, args := store.In(args, []int{most})
		list, err = store.List(tx, scanAnomaly, "select "+anomalyColumns+" from anomaly where id > $1 and "+cond+" order by id limit "+limit, args...)
		return err
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
