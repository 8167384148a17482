package screening

import (
	"cmp"
	"context"
	"math/bits"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// SetOp is what is asked of several rounds.
type SetOp string

// What may be asked: who was sampled in the first round and not in the second, the other way round, in each, in any, in none of
// them. None of the last rounds is who was missed so many times running.
const (
	FirstOnly  SetOp = "first_only"
	SecondOnly SetOp = "second_only"
	InAll      SetOp = "all"
	InAny      SetOp = "any"
	InNone     SetOp = "none"
)

// SetOps lists them.
var SetOps = []SetOp{FirstOnly, SecondOnly, InAll, InAny, InNone}

// SetQuestion compares rounds of one outbreak. It is about people who are on the roll of each of them now: whoever moved in between,
// or lives where one of them was not held, was not missed there.
type SetQuestion struct {
	Rounds []outbreak.RoundID `json:"rounds"`
	Op     SetOp              `json:"op"`
	Valid  bool               `json:"valid"` // a valid result counts, not the swab
}

// mostCompared is how many rounds are compared at once.
const mostCompared = 8

func (q SetQuestion) check() error {
	n := len(q.Rounds)
	if n < 2 || n > mostCompared {
		return outbreak.Refuse(outbreak.Invalid, "screening.sets_rounds", "most", mostCompared)
	}
	for i, id := range q.Rounds {
		if slices.Contains(q.Rounds[:i], id) {
			return outbreak.Refuse(outbreak.Invalid, "screening.sets_rounds", "most", mostCompared)
		}
	}
	if !slices.Contains(SetOps, q.Op) || n > 2 && (q.Op == FirstOnly || q.Op == SecondOnly) {
		return outbreak.Refuse(outbreak.Invalid, "screening.sets_op")
	}
	return nil
}

// SetAnswer counts by community.
type SetAnswer struct {
	AsOf        int64          `json:"as_of"`
	Rolls       []int          `json:"rolls"` // of each round, everywhere the asker sees
	Roll        int            `json:"roll"`  // on all of them
	People      int            `json:"people"`
	Communities []SetCommunity `json:"communities"`
}

// SetCommunity is one community of an answer.
type SetCommunity struct {
	Area   outbreak.Path `json:"area"`
	Roll   int           `json:"roll"`
	People int           `json:"people"`
}

// combined is the people of one range of numbers an answer is about.
type combined struct {
	first int64
	area  outbreak.Path
	roll  int
	who   []uint64
}

// combine answers a question for one range of numbers.
func (q SetQuestion) combine(of []*setRun) combined {
	c := combined{first: of[0].first, area: of[0].area, who: make([]uint64, len(of[0].on))}
	for w := range c.who {
		on, all, any := ^uint64(0), ^uint64(0), uint64(0)
		for _, r := range of {
			if w >= len(r.on) {
				on = 0
				break
			}
			hit := r.sampled[w]
			if q.Valid {
				hit = r.ok[w]
			}
			on, all, any = on&r.on[w], all&hit, any|hit
		}
		if on == 0 {
			continue
		}
		first := of[0].sampled[w]
		if q.Valid {
			first = of[0].ok[w]
		}
		var who uint64
		switch q.Op {
		case FirstOnly:
			who = first &^ all
		case SecondOnly:
			who = any &^ first
		case InAll:
			who = all
		case InAny:
			who = any
		case InNone:
			who = ^any
		}
		c.who[w] = who & on
		c.roll += bits.OnesCount64(on)
	}
	return c
}

// compare calls do for every range of numbers that all rounds of a question have and the asker sees, until it says stop.
func (q SetQuestion) compare(sets []*rollSet, sees func(outbreak.Path) bool, do func(combined) bool) {
	of := make([]*setRun, len(sets))
	for i := range sets[0].runs {
		of[0] = &sets[0].runs[i]
		if !sees(of[0].area) {
			continue
		}
		there := true
		for j, s := range sets[1:] {
			of[j+1] = s.run(of[0].first)
			there = there && of[j+1] != nil
		}
		if there && !do(q.combine(of)) {
			return
		}
	}
}

// question gives the rounds of a question as sets, and which communities the asker sees.
func (s *Service) question(ctx context.Context, by outbreak.Actor, q SetQuestion) (sets []*rollSet, sees1 func(outbreak.Path) bool, head int64, err error) {
	if err := q.check(); err != nil {
		return nil, nil, 0, err
	}
	if head, err = s.coverage.uptodate(ctx); err != nil {
		return nil, nil, 0, err
	}
	var ob outbreak.OutbreakID
	if err := s.db.Read(ctx, func(tx *store.Tx) error {
		for i, id := range q.Rounds {
			r, err := roundByID(tx, id)
			if err != nil {
				return err
			}
			if !sees(by, r) {
				return outbreak.Refuse(outbreak.NotFound, "screening.no_round")
			}
			if i > 0 && r.Outbreak != ob || r.State == Planned || r.State == Cancelled {
				return outbreak.Refuse(outbreak.Invalid, "screening.sets_rounds", "most", mostCompared)
			}
			ob = r.Outbreak
		}
		return nil
	}); err != nil {
		return nil, nil, 0, err
	}
	s.coverage.comparing.Lock()
	defer s.coverage.comparing.Unlock()
	for _, id := range q.Rounds {
		set, err := s.coverage.setOf(ctx, id)
		if err != nil {
			return nil, nil, 0, err
		}
		sets = append(sets, set)
	}
	return sets, func(area outbreak.Path) bool {
		return access.Can(by, access.RoundRead, outbreak.Scope{Area: area, Outbreak: ob})
	}, head, nil
}

// CompareRounds counts by community who was sampled in which of several rounds.
func (s *Service) CompareRounds(ctx context.Context, by outbreak.Actor, q SetQuestion) (a SetAnswer, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return a, err
	}
	sets, sees, head, err := s.question(ctx, by, q)
	if err != nil {
		return a, err
	}
	a.AsOf, a.Communities = head, []SetCommunity{}
	for _, set := range sets {
		n := 0
		for _, r := range set.runs {
			if sees(r.area) {
				n += count(r.on)
			}
		}
		a.Rolls = append(a.Rolls, n)
	}
	at := map[outbreak.Path]int{}
	q.compare(sets, sees, func(c combined) bool {
		i, known := at[c.area]
		if !known {
			i = len(a.Communities)
			at[c.area] = i
			a.Communities = append(a.Communities, SetCommunity{Area: c.area})
		}
		n := count(c.who)
		a.Communities[i].Roll += c.roll
		a.Communities[i].People += n
		a.Roll += c.roll
		a.People += n
		return true
	})
	slices.SortFunc(a.Communities, func(x, y SetCommunity) int { return cmp.Compare(x.Area, y.Area) })
	return a, nil
}

// ListCompared lists the people an answer counts below an area, by roll number after one.
func (s *Service) ListCompared(ctx context.Context, by outbreak.Actor, q SetQuestion, below outbreak.Path, after int64, most int) (people []registry.Person, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	sets, sees, _, err := s.question(ctx, by, q)
	if err != nil {
		return nil, err
	}
	var nos []int64
	q.compare(sets, func(area outbreak.Path) bool { return below.Contains(area) && sees(area) }, func(c combined) bool {
		for w, word := range c.who {
			for ; word != 0; word &= word - 1 {
				if no := c.first + int64(w<<6+bits.TrailingZeros64(word)); no > after {
					if nos = append(nos, no); len(nos) >= most {
						return false
					}
				}
			}
		}
		return true
	})
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		found, err := registry.PeopleByNo(tx, nos)
		for _, no := range nos {
			if p, ok := found[no]; ok {
				people = append(people, p)
			}
		}
		return err
	})
	return people, err
}
