package exchange

import (
	"math"
	"strconv"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/words"
)

// ownCases takes a list of our own back that somebody worked on elsewhere: a row that says what the case says is repeated, one that
// says something else changes it. An empty cell changes nothing. All changes of the file are one edit, which can be taken back at once.
// Rows without a case are new.
func (l *listLoading) ownCases(rows []*listRow, turn func() error) (tally, []outbreak.CaseID, error) {
	ids := make([]outbreak.CaseID, len(rows))
	var own, others []int
	for i, x := range rows {
		if ids[i] = x.own; x.own == 0 {
			others = append(others, i)
		} else {
			own = append(own, i)
		}
	}
	t, err := l.besideOwn(rows, others, ids, turn)
	if err != nil {
		return t, ids, err
	}
	edit, of, err := l.editsOf(&t, rows, own, ids)
	if err != nil || len(edit.Rows) == 0 {
		return t, ids, err
	}
	got, err := l.rooms.Cases.EditRows(l.ctx, l.by, edit)
	if err != nil {
		return t, ids, err
	}
	l.edit, t.edit = got.Batch, got.Batch
	t.accepted, t.changed, t.repeated = t.accepted+got.Changed, t.changed+got.Changed, t.repeated+got.Same
	for _, r := range got.Refused {
		i := of[r.Case]
		t.rejected[i], ids[i] = &outbreak.Error{Kind: outbreak.Invalid, Msg: r.Reason, Slots: r.Slots}, 0
	}
	return t, ids, nil
}

// besideOwn takes the rows in that are about no case of ours yet, and waits for the turn of all.
func (l *listLoading) besideOwn(rows []*listRow, others []int, ids []outbreak.CaseID, turn func() error) (tally, error) {
	t := tally{rejected: map[int]*outbreak.Error{}}
	if len(others) == 0 {
		return t, turn()
	}
	some := make([]*listRow, len(others))
	for j, i := range others {
		some[j] = rows[i]
	}
	got, added, err := l.newCases(some, turn)
	if err != nil {
		return t, err
	}
	t.accepted, t.changed, t.repeated = got.accepted, got.changed, got.repeated
	for j, e := range got.rejected {
		t.rejected[others[j]] = e
	}
	for j, id := range added {
		ids[others[j]] = id
	}
	return t, nil
}

// editsOf are the changes rows bring to cases of ours, and which row each case's is.
func (l *listLoading) editsOf(t *tally, rows []*listRow, own []int, ids []outbreak.CaseID) (edit cases.EditRows, of map[outbreak.CaseID]int, err error) {
	said, err := l.rooms.Cases.SaidOf(l.ctx, l.by, ids)
	if err != nil {
		return edit, nil, err
	}
	edit, of = cases.EditRows{Batch: l.edit, Reason: words.Text(l.scan.lang, "lists.edit_reason", nil)}, map[outbreak.CaseID]int{}
	for _, i := range own {
		id := rows[i].own
		now, there := said[id]
		if !there {
			t.rejected[i], ids[i] = outbreak.Refuse(outbreak.Invalid, "cases.none"), 0
			continue
		}
		news := newsOf(rows[i].values, now.Values)
		if len(news) == 0 {
			t.repeated++
			continue
		}
		of[id] = i
		edit.Rows = append(edit.Rows, cases.EditedRow{Case: id, Version: now.Version, Values: news})
	}
	return edit, of, nil
}

// newsOf are the fields a row says something else of than the case.
func newsOf(row map[string]string, now cases.Values) cases.Values {
	news := cases.Values{}
	for field, v := range row {
		if was := now[field]; was != v && !(v == "unknown" && was == "") && !(field == "age" && monthsOf(was) == monthsOf(v)) {
			news[field] = v
		}
	}
	return news
}

// monthsOf is an age in years as months; -1 when it is none.
func monthsOf(years string) int {
	f, err := strconv.ParseFloat(years, 64)
	if err != nil {
		return -1
	}
	return int(math.Round(f * 12))
}
