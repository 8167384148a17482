package screening

import (
	"cmp"
	"context"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// missing are the outcomes of people a round still has to find: seen by nobody, to be sampled again, and those who were not at home
// or could not be reached, who are tried again. Whoever is excused or refused is left in peace.
var missing = []outbreak.Outcome{outbreak.Unknown, outbreak.SampleAgain, outbreak.Away, outbreak.Unreachable}

// MissingOutcomes lists them for a form.
func MissingOutcomes() []outbreak.Outcome { return slices.Clone(missing) }

// Missing is one person of a round who is missing, and the door.
type Missing struct {
	Standing
	registry.Home
	Sheet DoorNumber `json:"sheet"` // the door sheet the person is on that is out; empty: none
}

// MissingFilter cuts the list of the missing.
type MissingFilter struct {
	Below     outbreak.Path
	Building  string // its name
	Unhoused  bool   // those whose building nobody said
	Household outbreak.HouseholdID
	Outcome   outbreak.Outcome // empty: all who are missing
	After     int64            // roll number
	Most      int
}

func (f MissingFilter) outcomes() ([]outbreak.Outcome, error) {
	if f.Outcome == "" {
		return missing, nil
	}
	if !slices.Contains(missing, f.Outcome) {
		return nil, outbreak.Refuse(outbreak.Invalid, "screening.outcome_word", "no", 0)
	}
	return []outbreak.Outcome{f.Outcome}, nil
}

// ListMissing lists who is missing in a round, by roll number.
func (s *Service) ListMissing(ctx context.Context, by outbreak.Actor, id outbreak.RoundID, f MissingFilter) (list []Missing, err error) {
	if err := access.RequireAnywhere(by, access.OutcomeRecord); err != nil {
		return nil, err
	}
	outcomes, err := f.outcomes()
	if err != nil {
		return nil, err
	}
	if _, err := s.coverage.need(ctx, id); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		r, err := roundByID(tx, id)
		if err != nil {
			return err
		}
		nos, err := s.missingNos(tx, r, s.reach(by, access.OutcomeRecord, r, f.Below), f, outcomes)
		if err != nil {
			return err
		}
		list, err = s.missingPeople(tx, r, nos)
		return err
	})
	return list, err
}

// missingNos finds the numbers of those who are missing.
func (s *Service) missingNos(tx *store.Tx, r Round, areas []outbreak.Path, f MissingFilter, outcomes []outbreak.Outcome) (nos []int64, err error) {
	switch {
	case f.Household != 0:
		nos, err = registry.NosOf(tx, f.Household)
	case f.Building != "" || f.Unhoused:
		for _, area := range areas {
			some, err := registry.NosAt(tx, area, f.Building)
			if err != nil {
				return nil, err
			}
			nos = append(nos, some...)
		}
		slices.Sort(nos)
		nos = slices.Compact(nos)
	default:
		return s.coverage.listAny(r.ID, areas, outcomes, f.After, f.Most), nil
	}
	return s.coverage.among(r.ID, areas, outcomes, nos, f.After, f.Most), err
}

// missingPeople tells of numbers who they are, where they live, and on which sheet they are.
func (s *Service) missingPeople(tx *store.Tx, r Round, nos []int64) ([]Missing, error) {
	people, err := registry.PeopleByNo(tx, nos)
	if err != nil {
		return nil, err
	}
	homes, err := registry.HomesOf(tx, nos)
	if err != nil {
		return nil, err
	}
	sheets, err := sheetsOut(tx, r.ID, nos)
	if err != nil {
		return nil, err
	}
	list := make([]Missing, 0, len(nos))
	for _, no := range nos {
		list = append(list, Missing{Standing: Standing{people[no], s.coverage.standing(r.ID, no)}, Home: homes[no], Sheet: sheets[no]})
	}
	return list, nil
}

// MissingBuilding is how many people are missing in one building.
type MissingBuilding struct {
	Area       outbreak.Path `json:"area"`
	Building   string        `json:"building"` // empty: nobody said
	Households int           `json:"households"`
	People     int           `json:"people"`
	OnSheets   int           `json:"on_sheets"` // of them on door sheets that are out
}

// mostGrouped is how many people are looked at to tell buildings apart: enough for the largest communities at the first door.
const mostGrouped = 20_000

// ListMissingBuildings counts who is missing by building below an area, which must be small enough that each can be looked at.
func (s *Service) ListMissingBuildings(ctx context.Context, by outbreak.Actor, id outbreak.RoundID, below outbreak.Path) (list []MissingBuilding, err error) {
	if err := access.RequireAnywhere(by, access.OutcomeRecord); err != nil {
		return nil, err
	}
	err = s.inRound(ctx, id, func(tx *store.Tx, r Round) error {
		nos := s.coverage.listAny(id, s.reach(by, access.OutcomeRecord, r, below), missing, 0, mostGrouped+1)
		if len(nos) > mostGrouped {
			return outbreak.Refuse(outbreak.Invalid, "screening.missing_many", "most", mostGrouped)
		}
		people, err := s.missingPeople(tx, r, nos)
		list = byBuilding(people)
		return err
	})
	return list, err
}

// byBuilding counts the missing of each building, in the order of a walk.
func byBuilding(people []Missing) []MissingBuilding {
	type at struct {
		area     outbreak.Path
		building string
	}
	counts := map[at]*MissingBuilding{}
	homes := map[outbreak.HouseholdID]bool{}
	for _, m := range people {
		b := counts[at{m.Area, m.Building}]
		if b == nil {
			b = &MissingBuilding{Area: m.Area, Building: m.Building}
			counts[at{m.Area, m.Building}] = b
		}
		b.People++
		if m.Sheet != "" {
			b.OnSheets++
		}
		if m.Home.Household == 0 || !homes[m.Home.Household] {
			b.Households++
			homes[m.Home.Household] = true
		}
	}
	list := make([]MissingBuilding, 0, len(counts))
	for _, b := range counts {
		list = append(list, *b)
	}
	slices.SortFunc(list, func(a, b MissingBuilding) int {
		return cmp.Or(cmp.Compare(a.Area, b.Area), natural(a.Building, b.Building))
	})
	return list
}
