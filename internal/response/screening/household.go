package screening

import (
	"fmt"
	"strconv"
	"sync"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// zones knows which sampling points take one tube for each household. Neither a round's parts nor a sampling point's place ever
// change, and most rounds have no such part: they are looked up once.
type zones struct {
	mu     sync.Mutex
	rounds map[outbreak.RoundID]*Round // nil: no part of it takes tubes by households
	points map[roundBooth]bool
}

// byHousehold tells whether a sampling point takes one tube for each household in a round.
func (z *zones) byHousehold(tx *store.Tx, s *Service, round outbreak.RoundID, booth outbreak.BoothID) (bool, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	r, known := z.rounds[round]
	if !known {
		full, err := roundByID(tx, round)
		if err != nil {
			return false, err
		}
		for _, x := range full.Pools {
			if x.Household {
				r = &full
			}
		}
		if z.rounds == nil {
			z.rounds, z.points = map[outbreak.RoundID]*Round{}, map[roundBooth]bool{}
		}
		z.rounds[round] = r
	}
	if r == nil {
		return false, nil
	}
	at := roundBooth{round, booth}
	is, known := z.points[at]
	if !known {
		b, err := boothByID(tx, booth)
		if err != nil {
			return false, err
		}
		p, _ := s.registry.Protocol(r.Edition)
		is = r.poolOf(b, p).Household
		z.points[at] = is
	}
	return is, nil
}

// lookAtHouseholds raises tubes with people of several households, taken where each household has its own.
func (s *Service) lookAtHouseholds(tx *store.Tx, by outbreak.Actor, rows []tubeRow) error {
	for _, r := range rows {
		if len(r.Members) < 2 {
			continue
		}
		is, err := s.zones.byHousehold(tx, s, r.Round, r.Booth)
		if err != nil {
			return err
		}
		if !is {
			continue
		}
		nos := make([]int64, 0, len(r.Members))
		for _, m := range r.Members {
			nos = append(nos, m.No)
		}
		people, err := registry.PeopleByNo(tx, nos)
		if err != nil {
			return err
		}
		homes := map[outbreak.HouseholdID]bool{}
		for _, p := range people {
			if p.Household != 0 {
				homes[p.Household] = true
			}
		}
		if len(homes) < 2 {
			continue
		}
		if _, err := s.raise(tx, by, Anomaly{What: MixedHouseholds, Outbreak: r.Outbreak, Area: r.Area, Round: r.Round, Tube: r.Code, At: r.Taken, Content: fmt.Sprint(len(homes))}, strconv.FormatInt(r.op, 10)); err != nil {
			return err
		}
	}
	return nil
}
