package exchange

import (
	"errors"
	"strconv"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// tubes hands sampling lists to screening. The rows of one tube that stand together are one tube; a member nobody knows goes
// in as an unknown member, for the sample is a fact whoever gave it.
func (l *loading) tubes() error {
	rounds, err := l.rooms.Screening.ListRounds(l.ctx, l.by)
	if err != nil {
		return err
	}
	booths, err := l.rooms.Screening.ListBooths(l.ctx, l.by)
	if err != nil {
		return err
	}
	round, booth := map[string]outbreak.RoundID{}, map[string]screening.Booth{}
	for _, r := range rounds {
		if _, twice := round[r.Name]; !twice { // the newest of a name
			round[r.Name] = r.ID
		}
		round[r.ID.String()] = r.ID
	}
	for _, b := range booths {
		booth[b.Name], booth[b.ID.String()] = b, b
	}
	l.scan.o.KnownRound = func(name string) bool { return round[name] != 0 }
	l.scan.o.KnownBooth = func(name string) bool { return booth[name].ID != 0 }
	l.scan.zoneOf = func(r *row) *time.Location { return l.zone(booth[r.cells[fieldBooth]].Area) }
	l.scan.together = func(a, b *row) bool { return a.cells[fieldTube] == b.cells[fieldTube] }
	l.scan.apply = func(rows []*row) (tally, error) {
		t := tally{rejected: map[int]*outbreak.Error{}}
		for _, g := range grouped(rows, func(r *row) string { return r.cells[fieldRound] + "\x00" + r.cells[fieldBooth] }) {
			first := rows[g[0]]
			if err := l.hand(rows, g, round[first.cells[fieldRound]], booth[first.cells[fieldBooth]].ID, &t); err != nil {
				return t, err
			}
		}
		return t, nil
	}
	return nil
}

// hand gives the tubes of one round and booth to screening.
func (l *loading) hand(rows []*row, of []int, round outbreak.RoundID, booth outbreak.BoothID, t *tally) error {
	var mine []*row
	for _, i := range of {
		mine = append(mine, rows[i])
	}
	var handed []screening.HandedTube
	groups := grouped(mine, func(r *row) string { return r.cells[fieldTube] })
	for _, g := range groups {
		tube := screening.HandedTube{Tube: outbreak.TubeCode(mine[g[0]].cells[fieldTube])}
		opened := mine[g[0]].at
		for _, i := range g {
			tube.Taken, opened = max(tube.Taken, mine[i].at), min(opened, mine[i].at)
		}
		for _, i := range g {
			m, err := l.member(mine[i])
			if err != nil {
				return err
			}
			m.After = int(mine[i].at.Sub(opened) / time.Second)
			tube.Members = append(tube.Members, m)
		}
		handed = append(handed, tube)
	}
	there := make([]bool, len(handed))
	for i, tube := range handed {
		there[i] = l.stored(tube, round)
	}
	got, err := l.rooms.Screening.CloseTubes(l.ctx, l.by, screening.CloseTubes{Round: round, Booth: booth, Tubes: handed})
	if err != nil {
		return err
	}
	for _, x := range got.Rejected {
		for _, i := range groups[x.Row] {
			t.rejected[of[i]] = &outbreak.Error{Kind: outbreak.Invalid, Msg: x.Reason, Slots: x.Slots}
		}
	}
	share(got.Repeated, got.Accepted, groups, there, got.Rejected, t)
	return nil
}

// share turns what screening counts in tubes into rows: those that were stored before are the repeated ones.
func share(repeated, accepted int, groups [][]int, there []bool, rejected outbreak.Rejections, t *tally) {
	refused := map[int]bool{}
	for _, x := range rejected {
		refused[x.Row] = true
	}
	for _, before := range []bool{true, false} {
		for i, g := range groups {
			if refused[i] || there[i] != before {
				continue
			}
			if before && repeated > 0 || accepted == 0 {
				t.repeated, repeated = t.repeated+len(g), repeated-1
			} else {
				t.accepted, accepted = t.accepted+len(g), accepted-1
			}
		}
	}
}

// stored tells whether a tube with these members is known in the round already.
func (l *loading) stored(tube screening.HandedTube, round outbreak.RoundID) bool {
	known, people, err := l.rooms.Screening.FindTube(l.ctx, l.by, tube.Tube)
	if err != nil || known.Round != round {
		return false
	}
	in := map[int64]bool{}
	for _, m := range known.Members {
		in[m.No] = true
	}
	ids := map[outbreak.PersonID]bool{}
	for _, p := range people {
		ids[p.ID] = true
	}
	for _, m := range tube.Members {
		if m.Person != 0 && !ids[m.Person] || m.Person == 0 && !in[m.No] && !in[0] {
			return false
		}
	}
	return true
}

// member finds who a row means: by code, by number on the roll, or by document. A look-up by document leaves its entry in the
// journal; whom nobody knows has number 0.
func (l *loading) member(r *row) (screening.HandedMember, error) {
	switch {
	case r.cells[fieldPerson] != "":
		id, err := outbreak.ParseID[outbreak.PersonID](r.cells[fieldPerson])
		return screening.HandedMember{Person: id}, err
	case r.cells[fieldRollNo] != "":
		no, err := strconv.ParseInt(r.cells[fieldRollNo], 10, 64)
		return screening.HandedMember{No: no}, err
	}
	p, err := l.rooms.Registry.FindPerson(l.ctx, l.by, r.cells[fieldDocumentKind], r.cells[fieldDocument])
	if e, told := errors.AsType[*outbreak.Error](err); told && e.Kind == outbreak.NotFound {
		return screening.HandedMember{}, nil
	}
	return screening.HandedMember{Person: p.ID}, err
}
