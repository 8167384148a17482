package screening

import (
	"maps"
	"slices"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// followHandedIn works on tubes a booth has handed in: results that were there before them, members of pools that waited to be
// known, held members who gave their own swab, people who were to be sampled again. Nearly all tubes are none of these.
func (s *Service) followHandedIn(tx *store.Tx, by outbreak.Actor, h outbreak.TubesHandedIn) error {
	if err := s.owed.read(tx); err != nil {
		return err
	}
	rows, err := s.last.between(tx, h.First, h.Last)
	if err != nil {
		return err
	}
	if err := s.lookAtHouseholds(tx, by, rows); err != nil {
		return err
	}
	again := map[outbreak.TubeCode]bool{}
	for _, c := range h.Again {
		again[c] = true
	}
	handed := map[outbreak.AreaID][]outbreak.TubeCode{}
	for _, r := range rows {
		if s.owed.concern(r.Tube) || again[r.Code] {
			handed[r.AreaID] = append(handed[r.AreaID], r.Code)
		}
	}
	for _, area := range slices.Sorted(maps.Keys(handed)) {
		codes := handed[area]
		tubes, err := tubesByCode(tx, area, codes)
		if err != nil {
			return err
		}
		if err := s.followTubes(tx, by, area, codes, tubes, again); err != nil {
			return err
		}
	}
	return nil
}

// followClosed is followHandedIn for an entry of a journal until November 2026.
func (s *Service) followClosed(tx *store.Tx, by outbreak.Actor, c outbreak.TubesClosed) error {
	codes, again := make([]outbreak.TubeCode, 0, len(c.Tubes)), map[outbreak.TubeCode]bool{}
	for _, t := range c.Tubes {
		codes = append(codes, t.Tube)
		again[t.Tube] = again[t.Tube] || t.Again
	}
	tubes, err := tubesByCode(tx, c.TubeArea, codes)
	if err != nil {
		return err
	}
	return s.followTubes(tx, by, c.TubeArea, codes, tubes, again)
}

// followTubes works on tubes of one issuing area; again are those that were handed in before.
func (s *Service) followTubes(tx *store.Tx, by outbreak.Actor, area outbreak.AreaID, codes []outbreak.TubeCode, tubes map[outbreak.TubeCode]Tube, again map[outbreak.TubeCode]bool) error {
	also, err := codesIn(tx, tubes)
	if err != nil {
		return err
	}
	for _, code := range codes {
		if err := s.meet(tx, by, tubes[code], also); err != nil {
			return err
		}
		if t := tubes[code]; again[code] && t.Single() { // its result may be there: nothing will bring it a second time
			if err := s.resolveNoted(tx, by, t); err != nil {
				return err
			}
		}
	}
	amended, err := amendedAmong(tx, area, codes)
	if err != nil {
		return err
	}
	for _, code := range codes {
		if amended[code] && again[code] { // the first word on a tube takes nothing from anybody
			if err := s.followAmended(tx, by, tubes[code]); err != nil {
				return err
			}
		}
	}
	if err := s.joinRecalls(tx, by, area, codes, tubes); err != nil {
		return err
	}
	if err := s.followReused(tx, by, codes, tubes, again); err != nil {
		return err
	}
	return s.adopt(tx, by, codes, tubes, again)
}

// followReused deals with tubes that were one person's own and were handed in again with others: the own result settles
// nothing any more, and when it was positive nobody can tell whose it is, so that all are called back. When it was no answer,
// only the one person was asked for another swab, and the others are asked now.
func (s *Service) followReused(tx *store.Tx, by outbreak.Actor, codes []outbreak.TubeCode, tubes map[outbreak.TubeCode]Tube, again map[outbreak.TubeCode]bool) error {
	for _, code := range codes {
		t := tubes[code]
		if !again[code] || t.Single() {
			continue
		}
		if err := s.unsettle(tx, by, t, tx.Now); err != nil {
			return err
		}
		if _, err := s.takeBack(tx, by, amendment{Tube: t}); err != nil {
			return err
		}
		x, called, err := recallOf(tx, t.AreaID, t.Code)
		if err != nil {
			return err
		}
		r, at, err := s.results.LastResult(tx, t.AreaID, t.Code)
		if err != nil {
			return err
		}
		p, err := s.registry.ProtocolOf(tx, t.Outbreak)
		if err != nil {
			return err
		}
		switch recalled := r == outbreak.Positive || p.Has("pool.recall_on", string(r)); {
		case recalled && (!called || x.State == "revised"):
			err = s.openRecall(tx, by, t, r, at, p)
		case !recalled && (r == outbreak.InvalidResult || r == outbreak.Indeterminate):
			err = s.askAgain(tx, by, t, at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// adopt works on what laboratories said of tubes before a booth handed them in. What somebody settled by hand meanwhile
// keeps that verdict, and is worked on with the first hand-in.
func (s *Service) adopt(tx *store.Tx, by outbreak.Actor, codes []outbreak.TubeCode, tubes map[outbreak.TubeCode]Tube, again map[outbreak.TubeCode]bool) error {
	orphans, err := orphansOf(tx, codes)
	if err != nil {
		return err
	}
	for _, o := range orphans {
		if o.SettledAt == 0 {
			err = s.settle(tx, by, o, handedIn)
		} else if again[o.Tube] {
			continue
		}
		if err != nil {
			return err
		}
		if o.Content == "received" {
			continue
		}
		if err := noteResult(tx, tubes[o.Tube], outbreak.Result(o.Content), ""); err != nil {
			return err
		}
		if err := s.resolve(tx, by, tubes[o.Tube], outbreak.Result(o.Content), "", o.At); err != nil {
			return err
		}
	}
	return nil
}
