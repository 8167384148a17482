package screening

import (
	"context"
	"fmt"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

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
