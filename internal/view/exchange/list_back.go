package exchange

import (
	"errors"
	"math"
	"strconv"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
)

// ownCases takes a list of our own back that somebody worked on elsewhere: a row that says what the case says is repeated, one that
// says something else changes it, as on the case's page. An empty cell changes nothing. Rows without a case are new.
func (l *listLoading) ownCases(rows []*listRow, turn func() error) (tally, error) {
	var own, others []int
	var ids []outbreak.CaseID
	for i, x := range rows {
		if x.own == 0 {
			others = append(others, i)
			continue
		}
		own, ids = append(own, i), append(ids, x.own)
	}
	said, err := l.rooms.Cases.SaidOf(l.ctx, l.by, ids)
	if err != nil {
		return tally{}, err
	}
	t := tally{rejected: map[int]*outbreak.Error{}}
	waited := false
	wait := func() error {
		if waited {
			return nil
		}
		waited = true
		return turn()
	}
	if len(others) > 0 {
		some := make([]*listRow, len(others))
		for j, i := range others {
			some[j] = rows[i]
		}
		got, err := l.newCases(some, wait)
		if err != nil {
			return t, err
		}
		t.accepted, t.changed, t.repeated = got.accepted, got.changed, got.repeated
		for j, e := range got.rejected {
			t.rejected[others[j]] = e
		}
	}
	if err := wait(); err != nil {
		return t, err
	}
	for _, i := range own {
		if err := l.ownCase(&t, i, rows[i], said); err != nil {
			return t, err
		}
	}
	return t, nil
}

func (l *listLoading) ownCase(t *tally, i int, x *listRow, said map[outbreak.CaseID]cases.Said) error {
	now, there := said[x.own]
	if !there {
		t.rejected[i] = outbreak.Refuse(outbreak.Invalid, "cases.none")
		return nil
	}
	news := cases.Values{}
	for field, v := range x.values {
		if was := now.Values[field]; was != v && !(v == "unknown" && was == "") && !(field == "age" && monthsOf(was) == monthsOf(v)) {
			news[field] = v
		}
	}
	if len(news) == 0 {
		t.repeated++
		return nil
	}
	_, err := l.rooms.Cases.EditCase(l.ctx, l.by, cases.EditCase{Case: x.own, Version: now.Version, Values: news})
	if told, is := errors.AsType[*outbreak.Error](err); is && told.Kind != outbreak.Internal && told.Kind != outbreak.Busy {
		t.rejected[i] = told
		return nil
	}
	if err != nil {
		return err
	}
	t.accepted, t.changed = t.accepted+1, t.changed+1
	return nil
}

// monthsOf is an age in years as months; -1 when it is none.
func monthsOf(years string) int {
	f, err := strconv.ParseFloat(years, 64)
	if err != nil {
		return -1
	}
	return int(math.Round(f * 12))
}
